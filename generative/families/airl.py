"""AIRL: a reward apart from its shaping, to be taken to another policy or body (Fu et al. 2018)."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..interfaces.reward_inputs import Widths, unshaped
from ..nn.losses import bce
from ..nn.networks import mlp, seeded
from ..nn.regularizers import Score, gradient_penalty, nothing


@dataclass(frozen=True)
class AIRLConfig:
    """Settings of the shaped model."""

    # Widths of the hidden layers of the reward and of the shaping.
    layers: tuple[int, ...] = (128, 128)
    # Discount of the shaping; usually the learner's.
    gamma: float = 0.99
    # Weight of the gradient penalty; 0 leaves it out.
    penalty: float = 10.0
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)


def shaped_reward(
    g: Float[Tensor, "B"],
    h: Float[Tensor, "B"],
    h_next: Float[Tensor, "B"],
    terminated: Float[Tensor, "B"],
    gamma: float,
) -> Float[Tensor, "B"]:
    """f(s, a, s') = g(s, a) + gamma h(s') - h(s), with h = 0 after an end (Fu et al. 2018, eq. 4)."""
    return g + gamma * (1 - terminated) * h_next - h


class ShapedDiscriminator(nn.Module):
    """Rows of the shaped reward input -> logit f(s, a, s') - log pi(a | s), since D = exp f / (exp f + pi).

    The log-probability of a replayed step is that of the policy which made it.
    """

    def __init__(self, widths: Widths, config: AIRLConfig):
        super().__init__()
        self.reward = mlp((widths.inputs, *config.layers, 1))
        self.shaping = mlp((widths.obs, *config.layers, 1))
        self._widths, self._gamma = widths, config.gamma

    def shaped(self, rows: Float[Tensor, "B Y"]) -> Float[Tensor, "B"]:
        """F of every row."""
        step = unshaped(rows, self._widths)
        g, h, h_next = self.reward(step.inputs), self.shaping(step.obs), self.shaping(step.next_obs)
        return shaped_reward(
            g.squeeze(-1), h.squeeze(-1), h_next.squeeze(-1), step.terminated.squeeze(-1), self._gamma
        )

    def forward(self, rows: Float[Tensor, "B Y"]) -> Float[Tensor, "B"]:
        """One logit for each row; where no policy was asked, the reward g without its shaping."""
        step = unshaped(rows, self._widths)
        judged = self.shaped(rows) - step.log_prob.squeeze(-1)
        return torch.where(step.asked.squeeze(-1) > 0, judged, self.reward(step.inputs).squeeze(-1))


def airl(widths: Widths, seed: int, config: AIRLConfig) -> AdversarialCritic:
    """The shaped discriminator under cross-entropy; with inputs `s` the reward is of states alone."""
    model = seeded(seed, lambda: ShapedDiscriminator(widths, config))

    def penalty(score: Score, expert: Tensor, agent: Tensor, generator: torch.Generator) -> Tensor:
        # Of f alone: the policy's log-probability need not be smooth.
        return config.penalty * gradient_penalty(model.shaped, expert, agent, generator)

    return AdversarialCritic(model, bce, config.optimizer, seed, penalty if config.penalty else nothing)
