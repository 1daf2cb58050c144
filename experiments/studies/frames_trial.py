"""Image models of the body: a VAE, a DCGAN, and pix2pix from states, beside real frames and baselines.

`python -m gailforce.experiments.studies.frames_trial` renders frames of 32 x 32 pixels, trains the three,
and writes `results/frames.json` and `docs/frames.png`. The picture shows an unseen episode as it was played
and as a world model and pix2pix predict it; below, unseen frames and those that the three models generate.
Fréchet distances are between features of an encoder of our own, a VAE trained on half of the frames.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import tyro
from jaxtyping import Float
from PIL import Image

from ...agents.models.world import WorldModel
from ...demos.dataset import Demonstrations
from ...demos.physics_residual import states_of
from ...demos.trajectory import Trajectory
from ...envs.registry import body as body_of
from ...envs.rendering import StateRenderer
from ...generative.families.dcgan import DCGAN, DCGANConfig, PairedConfig, Pix2Pix
from ...generative.families.frame_vae import FrameVAE, FrameVAEConfig
from ...generative.interfaces.model import GenerativeModel
from ...generative.interfaces.standardize import Standard
from ...generative.nn.frames import COLORS, SIDE
from ...generative.nn.frechet import frechet_distance
from ...generative.worlds.dynamics import MultiStepConfig
from ...generative.worlds.world_families import WorldConfig, heeded
from ..runs.process import one_thread
from ..runs.provenance import write_result
from .worlds.truth import open_loop

# Frames in a row of the picture, steps between them, and how much larger they are shown.
ROW, APART, ENLARGED = 12, 4, 4
BATCH = 64
# Steps of the unseen episode before the prediction begins.
BEFORE = 100
RESULT = Path("results/frames.json")

Pixels = Float[torch.Tensor, "_ X"]


class Views(NamedTuple):
    """States in their unit, and their frames."""

    state: Float[torch.Tensor, "N S"]
    frames: Pixels


@dataclass(frozen=True)
class FramesScore:
    """How near frames are to unseen ones.

    Attributes:
        frechet: Fréchet distance.
        absolute_error: mean over pixels; None for frames that belong to no state.
        minutes: time of the training [min]; None for baselines.
    """

    frechet: float
    absolute_error: float | None = None
    minutes: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, without those that are None."""
        plain = {"minutes": self.minutes, "frechet": self.frechet, "absolute error": self.absolute_error}
        return {key: value for key, value in plain.items() if value is not None}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "FramesScore":
        """The score that `to_json` wrote."""
        return cls(plain["frechet"], plain.get("absolute error"), plain.get("minutes"))


def read_frames_scores(path: Path = RESULT) -> dict[str, FramesScore]:
    """The stored scores of all models and baselines."""
    return {
        name: FramesScore.from_json(score) for name, score in json.loads(path.read_text())["found"].items()
    }


