"""Contracts of every world model, on a motion whose law is known: a wheel that an action turns."""

import functools
from dataclasses import replace

import pytest
import torch

from gailforce.generative.families.conditional_gan import ConditionalGANConfig
from gailforce.generative.families.ensemble import Ensemble, EnsembleConfig
from gailforce.generative.families.lstm import LSTMConfig
from gailforce.generative.families.ridge import Ridge, RidgeConfig
from gailforce.generative.families.trajectory_diffusion import TrajectoryDiffusionConfig
from gailforce.generative.families.transformer import GPTConfig
from gailforce.generative.families.vae import VAEConfig
from gailforce.generative.interfaces.motion import Motion
from gailforce.generative.interfaces.window_model import FitConfig, looking_back
from gailforce.generative.worlds.dynamics import MultiStepConfig, futures
from gailforce.generative.worlds.world_families import REMEMBERED, WORLDS, WorldConfig
from gailforce.generative.worlds.world_model import DynamicsModel

STEPS = 10
QUICK = WorldConfig(
    fit=FitConfig(updates=60, batch_size=64),
    draws=4,
    ensemble=EnsembleConfig(members=3, elites=2, layers=(32, 32)),
    lstm=LSTMConfig(memory=3, features=16),
    gpt=GPTConfig(memory=3, features=16, heads=2),
    vae=VAEConfig(layers=(32,), latent=2),
    diffusion=TrajectoryDiffusionConfig(widths=(16, 16), embedded=16, times=8, steps=2, bound=20.0),
    gan=ConditionalGANConfig(widths=(16, 16), critic=(16, 16)),
)


def wheel(count=200, seed=0):
    """A point on a circle turns by its action, and the place grows by it; beyond 0.45 the episode ends."""
    draws = torch.Generator().manual_seed(seed)
    action = torch.rand(count, STEPS, 1, generator=draws) - 0.5
    angle = 6.28 * torch.rand(count, 1, generator=draws) + torch.cat(
        (torch.zeros(count, 1), action[..., 0].cumsum(dim=1)), dim=1
    )
    path = torch.stack((angle.cos(), angle.sin()), dim=-1)
    change = torch.cat((action, path.diff(dim=1)), dim=-1)
    return Motion(path[:, :-1], change, action, (action > 0.45).float())


def fresh(name, config=QUICK, seed=0):
    world = DynamicsModel(name, seed, config)
    world.fit(wheel())
    return world


# A fit is shared by all tests that only ask it.
fitted = functools.cache(fresh)


def rollout(world, steps=3, seed=1, expected=False):
    motion, draws = wheel(5, seed=9), torch.Generator().manual_seed(seed)
    carry = world.start(motion.state[:, 0])
    for t in range(steps):
        found = world.step(carry, motion.action[:, t], draws, expected)
        carry = found.carry
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_every_family_predicts_finite_steps_of_the_right_widths(name):
    found = rollout(fitted(name))
    assert found.next_state.shape == (5, 2)
    assert found.change.shape == (5, 3)
    assert found.p_terminated.shape == found.uncertainty.shape == (5,)
    assert all(torch.isfinite(part).all() for part in found[1:])
    assert ((found.p_terminated >= 0) & (found.p_terminated <= 1)).all()
    assert (found.uncertainty >= 0).all()


@pytest.mark.parametrize("name", WORLDS)
def test_the_same_seeds_predict_the_same_bits(name):
    one, other = (rollout(world) for world in (fitted(name), fresh(name)))
    assert torch.equal(one.next_state, other.next_state)


@pytest.mark.parametrize("name", WORLDS)
def test_a_step_is_where_its_change_leads(name):
    world, motion = fitted(name), wheel(5, seed=9)
    carry = world.start(motion.state[:, 0])
    found = world.step(carry, motion.action[:, 0], torch.Generator().manual_seed(0))
    assert torch.allclose(found.next_state, motion.state[:, 0] + found.change[:, 1:])
    assert torch.equal(found.carry.state, found.next_state)


