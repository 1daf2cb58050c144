"""Reward models: a critic of expert against agent, asked what each step of a rollout is worth.

The one home of the convention: expert is 1, agent is 0, a high logit means expert.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .families.constant import constant
from .families.gan import GANConfig, gan
from .model import Critic
from .reward_form import FORMS

Inputs = Literal["s", "sa", "ss'"]


class Transitions(NamedTuple):
    """Single steps, in one flat batch."""

    obs: Float[Tensor, "B O"]
    action: Float[Tensor, "B A"]
    next_obs: Float[Tensor, "B O"]


@dataclass(frozen=True)
class Rollout:
    """What the policy did between two updates; it holds no reward."""

    obs: Float[Tensor, "T N O"]
    # As the environment executed them, clipped to its bounds.
    action: Float[Tensor, "T N A"]
    # The true last observation where an episode ended.
    next_obs: Float[Tensor, "T N O"]
    terminated: Bool[Tensor, "T N"]
    truncated: Bool[Tensor, "T N"]
    episode_start: Bool[Tensor, "T N"]

    def transitions(self) -> Transitions:
        """All steps in one flat batch, time-major."""
        return Transitions(self.obs.flatten(0, 1), self.action.flatten(0, 1), self.next_obs.flatten(0, 1))


# What the critic looks at, by the name of the inputs.
SELECT: dict[str, Callable[[Transitions], Float[Tensor, "B X"]]] = {
    "s": lambda steps: steps.obs,
    "sa": lambda steps: torch.cat((steps.obs, steps.action), dim=1),
    "ss'": lambda steps: torch.cat((steps.obs, steps.next_obs), dim=1),
}


@dataclass(frozen=True)
class RewardConfig:
    """How a reward model is fed, and the settings of the families."""

    # Gradient steps of the critic for each rollout; usually 4-32.
    updates: int = 16
    # Expert and agent samples, each, in one gradient step.
    batch_size: int = 256
    # Rollouts the agent's samples are drawn from, the newest included.
    replay: int = 4
    # Bound on the inputs, in standard deviations of the demonstrations.
    input_clip: float = 5.0
    gan: GANConfig = field(default_factory=GANConfig)

    def __post_init__(self) -> None:
        for name in ("updates", "batch_size", "replay"):
            if getattr(self, name) < 1:
                raise ValueError(f"a reward model needs {name} of at least 1; got {getattr(self, name)}")


# A critic by name: (input width, seed, settings) -> critic.
CRITICS: dict[str, Callable[[int, int, RewardConfig], Critic]] = {
    "gan": lambda width, seed, config: gan(width, seed, config.gan),
    "constant": lambda width, seed, config: constant(),
}


class RewardModel:
    """A critic over standardised inputs, with a form that turns its logit into a reward.

    Args:
        name: a key of `CRITICS`.
        inputs: `s` observations, `sa` with actions, `ss'` with next observations.
        form: a key of `FORMS`.
        seed: of the critic's weights and of every draw.
    """

    def __init__(
        self,
        name: str,
        inputs: Inputs = "sa",
        form: str = "positive",
        seed: int = 0,
        config: RewardConfig | None = None,
    ):
        self.name, self.inputs, self.form, self.seed = name, inputs, form, seed
        self.config = config or RewardConfig()
        self._select, self._form = SELECT[inputs], FORMS[form]
        self.critic: Critic | None = None
        self._mean = self._std = torch.zeros(0)

    def fit(self, expert: Transitions) -> None:
        """Take the demonstrations' statistics for standardising, and build the critic."""
        x = self._select(expert)
        # A constant column would divide by zero.
        self._build(x.mean(dim=0), x.std(dim=0, correction=0).clamp(min=1e-3))

    def _build(self, mean: Float[Tensor, "X"], std: Float[Tensor, "X"]) -> None:
        """A fresh critic for inputs of this width; what an earlier one saw is forgotten."""
        self._mean, self._std = mean, std
        self.critic = CRITICS[self.name](len(mean), self.seed, self.config)
        self._generator = torch.Generator().manual_seed(self.seed)
        self._replay: deque[Tensor] = deque(maxlen=self.config.replay)

    def _built(self) -> Critic:
        if self.critic is None:
            raise RuntimeError("this reward model has no critic yet; call fit with the demonstrations first")
        return self.critic

    def _standardised(self, steps: Transitions) -> Float[Tensor, "B X"]:
        clip = self.config.input_clip
        return ((self._select(steps) - self._mean) / self._std).clamp(-clip, clip)

    def update(self, expert: Transitions, agent: Transitions) -> dict[str, float]:
        """Train the critic on expert against the agent's recent rollouts; the mean metrics of all steps."""
        self._replay.append(self._standardised(agent))
        experts, agents = self._standardised(expert), torch.cat(tuple(self._replay))
        critic = self._built()
        steps = [critic.update(self._draw(experts), self._draw(agents)) for _ in range(self.config.updates)]
        return {key: sum(step[key] for step in steps) / len(steps) for key in steps[0]}

    def _draw(self, rows: Float[Tensor, "N X"]) -> Float[Tensor, "B X"]:
        return rows[torch.randint(len(rows), (self.config.batch_size,), generator=self._generator)]

    def logit(self, steps: Transitions) -> Float[Tensor, "B"]:
        """The critic's opinion of single steps, expert high."""
        return self._built().logit(self._standardised(steps))

    def reward(self, rollout: Rollout) -> Float[Tensor, "T N"]:
        """What every step of a rollout is worth, in one batched pass."""
        return self._form(self.logit(rollout.transitions())).reshape(rollout.obs.shape[:2])

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors only: the standardising statistics and the critic's weights."""
        weights = {f"critic.{key}": value for key, value in self._built().state_dict().items()}
        return {"mean": self._mean, "std": self._std, **weights}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Build the critic for the saved widths and take its weights."""
        self._build(state["mean"], state["std"])
        prefix = "critic."
        weights = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
        self._built().load_state_dict(weights)
