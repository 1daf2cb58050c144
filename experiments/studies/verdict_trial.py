"""The trial of the verdict: agents of all qualities, judged without reward, beside their true returns.

Two steps, from the root of a checkout: `python -m gailforce.experiments.studies.verdict_trial judge
runs/...` plays the agents of finished runs and keeps one line for each in `results/verdict/agents.jsonl`;
`... score` sets thresholds on one half of the RUNS, judges the other, and writes `results/verdict.json`.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.loading import load_policy
from ...demos.dataset import Demonstrations
from ...demos.recorder import Policy
from ...demos.resemblance import DemoDistance
from ...envs.registry import BODIES, body, make_env
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


@dataclass(frozen=True)
class Bench:
    """The judge of one body, and distances made of fewer demonstrations."""

    judge: Judge
    fewer: dict[str, DemoDistance]

    @classmethod
    def of(cls, name: str) -> "Bench":
        """By the shipped expert's demonstrations, whose rewards are taken out."""
        whole = Demonstrations.load(f"{name}-expert").without_rewards()
        fewer = {key: whole.take(n, DRAW).subsample(every, DRAW) for key, (n, every) in FEWER.items()}
        judges = {key: Judge.of(name, demos, threads=1) for key, demos in fewer.items()}
        judge = Judge.of(name, whole.take(EPISODES, DRAW), threads=1)
        return cls(judge, {key: few.distance for key, few in judges.items()})


def agents_of(path: Path, benches: dict[str, Bench], known: set[tuple[str, int]]) -> Iterator[Agent]:
    """The last agent of a run and some on its way, judged."""
    run = RunFolder.open(path)
    config = run.read_config()
    name = body(config.get("env") or config["environment"]).name
    files = sorted(run.checkpoints.glob("step-*.gfa"))
    chosen = (
        {files[i] for i in np.linspace(0, len(files) - 1, ON_THE_WAY + 1).round().astype(int)}
        if files
        else set()
    )
    for file in sorted(chosen):
        step = int(file.stem.removeprefix("step-"))
        if (path.name, step) not in known:
            yield judged(load_policy(file), name, run, kind_of(config), step, benches[name])


def judged(policy: Policy, name: str, run: RunFolder, kind: str, step: int, bench: Bench) -> Agent:
    """One agent's line."""
    judge = bench.judge
    episodes = judge.episodes(policy, DETERMINISTIC)
    fewer = {key: float(np.mean([distance(t) for t in episodes])) for key, distance in bench.fewer.items()}
    returns, lengths = true_returns(policy, name)
    sides = [dict(run.series(f"discriminator/{side}_accuracy")) for side in ("expert", "agent")]
    near = [[side[at] for at in side if abs(at - step) <= 25_000] for side in sides]
    accuracy = float(np.mean([np.mean(side) for side in near])) if all(near) else None
    return Agent(
        name,
        run.path.name,
        kind,
        step,
        judge.laid(episodes),
        judge(policy, EXPLORING, deterministic=False),
        returns,
        lengths,
        fewer,
        accuracy,
    )


def true_returns(policy: Policy, name: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return and length of whole deterministic episodes."""
    env = make_env(name, RETURN_EPISODES, RETURN_SEED, threads=1)
    obs, totals = env.reset(), np.zeros(RETURN_EPISODES)
    lengths, running = np.zeros(RETURN_EPISODES, dtype=int), np.ones(RETURN_EPISODES, dtype=bool)
    while running.any():
        actions, _ = policy.predict(np.asarray(obs), deterministic=True)
        obs, _, ended, _ = env.step(actions)
        totals += np.where(running, env.rewards, 0.0)  # type: ignore[attr-defined]  # a body's own copy
        lengths += running
        running &= ~ended
    return tuple(totals.tolist()), tuple(lengths.tolist())


def kind_of(config: dict[str, Any]) -> str:
    """What an agent was trained as: `gan`, `constant`, a manner of `variations`, `expert`."""
    if config.get("kind") == "variation":
        return str(config["manner"])
    return "expert" if config.get("kind") == "expert" else str(config["reward"])


def judge_runs(paths: list[Path]) -> None:
    """Add the agents of these runs to the file; those in it already are left as they are."""
    AGENTS.parent.mkdir(parents=True, exist_ok=True)
    lines = AGENTS.read_text().splitlines() if AGENTS.exists() else []
    known = {(line["run"], line["step"]) for line in map(json.loads, lines)}
    benches = {name: Bench.of(name) for name in BODIES}
    with AGENTS.open("a") as file:
        for path in paths:
            for agent in agents_of(path, benches, known):
                file.write(json.dumps(asdict(agent)) + "\n")
                file.flush()


if __name__ == "__main__":
    one_thread()
    judge_runs([Path(name) for name in sys.argv[2:]])
