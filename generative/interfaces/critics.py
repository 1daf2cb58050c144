"""Two ways to make a critic of a generative model: the ratio of two densities, and one anchored density."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..nn.losses import logit_metrics
from .model import Critic, FitOptions, GenerativeModel

# Rows of what a critic is shown -> (x, context) of a generative model.
Split = Callable[[Float[Tensor, "B ..."]], tuple[Float[Tensor, "B X"], Float[Tensor, "B ..."]]]
# Rows whose logits are reported after an update.
REPORTED = 64


def whole(rows: Float[Tensor, "B X"]) -> tuple[Float[Tensor, "B X"], Float[Tensor, "B 0"]]:
    """The row itself, without a context."""
    return rows, rows[:, :0]


def last_step(rows: Float[Tensor, "B W Z"]) -> tuple[Float[Tensor, "B X"], Float[Tensor, "B V Z"]]:
    """A window's last step without its mark, and the steps before it."""
    return rows[:, -1, :-1], rows[:, :-1]


@dataclass(frozen=True)
class DensityConfig:
    """Settings of fitting a density; demonstrations of one gait are nearly singular, so noise is added."""

    # Standard deviation of the noise added in training, in those of the demonstrations; usually 0.05-0.1.
    noise: float = 0.1
    # Maximum number of updates of the expert's model before the agent's first step; usually 1000-5000.
    fit_steps: int = 2000

    def __post_init__(self) -> None:
        if self.fit_steps < 1 or self.noise < 0:
            raise ValueError(f"fit_steps must be at least 1 and noise at least 0; got {self}")

    def fit_options(self, seed: int) -> FitOptions:
        """Those of the expert's model."""
        return FitOptions(steps=self.fit_steps, noise=self.noise, seed=seed)


@dataclass(frozen=True)
class RatioConfig(DensityConfig):
    """Settings of a ratio of two densities."""

    # Log-ratio per column that moves the logit by 1 [nats]; usually 0.1-1.
    temperature: float = 0.3
    # Logit up to which the growth is linear; beyond it is logarithmic. Usually 1-5.
    reach: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.temperature, self.reach) <= 0:
            raise ValueError(f"temperature and reach must be above 0; got {self}")


@dataclass(frozen=True)
class AnchorConfig(DensityConfig):
    """Settings of one density with an anchored logit."""

    # Logit of the median expert step; the untrained agent's median step has its negative. Usually 1-5.
    anchor: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.anchor <= 0:
            raise ValueError(f"anchor must be above 0; got {self}")


def tempered(ratio: Float[Tensor, "B"], nats: float, reach: float) -> Float[Tensor, "B"]:
    """R asinh(ratio / (R nats)): ratio / nats near zero, logarithmic beyond R, so that no order is lost.

    A log-ratio of nearly singular densities spans thousands of nats; a bound would flatten all but the
    last steps before success.
    """
    return reach * torch.asinh(ratio / (reach * nats))


def depth(
    score: Float[Tensor, "*B"], top: Float[Tensor, ""], scale: Float[Tensor, ""]
) -> Float[Tensor, "*B"]:
    """log(1 + max(top - score, 0) / scale): 0 for what scores as the best do, growing slowly below."""
    return torch.log1p((top - score).clamp(min=0) / scale)


class RatioCritic(Critic):
    """logit = tempered(log p_expert(x) - log p_agent(x)); both models learn from noised rows.

    The agent's model begins as a copy of the fitted expert's, so the ratio begins at zero.

    Args:
        model: untrained; it becomes the expert's.
        columns: of x, to share the temperature among.
        config: noise, fitting, temperature.
        seed: of noise and batches.
        split: a row into x and context.
    """

    def __init__(
        self, model: GenerativeModel, columns: int, config: RatioConfig, seed: int, split: Split = whole
    ):
        super().__init__()
        self.expert, self.agent = model, copy.deepcopy(model)
        self._config, self._seed, self._split = config, seed, split
        self._nats = config.temperature * columns
        self._generator = torch.Generator().manual_seed(seed)

    def fit(self, expert: Float[Tensor, "B ..."]) -> None:
        """Fit the expert's model, and start the agent's from it."""
        self.expert.fit(*self._split(expert), self._config.fit_options(self._seed))
        self.agent.load_state_dict(self.expert.state_dict())

    def update(self, expert: Float[Tensor, "B ..."], agent: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of the agent's model; the expert's stays as fitted."""
        x, context = self._split(agent)
        noise = self._config.noise * torch.randn(x.shape, generator=self._generator)
        learned = self.agent.update(x + noise, context)
        metrics = logit_metrics(self.logit(expert[:REPORTED]), self.logit(agent[:REPORTED]))
        return {**metrics, "agent_model_loss": learned["loss"]}

    @torch.no_grad()
    def logit(self, x: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """The tempered log-ratio."""
        row, context = self._split(x)
        ratio = self.expert.score(row, context) - self.agent.score(row, context)
        return tempered(ratio, self._nats, self._config.reach)


class DensityCritic(Critic):
    """A model of the expert alone; logit = a - b depth(score), anchored between expert and untrained agent.

    The scale of the depth is the spread of the expert's scores (10 % to 90 % quantile). The median expert
    step has the logit `anchor`; the median step of the first rollout, an untrained policy's, has -`anchor`.
    """

    top: Float[Tensor, ""]
    scale: Float[Tensor, ""]
    anchored: Bool[Tensor, ""]
    expert_depth: Float[Tensor, ""]
    agent_depth: Float[Tensor, ""]

    def __init__(self, model: GenerativeModel, config: AnchorConfig, seed: int, split: Split = whole):
        super().__init__()
        self.model, self._config, self._seed, self._split = model, config, seed, split
        for name in ("top", "scale", "expert_depth", "agent_depth"):
            self.register_buffer(name, torch.ones(()))
        self.register_buffer("anchored", torch.zeros((), dtype=torch.bool))

    def fit(self, expert: Float[Tensor, "B ..."]) -> None:
        """Fit the model and take the expert's quantiles."""
        self.model.fit(*self._split(expert), self._config.fit_options(self._seed))
        low, middle, high = torch.quantile(self._scores(expert), torch.tensor([0.1, 0.5, 0.9]))
        self.top, self.scale = high, (high - low).clamp(min=1e-3)
        self.expert_depth = depth(middle, self.top, self.scale)

    def update(self, expert: Float[Tensor, "B ..."], agent: Float[Tensor, "B ..."]) -> dict[str, float]:
        """The first agent rows set the lower anchor; nothing is learned from later ones."""
        if not self.anchored:
            median = depth(self._scores(agent), self.top, self.scale).median()
            # An untrained agent that already looks like the expert leaves at least this range.
            self.agent_depth = torch.maximum(median, self.expert_depth + 0.1)
            self.anchored = torch.ones((), dtype=torch.bool)
        return logit_metrics(self.logit(expert[:REPORTED]), self.logit(agent[:REPORTED]))

    @torch.no_grad()
    def logit(self, x: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """The anchored score."""
        below = depth(self._scores(x), self.top, self.scale) - self.expert_depth
        return self._config.anchor * (1 - 2 * below / (self.agent_depth - self.expert_depth))

    @torch.no_grad()
    def _scores(self, x: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        return self.model.score(*self._split(x))
