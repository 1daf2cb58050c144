"""The verdict: each check says what its evidence bears out, and nothing here looks at a reward."""

import json
from dataclasses import replace

import numpy as np
import pytest

import gailforce as gf
from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.recorder import RandomPolicy, StillPolicy, record
from gailforce.demos.trajectory import Trajectory
from gailforce.envs import spaces
from gailforce.experiments.verdict import checks
from gailforce.experiments.verdict.checkpoints import nearest
from gailforce.experiments.verdict.checks import IMITATES, PARTLY
from gailforce.experiments.verdict.confidence import confidence
from gailforce.experiments.verdict.evidence import CheckpointDistance, Evidence, Played
from gailforce.experiments.verdict.judge import gather, judge

NEAR, MIDDLE, FAR = IMITATES / 2, (IMITATES + PARTLY) / 2, 2 * PARTLY


def played(distance, length=1000, n=10):
    return Played((distance,) * n, (length,) * n)


GOOD = Evidence(
    4,
    4000,
    1000.0,
    deterministic=played(NEAR),
    exploring=played(NEAR, n=5),
    constant=6.0,
    checkpoints=tuple(CheckpointDistance(step, NEAR + 1 / step, 0.5) for step in (100, 200, 300)),
    accuracies=(0.7, 0.7),
    attribution=tuple((f"obs[{i}]", 0.1) for i in range(10)),
)


def test_what_is_near_in_every_episode_imitates_and_passes_every_check():
    verdict = judge(GOOD)
    assert verdict.word == "imitates"
    assert {check.status for check in verdict.checks} == {"pass"}


@pytest.mark.parametrize(
    ("word", "evidence"),
    [
        ("partly", replace(GOOD, deterministic=played(MIDDLE))),
        ("survives only", replace(GOOD, deterministic=played(FAR))),
        ("survives only", replace(GOOD, deterministic=played(0.9 * PARTLY), constant=PARTLY)),
        ("failed", replace(GOOD, deterministic=played(FAR, length=100))),
        ("cannot tell", Evidence(1, 3, 3.0, unfit="too few")),
    ],
)
def test_words_follow_from_distance_and_life(word, evidence):
    assert judge(evidence).word == word


def test_one_fall_in_ten_is_a_warning_and_three_stop_the_word():
    def falling(count):
        lengths = (100,) * count + (1000,) * (10 - count)
        return replace(GOOD, deterministic=Played((NEAR,) * 10, lengths))

    assert checks.consistency(falling(1)).status == "warn"
    assert checks.consistency(falling(3)).status == "fail"
    assert judge(falling(3)).word != "imitates"


def test_without_a_constant_agent_survival_is_unknown_and_says_how_to_know():
    check = checks.survival(replace(GOOD, constant=None))
    assert check.status == "unknown"
    assert "--train-constant" in check.next


@pytest.mark.parametrize(
    ("accuracies", "distance", "status"),
    [
        ((1.0, 1.0), NEAR, "fail"),
        ((0.5, 0.5), NEAR, "pass"),
        ((0.5, 0.5), FAR, "fail"),
        (None, NEAR, "unknown"),
    ],
)
def test_a_discriminator_must_be_neither_certain_nor_blind(accuracies, distance, status):
    evidence = replace(GOOD, accuracies=accuracies, deterministic=played(distance))
    assert checks.discriminator(evidence).status == status


def test_reward_up_while_resemblance_falls_is_hacking():
    best, last = CheckpointDistance(200, NEAR, 0.5), CheckpointDistance(300, FAR, 0.6)
    worse = replace(
        GOOD, deterministic=played(FAR), checkpoints=(CheckpointDistance(100, 5.0, 0.1), best, last)
    )
    assert checks.reward_hacking(worse).status == "fail"
    paid_less = replace(worse, checkpoints=(*worse.checkpoints[:2], CheckpointDistance(300, FAR, 0.4)))
    assert checks.reward_hacking(paid_less).status == "warn"
    assert checks.reward_hacking(replace(GOOD, checkpoints=worse.checkpoints[:2])).status == "unknown"


