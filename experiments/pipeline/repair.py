"""Repair of lossy recordings by a trajectory generator."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.models.generator import TrajectoryGenerator
from ...agents.models.repair import as_trajectory, denoised, repaired
from ...demos.dataset import Demonstrations
from ...demos.lossy import Recording, read_recordings
from ...envs.errors import UsageError
from ...envs.registry import body as body_of
from ...generative.interfaces.window_model import FitConfig
from ...generative.trajectories.generator_families import GENERATORS, GeneratorConfig
from ..runs.process import one_thread
from ..scoring.card import card_of


@dataclass
class RepairOptions:
    """How lossy recordings are repaired."""

    # Trajectory generator that fills the gaps; a wrong name lists them.
    generator: str = "diffusion"
    # Whole demonstrations to fit the generator to; by default the shipped expert's.
    like: str | None = None
    # Frames to make of each recorded one, usually 1-4; 4 raises 31 Hz to 125 Hz.
    rate: int = 1
    # Noise to remove from states and actions, in standard deviations, usually 0-0.3.
    noise: float = 0.0
    # Random seed.
    seed: int = 0
    # Gradient steps of the generator's training; by default its family's.
    updates: int | None = None

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise UsageError(f"--rate must be at least 1, got {self.rate}")
        if not self.noise >= 0:
            raise UsageError(f"--noise must be at least 0, got {self.noise}")


@dataclass(frozen=True)
class Repaired:
    """A repair's file and figures."""

    path: Path
    episodes: int
    frames_filled: int
    # Median over all steps, in standard deviations of a one-step change.
    physics_residual: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "path": str(self.path),
            "episodes": self.episodes,
            "frames filled": self.frames_filled,
            "physics residual, median": self.physics_residual,
        }


def repair(path: str, env: str, out: Path, options: RepairOptions) -> Repaired:
    """Fill and clean the recordings of a file, and write them as demonstrations marked synthetic.

    Raises:
        UsageError: a generator that cannot fill, or nothing to repair.
        DataError: a file that is none, or recordings too short.
    """
    one_thread()
    body = body_of(env)
    lossy = read_recordings(path, body, options.rate)
    able = [name for name, family in GENERATORS.items() if family.fills]
    if options.generator in GENERATORS and options.generator not in able:
        raise UsageError(f"the generator {options.generator} fills no gaps; these do: {', '.join(able)}")
    demos = Demonstrations.load(options.like or f"{body.name}-expert")
    config = GeneratorConfig()
    if options.updates is not None:
        fit = FitConfig(options.updates)
        config = GeneratorConfig(fit=fit, diffusion_fit=fit)
    generator = TrajectoryGenerator(options.generator, options.seed, config).fit(demos)
    filled = [_filled(generator, recording, options) for recording in lossy]
    episodes = [as_trajectory(generator, one, f"repaired by {options.generator}") for one in filled]
    # Made by a model, so no expert's reference applies.
    card = replace(card_of(env, options.generator, f"repaired from {Path(path).name}"), reference_return=None)
    residual = np.concatenate([e.residual for e in episodes if e.residual is not None])
    return Repaired(
        path=Demonstrations(episodes, card, out.stem).save(out),
        episodes=len(episodes),
        frames_filled=int(sum((~recording.known).sum() for recording in lossy)),
        physics_residual=float(np.median(residual)),
    )


def _filled(generator: TrajectoryGenerator, lossy: Recording, options: RepairOptions) -> Recording:
    """Filled where something is missing, then cleaned if asked to."""
    whole = lossy.known.all() and np.isfinite(lossy.actions).all()
    speed = lossy.speed(generator.body.dt)
    if whole and not options.noise:
        raise UsageError("nothing is missing in this recording; add --noise to clean it")
    filled = lossy if whole else repaired(generator, lossy, speed, options.seed)
    if not options.noise:
        return filled
    return denoised(generator, filled, options.noise, speed, options.seed)
