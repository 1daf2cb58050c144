"""Reward nets: a critic of expert against agent, asked what each step of a rollout is worth.

The one home of the convention: expert is 1, agent is 0, a high logit means expert.
"""

from collections import deque
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.model import Critic
from ..interfaces.reward_inputs import WIDTHS, Inputs, Widths
from ..interfaces.rollout import Rollout
from ..interfaces.standardize import Scales, Standard
from .reward_config import RewardConfig
from .reward_families import FAMILIES
from .reward_form import FORMS


class RewardNet:
    """A critic over standardized inputs, with a form that turns its logit into a reward.

    Args:
        name: a key of `FAMILIES`.
        inputs: `s` observations, `sa` with actions, `ss'` with next observations.
        form: a key of `FORMS`.
        seed: of the critic's weights and of every draw.
        config: the family's own settings; by default `FAMILIES[name].config_class()`.
        training: how the critic is trained.
    """

    def __init__(
        self,
        name: str,
        inputs: Inputs = "sa",
        form: str = "positive",
        seed: int = 0,
        config: Any = None,  # Any: every family has settings of its own class
        training: RewardConfig | None = None,
    ):
        self.name, self.inputs, self.form, self.seed = name, inputs, form, seed
        self.family, self._form = FAMILIES[name], FORMS[form]
        self.config = self.family.config_class() if config is None else config
        self.training = training or RewardConfig()
        self.critic: Critic | None = None

    def fit(self, expert: Rollout) -> None:
        """Take the demonstrations' statistics, build the critic, and let it learn what they alone teach."""
        self._build(Scales.of(expert))
        self._built().fit(self._seen(expert))

    def _build(self, scales: Scales) -> None:
        """A fresh critic for observations and actions of these scales; what it saw before is forgotten."""
        self._scales = scales
        obs, action = len(scales.obs.mean), len(scales.action.mean)
        widths = Widths(WIDTHS[self.inputs](obs, action), obs, action)
        self.critic = self.family.make(widths, self.seed, self.config)
        self._generator = torch.Generator().manual_seed(self.seed)
        self._replay: deque[Tensor] = deque(maxlen=self.training.replay)

    def _built(self) -> Critic:
        if self.critic is None:
            raise RuntimeError("this reward model has no critic yet; call fit with the demonstrations first")
        return self.critic

    def _seen(self, steps: Rollout) -> Float[Tensor, "B ..."]:
        """What the critic is shown of every step."""
        return self.family.reward_input(self._scales.scaled(steps, self.training.input_clip), self.inputs)

    def update(self, expert: Rollout, agent: Rollout) -> dict[str, float]:
        """Train the critic on expert against the agent's recent rollouts; the mean metrics of all steps."""
        self._replay.append(self._seen(agent))
        experts, agents = self._seen(expert), torch.cat(tuple(self._replay))
        critic = self._built()
        steps = [critic.update(self._draw(experts), self._draw(agents)) for _ in range(self.training.updates)]
        return {key: sum(step[key] for step in steps) / len(steps) for key in steps[0]}

    def _draw(self, rows: Float[Tensor, "N ..."]) -> Float[Tensor, "B ..."]:
        return rows[torch.randint(len(rows), (self.training.batch_size,), generator=self._generator)]

    @torch.no_grad()
    def logit(self, steps: Rollout) -> Float[Tensor, "T N"]:
        """The critic's logit of every step in one batched pass, expert high.

        Raises:
            ValueError: a critic that does not give one number a step.
        """
        logits = self._built().logit(self._seen(steps))
        if logits.shape != (steps.count,):
            raise ValueError(
                f'the reward model "{self.name}" gave logits of shape {tuple(logits.shape)} '
                f"for {steps.count} steps; it must give one number a step"
            )
        return logits.reshape(steps.terminated.shape)

    @torch.no_grad()
    def reward(self, rollout: Rollout) -> Float[Tensor, "T N"]:
        """What every step of a rollout is worth."""
        return self._form(self.logit(rollout))

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors only: the standardising statistics and the critic's weights."""
        weights = {f"critic.{key}": value for key, value in self._built().state_dict().items()}
        scales = {
            f"{part}_{name}": value
            for part, standard in self._scales._asdict().items()
            for name, value in standard._asdict().items()
        }
        return {**scales, **weights}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Build the critic for the saved widths and take its weights."""
        obs, action = (Standard(state[f"{part}_mean"], state[f"{part}_std"]) for part in ("obs", "action"))
        self._build(Scales(obs, action))
        prefix = "critic."
        weights = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
        self._built().load_state_dict(weights)
