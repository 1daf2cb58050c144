"""Augmentation: few demonstrations and pieces like them that a generator drew and physics agrees with.

After SynthER (Lu et al. 2023), with a simulator as the judge of what is kept.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ...demos.dataset import Demonstrations
from ...demos.physics_residual import states_of
from ...demos.trajectory import Trajectory
from ...envs.errors import DataError
from ...generative.interfaces.window_model import FitConfig
from ...generative.trajectories.generator_families import GeneratorConfig, heeded
from .generator import STEPS, TrajectoryGenerator

# Steps drawn for each demonstrated one, before physics is asked.
GROWTH = 4
# Windows of few demonstrations are learned sooner than those of many.
FEW = GeneratorConfig(diffusion_fit=FitConfig(updates=5000))
# A piece is kept when nine in ten of its steps depart less from physics; of a standard change. With 0.5
# clones of two demonstrations and their pieces fall (docs/trials.md).
LIMIT = 0.2


def augmented(
    demos: Demonstrations, generator: str = "diffusion", seed: int = 0, config: GeneratorConfig | None = None
) -> Demonstrations:
    """The demonstrations and what a generator fitted to them adds, without rewards.

    Raises:
        UsageError: an unknown generator, or demonstrations that are subsampled.
        DataError: demonstrations without states, or no piece that physics agrees with.
    """
    model = TrajectoryGenerator(generator, seed, config or FEW).fit(demos)
    drawn = pieces_like(model, demos, GROWTH * demos.steps // STEPS, seed)
    accepted = [piece for piece in drawn if passes(piece)]
    if not accepted:
        raise DataError(
            f"of {len(drawn)} pieces drawn by {generator} physics agrees with none; "
            "give more demonstrations, or another --augment"
        )
    own = [replace(episode, rewards=None, residual=None) for episode in demos]
    return replace(
        demos, trajectories=[*own, *(replace(piece, residual=None) for piece in accepted)], phases=()
    )


def augmentation_settings(generator: str) -> dict[str, Any]:
    """All that `augmented` depends on by default but demonstrations and seed."""
    return {"generator": generator, "growth": GROWTH, "limit": LIMIT, **heeded(generator, FEW)}


def pieces_like(
    model: TrajectoryGenerator, demos: Demonstrations, count: int, seed: int = 0
) -> list[Trajectory]:
    """Pieces of a window's length from states anywhere in the demonstrations, at their episodes' speeds."""
    draws, episodes = np.random.default_rng(seed), list(demos)
    chosen = draws.integers(len(episodes), size=count)
    starts = np.stack([states_of(episodes[i])[draws.integers(len(episodes[i]))] for i in chosen])
    return model.generate(starts, model.known_conditions[chosen, 0], STEPS, seed)


def passes(piece: Trajectory, limit: float = LIMIT) -> bool:
    """Whether physics agrees with nine in ten of a piece's steps."""
    return piece.residual is not None and bool(np.quantile(piece.residual, 0.9) < limit)
