"""Frames: a small second domain. Do a VAE, a DCGAN and a painter of states paint the body as it looks?

`python -m gailforce.experiments.studies.frames_trial` renders frames of 32 x 32 pixels, trains the three,
writes `results/frames.json` and `docs/frames.png`: an unseen episode as it went and as it was dreamt and
painted, then unseen frames, and what pix2pix makes of their states, the VAE and the DCGAN of noise. Fréchet
distances are between features of the own encoder, a VAE trained on half of the frames.
"""

import time
from collections.abc import Sequence
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
# Steps of the unseen episode that pass before the dream begins.
BEFORE = 100

Pixels = Float[torch.Tensor, "_ X"]


class Seen(NamedTuple):
    """States in their unit, and how they look."""

    state: Float[torch.Tensor, "N S"]
    frames: Pixels


def rendered(env: str, states: Float[np.ndarray, "N S"]) -> Pixels:
    """Frames of states, drawn large and made small, from -1 to 1."""
    frames = []
    with StateRenderer(body_of(env), 4 * SIDE, 4 * SIDE) as renderer:
        for state in states:
            large = Image.fromarray(np.asarray(renderer.frame(state)))
            small = np.asarray(large.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
            frames.append(small.transpose(2, 0, 1).ravel() / 127.5 - 1)
    return torch.from_numpy(np.stack(frames))


def taught(model: GenerativeModel, seen: Seen, updates: int) -> float:
    """Train on random batches; returns the minutes it took."""
    draws, started = torch.Generator().manual_seed(0), time.perf_counter()
    for _ in range(updates):
        at = torch.randint(len(seen.frames), (BATCH,), generator=draws)
        model.update(seen.frames[at], seen.state[at])
    return (time.perf_counter() - started) / 60


def baselines(frames: Pixels, held_out: Pixels) -> dict[str, Pixels]:
    """What a painter must beat, and what it cannot."""
    mixed = torch.randperm(held_out.shape[1], generator=torch.Generator().manual_seed(0))
    some = torch.randperm(len(frames), generator=torch.Generator().manual_seed(1))[: len(held_out)]
    return {
        "real frames": frames[some],
        "mean image": frames.mean(dim=0).expand(len(held_out), -1),
        "shuffled pixels": held_out[:, mixed],
    }


@dataclass
class FramesTrial:
    """Render, train, compare, paint a dream."""

    env: str = "hopper"
    demos: str = "hopper-speeds"
    # Frames to learn from, at least where there are as many, and gradient steps of each model.
    frames: int = 6000
    updates: int = 3000
    out: Path = Path("results/frames.json")
    picture: Path = Path("docs/frames.png")
    # Of the dream that is painted.
    world: WorldConfig = field(default_factory=lambda: WorldConfig(multi_step=MultiStepConfig(updates=2000)))

    def run(self) -> None:
        """All of it, with one seed."""
        one_thread()
        training = list(Demonstrations.load(self.demos))
        unseen = list(Demonstrations.load(self.demos, split="validation"))
        states = np.concatenate([states_of(e)[:, 1:] for e in training])
        unit = Standard.of(torch.from_numpy(states).float())
        seen = self._seen(training, unit, max(1, len(states) // self.frames))
        held_out = self._seen(unseen, unit, 5)
        found, painted, painter = self._trained(seen, held_out)
        imagined = self._dream(painter, unit, training, unseen[0])
        rows = [part[: ROW * 7 : 7] for part in (held_out.frames, *painted.values())]
        save_rows([*imagined, *rows], self.picture)
        about = {"kind": "frames", "environment": self.env, "frames": len(seen.frames)}
        settings = {"updates": self.updates, "world": heeded("ensemble", self.world)}
        write_result(self.out, {**about, "settings": settings, "found": found})

    def _seen(self, episodes: Sequence[Trajectory], unit: Standard, every: int) -> Seen:
        states = np.concatenate([states_of(e) for e in episodes])[::every]
        return Seen(unit.scaled(torch.from_numpy(states[:, 1:]).float()), rendered(self.env, states))

    def _trained(
        self, seen: Seen, held_out: Seen
    ) -> tuple[dict[str, dict[str, Any]], dict[str, Pixels], Pix2Pix]:
        """Every model trained, and judged by an encoder of its own."""
        eye = FrameVAE(FrameVAEConfig(), seed=1)
        taught(eye, Seen(seen.state[::2], seen.frames[::2]), self.updates)
        painter = Pix2Pix(seen.state.shape[1], PairedConfig(), seed=0)
        models: dict[str, GenerativeModel] = {
            "pix2pix": painter,
            "vae": FrameVAE(FrameVAEConfig(), seed=0),
            "dcgan": DCGAN(DCGANConfig(), seed=0),
        }
        found: dict[str, dict[str, Any]] = {}
        painted = {}
        for name, model in models.items():
            found[name] = {"minutes": round(taught(model, seen, self.updates), 2)}
            painted[name] = model.sample(held_out.state, 1, torch.Generator().manual_seed(0))[0]
        for name, frames in {**painted, **baselines(seen.frames, held_out.frames)}.items():
            judged = {"frechet": _frechet(eye, frames, held_out.frames)}
            if name in ("pix2pix", "mean image"):
                judged["absolute error"] = (frames - held_out.frames).abs().mean().item()
            found[name] = {**found.get(name, {}), **judged}
            print(name, found[name], flush=True)
        return found, painted, painter

    def _dream(
        self, painter: Pix2Pix, unit: Standard, training: Sequence[Trajectory], episode: Trajectory
    ) -> tuple[Pixels, Pixels]:
        """An unseen episode as it went, and as it is imagined from its start and actions and painted."""
        world = WorldModel("ensemble", self.env, config=self.world)
        world.fit(training)
        last = BEFORE + ROW * APART
        states = states_of(episode)[BEFORE : last + 1]
        path = open_loop(world)(states[None, :, 1:], episode.actions[None, BEFORE:last])[0]
        imagined = painter.sample(unit.scaled(torch.from_numpy(path).float()), 1, torch.Generator())[0]
        return rendered(self.env, states[::APART])[:ROW], imagined[::APART][:ROW]


def _frechet(eye: FrameVAE, x: Pixels, y: Pixels) -> float:
    with torch.no_grad():
        return frechet_distance(eye.encode(x).double().numpy(), eye.encode(y).double().numpy())


def save_rows(rows: Sequence[Pixels], path: Path) -> None:
    """A picture with a row for each sample of frames."""
    lines = [torch.cat(list(part.view(-1, COLORS, SIDE, SIDE)), dim=2) for part in rows]
    pixels = ((torch.cat(lines, dim=1).clamp(-1, 1) + 1) * 127.5).byte().permute(1, 2, 0).numpy()
    image = Image.fromarray(pixels)
    image.resize((ENLARGED * image.width, ENLARGED * image.height), Image.Resampling.NEAREST).save(path)


if __name__ == "__main__":
    tyro.cli(FramesTrial).run()
