"""Experience to fit world models on, and policies to try them on, all made from what is shipped."""

from collections.abc import Mapping

import numpy as np
from stable_baselines3.common.policies import ActorCriticPolicy

from ...agents.experience import RealExperience
from ...agents.loading import load_policy
from ...demos.library import SHIPPED
from ...demos.recorder import NoisyPolicy, Policy, RandomPolicy, StillPolicy
from ...demos.trajectory import Trajectory
from ...envs.registry import body as body_of
from ...envs.registry import spaces
from ..speed_expert import HELD_OUT, SHOWN

# Standard deviations of the noise on actions, in units of the action.
NOISES = (0.0, 0.1, 0.3, 0.6, 1.0)
# Real copies that live side by side.
COPIES = 8


class AtSpeed:
    """The speed-conditioned expert, asked for one speed [m/s]."""

    def __init__(self, policy: ActorCriticPolicy, speed: float):
        self._policy, self._speed = policy, speed

    def predict(
        self,
        obs: np.ndarray,
        state: object = None,
        episode_start: object = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, object]:
        """What it does when asked for its speed."""
        asked = np.column_stack((obs, np.full(len(obs), self._speed)))
        action, _ = self._policy.predict(asked, deterministic=deterministic)
        return action, state


def experience(env: str, steps: int, seed: int = 0) -> list[Trajectory]:
    """So many steps in all: of the expert with noise of every level, and of random actions."""
    body, space = body_of(env).name, spaces(env)[1]
    expert, real = load_policy(SHIPPED / f"{body}-expert.gfa"), RealExperience(env, COPIES, seed)
    graded: list[Policy] = [NoisyPolicy(expert, noise, space, seed) for noise in NOISES]
    graded.append(RandomPolicy(space, seed))
    for policy in graded:
        real.live(policy, steps // len(graded))
    return real.episodes


def ladder(env: str) -> Mapping[str, Policy]:
    """Policies of all qualities, most of them strangers to `experience`."""
    body, space = body_of(env).name, spaces(env)[1]
    expert = load_policy(SHIPPED / f"{body}-expert.gfa")
    other = load_policy(SHIPPED / f"{body}-expert-2.gfa")
    rungs: dict[str, Policy] = {
        "still": StillPolicy(space),
        "random": RandomPolicy(space),
        "expert": expert,
        "expert, noise 0.2": NoisyPolicy(expert, 0.2, space),
        "expert, noise 0.5": NoisyPolicy(expert, 0.5, space),
        "second expert": other,
        "second expert, noise 0.2": NoisyPolicy(other, 0.2, space),
        "second expert, noise 0.5": NoisyPolicy(other, 0.5, space),
    }
    asked = SHIPPED / f"{body}-speeds.gfa"
    if asked.exists():
        at_speeds = load_policy(asked)
        rungs |= {f"speed {v:g}": AtSpeed(at_speeds, v) for v in sorted((*SHOWN, *HELD_OUT))}
    return rungs
