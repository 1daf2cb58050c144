"""The families of reward models by name; users add their own with `register_reward`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..families.airl import airl
from ..families.autoencoder import ae, red
from ..families.boltzmann import rbm
from ..families.cfil import cfil
from ..families.controls import RandomDemosCritic, constant
from ..families.deep_belief import dbn
from ..families.diffusion_rewards import diffail, drail
from ..families.flow import flow
from ..families.gan import GANConfig, gan, hinge_gan, lsgan, wgan_gp
from ..families.inverse_autoregressive import InverseAutoregressiveConfig, inverse_autoregressive
from ..families.linear import logistic, one_class_svm, svm
from ..families.lstm import lstm
from ..families.markov import hmm
from ..families.mixture import gmm
from ..families.transformer import gpt
from ..families.vae import MakePosterior, vae_ratio
from ..families.vail import vail
from ..interfaces.model import Critic
from ..interfaces.reward_inputs import WINDOW, Inputs, RewardInput, Widths, shaped, single_steps, windows
from .reward_config import RewardConfig

Way = Literal["adversarial", "ratio", "density", "control"]
# (widths, seed, settings) -> critic.
MakeCritic = Callable[[Widths, int, RewardConfig], Critic]


@dataclass(frozen=True)
class Family:
    """A family in the role of a reward model.

    Attributes:
        make: builds the critic; a class with these arguments does.
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


def _adversarial(
    build: Callable[[int, int, GANConfig], Critic], settings: str, use_when: str, gate: float
) -> Family:
    """A GAN of single steps, whose settings are the named field of `RewardConfig`."""
    return Family(
        lambda widths, seed, config: build(widths.inputs, seed, getattr(config, settings)),
        "adversarial",
        use_when,
        gate=gate,
    )


