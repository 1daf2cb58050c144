"""Measures of drawn pieces: physics, likeness, variety, copying, and the steps that physics can execute.

Generators and their controls are measured in the same way.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ....demos.dataset import Demonstrations
from ....demos.execution import executed, spread_of, steps_kept
from ....demos.physics_residual import change_std, physics_residual, states_of
from ....demos.resemblance import energy_distance
from ....demos.trajectory import Trajectory
from ....demos.window_resemblance import (
    Windows,
    copying,
    covered,
    in_units_of,
    memorised,
    told_apart,
    windows_of,
)
from ....envs.body import Body
from .conditions import Condition

# Steps of the windows that are compared, and from one to the next.
COMPARED, STRIDE = 16, 4
# Windows that are held out together when a classifier separates drawn and real ones.
BLOCK = 13
# Pieces of each condition whose actions are executed in physics.
EXECUTED = 4


class Likeness(NamedTuple):
    """How drawn windows compare with real ones.

    Attributes:
        energy: distance to the reference, (drawn - real) / (random - real); 0 is the mean distance of real
            pieces over the episodes of a speed.
        coverage: share of real windows that have a drawn one near.
        precision: share of drawn windows that have a real one near.
        auc: of a classifier that separates drawn from real windows; 0.5 is chance.
        copying: distance to training windows over that to unseen ones; near 0 for copies.
        of_real: the same over that of real pieces; 1 is as far from the training windows as those.
        memorised: share of drawn windows nearer to the training windows than all but 1 % of real ones.
    """

    energy: float
    coverage: float
    precision: float
    auc: float
    copying: float
    of_real: float
    memorised: float


# The likeness of pieces that are too short to compare.
WORST = Likeness(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Yardstick:
    """What drawn pieces are compared with.

    Attributes:
        body: body whose physics apply.
        conditions: unseen conditions.
        training: demonstrations that generators were fitted on.
        random: episodes of random actions.
        steps: steps of a piece.
    """

    body: Body
    conditions: Sequence[Condition]
    training: Demonstrations
    random: Sequence[Trajectory]
    steps: int

    def residuals(self, pieces: Sequence[Trajectory]) -> Float[np.ndarray, "N"]:
        """The physics residual of every step."""
        unit = change_std(list(self.training))
        return np.concatenate(
            [physics_residual(self.body, states_of(one), one.actions.astype(float), unit) for one in pieces]
        )

    def likeness(self, drawn: Sequence[Sequence[Trajectory]]) -> Likeness:
        """The likeness of the pieces drawn under each condition; means over conditions."""
        likenesses = []
        for condition, pieces in zip(self.conditions, drawn, strict=True):
            lasting = [piece for piece in pieces if len(piece) >= COMPARED]
            likenesses.append(self._likeness(condition, lasting) if lasting else WORST)
        return Likeness(*np.mean(likenesses, axis=0).tolist())

    def _likeness(self, condition: Condition, pieces: Sequence[Trajectory]) -> Likeness:
        made, real = (windows_of(list(part), COMPARED, STRIDE) for part in (pieces, condition.real))
        unseen, every = (windows_of(condition.reference, COMPARED, by) for by in (STRIDE, 1))
        unseen, every, made, real, seen, far = in_units_of(
            unseen, every, made, real, *self._reference_windows
        )
        ratio = copying(made, seen, every)
        random, floor = energy_distance(far, unseen), self._floors[condition.source]
        return Likeness(
            (energy_distance(made, unseen) - floor) / (random - floor),
            *covered(unseen, made),
            told_apart(unseen, made, BLOCK),
            ratio,
            ratio / copying(real, seen, every),
            memorised(made, real, seen),
        )

    @functools.cached_property
    def _reference_windows(self) -> tuple[Windows, Windows]:
        """Windows of the training episodes, and of random actions."""
        lasting = [episode for episode in self.random if len(episode) >= COMPARED]
        return windows_of(list(self.training), COMPARED, 1), windows_of(lasting, COMPARED, 1)

    @functools.cached_property
    def _floors(self) -> dict[str, float]:
        """Energy distance of real pieces to the reference, the mean over the episodes of each speed."""
        levels: dict[str, list[float]] = {}
        for condition in self.conditions:
            real, unseen = (windows_of(e, COMPARED, STRIDE) for e in (condition.real, condition.reference))
            unseen, real = in_units_of(unseen, real)
            levels.setdefault(condition.source, []).append(energy_distance(real, unseen))
        return {source: float(np.mean(distances)) for source, distances in levels.items()}

    def executed_steps(self, drawn: Sequence[Sequence[Trajectory]]) -> float:
        """Mean steps for which physics follows the pieces under their own actions."""
        spread = spread_of(list(self.training))
        steps = [
            steps_kept(one, executed(self.body, one), spread) for pieces in drawn for one in pieces[:EXECUTED]
        ]
        return float(np.mean(steps))

    def all(self, drawn: Sequence[Sequence[Trajectory]]) -> dict[str, float]:
        """All measures by name."""
        residual = self.residuals([one for pieces in drawn for one in pieces])
        return {
            "residual_median": float(np.median(residual)),
            "residual_p90": float(np.quantile(residual, 0.9)),
            **self.likeness(drawn)._asdict(),
            "lasting": float(np.mean([len(one) >= self.steps for pieces in drawn for one in pieces])),
            "kept": self.executed_steps(drawn),
        }
