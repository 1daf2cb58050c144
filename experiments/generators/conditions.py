"""Conditions that a generator was not fitted on: a speed, states to start from, and what really follows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ...agents.generation import forward_speed
from ...demos.dataset import Demonstrations
from ...demos.physics_residual import states_of
from ...demos.trajectory import Trajectory
from ...envs.body import Body
from ...envs.errors import DataError


@dataclass(frozen=True)
class Condition:
    """One speed.

    Attributes:
        speed: of the episode that the starts come from [m/s].
        real: pieces of that episode; the first state of each is a start.
        reference: further episodes at that speed, which share no step with those pieces.
    """

    speed: float
    real: tuple[Trajectory, ...]
    reference: tuple[Trajectory, ...]

    @property
    def starts(self) -> Float[np.ndarray, "B S"]:
        """Where each piece begins."""
        return np.stack([states_of(piece)[0] for piece in self.real])


def piece(episode: Trajectory, first: int, steps: int) -> Trajectory:
    """Steps of an episode as a trajectory of its own, cut short unless it ends with the episode's end."""
    last = first + steps
    at_end = last == len(episode)
    return Trajectory(
        obs=episode.obs[first : last + 1],
        actions=episode.actions[first:last],
        terminated=episode.terminated and at_end,
        truncated=not (episode.terminated and at_end),
        states=states_of(episode)[first : last + 1],
        source=episode.source,
    )


def conditions_of(unseen: Demonstrations, body: Body, pieces: int, steps: int) -> list[Condition]:
    """One for every source among the episodes: its first episode gives the starts, the others the reference.

    Raises:
        DataError: a source with a single episode, or episodes too short.
    """
    found = []
    for source in sorted({episode.source for episode in unseen}):
        first, *others = [episode for episode in unseen if episode.source == source]
        if not others or len(first) < steps:
            raise DataError(
                f"the condition {source!r} needs two episodes of {steps} steps or more; "
                f"it has {1 + len(others)}, the first of {len(first)} steps"
            )
        begins = np.linspace(0, len(first) - steps, pieces).astype(int)
        found.append(
            Condition(
                float(forward_speed(first, body.dt)[0]),
                tuple(piece(first, int(i), steps) for i in begins),
                tuple(others),
            )
        )
    return found


def shuffled(pieces: Sequence[Trajectory], seed: int = 0) -> list[Trajectory]:
    """The same states with the actions of a piece in another order: right marginals, wrong physics."""
    draws = np.random.default_rng(seed)
    return [
        Trajectory(
            obs=one.obs,
            actions=one.actions[draws.permutation(len(one))],
            terminated=one.terminated,
            truncated=one.truncated,
            states=one.states,
            source="shuffled",
        )
        for one in pieces
    ]
