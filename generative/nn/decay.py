"""Learning rates that fall to nothing within a fit: the last steps average out what the first ones jumped."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn
from torch.optim import Optimizer


def cosine(step: int, steps: int) -> float:
    """(1 + cos(π t / T)) / 2, from 1 to 0, and 0 from T on (Loshchilov & Hutter 2017, eq. 5)."""
    return (1 + math.cos(math.pi * min(step, steps) / steps)) / 2


@contextmanager
def falling(model: nn.Module, steps: int) -> Iterator[None]:
    """Within it, the rate of every optimizer of a model falls along a cosine; then it is what it was.

    Args:
        model: its attributes hold the optimizers, or lists of them.
        steps: of each optimizer until its rate is 0.
    """
    with ExitStack() as undo:
        for optimizer in _optimizers(model):
            rates = [group["lr"] for group in optimizer.param_groups]
            undo.callback(_scale, optimizer, rates, 1.0)
            undo.callback(optimizer.register_step_post_hook(_fall(rates, steps)).remove)
        yield


def _fall(rates: list[float], steps: int) -> Callable[..., None]:
    taken = 0

    def after_step(optimizer: Optimizer, *_: Any) -> None:
        nonlocal taken
        taken += 1
        _scale(optimizer, rates, cosine(taken, steps))

    return after_step


def _scale(optimizer: Optimizer, rates: list[float], share: float) -> None:
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = share * rate


def _optimizers(model: nn.Module) -> Iterator[Optimizer]:
    for value in vars(model).values():
        parts = value if isinstance(value, list) else [value]
        yield from (part for part in parts if isinstance(part, Optimizer))