def test_the_ensemble_learns_a_law_and_when_it_ends_better_than_guessing():
    config = replace(QUICK, fit=FitConfig(updates=1500, batch_size=128), draws=8)
    world, motion = fitted("ensemble", config), wheel(100, seed=5)
    found = world.step(
        world.start(motion.state[:, 0]), motion.action[:, 0], torch.Generator().manual_seed(0), expected=True
    )
    true = motion.change[:, 0]
    assert (found.change - true).square().mean() < 0.02 * true.square().mean()
    ended = motion.ended[:, 0, 0] > 0
    assert found.p_terminated[ended].mean() > 4 * found.p_terminated[~ended].mean()


def test_what_was_never_seen_is_less_certain():
    config = replace(QUICK, fit=FitConfig(updates=1000, batch_size=128), draws=16)
    world, motion = fitted("ensemble", config), wheel(100, seed=5)
    start, draws = world.start(motion.state[:, 0]), torch.Generator().manual_seed(0)
    usual, far = (world.step(start, k * motion.action[:, 0], draws).uncertainty.mean() for k in (1, 20))
    assert far > 2 * usual


@pytest.mark.parametrize("elites", [1, 3])
def test_calibrated_intervals_have_their_coverage(elites):
    # Deviations of 0.5, whatever fresh weights foretell; nine in ten rows then lie within 90 % of the draws.
    draws = torch.Generator().manual_seed(0)
    context = torch.zeros(20_000, 2)
    x = torch.cat((0.5 * torch.randn(20_000, 3, generator=draws), torch.ones(20_000, 1)), dim=1)
    model = Ensemble(4, 2, EnsembleConfig(layers=(8,), members=elites, elites=elites), seed=0)
    model.calibrate(x, context)
    drawn = model.sample(context[:1], 20_000, draws)[:, 0, :3]
    low, high = drawn.quantile(0.05, dim=0), drawn.quantile(0.95, dim=0)
    held = ((x[:, :3] >= low) & (x[:, :3] <= high)).float().mean(dim=0)
    assert torch.allclose(held, torch.full((3,), 0.9), atol=0.02)


def test_the_ensemble_expects_what_its_draws_come_to():
    model = Ensemble(3, 2, EnsembleConfig(layers=(8,), members=4, elites=3), seed=0)
    context = torch.randn(5, 2, generator=torch.Generator().manual_seed(1))
    drawn = model.sample(context, 40_000, torch.Generator().manual_seed(0))
    assert torch.allclose(model.expectation(drawn[:1], context), drawn.mean(dim=0), atol=0.03)


def test_expected_steps_of_an_ensemble_are_not_drawn():
    world, motion = fitted("ensemble"), wheel(5, seed=5)
    start, action = world.start(motion.state[:, 0]), motion.action[:, 0]
    one, other = (world.step(start, action, torch.Generator().manual_seed(s), expected=True) for s in (0, 1))
    assert torch.equal(one.next_state, other.next_state)
    assert torch.equal(one.p_terminated, other.p_terminated)


def test_the_loss_of_deviations_does_not_train_the_means():
    model = Ensemble(3, 2, EnsembleConfig(layers=(8,), members=2, elites=1), seed=0)
    x = torch.tensor([[0.5, -0.5, 1.0]]).repeat(8, 1)
    _, std_loss = model.losses(x, torch.zeros(8, 2))
    std_loss.backward()
    assert all(part.grad is None or not part.grad.any() for part in model.means.parameters())
    assert any(part.grad.any() for part in model.std_net.parameters())


def test_the_mean_of_the_ensemble_follows_the_squared_error_however_sure_it_is():
    # d/dμ of (x - μ)² / 2 is μ - x; the last bias adds to μ.
    draws = torch.Generator().manual_seed(0)
    context = torch.randn(64, 2, generator=draws)
    x = torch.cat((torch.randn(64, 3, generator=draws), torch.ones(64, 1)), dim=1)
    config = EnsembleConfig(layers=(8,), members=2, elites=2, share=1.0, gradient=1e9)
    model = Ensemble(4, 2, config, seed=0)
    with torch.no_grad():
        mean, log_std, _ = model._predictions(context)
    assert log_std.std() > 0
    model.update(x, context)
    found = model.means.biases[-1].grad[:, 0]
    assert torch.allclose(found, (mean - x[:, :-1]).mean(dim=1) / 2, atol=1e-6)


