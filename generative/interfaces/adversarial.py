"""Any differentiable score as a critic, trained to tell expert from agent."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..nn.losses import Loss, logit_metrics
from ..nn.regularizers import Regularizer, nothing
from .model import Critic

Link = Callable[[Float[Tensor, "B"]], Float[Tensor, "B"]]


@dataclass(frozen=True)
class AdversarialConfig:
    """Settings of the critic's optimizer."""

    # Adam's learning rate; usually 1e-4 to 1e-3.
    learning_rate: float = 1e-3
    # Adam's two decay rates; a first one below 0.9 is usual against a moving opponent.
    betas: tuple[float, float] = (0.5, 0.999)


# (expert rows) -> None.
Prepare = Callable[[Float[Tensor, "B ..."]], object]


def ignore(rows: Float[Tensor, "B ..."]) -> None:
    """Nothing to learn before there is an agent."""


def as_is(score: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
    """The score is a logit already."""
    return score


class AdversarialCritic(Critic):
    """A score module with a loss, a regularizer and a link handed in; owns the optimizer in that role.

    Args:
        score: rows -> one number each, expert high; in training mode while it learns.
        loss: of the linked scores of expert and agent.
        regularizer: added to the loss; one that is a module is saved with the critic.
        config: of the optimizer.
        seed: of every draw.
        link: from score to logit; one that is a module is saved with the critic.
        before: what the score learns of the demonstrations alone, before there is an agent.
    """

    def __init__(
        self,
        score: nn.Module,
        loss: Loss,
        config: AdversarialConfig,
        seed: int,
        regularizer: Regularizer = nothing,
        link: Link = as_is,
        before: Prepare = ignore,
    ):
        super().__init__()
        self.score, self._loss, self.regularizer, self.link = score, loss, regularizer, link
        self._before = before
        self._optimizer = torch.optim.Adam(score.parameters(), config.learning_rate, config.betas, fused=True)
        self._generator = torch.Generator().manual_seed(seed)
        self.eval()

    def fit(self, expert: Float[Tensor, "B ..."]) -> None:
        """What the score was to learn first."""
        self._before(expert)

    def update(self, expert: Float[Tensor, "B ..."], agent: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on loss + regularizer."""
        self.train()
        logits = self.link(self.score(torch.cat((expert, agent))))
        logits_expert, logits_agent = logits.split(len(expert))
        loss = self._loss(logits_expert, logits_agent)
        penalty = self.regularizer(self.score, expert, agent, self._generator)
        self._optimizer.zero_grad()
        (loss + penalty).backward()
        self._optimizer.step()
        self.eval()
        learned = {"loss": loss.item(), "penalty": penalty.item()}
        return {**logit_metrics(logits_expert, logits_agent), **learned}

    @torch.no_grad()
    def logit(self, x: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """The linked score."""
        return self.link(self.score(x))
