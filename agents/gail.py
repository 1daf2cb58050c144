"""GAIL (Ho & Ermon 2016): a policy learns to pass for the expert, a discriminator to tell the two apart."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from jaxtyping import Float
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor
from torch.distributions import Normal

from ..demos.dataset import Demonstrations, require_environment
from ..envs.errors import NumericalError, UsageError, unknown
from ..envs.registry import Horizon, env_id_of, make_env
from ..generative.interfaces.rollout import Rollout
from ..generative.rewards.reward_config import RewardConfig
from .agent import Agent
from .keep_best import KeepBest, Kept, PolicyScore
from .loading import reward_tensors
from .models.reward import RewardModel, demonstrated, require_safe_form
from .sb3.action_probability import clipped_log_prob
from .sb3.callbacks import Periodic, as_list
from .sb3.normalizer import UpdateNormalizer
from .sb3.policy import load_agent, save_agent
from .sb3.ppo import PPOConfig, numerical_failures_said, ppo
from .sb3.rollout import ScoredRolloutBuffer, ZeroRewardVecEnv, box_width
from .settings import from_plain

# Many small updates with large steps; the entropy bonus keeps exploration alive until the body walks.
GAIL_PPO = PPOConfig(
    steps_per_update=2048,
    batch_size=256,
    epochs=10,
    learning_rate=1e-3,
    ent_coef=0.003,
    value_layers=(64, 64),
)

# (env, **rollout buffer arguments) -> a learner of Stable-Baselines3's on-policy kind.
Learner = Callable[..., OnPolicyAlgorithm]


@dataclass(frozen=True)
class GAILConfig:
    """Settings of GAIL beside those of the reward model's family."""

    # Parallel environments; usually 8-128. The steps between two updates do not depend on their number.
    n_envs: int = 64
    # Settings of PPO.
    ppo: PPOConfig = field(default_factory=lambda: GAIL_PPO)
    # How the critic is trained, where the reward model is given by its name.
    reward: RewardConfig = field(default_factory=RewardConfig)


