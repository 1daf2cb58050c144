"""Steps lived in the real environment, as episodes with states; the only place that counts them."""

from collections import deque

import numpy as np
from gymnasium.spaces import Box
from jaxtyping import Float

from ..demos.recorder import Policy
from ..demos.trajectory import Trajectory
from ..envs.batched import BatchedEnv
from ..envs.errors import UsageError
from ..envs.registry import make_env

# Lives that count as recent.
RECENT = 5


class RealExperience:
    """What was lived in real copies of a body.

    Args:
        env: hopper or walker2d.
        copies: that live on from one life to the next.
        seed: of their starts.
        placed: further copies, that begin each life at one of `starts`, as a simulator can and a robot cannot
            (reference state initialisation, Peng et al. 2018).
        starts: states with their place on the ground.

    Attributes:
        steps: lived so far.
        episodes: all of them; one that goes on is cut, and goes on as another.
        lives: those of the last calls of `live`.

    Raises:
        UsageError: an environment without states, or placed copies without starts.
    """

    def __init__(
        self,
        env: str,
        copies: int,
        seed: int,
        placed: int = 0,
        starts: Float[np.ndarray, "M S"] | None = None,
    ):
        self._groups = [Copies(env, copies, seed)]
        if placed:
            if starts is None:
                raise UsageError("placed copies begin at given states; give starts")
            self._groups.append(Copies(env, placed, seed, starts))
        self.steps, self.episodes = 0, list[Trajectory]()
        self.lives: deque[list[Trajectory]] = deque(maxlen=RECENT)

    @property
    def recent(self) -> list[Trajectory]:
        """Episodes of the last lives."""
        return [episode for life in self.lives for episode in life]

    def live(self, policy: Policy, steps: int) -> None:
        """So many further steps, or a few more, by a policy that explores in every other copy."""
        count = sum(group.count for group in self._groups)
        rounds = -(-steps // count)
        lived = [episode for group in self._groups for episode in group.live(policy, rounds)]
        self.steps += rounds * count
        self.episodes += lived
        self.lives.append(lived)

    @property
    def action_space(self) -> Box:
        """Of the body."""
        return self._groups[0].action_space


class Copies:
    """Copies of a body side by side, that live on where they were, or each time at given states."""

    def __init__(self, env: str, count: int, seed: int, starts: Float[np.ndarray, "M S"] | None = None):
        real = make_env(env, count, seed, threads=1)
        if not isinstance(real, BatchedEnv):
            raise UsageError(f"{env} has no states to dream in; take hopper or walker2d")
        self.count, self._env, self._starts = count, real, starts
        self._draws = np.random.default_rng(seed)
        self._obs = np.asarray(real.reset())

    @property
    def action_space(self) -> Box:
        """Of the body."""
        space = self._env.action_space
        assert isinstance(space, Box)
        return space

    def live(self, policy: Policy, rounds: int) -> list[Trajectory]:
        """The episodes of so many steps of every copy; each other copy takes the policy's mean action."""
        if self._starts is not None:
            at = self._draws.integers(len(self._starts), size=self.count)
            self._obs = self._env.set_state(self._starts[at])
        tapes = [_Tape(self._env.state[i], self._obs[i]) for i in range(self.count)]
        lived = []
        for _ in range(rounds):
            actions = np.array(policy.predict(self._obs, deterministic=False)[0])
            actions[1::2] = policy.predict(self._obs, deterministic=True)[0][1::2]
            observed, _, ended, infos = self._env.step(actions)
            self._obs, states = np.asarray(observed), self._env.state
            for i, tape in enumerate(tapes):
                last = infos[i]["terminal_state"] if ended[i] else states[i]
                seen = infos[i]["terminal_observation"] if ended[i] else self._obs[i]
                tape.step(actions[i], last, seen)
                if ended[i]:
                    lived.append(tape.episode(not infos[i]["TimeLimit.truncated"]))
                    tapes[i] = _Tape(states[i], self._obs[i])
        return lived + [tape.episode(False) for tape in tapes if tape.actions]


class _Tape:
    """One copy's steps since it began, or since the last cut."""

    def __init__(self, state: np.ndarray, obs: np.ndarray):
        self.states, self.obs, self.actions = [state.copy()], [obs.copy()], list[np.ndarray]()

    def step(self, action: np.ndarray, state: np.ndarray, obs: np.ndarray) -> None:
        self.actions.append(np.array(action))
        self.states.append(np.array(state))
        self.obs.append(np.array(obs))

    def episode(self, fallen: bool) -> Trajectory:
        return Trajectory(
            obs=np.stack(self.obs),
            actions=np.stack(self.actions),
            terminated=fallen,
            truncated=not fallen,
            states=np.stack(self.states),
        )