FAMILIES: dict[str, Family] = {
    "gan": _adversarial(gan, "gan", "a first choice: few demonstrations, few minutes", 0.9),
    "lsgan": _adversarial(lsgan, "lsgan", "a logit that stays bounded near 1", 0.9),
    "hinge": _adversarial(hinge_gan, "hinge", "attention to the steps that are hard to tell apart", 0.9),
    "wgan-gp": _adversarial(wgan_gp, "wgan_gp", "a distance instead of odds", 0.9),
    "airl": Family(
        lambda widths, seed, config: airl(widths, seed, config.airl),
        "adversarial",
        "a reward to take to another policy or body; inputs s for the state alone",
        reward_input=shaped,
        inputs=("s", "sa"),
        asks_policy=True,
        gate=0.9,
    ),
    "vail": Family(
        lambda widths, seed, config: vail(widths, seed, config.vail),
        "adversarial",
        "a discriminator that cannot run away from the agent",
        gate=0.9,
    ),
    "vae": Family(
        lambda widths, seed, config: vae_ratio(
            widths, seed, config.vae, config.density, POSTERIORS[config.vae.posterior]
        ),
        "ratio",
        "a ratio of bounds with a code one can look at",
        gate=0.85,
    ),
    "ae": Family(
        lambda widths, seed, config: ae(widths, seed, config.ae, config.density),
        "density",
        "a reward fixed before the agent's first step, cheap",
        gate=0.8,
    ),
    "red": Family(
        lambda widths, seed, config: red(widths, seed, config.red, config.density),
        "density",
        "a reward fixed before the agent's first step, of the expert's support",
        gate=0.8,
    ),
    "diffail": Family(
        lambda widths, seed, config: diffail(widths.inputs, seed, config.diffail),
        "adversarial",
        "a denoiser as the judge",
        gate=0.9,
    ),
    "drail": Family(
        lambda widths, seed, config: drail(widths.inputs, seed, config.drail),
        "adversarial",
        "a denoiser as the judge, with a zero of its own",
        gate=0.9,
    ),
    "flow": Family(
        lambda widths, seed, config: flow(widths, seed, config.flow, config.density),
        "ratio",
        "exact likelihoods of expert and agent",
        gate=0.85,
    ),
    "cfil": Family(
        lambda widths, seed, config: cfil(widths, seed, config.cfil),
        "adversarial",
        "exact likelihoods that also learn from each other",
        gate=0.85,
    ),
    "gpt": Family(
        lambda widths, seed, config: gpt(widths, seed, config.gpt, config.density),
        "ratio",
        "what follows what, over windows of steps; whole episodes only",
        reward_input=windows,
        inputs=("s", "sa"),
        looks_back=WINDOW - 1,
        fewest=WINDOW,
        gate=0.85,
    ),
    "lstm": Family(
        lambda widths, seed, config: lstm(widths, seed, config.lstm, config.density),
        "ratio",
        "what follows what, by a recurrent network; whole episodes only",
        reward_input=windows,
        inputs=("s", "sa"),
        looks_back=WINDOW - 1,
        fewest=WINDOW,
        gate=0.85,
    ),
    "gmm": Family(
        lambda widths, seed, config: gmm(widths, seed, config.gmm, config.density),
        "ratio",
        "exact likelihoods in seconds, without a gradient",
        gate=0.85,
    ),
    "hmm": Family(
        lambda widths, seed, config: hmm(widths, seed, config.hmm, config.density),
        "ratio",
        "a gait with phases one can name and draw; whole episodes only",
        reward_input=windows,
        inputs=("s", "sa"),
        looks_back=WINDOW - 1,
        fewest=WINDOW,
        gate=0.85,
    ),
    "rbm": Family(
        lambda widths, seed, config: rbm(widths, seed, config.rbm),
        "adversarial",
        "an energy that knows the expert before it meets the agent",
        gate=0.75,
    ),
    "dbn": Family(
        lambda widths, seed, config: dbn(widths, seed, config.dbn),
        "adversarial",
        "a discriminator that begins with weights learned from the demonstrations",
        gate=0.9,
    ),
    "logistic": Family(
        lambda widths, seed, config: logistic(widths, seed, config.logistic),
        "adversarial",
        "a critic with one minimum and nothing to tune",
        gate=0.8,
    ),
    "svm": Family(
        lambda widths, seed, config: svm(widths, seed, config.svm),
        "adversarial",
        "a linear critic that looks at the hard steps",
        gate=0.8,
    ),
    "one-class-svm": Family(
        lambda widths, seed, config: one_class_svm(widths, seed, config.one_class_svm, config.density),
        "density",
        "a reward fixed before the agent's first step, linear",
        gate=0.7,
    ),
    "constant": Family(
        lambda widths, seed, config: constant(), "control", "to see what surviving alone scores", fewest=1
    ),
    "random-demos": Family(
        lambda widths, seed, config: RandomDemosCritic(
            gan(widths.inputs, seed, config.gan), widths.inputs, RANDOM_DEMOS, seed
        ),
        "control",
        "to see what demonstrations of nothing score",
    ),
    "true": Family(
        lambda widths, seed, config: constant(),
        "control",
        "the environment's own reward: the upper line, no imitation",
        fewest=1,
        reads_true=True,
    ),
}


def register_reward(
    name: str, make: MakeCritic, use_when: str = "registered by its user", **kwargs: object
) -> Family:
    """Add a reward model of your own under a name; `imitate`, `bench` and `models` then know it.

    Args:
        name: must be new.
        make: `(widths, seed, config) -> Critic`; your own subclass of `gailforce.Critic` does.
        use_when: one line for whoever chooses.
        **kwargs: the other fields of `Family`.

    Raises:
        ValueError: when the name is taken or means something else.
    """
    if name in RESERVED:
        raise ValueError(f'"{name}" means something else in grids; register yours under another name')
    if name in FAMILIES:
        raise ValueError(f'the reward model "{name}" exists already; register yours under another name')
    FAMILIES[name] = Family(make, **{"way": "adversarial", **kwargs}, use_when=use_when)  # type: ignore[arg-type]
    return FAMILIES[name]
