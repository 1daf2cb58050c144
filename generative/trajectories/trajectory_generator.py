"""Trajectory generators: pieces of the expert's motion from a start, or between known frames."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.motion import Motion, Units, fused
from ..interfaces.standardize import Standard
from ..interfaces.window_context import Known, started
from ..interfaces.window_model import WindowModel, WindowShape
from .generator_families import GENERATORS, GeneratorConfig

# Above this an episode counts as ended, in units of 0 and 1.
ENDED = 0.5


@dataclass(frozen=True)
class Drawn:
    """Pieces of motion and the path of their states.

    Attributes:
        motion: of T steps each.
        path: the states s₀..s_T.
    """

    motion: Motion
    path: Float[Tensor, "N T1 S"]


class WindowGenerator:
    """A family of window models in units of its training data.

    Args:
        name: a key of `GENERATORS`.
        seed: seeds the weights and the batches.
        config: settings of all families.
    """

    def __init__(self, name: str, seed: int = 0, config: GeneratorConfig | None = None):
        self.name, self.seed, self.config = name, seed, config or GeneratorConfig()
        self.family = GENERATORS[name]
        self.model: WindowModel | None = None

    def fit(self, motion: Motion, condition: Float[Tensor, "N K"]) -> dict[str, float]:
        """Learn windows of equal length, each with its condition."""
        self.units, self.condition_unit = Units.of(motion), Standard.of(condition)
        rows = self.units.rows(motion)
        state, _, action, _ = self.units.widths
        self.shape = WindowShape(rows.shape[1], rows.shape[2], state, action, condition.shape[1])
        self.model = self.family.make(self.shape, self.seed, self.config)
        return self.model.fit(rows, self.condition_unit.scaled(condition), self.units, self.seed)

    def sample(
        self,
        start: Float[Tensor, "B S"],
        condition: Float[Tensor, "B K"],
        horizon: int,
        generator: torch.Generator,
    ) -> Drawn:
        """Motion of a number of steps from states.

        Step-by-step models draw all steps at once and keep their memory. The others draw window after window,
        each from the end of the last one.

        Raises:
            RuntimeError: before `fit`.
        """
        steps = self._fitted()[1].steps if self.family.fills else horizon
        pieces: list[Drawn] = []
        for _ in range(-(-horizon // steps)):
            state = start if not pieces else pieces[-1].path[:, -1]
            rows = torch.zeros(len(state), steps, self.shape.columns)
            rows[:, 0, : self.shape.state] = self.units.state.scaled(state)
            pieces.append(self._draw(rows, started(rows, self.shape.state), condition, generator))
        motion = Motion(*(torch.cat(parts, dim=1)[:, :horizon] for parts in _columns(pieces)))
        path = torch.cat([pieces[0].path[:, :1], *(piece.path[:, 1:] for piece in pieces)], dim=1)
        return Drawn(motion, path[:, : horizon + 1])

    def inpaint(
        self,
        known: Motion,
        mask: Float[Tensor, "B T C"],
        condition: Float[Tensor, "B K"],
        generator: torch.Generator,
    ) -> Drawn:
        """Fill the unknown entries of windows; `mask` is 1 where rows of `Units.rows` are known.

        Where it is 1 - d, entries are known up to a noise of d standard deviations, and are denoised.

        Raises:
            RuntimeError: before `fit`.
            ValueError: a family that cannot, windows of another length, or nothing to fill.
        """
        shape = self._fitted()[1]
        if not self.family.fills:
            able = ", ".join(name for name, family in GENERATORS.items() if family.fills)
            raise ValueError(f"the generator {self.name} cannot fill gaps; these can: {able}")
        if mask.shape[1:] != (shape.steps, shape.columns):
            raise ValueError(
                f"masks have {tuple(mask.shape[1:])} rows and columns; this generator learned windows of "
                f"{(shape.steps, shape.columns)}"
            )
        if not (mask < 1).any():
            raise ValueError("the mask covers everything, so nothing is left to fill; mark gaps with 0")
        return self._draw(self.units.rows(known) * (mask > 0), mask, condition, generator)

    def walk(
        self,
        start: Float[Tensor, "S"],
        condition: Float[Tensor, "K"],
        count: int,
        generator: torch.Generator,
    ) -> Drawn:
        """Windows from one start whose codes lie on a straight line between two drawn codes.

        Raises:
            RuntimeError: before `fit`.
            ValueError: a family without codes.
        """
        model, shape = self._fitted()
        if not model.has_codes:
            raise ValueError(f"the generator {self.name} has no codes to walk through; take vae")
        rows = torch.zeros(count, shape.steps, shape.columns)
        rows[:, 0, : shape.state] = self.units.state.scaled(start)
        conditions = self.condition_unit.scaled(condition).expand(count, -1)
        known = Known(conditions, rows, started(rows, shape.state))
        return self._as_motion(model.walk(known, generator), known.mask)

    def _fitted(self) -> tuple[WindowModel, WindowShape]:
        if self.model is None:
            raise RuntimeError("this generator has learned nothing yet; call fit with trajectories first")
        return self.model, self.shape

    @torch.no_grad()
    def _draw(
        self,
        rows: Float[Tensor, "B T C"],
        mask: Float[Tensor, "B T C"],
        condition: Float[Tensor, "B K"],
        generator: torch.Generator,
    ) -> Drawn:
        model, _ = self._fitted()
        drawn = model.draw(Known(self.condition_unit.scaled(condition), rows, mask), generator)
        return self._as_motion(drawn, mask)

    def _as_motion(self, drawn: Float[Tensor, "B T C"], mask: Float[Tensor, "B T C"]) -> Drawn:
        """Rows as a motion whose states follow from each other."""
        shape = self.shape
        motion = self.units.motion(drawn)
        path = fused(motion, self.units, (mask[..., : shape.state] >= 1).to(drawn.dtype))
        # States and changes of the motion are those of the path; the place on the ground has no state.
        place = motion.change[..., : -shape.state]
        change = torch.cat((place, path.diff(dim=1)), dim=-1)
        ended = (motion.ended > ENDED).to(path.dtype)
        return Drawn(motion._replace(state=path[:, :-1], change=change, ended=ended), path)


def _columns(pieces: list[Drawn]) -> list[list[Tensor]]:
    """The parts of all pieces' motions, part by part."""
    return [list(part) for part in zip(*(piece.motion for piece in pieces), strict=True)]
