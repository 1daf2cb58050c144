"""What a reward costs: a query and a rollout's training of every family, as ratios to the plain critic's.

Run `python -m gailforce.experiments.studies.reward_speed` with nothing else running; it writes
`results/reward-speed.json`.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
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

# Steps in one query, steps of a rollout in training, and paired measurements.
QUERY, TRAINED, ROUNDS = 4096, 2048, 15
PLAIN = "gan"
# Speed does not depend on how well a density was fitted.
FIT_STEPS = 20


def quick(name: str) -> Any:  # Any: every family has settings of its own class
    """A family's default settings with a short fit."""
    config = FAMILIES[name].config_class()
    if isinstance(config, RBMConfig | DBNConfig):
        return replace(config, steps=FIT_STEPS)
    density = getattr(config, "density", None)
    return config if density is None else replace(config, density=replace(density, fit_steps=FIT_STEPS))


def measure(name: str, expert: Demonstrations, plain: RewardModel) -> dict[str, Any]:
    """Seconds of a query and of a rollout's updates, each as a ratio to the plain critic's just before."""
    model = RewardModel(name, config=quick(name))
    model.fit(expert)
    steps = played(list(expert))
    query, rollout = _first(steps, QUERY), _first(steps, TRAINED)
    return {
        "query": _ratios(lambda: model.reward(query), lambda: plain.reward(query)),
        "update": _ratios(lambda: model.update(steps, rollout), lambda: plain.update(steps, rollout)),
        "parameters": sum(p.numel() for p in model.critic.parameters()) if model.critic else 0,
    }


def _first(steps: Rollout, count: int) -> Rollout:
    """The first steps, as a rollout of 64 environments."""
    shaped = {
        name: getattr(steps, name)[:count].reshape(count // 64, 64, *getattr(steps, name).shape[2:])
        for name in COLUMNS
    }
    return replace(steps, **shaped)


def _ratios(work: Callable[[], object], against: Callable[[], object]) -> dict[str, float]:
    """Median and range of paired ratios, and the median milliseconds of the work itself."""
    work()
    against()
    pairs = np.array([(_seconds(work), _seconds(against)) for _ in range(ROUNDS)])
    ratios = pairs[:, 0] / pairs[:, 1]
    low, median, high = (round(float(q), 2) for q in np.quantile(ratios, [0.1, 0.5, 0.9]))
    return {
        "ratio": median,
        "low": low,
        "high": high,
        "n": ROUNDS,
        "ms": round(1000 * float(np.median(pairs[:, 0])), 2),
    }


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    one_thread()
    demos = Demonstrations.load("hopper-expert").take(5)
    plain = RewardModel(PLAIN)
    plain.fit(demos)
    result = {
        "query steps": QUERY,
        "rollout steps": TRAINED,
        "families": {name: measure(name, demos, plain) for name in FAMILIES},
    }
    write_result(Path("results/reward-speed.json"), result)
    print(json.dumps(result["families"], indent=1))
