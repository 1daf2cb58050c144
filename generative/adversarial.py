"""Any differentiable score as a critic, trained to tell expert from agent."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .model import Critic

Score = Callable[[Tensor], Tensor]
Loss = Callable[[Float[Tensor, "B"], Float[Tensor, "B"]], Float[Tensor, ""]]
Regulariser = Callable[
    [Score, Float[Tensor, "B X"], Float[Tensor, "B X"], torch.Generator], Float[Tensor, ""]
]


@dataclass(frozen=True)
class AdversarialConfig:
    """Settings of the critic's optimiser."""

    # Adam's learning rate; usually 1e-4 to 1e-3.
    learning_rate: float = 1e-3
    # Adam's two decay rates; a first one below 0.9 is usual against a moving opponent.
    betas: tuple[float, float] = (0.5, 0.999)


class AdversarialCritic(Critic):
    """A score module with a loss and a regulariser handed in; owns the optimiser in that role."""

    def __init__(
        self, score: nn.Module, loss: Loss, regulariser: Regulariser, config: AdversarialConfig, seed: int
    ):
        super().__init__()
        self.score, self._loss, self._regulariser = score, loss, regulariser
        self._optimiser = torch.optim.Adam(score.parameters(), config.learning_rate, config.betas, fused=True)
        self._generator = torch.Generator().manual_seed(seed)

    def update(self, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"]) -> dict[str, float]:
        """One step of Adam on loss + regulariser."""
        logits_expert, logits_agent = self.score(torch.cat((expert, agent))).split(len(expert))
        loss = self._loss(logits_expert, logits_agent)
        penalty = self._regulariser(self.score, expert, agent, self._generator)
        self._optimiser.zero_grad()
        (loss + penalty).backward()
        self._optimiser.step()
        return {
            "loss": loss.item(),
            "penalty": penalty.item(),
            "expert_accuracy": (logits_expert > 0).float().mean().item(),
            "agent_accuracy": (logits_agent < 0).float().mean().item(),
            "expert_logit": logits_expert.mean().item(),
            "agent_logit": logits_agent.mean().item(),
        }

    @torch.no_grad()
    def logit(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """The score itself."""
        return self.score(x)
