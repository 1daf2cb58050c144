"""Hidden Markov model: a chain of phases, each with a Gaussian of what is seen in it (Rabiner 1989).

All recursions run in log space over a batch of sequences, and pass over steps that do not exist.
"""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from ..interfaces.critics import RatioConfig, RatioCritic, last_step
from ..interfaces.model import FitOptions, GenerativeModel, Kind
from ..interfaces.reward_inputs import WINDOW, Widths
from ..nn.gaussians import (
    Gaussians,
    Moments,
    PriorConfig,
    estimate,
    k_means,
    log_densities,
    log_weights,
    moments,
    some,
)


@dataclass(frozen=True)
class HMMConfig:
    """Settings of the chain."""

    # Phases; usually 6-12.
    phases: int = 8
    # Steps before the judged one that the filter begins at; usually 3-15, at most one less than the window.
    memory: int = 7
    # Sweeps of Baum and Welch at most.
    sweeps: int = 50
    # Gain of the log-likelihood a sweep at which they stop [nats a step].
    tolerance: float = 1e-3
    # Share of each batch in the moments when it learns batch by batch; usually 0.01-0.2.
    rate: float = 0.05
    prior: PriorConfig = field(default_factory=PriorConfig)

    def __post_init__(self) -> None:
        if self.phases < 1 or self.sweeps < 1 or not 0 < self.rate <= 1:
            raise ValueError(
                f"a chain has 1 phase, 1 sweep or more, and a rate above 0 and at most 1; got {self}"
            )
        if not 1 <= self.memory < WINDOW:
            raise ValueError(f"memory is 1 to {WINDOW - 1} steps; got {self.memory}")


@dataclass(frozen=True)
class HMMRewardConfig(HMMConfig):
    """Settings of the chain as a reward."""

    # Phases; narrow phases reward nothing between them. Usually 1-4.
    phases: int = 2
    # Draws every covariance to the spread of all demonstrations, with the weight of all rows.
    prior: PriorConfig = field(default_factory=lambda: PriorConfig(prior_std=1.0, shrinkage=1.0))
    # Fit and logit of the two densities.
    density: RatioConfig = field(default_factory=RatioConfig)


class Chain(NamedTuple):
    """Log-probabilities of the first phase and of what follows what, and what is seen in each phase."""

    log_start: Float[Tensor, "K"]
    log_move: Float[Tensor, "K K"]
    seen: Gaussians


def filtered(
    chain: Chain, log_seen: Float[Tensor, "B T K"], exists: Bool[Tensor, "B T"]
) -> tuple[Float[Tensor, "B T K"], Float[Tensor, "B T"]]:
    """The forward filter: log P(phaseₜ | x₁..xₜ), and log p(xₜ | x₁..xₜ₋₁), 0 for a step that does not exist.

    αₜ(j) ∝ p(xₜ | j) Σᵢ αₜ₋₁(i) P(j | i) (Rabiner 1989, eq. 20), normalized at every step (his eq. 91).
    """
    predicted = chain.log_start.expand(len(log_seen), -1)
    log_phases, evidences = [], []
    for seen, there in zip(log_seen.unbind(1), exists.unbind(1), strict=True):
        joint = predicted + seen
        evidence = joint.logsumexp(dim=1)
        now = torch.where(there[:, None], joint - evidence[:, None], predicted)
        log_phases.append(now)
        evidences.append(torch.where(there, evidence, 0.0))
        moved = torch.logsumexp(now[:, :, None] + chain.log_move, dim=1)
        predicted = torch.where(there[:, None], moved, predicted)
    return torch.stack(log_phases, dim=1), torch.stack(evidences, dim=1)


