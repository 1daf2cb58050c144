"""Cloning by Gaussian mixture regression: the action one expects of the expert here, without a gradient."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..demos.dataset import Demonstrations, require_environment
from ..demos.storage import load_archive, save_archive
from ..envs.errors import DataError, UsageError
from ..envs.registry import env_id, spaces
from ..generative.families.mixture import GaussianMixture, MixtureConfig
from ..generative.interfaces.model import FitOptions
from ..generative.interfaces.standardize import Standard
from ..generative.nn.gaussians import PriorConfig
from .agent import Agent
from .models.reward import demonstrated
from .settings import from_plain


@dataclass(frozen=True)
class GMRConfig:
    """Settings of the regression."""

    # Standard deviation of the noise added to the demonstrated actions, in theirs; usually 0.01-0.1. On
    # observations too it blurs the law: the hopper's return with 4 demonstrations fell from 3,631 to 2,124.
    noise: float = 0.03
    mixture: MixtureConfig = field(
        default_factory=lambda: MixtureConfig(parts=(32,), prior=PriorConfig(prior_std=0.03))
    )


class GMR(Agent):
    """Imitates by regression on a mixture of states and actions; never touches the environment.

    The likely action is E[a | s] (Ghahramani & Jordan 1994; Calinon et al. 2007 imitate so), an exploring
    one is drawn from p(a | s).

    Args:
        env: a name or Gymnasium id; gives the bounds of the actions.
        demos: what to imitate.
        seed: of clusters and noise.

    Raises:
        UsageError: for an unknown environment.
        DataError: for demonstrations of another environment.
    """

    # What its files say they hold.
    KIND = "gmr"

    def __init__(
        self, env: str, demos: Demonstrations | None, seed: int = 0, config: GMRConfig | None = None
    ):
        self.config, self.seed, self.demos, self.env_id = config or GMRConfig(), seed, demos, env_id(env)
        self._obs_size, self._space = spaces(env)
        if demos is not None:
            require_environment(demos, self.env_id, self._obs_size, self._space.shape[0])
        width = self._space.shape[0]
        self.mixture = GaussianMixture(width, self._obs_size, self.config.mixture, seed)
        self._obs, self._action = Standard.plain(self._obs_size), Standard.plain(width)
        self._generator = torch.Generator().manual_seed(seed)

    def learn(self) -> "GMR":
        """Fit the mixture; numbers of parts are compared by the information criterion."""
        if self.demos is None:
            raise UsageError("this agent was loaded without demonstrations; make a new one to learn")
        steps = demonstrated(self.demos)
        obs, action = steps.obs.flatten(0, 1), steps.action.flatten(0, 1)
        self._obs, self._action = Standard.of(obs), Standard.of(action)
        options = FitOptions(noise=self.config.noise, seed=self.seed)
        self.mixture.fit(self._action.scaled(action), self._obs.scaled(obs), options)
        return self

    def predict(
        self,
        obs: Float[np.ndarray, "*B O"],
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[Float[np.ndarray, "*B A"], tuple[np.ndarray, ...] | None]:
        """Actions for one or many observations, clipped to the bounds; the state passes through."""
        context = self._obs.scaled(torch.from_numpy(np.atleast_2d(obs).astype(np.float32)))
        likely = self.mixture.regress if deterministic else self._drawn
        actions = self._action.back(likely(context)).numpy().clip(self._space.low, self._space.high)
        return (actions if np.ndim(obs) > 1 else actions[0]), state

    def _drawn(self, context: Float[Tensor, "B O"]) -> Float[Tensor, "B A"]:
        return self.mixture.sample(context, 1, self._generator)[0]

    def save(self, path: str | Path) -> None:
        """Write the mixture as one verified file."""
        scales = {f"obs.{k}": v for k, v in self._obs._asdict().items()}
        scales |= {f"action.{k}": v for k, v in self._action._asdict().items()}
        arrays = {name: value.numpy() for name, value in (self.mixture.state_dict() | scales).items()}
        facts = {
            "kind": self.KIND,
            "environment": self.env_id,
            "seed": self.seed,
            "config": asdict(self.config),
        }
        save_archive(Path(path), arrays, facts)

    @classmethod
    def load(cls, path: str | Path) -> "GMR":
        """The agent from its file, to act.

        Raises:
            DataError: when the file is missing or damaged, or holds something else.
        """
        arrays, meta = load_archive(Path(path))
        if meta.get("kind") != cls.KIND:
            raise DataError(
                f"{path} holds {meta.get('kind', 'something unknown')}, not gmr; name another file"
            )
        agent = cls(meta["environment"], None, meta["seed"], from_plain(GMRConfig, meta["config"]))
        tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
        agent._obs, agent._action = (
            Standard(tensors.pop(f"{name}.mean"), tensors.pop(f"{name}.std")) for name in ("obs", "action")
        )
        agent.mixture.load_state_dict(tensors)
        return agent
