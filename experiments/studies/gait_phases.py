"""Do the phases of a hidden Markov model agree with foot contacts in MuJoCo? F1 of their borders.

`python -m gailforce.experiments.studies.gait_phases` fits chains, and beside them mixtures, which ignore
time, to four demonstrations, and writes `results/gait-phases.json`. A phase counts as one of contact when
the foot stands on the ground in most of its steps in training; a border is a step where that changes.
Neither model sees a contact.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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
from ..scoring.statistics import Estimate, mean_interval

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


def f1(predicted: Int[np.ndarray, "N"], true: Int[np.ndarray, "M"], tolerance: int = TOLERANCE) -> float:
    """F1 = 2 hits / (predicted + true); borders are paired in order, each once, within the tolerance."""
    if len(predicted) == len(true) == 0:
        return 1.0
    i = j = hits = 0
    while i < len(predicted) and j < len(true):
        apart = int(predicted[i]) - int(true[j])
        if abs(apart) <= tolerance:
            i, j, hits = i + 1, j + 1, hits + 1
        elif apart < 0:
            i += 1
        else:
            j += 1
    return 2 * hits / (len(predicted) + len(true))


def contact_phases(
    phases: Phases, episodes: Demonstrations, touching: Callable[[Trajectory], Bool[np.ndarray, "T"]]
) -> Bool[np.ndarray, "K"]:
    """Which phases are of contact: the foot touches the ground in most of their training steps."""
    phase = np.concatenate([phases(episode) for episode in episodes])
    touches = np.concatenate([touching(episode) for episode in episodes])
    steps = np.bincount(phase, minlength=PHASES)
    return np.bincount(phase, weights=touches, minlength=PHASES) > steps / 2


def mixture_phases(demos: Demonstrations, seed: int) -> Phases:
    """The most likely part of a mixture with as many parts: phases without memory."""
    steps = demonstrated(demos)
    scales = Scales.of(steps)
    rows = SELECT["sa"](scales.scaled(steps)).flatten(0, 1)
    model = GaussianMixture(rows.shape[1], 0, MixtureConfig(parts=(PHASES,)), seed)
    model.fit(rows, rows[:, :0], FitOptions(noise=NOISE, seed=seed))

    def phases(episode: Trajectory) -> Int[np.ndarray, "T"]:
        inputs = SELECT["sa"](scales.scaled(played([episode])))[:, 0].double()
        return torch.argmax(model.shares(inputs), dim=1).numpy()

    return phases


def even_borders(count: int, steps: int) -> Int[np.ndarray, "N"]:
    """As many borders at equal distances: the score of their number alone."""
    return np.linspace(0, steps, count + 2)[1:-1].round().astype(int)


@dataclass(frozen=True)
class BorderScore:
    """F1 of one way: the mean over episodes for each seed, and the interval over episodes."""

    seeds: tuple[float, ...]
    f1: Estimate

    @classmethod
    def of(cls, scores: Sequence[Sequence[float]]) -> "BorderScore":
        """Of every seed's score of every episode; an episode counts once, by its mean over seeds."""
        per_episode: Float[np.ndarray, E] = np.mean(scores, axis=0)
        return cls(tuple(float(np.mean(of_seed)) for of_seed in scores), mean_interval(per_episode))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"seeds": list(self.seeds), **asdict(self.f1)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "BorderScore":
        """The score that `to_json` wrote."""
        estimate = Estimate(**{key: plain[key] for key in ("value", "low", "high", "n")})
        return cls(tuple(plain["seeds"]), estimate)


def read_border_scores(path: Path = RESULT) -> dict[str, BorderScore]:
    """The stored score of every way."""
    return {way: BorderScore.from_json(score) for way, score in json.loads(path.read_text())["f1"].items()}


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
        true = [self._true(body, episode) for episode in unseen]
        scores["even"].append(
            [f1(even_borders(len(own), len(e)), own) for own, e in zip(true, unseen, strict=True)]
        )
        result = {
            "kind": "gait phases",
            "environment": body.env_id,
            "phases": PHASES,
            "tolerance": TOLERANCE,
            "episodes": len(unseen),
            "f1": {way: BorderScore.of(of_way).to_json() for way, of_way in scores.items()},
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


if __name__ == "__main__":
    tyro.cli(GaitPhases).run()
