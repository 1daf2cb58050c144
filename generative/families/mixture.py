"""Mixture of Gaussians, fitted by expectation-maximization; of rows and what they are conditioned on.

The joint density of context and row is learned, so that one model gives densities, draws and regression.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from ..interfaces.critics import RatioConfig, RatioCritic
from ..interfaces.model import FitOptions, GenerativeModel, Kind
from ..interfaces.reward_inputs import Widths
from ..nn.gaussians import (
    Gaussians,
    Moments,
    PriorConfig,
    conditional_means,
    estimate,
    k_means,
    leading,
    log_densities,
    log_prior,
    log_weights,
    moments,
    some,
)

# Rows that a fit with noise sees at least: fewer are repeated with other noise.
NOISED_ROWS = 2000


@dataclass(frozen=True)
class MixtureConfig:
    """Settings of the mixture."""

    # Numbers of parts to choose from by the Bayesian information criterion; usually 1-64.
    parts: tuple[int, ...] = (1, 2, 4, 8, 16)
    # Gain of the objective a sweep at which EM stops [nats a row].
    tolerance: float = 1e-4
    # Share of each batch in the moments when it learns batch by batch; usually 0.01-0.2.
    rate: float = 0.05
    prior: PriorConfig = field(default_factory=PriorConfig)

    def __post_init__(self) -> None:
        if not self.parts or min(self.parts) < 1:
            raise ValueError(f"a mixture chooses among numbers of parts from 1 on; got {self.parts}")
        if not 0 < self.rate <= 1:
            raise ValueError(f"the rate of a mixture is above 0 and at most 1; got {self.rate}")


@dataclass(frozen=True)
class MixtureRewardConfig(MixtureConfig):
    """Settings of the mixture as a reward."""

    # Numbers of parts to choose from; narrow parts reward nothing between them. Usually 1-4.
    parts: tuple[int, ...] = (1,)
    # Fit and logit of the two densities.
    density: RatioConfig = field(default_factory=RatioConfig)


def information_criterion(log_likelihood: float, parts: int, columns: int, rows: int) -> float:
    """BIC: rows times mean log-likelihood, less ½ log(rows) for every free number (Schwarz 1978).

    High is good. A mixture of K parts in d columns has K - 1 + K d + K d (d + 1) / 2 of them.
    """
    free = parts - 1 + parts * columns + parts * columns * (columns + 1) // 2
    return rows * log_likelihood - 0.5 * free * math.log(rows)


class GaussianMixture(GenerativeModel):
    """p(context, x) = Σ wₖ N(μₖ, Sₖ), hence p(x | context); its moments are all it keeps.

    Args:
        width: columns of x.
        context: columns of the context, flattened; 0 for none.
        config: parts, prior, pace.
        seed: of the first clusters.
    """

    kind: ClassVar[Kind] = "log-likelihood"
    # Parts beyond the number that was chosen are unused.
    used: Bool[Tensor, "K"]
    weight: Float[Tensor, "K"]
    first: Float[Tensor, "K Y"]
    second: Float[Tensor, "K Y Y"]

    def __init__(self, width: int, context: int, config: MixtureConfig, seed: int):
        super().__init__()
        self._config, self._context, self._seed = config, context, seed
        most, columns = max(config.parts), context + width
        # Before any row one standard normal part holds all the weight.
        weight = F.one_hot(torch.tensor(0), most).double()
        self.register_buffer("used", weight > 0)
        self.register_buffer("weight", weight)
        self.register_buffer("first", torch.zeros(most, columns).double())
        self.register_buffer("second", weight[:, None, None] * torch.eye(columns).double())

    @property
    def moments(self) -> Moments:
        """The moments of all rows so far."""
        return Moments(self.weight, self.first, self.second)

    def _keep(self, new: Moments) -> None:
        self.weight, self.first, self.second = new

    @property
    def parts(self) -> tuple[Float[Tensor, "K"], Gaussians]:
        """Log-weights, and the Gaussians of (context, x)."""
        prior = self._config.prior
        log_weight = log_weights(self.weight, prior).where(self.used, -torch.inf)
        return log_weight.log_softmax(dim=0), estimate(self.moments, prior)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of EM whose moments are the running mean over batches (Cappé & Moulines 2009)."""
        rows, rate = self._joint(x, context), self._config.rate
        loss = -self.score(x, context).mean().item()
        new = self._expected(rows)
        self._keep(Moments(*((1 - rate) * a + rate * b for a, b in zip(self.moments, new, strict=True))))
        return {"loss": loss}

    def sweep(self, rows: Float[Tensor, "B Y"]) -> float:
        """One sweep of EM over all rows (Dempster et al. 1977); returns the objective before it.

        The objective, mean log-likelihood with `log_prior`, never falls from one sweep to the next.
        """
        log_weight, parts = self.parts
        used_parts = Gaussians(*(column[self.used] for column in parts))
        prior = log_prior(log_weight[self.used], used_parts, self._config.prior)
        objective = self._log_joint(rows).mean() + prior
        self._keep(self._expected(rows))
        return objective.item()

    def fit(
        self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."], options: FitOptions
    ) -> dict[str, float]:
        """EM over all rows for every number of parts; the best number by BIC is kept.

        EM takes at most `options.steps` sweeps. Neither batches nor held-out rows are used: the criterion
        takes their place.
        """
        generator = torch.Generator().manual_seed(options.seed)
        sampled = some(len(x), generator)
        x, context = x[sampled], context[sampled]
        repeats = -(-NOISED_ROWS // len(x)) if options.noise else 1
        repeated = x.repeat(repeats, 1)
        noised = repeated + options.noise * torch.randn(repeated.shape, generator=generator, dtype=x.dtype)
        rows = self._joint(noised, context.repeat(repeats, *(1 for _ in context.shape[1:])))
        values, fits = {}, {}
        for k in self._config.parts:
            values[k] = self._criterion(rows, k, options.steps, len(x))
            fits[k] = self.used, self.moments
        best = max(values, key=lambda k: values[k])
        if not math.isfinite(values[best]):
            raise FloatingPointError("the mixture gave the rows no finite likelihood")
        self.used, best_moments = fits[best]
        self._keep(best_moments)
        score = self.score(noised, rows[:, : self._context]).mean().item()
        return {"loss": -score, "parts": float(best)}

    def _criterion(self, rows: Float[Tensor, "B Y"], k: int, steps: int, count: int) -> float:
        """Fit k parts, and what the information criterion says of them for so many independent rows."""
        generator = torch.Generator().manual_seed(self._seed)
        self.used = torch.arange(len(self.weight)) < k
        self._keep(moments(rows, F.one_hot(k_means(rows, k, generator), len(self.weight)).to(rows.dtype)))
        self._climb(rows, steps)
        return information_criterion(self._log_joint(rows).mean().item(), k, rows.shape[1], count)

    def _climb(self, rows: Float[Tensor, "B Y"], sweeps: int) -> None:
        objective = -float("inf")
        for _ in range(sweeps):
            reached = self.sweep(rows)
            if reached - objective < self._config.tolerance:
                return
            objective = reached

    def _joint(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B Y"]:
        """The context goes first, so that its own density has the leading block of the Cholesky factor."""
        return torch.cat((context.flatten(1), x), dim=-1).double()

    def _expected(self, rows: Float[Tensor, "B Y"]) -> Moments:
        return moments(rows, self.shares(rows))

    def _log_joint(self, rows: Float[Tensor, "B Y"]) -> Float[Tensor, "B"]:
        log_weight, parts = self.parts
        return torch.logsumexp(log_weight + log_densities(rows, parts), dim=1)

    def shares(self, rows: Float[Tensor, "B Y"]) -> Float[Tensor, "B K"]:
        """P(part | context, x): which part each row comes from; of a gait, its phase."""
        log_weight, parts = self.parts
        return (log_weight + log_densities(rows, parts)).softmax(dim=1)

    def _given(self, context: Float[Tensor, "B C"]) -> Float[Tensor, "B K"]:
        """Log P(part) + log p(context | part)."""
        log_weight, parts = self.parts
        return log_weight + log_densities(context, leading(parts, self._context))

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Log p(x | context) = log p(context, x) - log p(context) [nats]."""
        rows = self._joint(x, context)
        alone = torch.logsumexp(self._given(rows[:, : self._context]), dim=1)
        return (self._log_joint(rows) - alone).to(x.dtype)

    def regress(self, context: Float[Tensor, "B C"]) -> Float[Tensor, "B X"]:
        """E[x | context] = Σ P(part | context) E[x | context, part] (Ghahramani & Jordan 1994)."""
        given = context.double()
        share = self._given(given).softmax(dim=1)
        return (share[..., None] * conditional_means(self.parts[1], given)).sum(dim=1).to(context.dtype)

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """First a part, given the context, then a row of it."""
        given = context.flatten(1).double()
        share = self._given(given).softmax(dim=1)
        chosen = torch.multinomial(share, n, replacement=True, generator=generator).T  # (n, B)
        mean = conditional_means(self.parts[1], given)[torch.arange(len(given)), chosen]
        root = self.parts[1].cholesky[:, self._context :, self._context :][chosen]
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype)
        return (mean + (root @ noise[..., None]).squeeze(-1)).to(context.dtype)


def gmm(widths: Widths, seed: int, config: MixtureRewardConfig) -> RatioCritic:
    """Two mixtures: the expert's log-likelihood less the agent's."""
    return RatioCritic(GaussianMixture(widths.inputs, 0, config, seed), widths.inputs, config.density, seed)
