"""How generative models become dynamics: what a step changes, given state, action and earlier steps.

Everything is in rows of `Units.rows`: state, change, action, end. By default the mean of a model's draws is
the expectation, the share of ends their probability, and the spread the uncertainty. A family may give an
expectation or an uncertainty of its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.model import FitOptions, GenerativeModel
from ..interfaces.motion import Motion, Units
from ..interfaces.window_context import Known
from ..interfaces.window_model import WindowShape, looking_back
from ..nn.decay import falling


@dataclass(frozen=True)
class MultiStepConfig:
    """Training on segments of several steps."""

    # Gradient steps after a fit; 0 trains on single steps only. Usually 0-10,000.
    updates: int = 0
    # Steps of a segment; usually 4-16.
    steps: int = 16
    # Segments in one gradient step, and twice as many single steps.
    batch_size: int = 64
    # Adam's learning rate, falling to 0.
    learning_rate: float = 5e-4
    # Weight of the squared error of single steps beside that of segments; usually 0-1.
    one_step_weight: float = 0.0

    def __post_init__(self) -> None:
        if self.one_step_weight < 0:
            raise ValueError(f"the weight of single steps is 0 or more; got {self.one_step_weight}")
        if self.steps < 2 or min(self.updates, self.batch_size - 1) < 0:
            raise ValueError(
                "multi-step training has 0 updates or more of 1 segment or more of 2 steps or more; got "
                f"{self.updates}, {self.batch_size} and {self.steps}"
            )


# (draws of (change, end), context) -> uncertainty of each row, in deviations of a step's change.
Uncertainty = Callable[[Float[Tensor, "n B X"], Float[Tensor, "B V Z"]], Float[Tensor, "B"]]
# (draws of (change, end), context) -> the expected (change, end).
Expect = Callable[[Float[Tensor, "n B X"], Float[Tensor, "B V Z"]], Float[Tensor, "B X"]]


def spread(drawn: Float[Tensor, "n B X"], context: Float[Tensor, "B V Z"]) -> Float[Tensor, "B"]:
    """Deviation of the drawn changes, as the root mean square over columns."""
    return drawn[..., :-1].var(dim=0, correction=0).mean(dim=1).sqrt()


def mean(drawn: Float[Tensor, "n B X"], context: Float[Tensor, "B V Z"]) -> Float[Tensor, "B X"]:
    """Mean of the draws."""
    return drawn.mean(dim=0)


class Dynamics(nn.Module, ABC):
    """(state, action, what came before) -> draws of (change, end).

    Attributes:
        memory: steps it looks at, the current one included.
        uncertainty: of every step.
        expect: the expected change and end.
    """

    memory: int
    uncertainty: Uncertainty
    expect: Expect

    @abstractmethod
    def fit(
        self, rows: Float[Tensor, "N T C"], updates: int, seed: int, held_out: float = 0.1
    ) -> dict[str, float]:
        """Learn windows of consecutive steps; returns metrics.

        Args:
            rows: windows.
            updates: most updates.
            seed: seeds the batches.
            held_out: share of the steps that only decides when to stop. With 0 all updates are taken at the
                full learning rate, because more training follows.
        """

    def fit_segments(
        self,
        segments: Motion,
        rows: Float[Tensor, "N T C"],
        units: Units,
        clip: float,
        config: MultiStepConfig,
        seed: int,
    ) -> None:
        """Train on segments of several steps, after a fit to single steps.

        Args:
            segments: of equal length.
            rows: windows of the fit.
            units: those of the rows.
            clip: bound on the rows.
            config: length and weights of the training.
            seed: seeds the batches.

        Raises:
            NotImplementedError: for a family that trains on single steps only.
        """
        raise NotImplementedError(f"{type(self).__name__} trains on single steps only")

    @abstractmethod
    def draw(
        self, context: Float[Tensor, "B V Z"], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """(change, end) of the last step; context rows are (state, action, 1 where there was a step)."""


class StepDynamics(Dynamics):
    """A model of one step, with a memory of earlier steps.

    Args:
        model: of x with the columns of change and end; its context has `memory` rows.
        shape: of the windows.
        memory: rows of a context.
        batch_size: steps in one update.
        uncertainty: of the model; by default the spread of its draws.
        expect: the model's expectation; by default the mean of its draws.
    """

    def __init__(
        self,
        model: GenerativeModel,
        shape: WindowShape,
        memory: int,
        batch_size: int,
        uncertainty: Uncertainty = spread,
        expect: Expect = mean,
    ):
        super().__init__()
        self.model, self.memory, self.uncertainty, self.expect = model, memory, uncertainty, expect
        self._shape, self._batch_size = shape, batch_size

    def fit(
        self, rows: Float[Tensor, "N T C"], updates: int, seed: int, held_out: float = 0.1
    ) -> dict[str, float]:
        """The model's own way of fitting, on every step of every window."""
        x, context = self.pairs(rows)
        with falling(self.model, updates) if held_out else nullcontext():
            options = FitOptions(updates, self._batch_size, held_out, seed=seed)
            return self.model.fit(x, context, options)

    def pairs(self, rows: Float[Tensor, "N T C"]) -> tuple[Float[Tensor, "M X"], Float[Tensor, "M V Z"]]:
        """Change and end of every step, and the context they are predicted from."""
        parts = parted(rows, self._shape)
        context = looking_back(torch.cat((parts.state, parts.action), dim=-1), self.memory)
        return torch.cat((parts.change, parts.ended), dim=-1).flatten(0, 1), context

    def draw(
        self, context: Float[Tensor, "B V Z"], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """The model's draws."""
        return self.model.sample(context, n, generator)


class FutureDynamics(Dynamics):
    """A model of short futures, given their first state and the actions known so far.

    Args:
        model: of flattened windows, its context a `Known`.
        shape: of the windows; the condition is one constant column.
        batch_size: windows in one update.
    """

    memory = 1

    def __init__(self, model: GenerativeModel, shape: WindowShape, batch_size: int):
        super().__init__()
        self.model, self._shape, self._batch_size = model, shape, batch_size
        self.uncertainty, self.expect = spread, mean

    def fit(
        self, rows: Float[Tensor, "N T C"], updates: int, seed: int, held_out: float = 0.1
    ) -> dict[str, float]:
        """A fixed number of updates, each with other windows and other numbers of known actions."""
        generator, steps = torch.Generator().manual_seed(seed), self._shape.steps
        windows = futures(rows, steps)
        metrics: dict[str, float] = {}
        for _ in range(updates):
            at = torch.randint(len(windows), (self._batch_size,), generator=generator)
            actions = torch.randint(1, steps + 1, (len(at), 1, 1), generator=generator)
            mask = self._mask(windows[at], actions)
            known = Known(torch.zeros(len(at), 1), windows[at] * mask, mask)
            metrics = self.model.update(windows[at].flatten(1), known.flat())
        return metrics

    def _mask(self, rows: Float[Tensor, "B T C"], actions: Tensor) -> Float[Tensor, "B T C"]:
        """1 for the first state and for the given number of actions."""
        s, a = self._shape.state, self._shape.action
        mask = torch.zeros_like(rows)
        mask[:, 0, :s] = 1.0
        mask[..., -1 - a : -1] = (torch.arange(rows.shape[1])[None, :, None] < actions).to(rows.dtype)
        return mask

    def draw(
        self, context: Float[Tensor, "B V Z"], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """The first step of the futures drawn."""
        shape, s = self._shape, self._shape.state
        rows = torch.zeros(len(context), shape.steps, shape.columns)
        rows[:, 0, :s], rows[:, 0, -1 - shape.action : -1] = context[:, -1, :s], context[:, -1, s:-1]
        mask = self._mask(rows, torch.ones(len(rows), 1, 1, dtype=torch.long))
        known = Known(torch.zeros(len(rows), 1), rows * mask, mask)
        drawn = self.model.sample(known.flat(), n, generator).view(n, *rows.shape)[:, :, 0]
        parts = parted(drawn, shape)
        return torch.cat((parts.change, parts.ended), dim=-1)


def futures(rows: Float[Tensor, "N T C"], steps: int) -> Float[Tensor, "M H C"]:
    """All futures of a number of steps; the row of an end is repeated after it."""
    ended = rows[rows[:, -1, -1] > 0]
    repeated = ended[:, -1:].expand(-1, steps - 1, -1)
    last = torch.cat((ended[:, rows.shape[1] - steps + 1 :], repeated), dim=1)
    return torch.cat([part.unfold(1, steps, 1).transpose(2, 3).flatten(0, 1) for part in (rows, last)])


class Parts(NamedTuple):
    """The columns of a row, by name."""

    state: Float[Tensor, "..."]
    change: Float[Tensor, "..."]
    action: Float[Tensor, "..."]
    ended: Float[Tensor, "..."]


def parted(rows: Float[Tensor, "..."], shape: WindowShape) -> Parts:
    """The parts of rows."""
    change = shape.columns - shape.state - shape.action - 1
    return Parts(*rows.split((shape.state, change, shape.action, 1), dim=-1))
