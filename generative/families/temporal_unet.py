"""Temporal U-Net: convolutions over time at three resolutions (Janner et al. 2022, appendix C)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .diffusion import Mish

# Steps a convolution looks at, and groups of channels that are normalized together.
KERNEL, GROUPS = 5, 8


class Block(nn.Module):
    """Two convolutions around what the embedding adds to every channel, and a way past them."""

    def __init__(self, inputs: int, outputs: int, embedded: int):
        super().__init__()
        self.first = _convolution(inputs, outputs)
        self.embed = nn.Linear(embedded, outputs)
        self.second = _convolution(outputs, outputs)
        self.past = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Float[Tensor, "B C T"], embedded: Float[Tensor, "B E"]) -> Float[Tensor, "B D T"]:
        """The same times, other channels."""
        hidden = self.first(x) + self.embed(embedded)[:, :, None]
        return self.second(hidden) + self.past(x)


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, KERNEL, padding=KERNEL // 2), nn.GroupNorm(GROUPS, outputs), Mish()
    )


class TemporalUNet(nn.Module):
    """Sequences and an embedding -> sequences; coarser levels see further, finer ones keep the detail.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        embedded: columns of the embedding.
        widths: channels at each resolution, the finest first; each level halves the time.
    """

    def __init__(self, inputs: int, outputs: int, embedded: int, widths: tuple[int, ...]):
        super().__init__()
        before = (inputs, *widths[:-1])
        self.down = nn.ModuleList(Block(a, b, embedded) for a, b in zip(before, widths, strict=True))
        self.middle = Block(widths[-1], widths[-1], embedded)
        after = (*widths[-2::-1], widths[0])
        self.up = nn.ModuleList(
            Block(2 * b, a, embedded) for a, b in zip(after, reversed(widths), strict=True)
        )
        self.last = nn.Conv1d(widths[0], outputs, 1)

    def forward(self, x: Float[Tensor, "B T C"], embedded: Float[Tensor, "B E"]) -> Float[Tensor, "B T D"]:
        """One row out for every row in.

        Raises:
            ValueError: a number of steps that cannot be halved often enough.
        """
        halvings = len(self.down) - 1
        if x.shape[1] % 2**halvings:
            raise ValueError(
                f"windows of {x.shape[1]} steps cannot be halved {halvings} times; use a multiple"
            )
        hidden, skipped = x.transpose(1, 2), []
        for i, block in enumerate(self.down):
            hidden = block(hidden if i == 0 else F.avg_pool1d(hidden, 2), embedded)
            skipped.append(hidden)
        hidden = self.middle(hidden, embedded)
        for i, block in enumerate(self.up):
            hidden = hidden if i == 0 else hidden.repeat_interleave(2, dim=2)
            hidden = block(torch.cat((hidden, skipped.pop()), dim=1), embedded)
        return self.last(hidden).transpose(1, 2)
