"""World models on episodes: transitions with states in, predicted states out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float

from ...demos.physics_residual import states_of
from ...demos.storage import load_archive, save_archive
from ...demos.trajectory import Trajectory
from ...envs.body import Body
from ...envs.errors import DataError, unknown
from ...envs.registry import body as body_of
from ...generative.interfaces.motion import Motion, Units
from ...generative.interfaces.standardize import Standard
from ...generative.worlds.world_families import WORLDS, WorldConfig
from ...generative.worlds.world_model import Carry, DynamicsModel, Prediction
from ..settings import from_plain
from .generator import motion_of

KIND = "world model"
# Steps of the sample that gives the usual uncertainty.
SAMPLED = 2000
# Predicted states farther from the training mean than this have diverged [standard deviations].
FARTHEST = 15.0


class WorldModel:
    """Learns the dynamics of a body from episodes with states.

    Args:
        name: a key of `WORLDS`.
        env: `hopper` or `walker2d`.
        seed: seeds the weights and the batches.
        config: settings of all families.

    Attributes:
        model: its dynamics on tensors.
        max_uncertainty: uncertainty that ends a model rollout; None before a policy trained in the model.

    Raises:
        UsageError: for an unknown name; lists the valid ones.
    """

    max_uncertainty: float | None = None

    def __init__(
        self, name: str = "ensemble", env: str = "hopper", seed: int = 0, config: WorldConfig | None = None
    ):
        if name not in WORLDS:
            raise unknown("world model", name, WORLDS)
        self.name, self.seed, self.config = name, seed, config or WorldConfig()
        self.model = DynamicsModel(name, seed, self.config)
        self.body: Body = body_of(env)

    def fit(self, episodes: Sequence[Trajectory]) -> dict[str, float]:
        """Learn episodes from fresh weights; episodes shorter than the family's window are left out.

        Raises:
            DataError: episodes without states, or of another body.
            UsageError: all episodes are shorter than a window.
        """
        c = self.config.multi_step
        multi_step = self.model.family.trains_multi_step and c.updates > 0
        segments = motion_of(episodes, c.steps, c.steps // 2) if multi_step else None
        return self.model.fit(self._motion(episodes), segments)

    def learn(self, episodes: Sequence[Trajectory], updates: int | None = None) -> dict[str, float]:
        """Go on learning for a number of updates, in the units of the first fit."""
        return self.model.learn(self._motion(episodes), updates)

    def start(self, state: Float[torch.Tensor, "B S"]) -> Carry:
        """Start at states, without steps before them."""
        return self.model.start(state)

    def step(
        self,
        carry: Carry,
        action: Float[torch.Tensor, "B A"],
        generator: torch.Generator,
        expected: bool = False,
    ) -> Prediction:
        """One step of every row; a fall by the body's own rule has probability 1."""
        prediction = self.model.step(carry, action, generator, expected)
        body = self.body
        fallen = torch.from_numpy(body.terminated(*body.split(_whole_states(prediction.next_state)))).float()
        return prediction._replace(p_terminated=torch.maximum(prediction.p_terminated, fallen))

    def usual_uncertainty(self, episodes: Sequence[Trajectory], quantile: float) -> float:
        """The quantile of the uncertainty over a sample of the episodes' steps."""
        states = np.concatenate([states_of(episode)[:-1, 1:] for episode in episodes])
        actions = np.concatenate([episode.actions for episode in episodes])
        sample = np.random.default_rng(self.seed).integers(len(states), size=SAMPLED)
        state, action = (torch.from_numpy(part[sample]).float() for part in (states, actions))
        draws = torch.Generator().manual_seed(self.seed)
        return float(self.step(self.start(state), action, draws).uncertainty.quantile(quantile))

    def diverged(self, state: Float[torch.Tensor, "B S"]) -> Bool[np.ndarray, "B"]:
        """Which states are not finite, or farther out than any real state."""
        unit = self.model.units.state
        z = (state - unit.mean) / unit.std
        return ~(z.abs() < FARTHEST).all(dim=1).numpy()

    def _motion(self, episodes: Sequence[Trajectory]) -> Motion:
        """Windows of the family's length."""
        for episode in episodes:
            widths = episode.obs.shape[1], episode.actions.shape[1]
            if widths != (self.body.obs_size, self.body.action_size):
                raise DataError(
                    f"{self.body.env_id} has {self.body.obs_size} observations and {self.body.action_size} "
                    f"actions; these episodes have {widths[0]} and {widths[1]}"
                )
        return motion_of(episodes, self.model.family.window, self.model.family.stride)

    def observe(self, state: Float[torch.Tensor, "B S"]) -> Float[np.ndarray, "B O"]:
        """Observations of predicted states, which have no place on the ground."""
        return self.body.observe(*self.body.split(_whole_states(state)))

    def save(self, path: str | Path) -> None:
        """Write weights, units and settings as one verified file."""
        weights = {f"model.{name}": value.numpy() for name, value in self.model.fitted().state_dict().items()}
        units = {
            f"units.{part}.{what}": getattr(getattr(self.model.units, part), what).numpy()
            for part in Units._fields
            for what in Standard._fields
        }
        meta = {
            "kind": KIND,
            "name": self.name,
            "environment": self.body.env_id,
            "seed": self.seed,
            "config": asdict(self.config),
            "max_uncertainty": self.max_uncertainty,
        }
        save_archive(Path(path), {**weights, **units}, meta)

    @classmethod
    def load(cls, path: str | Path) -> "WorldModel":
        """A world model from its file, with its settings.

        Raises:
            DataError: the file is missing, damaged, or holds something else.
        """
        stored, meta = load_archive(Path(path))
        if meta.get("kind") != KIND:
            raise DataError(f"{path} holds {meta.get('kind')!r}, not a world model")
        if "config" not in meta:
            raise DataError(f"{path} is from before world models kept their settings; make the run anew")
        if "max_uncertainty" not in meta:
            raise DataError(f"{path} is from another version of gailforce; make the run anew")
        world = cls(meta["name"], meta["environment"], meta["seed"], from_plain(WorldConfig, meta["config"]))
        world.max_uncertainty = meta["max_uncertainty"]
        parts = (
            Standard(*(torch.from_numpy(stored[f"units.{part}.{what}"]) for what in Standard._fields))
            for part in Units._fields
        )
        world.model.units = Units(*parts)
        world.model.build()
        weights = {
            name.removeprefix("model."): torch.from_numpy(value)
            for name, value in stored.items()
            if name.startswith("model.")
        }
        world.model.fitted().load_state_dict(weights)
        return world


def _whole_states(state: Float[torch.Tensor, "B S"]) -> Float[np.ndarray, "B S1"]:
    """Whole states, at place 0 on the ground."""
    return np.pad(state.double().numpy(), ((0, 0), (1, 0)))