def test_noise_that_throws_and_noise_that_holds_up_are_told_apart():
    thrown = checks.modes(replace(GOOD, exploring=played(FAR, n=5)))
    held = checks.modes(replace(GOOD, deterministic=played(FAR)))
    assert (thrown.status, held.status) == ("warn", "warn")
    assert "train longer" in thrown.next
    assert "exploring policy" in held.next


def test_a_reward_that_hangs_on_one_input_or_ignores_most_is_a_warning():
    one = replace(GOOD, attribution=(("speed", 0.9), ("height", 0.1)))
    blind = replace(
        GOOD, attribution=(*((f"a{i}", 0.25) for i in range(4)), *((f"b{i}", 0.0) for i in range(6)))
    )
    assert checks.inputs(one).status == checks.inputs(blind).status == "warn"
    assert "b0" in checks.inputs(blind).sentence


@pytest.mark.parametrize(("n", "words"), [(1, "Of 1 agent called so"), (2, "Of 2 agents called so")])
def test_how_sure_a_word_is_counts_one_agent_as_one(tmp_path, monkeypatch, n, words):
    tried = tmp_path / "tried.json"
    tried.write_text(json.dumps({"partly": {"called": n, "right": n, "meaning": "half"}}))
    monkeypatch.setattr("gailforce.experiments.verdict.confidence.TRIED", tried)
    assert confidence("partly", GOOD).sentence.startswith(words)


def test_one_episode_of_several_falls_and_two_fall():
    def sentence(falls):
        lengths = (100,) * falls + (1000,) * (10 - falls)
        return checks.consistency(replace(GOOD, deterministic=Played((NEAR,) * 10, lengths))).sentence

    assert sentence(1).startswith("1 of 10 episodes falls early or lies far")
    assert sentence(2).startswith("2 of 10 episodes fall early or lie far")


def test_the_nearest_checkpoint_is_kept():
    assert (
        nearest(
            [
                CheckpointDistance(1, 0.5, None),
                CheckpointDistance(2, 0.1, 9.0),
                CheckpointDistance(3, 0.3, 0.0),
            ]
        ).step
        == 2
    )
    assert nearest([]) is None


def evidence_of(demos, policy=None, env="hopper"):
    return gather(policy or StillPolicy(spaces(env)[1]), None, None, demos, env, "native", None)


def test_the_verdict_on_the_experts_own_policy_is_imitates_from_one_episode_on():
    from gailforce.agents.loading import load_policy
    from gailforce.demos.library import SHIPPED

    expert = load_policy(SHIPPED / "hopper-expert.gfa")
    for episodes in (1, 4):
        demos = gf.Demonstrations.load("hopper-expert").take(episodes)
        assert judge(evidence_of(demos, expert)).word == "imitates"


def test_a_still_policy_failed():
    assert judge(evidence_of(gf.Demonstrations.load("hopper-expert").take(2))).word == "failed"


def test_poisoned_rewards_change_no_bit_of_the_evidence():
    demos = gf.Demonstrations.load("hopper-expert").take(2)
    poisoned = Demonstrations([replace(t, rewards=np.full(len(t), np.nan)) for t in demos], demos.card)
    assert evidence_of(demos) == evidence_of(poisoned)


def test_a_users_own_run_without_states_or_reference_is_judged():
    env = "InvertedPendulum-v5"
    steady = record(StillPolicy(spaces(env)[1]), env, 2, seed=1)
    bare = [Trajectory(t.obs, t.actions, t.terminated, t.truncated) for t in steady]
    demos = Demonstrations(bare, Card(env, "a user", "by hand", episodes=2))
    found = judge(evidence_of(demos, env=env))
    assert found.word in ("imitates", "partly", "cannot tell")
    random = evidence_of(demos, RandomPolicy(spaces(env)[1], 5), env)
    assert judge(random).word != "imitates"


def test_three_transitions_cannot_be_judged_by_and_the_verdict_says_so():
    demos = gf.Demonstrations.load("hopper-expert").take(1).subsample(400)
    found = judge(evidence_of(demos))
    assert found.word == "cannot tell"
    assert "3 transitions are too few" in found.sentence
