"""Errors of world models against MuJoCo: one step, many steps, and the coverage of intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ....agents.models.world import FARTHEST, WorldModel
from ....demos.execution import spread_of
from ....demos.physics_residual import states_of
from ....demos.trajectory import Trajectory
from ....envs.errors import DataError

# Steps after which predictions are compared, and starts from every policy.
STEPS, STARTS = (1, 10, 50, 200), 100
# Draws whose quantiles are an interval, and its nominal coverage.
DRAWS, COVERED = 64, 0.9

# Starts (B, T+1, S) without place, actions (B, T, A) -> states (B, T+1, S).
Rollout = Callable[[Float[np.ndarray, "B T1 S"], Float[np.ndarray, "B T A"]], Float[np.ndarray, "B T1 S"]]


def pieces(
    episodes: Sequence[Trajectory], steps: int, starts: int = STARTS
) -> tuple[Float[np.ndarray, "B T1 S"], Float[np.ndarray, "B T A"]]:
    """States without the place and actions of pieces of `steps` steps, evenly spread over long episodes.

    Every source, which is a policy, gives `starts` pieces, or fewer where its episodes have fewer.

    Raises:
        DataError: no episode is long enough.
    """
    states, actions = [], []
    for source in sorted({episode.source for episode in episodes}):
        own = [episode for episode in episodes if episode.source == source]
        places = [(episode, first) for episode in own for first in range(len(episode) - steps + 1)]
        for at in np.unique(np.linspace(0, len(places) - 1, min(starts, len(places))).astype(int)):
            episode, first = places[at]
            states.append(states_of(episode)[first : first + steps + 1, 1:])
            actions.append(episode.actions[first : first + steps])
    if not states:
        raise DataError(f"no episode has {steps} steps to predict")
    return np.stack(states), np.stack(actions)


def open_loop(world: WorldModel, seed: int = 0) -> Rollout:
    """Rollouts by the model's expectation, which see a real state at the start alone."""

    def rollout(states: Float[np.ndarray, "B T1 S"], actions: Float[np.ndarray, "B T A"]) -> np.ndarray:
        draws = torch.Generator().manual_seed(seed)
        mean, std = world.model.units.state.mean, world.model.units.state.std
        carry, path = world.start(torch.tensor(states[:, 0], dtype=torch.float32)), [states[:, 0]]
        for t in range(actions.shape[1]):
            act = torch.tensor(actions[:, t], dtype=torch.float32)
            prediction = world.step(carry, act, draws, expected=True)
            # The states of a model that diverges stay finite.
            z = ((prediction.next_state - mean) / std).nan_to_num(FARTHEST).clamp(-FARTHEST, FARTHEST)
            carry = prediction.carry._replace(state=mean + std * z)
            path.append(carry.state.double().numpy())
        return np.stack(path, axis=1)

    return rollout


def persistence(states: Float[np.ndarray, "B T1 S"], actions: Float[np.ndarray, "B T A"]) -> np.ndarray:
    """The first state, repeated."""
    return np.repeat(states[:, :1], actions.shape[1] + 1, axis=1)


def average(mean: Float[np.ndarray, "S"]) -> Rollout:
    """The mean state, repeated."""
    return lambda states, actions: np.broadcast_to(mean, states.shape)


def errors(
    rollout: Rollout, episodes: Sequence[Trajectory], steps: Sequence[int] = STEPS
) -> dict[int, float]:
    """Error by number of steps: root mean square over starts and columns, in the states' deviations."""
    spread, error_after = spread_of(list(episodes))[1:], {}
    for count in steps:
        states, actions = pieces(episodes, count)
        off = (rollout(states, actions)[:, -1] - states[:, -1]) / spread
        error_after[count] = float(np.sqrt(np.square(off).mean()))
    return error_after


@dataclass(frozen=True)
class OneStep:
    """How well a world model predicts one step: R² of the change, share of changes inside their interval."""

    r2: float
    covered: float


def one_step(world: WorldModel, episodes: Sequence[Trajectory], seed: int = 0) -> OneStep:
    """R² of the change, and the share of changes inside the interval of nominal coverage 0.9.

    R² = 1 - Σ (change - expected)² / Σ (change - mean)², each column in its own deviation.
    """
    states, actions = pieces(episodes, 1)
    state, action = (torch.from_numpy(part).float() for part in (states[:, 0], actions[:, 0]))
    draws = torch.Generator().manual_seed(seed)
    drawn, _ = world.model.draws(world.start(state), action, DRAWS, draws)
    width = state.shape[1]
    drawn = drawn[..., -1 - width : -1]
    unit = world.model.units.change
    true = (torch.from_numpy(states[:, 1] - states[:, 0]).float() - unit.mean[-width:]) / unit.std[-width:]
    missed = (true - drawn.mean(dim=0)).square().sum()
    # Quantile level at which the interval of this few draws has its nominal coverage (Weibull 1939).
    tail = ((DRAWS + 1) * (1 - COVERED) / 2 - 1) / (DRAWS - 1)
    low, high = drawn.quantile(tail, dim=0), drawn.quantile(1 - tail, dim=0)
    return OneStep(
        r2=float(1 - missed / (true - true.mean(dim=0)).square().sum()),
        covered=float(((true >= low) & (true <= high)).float().mean()),
    )
