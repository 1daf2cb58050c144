"""The trial of frames: every image model is scored beside baselines, and the picture has all rows."""

import torch
from PIL import Image

from gailforce.demos.dataset import Demonstrations
from gailforce.experiments.studies.frames_trial import (
    ENLARGED,
    ROW,
    FramesTrial,
    baselines,
    read_frames_scores,
    rendered,
)
from gailforce.generative.interfaces.window_model import FitConfig
from gailforce.generative.nn.frames import PIXELS, SIDE
from gailforce.generative.worlds.dynamics import MultiStepConfig
from gailforce.generative.worlds.world_families import WorldConfig

BRIEF = WorldConfig(
    fit=FitConfig(updates=5, batch_size=16), multi_step=MultiStepConfig(updates=2, batch_size=4)
)


def test_frames_of_states_show_the_body_where_it_is():
    states = Demonstrations.load("hopper-expert")[0].states[[0, 0, 60]]
    first, again, later = rendered("hopper", states)
    assert first.shape == (PIXELS,)
    assert first.abs().max() <= 1
    assert torch.equal(first, again)
    assert (first - later).abs().max() > 0.2


def test_baselines_are_the_mean_and_the_same_pixels_in_another_order():
    draws = torch.Generator().manual_seed(0)
    frames, held_out = torch.rand(8, PIXELS, generator=draws), torch.rand(4, PIXELS, generator=draws)
    mean, shuffled = (baselines(frames, held_out)[name] for name in ("mean image", "shuffled pixels"))
    assert torch.allclose(mean[3], frames.mean(dim=0))
    assert torch.equal(shuffled.sort(dim=1).values, held_out.sort(dim=1).values)
    assert not torch.equal(shuffled, held_out)


def test_a_trial_scores_all_image_models_and_draws_a_prediction(tmp_path):
    out, picture = tmp_path / "frames.json", tmp_path / "frames.png"
    FramesTrial(frames=100, updates=2, out=out, picture=picture, world=BRIEF).run()
    scores = read_frames_scores(out)
    assert list(scores) == ["pix2pix", "vae", "dcgan", "real frames", "mean image", "shuffled pixels"]
    assert scores["real frames"].frechet < scores["shuffled pixels"].frechet
    assert scores["pix2pix"].absolute_error is not None
    assert scores["vae"].absolute_error is None
    # Played, predicted, unseen, and the frames of each of three models.
    assert Image.open(picture).size == (ENLARGED * SIDE * ROW, ENLARGED * SIDE * 6)
