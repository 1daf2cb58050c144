"""Losses of a score that tells expert (high) from agent (low), functions of the two batches of logits."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Loss = Callable[[Float[Tensor, "B"], Float[Tensor, "B"]], Float[Tensor, ""]]


def bce(expert: Float[Tensor, "B"], agent: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """L = (E_expert[-log D] + E_agent[-log(1 - D)]) / 2, D = sigmoid(logit); ln 2 when uninformed.

    Goodfellow et al. 2014, eq. 1, with expert as 1 (Ho & Ermon 2016 label the other way).
    """
    return (F.softplus(-expert).mean() + F.softplus(agent).mean()) / 2


def smoothed_bce(label: float) -> Loss:
    """Cross-entropy with the expert's label lowered to `label` (one-sided, Salimans et al. 2016)."""

    def loss(expert: Float[Tensor, "B"], agent: Float[Tensor, "B"]) -> Float[Tensor, ""]:
        # -label log D - (1 - label) log(1 - D) = softplus(-h) + (1 - label) h
        expert_loss = F.softplus(-expert) + (1 - label) * expert
        return (expert_loss.mean() + F.softplus(agent).mean()) / 2

    return loss


def least_squares(expert: Float[Tensor, "B"], agent: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """L = (E_expert[(h - 1)^2] + E_agent[(h + 1)^2]) / 2 (Mao et al. 2017, eq. 2, with labels 1 and -1)."""
    return ((expert - 1).square().mean() + (agent + 1).square().mean()) / 2


def hinge(expert: Float[Tensor, "B"], agent: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """L = E_expert[max(0, 1 - h)] + E_agent[max(0, 1 + h)] (Lim & Ye 2017, eq. 3)."""
    return F.relu(1 - expert).mean() + F.relu(1 + agent).mean()


def wasserstein(expert: Float[Tensor, "B"], agent: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """L = E_agent[h] - E_expert[h] (Arjovsky et al. 2017, eq. 2); h must be kept from growing steep."""
    return agent.mean() - expert.mean()


def donsker_varadhan(expert: Float[Tensor, "B"], agent: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """L = log E_agent[exp h] - E_expert[h]; at its best h = log(p_expert / p_agent) + const.

    Donsker & Varadhan 1983, as Freund et al. 2023, eq. 5 use it.
    """
    return agent.logsumexp(dim=0) - torch.log(torch.tensor(float(len(agent)))) - expert.mean()


@torch.no_grad()
def logit_metrics(expert: Float[Tensor, "B"], agent: Float[Tensor, "B"]) -> dict[str, float]:
    """What every critic reports of its logits: cross-entropy, accuracies at 0, means."""
    return {
        "loss": bce(expert, agent).item(),
        "expert_accuracy": (expert > 0).float().mean().item(),
        "agent_accuracy": (agent < 0).float().mean().item(),
        "expert_logit": expert.mean().item(),
        "agent_logit": agent.mean().item(),
    }
