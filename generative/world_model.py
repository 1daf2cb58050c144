"""World models: where does an action lead? Carried from step to step, without gradients."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .dynamics import Dynamics
from .motion import Motion, Units
from .window_model import WindowShape
from .world_families import WORLDS, WorldConfig

# Bound on states and changes in their standard deviations: blows of the ground are far out but real.
CLIP = 20.0


class Carry(NamedTuple):
    """Where imagination stands.

    Attributes:
        state: without the place on the ground.
        told: the last steps before it, in rows of (state, action, 1 where there was a step).
    """

    state: Float[Tensor, "B S"]
    told: Float[Tensor, "B V Z"]


class Imagined(NamedTuple):
    """What a step leads to.

    Attributes:
        carry: to go on from.
        next_state: without the place on the ground.
        change: of the whole state, the place included.
        p_terminated: probability that the episode terminates with the step.
        uncertainty: deviation of the draws, as the root mean square over changes in their own unit.
    """

    carry: Carry
    next_state: Float[Tensor, "B S"]
    change: Float[Tensor, "B D"]
    p_terminated: Float[Tensor, "B"]
    uncertainty: Float[Tensor, "B"]


class WorldModel:
    """A family that has learned what actions do.

    Args:
        name: a key of `WORLDS`.
        seed: of the weights and of the batches.
        config: settings of all families.
    """

    def __init__(self, name: str, seed: int = 0, config: WorldConfig | None = None):
        self.name, self.seed, self.config = name, seed, config or WorldConfig()
        self.family = WORLDS[name]
        self.dynamics: Dynamics | None = None

    def fit(self, motion: Motion) -> dict[str, float]:
        """Learn windows of consecutive steps, anew; units are theirs."""
        self.units = Units.of(motion)
        self.build()
        return self._taught(motion, None)

    def build(self) -> None:
        """Fresh dynamics for the units at hand."""
        state, change, action, _ = self.units.widths
        shape = WindowShape(1, state + change + action + 1, state, action, 0)
        self.dynamics = self.family.make(shape, self.seed, self.config)

    def learn(self, motion: Motion, updates: int | None = None) -> dict[str, float]:
        """Go on learning, in the units of the first fit, by at most so many updates.

        Raises:
            RuntimeError: before `fit`.
        """
        return self._taught(motion, updates)

    def _taught(self, motion: Motion, updates: int | None) -> dict[str, float]:
        most = updates or self.config.fit.updates
        return self._fitted().fit(self.units.rows(motion, CLIP), most, self.seed)

    def start(self, state: Float[Tensor, "B S"]) -> Carry:
        """Begin at states, with nothing before them.

        Raises:
            RuntimeError: before `fit`.
        """
        state_width, _, action_width, _ = self.units.widths
        rows = max(0, self._fitted().memory - 1)
        return Carry(state, torch.zeros(len(state), rows, state_width + action_width + 1))

    @torch.no_grad()
    def step(
        self,
        carry: Carry,
        action: Float[Tensor, "B A"],
        generator: torch.Generator,
        expected: bool = False,
    ) -> Imagined:
        """One step of every row.

        Args:
            carry: where each row stands.
            action: what is done there.
            generator: of the draws.
            expected: take the mean of the draws instead of the first of them.

        Raises:
            RuntimeError: before `fit`.
        """
        drawn, told = self.draws(carry, action, self.config.draws, generator)
        mean, spread = drawn.mean(dim=0), drawn.std(dim=0)
        x = mean if expected else drawn[0]
        change = self.units.change.back(x[:, :-1])
        next_state = carry.state + change[:, -carry.state.shape[1] :]
        after = Carry(next_state, told[:, 1:])
        return Imagined(
            after,
            next_state,
            change,
            (drawn[..., -1] > 0).float().mean(dim=0),
            spread[:, :-1].square().mean(dim=1).sqrt(),
        )

    def draws(
        self, carry: Carry, action: Float[Tensor, "B A"], n: int, generator: torch.Generator
    ) -> tuple[Float[Tensor, "n B X"], Float[Tensor, "B V Z"]]:
        """Draws of (change, end) in their units, and all that was told to draw them."""
        row = torch.cat(
            (
                self.units.state.scaled(carry.state, CLIP),
                self.units.action.scaled(action, CLIP),
                torch.ones_like(action[:, :1]),
            ),
            dim=1,
        )
        told = torch.cat((carry.told, row[:, None]), dim=1)
        return self._fitted().draw(told, n, generator), told

    def _fitted(self) -> Dynamics:
        if self.dynamics is None:
            raise RuntimeError("this world model has learned nothing yet; call fit with transitions first")
        return self.dynamics
