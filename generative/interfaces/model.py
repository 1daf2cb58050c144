"""The two interfaces of the field's old divide: telling expert from agent, and generating what is likely."""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

Kind = Literal["log-likelihood", "bound", "negative energy", "negative error", "margin"]


class Critic(nn.Module, ABC):
    """P(expert | x) = sigmoid(logit(x)): expert is 1, agent is 0, so a high logit means expert."""

    def fit(self, expert: Float[Tensor, "B ..."]) -> None:
        """What the demonstrations alone teach, once, before there is an agent; most learn nothing yet."""
        return

    @abstractmethod
    def update(self, expert: Float[Tensor, "B ..."], agent: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One training step on as many expert as agent samples; returns metrics."""

    @abstractmethod
    def logit(self, x: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Log P(expert | x) - log P(agent | x), expert high, without gradients to the weights' owner."""


@dataclass(frozen=True)
class FitOptions:
    """How a generative model is fitted to rows.

    Attributes:
        steps: most updates; the held-out rows are scored after every twentieth of them.
        batch_size: rows in one update.
        held_out: share of the rows that only decides when to stop; with 0 all steps are taken.
        patience: evaluations without improvement after which the fit stops.
        noise: standard deviation of the noise added to x, drawn anew for every batch.
        seed: seeds all draws.
    """

    steps: int = 2000
    batch_size: int = 256
    held_out: float = 0.1
    patience: int = 5
    noise: float = 0.0
    seed: int = 0


class GenerativeModel(nn.Module, ABC):
    """p(x | context) over plain tensors; a context of width 0 stands for none.

    A family owns its optimizers, because families differ there: one loss for most, two players for a GAN,
    a step of EM for a mixture.
    """

    # What `score` returns.
    kind: ClassVar[Kind]
    # Whether scores of held-out rows say when to stop; not where they cannot be compared between updates.
    stops_early: ClassVar[bool] = True

    @abstractmethod
    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One training step; returns metrics, `loss` among them."""

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """How data-like each x is, higher is better, of the kind that `kind` names; differentiable.

        Raises:
            NotImplementedError: for a family that only draws.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot score; it only samples")

    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Draw n times for every context.

        Raises:
            NotImplementedError: for a family that only scores.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot sample; it only scores")

    def begin(self, x: Float[Tensor, "N X"]) -> None:
        """What is taken from all rows before the first update of a fit; nothing, usually."""
        return

    def finish(self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."]) -> None:
        """What is taken from all rows after the last update of a fit; nothing, usually."""
        return

    def fit(
        self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."], options: FitOptions
    ) -> dict[str, float]:
        """Loop `update`, and restore the weights that scored held-out rows best.

        Args:
            x: rows to learn.
            context: what each row is conditioned on.
            options: length, batches, noise and seed of the fit.

        Raises:
            FloatingPointError: the scores of the held-out rows were never finite.
        """
        generator = torch.Generator().manual_seed(options.seed)
        self.begin(x)
        held_out, rest = _split(len(x), options.held_out if self.stops_early else 0.0, generator)
        noised = partial(_noised, noise=options.noise, generator=generator)
        best, step, metrics = _Best(self), 0, {}
        for step in range(1, options.steps + 1):
            at = rest[torch.randint(len(rest), (options.batch_size,), generator=generator)]
            metrics = self.update(noised(x[at]), context[at])
            due = len(held_out) and step % max(1, options.steps // 20) == 0
            if due and best.evaluate(noised(x[held_out]), context[held_out]) == options.patience:
                break
        metrics |= best.restore() if len(held_out) else {}
        self.finish(x, context)
        return {**metrics, "steps": float(step)}


class _Best:
    """The best weights so far by the mean score of held-out rows."""

    def __init__(self, model: GenerativeModel):
        self._model, self.score, self.waited = model, -torch.inf, 0
        self.weights = copy.deepcopy(model.state_dict())

    def restore(self) -> dict[str, float]:
        """Load the best weights; returns their score."""
        if self.score == -torch.inf:
            raise FloatingPointError(f"{type(self._model).__name__} gave the held-out rows no finite score")
        self._model.load_state_dict(self.weights)
        return {"held_out_score": self.score}

    @torch.no_grad()
    def evaluate(self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."]) -> int:
        """Keep the current weights if they score better; returns the evaluations without improvement."""
        score = self._model.score(x, context).mean().item()
        self.waited += 1
        if score > self.score:
            self.score, self.waited = score, 0
            self.weights = copy.deepcopy(self._model.state_dict())
        return self.waited


def _noised(rows: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    return rows + noise * torch.randn(rows.shape, generator=generator)


def _split(
    count: int, held_out: float, generator: torch.Generator
) -> tuple[Int[Tensor, "H"], Int[Tensor, "L"]]:
    """Indices of held-out rows and of training rows; a single row is in both."""
    order = torch.randperm(count, generator=generator)
    size = max(1, int(held_out * count)) if held_out else 0
    return order[:size], order[size:] if count > 1 else order
