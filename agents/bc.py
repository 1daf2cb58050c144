"""Behavior cloning, made steady: input noise, weight averaging, and a stop by held-out steps."""

import copy
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from ..demos.dataset import Demonstrations, require_environment
from ..envs.errors import NumericalError, UsageError
from ..envs.registry import env_id, spaces
from ..generative.nn.averaging import move_average
from .agent import Agent
from .models.reward import demonstrated
from .sb3.normalizer import RunningNorm
from .sb3.policy import PolicySpec, load_agent, save_agent
from .settings import from_plain


@dataclass(frozen=True)
class BCConfig:
    """Settings of cloning."""

    # Widths of the hidden layers; usually two of 64-256.
    layers: tuple[int, ...] = (256, 256)
    # Gradient steps at most; usually 5,000-50,000.
    updates: int = 20_000
    # Transitions in one gradient step; usually 64-512.
    batch_size: int = 256
    # Adam's learning rate, falling linearly to zero; usually 3e-4 to 1e-3.
    learning_rate: float = 1e-3
    # Weight decay; usually 0-1e-2.
    weight_decay: float = 1e-4
    # Standard deviation of the noise on standardized observations; usually 0-0.1.
    noise: float = 0.01
    # Decay of the averaged weights, in gradient steps; usually 0.99-0.999.
    averaging: float = 0.999
    # Share of the steps held out to decide when to stop; usually 0.1-0.2.
    held_out: float = 0.1
    # Gradient steps between two looks at the held-out steps.
    check_every: int = 500
    # Looks without improvement after which it stops.
    patience: int = 10


def cloning_loss(predicted: Float[Tensor, "B A"], actions: Float[Tensor, "B A"]) -> Float[Tensor, ""]:
    """L = E |predicted - action|^2 / A: maximum likelihood of a Gaussian of fixed width (Pomerleau 1989)."""
    return (predicted - actions).square().mean()


class BC(Agent):
    """Imitates by regression on the demonstrated actions; never touches the environment.

    Args:
        env: a name or Gymnasium id; gives the bounds of the actions.
        demos: what to imitate.
        seed: of weights, the held-out draw and the batches.

    Raises:
        UsageError: for an unknown environment.
        DataError: for demonstrations of another environment.
    """

    policy: ActorCriticPolicy

    def __init__(self, env: str, demos: Demonstrations, seed: int = 0, config: BCConfig | None = None):
        self.config, self.seed, self.demos, self.env_id = config or BCConfig(), seed, demos, env_id(env)
        obs_size, space = spaces(env)
        require_environment(demos, self.env_id, obs_size, space.shape[0])
        layers = self.config.layers
        low, high = tuple(map(float, space.low)), tuple(map(float, space.high))
        spec = PolicySpec(obs_size, low, high, layers, (1,), "relu")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.policy = spec.build()
        self._generator = torch.Generator().manual_seed(seed)

    def learn(self, total_updates: int | None = None) -> "BC":
        """Fit until the held-out error stops falling, or for a number of gradient steps at most."""
        steps = demonstrated(self.demos)
        obs, action = steps.obs.flatten(0, 1), steps.action.flatten(0, 1)
        self._normalizer.update(obs.numpy())
        training, held_out = self._split(len(obs))
        averaged = self._fit(obs, action, training, held_out, total_updates or self.config.updates)
        self.policy.load_state_dict(averaged)
        self._set_exploration(obs[held_out], action[held_out])
        self.policy.set_training_mode(False)
        return self

    @property
    def _normalizer(self) -> RunningNorm:
        extractor = self.policy.features_extractor
        assert isinstance(extractor, RunningNorm)
        return extractor

    def _split(self, count: int) -> tuple[Tensor, Tensor]:
        if count < 2:
            raise UsageError(f"cloning needs at least two transitions, one to stop by; got {count}")
        order = torch.randperm(count, generator=self._generator)
        held_out = max(1, round(count * self.config.held_out))
        return order[held_out:], order[:held_out]

    def _fit(
        self, obs: Tensor, actions: Tensor, training: Tensor, held_out: Tensor, updates: int
    ) -> dict[str, Tensor]:
        """Gradient descent; returns the averaged weights of the best look at the held-out steps."""
        c, policy = self.config, self.policy
        optimizer = torch.optim.AdamW(policy.parameters(), lr=c.learning_rate, weight_decay=c.weight_decay)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, updates)
        average = copy.deepcopy(policy)
        best, best_error, waited = copy.deepcopy(average.state_dict()), np.inf, 0
        for update in range(1, updates + 1):
            rows = training[torch.randint(len(training), (c.batch_size,), generator=self._generator)]
            loss = cloning_loss(self._mean(policy, self._noisy(obs[rows])), actions[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            move_average(average, policy, c.averaging, update)
            if update % c.check_every == 0 or update == updates:
                with torch.no_grad():
                    error = cloning_loss(self._mean(average, obs[held_out]), actions[held_out]).item()
                waited = 0 if error < best_error else waited + 1
                if waited == 0:
                    best, best_error = copy.deepcopy(average.state_dict()), error
                if not np.isfinite(error):
                    raise NumericalError(f"cloning diverged at update {update:,}; lower the learning rate")
                if waited >= c.patience:
                    break
        return best

    def _noisy(self, obs: Tensor) -> Tensor:
        scale = self._normalizer.var.sqrt() * self.config.noise
        return obs + scale * torch.randn(obs.shape, generator=self._generator)

    @staticmethod
    def _mean(policy: ActorCriticPolicy, obs: Tensor) -> Tensor:
        """The policy's most likely action."""
        features = policy.extract_features(obs, policy.pi_features_extractor)
        # A pair only where actor and value do not share their features.
        assert isinstance(features, Tensor)
        return policy.action_net(policy.mlp_extractor.forward_actor(features))

    @torch.no_grad()
    def _set_exploration(self, obs: Tensor, actions: Tensor) -> None:
        """The exploring policy's width is the error on held-out steps."""
        error = (self._mean(self.policy, obs) - actions).square().mean(dim=0)
        self.policy.log_std.copy_(error.clamp(min=1e-8).sqrt().log())

    def save(self, path: str | Path) -> None:
        """Write policy and normalization as one verified file."""
        facts = {"environment": self.env_id, "seed": self.seed, "config": asdict(self.config)}
        save_agent(path, "bc", self.policy, facts, {})

    @classmethod
    def load(cls, path: str | Path, demos: Demonstrations) -> "BC":
        """A clone from its file, with the demonstrations it would learn on from.

        To act alone it needs none: `agents.loading.load_policy` gives its policy.
        """
        policy, meta, _ = load_agent(path, kinds=("bc",))
        agent = cls(meta["environment"], demos, meta["seed"], from_plain(BCConfig, meta["config"]))
        agent.policy.load_state_dict(policy.state_dict())
        return agent
