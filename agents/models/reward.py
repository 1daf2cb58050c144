"""From demonstrations to tensors: the roles of `generative` under the same names, on demonstrations."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast, get_args

import numpy as np
import torch
from jaxtyping import Float

from ...demos.dataset import Demonstrations
from ...demos.trajectory import Trajectory
from ...envs.errors import DataError, NumericalError, UsageError, unknown
from ...envs.registry import Horizon
from ...generative.interfaces.model import Critic
from ...generative.interfaces.reward_inputs import Inputs
from ...generative.interfaces.rollout import Rollout, loose_steps
from ...generative.rewards.reward_config import RewardConfig
from ...generative.rewards.reward_families import FAMILIES
from ...generative.rewards.reward_form import FORMS, SIGNED_FORMS
from ...generative.rewards.reward_model import RewardNet
from ..settings import from_plain


def demonstrated(demos: Demonstrations) -> Rollout:
    """The demonstrations as a rollout of one environment, float32, without rewards.

    A subsampled set has no order: each of its steps stands as an episode of its own.
    """
    if demos.subsampling == 1:
        return played(list(demos))
    steps = demos.transitions()
    ends = torch.from_numpy(steps.terminated)
    return loose_steps(_float(steps.obs), _float(steps.actions), _float(steps.next_obs), ends)


def played(episodes: Sequence[Trajectory]) -> Rollout:
    """Episodes one after another as a rollout of one environment, float32, without rewards."""
    starts, terminated, truncated = (
        torch.zeros(sum(len(t) for t in episodes), 1, dtype=torch.bool) for _ in range(3)
    )
    begin = 0
    for episode in episodes:
        starts[begin] = True
        begin += len(episode)
        terminated[begin - 1], truncated[begin - 1] = episode.terminated, episode.truncated
    obs, actions, next_obs = (
        _float(np.concatenate(parts))[:, None]
        for parts in (
            [t.obs[:-1] for t in episodes],
            [t.actions for t in episodes],
            [t.obs[1:] for t in episodes],
        )
    )
    return Rollout(obs, actions, next_obs, terminated, truncated, starts)


def _float(column: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(column.astype(np.float32))


def expert_probability(model: "RewardModel", episode: Trajectory) -> Float[np.ndarray, "T"]:
    """P(expert) of every step of an episode, by a critic."""
    return torch.sigmoid(model.logit(played([episode]))).flatten().numpy()


class RewardModel:
    """What each step of a policy is worth, judged by demonstrations.

    Args:
        name: a key of `FAMILIES`; `gailforce models` lists them.
        inputs: `s` observations, `sa` with actions, `ss'` with next observations.
        form: `positive`, `logit`, `negative` or `fairl`; see `generative/rewards/reward_form.py`.
        seed: of the critic's weights and of every draw.
        config: the family's own settings, such as `VAILConfig(latent=8)` of `vail`.
        training: how the critic is trained, whatever its family.

    Attributes:
        net: the model on tensors.

    Raises:
        UsageError: for an unknown name, inputs or form, or settings of another family; lists the valid ones.
    """

    def __init__(
        self,
        name: str = "gan",
        inputs: str = "sa",
        form: str = "positive",
        seed: int = 0,
        config: Any = None,  # Any: every family has settings of its own class
        training: RewardConfig | None = None,
    ):
        for kind, value, choices in (
            ("reward model", name, FAMILIES),
            ("inputs", inputs, get_args(Inputs)),
            ("reward form", form, FORMS),
        ):
            if value not in choices:
                raise unknown(kind, value, choices)
        require_inputs(name, inputs)
        require_config(name, config)
        self.net = RewardNet(name, cast(Inputs, inputs), form, seed, config, training)
        self.name, self.inputs, self.form, self.family = name, self.net.inputs, form, self.net.family

    @property
    def critic(self) -> Critic | None:
        """The critic; None before `fit`."""
        return self.net.critic

    def facts(self) -> dict[str, Any]:
        """What rebuilds this model, in plain values; the weights are apart."""
        net = self.net
        own = {"name": net.name, "inputs": net.inputs, "form": net.form, "seed": net.seed}
        return {**own, "config": asdict(net.config), "training": asdict(net.training)}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "RewardModel":
        """The model behind `facts`, without its weights.

        Raises:
            DataError: facts of another version.
            UsageError: an unknown family.
        """
        try:
            name, inputs, form, seed = (facts[key] for key in ("name", "inputs", "form", "seed"))
            training = from_plain(RewardConfig, facts["training"])
            if name not in FAMILIES:
                raise unknown("reward model", name, FAMILIES)
            config: Any = from_plain(FAMILIES[name].config_class, facts["config"])
        except KeyError as missing:
            raise _from_elsewhere(f"{missing} is missing") from missing
        return cls(name, inputs, form, seed, config, training)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Tensors only: the standardizing statistics and the critic's weights."""
        return self.net.state_dict()

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Take a saved model's scales and weights.

        Raises:
            DataError: when they are not those of this family in this version.
        """
        try:
            self.net.load_state_dict(state)
        except (KeyError, RuntimeError) as fault:
            raise _from_elsewhere(str(fault).splitlines()[0]) from fault

    def fit(self, demos: Demonstrations) -> None:
        """Standardize by the demonstrations, build the critic, and let it learn what they alone teach.

        Raises:
            UsageError: for too few steps, or single steps where the family looks at windows.
        """
        require_steps(self.name, demos)
        try:
            self.net.fit(demonstrated(demos))
        except FloatingPointError as fault:
            raise NumericalError(
                f'the reward model "{self.name}" did not converge on the demonstrations ({fault}); '
                "smaller learning rates or more noise may help"
            ) from fault

    def update(self, expert: Rollout, agent: Rollout) -> dict[str, float]:
        """Train the critic on expert against the agent's recent rollouts; the mean metrics of all steps."""
        return self.net.update(expert, agent)

    def logit(self, steps: Rollout) -> Float[torch.Tensor, "T N"]:
        """The critic's logit of every step, expert high.

        Raises:
            UsageError: a critic of the user's own that does not give one number a step.
        """
        try:
            return self.net.logit(steps)
        except ValueError as fault:
            raise UsageError(str(fault)) from fault

    def reward(self, rollout: Rollout) -> Float[torch.Tensor, "T N"]:
        """What every step of a rollout is worth.

        Raises:
            UsageError: a critic of the user's own that does not give one number a step.
        """
        try:
            return self.net.reward(rollout)
        except ValueError as fault:
            raise UsageError(str(fault)) from fault


