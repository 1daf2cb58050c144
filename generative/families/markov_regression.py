"""Regression within the phases of a hidden Markov model, which also says which phase comes next.

Calinon et al. 2010, "Learning and Reproduction of Gestures by Imitation": the phases weigh the parts of a
Gaussian regression.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.model import FitOptions
from ..interfaces.motion import Units
from ..interfaces.window_context import Known
from ..interfaces.window_model import WindowModel, WindowShape, followed, require_start, state_after
from ..nn.gaussians import conditional_means, leading, log_densities
from .markov import HMM, HMMConfig, filtered


class MarkovRegression(WindowModel):
    """Rows of (state, condition, what follows) as a chain; what follows is what its phases expect.

    Args:
        shape: of the windows.
        config: of the chain.
        seed: of its first clusters.
    """

    def __init__(self, shape: WindowShape, config: HMMConfig, seed: int):
        super().__init__()
        self._shape, self._memory = shape, config.memory
        self.chain = HMM(shape.columns + shape.condition, config, seed)
        self.register_buffer("scale", torch.ones(shape.state))
        self.register_buffer("shift", torch.zeros(shape.state))

    def fit(
        self, rows: Float[Tensor, "N T C"], condition: Float[Tensor, "N K"], units: Units, seed: int
    ) -> dict[str, float]:
        """Baum and Welch over pieces of the windows."""
        self.scale, self.shift = followed(units, self._shape.state)
        joint = self._joint(rows, condition)
        marked = torch.cat((joint, torch.ones_like(joint[..., :1])), dim=-1)
        pieces = marked.unfold(1, self._memory + 1, self._memory + 1).transpose(2, 3).flatten(0, 1)
        return self.chain.fit(pieces[:, -1, :-1], pieces[:, :-1], FitOptions(seed=seed))

    def _joint(self, rows: Float[Tensor, "N T C"], condition: Float[Tensor, "N K"]) -> Float[Tensor, "N T Y"]:
        s, given = self._shape.state, condition[:, None].expand(-1, rows.shape[1], -1)
        return torch.cat((rows[..., :s], given, rows[..., s:]), dim=-1)

    @torch.no_grad()
    def draw(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """Step after step from the first state; the filter keeps the phase."""
        s, shape = self._shape.state, self._shape
        require_start(known, s)
        chain = self.chain.chain
        rows, context_columns = known.rows.clone(), s + shape.condition
        predicted = chain.log_start.expand(len(rows), -1)
        here = torch.ones(len(rows), 1, dtype=torch.bool)
        for t in range(rows.shape[1]):
            context = torch.cat((rows[:, t, :s], known.condition), dim=1).double()
            share = (predicted + log_densities(context, leading(chain.seen, context_columns))).softmax(dim=1)
            follows = (share[..., None] * conditional_means(chain.seen, context)).sum(dim=1)
            rows[:, t, s:] = follows.to(rows.dtype)
            joint = self._joint(rows[:, t : t + 1], known.condition).double()
            now, _ = filtered(chain._replace(log_start=predicted), log_densities(joint, chain.seen), here)
            predicted = torch.logsumexp(now[:, 0, :, None] + chain.log_move, dim=1)
            if t + 1 < rows.shape[1]:
                rows[:, t + 1, :s] = state_after(rows[:, t], shape, self.scale, self.shift)
        return rows
