"""What a model of whole windows is told: a condition, and those entries of the window that are known.

One context serves drawing from a start (its first state is known), filling gaps and raising a frame rate,
since all of them are windows some of whose entries are known.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Known(NamedTuple):
    """Condition, the window with 0 where it is unknown, and 1 where it is known."""

    condition: Float[Tensor, "B K"]
    rows: Float[Tensor, "B T C"]
    mask: Float[Tensor, "B T C"]

    def flat(self) -> Float[Tensor, "B Y"]:
        """One row for each window, as models take their contexts."""
        return torch.cat((self.condition, self.rows.flatten(1), self.mask.flatten(1)), dim=1)

    @classmethod
    def of(cls, flat: Float[Tensor, "B Y"], steps: int, columns: int) -> "Known":
        """The parts of `flat`."""
        size = steps * columns
        condition, rows, mask = flat.split((flat.shape[1] - 2 * size, size, size), dim=1)
        shape = (-1, steps, columns)
        return cls(condition, rows.reshape(shape), mask.reshape(shape))


def started(rows: Float[Tensor, "B T C"], state: int) -> Float[Tensor, "B T C"]:
    """1 for the state in the first row: where a window begins."""
    mask = torch.zeros_like(rows)
    mask[:, 0, :state] = 1.0
    return mask


def every(rows: Float[Tensor, "B T C"], state: int, stride: int) -> Float[Tensor, "B T C"]:
    """1 for the state in every so manieth row, and in the last: a low frame rate."""
    mask = torch.zeros_like(rows)
    mask[:, ::stride, :state] = 1.0
    mask[:, -1, :state] = 1.0
    return mask


def gap(rows: Float[Tensor, "B T C"], length: int, generator: torch.Generator) -> Float[Tensor, "B T C"]:
    """1 for whole rows, but for one gap somewhere inside."""
    mask = torch.ones_like(rows)
    first = torch.randint(1, max(2, rows.shape[1] - length), (len(rows),), generator=generator)
    times = torch.arange(rows.shape[1])
    inside = (times >= first[:, None]) & (times < first[:, None] + length)
    return mask * ~inside[..., None]


def scattered(
    rows: Float[Tensor, "B T C"], share: float, generator: torch.Generator
) -> Float[Tensor, "B T C"]:
    """1 but for a share of all entries, wherever they lie."""
    return (torch.rand(rows.shape, generator=generator) >= share).float()


def mixed(rows: Float[Tensor, "B T C"], state: int, generator: torch.Generator) -> Float[Tensor, "B T C"]:
    """What models learn on: half of the windows begin somewhere, the others lack something of each kind."""
    masks = (
        started(rows, state),
        every(rows, state, 4),
        every(rows, state, 8),
        gap(rows, 8, generator),
        scattered(rows, 0.3, generator),
    )
    odds = torch.tensor([0.5, 0.15, 0.1, 0.15, 0.1])
    kind = torch.multinomial(odds, len(rows), replacement=True, generator=generator)
    return torch.stack(masks)[kind, torch.arange(len(rows))]
