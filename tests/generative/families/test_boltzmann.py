"""Boltzmann machines: energies by hand, log Z summed and annealed, and chains that end in the data."""

import itertools
import math

import pytest
import torch

from gailforce.generative.families.annealing import annealed_log_z, exact_log_z
from gailforce.generative.families.boltzmann import (
    BernoulliMachine,
    GaussianMachine,
    MachineConfig,
    RBMConfig,
    contrast,
    rbm,
)
from gailforce.generative.families.deep_belief import DBNConfig, dbn, stacked
from gailforce.generative.interfaces.model import FitOptions
from gailforce.generative.interfaces.reward_inputs import Widths


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def random_machine(kind, width=3, hidden=5, seed=0, scale=1.0, std=1.0):
    machine = kind(width, MachineConfig(hidden=hidden, std=std), seed)
    with torch.no_grad():
        for parameter in machine.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator(seed)))
    return machine


@pytest.mark.parametrize("kind", [BernoulliMachine, GaussianMachine])
def test_the_free_energy_sums_over_hidden_units(kind):
    machine, v = random_machine(kind, 3, 4), torch.rand(6, 3, generator=generator(1))
    h = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)))
    pairs = machine.own(v)[:, None] - h @ machine.hidden_bias - v @ machine.weight @ h.T
    assert torch.allclose(machine.free_energy(v), -torch.logsumexp(-pairs, dim=1), atol=1e-5)


def test_the_exact_normalizer_of_a_machine_of_bits_is_a_sum_over_them():
    machine = random_machine(BernoulliMachine, 4, 5)
    v = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)))
    total = torch.logsumexp(-machine.free_energy(v), dim=0)
    assert exact_log_z(machine) == pytest.approx(total.item(), rel=1e-5)


def test_the_exact_normalizer_of_a_real_machine_is_an_integral():
    machine = random_machine(GaussianMachine, 1, 4)
    v = torch.linspace(-30, 30, 60_001)[:, None]
    total = torch.exp(-machine.free_energy(v)).sum() * 60 / 60_000
    assert exact_log_z(machine) == pytest.approx(total.log().item(), abs=1e-3)


@pytest.mark.parametrize("kind", [BernoulliMachine, GaussianMachine])
@pytest.mark.parametrize("seed", range(3))
def test_the_annealed_estimate_is_within_one_percent_of_the_sum(kind, seed):
    machine = random_machine(kind, 4, 8, seed)
    found = annealed_log_z(machine)
    assert math.isfinite(found)
    assert found == pytest.approx(exact_log_z(machine), rel=0.01)


def test_without_couplings_the_estimate_is_exact():
    machine = random_machine(GaussianMachine)
    with torch.no_grad():
        machine.weight.zero_()
    assert annealed_log_z(machine, temperatures=10) == pytest.approx(exact_log_z(machine), abs=1e-4)


def test_large_sums_are_refused():
    with pytest.raises(ValueError, match="annealed_log_z"):
        exact_log_z(GaussianMachine(2, MachineConfig(hidden=17), 0))


def test_gibbs_steps_leave_the_machines_own_distribution_as_it_is():
    machine = random_machine(BernoulliMachine, 3, 4)
    v = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3)))
    p = (-machine.free_energy(v)).softmax(dim=0).detach()
    rows = v[torch.multinomial(p, 40_000, replacement=True, generator=generator())]
    after = machine.gibbs(rows, generator(1)) @ torch.tensor([4.0, 2.0, 1.0])
    assert torch.allclose(torch.bincount(after.long(), minlength=8) / 40_000, p, atol=0.01)


def test_a_fitted_machine_gives_data_low_energy_and_draws_rows_like_it():
    x = torch.cat((torch.full((300, 2), 1.0), torch.full((300, 2), -1.0)))
    x = x + 0.2 * torch.randn(x.shape, generator=generator())
    machine = GaussianMachine(2, MachineConfig(hidden=16, std=0.3), 0)
    machine.fit(x, x[:, :0], FitOptions(3000))
    between = torch.zeros(1, 2)
    assert machine.score(x, x[:, :0]).mean() > machine.score(between, between[:, :0]) + 1
    drawn = machine.sample(torch.zeros(1, 0), 500, generator(1))[:, 0]
    assert ((drawn - 1).norm(dim=1).minimum((drawn + 1).norm(dim=1)) < 1).float().mean() > 0.9


def test_the_gradient_of_contrastive_divergence_is_that_of_the_likelihood_when_chains_are_the_model():
    machine = random_machine(BernoulliMachine, 3, 4, scale=0.5)
    data = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    v = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3)))
    likelihood = machine.free_energy(data).mean() + torch.logsumexp(-machine.free_energy(v), dim=0)
    exact = torch.autograd.grad(likelihood, list(machine.parameters()))
    p = (-machine.free_energy(v)).softmax(dim=0).detach()
    model_rows = v[torch.multinomial(p, 100_000, replacement=True, generator=generator())]
    found = torch.autograd.grad(contrast(machine, data, model_rows), list(machine.parameters()))
    for one, other in zip(exact, found, strict=True):
        assert torch.allclose(one, other, atol=0.01)


def test_the_critic_begins_with_the_median_expert_at_zero():
    x = torch.randn(400, 3, generator=generator())
    critic = rbm(Widths(3, 3, 0), 0, RBMConfig(steps=50))
    critic.fit(x)
    assert critic.logit(x).median().item() == pytest.approx(0.0, abs=1e-4)


def test_the_discriminator_takes_over_the_machines_features():
    x = torch.randn(300, 3, generator=generator())
    config = DBNConfig(layers=(8, 6), steps=50)
    critic = dbn(Widths(3, 3, 0), 0, config)
    critic.fit(x)
    machines = stacked(x, config, 0)
    deep = machines[1].features(machines[0].features(x))
    assert torch.allclose(critic.score.trunk[:4](x), deep, atol=1e-5)


def test_without_steps_the_discriminator_stays_as_drawn():
    x = torch.randn(100, 3, generator=generator())
    critic = dbn(Widths(3, 3, 0), 0, DBNConfig(steps=0))
    before = critic.logit(x)
    critic.fit(x)
    assert torch.equal(critic.logit(x), before)
