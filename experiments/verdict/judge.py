"""The verb `verdict`: did it imitate? One reward-free word, with reasons and confidence."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

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
from .checks import CHECKS, IMITATES, PARTLY, SURVIVES, Check
from .confidence import confidence
from .evidence import DETERMINISTIC, EXPLORING, Evidence, Judge, accuracies, moments, shares

Word = Literal["imitates", "partly", "survives only", "failed", "cannot tell"]
# Fewer transitions do not show what the expert does: of 10 or 20 the ranks of known walkers fall apart.
FEWEST = 40

SENTENCES: dict[Word, str] = {
    "imitates": "The agent does what the demonstrations show, as far as single steps can tell.",
    "partly": "The agent comes near the demonstrations, but its steps can be told from theirs.",
    "survives only": "The agent lives as long as the expert, but does something else.",
    "failed": "The agent neither lives as long as the expert nor moves like it.",
    "cannot tell": "There is not enough to judge by.",
}


def conclude(e: Evidence, checks: Sequence[Check]) -> Word:
    """The word that the evidence bears out.

    Near enough with its whole interval: imitates. Near, but no more: partly. Alive and far: survives only,
    also where it is hardly nearer than an agent paid for living. The rest failed.
    """
    if e.unfit or e.deterministic is None:
        return "cannot tell"
    found = mean_interval(e.deterministic.distances)
    status = {check.name: check.status for check in checks}
    if found.high <= IMITATES and "fail" not in (status["survival"], status["episode to episode"]):
        return "imitates"
    alive = e.deterministic.length >= SURVIVES * e.demo_length
    no_nearer = alive and status["survival"] == "fail"
    if found.value <= PARTLY and not no_nearer:
        return "partly"
    return "survives only" if alive else "failed"


def judge(e: Evidence) -> dict[str, Any]:
    """The whole verdict as plain values."""
    if e.unfit or e.deterministic is None:
        checks = [Check("demonstrations", "unknown", e.unfit, "give more demonstrations")]
        word: Word = "cannot tell"
    else:
        checks = [check(e) for check in CHECKS]
        word = conclude(e, checks)
    distance = None if e.deterministic is None else asdict(mean_interval(e.deterministic.distances))
    return {
        "verdict": word,
        "sentence": e.unfit or SENTENCES[word],
        "confidence": confidence(word, e),
        "resemblance": distance,
        "scale": {"floor": e.floor, "random": e.random},
        "trend": [[moment.step, moment.distance] for moment in e.moments],
        "checks": [asdict(check) for check in checks],
        "attribution": [{"dimension": name, "share": share} for name, share in e.attribution],
    }


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
    known = Evidence(len(demos), demos.steps, demos.mean_length)
    if demos.steps < FEWEST:
        few = f"{counted(demos.steps, 'transition')} {'is' if demos.steps == 1 else 'are'} too few"
        return replace(known, unfit=f"{few} to judge by; it takes {FEWEST}")
    try:
        look = Judge.of(env, demos, horizon)
    except DataError as fault:
        return replace(known, unfit=str(fault))
    episodes = look.episodes(policy, DETERMINISTIC)
    explores = getattr(policy, "explores", True)
    return replace(
        known,
        floor=look.ruler.within_demos,
        random=look.ruler.random,
        deterministic=look.laid(episodes),
        exploring=look(policy, EXPLORING, deterministic=False) if explores else None,
        constant=None if constant is None else look(load_policy(constant)).distance,
        moments=moments(run, look) if run else (),
        accuracies=accuracies(run) if run else None,
        attribution=shares(reward, env, demos, episodes),
    )


def write_verdict(run: RunFolder | None, found: dict[str, Any], demos: str) -> dict[str, Any]:
    """The verdict with its origin, kept as the run's `verdict.json` where there is a run."""
    whole = {**found, "demonstrations": demos, "command": this_command(), "versions": versions()}
    if run is not None:
        write_durably(run.path / "verdict.json", (json.dumps(whole, indent=1) + "\n").encode())
    return whole
