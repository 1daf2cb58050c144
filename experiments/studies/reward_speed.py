"""What a reward costs: a query and a rollout's training of every family, as ratios to the plain critic's.

Run `python -m gailforce.experiments.studies.reward_speed` with nothing else running; it writes
`results/reward-speed.json`.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.models.reward import RewardModel, played
from ...demos.dataset import Demonstrations
from ...generative.families.boltzmann import RBMConfig
from ...generative.families.deep_belief import DBNConfig
from ...generative.interfaces.rollout import COLUMNS, Rollout
from ...generative.rewards.reward_families import FAMILIES
from ..runs.process import one_thread
from ..runs.provenance import write_result

RESULT = Path("results/reward-speed.json")
# Steps in one query, steps of a rollout in training, and paired measurements.
QUERY, TRAINED, ROUNDS = 4096, 2048, 15
PLAIN = "gan"
# Speed does not depend on how well a density was fitted.
FIT_STEPS = 20


@dataclass(frozen=True)
class Cost:
    """Time of some work as a ratio to the plain critic's.

    Attributes:
        ratio: median of the paired ratios.
        low: their 10th percentile.
        high: their 90th percentile.
        n: number of pairs.
        ms: median time of the work itself [ms].
    """

    ratio: float
    low: float
    high: float
    n: int
    ms: float


@dataclass(frozen=True)
class FamilyCost:
    """What one family costs: a query, the training on a rollout, and its number of parameters."""

    query: Cost
    update: Cost
    parameters: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "FamilyCost":
        """The cost that `to_json` wrote."""
        return cls(Cost(**plain["query"]), Cost(**plain["update"]), plain["parameters"])


def quick(name: str) -> Any:  # Any: every family has settings of its own class
    """A family's default settings with a short fit."""
    config = FAMILIES[name].config_class()
    if isinstance(config, RBMConfig | DBNConfig):
        return replace(config, steps=FIT_STEPS)
    density = getattr(config, "density", None)
    return config if density is None else replace(config, density=replace(density, fit_steps=FIT_STEPS))


def measure(name: str, expert: Demonstrations, plain: RewardModel) -> FamilyCost:
    """Seconds of a query and of a rollout's updates, each as a ratio to the plain critic's just before."""
    model = RewardModel(name, config=quick(name))
    model.fit(expert)
    steps = played(list(expert))
    query, rollout = _first(steps, QUERY), _first(steps, TRAINED)
    return FamilyCost(
        _cost(lambda: model.reward(query), lambda: plain.reward(query)),
        _cost(lambda: model.update(steps, rollout), lambda: plain.update(steps, rollout)),
        sum(p.numel() for p in model.critic.parameters()) if model.critic else 0,
    )


def _first(steps: Rollout, count: int) -> Rollout:
    """The first steps, as a rollout of 64 environments."""
    shaped = {
        name: getattr(steps, name)[:count].reshape(count // 64, 64, *getattr(steps, name).shape[2:])
        for name in COLUMNS
    }
    return replace(steps, **shaped)


def _cost(work: Callable[[], object], against: Callable[[], object]) -> Cost:
    """Time of the work beside that of other work, measured in turn."""
    work()
    against()
    pairs = np.array([(_seconds(work), _seconds(against)) for _ in range(ROUNDS)])
    ratios = pairs[:, 0] / pairs[:, 1]
    low, median, high = (round(float(q), 2) for q in np.quantile(ratios, [0.1, 0.5, 0.9]))
    return Cost(median, low, high, ROUNDS, round(1000 * float(np.median(pairs[:, 0])), 2))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def read_costs(path: Path = RESULT) -> dict[str, FamilyCost]:
    """The stored cost of every family."""
    families = json.loads(path.read_text())["families"]
    return {name: FamilyCost.from_json(cost) for name, cost in families.items()}


def write_costs(costs: Mapping[str, FamilyCost], path: Path = RESULT) -> None:
    """The cost of every family, as JSON in the file and on the terminal."""
    families = {name: cost.to_json() for name, cost in costs.items()}
    write_result(path, {"query steps": QUERY, "rollout steps": TRAINED, "families": families})
    print(json.dumps(families, indent=1))


if __name__ == "__main__":
    one_thread()
    demos = Demonstrations.load("hopper-expert").take(5)
    plain = RewardModel(PLAIN)
    plain.fit(demos)
    write_costs({name: measure(name, demos, plain) for name in FAMILIES})
