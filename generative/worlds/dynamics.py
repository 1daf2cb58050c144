"""How generative models become dynamics: what a step changes, given state, action and what came before.

Everything is in rows of `Units.rows`: state, change, action, end. A model's draws for one step say all that
is asked of dynamics: their mean is the expectation, the share of ends the probability of one, and their
spread the uncertainty, where the family knows no better expectation or measure of its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.model import FitOptions, GenerativeModel
from ..interfaces.window_context import Known
from ..interfaces.window_model import WindowShape, looking_back
from ..nn.decay import falling

# Draws of (change, end), what they were told -> how unsure each row is, in deviations of a step's change.
Doubt = Callable[[Float[Tensor, "n B X"], Float[Tensor, "B V Z"]], Float[Tensor, "B"]]
# The same -> the (change, end) that is expected.
Expect = Callable[[Float[Tensor, "n B X"], Float[Tensor, "B V Z"]], Float[Tensor, "B X"]]


def spread(drawn: Float[Tensor, "n B X"], told: Float[Tensor, "B V Z"]) -> Float[Tensor, "B"]:
    """Deviation of the drawn changes, as the root mean square over columns."""
    return drawn[..., :-1].var(dim=0, correction=0).mean(dim=1).sqrt()


def mean(drawn: Float[Tensor, "n B X"], told: Float[Tensor, "B V Z"]) -> Float[Tensor, "B X"]:
    """Mean of the draws."""
    return drawn.mean(dim=0)


class Dynamics(nn.Module, ABC):
    """(state, action, what came before) -> draws of (change, end).

    Attributes:
        memory: steps it looks at, the one to come included.
        doubt: how unsure it is.
        expect: what it expects.
    """

    memory: int
    doubt: Doubt
    expect: Expect

    @abstractmethod
    def fit(
        self, rows: Float[Tensor, "N T C"], updates: int, seed: int, held_out: float = 0.1
    ) -> dict[str, float]:
        """Learn windows of consecutive steps by at most so many updates; returns metrics.

        A share of the steps may only decide when to stop; with 0 all updates are taken, at full learning
        rates: there is more to come.
        """

    @abstractmethod
    def draw(
        self, told: Float[Tensor, "B V Z"], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """(change, end) of the last step told: rows of (state, action, 1 where there was a step)."""


class StepDynamics(Dynamics):
    """A model of one step, with a memory of those before.

    Args:
        model: of x with the columns of change and end; its context has `memory` rows.
        shape: of the windows.
        memory: rows of a context.
        batch_size: steps in one update.
        doubt: how unsure the model is.
        expect: what the model expects, where it knows better than by draws.
    """

    def __init__(
        self,
        model: GenerativeModel,
        shape: WindowShape,
        memory: int,
        batch_size: int,
        doubt: Doubt = spread,
        expect: Expect = mean,
    ):
        super().__init__()
        self.model, self.memory, self.doubt, self.expect = model, memory, doubt, expect
        self._shape, self._batch_size = shape, batch_size

    def fit(
        self, rows: Float[Tensor, "N T C"], updates: int, seed: int, held_out: float = 0.1
    ) -> dict[str, float]:
        """The model's own way of fitting, on every step of every window."""
        x, told = self.pairs(rows)
        with falling(self.model, updates) if held_out else nullcontext():
            options = FitOptions(updates, self._batch_size, held_out, seed=seed)
            return self.model.fit(x, told, options)

    def pairs(self, rows: Float[Tensor, "N T C"]) -> tuple[Float[Tensor, "M X"], Float[Tensor, "M V Z"]]:
        """What follows every step, and what is told to foretell it."""
        parts = parted(rows, self._shape)
        told = looking_back(torch.cat((parts.state, parts.action), dim=-1), self.memory)
        return torch.cat((parts.change, parts.ended), dim=-1).flatten(0, 1), told

    def draw(
        self, told: Float[Tensor, "B V Z"], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """The model's draws."""
        return self.model.sample(told, n, generator)


class FutureDynamics(Dynamics):
    """A model of whole short futures, given where they begin and the actions that are known so far.

    Args:
        model: of flattened windows, its context a `Known`.
        shape: of the windows; the condition is a column that says nothing.
        batch_size: windows in one update.
    """

    memory = 1

    def __init__(self, model: GenerativeModel, shape: WindowShape, batch_size: int):
        super().__init__()
        self.model, self._shape, self._batch_size = model, shape, batch_size
        self.doubt, self.expect = spread, mean

    def fit(
        self, rows: Float[Tensor, "N T C"], updates: int, seed: int, held_out: float = 0.1
    ) -> dict[str, float]:
        """A fixed number of updates, each with other windows and other numbers of known actions."""
        generator, steps = torch.Generator().manual_seed(seed), self._shape.steps
        windows = futures(rows, steps)
        metrics: dict[str, float] = {}
        for _ in range(updates):
            at = torch.randint(len(windows), (self._batch_size,), generator=generator)
            known = torch.randint(1, steps + 1, (len(at), 1, 1), generator=generator)
            mask = self._mask(windows[at], known)
            context = Known(torch.zeros(len(at), 1), windows[at] * mask, mask)
            metrics = self.model.update(windows[at].flatten(1), context.flat())
        return metrics

    def _mask(self, rows: Float[Tensor, "B T C"], known: Tensor) -> Float[Tensor, "B T C"]:
        """1 for the first state, and for the actions of so many steps."""
        s, a = self._shape.state, self._shape.action
        mask = torch.zeros_like(rows)
        mask[:, 0, :s] = 1.0
        mask[..., -1 - a : -1] = (torch.arange(rows.shape[1])[None, :, None] < known).to(rows.dtype)
        return mask

    def draw(
        self, told: Float[Tensor, "B V Z"], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """The first step of the futures drawn."""
        shape, s = self._shape, self._shape.state
        rows = torch.zeros(len(told), shape.steps, shape.columns)
        rows[:, 0, :s], rows[:, 0, -1 - shape.action : -1] = told[:, -1, :s], told[:, -1, s:-1]
        mask = self._mask(rows, torch.ones(len(rows), 1, 1, dtype=torch.long))
        context = Known(torch.zeros(len(rows), 1), rows * mask, mask)
        drawn = self.model.sample(context.flat(), n, generator).view(n, *rows.shape)[:, :, 0]
        parts = parted(drawn, shape)
        return torch.cat((parts.change, parts.ended), dim=-1)


def futures(rows: Float[Tensor, "N T C"], steps: int) -> Float[Tensor, "M H C"]:
    """All that may follow a step, so many steps long; after an end, its row stands for ever."""
    over = rows[rows[:, -1, -1] > 0]
    still = over[:, -1:].expand(-1, steps - 1, -1)
    last = torch.cat((over[:, rows.shape[1] - steps + 1 :], still), dim=1)
    return torch.cat([part.unfold(1, steps, 1).transpose(2, 3).flatten(0, 1) for part in (rows, last)])


class Parts(NamedTuple):
    """What a row holds."""

    state: Float[Tensor, "..."]
    change: Float[Tensor, "..."]
    action: Float[Tensor, "..."]
    ended: Float[Tensor, "..."]


def parted(rows: Float[Tensor, "..."], shape: WindowShape) -> Parts:
    """The columns of rows by what they are."""
    change = shape.columns - shape.state - shape.action - 1
    return Parts(*rows.split((shape.state, change, shape.action, 1), dim=-1))
