"""Learning rates that fall to nothing within a fit: the last steps average out what the first ones jumped."""

from collections.abc import Iterator

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR


class CosineDecay:
    """ηₜ = η₀ (1 + cos(π t / T)) / 2 for every optimiser of a model (Loshchilov & Hutter 2017, eq. 5).

    Args:
        model: its attributes hold the optimisers, or lists of them.
        steps: T.
    """

    def __init__(self, model: nn.Module, steps: int):
        self._optimisers = list(_optimisers(model))
        self._rates = [[group["lr"] for group in each.param_groups] for each in self._optimisers]
        self._schedules = [CosineAnnealingLR(each, steps) for each in self._optimisers]

    def step(self) -> None:
        """After an update."""
        for schedule in self._schedules:
            schedule.step()

    def restore(self) -> None:
        """The rates of the beginning, for whoever goes on learning."""
        for optimiser, rates in zip(self._optimisers, self._rates, strict=True):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate


def _optimisers(model: nn.Module) -> Iterator[Optimizer]:
    for value in vars(model).values():
        yield from (
            part for part in (value if isinstance(value, list) else [value]) if isinstance(part, Optimizer)
        )
