"""Deep belief network: stacked machines, each learning what the one below makes of the data.

Hinton, Osindero & Teh 2006. Here it gives a discriminator its first weights.
"""

from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..interfaces.model import FitOptions
from ..interfaces.reward_inputs import Widths
from ..nn.losses import bce
from ..nn.networks import mlp, seeded
from ..nn.regularizers import gradient_penalty, nothing, weighted
from .boltzmann import BernoulliMachine, GaussianMachine, Machine, MachineConfig


@dataclass(frozen=True)
class DBNConfig:
    """Settings of the stack and of the discriminator that begins with its weights."""

    # Hidden units of the machines, from the data up; usually one to three of 64-512.
    layers: tuple[int, ...] = (128, 128)
    # Every machine's settings but its hidden units.
    machine: MachineConfig = field(default_factory=MachineConfig)
    # Updates of each machine; 0 leaves the weights random.
    steps: int = 1000
    # Standard deviation of the noise on the demonstrations, in theirs.
    noise: float = 0.1
    # Weight of the gradient penalty; usually 0.3-10; 0 leaves it out.
    penalty: float = 1.0
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)


def stacked(x: Float[Tensor, "N X"], config: DBNConfig, seed: int) -> list[Machine]:
    """Machines fitted one after the other, each on the probabilities of the units below it."""
    machines: list[Machine] = []
    for i, hidden in enumerate(config.layers):
        kind = BernoulliMachine if machines else GaussianMachine
        noise = 0.0 if machines else config.noise
        machine = kind(x.shape[1], replace(config.machine, hidden=hidden), seed + i)
        machine.fit(x, x[:, :0], FitOptions(config.steps, noise=noise, seed=seed + i))
        machines.append(machine)
        x = machine.features(x)
    return machines


class SigmoidDiscriminator(nn.Module):
    """x -> one number, expert high, through layers of sigmoids, as the machines have them."""

    def __init__(self, width: int, layers: tuple[int, ...]):
        super().__init__()
        self.trunk = mlp((width, *layers, 1), nn.Sigmoid)

    @torch.no_grad()
    def begin_as(self, machines: list[Machine]) -> None:
        """Take over the machines' weights and hidden biases; the last layer stays random."""
        layers = [layer for layer in self.trunk if isinstance(layer, nn.Linear)]
        for layer, machine in zip(layers[:-1], machines, strict=True):
            # A machine's rows may be in another unit.
            unit = machine.scaled(torch.ones(1, 1)).item()
            layer.weight.copy_(unit * machine.weight.T)
            layer.bias.copy_(machine.hidden_bias)

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One number for each row."""
        return self.trunk(x).squeeze(-1)


def dbn(widths: Widths, seed: int, config: DBNConfig) -> AdversarialCritic:
    """Cross-entropy with a gradient penalty from weights that know what the demonstrations look like."""
    score = seeded(seed, lambda: SigmoidDiscriminator(widths.inputs, config.layers))

    def learn(expert: Float[Tensor, "N X"]) -> None:
        if config.steps:
            score.begin_as(stacked(expert, config, seed))

    smooth = weighted(config.penalty, gradient_penalty) if config.penalty else nothing
    return AdversarialCritic(score, bce, config.optimizer, seed, smooth, before=learn)
