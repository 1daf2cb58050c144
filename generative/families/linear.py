"""Linear critics on fixed features: logistic regression, support vectors, the expert's support alone."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..interfaces.critics import AnchorConfig, DensityCritic
from ..interfaces.model import Critic, GenerativeModel, Kind
from ..interfaces.reward_inputs import Widths
from ..nn.features import FourierFeatures
from ..nn.losses import hinge, logit_metrics
from ..nn.regularizers import Score


@dataclass(frozen=True)
class LogisticConfig:
    """Settings of logistic regression."""

    # Fourier features beside the raw columns; usually 256-1024; 0 for the raw columns alone.
    features: int = 256
    # Bandwidth of the features, in median distances of the demonstrations; usually 0.3-2.
    spread: float = 1.0
    # Weight of |w|²/2 in the loss; usually 1e-4 to 1e-2.
    decay: float = 1e-3
    # Weight of |w - w before|²/2: the larger, the slower it follows a batch; usually 0.1 to 10.
    inertia: float = 10.0
    # Newton's steps on each batch.
    newton_steps: int = 2

    def __post_init__(self) -> None:
        if min(self.decay, self.inertia) < 0 or self.decay + self.inertia == 0:
            raise ValueError(f"decay and inertia are 0 or more, and not both 0; got {self}")


@dataclass(frozen=True)
class SVMConfig:
    """Settings of the support vector machine."""

    # Fourier features beside the raw columns; usually 256-1024.
    features: int = 512
    # Bandwidth of the features, in median distances of the demonstrations; usually 0.3-2.
    spread: float = 1.0
    # Weight of |w|²/2 in the loss; usually 1e-4 to 1e-2.
    decay: float = 1e-3
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)


@dataclass(frozen=True)
class OneClassSVMConfig:
    """Settings of the one-class machine."""

    # Fourier features beside the raw columns; usually 256-1024.
    features: int = 512
    # Bandwidth of the features, in median distances of the demonstrations; usually 0.3-2.
    spread: float = 0.3
    # Share of the demonstrations that may lie outside; in (0, 1), usually 0.01-0.2.
    outside: float = 0.1
    # Fit and anchors of the density.
    density: AnchorConfig = field(default_factory=AnchorConfig)

    def __post_init__(self) -> None:
        if not 0 < self.outside < 1:
            raise ValueError(f"the share that may lie outside is above 0 and below 1; got {self.outside}")


def newton_step(
    w: Float[Tensor, "F"],
    features: Float[Tensor, "N F"],
    labels: Float[Tensor, "N"],
    decay: float,
    center: Float[Tensor, "F"],
) -> Float[Tensor, "F"]:
    """One step of Newton on L(w) = mean log(1 + exp(-y w·φ)) + decay/2 |w - center|², y = ±1 for labels 1, 0.

    w - H⁻¹ g with g = Φᵀ(p - y)/N + decay (w - center), H = Φᵀ diag(p(1 - p)) Φ/N + decay I (Bishop 2006,
    eq. 4.99 with a Gaussian prior).
    """
    p = torch.sigmoid(features @ w)
    gradient = features.T @ (p - labels) / len(labels) + decay * (w - center)
    weighted = features * (p * (1 - p))[:, None]
    hessian = features.T @ weighted / len(labels) + decay * torch.eye(len(w), dtype=w.dtype)
    return w - torch.linalg.solve(hessian, gradient)


class LogisticCritic(Critic):
    """Logistic regression of expert against agent on fixed features, by Newton's method.

    After every batch it is at the minimum of the loss there plus decay/2 |w|² + inertia/2 |w - w before|²
    (implicit stochastic descent, Toulis & Airoldi 2017).
    """

    w: Float[Tensor, "F"]

    def __init__(self, width: int, config: LogisticConfig, seed: int):
        super().__init__()
        self._config = config
        self.features = FourierFeatures(width, config.features, config.spread, seed)
        self.register_buffer("w", torch.zeros(self.features.columns, dtype=torch.float64))

    def fit(self, expert: Float[Tensor, "B X"]) -> None:
        """The features' bandwidth."""
        self.features.fit(expert)

    def update(self, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"]) -> dict[str, float]:
        """Newton's steps on one batch; two quadratics around 0 and w are one around a point between."""
        c = self._config
        rows = self.features(torch.cat((expert, agent))).double()
        labels = (torch.arange(len(rows)) < len(expert)).double()
        metrics = logit_metrics(*(rows @ self.w).split(len(expert)))
        total = c.decay + c.inertia
        center = self.w * c.inertia / total
        for _ in range(c.newton_steps):
            self.w = newton_step(self.w, rows, labels, total, center)
        return metrics

    @torch.no_grad()
    def logit(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """w·φ(x)."""
        return self.features(x) @ self.w.float()


class LinearScore(nn.Module):
    """x -> w·φ(x) with fixed features."""

    def __init__(self, features: FourierFeatures):
        super().__init__()
        self.features = features
        self.w = nn.Parameter(torch.zeros(features.columns))

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One number for each row."""
        return self.features(x) @ self.w


class OneClassSVM(GenerativeModel):
    """w·φ(x) - ρ: positive where most of the rows are (Schölkopf et al. 2001); it cannot sample.

    It minimises L(w, ρ) = |w|²/2 - ρ + E max(0, ρ - w·φ(x)) / ν, ν the share that may lie outside. For a
    given w the best ρ is the ν-quantile of w·φ; then the gradient is w less the mean features of rows below.
    """

    kind: ClassVar[Kind] = "margin"
    # Scores grow with the margin, whose growth is not the aim.
    stops_early: ClassVar[bool] = False
    w: Float[Tensor, "F"]
    rho: Float[Tensor, ""]

    def __init__(self, width: int, config: OneClassSVMConfig, seed: int):
        super().__init__()
        self._outside, self._updates = config.outside, 0
        self.features = FourierFeatures(width, config.features, config.spread, seed)
        self.register_buffer("w", torch.zeros(config.features))
        self.register_buffer("rho", torch.zeros(()))

    def begin(self, x: Float[Tensor, "N X"]) -> None:
        """The features' bandwidth."""
        self.features.fit(x)

    def finish(self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."]) -> None:
        """The offset of all rows."""
        self.rho = torch.quantile(self._waves(x) @ self.w, self._outside)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of size 1/t, as suits a loss that is strongly convex (Shalev-Shwartz et al. 2007)."""
        waves = self._waves(x)
        score = waves @ self.w
        self.rho = torch.quantile(score, self._outside)
        below = score <= self.rho
        loss = 0.5 * self.w.square().sum() - self.rho + F.relu(self.rho - score).mean() / self._outside
        self._updates += 1
        self.w = self.w + (waves[below].mean(dim=0) - self.w) / self._updates
        return {"loss": loss.item()}

    def _waves(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B F"]:
        """Without the raw columns, which would favour one side of space."""
        return self.features(x)[:, -len(self.w) :]

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """w·φ(x) - ρ."""
        return self._waves(x) @ self.w - self.rho


def logistic(widths: Widths, seed: int, config: LogisticConfig) -> LogisticCritic:
    """Logistic regression on raw and Fourier features."""
    return LogisticCritic(widths.inputs, config, seed)


def svm(widths: Widths, seed: int, config: SVMConfig) -> AdversarialCritic:
    """Hinge loss + decay/2 |w|² on raw and Fourier features (Cortes & Vapnik 1995)."""
    score = LinearScore(FourierFeatures(widths.inputs, config.features, config.spread, seed))

    def decay(_: Score, expert: Tensor, agent: Tensor, generator: torch.Generator) -> Tensor:
        return 0.5 * config.decay * score.w.square().sum()

    return AdversarialCritic(score, hinge, config.optimizer, seed, decay, before=score.features.fit)


def one_class_svm(widths: Widths, seed: int, config: OneClassSVMConfig) -> DensityCritic:
    """The anchored margin of a machine that knows the expert alone."""
    return DensityCritic(OneClassSVM(widths.inputs, config, seed), config.density, seed)
