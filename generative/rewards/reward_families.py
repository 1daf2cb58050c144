"""The families of reward models by name; users add their own with `register_reward`."""

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from typing import Any, Literal

from ..families.airl import AIRLConfig, airl
from ..families.autoencoder import AutoEncoderConfig, REDConfig, ae, red
from ..families.boltzmann import RBMConfig, rbm
from ..families.cfil import CFILConfig, cfil
from ..families.controls import RandomDemosCritic, constant
from ..families.deep_belief import DBNConfig, dbn
from ..families.diffusion_rewards import DiffAILConfig, DRAILConfig, diffail, drail
from ..families.flow import FlowRewardConfig, flow
from ..families.gan import GANConfig, gan, hinge_gan, lsgan, wgan_gp
from ..families.inverse_autoregressive import InverseAutoregressiveConfig, inverse_autoregressive
from ..families.linear import LogisticConfig, OneClassSVMConfig, SVMConfig, logistic, one_class_svm, svm
from ..families.lstm import LSTMRewardConfig, lstm
from ..families.markov import HMMRewardConfig, hmm
from ..families.mixture import MixtureRewardConfig, gmm
from ..families.transformer import GPTRewardConfig, gpt
from ..families.vae import MakePosterior, VAERewardConfig, vae_ratio
from ..families.vail import VAILConfig, vail
from ..interfaces.model import Critic
from ..interfaces.reward_inputs import WINDOW, Inputs, RewardInput, Widths, shaped, single_steps, windows
from .reward_config import NoConfig

Way = Literal["adversarial", "ratio", "density", "control"]
# (widths, seed, the family's own settings) -> critic.
MakeCritic = Callable[[Widths, int, Any], Critic]  # Any: every family has settings of its own class


@dataclass(frozen=True)
class Family:
    """A family in the role of a reward model.

    Attributes:
        make: builds the critic; a class with these arguments does.
        config_class: a frozen dataclass of the family's settings; `config_class()` is its default.
        way: how the critic comes about: adversarial, ratio of two densities, density, or a control.
        use_when: one line for whoever chooses.
        reward_input: what it is shown of each step.
        inputs: the parts of a step it can look at.
        looks_back: steps before the judged one that it looks at; above 0 it needs whole episodes.
        fewest: steps of demonstrations it needs.
        asks_policy: wants the log-probability of the actions under the policy that learns.
        reads_true: pays the environment's own reward; the upper line, no imitation.
        gate: rank correlation with the true reward it should reach on the graded ladder; None for controls.
    """

    make: MakeCritic
    config_class: type
    way: Way
    use_when: str
    reward_input: RewardInput = single_steps
    inputs: tuple[Inputs, ...] = ("s", "sa", "ss'")
    looks_back: int = 0
    fewest: int = 2
    asks_policy: bool = False
    reads_true: bool = False
    gate: float | None = None


# Posteriors of the VAE by their names in its settings; None is its own.
POSTERIORS: dict[str, MakePosterior | None] = {
    "diagonal": None,
    "autoregressive": inverse_autoregressive(InverseAutoregressiveConfig()),
}
# What grids call methods that are no family, and plain GAIL.
RESERVED = ("bc", "expert", "gail", "random")
# Steps of the untrained policy that stand for demonstrations in the control `random-demos`.
RANDOM_DEMOS = 2048


def _of_rows(build: Callable[[int, int, Any], Critic]) -> MakeCritic:
    """A critic that asks only how wide its rows are."""
    return lambda widths, seed, config: build(widths.inputs, seed, config)


def _of_windows(make: MakeCritic, config_class: type, use_when: str) -> Family:
    """A ratio of two sequence models, over windows of consecutive steps."""
    return Family(
        make,
        config_class,
        "ratio",
        use_when,
        reward_input=windows,
        inputs=("s", "sa"),
        looks_back=WINDOW - 1,
        fewest=WINDOW,
        gate=0.85,
    )


def _vae(widths: Widths, seed: int, config: VAERewardConfig) -> Critic:
    return vae_ratio(widths, seed, config, POSTERIORS[config.posterior])


def _constant(widths: Widths, seed: int, config: NoConfig) -> Critic:
    return constant()


def _random_demos(widths: Widths, seed: int, config: GANConfig) -> Critic:
    return RandomDemosCritic(gan(widths.inputs, seed, config), widths.inputs, RANDOM_DEMOS, seed)


