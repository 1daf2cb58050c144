"""Frames: a distance with known answers, and three painters that learn a square in its place."""

import numpy as np
import pytest
import torch

from gailforce.generative.families.dcgan import DCGAN, DCGANConfig, PairedConfig, Pix2Pix
from gailforce.generative.families.frame_vae import FrameVAE, FrameVAEConfig
from gailforce.generative.nn.frames import COLORS, PIXELS, SIDE
from gailforce.generative.nn.frechet import frechet_distance

MODELS = {
    "vae": lambda: FrameVAE(FrameVAEConfig(latent=4), seed=0),
    "dcgan": lambda: DCGAN(DCGANConfig(noise=4), seed=0),
    "pix2pix": lambda: Pix2Pix(1, PairedConfig(learning_rate=2e-3), seed=0),
}


def squares(count=32, seed=0):
    """A bright square at a place along the frame that the context says."""
    place = torch.rand(count, 1, generator=torch.Generator().manual_seed(seed))
    frames = -torch.ones(count, COLORS, SIDE, SIDE)
    for frame, at in zip(frames, (place[:, 0] * (SIDE - 8)).int().tolist(), strict=True):
        frame[:, 12:20, at : at + 8] = 1.0
    return frames.flatten(1), place


def taught(name, updates):
    model, (x, context) = MODELS[name](), squares()
    for _ in range(updates):
        metrics = model.update(x, context)
    return model, metrics


@pytest.mark.parametrize("name", MODELS)
def test_frames_are_drawn_within_their_bounds_and_again_the_same(name):
    model, metrics = taught(name, 3)
    context = squares(5)[1]
    one, other = (model.sample(context, 2, torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.shape == (2, 5, PIXELS)
    assert one.abs().max() <= 1.0
    assert torch.equal(one, other)
    assert np.isfinite(metrics["loss"])


def test_a_painter_of_states_puts_the_square_where_it_belongs():
    model, _ = taught("pix2pix", 120)
    x, context = squares(16, seed=5)
    painted = model.sample(context, 1, torch.Generator())[0]
    mean = squares()[0].mean(dim=0)
    assert (painted - x).abs().mean() < 0.6 * (mean - x).abs().mean()


def test_the_vae_tells_places_apart_and_learns():
    model, _ = taught("vae", 80)
    x, _ = squares(16, seed=5)
    start = MODELS["vae"]()
    none = x[:, :0]
    assert model.score(x, none).mean() > start.score(x, none).mean()
    assert model.encode(x).shape == (16, 4)


def test_the_distance_of_gaussians_by_hand():
    draws = np.random.default_rng(0)
    x = draws.normal(size=(20000, 2))
    assert frechet_distance(x, x) == pytest.approx(0.0, abs=1e-8)
    assert frechet_distance(x, x + 3.0) == pytest.approx(18.0, rel=1e-6)
    # (1 - 2)² for each of two columns.
    assert frechet_distance(x, 2 * x) == pytest.approx(2.0, rel=0.05)
