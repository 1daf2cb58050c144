"""Cloning by Gaussian mixture regression: the action one expects of the expert here, without a gradient."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..demos.dataset import Demonstrations, require_environment
from ..demos.storage import load_archive, save_archive
from ..envs.errors import DataError, UsageError
from ..envs.registry import env_id, spaces
from ..generative.families.mixture import GaussianMixture, MixtureConfig
from ..generative.gaussians import PriorConfig
from .agent import Agent
from .bridge import demonstrated
from .settings import from_plain

# In standard deviations of the demonstrations: a state further away is taken for one at this distance.
CLIP = 5.0


@dataclass(frozen=True)
class GMRConfig:
    """Settings of the regression."""

    # Standard deviation of the noise added to the demonstrations, in theirs; usually 0.01-0.1.
    noise: float = 0.03
    mixture: MixtureConfig = field(
        default_factory=lambda: MixtureConfig(parts=(8, 16, 32), prior=PriorConfig(std_floor=0.03))
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

    def __init__(
        self, env: str, demos: Demonstrations | None, seed: int = 0, config: GMRConfig | None = None
    ):
        self.config, self.seed, self.demos, self.env_id = config or GMRConfig(), seed, demos, env_id(env)
        self._obs_size, self._space = spaces(env)
        if demos is not None:
            require_environment(demos, self.env_id, self._obs_size, self._space.shape[0])
        width = self._space.shape[0]
        self.mixture = GaussianMixture(width, self._obs_size, self.config.mixture, seed)
        self._scales = {"obs": torch.zeros(2, self._obs_size), "action": torch.zeros(2, width)}
        self._generator = torch.Generator().manual_seed(seed)

    def learn(self) -> "GMR":
        """Fit the mixture; numbers of parts are compared by the information criterion."""
        if self.demos is None:
            raise UsageError("this agent was loaded without demonstrations; make a new one to learn")
        steps = demonstrated(self.demos)
        rows = {"obs": steps.obs.flatten(0, 1), "action": steps.action.flatten(0, 1)}
        for name, x in rows.items():
            self._scales[name] = torch.stack((x.mean(dim=0), x.std(dim=0, correction=0).clamp(min=1e-3)))
        obs, action = (self._standardised(x, name) for name, x in rows.items())
        self.mixture.fit(action, obs, noise=self.config.noise, seed=self.seed)
        return self

    def _standardised(self, x: Float[Tensor, "B X"], name: str) -> Float[Tensor, "B X"]:
        mean, std = self._scales[name]
        return ((x - mean) / std).clamp(-CLIP, CLIP)

    def predict(
        self,
        obs: Float[np.ndarray, "*B O"],
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[Float[np.ndarray, "*B A"], tuple[np.ndarray, ...] | None]:
        """Actions for one or many observations, clipped to the bounds; the state passes through."""
        given = torch.from_numpy(np.atleast_2d(obs).astype(np.float32))
        context = self._standardised(given, "obs")
        found = (
            self.mixture.regress(context)
            if deterministic
            else self.mixture.sample(context, 1, self._generator)[0]
        )
        mean, std = self._scales["action"]
        actions = np.clip((mean + std * found).numpy(), self._space.low, self._space.high)
        return (actions if np.ndim(obs) > 1 else actions[0]), state

    def save(self, path: str | Path) -> None:
        """Write the mixture as one verified file."""
        tensors = self.mixture.state_dict() | {
            f"scales.{name}": value for name, value in self._scales.items()
        }
        arrays = {name: value.numpy() for name, value in tensors.items()}
        facts = {"kind": "gmr", "environment": self.env_id, "seed": self.seed, "config": asdict(self.config)}
        save_archive(Path(path), arrays, facts)

    @classmethod
    def load(cls, path: str | Path) -> "GMR":
        """The agent from its file, to act.

        Raises:
            DataError: when the file is missing or damaged, or holds something else.
        """
        arrays, meta = load_archive(Path(path))
        if meta.get("kind") != "gmr":
            raise DataError(
                f"{path} holds {meta.get('kind', 'something unknown')}, not gmr; name another file"
            )
        agent = cls(meta["environment"], None, meta["seed"], from_plain(GMRConfig, meta["config"]))
        tensors: dict[str, Any] = {name: torch.from_numpy(value) for name, value in arrays.items()}
        agent._scales = {name: tensors.pop(f"scales.{name}") for name in agent._scales}
        agent.mixture.load_state_dict(tensors)
        return agent
