"""Restricted Boltzmann machine: hidden switches that pull the rows they explain to low energy.

The free energy of visible rows alone is the model: p(v) = exp(-F(v)) / Z.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..interfaces.model import FitOptions, GenerativeModel, Kind
from ..interfaces.reward_inputs import Widths
from ..nn.losses import bce


@dataclass(frozen=True)
class MachineConfig:
    """Settings of a machine and of its learning."""

    # Hidden units; usually 64-512.
    hidden: int = 256
    # Width of a visible unit given the hidden ones, in standard deviations of the data; usually 0.2-1.
    std: float = 0.5
    # Steps of Gibbs sampling between two updates; usually 1-15.
    gibbs: int = 5
    # Chains that go on from update to update; usually 64-512.
    chains: int = 256
    # Adam's learning rate; usually 3e-4 to 3e-3.
    learning_rate: float = 1e-3
    # Weight of |W|²/2; usually 1e-5 to 1e-3.
    decay: float = 1e-4


@dataclass(frozen=True)
class RBMConfig:
    """Settings of the machine as a critic."""

    machine: MachineConfig = field(default_factory=MachineConfig)
    # Updates by contrastive divergence on the demonstrations, before there is an agent.
    steps: int = 2000
    # Standard deviation of the noise on them, in those of the demonstrations.
    noise: float = 0.1
    # The logit moves by 1 for so many nats of free energy a column, at first; usually 0.1-1.
    temperature: float = 0.3
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.temperature <= 0:
            raise ValueError(f"a machine needs 1 step or more and a temperature above 0; got {self}")


class Machine(GenerativeModel, ABC):
    """Energy of visible v and hidden h in {0, 1}: E(v, h) = own(v) - c·h - vᵀ W h (Smolensky 1986).

    Args:
        width: columns of v.
        config: size and learning.
        seed: of weights and chains.
    """

    kind: ClassVar[Kind] = "negative energy"
    # Energies of two machines cannot be compared.
    stops_early: ClassVar[bool] = False
    chains: Float[Tensor, "C X"]

    def __init__(self, width: int, config: MachineConfig, seed: int):
        super().__init__()
        self._config = config
        self._generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(0.01 * torch.randn(width, config.hidden, generator=self._generator))
        self.hidden_bias = nn.Parameter(torch.zeros(config.hidden))
        self.visible_bias = nn.Parameter(torch.zeros(width))
        self._optimizer = torch.optim.Adam(self.parameters(), config.learning_rate, fused=True)
        self.register_buffer("chains", torch.zeros(config.chains, width))

    @abstractmethod
    def own(self, v: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """The energy of visible rows beside the hidden units."""

    @abstractmethod
    def visible_log_z(self, pull: Float[Tensor, "S X"]) -> Float[Tensor, "S"]:
        """Log of the sum (or integral) over visible rows of exp(v·pull - own(v))."""

    @abstractmethod
    def visible(self, pull: Float[Tensor, "B X"], generator: torch.Generator) -> Float[Tensor, "B X"]:
        """Draw visible rows, given what the hidden units and the bias pull them to."""

    def free_energy(self, v: Float[Tensor, "B X"], beta: float = 1.0) -> Float[Tensor, "B"]:
        """F(v) = own(v) - Σⱼ log(1 + exp(β (cⱼ + v·Wⱼ))); β = 1 is the machine's, at 0 the units are free.

        Hinton 2012, "A Practical Guide to Training Restricted Boltzmann Machines", eq. 25.
        """
        return self.own(v) - F.softplus(beta * (self.hidden_bias + v @ self.weight)).sum(dim=1)

    @torch.no_grad()
    def gibbs(
        self, v: Float[Tensor, "B X"], generator: torch.Generator, beta: float = 1.0
    ) -> Float[Tensor, "B X"]:
        """One step: hidden units given the visible ones, then the other way round."""
        on = torch.sigmoid(beta * (self.hidden_bias + v @ self.weight))
        hidden = torch.bernoulli(on, generator=generator)
        return self.visible(self.visible_bias + beta * hidden @ self.weight.T, generator)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on `contrast` + decay/2 |W|², with chains that go on (Tieleman 2008)."""
        v = self.scaled(x)
        for _ in range(self._config.gibbs):
            self.chains = self.gibbs(self.chains, self._generator)
        loss = contrast(self, v, self.chains)
        decay = 0.5 * self._config.decay * self.weight.square().sum()
        self._optimizer.zero_grad()
        (loss + decay).backward()
        self._optimizer.step()
        return {"loss": loss.item()}

    def begin(self, x: Float[Tensor, "N X"]) -> None:
        """The chains start from the data."""
        drawn = torch.randint(len(x), (self._config.chains,), generator=self._generator)
        self.chains = self.scaled(x[drawn])

    def scaled(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B X"]:
        """Rows in the machine's own unit."""
        return x

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """-F(x), the log-likelihood but for log Z [nats]."""
        return -self.free_energy(self.scaled(x))

    @torch.no_grad()
    def features(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B H"]:
        """P(hidden unit on | x)."""
        return torch.sigmoid(self.hidden_bias + self.scaled(x) @ self.weight)


def contrast(machine: Machine, data: Float[Tensor, "B X"], model: Float[Tensor, "C X"]) -> Float[Tensor, ""]:
    """E_data[F] - E_model[F]: its gradient is that of the negative log-likelihood (Hinton 2002, eq. 4)."""
    return machine.free_energy(data).mean() - machine.free_energy(model).mean()


class BernoulliMachine(Machine):
    """Visible units in [0, 1]: own(v) = -b·v."""

    def own(self, v: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """-b·v."""
        return -v @ self.visible_bias

    def visible_log_z(self, pull: Float[Tensor, "S X"]) -> Float[Tensor, "S"]:
        """Σ log(1 + exp(b + pull)) over columns."""
        return F.softplus(self.visible_bias + pull).sum(dim=1)

    def visible(self, pull: Float[Tensor, "B X"], generator: torch.Generator) -> Float[Tensor, "B X"]:
        """On with probability sigmoid(pull)."""
        return torch.bernoulli(torch.sigmoid(pull), generator=generator)


class GaussianMachine(Machine):
    """Real visible units of one width σ; inside v = x / σ and own(v) = ½ |v - b|² (Hinton 2012, eq. 17)."""

    def own(self, v: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """½ |v - b|²."""
        return 0.5 * (v - self.visible_bias).square().sum(dim=1)

    def visible_log_z(self, pull: Float[Tensor, "S X"]) -> Float[Tensor, "S"]:
        """X/2 log 2π + b·pull + ½ |pull|²."""
        alone = 0.5 * pull.shape[1] * math.log(2 * math.pi)
        return alone + pull @ self.visible_bias + 0.5 * pull.square().sum(dim=1)

    def visible(self, pull: Float[Tensor, "B X"], generator: torch.Generator) -> Float[Tensor, "B X"]:
        """Normal around the pull."""
        return pull + torch.randn(pull.shape, generator=generator)

    def scaled(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B X"]:
        """In widths of a visible unit."""
        return x / self._config.std

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Rows of the persistent chains, each after further Gibbs steps; the context says only how many."""
        picked = torch.randint(len(self.chains), (n * len(context),), generator=generator)
        v = self.chains[picked]
        for _ in range(10 * self._config.gibbs):
            v = self.gibbs(v, generator)
        return (self._config.std * v).view(n, len(context), -1)


class EnergyScore(nn.Module):
    """x -> (offset - F(x)) / temperature, both learned; the offset stands for what log Z would be."""

    def __init__(self, machine: Machine, temperature: float):
        super().__init__()
        self.machine = machine
        self.log_scale = nn.Parameter(-torch.tensor(temperature).log())
        self.offset = nn.Parameter(torch.zeros(()))

    @torch.no_grad()
    def center(self, x: Float[Tensor, "N X"]) -> None:
        """The offset at which the median of these rows has the score 0."""
        self.offset.copy_(-self.machine.score(x, x[:, :0]).median())

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One number for each row."""
        return (self.offset + self.machine.score(x, x[:, :0])) * self.log_scale.exp()


def rbm(widths: Widths, seed: int, config: RBMConfig) -> AdversarialCritic:
    """A machine first fitted to the expert, whose negative phase is then the agent's rows (cross-entropy).

    At its best the score is the log-ratio of expert and agent (Goodfellow et al. 2014, proposition 1).
    """
    machine = GaussianMachine(widths.inputs, config.machine, seed)
    score = EnergyScore(machine, config.temperature * widths.inputs)

    def learn(expert: Float[Tensor, "N X"]) -> None:
        machine.fit(expert, expert[:, :0], FitOptions(config.steps, noise=config.noise, seed=seed))
        score.center(expert)

    return AdversarialCritic(score, bce, config.optimizer, seed, before=learn)
