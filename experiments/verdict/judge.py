"""The judge: plays a policy, gathers the evidence and concludes with a verdict, without any reward."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...agents.loading import load_policy
from ...agents.models.reward import RewardModel
from ...demos.dataset import Demonstrations
from ...demos.durable import write_durably
from ...demos.recorder import Policy
from ...envs.errors import DataError
from ...envs.registry import Horizon
from ..runs.counting import counted
from ..runs.folder import RunFolder
from ..runs.process import this_command, versions
from ..scoring.statistics import mean_interval
from .checks import CHECKS, IMITATES, PARTLY, SURVIVES
from .confidence import confidence
from .evidence import DETERMINISTIC, EXPLORING, Evidence, Judge, accuracies, checkpoint_distances, shares
from .verdict import VERDICT_FILE, Check, Verdict, Word

# Fewer transitions do not show what the expert does: of 10 or 20 the ranks of known walkers fall apart.
FEWEST = 40

SENTENCES: dict[Word, str] = {
    "imitates": "The agent does what the demonstrations show, as far as single steps can tell.",
    "partly": "The agent comes near the demonstrations, but its steps can be told from theirs.",
    "survives only": "The agent survives as long as the expert, but does something else.",
    "failed": "The agent neither survives as long as the expert nor moves like it.",
    "cannot tell": "There is not enough to judge by.",
}


def conclude(e: Evidence, checks: Sequence[Check]) -> Word:
    """The word that the evidence bears out.

    Near enough with its whole interval: imitates. Near, but no more: partly. Alive and far: survives only,
    also where it is hardly nearer than an agent trained on a constant reward. The rest failed.
    """
    if e.unfit or e.deterministic is None:
        return "cannot tell"
    distance = mean_interval(e.deterministic.distances)
    status = {check.name: check.status for check in checks}
    if distance.high <= IMITATES and "fail" not in (status["survival"], status["episode to episode"]):
        return "imitates"
    alive = e.deterministic.length >= SURVIVES * e.demo_length
    no_nearer = alive and status["survival"] == "fail"
    if distance.value <= PARTLY and not no_nearer:
        return "partly"
    return "survives only" if alive else "failed"


def judge(e: Evidence) -> Verdict:
    """The verdict that the evidence bears out."""
    if e.unfit or e.deterministic is None:
        checks = [Check("demonstrations", "unknown", e.unfit, "give more demonstrations")]
        word: Word = "cannot tell"
    else:
        checks = [check(e) for check in CHECKS]
        word = conclude(e, checks)
    return Verdict(
        word=word,
        sentence=e.unfit or SENTENCES[word],
        confidence=confidence(word, e),
        resemblance=None if e.deterministic is None else mean_interval(e.deterministic.distances),
        within_demos=e.within_demos,
        random=e.random,
        trend=tuple((checkpoint.step, checkpoint.distance) for checkpoint in e.checkpoints),
        checks=tuple(checks),
        attribution=e.attribution,
    )


def gather(
    policy: Policy,
    reward: RewardModel | None,
    run: RunFolder | None,
    demos: Demonstrations,
    env: str,
    horizon: Horizon,
    constant: Path | None,
) -> Evidence:
    """Play the policy, its checkpoints and the constant control, and read the log; no reward is looked at."""
    evidence = Evidence(len(demos), demos.steps, demos.mean_length)
    if demos.steps < FEWEST:
        few = f"{counted(demos.steps, 'transition')} {'is' if demos.steps == 1 else 'are'} too few"
        return replace(evidence, unfit=f"{few} to judge by; it takes {FEWEST}")
    try:
        measure = Judge.of(env, demos, horizon)
    except DataError as fault:
        return replace(evidence, unfit=str(fault))
    episodes = measure.episodes(policy, DETERMINISTIC)
    explores = getattr(policy, "explores", True)
    return replace(
        evidence,
        within_demos=measure.distance.within_demos,
        random=measure.distance.random,
        deterministic=measure.laid(episodes),
        exploring=measure(policy, EXPLORING, deterministic=False) if explores else None,
        constant=None if constant is None else measure(load_policy(constant)).distance,
        checkpoints=checkpoint_distances(run, measure) if run else (),
        accuracies=accuracies(run) if run else None,
        attribution=shares(reward, env, demos, episodes),
    )


def write_verdict(run: RunFolder | None, verdict: Verdict, demos: str) -> Verdict:
    """The verdict with its origin, kept as the run's `verdict.json` where there is a run."""
    origin = tuple(versions().items())
    whole = replace(verdict, demonstrations=demos, command=this_command(), versions=origin)
    if run is not None:
        write_durably(run.path / VERDICT_FILE, (json.dumps(whole.to_json(), indent=1) + "\n").encode())
    return whole
