"""The flows: known densities, exact inverses, masks by their derivatives, and zuko doing the same sums."""

import copy
import math
from dataclasses import replace

import pytest
import torch
import zuko

from gailforce.generative.families.flow import (
    MADE,
    MAF,
    FlowConfig,
    FlowRewardConfig,
    MaskedLinear,
    flow,
    soft_bounded,
    standard_normal,
)
from gailforce.generative.interfaces.critics import RatioConfig
from gailforce.generative.interfaces.reward_inputs import Widths

SMALL = FlowRewardConfig(blocks=3, layers=(16, 16))
QUICK = FlowRewardConfig(blocks=2, layers=(16,), learning_rate=1e-2)
BRIEF = RatioConfig(fit_steps=20)
HOPPER = Widths(14, 11, 3)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def as_zuko(model, width, context, config):
    """Zuko's flow with the weights of ours; only its univariate map is written in our terms."""

    def affine(mu, raw):
        # u = exp(-alpha) x - mu exp(-alpha), alpha within the bound of the slope exp(-bound).
        shift = -mu * torch.exp(-soft_bounded(raw, config.log_scale_bound))
        return zuko.transforms.MonotonicAffineTransform(shift, -raw, slope=math.exp(-config.log_scale_bound))

    other = zuko.flows.MAF(
        width, context, config.blocks, univariate=affine, hidden_features=config.layers
    ).double()
    for block, transform in zip(model.blocks, other.transform.transforms, strict=True):
        ours = [layer for layer in block.made.layers if isinstance(layer, MaskedLinear)]
        theirs = [layer for layer in transform.hyper if hasattr(layer, "mask")]
        for mine, its in zip(ours, theirs, strict=True):
            assert torch.equal(mine.mask.bool(), its.mask)
            its.weight.data, its.bias.data = mine.weight.data, mine.bias.data
    return other


