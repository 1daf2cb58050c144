"""Conditions that no generator was fitted on: a speed, states to start from, and the real continuations."""

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

# Episodes of each speed that give the starts in turn, since the distance between two episodes varies.
ROTATIONS = 3


@dataclass(frozen=True)
class Condition:
    """One speed, and one episode's states to start from.

    Attributes:
        source: name of the episodes at that speed.
        speed: mean speed of the episode that gives the starts [m/s].
        real: pieces of that episode; the first state of each is a start.
        reference: other episodes at that speed, which share no step with those pieces.
    """

    source: str
    speed: float
    real: tuple[Trajectory, ...]
    reference: tuple[Trajectory, ...]

    @property
    def starts(self) -> Float[np.ndarray, "B S"]:
        """The first state of each piece."""
        return np.stack([states_of(piece)[0] for piece in self.real])


def piece(episode: Trajectory, first: int, steps: int) -> Trajectory:
    """Some steps of an episode as a trajectory, truncated unless it ends where the episode ends."""
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
    """A few conditions for every source: one episode gives the starts, all others are the reference.

    Raises:
        DataError: a source has a single episode, or its episodes are too short.
    """
    conditions = []
    for source in sorted({episode.source for episode in unseen}):
        own = [episode for episode in unseen if episode.source == source and len(episode) >= steps]
        if len(own) < 2:
            raise DataError(
                f"the condition {source!r} needs two episodes of {steps} steps or more; it has {len(own)}"
            )
        for i, first in enumerate(own[:ROTATIONS]):
            speed = float(forward_speed(first, body.dt)[0])
            others = (*own[:i], *own[i + 1 :])
            conditions.append(Condition(source, speed, spread_over([first], pieces, steps), others))
    return conditions


def spread_over(episodes: Sequence[Trajectory], pieces: int, steps: int) -> tuple[Trajectory, ...]:
    """Pieces of episodes, evenly spread; `pieces` is their number."""
    places = [(episode, first) for episode in episodes for first in range(len(episode) - steps + 1)]
    chosen = [places[int(i)] for i in np.linspace(0, len(places) - 1, pieces)]
    return tuple(piece(episode, first, steps) for episode, first in chosen)


def copied(
    training: Sequence[Trajectory], condition: Condition, body: Body, steps: int
) -> tuple[Trajectory, ...]:
    """Unchanged pieces of the training episodes with the nearest speed, one for each real piece."""
    speeds: dict[str, list[float]] = {}
    for episode in training:
        speeds.setdefault(episode.source, []).append(float(forward_speed(episode, body.dt)[0]))
    nearest = min(speeds, key=lambda source: abs(float(np.mean(speeds[source])) - condition.speed))
    own = [episode for episode in training if episode.source == nearest]
    return spread_over(own, len(condition.real), steps)


def shuffled(pieces: Sequence[Trajectory], seed: int = 0) -> list[Trajectory]:
    """The same states with each piece's actions in another order: the marginals stay, the physics do not."""
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
