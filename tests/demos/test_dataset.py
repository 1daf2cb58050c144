import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

import gailforce.demos.dataset
from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations, require_environment
from gailforce.envs.errors import DataError, UsageError

pytestmark = pytest.mark.filterwarnings("ignore:.*expert:UserWarning")


def seeds(demos):
    return [trajectory.seed for trajectory in demos]


def test_a_set_is_its_episodes_in_order(strangers):
    assert len(strangers) == 10
    assert seeds(strangers) == list(range(10))
    assert strangers[3].seed == strangers[-7].seed == 3
    assert (strangers.env_id, strangers.obs_size, strangers.action_size) == ("HalfCheetah-v5", 17, 6)
    assert strangers.steps == sum(range(4, 14))
    assert repr(strangers) == "<strangers: 10 episodes of HalfCheetah-v5, 85 steps>"


def test_a_set_cannot_be_changed(strangers):
    with pytest.raises(dataclasses.FrozenInstanceError):
        strangers.name = "mine"


def test_no_episodes_is_refused():
    with pytest.raises(DataError, match="no episodes"):
        Demonstrations([], Card("Hopper-v5"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"obs_size": 4}, "episode 1 of odd differs from episode 0 in obs"),
        ({"action_size": 1}, "in actions"),
        ({"rewards": np.zeros(5)}, "in rewards"),
        ({"states": np.zeros((6, 2)), "residual": np.zeros(5)}, "in states and residual"),
    ],
)
def test_episodes_that_do_not_fit_together_are_refused(make_trajectory, change, message):
    with pytest.raises(DataError, match=message):
        Demonstrations([make_trajectory(), make_trajectory(**change)], Card("Hopper-v5"), "odd")


def test_take_gives_the_first_or_a_seeded_draw(strangers):
    assert seeds(strangers.take(4)) == [0, 1, 2, 3]
    drawn = seeds(strangers.take(4, seed=1))
    assert drawn == seeds(strangers.take(4, seed=1)) != seeds(strangers.take(4, seed=2))
    assert len(set(drawn)) == 4


def test_a_larger_draw_of_a_seed_contains_the_smaller(strangers):
    assert seeds(strangers.take(8, seed=3))[:3] == seeds(strangers.take(3, seed=3))


@pytest.mark.parametrize("n", [0, -1, 11])
def test_taking_too_few_or_too_many_is_refused(strangers, n):
    with pytest.raises(UsageError, match=f"cannot take {n} of the 10 episodes of strangers; take 1 to 10"):
        strangers.take(n)


def test_split_assigns_every_episode_once(strangers):
    a, b = strangers.split(0.7, seed=0)
    assert (len(a), len(b)) == (7, 3)
    assert sorted(seeds(a) + seeds(b)) == list(range(10))
    assert seeds(a) == seeds(strangers.split(0.7, seed=0)[0]) != seeds(strangers.split(0.7, seed=1)[0])


@pytest.mark.parametrize(("fraction", "size"), [(0.001, 1), (0.999, 9)])
def test_split_leaves_neither_part_empty(strangers, fraction, size):
    assert len(strangers.split(fraction, seed=0)[0]) == size


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 1.5])
def test_split_refuses_fractions_outside_0_and_1(strangers, fraction):
    with pytest.raises(UsageError, match=f"cannot split 10 episodes at {fraction}"):
        strangers.split(fraction, seed=0)


def test_a_single_episode_is_not_split(strangers):
    with pytest.raises(UsageError, match=r"cannot split 1 episodes at 0\.5; give at least 2"):
        strangers.take(1).split(0.5, seed=0)


def test_transitions_join_each_step_with_the_next_observation(make_trajectory):
    fall, truncated = make_trajectory(steps=2, terminated=True), make_trajectory(steps=3, draw=1)
    steps = Demonstrations([fall, truncated], Card("Hopper-v5")).transitions()
    np.testing.assert_array_equal(steps.obs, np.concatenate([fall.obs[:2], truncated.obs[:3]]))
    np.testing.assert_array_equal(steps.next_obs, np.concatenate([fall.obs[1:], truncated.obs[1:]]))
    np.testing.assert_array_equal(steps.actions, np.concatenate([fall.actions, truncated.actions]))
    assert steps.terminated.tolist() == [False, True, False, False, False]
    assert (steps.obs.dtype, steps.actions.dtype) == (np.float64, np.float32)


def test_subsampling_keeps_every_nth_transition_whole(strangers):
    full, few = strangers.take(1), strangers.take(1).subsample(3)
    np.testing.assert_array_equal(few.transitions().obs, full[0].obs[[0, 3]])
    np.testing.assert_array_equal(few.transitions().next_obs, full[0].obs[[1, 4]])
    np.testing.assert_array_equal(few.transitions().actions, full[0].actions[[0, 3]])
    assert few.steps == len(few.transitions()) == 2


def test_subsampling_with_a_seed_shifts_each_episode(strangers):
    few = strangers.subsample(4, seed=0)
    assert few.phases == strangers.subsample(4, seed=0).phases != strangers.subsample(4, seed=1).phases
    assert 0 <= min(few.phases) < max(few.phases) < 4


