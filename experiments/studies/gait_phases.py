"""Do the phases that a hidden Markov model finds mean anything? Their borders against contacts in MuJoCo.

`python -m gailforce.experiments.studies.gait_phases` fits chains, and beside them mixtures, which know no
time, to four demonstrations, and writes `results/gait-phases.json`. A phase counts as one of contact when
the foot stands on the ground in most of its steps in training; a border is a step where that changes.
Neither model sees a contact.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from jaxtyping import Bool, Float, Int

from ...agents.models.gait_phases import NOISE, Gait
from ...agents.models.reward import demonstrated, played
from ...demos.dataset import Demonstrations
from ...demos.physics_residual import states_of
from ...demos.trajectory import Trajectory
from ...envs.body import Body
from ...envs.contacts import foot_contacts
from ...envs.registry import body as body_of
from ...generative.families.mixture import GaussianMixture, MixtureConfig
from ...generative.interfaces.model import FitOptions
from ...generative.interfaces.reward_inputs import SELECT
from ...generative.interfaces.standardize import Scales
from ..runs.process import one_thread
from ..runs.provenance import write_result
from ..scoring.statistics import mean_interval

RESULT = Path("results/gait-phases.json")
DEMONSTRATIONS, PHASES = 4, 12
# Steps by which a border may be off.
TOLERANCE = 2
SEEDS = (0, 1, 2)

# An episode -> the phase of each of its steps.
Phases = Callable[[Trajectory], Int[np.ndarray, "T"]]


def borders(flag: Bool[np.ndarray, "T"]) -> Int[np.ndarray, "N"]:
    """Steps at which a flag differs from the step before."""
    return np.flatnonzero(flag[1:] != flag[:-1]) + 1


def f1(found: Int[np.ndarray, "N"], true: Int[np.ndarray, "M"], tolerance: int = TOLERANCE) -> float:
    """2 hits / (found + true): borders in their order, each paired with one within the tolerance at most."""
    if len(found) == len(true) == 0:
        return 1.0
    i = j = hits = 0
    while i < len(found) and j < len(true):
        apart = int(found[i]) - int(true[j])
        if abs(apart) <= tolerance:
            i, j, hits = i + 1, j + 1, hits + 1
        elif apart < 0:
            i += 1
        else:
            j += 1
    return 2 * hits / (len(found) + len(true))


def contact_phases(
    phases: Phases, episodes: Demonstrations, touching: Callable[[Trajectory], Bool[np.ndarray, "T"]]
) -> Bool[np.ndarray, "K"]:
    """Which phases are of contact: those in which most of the training steps are."""
    found = np.concatenate([phases(episode) for episode in episodes])
    touches = np.concatenate([touching(episode) for episode in episodes])
    steps = np.bincount(found, minlength=PHASES)
    return np.bincount(found, weights=touches, minlength=PHASES) > steps / 2


def mixture_phases(demos: Demonstrations, seed: int) -> Phases:
    """The most likely part of a mixture with as many parts: phases without any memory."""
    steps = demonstrated(demos)
    scales = Scales.of(steps)
    rows = SELECT["sa"](scales.scaled(steps)).flatten(0, 1)
    model = GaussianMixture(rows.shape[1], 0, MixtureConfig(parts=(PHASES,)), seed)
    model.fit(rows, rows[:, :0], FitOptions(noise=NOISE, seed=seed))

    def phases(episode: Trajectory) -> Int[np.ndarray, "T"]:
        seen = SELECT["sa"](scales.scaled(played([episode])))[:, 0].double()
        return torch.argmax(model.shares(seen), dim=1).numpy()

    return phases


def even_borders(count: int, steps: int) -> Int[np.ndarray, "N"]:
    """As many borders at equal distances: what knowing their number alone gives."""
    return np.linspace(0, steps, count + 2)[1:-1].round().astype(int)


@dataclass
class GaitPhases:
    """Measure on the validation episodes of a shipped set."""

    env: str = "hopper"
    out: Path = RESULT

    def run(self) -> None:
        """Every seed of every way, one F1 an episode."""
        one_thread()
        body = body_of(self.env)
        demos = Demonstrations.load(f"{body.name}-expert").take(DEMONSTRATIONS)
        unseen = Demonstrations.load(f"{body.name}-expert", split="validation")
        scores: dict[str, list[list[float]]] = {"chain": [], "mixture": [], "even": []}
        for seed in SEEDS:
            for name, phases in (
                ("chain", Gait(demos, PHASES, seed).phases),
                ("mixture", mixture_phases(demos, seed)),
            ):
                scores[name].append(self._scores(body, phases, demos, unseen))
        scores["even"].append(
            [f1(even_borders(len(true), len(e)), true) for e in unseen for true in [self._true(body, e)]]
        )
        result = {
            "kind": "gait phases",
            "environment": body.env_id,
            "phases": PHASES,
            "tolerance": TOLERANCE,
            "episodes": len(unseen),
            "f1": {
                name: {"seeds": [float(np.mean(s)) for s in found], **_interval(found)}
                for name, found in scores.items()
            },
        }
        write_result(self.out, result)
        print(json.dumps(result["f1"]))

    def _touching(self, body: Body, episode: Trajectory) -> Bool[np.ndarray, "T"]:
        """Whether any foot stands on the ground."""
        return np.asarray(foot_contacts(body, states_of(episode)[:-1]).any(axis=1))

    def _true(self, body: Body, episode: Trajectory) -> Int[np.ndarray, "N"]:
        return borders(self._touching(body, episode))

    def _scores(
        self, body: Body, phases: Phases, demos: Demonstrations, unseen: Demonstrations
    ) -> list[float]:
        called = contact_phases(phases, demos, lambda episode: self._touching(body, episode))
        return [f1(borders(called[phases(e)]), self._true(body, e)) for e in unseen]


def _interval(found: list[list[float]]) -> dict[str, float]:
    """Of the mean over episodes, each the mean of its seeds."""
    per_episode: Float[np.ndarray, E] = np.mean(found, axis=0)
    estimate = mean_interval(per_episode)
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n}


if __name__ == "__main__":
    tyro.cli(GaitPhases).run()
