"""Dynamics models: the next state and end of every step, from state and action, without gradients."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.motion import Motion, Units
from ..interfaces.window_model import WindowShape
from .dynamics import Dynamics
from .world_families import WORLDS, WorldConfig

# Bound on states and changes in their standard deviations: contact impacts are far out but real.
CLIP = 20.0


class Carry(NamedTuple):
    """State and memory from which the next step starts.

    Attributes:
        state: without the place on the ground.
        past: the last steps before it, in rows of (state, action, 1 where there was a step).
    """

    state: Float[Tensor, "B S"]
    past: Float[Tensor, "B V Z"]


class Prediction(NamedTuple):
    """What a step leads to.

    Attributes:
        carry: where the next step starts.
        next_state: without the place on the ground.
        change: of the whole state, the place included.
        p_terminated: probability that the episode terminates with the step.
        uncertainty: the family's own measure, in deviations of a step's change.
    """

    carry: Carry
    next_state: Float[Tensor, "B S"]
    change: Float[Tensor, "B D"]
    p_terminated: Float[Tensor, "B"]
    uncertainty: Float[Tensor, "B"]


class DynamicsModel:
    """A family of dynamics in units of its training data.

    Args:
        name: a key of `WORLDS`.
        seed: seeds the weights and the batches.
        config: settings of all families.
    """

    def __init__(self, name: str, seed: int = 0, config: WorldConfig | None = None):
        self.name, self.seed, self.config = name, seed, config or WorldConfig()
        self.family = WORLDS[name]
        self.dynamics: Dynamics | None = None
        self._updates_after_fit = 0

    def fit(self, motion: Motion, segments: Motion | None = None) -> dict[str, float]:
        """Learn windows of consecutive steps from fresh weights, in their units.

        Args:
            motion: of as many steps as the family's window.
            segments: longer windows to learn from afterwards, for a family that trains on several steps.
        """
        self.units = Units.of(motion)
        self.build()
        dynamics, rows = self.fitted(), self.units.rows(motion, CLIP)
        metrics = dynamics.fit(rows, self.config.fit.updates, self.seed)
        if segments is not None:
            dynamics.fit_segments(segments, rows, self.units, CLIP, self.config.multi_step, self.seed)
        return metrics

    def build(self) -> None:
        """Fresh dynamics for the units at hand."""
        state, change, action, _ = self.units.widths
        shape = WindowShape(1, state + change + action + 1, state, action, 0)
        self.dynamics = self.family.make(shape, self.seed, self.config)

    def learn(self, motion: Motion, updates: int | None = None) -> dict[str, float]:
        """Go on learning for a number of updates, in the units of the first fit.

        Raises:
            RuntimeError: before `fit`.
        """
        count = self.config.fit.updates if updates is None else updates
        self._updates_after_fit += 1
        seed = self.seed + self._updates_after_fit
        return self.fitted().fit(self.units.rows(motion, CLIP), count, seed, held_out=0.0)

    def start(self, state: Float[Tensor, "B S"]) -> Carry:
        """Start at states, without steps before them.

        Raises:
            RuntimeError: before `fit`.
        """
        state_width, _, action_width, _ = self.units.widths
        rows = max(0, self.fitted().memory - 1)
        return Carry(state, torch.zeros(len(state), rows, state_width + action_width + 1))

    @torch.no_grad()
    def step(
        self,
        carry: Carry,
        action: Float[Tensor, "B A"],
        generator: torch.Generator,
        expected: bool = False,
    ) -> Prediction:
        """One step of every row.

        Args:
            carry: where each row starts.
            action: what is done there.
            generator: seeds the draws.
            expected: use the expectation instead of one draw.

        Raises:
            RuntimeError: before `fit`.
        """
        drawn, context = self.draws(carry, action, self.config.draws, generator)
        x = self.fitted().expect(drawn, context) if expected else drawn[0]
        share = (drawn[..., -1] > 0).float().mean(dim=0)
        change = self.units.change.back(x[:, :-1])
        next_state = carry.state + change[:, -carry.state.shape[1] :]
        after = Carry(next_state, context[:, 1:])
        return Prediction(
            after,
            next_state,
            change,
            (1 + x[:, -1].clamp(-1, 1)) / 2 if expected else share,
            self.fitted().uncertainty(drawn, context),
        )

    def draws(
        self, carry: Carry, action: Float[Tensor, "B A"], n: int, generator: torch.Generator
    ) -> tuple[Float[Tensor, "n B X"], Float[Tensor, "B V Z"]]:
        """Draws of (change, end) in their units, and the context they are conditioned on."""
        row = torch.cat(
            (
                self.units.state.scaled(carry.state, CLIP),
                self.units.action.scaled(action, CLIP),
                torch.ones_like(action[:, :1]),
            ),
            dim=1,
        )
        context = torch.cat((carry.past, row[:, None]), dim=1)
        return self.fitted().draw(context, n, generator), context

    def fitted(self) -> Dynamics:
        """The dynamics.

        Raises:
            RuntimeError: before `fit`.
        """
        if self.dynamics is None:
            raise RuntimeError("this world model has learned nothing yet; call fit with transitions first")
        return self.dynamics
