"""What can be wrong with a set that loads: repeated episodes, actions at bounds, other physics."""

from dataclasses import asdict, dataclass

import numpy as np

from ..envs.physics import replay
from ..envs.registry import find_body, spaces
from .dataset import Demonstrations, require_environment


@dataclass(frozen=True)
class SetCheck:
    """What a check of a set measures.

    Attributes:
        episodes: their number.
        steps: of all episodes.
        environment: its Gymnasium id.
        states: whether the simulator's states are stored.
        rewards: whether the true rewards are stored.
        duplicate_episodes: episodes whose observations equal those of an earlier one.
        share_of_actions_at_bounds: of all action values.
        largest_physics_residual: see `largest_residual`.
    """

    episodes: int
    steps: int
    environment: str
    states: bool
    rewards: bool
    duplicate_episodes: int
    share_of_actions_at_bounds: float
    largest_physics_residual: float | None

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def check_set(demos: Demonstrations) -> SetCheck:
    """Check a set against its environment; loading has verified hashes, widths and finiteness.

    Raises:
        DataError: the columns do not fit the environment.
    """
    obs_size, space = spaces(demos.env_id)
    require_environment(demos, demos.env_id, obs_size, space.shape[0])
    actions = np.concatenate([t.actions for t in demos])
    at_bounds = (actions <= space.low) | (actions >= space.high)
    distinct = {t.obs.tobytes() for t in demos}
    return SetCheck(
        episodes=len(demos),
        steps=demos.steps,
        environment=demos.env_id,
        states=demos[0].states is not None,
        rewards=demos.returns is not None,
        duplicate_episodes=len(demos) - len(distinct),
        share_of_actions_at_bounds=float(at_bounds.mean()),
        largest_physics_residual=largest_residual(demos),
    )


def largest_residual(demos: Demonstrations) -> float | None:
    """The largest difference between any recorded next state and MuJoCo's, in the state's own units.

    Below 1e-6 for float64 recordings; None without states or for a body that is not ours.
    """
    body = find_body(demos.env_id)
    recorded = [(t.states, t.actions) for t in demos if t.states is not None]
    if body is None or len(recorded) < len(demos):
        return None
    return max(
        float(np.abs(replay(body, states[:-1], actions) - states[1:]).max()) for states, actions in recorded
    )
