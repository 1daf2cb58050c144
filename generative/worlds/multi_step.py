"""Rehearsal: whole courses of actions, each step from where the model's own last one ended.

A model that has only seen true states errs more and more on its own; one that learned from its own states
comes back (Venkatraman et al. 2015).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..families.ensemble import Ensemble
from ..interfaces.motion import Motion, Units
from ..nn.decay import falling


@dataclass(frozen=True)
class RehearsalConfig:
    """Settings of learning from courses."""

    # Gradient steps after a fit; 0 rehearses nothing. Usually 0-10,000.
    updates: int = 0
    # Steps of a course; usually 4-16.
    steps: int = 16
    # Courses in one gradient step, and as many single steps twice over.
    batch_size: int = 64
    # Adam's learning rate, falling to 0.
    learning_rate: float = 5e-4
    # Weight of the squared error of single steps beside that of courses, which forgive the blows of the
    # ground; usually 0-1.
    single: float = 0.0

    def __post_init__(self) -> None:
        if self.single < 0:
            raise ValueError(f"the weight of single steps is 0 or more; got {self.single}")
        if self.steps < 2 or min(self.updates, self.batch_size - 1) < 0:
            raise ValueError(
                "a rehearsal has 0 updates or more of 1 course or more of 2 steps or more; got "
                f"{self.updates}, {self.batch_size} and {self.steps}"
            )


class Rehearsal(nn.Module):
    """Courses that an ensemble learns from; each member goes its own way.

    Args:
        model: fitted to single steps.
        units: of the rows it learned.
        clip: bound on what it is told.
        config: how long it learns.
    """

    def __init__(self, model: Ensemble, units: Units, clip: float, config: RehearsalConfig):
        super().__init__()
        self.model, self._units, self._clip, self._config = model, units, clip, config
        self._optimizer = torch.optim.AdamW(
            model.parameters(),
            config.learning_rate,
            weight_decay=model.config.weight_decay,
            fused=True,
        )

    def learn(
        self, courses: Motion, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."], seed: int
    ) -> None:
        """Steps of AdamW with a falling rate: means learn courses and, by their weight, single steps.

        Args:
            courses: of equal length.
            x: rows of single steps, those of the fit.
            context: what each of them is conditioned on.
            seed: of the batches.
        """
        generator, c = torch.Generator().manual_seed(seed), self._config
        with falling(self, c.updates):
            for _ in range(c.updates):
                at = torch.randint(len(courses.state), (c.batch_size,), generator=generator)
                one = torch.randint(len(x), (2 * c.batch_size,), generator=generator)
                means, doubts = self.model.losses(x[one], context[one])
                course = self.course_loss(Motion(*(part[at] for part in courses)))
                self.model.descend(course + c.single * means + doubts, self._optimizer)
        self.model.finish(x, context)

    def course_loss(self, courses: Motion) -> Float[Tensor, ""]:
        """Mean over steps of Σ h(ŝ - s) over columns, in deviations of a step's change.

        h(e) is e² / 2 within ± 1 and |e| - 1/2 beyond (Huber 1964).
        """
        units, width = self._units, courses.state.shape[-1]
        true = courses.state + courses.change[..., -width:]  # (B, T, S), after each step
        state = courses.state[:, 0].expand(self.model.config.members, -1, -1)
        losses = []
        for t in range(true.shape[1]):
            action = courses.action[:, t].expand(len(state), -1, -1)
            change = units.change.back(self.model.means(self._told(state, action)))
            state = state + change[..., -width:]
            off = (state - true[:, t]) / units.change.std[-width:]
            losses.append(F.smooth_l1_loss(off, torch.zeros_like(off), reduction="none").sum(dim=-1))
        return torch.stack(losses).mean()

    def _told(self, state: Float[Tensor, "*B S"], action: Float[Tensor, "*B A"]) -> Float[Tensor, "*B Z"]:
        scaled = self._units.state.scaled(state, self._clip), self._units.action.scaled(action, self._clip)
        return torch.cat((*scaled, torch.ones_like(action[..., :1])), dim=-1)