def smoothed(
    chain: Chain, log_seen: Float[Tensor, "B T K"], exists: Bool[Tensor, "B T"]
) -> tuple[Float[Tensor, "B T K"], Float[Tensor, "K K"]]:
    """P(phaseₜ | x₁..x_T), and the expected number of moves between phases over all sequences.

    The backward pass (Rabiner 1989, eq. 25, 27, 37) runs over steps that exist; those come last in their
    sequence, after the missing ones.
    """
    log_past, evidence = filtered(chain, log_seen, exists)
    future = torch.zeros_like(log_past[:, 0])
    shares, moves = [(log_past[:, -1] + future).softmax(dim=1)], torch.zeros_like(chain.log_move)
    for t in range(log_seen.shape[1] - 2, -1, -1):
        onward = log_seen[:, t + 1] + future - evidence[:, t + 1, None]
        pairs = log_past[:, t, :, None] + chain.log_move + onward[:, None]
        there = exists[:, t]
        moves = moves + (pairs.flatten(1).softmax(dim=1) * there[:, None]).sum(dim=0).view_as(moves)
        future = torch.logsumexp(chain.log_move + onward[:, None], dim=2)
        shares.append((log_past[:, t] + future).softmax(dim=1))
    return torch.stack(shares[::-1], dim=1), moves


