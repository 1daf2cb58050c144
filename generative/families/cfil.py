"""CFIL: two flows coupled by the bound that their log-ratio should attain (Freund et al. 2023)."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..interfaces.reward_inputs import Widths
from ..nn.losses import donsker_varadhan
from ..nn.regularizers import Score
from .flow import MAF, FlowConfig
from .gan import Middle


@dataclass(frozen=True)
class CFILConfig:
    """Settings of the coupled flows."""

    # Of both flows; their own learning rate and gradient clip stay unused.
    flow: FlowConfig = field(default_factory=lambda: FlowConfig(blocks=5))
    # Bound on the score; the authors' code has 6.
    bound: float = 6.0
    # Nats of log-ratio up to which the score grows in proportion to it; the authors' code has 15.
    nats: float = 60.0
    # Width of the uniform noise on the inputs in training, in standard deviations; usually 0.1-1. The
    # authors have 0.5 of each value; with that width and their 15 nats all beginners scored alike.
    smoothing: float = 1.0
    # Weight of each flow's likelihood on its own side; usually 0.1-1; 0 leaves it out.
    likelihood: float = 1.0
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)


def squashed(ratio: Float[Tensor, "B"], bound: float, nats: float) -> Float[Tensor, "B"]:
    """A score of bound tanh(ratio / nats), so that no row's exponential rules the loss."""
    return bound * torch.tanh(ratio / nats)


class CoupledFlows(nn.Module):
    """x -> squashed log p_expert(x) - log p_agent(x); both flows begin alike, so it begins at zero."""

    def __init__(self, width: int, seed: int, config: CFILConfig):
        super().__init__()
        self.expert, self.agent = (MAF(width, 0, config.flow, seed) for _ in range(2))
        self._config = config
        self._generator = torch.Generator().manual_seed(seed)

    def smoothed(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B X"]:
        """While training, x with uniform noise: demonstrations of one gait are nearly singular.

        The authors' noise is in proportion to |x|; ours is not, since zero means nothing in z-scores.
        """
        if not self.training:
            return x
        return x + self._config.smoothing * (torch.rand(x.shape, generator=self._generator) - 0.5)

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One number for each row, expert high."""
        seen, none = self.smoothed(x), x[:, :0]
        ratio = self.expert.score(seen, none) - self.agent.score(seen, none)
        return squashed(ratio, self._config.bound, self._config.nats)

    def negative_log_likelihood(
        self, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"]
    ) -> Float[Tensor, ""]:
        """-E_expert[log p_expert] - E_agent[log p_agent] [nats]: keeps each flow a density of its side."""
        of_expert = self.expert.score(self.smoothed(expert), expert[:, :0])
        of_agent = self.agent.score(self.smoothed(agent), agent[:, :0])
        return -of_expert.mean() - of_agent.mean()


def cfil(widths: Widths, seed: int, config: CFILConfig) -> AdversarialCritic:
    """Coupled flows under Donsker and Varadhan's bound, which leaves a constant free: hence the middle."""
    flows = CoupledFlows(widths.inputs, seed, config)

    def likelihood(score: Score, expert: Tensor, agent: Tensor, generator: torch.Generator) -> Tensor:
        return config.likelihood * flows.negative_log_likelihood(expert, agent)

    return AdversarialCritic(flows, donsker_varadhan, config.optimizer, seed, likelihood, Middle())
