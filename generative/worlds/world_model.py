"""World models: where does an action lead? Carried from step to step, without gradients."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..families.ensemble import Ensemble
from ..interfaces.motion import Motion, Units
from ..interfaces.window_model import WindowShape
from .dynamics import Dynamics, StepDynamics
from .multi_step import Rehearsal
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
        uncertainty: the family's own doubt, in deviations of a step's change.
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
        self._lessons = 0

    def fit(self, motion: Motion, courses: Motion | None = None) -> dict[str, float]:
        """Learn windows of consecutive steps, anew; units are theirs.

        Args:
            motion: of as many steps as the family's window.
            courses: longer windows to learn from afterwards, for a family that rehearses.
        """
        self.units = Units.of(motion)
        self.build()
        dynamics, rows = self._fitted(), self.units.rows(motion, CLIP)
        metrics = dynamics.fit(rows, self.config.fit.updates, self.seed)
        if courses is not None:
            assert isinstance(dynamics, StepDynamics)
            assert isinstance(dynamics.model, Ensemble)
            rehearsal = Rehearsal(dynamics.model, self.units, CLIP, self.config.rehearsal)
            rehearsal.learn(courses, *dynamics.pairs(rows), self.seed)
        return metrics

    def build(self) -> None:
        """Fresh dynamics for the units at hand."""
        state, change, action, _ = self.units.widths
        shape = WindowShape(1, state + change + action + 1, state, action, 0)
        self.dynamics = self.family.make(shape, self.seed, self.config)

    def learn(self, motion: Motion, updates: int | None = None) -> dict[str, float]:
        """Go on learning, in the units of the first fit, by so many updates, none of them undone.

        Raises:
            RuntimeError: before `fit`.
        """
        count = self.config.fit.updates if updates is None else updates
        self._lessons += 1
        seed = self.seed + self._lessons
        return self._fitted().fit(self.units.rows(motion, CLIP), count, seed, held_out=0.0)

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
            expected: take what is expected instead of one draw.

        Raises:
            RuntimeError: before `fit`.
        """
        drawn, told = self.draws(carry, action, self.config.draws, generator)
        x = self._fitted().expect(drawn, told) if expected else drawn[0]
        share = (drawn[..., -1] > 0).float().mean(dim=0)
        change = self.units.change.back(x[:, :-1])
        next_state = carry.state + change[:, -carry.state.shape[1] :]
        after = Carry(next_state, told[:, 1:])
        return Imagined(
            after,
            next_state,
            change,
            (1 + x[:, -1].clamp(-1, 1)) / 2 if expected else share,
            self._fitted().doubt(drawn, told),
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
