"""Contracts of every generator of trajectories, on a motion whose law is known: a turning wheel."""

import functools
from dataclasses import replace

import pytest
import torch
from torch import nn

from gailforce.generative.families.conditional_gan import ConditionalGANConfig
from gailforce.generative.families.lstm import LSTMConfig
from gailforce.generative.families.markov import HMMConfig
from gailforce.generative.families.mixture import MixtureConfig
from gailforce.generative.families.trajectory_diffusion import TrajectoryDiffusionConfig
from gailforce.generative.families.transformer import GPTConfig
from gailforce.generative.families.vae import VAEConfig
from gailforce.generative.interfaces.gaussian_head import GaussianModel, Mixture
from gailforce.generative.interfaces.motion import Motion
from gailforce.generative.interfaces.window_context import Known
from gailforce.generative.interfaces.window_model import FitConfig, WindowShape
from gailforce.generative.nn.gaussians import PriorConfig
from gailforce.generative.trajectories.beam import Beam
from gailforce.generative.trajectories.decoding import DecodingConfig
from gailforce.generative.trajectories.generator_families import GENERATORS, GeneratorConfig, joint_tracks
from gailforce.generative.trajectories.trajectory_generator import WindowGenerator

STEPS, TURN = 8, 0.3
QUICK = GeneratorConfig(
    fit=FitConfig(updates=30, batch_size=16),
    diffusion_fit=FitConfig(updates=30, batch_size=16),
    diffusion=TrajectoryDiffusionConfig(widths=(16, 16), embedded=16, times=10, steps=4),
    vae=VAEConfig(layers=(32,), latent=4),
    wgan_gp=ConditionalGANConfig(widths=(16, 16), critic=(16, 16)),
    gpt=GPTConfig(memory=3, features=16, heads=2, blocks=1),
    lstm=LSTMConfig(memory=3, features=16),
    hmm=HMMConfig(phases=4, sweeps=10),
    gmm=MixtureConfig(parts=(4,), prior=PriorConfig(prior_std=0.05)),
)


def wheel(count=40, speed=None, seed=0):
    """Points on a circle that turn by 0.3 times their condition a step; a place on the ground grows too."""
    draws = torch.Generator().manual_seed(seed)
    speed = 0.5 + torch.rand(count, 1, generator=draws) if speed is None else speed
    angle = 6.28 * torch.rand(count, 1, generator=draws) + TURN * speed * torch.arange(STEPS + 1)
    path = torch.stack((angle.cos(), angle.sin()), dim=-1)
    change = torch.cat((speed[:, :, None].expand(-1, STEPS, 1), path.diff(dim=1)), dim=-1)
    action = angle[:, :-1, None].sin()
    return Motion(path[:, :-1], change, action, torch.zeros(count, STEPS, 1)), speed


def fresh(name, config=QUICK, seed=0):
    generator = WindowGenerator(name, seed, config)
    generator.fit(*wheel())
    return generator


# A fit is shared by all tests that only ask it.
fitted = functools.cache(fresh)