FAMILIES: dict[str, Family] = {
    "gan": Family(
        _of_rows(gan), GANConfig, "adversarial", "a first choice: few demonstrations, few minutes", gate=0.9
    ),
    "lsgan": Family(_of_rows(lsgan), GANConfig, "adversarial", "a logit that stays bounded near 1", gate=0.9),
    "hinge": Family(
        _of_rows(hinge_gan),
        GANConfig,
        "adversarial",
        "attention to the steps that are hard to tell apart",
        gate=0.9,
    ),
    "wgan-gp": Family(_of_rows(wgan_gp), GANConfig, "adversarial", "a distance instead of odds", gate=0.9),
    "airl": Family(
        airl,
        AIRLConfig,
        "adversarial",
        "a reward to take to another policy or body; inputs s for the state alone",
        reward_input=shaped,
        inputs=("s", "sa"),
        asks_policy=True,
        gate=0.9,
    ),
    "vail": Family(
        vail, VAILConfig, "adversarial", "a discriminator that cannot run away from the agent", gate=0.9
    ),
    "vae": Family(_vae, VAERewardConfig, "ratio", "a ratio of bounds with a code one can look at", gate=0.85),
    "ae": Family(
        ae, AutoEncoderConfig, "density", "a reward fixed before the agent's first step, cheap", gate=0.8
    ),
    "red": Family(
        red,
        REDConfig,
        "density",
        "a reward fixed before the agent's first step, of the expert's support",
        gate=0.8,
    ),
    "diffail": Family(_of_rows(diffail), DiffAILConfig, "adversarial", "a denoiser as the judge", gate=0.9),
    "drail": Family(
        _of_rows(drail),
        DRAILConfig,
        "adversarial",
        "a denoiser as the judge, with a zero of its own",
        gate=0.9,
    ),
    "flow": Family(flow, FlowRewardConfig, "ratio", "exact likelihoods of expert and agent", gate=0.85),
    "cfil": Family(
        cfil, CFILConfig, "adversarial", "exact likelihoods that also learn from each other", gate=0.85
    ),
    "gpt": _of_windows(gpt, GPTRewardConfig, "what follows what, over windows of steps; whole episodes only"),
    "lstm": _of_windows(
        lstm, LSTMRewardConfig, "what follows what, by a recurrent network; whole episodes only"
    ),
    "gmm": Family(
        gmm, MixtureRewardConfig, "ratio", "exact likelihoods in seconds, without a gradient", gate=0.85
    ),
    "hmm": _of_windows(hmm, HMMRewardConfig, "a gait with phases one can name and draw; whole episodes only"),
    "rbm": Family(
        rbm, RBMConfig, "adversarial", "an energy that knows the expert before it meets the agent", gate=0.75
    ),
    "dbn": Family(
        dbn,
        DBNConfig,
        "adversarial",
        "a discriminator that begins with weights learned from the demonstrations",
        gate=0.9,
    ),
    "logistic": Family(
        logistic, LogisticConfig, "adversarial", "a critic with one minimum and nothing to tune", gate=0.8
    ),
    "svm": Family(svm, SVMConfig, "adversarial", "a linear critic that looks at the hard steps", gate=0.8),
    "one-class-svm": Family(
        one_class_svm,
        OneClassSVMConfig,
        "density",
        "a reward fixed before the agent's first step, linear",
        gate=0.7,
    ),
    "constant": Family(_constant, NoConfig, "control", "to see what surviving alone scores", fewest=1),
    "random-demos": Family(
        _random_demos, GANConfig, "control", "to see what demonstrations of nothing score"
    ),
    "true": Family(
        _constant,
        NoConfig,
        "control",
        "the environment's own reward: the upper line, no imitation",
        fewest=1,
        reads_true=True,
    ),
}


def register_reward(
    name: str,
    make: MakeCritic,
    config_class: type = NoConfig,
    use_when: str = "registered by its user",
    **kwargs: object,
) -> Family:
    """Add a reward model of your own under a name; `imitate`, `bench` and `models` then know it.

    Args:
        name: must be new.
        make: `(widths, seed, config) -> Critic`; your own subclass of `gailforce.Critic` does.
        config_class: a frozen dataclass of its settings, all with defaults; they become flags `--NAME.FIELD`.
        use_when: one line for whoever chooses.
        **kwargs: the other fields of `Family`.

    Raises:
        ValueError: when the name is taken or means something else, or the settings are no such class.
    """
    if name in RESERVED:
        raise ValueError(f'"{name}" means something else in grids; register yours under another name')
    if name in FAMILIES:
        raise ValueError(f'the reward model "{name}" exists already; register yours under another name')
    if not is_dataclass(config_class):
        raise ValueError(f"the settings of a reward model are a dataclass; got {config_class!r}")
    family = Family(make, config_class, **{"way": "adversarial", **kwargs}, use_when=use_when)  # type: ignore[arg-type]  # the fields the user names
    FAMILIES[name] = family
    return family


def table_of(name: str) -> str:
    """The name of a family's settings in flags, grids and files: `wgan_gp` of `wgan-gp`."""
    return name.replace("-", "_")
