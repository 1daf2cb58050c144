"""The normalizer of a Boltzmann machine: estimated by annealing, and summed where it is small."""

import itertools
import math

import torch
from jaxtyping import Float
from torch import Tensor

from .boltzmann import Machine


@torch.no_grad()
def annealed_log_z(machine: Machine, chains: int = 256, temperatures: int = 1000, seed: int = 0) -> float:
    """Log Z = log Z₀ + log mean exp Σₖ (Fₖ₋₁(vₖ) - Fₖ(vₖ)) over chains that start with free units.

    Annealed importance sampling (Neal 2001; Salakhutdinov & Murray 2008, section 4): Fₖ is the free energy at
    βₖ, and each v is one Gibbs step at the β before it.
    """
    generator = torch.Generator().manual_seed(seed)
    betas = torch.linspace(0, 1, temperatures + 1).tolist()
    pull = machine.visible_bias.expand(chains, -1)
    v, log_weight = machine.visible(pull, generator), torch.zeros(chains)
    for before, now in itertools.pairwise(betas):
        log_weight += machine.free_energy(v, before) - machine.free_energy(v, now)
        v = machine.gibbs(v, generator, now)
    return free_log_z(machine) + (torch.logsumexp(log_weight, dim=0) - math.log(chains)).item()


@torch.no_grad()
def free_log_z(machine: Machine) -> float:
    """Log Z at β = 0, where no unit sees another: H log 2, and the visible ones by themselves."""
    nothing = torch.zeros(1, len(machine.visible_bias))
    return len(machine.hidden_bias) * math.log(2) + machine.visible_log_z(nothing).item()


@torch.no_grad()
def exact_log_z(machine: Machine) -> float:
    """Log Σₕ exp(c·h) Zᵥ(W h) over all 2^H states of the hidden units, for machines of at most 16.

    Zᵥ sums over the visible units, which are independent for a given h.
    """
    count = len(machine.hidden_bias)
    if count > 16:
        raise ValueError(f"a sum over 2^{count} states takes too long; use annealed_log_z")
    h: Float[Tensor, "S H"] = torch.tensor(list(itertools.product((0.0, 1.0), repeat=count)))
    given = h @ machine.hidden_bias + machine.visible_log_z(h @ machine.weight.T)
    return torch.logsumexp(given, dim=0).item()