def test_ridge_is_least_squares_and_forgets_nothing():
    draws = torch.Generator().manual_seed(0)
    c = torch.randn(200, 3, generator=draws)
    x = c @ torch.tensor([[1.0], [-2.0], [0.5]]) + 3.0 + 0.1 * torch.randn(200, 1, generator=draws)
    whole, parts = Ridge(1, 3, RidgeConfig(penalty=0.0)), Ridge(1, 3, RidgeConfig(penalty=0.0))
    whole.update(x, c)
    parts.update(x[:80], c[:80])
    parts.update(x[80:], c[80:])
    assert torch.allclose(whole.weight, parts.weight, atol=1e-5)
    oracle = torch.linalg.lstsq(torch.cat((c, torch.ones(200, 1)), dim=1), x).solution
    assert torch.allclose(whole.weight, oracle, atol=1e-4)
    assert whole.std.item() == pytest.approx(
        (x - torch.cat((c, torch.ones(200, 1)), 1) @ oracle).std().item(), rel=0.05
    )


def test_elites_are_the_members_that_score_best():
    model = Ensemble(2, 1, EnsembleConfig(members=3, elites=1, layers=(8,)), seed=0)
    x, context = torch.tensor([[0.0, -1.0]]).repeat(64, 1), torch.zeros(64, 1)
    with torch.no_grad():
        for member, shift in enumerate((5.0, 0.0, -5.0)):
            model.means.biases[-1][member, 0] = shift
    model.finish(x, context)
    assert model.elites.tolist() == [1]


def test_looking_back_marks_what_there_was():
    told = torch.arange(3.0).reshape(1, 3, 1) + 10
    seen = looking_back(told, 2)
    assert seen.tolist() == [[[0, 0], [10, 1]], [[10, 1], [11, 1]], [[11, 1], [12, 1]]]


def test_a_future_may_end_at_every_step():
    # Pieces of 4 steps count up; the first of the two ends with its last, and stays there.
    rows = torch.tensor([[0.0, 1, 2, 3], [4, 5, 6, 7]])[..., None]
    ends = torch.tensor([[-1.0, -1, -1, 1], [-1, -1, -1, -1]])[..., None]
    found = futures(torch.cat((rows, ends), dim=-1), 3)
    assert found[..., 0].tolist() == [[0, 1, 2], [1, 2, 3], [4, 5, 6], [5, 6, 7], [2, 3, 3], [3, 3, 3]]
    assert (found[..., 1] > 0).tolist()[-2:] == [[False, True, True], [True, True, True]]


def test_the_ridge_expects_its_regression():
    draws = torch.Generator().manual_seed(0)
    model, c = Ridge(1, 3, RidgeConfig()), torch.randn(50, 3, generator=draws)
    model.update(c[:, :1] + 0.1 * torch.randn(50, 1, generator=draws), c)
    drawn = model.sample(c, 20_000, draws)
    assert torch.allclose(model.expectation(drawn, c), drawn.mean(dim=0), atol=0.01)


@pytest.mark.parametrize("name", ["lstm", "gpt"])
def test_a_memory_that_no_window_fills_is_refused(name):
    config = replace(QUICK, **{name: replace(getattr(QUICK, name), memory=REMEMBERED + 1)})
    with pytest.raises(ValueError, match="1 to 12 steps; got a memory of 13"):
        fresh(name, config)


@pytest.mark.parametrize(
    ("config", "setting", "value", "words"),
    [
        (WorldConfig, "draws", 1, "2 draws or more; got 1"),
        (MultiStepConfig, "steps", 1, "2 steps or more; got 0, 64 and 1"),
        (MultiStepConfig, "one_step_weight", -1.0, "weight of single steps is 0 or more; got -1"),
    ],
)
def test_invalid_settings_are_refused(config, setting, value, words):
    with pytest.raises(ValueError, match=words):
        config(**{setting: value})


def test_learning_for_no_updates_changes_nothing():
    world = fresh("ensemble")
    before = [part.clone() for part in world.dynamics.parameters()]
    world.learn(wheel(seed=3), 0)
    assert all(
        torch.equal(one, other) for one, other in zip(before, world.dynamics.parameters(), strict=True)
    )


def test_segments_are_refused_by_a_family_of_single_steps():
    world = DynamicsModel("linear")
    with pytest.raises(NotImplementedError, match="single steps only"):
        world.fit(wheel(), wheel(10))


def test_an_unfitted_model_is_refused():
    with pytest.raises(RuntimeError, match="call fit"):
        DynamicsModel("linear").fitted()
