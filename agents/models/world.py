"""World models on episodes: transitions with states in, imagined states out."""

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
from ...generative.worlds import world_model as tensors
from ...generative.worlds.world_families import WORLDS, WorldConfig
from ...generative.worlds.world_model import Carry, Imagined
from ..settings import from_plain
from .generator import motion_of

KIND = "world model"
# Steps by which the usual uncertainty is judged.
JUDGED = 2000
# Imagined states farther from all that was seen than so many standard deviations have diverged.
FARTHEST = 15.0


class WorldModel(tensors.WorldModel):
    """Learns what actions do to a body, from episodes with states.

    Args:
        name: a key of `WORLDS`.
        env: whose body: `hopper` or `walker2d`.
        seed: of the weights and of the batches.
        config: settings of all families.

    Attributes:
        cut: the uncertainty beyond which a dream in it left its branches; None before any dream.

    Raises:
        UsageError: for an unknown name; lists the valid ones.
    """

    cut: float | None = None

    def __init__(
        self, name: str = "ensemble", env: str = "hopper", seed: int = 0, config: WorldConfig | None = None
    ):
        if name not in WORLDS:
            raise unknown("world model", name, WORLDS)
        super().__init__(name, seed, config)
        self.body: Body = body_of(env)

    def fit(self, episodes: Sequence[Trajectory]) -> dict[str, float]:  # type: ignore[override]  # the bridge
        """Learn episodes anew, falls included, but for episodes shorter than the family's window.

        Raises:
            DataError: episodes without states, or of another body.
            UsageError: all are shorter than a window.
        """
        rehearsal = self.config.rehearsal
        rehearses = self.family.rehearses and rehearsal.updates > 0
        courses = motion_of(episodes, rehearsal.steps, rehearsal.steps // 2) if rehearses else None
        return super().fit(self._motion(episodes), courses)

    def learn(  # type: ignore[override]  # the bridge
        self, episodes: Sequence[Trajectory], updates: int | None = None
    ) -> dict[str, float]:
        """Go on learning, in the units of the first fit, by so many updates."""
        return super().learn(self._motion(episodes), updates)

    def step(
        self,
        carry: Carry,
        action: Float[torch.Tensor, "B A"],
        generator: torch.Generator,
        expected: bool = False,
    ) -> Imagined:
        """One step of every row; where the body's own rule calls the next state a fall, that is certain."""
        found = super().step(carry, action, generator, expected)
        body = self.body
        fallen = torch.from_numpy(body.terminated(*body.split(_placed(found.next_state)))).float()
        return found._replace(p_terminated=torch.maximum(found.p_terminated, fallen))

    def usual_uncertainty(self, episodes: Sequence[Trajectory], share: float) -> float:
        """The uncertainty that so large a share of the episodes' steps do not exceed, by a sample of them."""
        states = np.concatenate([states_of(episode)[:-1, 1:] for episode in episodes])
        actions = np.concatenate([episode.actions for episode in episodes])
        some = np.random.default_rng(self.seed).integers(len(states), size=JUDGED)
        state, action = (torch.from_numpy(part[some]).float() for part in (states, actions))
        draws = torch.Generator().manual_seed(self.seed)
        return float(self.step(self.start(state), action, draws).uncertainty.quantile(share))

    def diverged(self, state: Float[torch.Tensor, "B S"]) -> Bool[np.ndarray, "B"]:
        """Which states are not finite, or farther out than anything real."""
        z = (state - self.units.state.mean) / self.units.state.std
        return ~(z.abs() < FARTHEST).all(dim=1).numpy()

    def _motion(self, episodes: Sequence[Trajectory]) -> Motion:
        """Windows as long as the family needs them."""
        for episode in episodes:
            widths = episode.obs.shape[1], episode.actions.shape[1]
            if widths != (self.body.obs_size, self.body.action_size):
                raise DataError(
                    f"{self.body.env_id} has {self.body.obs_size} observations and {self.body.action_size} "
                    f"actions; these episodes have {widths[0]} and {widths[1]}"
                )
        return motion_of(episodes, self.family.window, self.family.stride)

    def observe(self, state: Float[torch.Tensor, "B S"]) -> Float[np.ndarray, "B O"]:
        """Observations of imagined states, which have no place on the ground."""
        return self.body.observe(*self.body.split(_placed(state)))

    def save(self, path: str | Path) -> None:
        """Write weights, units and settings as one verified file."""
        weights = {f"model.{name}": value.numpy() for name, value in self._fitted().state_dict().items()}
        units = {
            f"units.{part}.{what}": getattr(getattr(self.units, part), what).numpy()
            for part in Units._fields
            for what in Standard._fields
        }
        meta = {
            "kind": KIND,
            "name": self.name,
            "environment": self.body.env_id,
            "seed": self.seed,
            "config": asdict(self.config),
            "cut": self.cut,
        }
        save_archive(Path(path), {**weights, **units}, meta)

    @classmethod
    def load(cls, path: str | Path) -> "WorldModel":
        """A world model from its file, with the settings it was made with.

        Raises:
            DataError: the file is missing, damaged, or holds something else.
        """
        stored, meta = load_archive(Path(path))
        if meta.get("kind") != KIND:
            raise DataError(f"{path} holds {meta.get('kind')!r}, not a world model")
        if "config" not in meta:
            raise DataError(f"{path} is from before world models kept their settings; make the run anew")
        model = cls(meta["name"], meta["environment"], meta["seed"], from_plain(WorldConfig, meta["config"]))
        model.cut = meta["cut"]
        parts = (
            Standard(*(torch.from_numpy(stored[f"units.{part}.{what}"]) for what in Standard._fields))
            for part in Units._fields
        )
        model.units = Units(*parts)
        model.build()
        weights = {
            name.removeprefix("model."): torch.from_numpy(value)
            for name, value in stored.items()
            if name.startswith("model.")
        }
        model._fitted().load_state_dict(weights)
        return model


def _placed(state: Float[torch.Tensor, "B S"]) -> Float[np.ndarray, "B S1"]:
    """Whole states, at the beginning of the ground."""
    return np.pad(state.double().numpy(), ((0, 0), (1, 0)))
