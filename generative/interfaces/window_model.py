"""Window models: generative models that draw whole windows at once, or step by step.

Both learn rows of `Units.rows`, take a `Known` and give rows.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .model import FitOptions, GenerativeModel
from .motion import Units
from .window_context import Known, lesson


class WindowShape(NamedTuple):
    """Rows of a window, columns of a row, of the state it begins with, of the action, of the condition."""

    steps: int
    columns: int
    state: int
    action: int
    condition: int


@dataclass(frozen=True)
class FitConfig:
    """How long models of windows learn."""

    # Gradient steps; usually 2,000-20,000.
    updates: int = 5000
    # Windows in one of them; usually 32-256.
    batch_size: int = 64


class WindowModel(nn.Module, ABC):
    """Windows given a condition and their known entries."""

    # Whether entries other than the first state may be known.
    fills: bool = False
    # Whether windows have latent codes, so that `walk` works.
    has_codes: bool = False

    @abstractmethod
    def fit(
        self, rows: Float[Tensor, "N T C"], condition: Float[Tensor, "N K"], units: Units, seed: int
    ) -> dict[str, float]:
        """Learn windows; returns metrics."""

    @abstractmethod
    def draw(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """One window for every row of known entries."""

    def walk(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """One window for every row, their codes on a straight line between two drawn codes.

        Raises:
            NotImplementedError: for a family without codes.
        """
        raise NotImplementedError(f"{type(self).__name__} has no codes")


# (context, generator) -> one x for each context.
Draw = Callable[[Float[Tensor, "B ..."], torch.Generator], Float[Tensor, "B X"]]


def one_sample(model: GenerativeModel) -> Draw:
    """One of the model's own draws for each context."""
    return lambda context, generator: model.sample(context, 1, generator)[0]


class WholeWindows(WindowModel):
    """A generative model of flattened windows, taught on many kinds of gaps.

    Args:
        model: of windows given their known entries.
        shape: of the windows.
        config: how long it learns.
        draw: draws one window; by default the model's own sample.
    """

    fills = True

    def __init__(
        self, model: GenerativeModel, shape: WindowShape, config: FitConfig, draw: Draw | None = None
    ):
        super().__init__()
        self.model, self._shape, self._config = model, shape, config
        self._draw = draw or one_sample(model)

    def fit(
        self, rows: Float[Tensor, "N T C"], condition: Float[Tensor, "N K"], units: Units, seed: int
    ) -> dict[str, float]:
        """A fixed number of updates, each with other windows and other gaps."""
        generator = torch.Generator().manual_seed(seed)
        metrics: dict[str, float] = {}
        for _ in range(self._config.updates):
            at = torch.randint(len(rows), (self._config.batch_size,), generator=generator)
            seen, mask = lesson(rows[at], self._shape.state, self._shape.action, generator)
            known = Known(condition[at], seen, mask)
            metrics = self.model.update(rows[at].flatten(1), known.flat())
        return metrics

    def draw(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """The model's draw; known entries keep their values."""
        drawn = self._draw(known.flat(), generator).view(known.rows.shape)
        return torch.where(known.mask >= 1, known.rows, drawn)


def followed(units: Units, state: int) -> tuple[Float[Tensor, "S"], Float[Tensor, "S"]]:
    """How a change in its unit moves the state in its own: state + scale change + shift."""
    change, std = units.change, units.state.std
    return change.std[-state:] / std, change.mean[-state:] / std


def state_after(
    row: Float[Tensor, "B C"], shape: WindowShape, scale: Float[Tensor, "S"], shift: Float[Tensor, "S"]
) -> Float[Tensor, "B S"]:
    """Where the change of a row leads its state; scale and shift are those of `followed`."""
    end = shape.columns - shape.action - 1
    return row[:, : shape.state] + scale * row[:, end - shape.state : end] + shift


def looking_back(rows: Float[Tensor, "N T Y"], memory: int) -> Float[Tensor, "M V Z"]:
    """The last rows up to each step of each window; a last column is 1 where a row exists."""
    marked = torch.cat((rows, torch.ones_like(rows[..., :1])), dim=-1)
    padded = torch.cat((torch.zeros_like(marked[:, :1]).expand(-1, memory - 1, -1), marked), dim=1)
    return padded.unfold(1, memory, 1).transpose(2, 3).flatten(0, 1)


def require_start(known: Known, state: int) -> None:
    """Refuse what a model that goes step by step cannot look at.

    Raises:
        ValueError: when more is known than the first state.
    """
    if known.mask.sum() > known.mask[:, 0, :state].sum():
        raise ValueError("a model that goes step by step cannot fill gaps; use diffusion, vae or wgan-gp")


class StepByStep(WindowModel):
    """A model of (change, action, end) given this state and those before; the next state follows by itself.

    A context has one row for each of the last steps, oldest first: state, condition, 1 where it exists.

    Args:
        model: of x with `columns - state` columns.
        shape: of the windows.
        memory: rows of a context, this state's included.
        config: how long it learns.
        draw: draws one x; by default the model's own sample.
    """

    scale: Float[Tensor, "S"]
    shift: Float[Tensor, "S"]

    def __init__(
        self,
        model: GenerativeModel,
        shape: WindowShape,
        memory: int,
        config: FitConfig,
        draw: Draw | None = None,
    ):
        super().__init__()
        self.model, self._shape, self._memory, self._config = model, shape, memory, config
        self._draw = draw or one_sample(model)
        self.register_buffer("scale", torch.ones(shape.state))
        self.register_buffer("shift", torch.zeros(shape.state))

    def fit(
        self, rows: Float[Tensor, "N T C"], condition: Float[Tensor, "N K"], units: Units, seed: int
    ) -> dict[str, float]:
        """The model's own way of fitting, on every step of every window."""
        self.scale, self.shift = followed(units, self._shape.state)
        contexts = self.contexts(rows, condition)
        x = rows[:, :, self._shape.state :].flatten(0, 1)
        c = self._config
        # Windows overlap, so rows held out would be rows learned.
        return self.model.fit(x, contexts, FitOptions(c.updates, 4 * c.batch_size, held_out=0.0, seed=seed))

    def contexts(
        self, rows: Float[Tensor, "N T C"], condition: Float[Tensor, "N K"]
    ) -> Float[Tensor, "M V Z"]:
        """One for every step of every window, windows one after the other."""
        given = condition[:, None].expand(-1, rows.shape[1], -1)
        return looking_back(torch.cat((rows[..., : self._shape.state], given), dim=-1), self._memory)

    def context_at(
        self, rows: Float[Tensor, "B T C"], condition: Float[Tensor, "B K"], t: int
    ) -> Float[Tensor, "B V Z"]:
        """That of step t of every window."""
        seen = rows[:, max(0, t + 1 - self._memory) : t + 1]
        return self.contexts(seen, condition).unflatten(0, seen.shape[:2])[:, -1]

    def lead_on(self, rows: Float[Tensor, "B T C"], t: int) -> None:
        """Write the state that step t leads to into the row after it, if there is one."""
        if t + 1 < rows.shape[1]:
            led = state_after(rows[:, t], self._shape, self.scale, self.shift)
            rows[:, t + 1, : self._shape.state] = led

    @torch.no_grad()
    def draw(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """Step after step from the first state."""
        s = self._shape.state
        require_start(known, s)
        rows = known.rows.clone()
        for t in range(rows.shape[1]):
            context = self.context_at(rows, known.condition, t)
            rows[:, t, s:] = self._draw(context, generator)
            self.lead_on(rows, t)
        return rows
