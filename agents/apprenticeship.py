"""Apprenticeship learning (Abbeel & Ng 2004): a linear reward that the expert earns more of than any policy.

The policies' discounted feature expectations span a hull; the reward points from its nearest point to the
expert's. Each iteration a policy is trained on that reward and joins the hull, so that the distance, the
margin by which the expert is still better, cannot grow.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from ..demos.dataset import Demonstrations, require_environment
from ..demos.playing import play
from ..demos.trajectory import Trajectory
from ..envs.errors import UsageError
from ..envs.registry import Horizon, env_id, make_env, spaces
from ..generative.interfaces.reward_inputs import SELECT
from ..generative.interfaces.rollout import Rollout
from ..generative.interfaces.standardize import Scales
from ..generative.nn.features import FourierFeatures
from .agent import Agent
from .convex_hull import nearest_mixture
from .gail import GAIL_PPO
from .models.reward import demonstrated, played
from .sb3.callbacks import Periodic, as_list
from .sb3.normalizer import UpdateNormalizer
from .sb3.policy import save_agent
from .sb3.ppo import PPOConfig, numerical_failures_said, ppo
from .sb3.rollout import ScoredRolloutBuffer, ZeroRewardVecEnv

# First seed of the episodes that give a policy's feature expectations.
JUDGING_SEED = 70_000


@dataclass(frozen=True)
class ApprenticeshipConfig:
    """Settings of the loop and of the features."""

    # Policies trained one after the other, each from the last; usually 10-30.
    iterations: int = 20
    # Fourier features of a step, beside its raw columns and a constant.
    features: int = 256
    # Their bandwidth, in median distances of the demonstrations.
    spread: float = 1.0
    # Episodes of each policy that give its feature expectations.
    episodes: int = 8
    # Parallel environments; the steps between two updates do not depend on their number.
    n_envs: int = 64
    ppo: PPOConfig = field(default_factory=lambda: GAIL_PPO)

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise UsageError(f"apprenticeship takes at least one iteration; got {self.iterations}")


@dataclass(frozen=True)
class Iteration:
    """A policy as it was at the end of an iteration.

    Attributes:
        step: environment steps of training until then.
        judged: environment steps of the episodes that gave its expectations; they come on top.
        distance: of its own feature expectations from the expert's.
        margin: of the nearest mixture of all policies so far.
    """

    step: int
    judged: int
    distance: float
    margin: float


def discounted(features: Float[Tensor, "T K"], gamma: float) -> Float[Tensor, "K"]:
    """Σ γᵗ φₜ over an episode; after its end it gets nothing (Abbeel & Ng 2004, eq. 3)."""
    return (gamma ** torch.arange(len(features), dtype=features.dtype)) @ features


class Apprenticeship(Agent):
    """Imitates by matching feature expectations.

    Args:
        env: a name or Gymnasium id.
        demos: what to imitate, whole episodes.
        seed: of environments, policy and features.
        config: settings with their usual ranges.
        horizon: `native`, or `fixed` for episodes that never end early.

    Raises:
        UsageError: for an unknown environment, or single steps for demonstrations.
        DataError: for demonstrations of another environment.
    """

    learner: PPO

    def __init__(
        self,
        env: str,
        demos: Demonstrations,
        seed: int = 0,
        config: ApprenticeshipConfig | None = None,
        horizon: Horizon = "native",
    ):
        self.config, self.seed, self.demos, self.env_id = (
            config or ApprenticeshipConfig(),
            seed,
            demos,
            env_id(env),
        )
        obs_size, space = spaces(env)
        require_environment(demos, self.env_id, obs_size, space.shape[0])
        if demos.subsampling > 1:
            raise UsageError(
                "feature expectations are sums over whole episodes, but "
                f"{demos.name or 'this set'} keeps one step in {demos.subsampling}; "
                "leave subsampling out, or use GAIL"
            )
        self._judges = make_env(env, self.config.episodes, JUDGING_SEED, horizon=horizon)
        self.zero_reward_env = ZeroRewardVecEnv(make_env(env, self.config.n_envs, seed, horizon=horizon))
        buffer = {"zero_reward_env": self.zero_reward_env, "relabel": self._relabel}
        self.learner = ppo(
            self.zero_reward_env,
            self.config.ppo,
            seed,
            rollout_buffer_class=ScoredRolloutBuffer,
            rollout_buffer_kwargs=buffer,
            learning_rate=self._rate,
        )
        self._take(demos, obs_size + space.shape[0])
        self.iterations: list[Iteration] = []
        self._expectations: list[np.ndarray] = []
        self._weights: list[dict[str, Tensor]] = []

    def _take(self, demos: Demonstrations, width: int) -> None:
        """Scales, features and expectations of the expert."""
        steps = demonstrated(demos)
        self._scales = Scales.of(steps)
        self.features = FourierFeatures(width, self.config.features, self.config.spread, self.seed)
        self.features.fit(SELECT["sa"](self._scales.scaled(steps)).flatten(0, 1))
        self.expert = self.expectations(list(demos))
        self.w = torch.zeros(self.features.columns)

    @property
    def policy(self) -> ActorCriticPolicy:
        """The learner's policy, observation normalization included."""
        return self.learner.policy

    def _rate(self, remaining: float | int) -> float:
        """Adam's learning rate: falling to zero in every iteration, since each has a reward of its own."""
        within = ((1 - remaining) * self.config.iterations) % 1
        return self.config.ppo.learning_rate * (1 - within)

    def _features(self, steps: Rollout) -> Float[Tensor, "T N K"]:
        return self.features(SELECT["sa"](self._scales.scaled(steps)))

    def expectations(self, episodes: Sequence[Trajectory]) -> Float[np.ndarray, "K"]:
        """μ = E[Σ γᵗ φ(sₜ, aₜ)] over episodes."""
        gamma = self.config.ppo.gamma
        sums = [discounted(self._features(played([e]))[:, 0].double(), gamma) for e in episodes]
        return torch.stack(sums).mean(dim=0).numpy()

    def learn(
        self, total_timesteps: int, callback: BaseCallback | list[BaseCallback] | None = None
    ) -> "Apprenticeship":
        """All iterations within so many environment steps; then the policy nearest to the expert acts.

        Afterwards `iterations` says how near each policy came. The choice looks at no reward.

        Raises:
            UsageError: when it has learned before; the hull is of one training.
        """
        if self.iterations:
            raise UsageError("this apprentice has learned already; make a new one for another training")
        self._iterate(0)
        every = max(1, total_timesteps // self.config.iterations)
        callbacks = CallbackList([UpdateNormalizer(), Periodic(every, self._iterate), *as_list(callback)])
        with numerical_failures_said(self.learner):
            self.learner.learn(total_timesteps, callbacks)
        best = min(range(len(self.iterations)), key=lambda i: self.iterations[i].distance)
        self.policy.load_state_dict(self._weights[best])
        return self

    def _iterate(self, step: int) -> None:
        """The policy of now joins the hull, and the reward turns towards what the hull still lacks."""
        episodes = play(self.policy, self._judges, JUDGING_SEED, deterministic=False)
        self._expectations.append(self.expectations(episodes))
        self._weights.append({name: value.clone() for name, value in self.policy.state_dict().items()})
        expectations = np.stack(self._expectations)
        away = self.expert - nearest_mixture(expectations, self.expert) @ expectations
        margin = float(np.linalg.norm(away))
        self.w = torch.from_numpy(away / max(margin, 1e-12)).float()
        distance = float(np.linalg.norm(self.expert - expectations[-1]))
        self.iterations.append(Iteration(step, sum(map(len, episodes)), distance, margin))

    @torch.no_grad()
    def _relabel(self, rollout: Rollout) -> Float[np.ndarray, "T N"]:
        """w·φ of every step."""
        return (self._features(rollout) @ self.w).numpy()

    def save(self, path: str | Path) -> None:
        """Write the policy as one verified file, with the course of the iterations."""
        facts = {
            "environment": self.env_id,
            "seed": self.seed,
            "config": asdict(self.config),
            "iterations": [asdict(iteration) for iteration in self.iterations],
        }
        save_agent(path, "apprenticeship", self.policy, facts, {})