class HMM(GenerativeModel):
    """p(xₜ | x before) by a chain of hidden phases; its moments are all it keeps.

    The context has shape (B, V, Z), oldest first; its last column marks with 1 the steps that exist, missing
    ones come first. V may be 0 and then also come as (B, 0).

    Args:
        width: columns of x.
        config: phases, prior, pace.
        seed: of the first clusters.
    """

    kind: ClassVar[Kind] = "log-likelihood"
    start: Float[Tensor, "K"]
    moves: Float[Tensor, "K K"]
    weight: Float[Tensor, "K"]
    first: Float[Tensor, "K X"]
    second: Float[Tensor, "K X X"]
    noise: Float[Tensor, ""]

    def __init__(self, width: int, config: HMMConfig, seed: int):
        super().__init__()
        self._config, self._width, self._seed = config, width, seed
        k = config.phases
        # Before any row all phases are alike.
        even = torch.full((k,), 1 / k, dtype=torch.float64)
        eye = torch.eye(width, dtype=torch.float64).expand(k, -1, -1)
        blank = {"start": even, "moves": torch.outer(even, even), "weight": even}
        blank |= {"first": torch.zeros(k, width).double(), "second": even[:, None, None] * eye}
        for name, value in blank.items():
            # Buffers of one tensor would be loaded into each other.
            self.register_buffer(name, value.clone())
        # Standard deviation of the noise of the fit: later batches bring it in their last step only.
        self.register_buffer("noise", torch.zeros(()))
        self._generator = torch.Generator().manual_seed(seed)

    @property
    def chain(self) -> Chain:
        """The most likely chain of the moments."""
        prior = self._config.prior
        seen = estimate(Moments(self.weight, self.first, self.second), prior)
        return Chain(log_weights(self.start, prior), log_weights(self.moves, prior), seen)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of EM on whole windows, its moments a running mean over batches (Cappé 2011)."""
        loss = -self.score(x, context).mean().item()
        steps, exists = self._sequences(x, context)
        past = torch.randn(steps[:, :-1].shape, generator=self._generator, dtype=steps.dtype)
        steps[:, :-1] += self.noise * past
        self._learn(steps, exists, rate=self._config.rate)
        return {"loss": loss}

    def sweep(self, steps: Float[Tensor, "B T X"], exists: Bool[Tensor, "B T"]) -> float:
        """One sweep of EM (Baum et al. 1970); the mean log-likelihood of a step [nats] before it."""
        return self._learn(steps, exists, rate=1.0)

    def fit(
        self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."], options: FitOptions
    ) -> dict[str, float]:
        """Sweeps over all windows, at most `options.steps` and the configured number, from clusters of steps.

        Neither batches nor held-out rows are used.
        """
        generator = torch.Generator().manual_seed(options.seed)
        sampled = some(len(x), generator)
        x, context = x[sampled], context[sampled]
        rows, exists = self._sequences(x, context)
        self.noise = torch.tensor(float(options.noise))
        rows = rows + options.noise * torch.randn(rows.shape, generator=generator, dtype=rows.dtype)
        self._begin(rows, exists)
        reached = -float("inf")
        for _ in range(min(options.steps, self._config.sweeps)):
            before, reached = reached, self.sweep(rows, exists)
            if reached - before < self._config.tolerance:
                break
        if not torch.isfinite(torch.tensor(reached)):
            raise FloatingPointError("the chain gave the windows no finite likelihood")
        return {"loss": -self.score(x, context).mean().item()}

    def _sequences(
        self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]
    ) -> tuple[Float[Tensor, "B T X"], Bool[Tensor, "B T"]]:
        """The steps before and the step itself, and which of them exist."""
        past = context.reshape(len(x), -1, self._width + 1)[:, -self._config.memory :].double()
        exists = torch.cat((past[:, :, -1] > 0, torch.ones(len(x), 1, dtype=torch.bool)), dim=1)
        return torch.cat((past[:, :, :-1], x[:, None].double()), dim=1), exists

    def _begin(self, steps: Float[Tensor, "B T X"], exists: Bool[Tensor, "B T"]) -> None:
        """Phases from clusters of the last steps, moves from what follows what in the windows."""
        generator = torch.Generator().manual_seed(self._seed)
        k, last = self._config.phases, steps[:, -1]
        share = F.one_hot(k_means(last, k, generator), k).double()
        self.weight, self.first, self.second = moments(last, share)
        self.start = share.mean(dim=0)
        if steps.shape[1] > 1:
            chain = self.chain
            before = log_densities(steps[:, -2], chain.seen).softmax(dim=1) * exists[:, -2, None]
            self.moves = before.T @ share / len(share)

    def _learn(self, steps: Float[Tensor, "B T X"], exists: Bool[Tensor, "B T"], rate: float) -> float:
        """Move the moments towards those of these windows; returns the log-likelihood of a step before."""
        chain = self.chain
        log_seen = log_densities(steps, chain.seen)
        share, moves = smoothed(chain, log_seen, exists)
        share = share * exists[..., None]
        first = exists.int().argmax(dim=1)
        count = exists.sum()
        row_moments = moments(steps.flatten(0, 1), share.flatten(0, 1))
        scale = exists.numel() / count
        fresh = {
            "start": share[torch.arange(len(share)), first].mean(dim=0),
            "moves": moves / count,
            **{name: value * scale for name, value in row_moments._asdict().items()},
        }
        for name, value in fresh.items():
            setattr(self, name, (1 - rate) * getattr(self, name) + rate * value)
        return (filtered(chain, log_seen, exists)[1].sum() / count).item()

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Log p(x | context) by the forward filter [nats]."""
        steps, exists = self._sequences(x, context)
        chain = self.chain
        return filtered(chain, log_densities(steps, chain.seen), exists)[1][:, -1].to(x.dtype)

    def phases(self, episode: Float[Tensor, "T X"]) -> Float[Tensor, "T K"]:
        """P(phase | the whole episode) at each of its steps."""
        steps, chain = episode[None].double(), self.chain
        everywhere = torch.ones(steps.shape[:2], dtype=torch.bool)
        return smoothed(chain, log_densities(steps, chain.seen), everywhere)[0][0]

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """The next step: a phase as the filter of the context foretells it, then what is seen in it."""
        past = self._sequences(context.new_zeros(len(context), self._width), context)
        chain = self.chain
        steps, exists = (column[:, :-1] for column in past)
        predicted = chain.log_start.expand(len(context), -1)
        if steps.shape[1]:
            log_past = filtered(chain, log_densities(steps, chain.seen), exists)[0][:, -1]
            moved = torch.logsumexp(log_past[:, :, None] + chain.log_move, dim=1)
            predicted = torch.where(exists.any(dim=1)[:, None], moved, predicted)
        chosen = torch.multinomial(predicted.exp(), n, replacement=True, generator=generator).T
        mean, root = chain.seen.mean[chosen], chain.seen.cholesky[chosen]
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype)
        return (mean + (root @ noise[..., None]).squeeze(-1)).to(context.dtype)


def hmm(widths: Widths, seed: int, config: HMMRewardConfig) -> RatioCritic:
    """Logit: log p_expert(xₜ | x before) - log p_agent(xₜ | x before) for the last step of each window."""
    return RatioCritic(HMM(widths.inputs, config, seed), widths.inputs, config.density, seed, last_step)
