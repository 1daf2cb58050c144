"""What a model of whole windows is told: a condition, and those entries of the window that are known.

One context serves drawing from a start (its first state is known), filling gaps and raising a frame rate,
since all of them are windows some of whose entries are known. Removing noise is too: there entries are known
roughly.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

# Noise that models learn to remove, in standard deviations of the data.
LEAST, MOST = 0.02, 0.3


class Known(NamedTuple):
    """Condition, the window with 0 where it is unknown, and how far each entry is known.

    The mask is 1 where an entry is known, 0 where it is not, and 1 - d where it is known up to a noise of
    d standard deviations.
    """

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


def rough(
    rows: Float[Tensor, "B T C"], state: int, action: int, level: Float[Tensor, "#B 1 1"]
) -> Float[Tensor, "B T C"]:
    """1 - level for states and actions, which sensors give; 0 for changes and ends, which noise drowns."""
    mask = torch.zeros_like(rows)
    mask[..., :state] = 1.0 - level
    mask[..., -1 - action : -1] = 1.0 - level
    return mask


def lesson(
    rows: Float[Tensor, "B T C"], state: int, action: int, generator: torch.Generator
) -> tuple[Float[Tensor, "B T C"], Float[Tensor, "B T C"]]:
    """What models learn on: windows as they are seen, and the mask that says so.

    Half of them begin somewhere, the others lack something, or are noisy.
    """
    level = LEAST + (MOST - LEAST) * torch.rand(len(rows), 1, 1, generator=generator)
    masks = (
        started(rows, state),
        every(rows, state, 4),
        every(rows, state, 8),
        gap(rows, 8, generator),
        scattered(rows, 0.3, generator),
        rough(rows, state, action, level),
    )
    odds = torch.tensor([0.5, 0.1, 0.1, 0.1, 0.05, 0.15])
    kind = torch.multinomial(odds, len(rows), replacement=True, generator=generator)
    mask = torch.stack(masks)[kind, torch.arange(len(rows))]
    noise = (1.0 - mask) * torch.randn(rows.shape, generator=generator)
    return (rows + noise) * (mask > 0), mask