def test_subsampling_leaves_no_episode_without_a_step(strangers):
    assert strangers.subsample(1000, seed=0).steps == 10


def test_subsampled_sets_use_only_their_steps(strangers):
    few = strangers.subsample(20)
    obs = np.stack([t.obs[0] for t in strangers])
    np.testing.assert_allclose(few.statistics()[0], obs.mean(axis=0))
    assert len(few.take(3).transitions()) == 3
    a, b = few.split(0.5, seed=0)
    assert a.steps + b.steps == 10


def test_drawn_episodes_keep_their_phases(strangers):
    thin_first = strangers.subsample(2, seed=5).take(4, seed=1)
    np.testing.assert_array_equal(
        thin_first.phases,
        np.array(strangers.subsample(2, seed=5).phases)[np.random.default_rng(1).permutation(10)[:4]],
    )


@pytest.mark.parametrize(
    "act", [list, lambda demos: demos[0], lambda demos: demos.save("x"), lambda demos: demos.subsample(2)]
)
def test_subsampled_sets_refuse_what_needs_consecutive_steps(strangers, act, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"one (step )?in 20"):
        act(strangers.subsample(20))
    assert not os.listdir(tmp_path)


def test_subsampling_by_one_is_the_full_set(strangers):
    assert seeds(strangers.subsample(1)) == seeds(strangers)
    assert strangers.subsample(1).fingerprint() == strangers.fingerprint()


@pytest.mark.parametrize("every", [0, -2])
def test_subsampling_by_less_than_one_is_refused(strangers, every):
    with pytest.raises(UsageError, match=f"cannot keep one step in {every}"):
        strangers.subsample(every)


def test_statistics_of_a_constant_column_have_a_floor(make_trajectory):
    obs = np.random.default_rng(0).normal(2, 3, size=(6, 3))
    obs[:, 1] = 5.0
    mean, std = Demonstrations([make_trajectory(obs=obs)], Card("Hopper-v5")).statistics()
    np.testing.assert_allclose(mean, obs[:-1].mean(axis=0))
    np.testing.assert_allclose(std, [obs[:-1, 0].std(), 1e-3, obs[:-1, 2].std()])


def test_poisoned_rewards_change_no_bit_that_a_learner_sees(recorded):
    poisoned = Demonstrations(
        [dataclasses.replace(t, rewards=np.full(len(t), np.nan)) for t in recorded],
        recorded.card,
        recorded.name,
    )
    for change in (
        lambda d: d,
        lambda d: d.take(2, seed=1),
        lambda d: d.split(0.5, seed=1)[1],
        lambda d: d.subsample(3, 1),
    ):
        a, b = change(recorded), change(poisoned)
        assert a.fingerprint() == b.fingerprint() == a.without_rewards().fingerprint()
        np.testing.assert_array_equal(a.statistics(), b.statistics())
        for name in ("obs", "actions", "next_obs", "terminated"):
            np.testing.assert_array_equal(getattr(a.transitions(), name), getattr(b.transitions(), name))


def test_rewards_can_be_taken_out(recorded):
    assert recorded.returns is not None
    assert recorded.without_rewards().returns is None
    assert recorded.without_rewards().card == recorded.card


def test_only_scoring_reads_rewards():
    source = Path(gailforce.demos.dataset.__file__).read_text()
    lines = [line for line in source.splitlines() if "rewards" in line and "def " not in line]
    code = [line.strip() for line in lines if not line.strip().startswith(('"""', "#")) and "=" in line]
    assert code == [
        'OPTIONAL = ("states", "rewards", "residual")',
        "return replace(self, trajectories=[replace(t, rewards=None) for t in self._episodes])",
    ]


def test_the_fingerprint_tells_sets_apart(strangers):
    prints = [
        d.fingerprint() for d in (strangers, strangers.take(4), strangers.take(4, 0), strangers.subsample(2))
    ]
    assert len(set(prints)) == 4
    renamed = Demonstrations(list(strangers), Card("HalfCheetah-v5", maker="else"), "other")
    assert renamed.fingerprint() == strangers.fingerprint()
    moved = Demonstrations(list(strangers), Card("Ant-v5"))
    assert moved.fingerprint() != strangers.fingerprint()


def test_demonstrations_of_another_environment_or_width_are_refused(strangers):
    require_environment(strangers, "HalfCheetah-v5", 17, 6)
    with pytest.raises(DataError, match="strangers come from HalfCheetah-v5, not Hopper-v5"):
        require_environment(strangers, "Hopper-v5", 11, 3)
    with pytest.raises(DataError, match="obs of strangers are 17 wide, HalfCheetah-v5 has 18"):
        require_environment(strangers, "HalfCheetah-v5", 18, 6)
    with pytest.raises(DataError, match="actions of strangers are 6 wide, HalfCheetah-v5 has 7"):
        require_environment(strangers, "HalfCheetah-v5", 17, 7)