def rendered(env: str, states: Float[np.ndarray, "N S"]) -> Pixels:
    """Frames of states, rendered large and scaled down, from -1 to 1."""
    frames = []
    with StateRenderer(body_of(env), 4 * SIDE, 4 * SIDE) as renderer:
        for state in states:
            large = Image.fromarray(np.asarray(renderer.frame(state)))
            small = np.asarray(large.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
            frames.append(small.transpose(2, 0, 1).ravel() / 127.5 - 1)
    return torch.from_numpy(np.stack(frames))


def fit(model: GenerativeModel, views: Views, updates: int) -> float:
    """Train on random batches; returns the time it took [min]."""
    draws, started = torch.Generator().manual_seed(0), time.perf_counter()
    for _ in range(updates):
        at = torch.randint(len(views.frames), (BATCH,), generator=draws)
        model.update(views.frames[at], views.state[at])
    return (time.perf_counter() - started) / 60


def baselines(frames: Pixels, held_out: Pixels) -> dict[str, Pixels]:
    """Real frames, which no model can beat, and two baselines that a model must beat."""
    mixed = torch.randperm(held_out.shape[1], generator=torch.Generator().manual_seed(0))
    some = torch.randperm(len(frames), generator=torch.Generator().manual_seed(1))[: len(held_out)]
    return {
        "real frames": frames[some],
        "mean image": frames.mean(dim=0).expand(len(held_out), -1),
        "shuffled pixels": held_out[:, mixed],
    }


@dataclass
class FramesTrial:
    """Render, train, compare, draw a picture."""

    env: str = "hopper"
    demos: str = "hopper-speeds"
    # Frames to learn from, at least where there are as many, and gradient steps of each model.
    frames: int = 6000
    updates: int = 3000
    out: Path = RESULT
    picture: Path = Path("docs/frames.png")
    # Of the world model that predicts the episode of the picture.
    world: WorldConfig = field(default_factory=lambda: WorldConfig(multi_step=MultiStepConfig(updates=2000)))

    def run(self) -> None:
        """All of it, with one seed."""
        one_thread()
        training = list(Demonstrations.load(self.demos))
        unseen = list(Demonstrations.load(self.demos, split="validation"))
        states = np.concatenate([states_of(e)[:, 1:] for e in training])
        unit = Standard.of(torch.from_numpy(states).float())
        views = self._views(training, unit, max(1, len(states) // self.frames))
        held_out = self._views(unseen, unit, 5)
        pix2pix = Pix2Pix(views.state.shape[1], PairedConfig(), seed=0)
        models: dict[str, GenerativeModel] = {
            "pix2pix": pix2pix,
            "vae": FrameVAE(FrameVAEConfig(), seed=0),
            "dcgan": DCGAN(DCGANConfig(), seed=0),
        }
        scores, generated = self._scored(models, views, held_out)
        episode = self._predicted(pix2pix, unit, training, unseen[0])
        rows = [part[: ROW * 7 : 7] for part in (held_out.frames, *generated.values())]
        save_rows([*episode, *rows], self.picture)
        about = {"kind": "frames", "environment": self.env, "frames": len(views.frames)}
        settings = {"updates": self.updates, "world": heeded("ensemble", self.world)}
        plain = {name: score.to_json() for name, score in scores.items()}
        write_result(self.out, {**about, "settings": settings, "found": plain})

    def _views(self, episodes: Sequence[Trajectory], unit: Standard, every: int) -> Views:
        states = np.concatenate([states_of(e) for e in episodes])[::every]
        return Views(unit.scaled(torch.from_numpy(states[:, 1:]).float()), rendered(self.env, states))

    def _scored(
        self, models: Mapping[str, GenerativeModel], views: Views, held_out: Views
    ) -> tuple[dict[str, FramesScore], dict[str, Pixels]]:
        """Scores of every model and baseline by an encoder of our own, and the frames of every model."""
        encoder = FrameVAE(FrameVAEConfig(), seed=1)
        fit(encoder, Views(views.state[::2], views.frames[::2]), self.updates)
        minutes, generated = {}, {}
        for name, model in models.items():
            minutes[name] = round(fit(model, views, self.updates), 2)
            generated[name] = model.sample(held_out.state, 1, torch.Generator().manual_seed(0))[0]
        scores = {}
        for name, frames in {**generated, **baselines(views.frames, held_out.frames)}.items():
            paired = name in ("pix2pix", "mean image")
            error = (frames - held_out.frames).abs().mean().item() if paired else None
            scores[name] = FramesScore(_frechet(encoder, frames, held_out.frames), error, minutes.get(name))
            print(name, scores[name].to_json(), flush=True)
        return scores, generated

    def _predicted(
        self, pix2pix: Pix2Pix, unit: Standard, training: Sequence[Trajectory], episode: Trajectory
    ) -> tuple[Pixels, Pixels]:
        """Frames of an unseen episode: as it was played, and as predicted from one state and its actions."""
        world = WorldModel("ensemble", self.env, config=self.world)
        world.fit(training)
        last = BEFORE + ROW * APART
        states = states_of(episode)[BEFORE : last + 1]
        path = open_loop(world)(states[None, :, 1:], episode.actions[None, BEFORE:last])[0]
        frames = pix2pix.sample(unit.scaled(torch.from_numpy(path).float()), 1, torch.Generator())[0]
        return rendered(self.env, states[::APART])[:ROW], frames[::APART][:ROW]


def _frechet(encoder: FrameVAE, x: Pixels, y: Pixels) -> float:
    with torch.no_grad():
        return frechet_distance(encoder.encode(x).double().numpy(), encoder.encode(y).double().numpy())


def save_rows(rows: Sequence[Pixels], path: Path) -> None:
    """A picture with a row for each sample of frames."""
    lines = [torch.cat(list(part.view(-1, COLORS, SIDE, SIDE)), dim=2) for part in rows]
    pixels = ((torch.cat(lines, dim=1).clamp(-1, 1) + 1) * 127.5).byte().permute(1, 2, 0).numpy()
    image = Image.fromarray(pixels)
    image.resize((ENLARGED * image.width, ENLARGED * image.height), Image.Resampling.NEAREST).save(path)


if __name__ == "__main__":
    tyro.cli(FramesTrial).run()
