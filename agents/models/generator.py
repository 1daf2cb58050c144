"""Trajectory generators on demonstrations: windows of states in, trajectories marked synthetic out."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float

from ...demos.dataset import Demonstrations
from ...demos.lossy import Recording
from ...demos.physics_residual import change_std, physics_residual, states_of
from ...demos.trajectory import Trajectory
from ...envs.body import Body
from ...envs.errors import UsageError, unknown
from ...envs.registry import body as body_of
from ...generative.interfaces.motion import Motion
from ...generative.trajectories.generator_families import GENERATORS, GeneratorConfig
from ...generative.trajectories.trajectory_generator import Drawn, WindowGenerator

# Steps of a window, and from the start of one window to the next.
STEPS, STRIDE = 32, 4

# An episode -> the condition it was made under, one row.
Condition = Callable[[Trajectory, float], Float[np.ndarray, "K"]]


def forward_speed(episode: Trajectory, dt: float) -> Float[np.ndarray, "K"]:
    """The mean speed along the ground once the episode has started [m/s]."""
    return np.array([Recording.of(episode).speed(dt)])


def require_shown(asked: Float[np.ndarray, "B"], shown: Float[np.ndarray, "..."]) -> None:
    """Refuse speeds far from all that were demonstrated [m/s].

    Raises:
        UsageError: says which were.
    """
    low, high = shown.min(), shown.max()
    margin = 0.1 * (high - low) + 0.1
    if (asked < low - margin).any() or (asked > high + margin).any():
        raise UsageError(
            f"speeds of {low:.2f} to {high:.2f} m/s were demonstrated; {asked.min():.2f} to "
            f"{asked.max():.2f} were asked for: ask within what was shown"
        )


def window_starts(count: int, steps: int, stride: int) -> list[int]:
    """Where windows of an episode of so many steps begin; the last ends with it, so no fall is left out."""
    starts = list(range(0, count - steps + 1, stride))
    return starts if not starts or starts[-1] == count - steps else [*starts, count - steps]


def motion_of(episodes: Sequence[Trajectory], steps: int = STEPS, stride: int = STRIDE) -> Motion:
    """All windows of so many steps; the place on the ground is left out of the state, not of the change.

    Raises:
        UsageError: windows longer than every episode.
        DataError: episodes without states.
    """
    parts: list[list[np.ndarray]] = [[], [], [], []]
    for episode in episodes:
        states, count = states_of(episode), len(episode)
        ended = np.zeros((count, 1))
        ended[-1] = episode.terminated
        columns = (states[:-1, 1:], np.diff(states, axis=0), episode.actions, ended)
        starts = window_starts(count, steps, stride)
        for part, column in zip(parts, columns, strict=True):
            part += [column[first : first + steps] for first in starts]
    if not parts[0]:
        longest = max(map(len, episodes))
        raise UsageError(
            f"windows of {steps} steps are longer than the longest episode ({longest}); "
            f"give longer episodes, or windows of {longest} steps at most"
        )
    return Motion(*(torch.from_numpy(np.stack(part).astype(np.float32)) for part in parts))


class TrajectoryGenerator:
    """Generates trajectories like the demonstrations, at a given speed.

    Args:
        name: a key of `GENERATORS`.
        seed: seeds the weights and the batches.
        config: settings of all families.

    Attributes:
        model: the generator on tensors.

    Raises:
        UsageError: for an unknown name; lists the valid ones.
    """

    def __init__(self, name: str = "diffusion", seed: int = 0, config: GeneratorConfig | None = None):
        if name not in GENERATORS:
            raise unknown("trajectory generator", name, GENERATORS)
        self.name, self.seed = name, seed
        self.model = WindowGenerator(name, seed, config)

    def fit(self, demos: Demonstrations, condition: Condition = forward_speed) -> "TrajectoryGenerator":
        """Learn the demonstrations' windows, each under its episode's condition.

        Raises:
            DataError: demonstrations without states.
            UsageError: windows longer than the episodes, or single steps.
        """
        if demos.subsampling > 1:
            raise UsageError("generators learn consecutive steps; leave subsampling out")
        self.body: Body = body_of(demos.env_id)
        episodes = list(demos)
        motion, conditions = motion_of(episodes), []
        self.known_conditions = np.stack([condition(e, self.body.dt) for e in episodes])
        for episode, row in zip(episodes, self.known_conditions, strict=True):
            conditions += [row] * len(window_starts(len(episode), STEPS, STRIDE))
        self.model.fit(motion, torch.from_numpy(np.stack(conditions).astype(np.float32)))
        self.unit = change_std(episodes)
        return self

    def generate(
        self, starts: Float[np.ndarray, "B S"], speed: Float[np.ndarray, "B"], horizon: int, seed: int = 0
    ) -> list[Trajectory]:
        """Trajectories from states, marked synthetic, with the physics residual of every step.

        Raises:
            UsageError: a speed outside the demonstrations'.
        """
        require_shown(speed, self.known_conditions)
        drawn = self.model.sample(
            torch.from_numpy(starts[:, 1:].astype(np.float32)),
            torch.from_numpy(speed.astype(np.float32))[:, None],
            horizon,
            torch.Generator().manual_seed(seed),
        )
        return self.trajectories(drawn, starts[:, 0])

    def walked(self, start: Float[np.ndarray, "S"], speed: float, count: int, seed: int) -> list[Trajectory]:
        """Windows from one state, their codes on a straight line between two drawn ones.

        Raises:
            UsageError: a family without codes, or a speed outside the demonstrations'.
        """
        require_shown(np.array([speed]), self.known_conditions)
        draws = torch.Generator().manual_seed(seed)
        try:
            drawn = self.model.walk(torch.from_numpy(start[1:]).float(), torch.tensor([speed]), count, draws)
        except ValueError as fault:
            raise UsageError(str(fault)) from fault
        return self.trajectories(drawn, np.full(count, start[0]))

    def trajectories(self, drawn: Drawn, place: Float[np.ndarray, "B"]) -> list[Trajectory]:
        """Drawn motion as trajectories from places on the ground."""
        path, motion = drawn.path.double().numpy(), drawn.motion
        along = np.cumsum(motion.change[..., 0].double().numpy(), axis=1)
        made = []
        for i, first in enumerate(place):
            x = first + np.concatenate(([0.0], along[i]))
            states, actions = np.column_stack((x, path[i])), motion.action[i].numpy()
            made.append(self._trajectory(states, actions, motion.ended[i, :, 0].numpy() > 0))
        return made

    def _trajectory(
        self, states: Float[np.ndarray, "T1 S"], actions: Float[np.ndarray, "T A"], ended: np.ndarray
    ) -> Trajectory:
        """Up to the first end."""
        last = int(np.flatnonzero(ended)[0]) + 1 if ended.any() else len(actions)
        low, high = self.body.model.actuator_ctrlrange.T
        states, actions = states[: last + 1], np.clip(actions[:last], low, high)
        return Trajectory(
            obs=self.body.observe(*self.body.split(states)),
            actions=actions,
            terminated=bool(ended.any()),
            truncated=not ended.any(),
            states=states,
            synthetic=True,
            residual=physics_residual(self.body, states, actions, self.unit),
            source=self.name,
        )
