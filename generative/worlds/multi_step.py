"""Multi-step training: each step of a segment starts where the model's own last prediction ended.

A model that has only seen true states errs more and more on its own predictions; one that learned from its
own predictions recovers (Venkatraman et al. 2015).
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..families.ensemble import Ensemble
from ..interfaces.motion import Motion, Units
from ..interfaces.window_model import WindowShape
from ..nn.decay import falling
from .dynamics import MultiStepConfig, StepDynamics


class MultiStepTraining(nn.Module):
    """Trains an ensemble on segments; each member predicts from its own last prediction.

    Args:
        model: fitted to single steps.
        units: those of its rows.
        clip: bound on its inputs.
        config: length and weights of the training.
    """

    def __init__(self, model: Ensemble, units: Units, clip: float, config: MultiStepConfig):
        super().__init__()
        self.model, self._units, self._clip, self._config = model, units, clip, config
        self._optimizer = torch.optim.AdamW(
            model.parameters(),
            config.learning_rate,
            weight_decay=model.config.weight_decay,
            fused=True,
        )

    def learn(
        self, segments: Motion, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."], seed: int
    ) -> None:
        """Steps of AdamW at a falling rate: means learn segments and, by their weight, single steps.

        Args:
            segments: of equal length.
            x: rows of single steps, those of the fit.
            context: what each of them is conditioned on.
            seed: seeds the batches.
        """
        generator, c = torch.Generator().manual_seed(seed), self._config
        with falling(self, c.updates):
            for _ in range(c.updates):
                at = torch.randint(len(segments.state), (c.batch_size,), generator=generator)
                single = torch.randint(len(x), (2 * c.batch_size,), generator=generator)
                mean_loss, std_loss = self.model.losses(x[single], context[single])
                loss = self.segment_loss(Motion(*(part[at] for part in segments)))
                self.model.descend(loss + c.one_step_weight * mean_loss + std_loss, self._optimizer)
        self.model.finish(x, context)

    def segment_loss(self, segments: Motion) -> Float[Tensor, ""]:
        """Mean over steps of Σ h(ŝ - s) over columns, in deviations of a step's change.

        h(e) is e² / 2 within ± 1 and |e| - 1/2 beyond (Huber 1964).
        """
        units, width = self._units, segments.state.shape[-1]
        true = segments.state + segments.change[..., -width:]  # (B, T, S), after each step
        state = segments.state[:, 0].expand(self.model.config.members, -1, -1)
        losses = []
        for t in range(true.shape[1]):
            action = segments.action[:, t].expand(len(state), -1, -1)
            change = units.change.back(self.model.means(self._context(state, action)))
            state = state + change[..., -width:]
            error = (state - true[:, t]) / units.change.std[-width:]
            losses.append(F.smooth_l1_loss(error, torch.zeros_like(error), reduction="none").sum(dim=-1))
        return torch.stack(losses).mean()

    def _context(self, state: Float[Tensor, "*B S"], action: Float[Tensor, "*B A"]) -> Float[Tensor, "*B Z"]:
        scaled = self._units.state.scaled(state, self._clip), self._units.action.scaled(action, self._clip)
        return torch.cat((*scaled, torch.ones_like(action[..., :1])), dim=-1)


class EnsembleDynamics(StepDynamics):
    """An ensemble's steps: its members' mean is the expectation, their disagreement the uncertainty.

    Args:
        model: of one step.
        shape: of the windows.
        batch_size: steps in one update.
    """

    model: Ensemble

    def __init__(self, model: Ensemble, shape: WindowShape, batch_size: int):
        super().__init__(model, shape, 1, batch_size, model.disagreement, model.expectation)

    def fit_segments(
        self,
        segments: Motion,
        rows: Float[Tensor, "N T C"],
        units: Units,
        clip: float,
        config: MultiStepConfig,
        seed: int,
    ) -> None:
        """Every member trains on its own predictions."""
        MultiStepTraining(self.model, units, clip, config).learn(segments, *self.pairs(rows), seed)
