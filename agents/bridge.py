"""From demonstrations to tensors: the roles of `generative` under the same names, on demonstrations."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float

from ..demos.dataset import Demonstrations
from ..demos.trajectory import Trajectory
from ..envs.errors import UsageError, unknown
from ..envs.registry import Horizon
from ..generative import reward_model as tensors
from ..generative.reward_form import FORMS, SIGNED_FORMS
from ..generative.reward_model import CRITICS, SELECT, Inputs, RewardConfig, Transitions
from .settings import from_plain


def transitions(demos: Demonstrations) -> Transitions:
    """All steps of the demonstrations as one flat batch of float32 tensors; no reward among them."""
    steps = demos.transitions()
    return Transitions(
        *(
            torch.from_numpy(column.astype(np.float32))
            for column in (steps.obs, steps.actions, steps.next_obs)
        )
    )


def opinion(model: tensors.RewardModel, episode: Trajectory) -> Float[np.ndarray, "T"]:
    """P(expert) of every step of an episode, in a critic's eyes."""
    steps = Transitions(
        *(
            torch.from_numpy(c.astype(np.float32))
            for c in (episode.obs[:-1], episode.actions, episode.obs[1:])
        )
    )
    return torch.sigmoid(model.logit(steps)).numpy()


class RewardModel(tensors.RewardModel):
    """What each step of a policy is worth, judged by demonstrations.

    Args:
        name: a family of critics; `gan` or the control `constant`.
        inputs: `s` observations, `sa` with actions, `ss'` with next observations.
        form: `positive`, `logit`, `negative` or `fairl`; see `generative/reward_form.py`.
        seed: of the critic's weights and of every draw.

    Raises:
        UsageError: for an unknown name, inputs or form; lists the valid ones.
    """

    def __init__(
        self,
        name: str = "gan",
        inputs: str = "sa",
        form: str = "positive",
        seed: int = 0,
        config: RewardConfig | None = None,
    ):
        for kind, value, choices in (
            ("reward model", name, CRITICS),
            ("inputs", inputs, SELECT),
            ("reward form", form, FORMS),
        ):
            if value not in choices:
                raise unknown(kind, value, choices)
        super().__init__(name, cast(Inputs, inputs), form, seed, config)

    def facts(self) -> dict[str, Any]:
        """What rebuilds this model, in plain values; the weights are apart."""
        own = {"name": self.name, "inputs": self.inputs, "form": self.form, "seed": self.seed}
        return {**own, "config": asdict(self.config)}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "RewardModel":
        """The model behind `facts`, without its weights."""
        config = from_plain(RewardConfig, facts["config"])
        return cls(facts["name"], facts["inputs"], facts["form"], facts["seed"], config)

    def fit(self, demos: Demonstrations) -> None:  # type: ignore[override]  # the bridge of the role
        """Standardise by the demonstrations and build the critic."""
        super().fit(transitions(demos))


def require_safe_form(form: str, horizon: Horizon, force: bool = False) -> None:
    """Refuse a reward form that can turn death into profit where death ends an episode.

    Raises:
        UsageError: with the reason and the two ways on.
    """
    if form in SIGNED_FORMS and horizon == "native" and not force:
        raise UsageError(
            f'the reward form "{form}" can be negative, so on a native horizon an agent may gain '
            'by falling early; use form "positive", or horizon "fixed", or force it'
        )
