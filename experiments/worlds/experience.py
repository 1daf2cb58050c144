"""Experience to fit world models on, and policies to try them on, all made from what is shipped."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from ...agents.experience import RealExperience
from ...agents.loading import load_policy
from ...demos.dataset import Demonstrations
from ...demos.library import SHIPPED
from ...demos.physics_residual import states_of
from ...demos.recorder import NoisyPolicy, Policy, RandomPolicy, StillPolicy
from ...demos.trajectory import Trajectory
from ...envs.registry import body as body_of
from ...envs.registry import spaces
from ..speed_expert import HELD_OUT, SHOWN

# Standard deviations of the noise on actions, in units of the action.
NOISES = (0.0, 0.1, 0.3, 0.6, 1.0)
# Shares of the steps by random actions and by random feedback; the rest is the expert's, at every noise.
RANDOM, FEEDBACK = 0.125, 0.375
# Share of the episodes that begin at demonstrated states.
PLACED = 0.5
# Answers until random feedback is drawn anew (a life asks twice a step); sizes of its gains, offsets and
# noises to draw from.
DRAWN_ANEW = 50
GAINS, OFFSETS, NOISE = (0.0, 0.1, 0.3, 0.6), (0.0, 0.2, 0.5), (0.0, 0.05, 0.2, 0.5)
# Share of the steps by experts with other weights, where no expert knows several speeds; how far the weights
# are moved, in their deviations in a layer, and steps until they are moved anew.
PERTURBED, MOVED, MOVED_ANEW = 0.4, (0.1, 0.2, 0.4, 0.8), 300
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


class Perturbed:
    """A policy with noise on its weights, each copy's drawn anew every so often (Plappert et al. 2018).

    Unlike noise on actions it makes other gaits, that stand, shuffle and stumble for long.
    """

    def __init__(self, policy: ActorCriticPolicy, seed: int = 0):
        self._policy, self._calls, self._copies = policy, 0, list[ActorCriticPolicy]()
        self._draws, self._noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)

    def predict(
        self,
        obs: np.ndarray,
        state: object = None,
        episode_start: object = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, object]:
        """The actions of as many copies as there are rows."""
        # A life asks twice a step.
        if self._calls % (2 * MOVED_ANEW) == 0:
            self._copies = [self._moved(float(size)) for size in self._draws.choice(MOVED, len(obs))]
        self._calls += 1
        rows = zip(self._copies, obs, strict=True)
        return np.stack([one.predict(row, deterministic=deterministic)[0] for one, row in rows]), state

    @torch.no_grad()
    def _moved(self, size: float) -> ActorCriticPolicy:
        moved = copy.deepcopy(self._policy)
        for part in (moved.mlp_extractor.policy_net, moved.action_net):
            for weight in part.parameters():
                noise = torch.randn(weight.shape, generator=self._noise)
                weight.add_(size * weight.std(correction=0) * noise)
        return moved


class RandomFeedback:
    """Actions tanh(W obs + b) + noise, each copy's W, b and noise drawn anew every so often.

    They stand, lean, fall and flail in all ways, as a policy does that has begun to learn; actions without a
    state behind them only flail.
    """

    def __init__(self, space: gymnasium.spaces.Box, seed: int = 0):
        self._space, self._draws, self._calls = space, np.random.default_rng(seed), 0

    def predict(
        self,
        obs: np.ndarray,
        state: object = None,
        episode_start: object = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, object]:
        """The actions of as many copies as there are rows."""
        draws, shape = self._draws, (len(obs), *self._space.shape)
        if self._calls % DRAWN_ANEW == 0:
            gains, offsets, noise = (draws.choice(of, len(obs)) for of in (GAINS, OFFSETS, NOISE))
            self._gain = gains[:, None, None] * draws.normal(size=(*obs.shape, *self._space.shape))
            self._offset, self._noise = offsets[:, None] * draws.normal(size=shape), noise[:, None]
        self._calls += 1
        raw = np.tanh(np.einsum("no,noa->na", obs, self._gain) + self._offset)
        noisy = raw + self._noise * draws.normal(size=shape)
        return np.clip(noisy, self._space.low, self._space.high).astype(np.float32), state


def experience(env: str, steps: int, seed: int = 0) -> list[Trajectory]:
    """So many steps in all: of experts with noise of every level, of random feedback, of random actions.

    Where there is an expert of several speeds, half of the experts' steps are at those shown; elsewhere a
    share of all steps is by experts with other weights. Half of the episodes begin at demonstrated states, so
    that every policy is seen in motion.
    """
    body, space = body_of(env).name, spaces(env)[1]
    starts = np.concatenate([states_of(episode)[:-1] for episode in Demonstrations.load(f"{body}-expert")])
    expert = load_policy(SHIPPED / f"{body}-expert.gfa")
    real = RealExperience(env, COPIES, seed, starts, PLACED)
    shown = at_speeds(body, SHOWN)
    own = (1 - RANDOM - FEEDBACK) / len(NOISES) / (2 if shown else 1)
    experts: list[tuple[Policy, float]] = [
        (expert, own),
        *((one, own / len(shown)) for one in shown.values()),
    ]
    graded: list[tuple[Policy, float]] = [
        *((NoisyPolicy(one, noise, space, seed), share) for one, share in experts for noise in NOISES),
        (RandomFeedback(space, seed), FEEDBACK),
        (RandomPolicy(space, seed), RANDOM),
    ]
    perturbed = 0.0 if shown else PERTURBED
    for policy, share in graded:
        real.live(policy, round((1 - perturbed) * share * steps))
    real.live(Perturbed(expert, seed), round(perturbed * steps))
    return real.episodes


def mix(env: str) -> dict[str, Any]:
    """What makes up the experience of a body, for the settings of results."""
    known = {
        "noises": NOISES,
        "random": RANDOM,
        "feedback": (FEEDBACK, DRAWN_ANEW, GAINS, OFFSETS, NOISE),
        "placed": PLACED,
    }
    if _speeds(body_of(env).name).exists():
        return {**known, "speeds": SHOWN}
    return {**known, "perturbed": (PERTURBED, MOVED, MOVED_ANEW)}


def ladder(env: str) -> Mapping[str, Policy]:
    """Policies of all qualities; other experts and other speeds are strangers to `experience`."""
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
    return rungs | at_speeds(body, sorted((*SHOWN, *HELD_OUT)))


def at_speeds(body: str, speeds: Sequence[float]) -> dict[str, Policy]:
    """The expert of several speeds at each of these; nothing for a body without one."""
    if not _speeds(body).exists():
        return {}
    policy = load_policy(_speeds(body))
    return {f"speed {speed:g}": AtSpeed(policy, speed) for speed in speeds}


def _speeds(body: str) -> Path:
    return SHIPPED / f"{body}-speeds.gfa"
