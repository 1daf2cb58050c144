"""The trial of the verdict: agents of all qualities, judged without reward, beside their true returns.

`python -m gailforce.experiments.studies.verdict_trial judge runs/...` from the root of a checkout plays the
agents of finished runs and adds one line for each to `results/verdict/agents.jsonl`. `verdict_scores` then
sets thresholds on one half of the runs and scores the verdict on the other.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.loading import load_policy
from ...demos.dataset import Demonstrations
from ...demos.recorder import Policy
from ...demos.resemblance import DemoDistance
from ...envs.registry import BODIES, make_env
from ...envs.registry import body as body_of
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..verdict.evidence import DETERMINISTIC, EXPLORING, Judge, Played

AGENTS = Path("results/verdict/agents.jsonl")
# What a user of the trial has: so many demonstrations, drawn with this seed.
EPISODES, DRAW = 4, 102
# What users with less have: demonstrations, and one step in so many of each.
FEWER = {"1": (1, 1), "4 at 1/20": (4, 20), "1 at 1/20": (1, 20)}
# First seed and number of the episodes behind the true return, on the fast copy (Gymnasium to the bit).
RETURN_SEED, RETURN_EPISODES = 800_000, 10
# Steps around a checkpoint whose discriminator accuracies are averaged.
AROUND = 25_000
# Checkpoints taken from a run beside its last agent.
ON_THE_WAY = 3


@dataclass(frozen=True)
class Agent:
    """One judged agent: where it comes from, what a judge saw, and what it truly earns."""

    body: str
    run: str
    kind: str
    step: int
    deterministic: Played
    exploring: Played
    returns: tuple[float, ...]
    lengths: tuple[int, ...]
    # Mean distance of the deterministic episodes from fewer demonstrations; keys of FEWER.
    fewer: dict[str, float]
    # Mean of the training discriminator's accuracies at that time, where there was one.
    accuracy: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Agent":
        """The agent that `to_json` wrote."""
        played = {
            mode: Played(tuple(plain[mode]["distances"]), tuple(plain[mode]["lengths"]))
            for mode in ("deterministic", "exploring")
        }
        tuples = {key: tuple(plain[key]) for key in ("returns", "lengths")}
        return cls(**{**plain, **played, **tuples})


@dataclass(frozen=True)
class TrainedAs:
    """What an agent was trained as, and in which body.

    `kind` is a reward model (`gan`, `constant`), a manner of `variations`, or `expert`.
    """

    body: str
    kind: str

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> "TrainedAs":
        """From a run's configuration."""
        keys = {"variation": "manner", "expert": "kind"}
        kind = str(config[keys.get(config.get("kind", ""), "reward")])
        return cls(body_of(config.get("env") or config["environment"]).name, kind)


@dataclass(frozen=True)
class BodyJudge:
    """The judge of one body, and distances made of fewer demonstrations."""

    judge: Judge
    fewer: dict[str, DemoDistance]

    @classmethod
    def of(cls, body: str) -> "BodyJudge":
        """By the shipped expert's demonstrations without their rewards."""
        whole = Demonstrations.load(f"{body}-expert").without_rewards()
        fewer = {key: whole.take(n, DRAW).subsample(every, DRAW) for key, (n, every) in FEWER.items()}
        judges = {key: Judge.of(body, demos, threads=1) for key, demos in fewer.items()}
        judge = Judge.of(body, whole.take(EPISODES, DRAW), threads=1)
        return cls(judge, {key: few.distance for key, few in judges.items()})


def agents_of(path: Path, judges: dict[str, BodyJudge], stored: set[tuple[str, int]]) -> Iterator[Agent]:
    """The last agent of a run and some earlier ones, judged; those that are stored already are left out."""
    run = RunFolder.open(path)
    trained_as = TrainedAs.from_json(run.read_config())
    files = sorted(run.checkpoints.glob("step-*.gfa"))
    places = np.linspace(0, len(files) - 1, ON_THE_WAY + 1).round().astype(int) if files else ()
    for file in sorted({files[i] for i in places}):
        step = int(file.stem.removeprefix("step-"))
        if (path.name, step) not in stored:
            yield judged(load_policy(file), run, trained_as, step, judges[trained_as.body])


def judged(policy: Policy, run: RunFolder, trained_as: TrainedAs, step: int, judge: BodyJudge) -> Agent:
    """One agent's line."""
    episodes = judge.judge.episodes(policy, DETERMINISTIC)
    fewer = {key: float(np.mean([distance(t) for t in episodes])) for key, distance in judge.fewer.items()}
    returns, lengths = true_returns(policy, trained_as.body)
    sides = [dict(run.series(f"discriminator/{side}_accuracy")) for side in ("expert", "agent")]
    near = [[side[at] for at in side if abs(at - step) <= AROUND] for side in sides]
    accuracy = float(np.mean([np.mean(side) for side in near])) if all(near) else None
    return Agent(
        trained_as.body,
        run.path.name,
        trained_as.kind,
        step,
        judge.judge.laid(episodes),
        judge.judge(policy, EXPLORING, deterministic=False),
        returns,
        lengths,
        fewer,
        accuracy,
    )


def true_returns(policy: Policy, body: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return and length of whole deterministic episodes."""
    env = make_env(body, RETURN_EPISODES, RETURN_SEED, threads=1)
    obs, totals = env.reset(), np.zeros(RETURN_EPISODES)
    lengths, running = np.zeros(RETURN_EPISODES, dtype=int), np.ones(RETURN_EPISODES, dtype=bool)
    while running.any():
        actions, _ = policy.predict(np.asarray(obs), deterministic=True)
        obs, _, ended, _ = env.step(actions)
        totals += np.where(running, env.rewards, 0.0)  # type: ignore[attr-defined]  # a body's own copy
        lengths += running
        running &= ~ended
    return tuple(totals.tolist()), tuple(lengths.tolist())


def judge_runs(paths: list[Path]) -> None:
    """Add the agents of these runs to the file; those in it already are left as they are."""
    AGENTS.parent.mkdir(parents=True, exist_ok=True)
    lines = AGENTS.read_text().splitlines() if AGENTS.exists() else []
    stored = {(line["run"], line["step"]) for line in map(json.loads, lines)}
    judges = {body: BodyJudge.of(body) for body in BODIES}
    with AGENTS.open("a") as file:
        for path in paths:
            for agent in agents_of(path, judges, stored):
                file.write(json.dumps(agent.to_json()) + "\n")
                file.flush()


if __name__ == "__main__":
    one_thread()
    judge_runs([Path(name) for name in sys.argv[2:]])