def require_config(name: str, config: Any) -> None:  # Any: whatever the user gives
    """Refuse settings that are not those of a family.

    Raises:
        UsageError: names the class of its settings, and the family that has those given.
    """
    expected = FAMILIES[name].config_class
    if config is None or isinstance(config, expected):
        return
    owners = [other for other, family in FAMILIES.items() if family.config_class is type(config)]
    whose = f", which are those of {', '.join(owners)}" if owners else ""
    raise UsageError(
        f'the reward model "{name}" takes settings of the class {expected.__name__}; '
        f"got {type(config).__name__}{whose}"
    )


def require_inputs(name: str, inputs: str) -> None:
    """Refuse parts of a step that a family cannot look at.

    Raises:
        UsageError: names those it can.
    """
    possible = FAMILIES[name].inputs
    if inputs not in possible:
        can = " or ".join(possible)
        raise UsageError(f'the reward model "{name}" cannot look at {inputs}; it can look at {can}')


def require_steps(name: str, demos: Demonstrations) -> None:
    """Refuse too few steps, or single steps where a family looks at windows.

    Raises:
        UsageError: says what the family needs.
    """
    family, given = FAMILIES[name], demos.name or "this set"
    if demos.steps < family.fewest:
        raise UsageError(
            f'the reward model "{name}" needs {family.fewest} steps of demonstrations; '
            f"{given} has {demos.steps}: give it more, or use gan"
        )
    if family.looks_back and demos.subsampling > 1:
        raise UsageError(
            f'the reward model "{name}" looks at windows of consecutive steps, but {given} keeps only one '
            f"in {demos.subsampling}; leave subsampling out, or use gan"
        )


def _from_elsewhere(fault: str) -> DataError:
    return DataError(
        f"the saved reward model is not of this version of gailforce ({fault}); train it anew, or load the "
        "policy alone"
    )


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