@pytest.mark.parametrize("context", [0, 3])
def test_the_log_likelihood_is_that_of_zuko(context):
    model = MAF(5, context, SMALL, seed=0).double()
    given = torch.randn(32, context, dtype=torch.float64, generator=generator())
    x = 3 * torch.randn(32, 5, dtype=torch.float64, generator=generator(1))
    other = as_zuko(model, 5, context, SMALL)(given if context else None)
    assert torch.allclose(model.score(x, given), other.log_prob(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("backwards", "triangle"), [(False, torch.tril), (True, torch.triu)])
def test_each_number_depends_on_every_earlier_column_and_on_no_other(backwards, triangle):
    made = MADE(5, 2, (32, 32), backwards)
    depends = torch.zeros(5, 5)
    for _ in range(8):
        x, context = torch.randn(5), torch.randn(2)
        pair = torch.autograd.functional.jacobian(lambda x, c=context: torch.stack(made(x, c)), x)
        depends += pair.abs().sum(dim=0)
    offset = 1 if backwards else -1
    assert torch.equal(depends > 0, triangle(torch.ones(5, 5), offset) > 0)


def test_the_first_column_depends_on_the_context():
    made = MADE(3, 2, (16,))
    slope = torch.autograd.functional.jacobian(lambda c: made(torch.zeros(3), c)[0], torch.randn(2))
    assert (slope.abs().sum(dim=1) > 0).all()


def test_the_log_determinant_is_that_of_the_jacobian():
    block = MAF(4, 0, SMALL, seed=1).double().blocks[1]
    x, none = torch.randn(1, 4, dtype=torch.float64), torch.zeros(1, 0, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda v: block(v, none)[0], x)[0, :, 0]
    assert torch.allclose(torch.linalg.slogdet(jacobian).logabsdet, block(x, none)[1])


def test_every_block_is_inverted():
    model, context = MAF(14, 3, FlowConfig(), seed=2), torch.randn(64, 3)
    for block in model.blocks:
        x = torch.randn(64, 14)
        assert (block.inverse(block(x, context)[0], context) - x).abs().max() < 1e-4


def test_two_dimensional_density_integrates_to_one():
    model = MAF(2, 0, QUICK, seed=0)
    rows = torch.randn(512, 2, generator=generator())
    rows[:, 1] = rows[:, 0].square() / 2 + 0.3 * rows[:, 1]
    for _ in range(60):
        model.update(rows, rows[:, :0])
    side = torch.linspace(-12, 12, 601)
    grid = torch.cartesian_prod(side, side)
    mass = model.score(grid, grid[:, :0]).exp().sum() * (side[1] - side[0]) ** 2
    assert mass.item() == pytest.approx(1, abs=0.01)


def test_a_gaussian_is_learned_to_its_entropy():
    # Covariance [[1, 0.8], [0.8, 1]]: entropy ln(2 pi e) + ln(1 - 0.64) / 2 = 2.327 nats.
    mix = torch.tensor([[1.0, 0.0], [0.8, 0.6]])
    model, source = MAF(2, 0, QUICK, seed=0), generator()
    for _ in range(120):
        x = torch.randn(256, 2, generator=source) @ mix.T
        model.update(x, x[:, :0])
    x = torch.randn(4096, 2, generator=source) @ mix.T
    entropy = math.log(2 * math.pi * math.e) + math.log(0.36) / 2
    assert -model.score(x, x[:, :0]).mean().item() == pytest.approx(entropy, abs=0.05)


def test_samples_follow_their_context():
    model, source = MAF(1, 1, QUICK, seed=0), generator()
    for _ in range(120):
        context = torch.randn(256, 1, generator=source)
        model.update(2 * context + 0.5 * torch.randn(256, 1, generator=source), context)
    drawn = model.sample(torch.tensor([[-1.0], [1.0]]), 500, generator())
    assert drawn.shape == (500, 2, 1)
    assert drawn.mean(dim=0).squeeze(-1).tolist() == pytest.approx([-2, 2], abs=0.15)
    assert drawn.std(dim=0).squeeze(-1).tolist() == pytest.approx([0.5, 0.5], abs=0.1)


def test_the_same_generator_draws_the_same_samples():
    model, context = MAF(3, 0, SMALL, seed=0), torch.zeros(2, 0)
    first, again = (model.sample(context, 4, generator(5)) for _ in range(2))
    assert torch.equal(first, again)


def test_the_normal_density_of_zero():
    assert standard_normal(torch.zeros(3)).item() == pytest.approx(-1.5 * math.log(2 * math.pi))


def test_a_scale_never_leaves_its_bound():
    assert soft_bounded(torch.tensor([-1e9, 0.0, 1e9]), 3.0).tolist() == pytest.approx([-3, 0, 3])


def test_every_parameter_learns():
    model = MAF(6, 2, FlowConfig(), seed=0)
    model.update(torch.randn(64, 6), torch.randn(64, 2))
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.parametrize(("rows", "scale"), [(1, 1.0), (8, 0.0), (8, 1e3)])
def test_single_constant_and_extreme_rows_stay_finite(rows, scale):
    model = MAF(4, 0, FlowConfig(), seed=0)
    x = scale * torch.randn(rows, 4)
    for _ in range(20):
        assert math.isfinite(model.update(x, x[:, :0])["loss"])
    assert model.score(x, x[:, :0]).isfinite().all()


def test_a_single_column_without_context_is_a_normal():
    model = MAF(1, 0, SMALL, seed=0)
    x = torch.linspace(-2, 2, 9)[:, None]
    assert torch.allclose(model.score(x, x[:, :0]).diff().diff(), model.score(x, x[:, :0]).diff().diff()[:1])


def test_the_critic_tells_the_sides_apart_and_survives_its_saving():
    critic, source = flow(HOPPER, 0, replace(QUICK, density=RatioConfig(fit_steps=40))), generator()
    expert = torch.randn(512, 14, generator=source) + 1
    agent = torch.randn(512, 14, generator=source) - 1
    critic.fit(expert)
    assert torch.equal(critic.logit(agent), torch.zeros(512))
    for _ in range(20):
        told = critic.update(expert[:256], agent[:256])
    assert min(told["expert_accuracy"], told["agent_accuracy"]) > 0.9
    fresh = flow(HOPPER, 7, replace(QUICK, density=BRIEF))
    fresh.load_state_dict(copy.deepcopy(critic.state_dict()))
    assert torch.equal(fresh.logit(agent), critic.logit(agent))


def test_the_seed_decides_the_bits():
    def taught(seed):
        critic = flow(HOPPER, seed, replace(SMALL, density=BRIEF))
        x = torch.randn(32, 14, generator=generator())
        critic.fit(x)
        critic.update(x, x + 1)
        return critic.logit(x)

    assert torch.equal(taught(0), taught(0))
    assert not torch.equal(taught(0), taught(1))
