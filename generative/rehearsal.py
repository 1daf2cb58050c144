"""Rehearsal: whole courses of actions, each step from where the model's own last one ended.

A model that has only seen true states errs more and more on its own; one that learned from its own states
comes back (Venkatraman et al. 2015).
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .decay import CosineDecay
from .families.ensemble import Ensemble
from .motion import Motion, Units

# Steps of a course, courses in one update, Adam's learning rate and the bound on the gradient's norm.
STEPS, BATCH, RATE, GRADIENT = 8, 128, 5e-4, 10.0


class Rehearsal(nn.Module):
    """Courses that an ensemble learns from.

    Args:
        model: fitted to single steps; each member goes its own way.
        units: of the rows it learned.
        clip: bound on what it is told.
    """

    def __init__(self, model: Ensemble, units: Units, clip: float):
        super().__init__()
        self.model, self._units, self._clip = model, units, clip
        self._optimiser = torch.optim.AdamW(model.members.parameters(), RATE, fused=True)

    def learn(self, courses: Motion, updates: int, seed: int) -> None:
        """So many steps of AdamW with a falling rate; single steps go on being learned, with their spread.

        At last the spread is made to hold what it promises of single steps.
        """
        generator, rates = torch.Generator().manual_seed(seed), CosineDecay(self, updates)
        for _ in range(updates):
            at = torch.randint(len(courses.state), (BATCH,), generator=generator)
            some = Motion(*(part[at] for part in courses))
            single = self.model.loss(*self._first(some))
            self._optimiser.zero_grad()
            (single + self.course_loss(some)).backward()
            nn.utils.clip_grad_norm_(self.model.members.parameters(), GRADIENT)
            self._optimiser.step()
            rates.step()
        self.model.calibrate(*self._first(courses))

    def _first(self, courses: Motion) -> tuple[Float[Tensor, "B X"], Float[Tensor, "B Z"]]:
        """The first steps, as rows and what is told to foretell them."""
        state, change, action, ended = (part[:, 0] for part in courses)
        x = torch.cat((self._units.change.scaled(change, self._clip), 2 * ended - 1), dim=-1)
        return x, self._told(state, action)

    def course_loss(self, courses: Motion) -> Float[Tensor, ""]:
        """Σ |ŝₜ - sₜ| over columns, its half square below 1, a mean over steps; in deviations of a change."""
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