def draw(generator, count=5, horizon=STEPS, seed=1):
    motion, speed = wheel(count, seed=7)
    return generator.sample(motion.state[:, 0], speed, horizon, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", GENERATORS)
def test_every_family_draws_finite_motions_of_the_length_asked_for(name):
    drawn = draw(fitted(name), horizon=STEPS + 3)
    assert [tuple(part.shape) for part in drawn.motion] == [(5, STEPS + 3, width) for width in (2, 3, 1, 1)]
    assert drawn.path.shape == (5, STEPS + 4, 2)
    assert all(torch.isfinite(part).all() for part in (*drawn.motion, drawn.path))
    assert set(drawn.motion.ended.unique().tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("name", [name for name, family in GENERATORS.items() if not family.control])
def test_a_motion_begins_where_it_was_told_to(name):
    start = wheel(5, seed=7)[0].state[:, 0]
    assert torch.allclose(draw(fitted(name)).path[:, 0], start, atol=1e-3)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_same_seeds_draw_the_same_bits(name):
    one, other = (draw(generator) for generator in (fitted(name), fresh(name)))
    assert torch.equal(one.path, other.path)
    assert torch.equal(one.motion.action, other.motion.action)


@pytest.mark.parametrize("name", GENERATORS)
def test_states_and_changes_of_a_motion_agree(name):
    drawn = draw(fitted(name))
    assert torch.allclose(drawn.path.diff(dim=1), drawn.motion.change[..., 1:], atol=1e-5)
    assert torch.equal(drawn.path[:, :-1], drawn.motion.state)


@pytest.mark.parametrize("name", [name for name, family in GENERATORS.items() if family.fills])
def test_what_is_known_is_kept_and_gaps_are_filled(name):
    generator, (motion, speed) = fitted(name), wheel(5, seed=8)
    mask = torch.ones(5, STEPS, 7)
    mask[:, 2:5] = 0.0
    drawn = generator.inpaint(motion, mask, speed, torch.Generator().manual_seed(0))
    assert torch.isfinite(drawn.path).all()
    if not GENERATORS[name].control:
        known = [0, 1, 5, 6, 7]
        assert torch.allclose(drawn.path[:, known], motion.state[:, known], atol=1e-2)


@pytest.mark.parametrize("name", [name for name, family in GENERATORS.items() if not family.fills])
def test_what_cannot_fill_gaps_names_those_that_can(name):
    motion, speed = wheel(5)
    mask = torch.ones(5, STEPS, 7)
    mask[:, 3] = 0
    with pytest.raises(ValueError, match="diffusion"):
        fitted(name).inpaint(motion, mask, speed, torch.Generator())


def test_masks_that_cannot_be_meant_are_refused():
    generator, (motion, speed) = fitted("copy"), wheel(5)
    with pytest.raises(ValueError, match="covers everything"):
        generator.inpaint(motion, torch.ones(5, STEPS, 7), speed, torch.Generator())
    with pytest.raises(ValueError, match="learned windows of"):
        generator.inpaint(motion, torch.zeros(5, STEPS, 3), speed, torch.Generator())
    with pytest.raises(RuntimeError, match="call fit"):
        draw(WindowGenerator("copy"))


def test_a_copy_is_a_training_window_and_the_nearest_begins_near():
    motion, _ = wheel()
    known = {tuple(row.flatten().tolist()) for row in motion.action}
    drawn = draw(fitted("copy"))
    copied = {tuple(round(v, 4) for v in row.flatten().tolist()) for row in drawn.motion.action}
    assert copied <= {tuple(round(v, 4) for v in row) for row in known}
    start = wheel(5, seed=7)[0].state[:, 0]
    near, any_ = (
        (draw(fitted(name)).motion.state[:, 0] - start).norm(dim=1).mean() for name in ("nearest", "copy")
    )
    assert near < any_


@pytest.mark.parametrize("name", ["linear", "gmm"])
def test_regression_learns_a_law_that_is_nearly_linear(name):
    motion, speed = wheel(5, seed=7)
    found = draw(fitted(name))
    # A turn by a known angle is linear in the state; the angle itself differs between wheels.
    error = (found.motion.change[:, 0, 1:] - motion.change[:, 0, 1:]).norm(dim=1)
    assert (error < 0.5 * motion.change[:, 0, 1:].norm(dim=1)).all()
    assert speed.shape == (5, 1)


def test_a_diffusion_that_learned_longer_comes_nearer():
    motion, _ = wheel(5, seed=7)
    errors = []
    for updates in (5, 400):
        config = replace(QUICK, diffusion_fit=FitConfig(updates=updates, batch_size=32))
        errors.append((draw(fitted("diffusion", config)).path[:, :-1] - motion.state).norm(dim=-1).mean())
    assert errors[1] < 0.6 * errors[0]


def test_tracks_share_out_all_columns_joint_by_joint():
    # The hopper: 11 state columns (5 positions, 6 speeds), 12 changes, 3 actions, 1 end.
    tracks = joint_tracks(WindowShape(32, 27, 11, 3, 1))
    assert sorted(column for track in tracks for column in track) == list(range(27))
    # The first joint: its angle, its speed, their changes, its action.
    assert tracks[1] == (2, 8, 14, 20, 23)


def test_a_beam_of_one_is_greedy_and_a_wider_one_draws_finite_windows():
    def drawn(name, **decoding):
        return draw(fitted(name, replace(QUICK, decoding=DecodingConfig(**decoding))))

    for name in ("gpt", "lstm"):
        greedy, narrow, wide = (drawn(name, **d) for d in ({"temperature": 0.0}, {"beam": 1}, {"beam": 4}))
        assert torch.allclose(greedy.path, narrow.path, atol=1e-5)
        assert wide.path.shape == narrow.path.shape
        assert torch.isfinite(wide.path).all()


def test_a_beam_finds_the_likeliest_path_of_a_tree_that_misleads_the_greedy():
    shape = WindowShape(steps=2, columns=3, state=1, action=0, condition=1)

    class Misleading(GaussianModel):
        def __init__(self):
            nn.Module.__init__(self)

        def mixture(self, context):
            # First step: 0.6 to -1 or 0.4 to +1. After -1 ten ways of 0.1 each, after +1 one of 0.99.
            state = context[:, -1, 0]
            first = torch.tensor([0.6, 0.4] + [0.0] * 8)
            after = torch.where(
                state[:, None] > 0, torch.tensor([0.99, 0.01] + [0.0] * 8), torch.full((10,), 0.1)
            )
            weight = torch.where((state == 0)[:, None], first, after)
            mean = torch.zeros(len(state), 10, 2)
            mean[:, 0, 0], mean[:, 1, 0] = -1.0, 1.0
            return Mixture((weight + 1e-9).log(), mean, torch.zeros_like(mean))

    known = Known(torch.zeros(1, 1), torch.zeros(1, 2, 3), torch.zeros(1, 2, 3))
    first = [
        Beam(Misleading(), shape, 1, FitConfig(), width).draw(known, torch.Generator())[0, 0, 1].item()
        for width in (1, 4)
    ]
    assert first == [-1.0, 1.0]


def test_a_walk_through_codes_goes_from_one_window_to_another_in_small_steps():
    generator, (motion, speed) = fitted("vae"), wheel(1, seed=7)
    walked = generator.walk(motion.state[0, 0], speed[0], 9, torch.Generator().manual_seed(0))
    assert torch.allclose(walked.path[:, 0], motion.state[0, :1].expand(9, -1), atol=1e-3)
    steps = walked.path.diff(dim=0).norm(dim=-1).mean(dim=1)
    whole = (walked.path[-1] - walked.path[0]).norm(dim=-1).mean()
    assert steps.max() < whole
    with pytest.raises(ValueError, match="take vae"):
        fitted("copy").walk(motion.state[0, 0], speed[0], 3, torch.Generator())
