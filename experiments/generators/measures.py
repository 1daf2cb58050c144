"""What is measured of drawn pieces: physics, likeness, variety, copying, and how long they can be lived.

All of it is computed in the same way for a generator and for the controls that stand beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ...demos.dataset import Demonstrations
from ...demos.execution import executed, spread_of, steps_kept
from ...demos.physics_residual import change_std, physics_residual, states_of
from ...demos.resemblance import energy_distance
from ...demos.trajectory import Trajectory
from ...demos.window_resemblance import copying, covered, in_units_of, told_apart, windows_of
from ...envs.body import Body
from .conditions import Condition

# Steps of the windows that are compared, and from one to the next.
COMPARED, STRIDE = 16, 4
# Pieces of each condition that are lived through in physics.
LIVED = 8


class Likeness(NamedTuple):
    """How drawn windows compare with real ones.

    Attributes:
        energy: distance to the reference, (drawn - real) / (random - real); 0 is as near as real pieces are.
        coverage: share of real windows that have a drawn one near.
        precision: share of drawn windows that have a real one near.
        auc: of a classifier that tells drawn from real; 0.5 cannot.
        copying: distance to training windows over that to unseen ones; near 0 for copies.
    """

    energy: float
    coverage: float
    precision: float
    auc: float
    copying: float


@dataclass(frozen=True)
class Yardstick:
    """What drawn pieces are held against.

    Attributes:
        body: whose physics.
        conditions: unseen ones.
        training: what generators were fitted on.
        random: episodes of random actions.
    """

    body: Body
    conditions: Sequence[Condition]
    training: Demonstrations
    random: Sequence[Trajectory]

    def residuals(self, pieces: Sequence[Trajectory]) -> Float[np.ndarray, "N"]:
        """The physics residual of every step."""
        unit = change_std(list(self.training))
        return np.concatenate(
            [physics_residual(self.body, states_of(one), one.actions.astype(float), unit) for one in pieces]
        )

    def likeness(self, drawn: Sequence[Sequence[Trajectory]]) -> Likeness:
        """Of the pieces drawn under each condition; means over conditions."""
        learned = windows_of(list(self.training), COMPARED, 1)
        wild = windows_of([e for e in self.random if len(e) >= COMPARED], COMPARED, 1)
        found = []
        for condition, pieces in zip(self.conditions, drawn, strict=True):
            sets = ([e for e in pieces if len(e) >= COMPARED], condition.real)
            made, real = (windows_of(list(part), COMPARED, STRIDE) for part in sets)
            unseen, every = (windows_of(condition.reference, COMPARED, by) for by in (STRIDE, 1))
            unseen, every, made, real, seen, far = in_units_of(unseen, every, made, real, learned, wild)
            level, random = energy_distance(real, unseen), energy_distance(far, unseen)
            energy = (energy_distance(made, unseen) - level) / (random - level)
            found.append(
                (energy, *covered(unseen, made), told_apart(unseen, made), copying(made, seen, every))
            )
        return Likeness(*np.mean(found, axis=0).tolist())

    def lived(self, drawn: Sequence[Sequence[Trajectory]]) -> float:
        """Mean steps for which physics keeps to pieces under their own actions."""
        spread = spread_of(list(self.training))
        kept = [
            steps_kept(one, executed(self.body, one), spread) for pieces in drawn for one in pieces[:LIVED]
        ]
        return float(np.mean(kept))

    def all(self, drawn: Sequence[Sequence[Trajectory]]) -> dict[str, float]:
        """Everything, by name."""
        residual = self.residuals([one for pieces in drawn for one in pieces])
        return {
            "residual_median": float(np.median(residual)),
            "residual_p90": float(np.quantile(residual, 0.9)),
            **self.likeness(drawn)._asdict(),
            "kept": self.lived(drawn),
        }
