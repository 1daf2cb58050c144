"""Conditions that a generator was not fitted on: a speed, states to start from, and what really follows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ....agents.models.generator import forward_speed
from ....demos.dataset import Demonstrations
from ....demos.physics_residual import states_of
from ....demos.trajectory import Trajectory
from ....envs.body import Body
from ....envs.errors import DataError

# Episodes of each speed that give starts in turn: how near two of them lie is itself uncertain.
ROTATIONS = 3


@dataclass(frozen=True)
class Condition:
    """One speed, and one episode's states to start from.

    Attributes:
        source: of the episodes at that speed.
        speed: of the episode that the starts come from [m/s].
        real: pieces of that episode; the first state of each is a start.
        reference: further episodes at that speed, which share no step with those pieces.
    """

    source: str
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
    """For every source among the episodes a few: each time another gives starts, all others the reference.

    Raises:
        DataError: a source with a single episode, or episodes too short.
    """
    found = []
    for source in sorted({episode.source for episode in unseen}):
        own = [episode for episode in unseen if episode.source == source and len(episode) >= steps]
        if len(own) < 2:
            raise DataError(
                f"the condition {source!r} needs two episodes of {steps} steps or more; it has {len(own)}"
            )
        for i, first in enumerate(own[:ROTATIONS]):
            speed = float(forward_speed(first, body.dt)[0])
            others = (*own[:i], *own[i + 1 :])
            found.append(Condition(source, speed, spread_over([first], pieces, steps), others))
    return found


def spread_over(episodes: Sequence[Trajectory], pieces: int, steps: int) -> tuple[Trajectory, ...]:
    """So many pieces, evenly spread over episodes."""
    places = [(episode, first) for episode in episodes for first in range(len(episode) - steps + 1)]
    chosen = [places[int(i)] for i in np.linspace(0, len(places) - 1, pieces)]
    return tuple(piece(episode, first, steps) for episode, first in chosen)


def copied(
    training: Sequence[Trajectory], condition: Condition, body: Body, steps: int
) -> tuple[Trajectory, ...]:
    """As many pieces of training episodes of the nearest speed, whole and unchanged."""
    speeds: dict[str, list[float]] = {}
    for episode in training:
        speeds.setdefault(episode.source, []).append(float(forward_speed(episode, body.dt)[0]))
    nearest = min(speeds, key=lambda source: abs(float(np.mean(speeds[source])) - condition.speed))
    own = [episode for episode in training if episode.source == nearest]
    return spread_over(own, len(condition.real), steps)


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
