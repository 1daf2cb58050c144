"""What a model of whole windows is told: a condition, and those entries of the window that are known.

One context serves drawing from a start (its first state is known), filling gaps and raising a frame rate,
since all of them are windows some of whose entries are known. Removing noise is too: there entries are known
roughly.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
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


def marked(
    frames: Bool[Tensor, "B T"], actions: Bool[Tensor, "B T"], widths: tuple[int, int, int]
) -> Float[Tensor, "B T C"]:
    """1 where frames and actions are known; a change is where the frames on both sides are, an end never.

    Args:
        frames: whose states are known.
        actions: that are known.
        widths: columns of state, change and action.
    """
    after = torch.cat((frames[:, 1:], torch.zeros_like(frames[:, :1])), dim=1)
    parts = (frames, frames & after, actions, torch.zeros_like(frames))
    return torch.cat(
        [
            part[..., None].expand(-1, -1, count).float()
            for part, count in zip(parts, (*widths, 1), strict=True)
        ],
        dim=-1,
    )


def started(rows: Float[Tensor, "B T C"], state: int) -> Float[Tensor, "B T C"]:
    """1 for the state in the first row: where a window begins."""
    mask = torch.zeros_like(rows)
    mask[:, 0, :state] = 1.0
    return mask


def sparse(count: int, steps: int, stride: int, generator: torch.Generator) -> Bool[Tensor, "B T"]:
    """Every so manieth frame of windows, after a beginning that may have been filled before."""
    times = torch.arange(steps)
    filled = torch.randint(0, steps // 2, (count, 1), generator=generator)
    shift = torch.randint(0, stride, (count, 1), generator=generator)
    # The first frame is always known: a window begins where the one before has filled.
    return (times <= filled) | ((times + shift) % stride == 0)


def begun(frames: Bool[Tensor, "B T"]) -> Bool[Tensor, "B T"]:
    """Steps of an unbroken beginning: both of their frames are known, and all before."""
    whole = frames.cumprod(dim=1).bool()
    return torch.cat((whole[:, 1:], torch.zeros_like(whole[:, :1])), dim=1)


def gap(count: int, steps: int, length: int, generator: torch.Generator) -> Bool[Tensor, "B T"]:
    """All frames but those of one gap somewhere inside."""
    first = torch.randint(1, max(2, steps - length), (count, 1), generator=generator)
    times = torch.arange(steps)
    return (times < first) | (times >= first + length)


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
    count, steps, columns = rows.shape
    widths = (state, columns - state - action - 1, action)
    level = LEAST + (MOST - LEAST) * torch.rand(count, 1, 1, generator=generator)
    low, lower = (sparse(count, steps, stride, generator) for stride in (4, 8))
    whole = gap(count, steps, 8, generator)
    masks = (
        started(rows, state),
        # Of what was filled before, the actions are known too.
        marked(low, begun(low), widths),
        marked(lower, begun(lower), widths),
        marked(whole, whole, widths),
        scattered(rows, 0.3, generator),
        rough(rows, state, action, level),
    )
    odds = torch.tensor([0.5, 0.1, 0.1, 0.1, 0.05, 0.15])
    kind = torch.multinomial(odds, len(rows), replacement=True, generator=generator)
    mask = torch.stack(masks)[kind, torch.arange(len(rows))]
    noise = (1.0 - mask) * torch.randn(rows.shape, generator=generator)
    return (rows + noise) * (mask > 0), mask
