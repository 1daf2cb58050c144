"""Motion: what generators of trajectories learn, in a form in which small errors stay small.

A step's change is far smaller than the spread of states, so a state that is right to a hundredth of its
spread can still be wrong by a whole step. Rows therefore hold the state AND its change, each in its own unit;
states drawn are the path that agrees best with both.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .standardize import CLIP, Standard

# How much more certain a frame is that was given, not drawn.
GIVEN = 1e6


class Motion(NamedTuple):
    """N pieces of T steps each.

    Attributes:
        state: where each step begins; without what does not matter to it, as a body's place on the ground.
        change: of the whole state over the step; its last S columns belong to those of `state`.
        action: what is done.
        ended: 1 where the episode terminates with the step.
    """

    state: Float[Tensor, "N T S"]
    change: Float[Tensor, "N T D"]
    action: Float[Tensor, "N T A"]
    ended: Float[Tensor, "N T 1"]

    @property
    def widths(self) -> tuple[int, int, int, int]:
        """Columns of each part."""
        return (*(part.shape[-1] for part in self),)  # type: ignore[return-value]  # four parts


class Units(NamedTuple):
    """The units of rows: one standard for each part of a motion."""

    state: Standard
    change: Standard
    action: Standard
    ended: Standard

    @classmethod
    def of(cls, motion: Motion) -> "Units":
        """Those in which the motion's columns have mean 0 and deviation 1; ends become -1 and 1."""
        state, change, action = (Standard.of(part.flatten(0, 1)) for part in motion[:3])
        return cls(state, change, action, Standard(torch.full((1,), 0.5), torch.full((1,), 0.5)))

    @property
    def widths(self) -> tuple[int, ...]:
        """Columns of each part."""
        return tuple(len(part.mean) for part in self)

    def rows(self, motion: Motion, clip: float = CLIP) -> Float[Tensor, "N T C"]:
        """State, change, action and end side by side, within ± clip."""
        return torch.cat([unit.scaled(part, clip) for unit, part in zip(self, motion, strict=True)], dim=-1)

    def motion(self, rows: Float[Tensor, "N T C"]) -> Motion:
        """The parts of rows, in their own units again."""
        parts = rows.split(self.widths, dim=-1)
        return Motion(*(unit.back(part) for unit, part in zip(self, parts, strict=True)))


def fused(
    motion: Motion, units: Units, given: Float[Tensor, "N T S"] | None = None
) -> Float[Tensor, "N T1 S"]:
    """The path s₀..s_T that agrees best with states and changes: both as certain in their own units.

    It minimises Σₜ |(sₜ - stateₜ) / σ|² + Σₜ |(sₜ₊₁ - sₜ - changeₜ) / δ|², σ and δ the deviations of states
    and changes; a linear system for each column. A state marked 1 in `given` is taken to be certain.

    Args:
        motion: drawn.
        units: their deviations are σ and δ.
        given: which entries of the states were given; by default those of the first.
    """
    count, steps, width = motion.state.shape
    if given is None:
        given = torch.zeros_like(motion.state)
        given[:, 0] = 1.0
    change = motion.change[..., -width:]
    certain = (1 + (GIVEN - 1) * given) / units.state.std.square()  # (N, T, S)
    tied = 1 / units.change.std[-width:].square()  # (S,)
    diagonal = torch.zeros(count, width, steps + 1, dtype=torch.float64)
    diagonal[..., :-1] += certain.movedim(1, 2) + tied[:, None]
    diagonal[..., 1:] += tied[:, None]
    between = torch.diag_embed(torch.ones(steps, dtype=torch.float64), 1)
    system = torch.diag_embed(diagonal) - tied[:, None, None] * (between + between.T)
    right = torch.zeros(count, steps + 1, width, dtype=torch.float64)
    right[:, :-1] += certain * motion.state - tied * change
    right[:, 1:] += tied * change
    path = torch.linalg.solve(system, right.movedim(1, 2)[..., None]).squeeze(-1)
    return path.movedim(1, 2).to(motion.state.dtype)
