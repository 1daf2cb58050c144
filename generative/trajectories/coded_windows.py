"""Whole windows with latent codes: decoded without noise, and walked through from one code to another."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..families.vae import VAE
from ..interfaces.window_context import Known
from ..interfaces.window_model import FitConfig, WholeWindows, WindowShape


class CodedWindows(WholeWindows):
    """A VAE of flattened windows.

    Args:
        model: of windows given their known entries.
        shape: of the windows.
        config: length of the training.
    """

    has_codes = True
    model: VAE

    def __init__(self, model: VAE, shape: WindowShape, config: FitConfig):
        super().__init__(model, shape, config, self._decode_one)

    def _decode_one(
        self, context: Float[Tensor, "B ..."], generator: torch.Generator
    ) -> Float[Tensor, "B X"]:
        """The decoder's mean of one drawn code: its noise would shake a body."""
        code = torch.randn(1, len(context), self.model.latent, generator=generator)
        return self.model.decode(code, context)[0]

    def walk(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """One window for every row, their codes on a straight line between two drawn codes."""
        ends = torch.randn(2, self.model.latent, generator=generator)
        share = torch.linspace(0, 1, len(known.rows))[:, None]
        codes = (1 - share) * ends[0] + share * ends[1]
        windows = self.model.decode(codes[None], known.flat())[0].view(known.rows.shape)
        return torch.where(known.mask >= 1, known.rows, windows)
