"""Ensembles of probabilistic networks: each predicts a mean and a deviation (Chua et al. 2018)."""

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from ..interfaces.gaussian_head import bounded
from ..interfaces.model import GenerativeModel, Kind
from ..nn.networks import seeded

# Rows by which elites are chosen, and deviations scaled.
JUDGED = 4096
# Share beyond either end of an interval; least scale of deviations, and halvings of the range of scales.
TAIL, LEAST_SCALE, BISECTIONS = 0.05, 0.01, 20


@dataclass(frozen=True)
class EnsembleConfig:
    """Settings of the networks."""

    # Networks; usually 5-7.
    members: int = 5
    # Networks that predict: the best on a sample of rows.
    elites: int = 3
    # Widths of the hidden layers of means.
    layers: tuple[int, ...] = (200, 200, 200)
    # Widths of the hidden layers of deviations.
    std_layers: tuple[int, ...] = (128, 128)
    # Adam's learning rate; usually 3e-4 to 1e-3.
    learning_rate: float = 1e-3
    # Weight decay; usually 1e-6 to 1e-4.
    weight_decay: float = 1e-5
    # Least standard deviation, in those of x.
    least_std: float = 0.01
    # Greatest standard deviation, in those of x.
    greatest_std: float = 2.0
    # Share of a batch that each member learns from.
    share: float = 0.8
    # Factor on the deviation of draws; 0 draws a member's mean.
    noise: float = 1.0
    # Scale the deviations of draws after every fit, so that 90 % intervals hold 90 % of the rows.
    calibrated: bool = False
    # Bound on the norm of a batch's gradient.
    gradient: float = 10.0

    def __post_init__(self) -> None:
        if not 1 <= self.elites <= self.members:
            raise ValueError(f"there are 1 to {self.members} elites among {self.members}; got {self.elites}")


def normal(
    x: Float[Tensor, "..."], mean: Float[Tensor, "..."], log_std: Float[Tensor, "..."]
) -> Float[Tensor, "..."]:
    """Log N(x; μ, σ²) [nats]."""
    z = (x - mean) * torch.exp(-log_std)
    return -0.5 * z.square() - log_std - 0.5 * math.log(2 * math.pi)


class Members(nn.Module):
    """The same layers E times, side by side: one multiplication for all."""

    def __init__(self, count: int, sizes: tuple[int, ...]):
        super().__init__()
        pairs = list(itertools.pairwise(sizes))
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(count, a, b) / math.sqrt(a)) for a, b in pairs
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(count, 1, b)) for _, b in pairs)

    def forward(self, x: Float[Tensor, "E B X"]) -> Float[Tensor, "E B Y"]:
        """SiLU between layers."""
        layers = list(zip(self.weights, self.biases, strict=True))
        for weight, bias in layers[:-1]:
            x = F.silu(torch.baddbmm(bias, x, weight))
        return torch.baddbmm(layers[-1][1], x, layers[-1][0])