class GAIL(Agent):
    """Imitates demonstrations by playing a policy against a discriminator; needs no reward.

    A round:
        1. The policy acts in the environments; the rollout buffer fills with zero rewards.
        2. `train_discriminator` trains the discriminator on expert (1) against this rollout (0).
        3. `relabel` gives every step of the rollout the reward r = -log(1 - D).
        4. The buffer computes returns and advantages from these rewards.
        5. PPO improves the policy on them.

    Args:
        env: a name or Gymnasium id, or a VecEnv.
        demos: what to imitate.
        reward_model: a name, or a `RewardModel` with inputs and form of your choice.
        learner: `ppo`, or a function `(env, **kwargs) -> OnPolicyAlgorithm` such as
            `functools.partial(PPO, "MlpPolicy", learning_rate=1e-4)`.
        seed: of environments, policy, discriminator and every draw.
        config: settings with their usual ranges.
        horizon: `native`, or `fixed` for episodes that never end early.
        force: allow a reward form that can turn death into profit.
        keep_best: a score of policies, higher is better, that must not read the true reward; the best
            policy by it is kept, looked for every `keep_every` environment steps; `use_kept` takes it up.
        frozen: take the reward model as it was trained before, and teach it nothing more.
        **learner_kwargs: keyword arguments of Stable-Baselines3's PPO; they win over `config`.

    Raises:
        UsageError: for unknown names, or a reward form that does not suit the horizon.
        DataError: for demonstrations of another environment.
    """

    learner: OnPolicyAlgorithm

    def __init__(
        self,
        env: str | VecEnv,
        demos: Demonstrations | None,
        reward_model: str | RewardModel = "gan",
        learner: str | Learner = "ppo",
        seed: int = 0,
        config: GAILConfig | None = None,
        horizon: Horizon = "native",
        force: bool = False,
        keep_best: PolicyScore | None = None,
        keep_every: int = 100_000,
        frozen: bool = False,
        **learner_kwargs: Any,
    ):
        self.config, self.seed, self.demos, self.horizon = config or GAILConfig(), seed, demos, horizon
        self.force, self.keep_every, self.frozen = force, keep_every, frozen
        venv = make_env(env, self.config.n_envs, seed, horizon=horizon) if isinstance(env, str) else env
        # An environment of the user's own may have no id; then the demonstrations say what it must be.
        self.env_id = env_id_of(venv) or (demos.env_id if demos else None)
        if isinstance(reward_model, str):
            reward_model = RewardModel(reward_model, seed=seed, training=self.config.reward)
        self.reward_model = reward_model
        if frozen and self.reward_model.critic is None:
            raise UsageError("a frozen reward model must have been trained before; give one that was")
        require_safe_form(self.reward_model.form, horizon, force)
        self.zero_reward_env = ZeroRewardVecEnv(venv, self.reward_model.family.looks_back)
        self.learner = self._learner_of(learner)(
            self.zero_reward_env,
            rollout_buffer_class=ScoredRolloutBuffer,
            rollout_buffer_kwargs={
                "zero_reward_env": self.zero_reward_env,
                "train_discriminator": self.train_discriminator,
                "relabel": self.relabel,
            },
            **learner_kwargs,
        )
        if demos is not None:
            self._use(demos, venv)
        self._keeper = None if keep_best is None else KeepBest(self.policy, keep_best)

    def _use(self, demos: Demonstrations, env: VecEnv) -> None:
        """Check that the demonstrations fit the environment, and fit the reward model to them."""
        widths = box_width(env.observation_space), box_width(env.action_space)
        require_environment(demos, self.env_id or demos.env_id, *widths)
        self._expert = demonstrated(demos)
        if not self.frozen:
            self.reward_model.fit(demos)

    @property
    def policy(self) -> ActorCriticPolicy:
        """The learner's policy, observation normalization included."""
        return self.learner.policy

    def learn(
        self,
        total_timesteps: int,
        callback: BaseCallback | list[BaseCallback] | None = None,
        log_interval: int = 1,
        tb_log_name: str = "GAIL",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> "GAIL":
        """Train for a number of environment steps; the arguments are Stable-Baselines3's."""
        if self.demos is None and not self.frozen:
            raise UsageError(
                "this agent was loaded without demonstrations; load it with demos=... to train on"
            )
        keeper = [Periodic(self.keep_every, self._keeper)] if self._keeper else []
        callbacks = CallbackList([UpdateNormalizer(), *keeper, *as_list(callback)])
        with numerical_failures_said(self.learner):
            self.learner.learn(
                total_timesteps, callbacks, log_interval, tb_log_name, reset_num_timesteps, progress_bar
            )
        if self._keeper:
            self._keeper(self.learner.num_timesteps)
        return self

    @property
    def real_steps(self) -> int:
        """Steps in the real environment so far."""
        return self.learner.num_timesteps

    @property
    def kept(self) -> Kept | None:
        """The best policy so far, where `keep_best` was given."""
        return self._keeper.kept if self._keeper else None

    def use_kept(self) -> "GAIL":
        """Go back to the best policy.

        Raises:
            UsageError: when none was kept.
        """
        if self.kept is None:
            raise UsageError("no policy was kept; give keep_best=... and learn first")
        self.policy.load_state_dict(self.kept.weights)
        return self

    def train_discriminator(self, rollout: Rollout) -> None:
        """Step 2 of a round: train on expert against these steps; a frozen reward model learns nothing."""
        if self.frozen or self.reward_model.family.reads_true:
            return
        metrics = self.reward_model.update(self._with_log_prob(self._expert), self._with_log_prob(rollout))
        for key, value in metrics.items():
            self.learner.logger.record(f"discriminator/{key}", value)

    def relabel(self, rollout: Rollout) -> Float[np.ndarray, "T N"]:
        """Step 3 of a round: the reward of every step; for the control `true` the environment's own.

        Raises:
            NumericalError: rewards that are no longer finite.
        """
        if self.reward_model.family.reads_true:
            return self.zero_reward_env.true_rewards
        rewards = self.reward_model.reward(self._with_log_prob(rollout)).numpy()
        if not np.isfinite(rewards).all():
            raise NumericalError(
                f'the scores of the reward model "{self.reward_model.name}" are no longer finite at step '
                f"{self.learner.num_timesteps}; lower the learning rates, or regularize more"
            )
        self.learner.logger.record("discriminator/reward", float(rewards.mean()))
        return rewards

    @torch.no_grad()
    def _with_log_prob(self, steps: Rollout) -> Rollout:
        """With the actions' log-probabilities under the current policy, where the family uses them.

        A frozen reward does not belong to this policy, so it goes without.
        """
        if self.frozen or not self.reward_model.family.asks_policy:
            return steps
        distribution = self.policy.get_distribution(steps.obs.flatten(0, 1)).distribution
        assert isinstance(distribution, Normal)  # of every Stable-Baselines3 policy with a Box of actions
        log_prob = clipped_log_prob(distribution, steps.action.flatten(0, 1), *self._bounds)
        return replace(steps, log_prob=log_prob.reshape(steps.terminated.shape))

    @property
    def _bounds(self) -> tuple[Tensor, Tensor]:
        space = self.zero_reward_env.action_space
        assert isinstance(space, Box)
        return torch.from_numpy(space.low), torch.from_numpy(space.high)

    def _learner_of(self, learner: str | Learner) -> Learner:
        if not isinstance(learner, str):
            return learner
        if learner != "ppo":
            raise unknown("learner", learner, ("ppo",))
        return lambda env, **kwargs: ppo(env, self.config.ppo, self.seed, **kwargs)

    def save(self, path: str | Path) -> None:
        """Write policy, normalization, discriminator and settings as one verified file."""
        model = self.reward_model
        facts = {
            "environment": self.env_id,
            "horizon": self.horizon,
            "force": self.force,
            "frozen": self.frozen,
            "seed": self.seed,
            "steps": self.learner.num_timesteps,
            "config": asdict(self.config),
            "reward_model": model.facts(),
        }
        tensors = {f"reward.{key}": value for key, value in model.state_dict().items()}
        save_agent(path, "gail", self.policy, facts, tensors)

    @classmethod
    def load(
        cls,
        path: str | Path,
        env: str | VecEnv | None = None,
        demos: Demonstrations | None = None,
        **kwargs: Any,
    ) -> "GAIL":
        """An agent from its file; with `demos` it can learn on.

        Raises:
            DataError: when the file is missing, damaged, or holds something else.
        """
        _, meta, tensors = load_agent(path, kinds=("gail",))
        saved = {key: meta[key] for key in ("seed", "horizon", "force")}
        model = RewardModel.from_facts(meta["reward_model"])
        model.load_state_dict(reward_tensors(tensors))
        saved |= {
            "config": from_plain(GAILConfig, meta["config"]),
            "reward_model": model,
            "frozen": meta.get("frozen", False),
        }
        agent = cls(env or meta["environment"], demos, **{**saved, **kwargs})
        agent.restore(path)
        return agent

    def restore(self, path: str | Path) -> None:
        """Take weights, statistics and the count of steps from a file; the optimizers begin anew.

        Raises:
            DataError: when the file is missing, damaged, or holds something else.
        """
        policy, meta, tensors = load_agent(path, kinds=("gail",))
        self.policy.load_state_dict(policy.state_dict())
        self.reward_model.load_state_dict(reward_tensors(tensors))
        self.learner.num_timesteps = meta["steps"]