class Ensemble(GenerativeModel):
    """p(x | context) = mean over elites of N(values; μₑ, diag σₑ²) P(event | lₑ), l a logit.

    Means learn by squared error, deviations and ends by likelihood around means taken as numbers, in
    separate networks (Stirn et al. 2023): a likelihood alone learns its mean least where it errs most, so
    contact impacts are not learned.

    The last column of x is an event, 1 where it happens and -1 where not: rare ends would hardly move a
    Gaussian. Draws disagree where the members do.

    Args:
        width: columns of x, the event included.
        context: columns of the context, flattened.
        config: of the networks.
        seed: of weights and of the rows that each member leaves out.
    """

    kind: ClassVar[Kind] = "log-likelihood"
    elites: Int[Tensor, "L"]
    std_scale: Float[Tensor, "D"]

    def __init__(self, width: int, context: int, config: EnsembleConfig, seed: int):
        super().__init__()
        self.config = config
        self._values = width - 1
        self.means = self._networks(seed, context, config.layers, self._values)
        self.std_net = self._networks(seed + 1, context, config.std_layers, self._values + 1)
        self.register_buffer("elites", torch.arange(config.elites))
        self.register_buffer("std_scale", torch.ones(self._values))
        self._bounds = math.log(config.least_std), math.log(config.greatest_std)
        self._draws = torch.Generator().manual_seed(seed)
        self._optimizer = torch.optim.AdamW(
            self.parameters(), config.learning_rate, weight_decay=config.weight_decay, fused=True
        )

    def _networks(self, seed: int, context: int, layers: tuple[int, ...], width: int) -> Members:
        return seeded(seed, lambda: Members(self.config.members, (context, *layers, width)))

    def _predictions(
        self, context: Float[Tensor, "B ..."]
    ) -> tuple[Float[Tensor, "E B V"], Float[Tensor, "E B V"], Float[Tensor, "E B"]]:
        """Mean and log-deviation of the values and the event's logit by every member."""
        flat = context.flatten(1).expand(self.config.members, -1, -1)
        spread, logit = self.std_net(flat).split((self._values, 1), dim=-1)
        return self.means(flat), bounded(spread, *self._bounds), logit.squeeze(-1)

    def likelihoods(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "E B"]:
        """Log p(x | context) by every member [nats]."""
        mean, log_std, logit = self._predictions(context)
        return normal(x[:, :-1], mean, log_std).sum(dim=-1) + F.logsigmoid(x[:, -1] * logit)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of AdamW."""
        mean_loss, std_loss = self.losses(x, context)
        self.descend(mean_loss + std_loss, self._optimizer)
        return {"loss": (mean_loss + std_loss).item()}

    def descend(self, loss: Float[Tensor, ""], optimizer: torch.optim.Optimizer) -> None:
        """One step down the clipped gradient; `means` and `std_net` are clipped separately."""
        optimizer.zero_grad()
        loss.backward()
        # Bounded each by itself, so that a contact impact weighs no more than all other rows.
        for networks in (self.means, self.std_net):
            nn.utils.clip_grad_norm_(networks.parameters(), self.config.gradient)
        optimizer.step()

    def losses(
        self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """|values - μₑ|² / 2 of `means` and the likelihood loss of `std_net`, each member on its own rows."""
        own = torch.rand(self.config.members, len(x), generator=self._draws) < self.config.share
        mean, log_std, logit = self._predictions(context)
        square = 0.5 * (x[:, :-1] - mean).square().sum(dim=-1)
        likely = normal(x[:, :-1], mean.detach(), log_std).sum(dim=-1) + F.logsigmoid(x[:, -1] * logit)
        rows = own.sum().clamp(min=1)
        return (square * own).sum() / rows, -(likely * own).sum() / rows

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """The mean over members [nats]: a bound of the mixture's."""
        return self.likelihoods(x, context).mean(dim=0)

    @torch.no_grad()
    def finish(self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."]) -> None:
        """Choose the members that score best; held-out rows are in the sample."""
        sample = torch.randperm(len(x), generator=self._draws)[:JUDGED]
        score = self.likelihoods(x[sample], context[sample]).mean(dim=1)
        self.elites = score.topk(self.config.elites).indices.sort().values
        if self.config.calibrated:
            self.calibrate(x[sample], context[sample])

    @torch.no_grad()
    def calibrate(self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."]) -> None:
        """Scale the deviation of each value in draws so that 90 % intervals hold 90 % of these rows.

        A row lies in its interval where the elites' mixture has 5 to 95 % below it. Bisection finds the
        scale, because wider deviations hold more rows. Contact impacts make deviations that are right on
        average too wide for most steps. Where the elites' means alone lie too far apart, the scale falls to
        its least and intervals hold more than 90 %. Scores use the unscaled deviations.
        """
        mean, log_std, _ = (part[self.elites] for part in self._predictions(context))
        z = (x[:, :-1] - mean) * torch.exp(-log_std)
        low = torch.full_like(self.std_scale, LEAST_SCALE)
        high = torch.full_like(self.std_scale, 1 / LEAST_SCALE)
        for _ in range(BISECTIONS):
            scale = (low * high).sqrt()
            below = torch.special.ndtr(z / scale).mean(dim=0)
            narrow = ((below > TAIL) & (below < 1 - TAIL)).float().mean(dim=0) < 1 - 2 * TAIL
            low, high = torch.where(narrow, scale, low), torch.where(narrow, high, scale)
        self.std_scale = (low * high).sqrt()

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Every draw takes a random elite."""
        mean, log_std, logit = (part[self.elites] for part in self._predictions(context))
        chosen = torch.randint(len(self.elites), (n, mean.shape[1]), generator=generator)
        row = torch.arange(mean.shape[1])
        noise = self.config.noise * self.std_scale * torch.randn(n, *mean.shape[1:], generator=generator)
        values = mean[chosen, row] + log_std[chosen, row].exp() * noise
        happens = torch.rand(values.shape[:2], generator=generator) < logit[chosen, row].sigmoid()
        return torch.cat((values, 2.0 * happens[..., None] - 1.0), dim=-1)

    @torch.no_grad()
    def expectation(
        self, drawn: Float[Tensor, "n B X"], context: Float[Tensor, "B ..."]
    ) -> Float[Tensor, "B X"]:
        """Mean of the elites' means, and of their events, -1 to 1."""
        mean, _, logit = (part[self.elites] for part in self._predictions(context))
        return torch.cat((mean.mean(dim=0), 2 * logit.sigmoid().mean(dim=0)[:, None] - 1), dim=-1)

    @torch.no_grad()
    def disagreement(
        self, drawn: Float[Tensor, "n B X"], context: Float[Tensor, "B ..."]
    ) -> Float[Tensor, "B"]:
        """Deviation of the elites' means, a root mean square over values: epistemic uncertainty."""
        means, _, _ = self._predictions(context)
        return means[self.elites].var(dim=0, correction=0).mean(dim=1).sqrt()
