"""The families of trajectory generators by name, and their settings."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..families.conditional_gan import ConditionalGAN, ConditionalGANConfig
from ..families.copying import Copy, Nearest
from ..families.lstm import LSTM, LSTMConfig
from ..families.markov import HMMConfig
from ..families.markov_regression import MarkovRegression
from ..families.mixture import GaussianMixture, MixtureConfig
from ..families.trajectory_diffusion import TrajectoryDiffusion, TrajectoryDiffusionConfig
from ..families.transformer import GPT, GPTConfig
from ..families.vae import VAE, VAEConfig
from ..interfaces.gaussian_head import GaussianModel, HeadConfig
from ..interfaces.window_model import Draw, FitConfig, StepByStep, WholeWindows, WindowModel, WindowShape
from ..nn.gaussians import PriorConfig
from .beam import Beam
from .coded_windows import CodedWindows
from .decoding import DecodingConfig, decoded

# Least deviation of the next step, in units of its change: changes follow nearly exactly from the state.
FINE = HeadConfig(components=4, least_std=0.01)
PRIOR = PriorConfig(prior_std=0.02, shrinkage=1e-4)


@dataclass(frozen=True)
class GeneratorConfig:
    """Settings of all generators."""

    fit: FitConfig = field(default_factory=FitConfig)
    # Diffusion learns every level of noise and improves for longer.
    diffusion_fit: FitConfig = field(default_factory=lambda: FitConfig(updates=20_000))
    decoding: DecodingConfig = field(default_factory=lambda: DecodingConfig(temperature=0.5))
    diffusion: TrajectoryDiffusionConfig = field(
        default_factory=lambda: TrajectoryDiffusionConfig(averaging=0.999, steps=25, eta=0.5)
    )
    vae: VAEConfig = field(default_factory=lambda: VAEConfig(layers=(256, 256), latent=16, std_floor=0.02))
    wgan_gp: ConditionalGANConfig = field(default_factory=ConditionalGANConfig)
    gpt: GPTConfig = field(default_factory=lambda: GPTConfig(memory=8, head=FINE))
    lstm: LSTMConfig = field(default_factory=lambda: LSTMConfig(memory=8, features=128, head=FINE))
    hmm: HMMConfig = field(default_factory=lambda: HMMConfig(phases=24, prior=PRIOR))
    gmm: MixtureConfig = field(
        default_factory=lambda: MixtureConfig(parts=(32,), tolerance=1e-3, prior=PRIOR)
    )


# (shape, seed, settings) -> model.
MakeWindowModel = Callable[[WindowShape, int, GeneratorConfig], WindowModel]


@dataclass(frozen=True)
class GeneratorFamily:
    """A family in the role of a trajectory generator.

    Attributes:
        make: builds the model.
        use_when: one line for whoever chooses.
        settings: the parts of `GeneratorConfig` that it uses.
        fills: can fill gaps, not only continue from a start.
        control: a baseline to compare the others with.
    """

    make: MakeWindowModel
    use_when: str
    settings: tuple[str, ...] = ()
    fills: bool = False
    control: bool = False


def _diffusion(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    model = TrajectoryDiffusion(shape.steps, shape.columns, shape.condition, config.diffusion, seed)
    return WholeWindows(model, shape, config.diffusion_fit)


def _vae(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    size = shape.steps * shape.columns
    return CodedWindows(VAE(size, shape.condition + 2 * size, config.vae, seed), shape, config.fit)


def _wgan_gp(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    model = ConditionalGAN(shape.steps, shape.columns, shape.condition, config.wgan_gp, seed)
    return WholeWindows(model, shape, config.fit)


def _tracks(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    """A track for the torso and one for each joint: its angle, its speed, their changes, its action."""
    model = ConditionalGAN(
        shape.steps, shape.columns, shape.condition, config.wgan_gp, seed, joint_tracks(shape)
    )
    return WholeWindows(model, shape, config.fit)


def joint_tracks(shape: WindowShape) -> tuple[tuple[int, ...], ...]:
    """Columns by joint, for bodies whose state ends in as many positions, then speeds, as there are actions.

    The state is (root positions, joint positions, root speeds, joint speeds), the change begins with the
    place on the ground, and the last column, the end, goes with the root. Other states are one track.
    """
    s, a = shape.state, shape.action
    if s % 2 == 0 or (s - 1) // 2 < a:
        return (tuple(range(shape.columns)),)
    d = shape.columns - s - a - 1
    positions = (s - 1) // 2  # without the place on the ground
    joints = []
    for i in range(a):
        position, speed = positions - a + i, s - a + i
        moved = [s + (d - s) + column for column in (position, speed)]
        joints.append((position, speed, *moved, s + d + i))
    taken = {column for joint in joints for column in joint}
    return (tuple(column for column in range(shape.columns) if column not in taken), *joints)


def _columns(shape: WindowShape) -> int:
    """Columns of a context's step, its mark included."""
    return shape.state + shape.condition + 1


def _from_mixture(model: GaussianModel, decoding: DecodingConfig) -> Draw:
    def draw(context: Float[Tensor, "B ..."], generator: torch.Generator) -> Float[Tensor, "B X"]:
        return decoded(model.mixture(context), decoding, generator)

    return draw


def _gpt(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    model = GPT(shape.columns - shape.state, _columns(shape), config.gpt, seed)
    return _one_by_one(model, shape, config.gpt.memory, config)


def _lstm(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    model = LSTM(shape.columns - shape.state, _columns(shape), config.lstm, seed)
    return _one_by_one(model, shape, config.lstm.memory, config)


def _one_by_one(
    model: GaussianModel, shape: WindowShape, memory: int, config: GeneratorConfig
) -> WindowModel:
    if config.decoding.beam:
        return Beam(model, shape, memory, config.fit, config.decoding.beam)
    return StepByStep(model, shape, memory, config.fit, _from_mixture(model, config.decoding))


def _gmm(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    return _regression(shape, seed, config, config.gmm)


def _linear(shape: WindowShape, seed: int, config: GeneratorConfig) -> WindowModel:
    """One Gaussian of state and what follows it is linear regression."""
    return _regression(shape, seed, config, MixtureConfig(parts=(1,), prior=PRIOR))


def _regression(
    shape: WindowShape, seed: int, config: GeneratorConfig, mixture: MixtureConfig
) -> WindowModel:
    model = GaussianMixture(shape.columns - shape.state, _columns(shape), mixture, seed)
    return StepByStep(model, shape, 1, config.fit, lambda context, _: model.regress(context.flatten(1)))


GENERATORS: dict[str, GeneratorFamily] = {
    "diffusion": GeneratorFamily(
        _diffusion,
        "whole windows, gaps and frame rates of the best quality",
        ("diffusion", "diffusion_fit"),
        fills=True,
    ),
    "vae": GeneratorFamily(
        _vae, "whole windows in one pass, with a code to walk through", ("vae", "fit"), fills=True
    ),
    "wgan-gp": GeneratorFamily(_wgan_gp, "whole windows in one pass", ("wgan_gp", "fit"), fills=True),
    "tracks": GeneratorFamily(
        _tracks, "whole windows in one pass, joint by joint", ("wgan_gp", "fit"), fills=True
    ),
    "gpt": GeneratorFamily(
        _gpt, "steps one after the other, with temperature, top-k and top-p", ("gpt", "fit", "decoding")
    ),
    "lstm": GeneratorFamily(_lstm, "steps one after the other, small and quick", ("lstm", "fit", "decoding")),
    "gmm": GeneratorFamily(_gmm, "steps by regression, fitted in seconds", ("gmm", "fit")),
    "hmm": GeneratorFamily(
        lambda shape, seed, config: MarkovRegression(shape, config.hmm, seed),
        "steps by regression in phases",
        ("hmm",),
    ),
    "linear": GeneratorFamily(_linear, "a floor: what a linear step gives", ("fit",), control=True),
    "copy": GeneratorFamily(
        lambda shape, *_: Copy(shape), "a control: training windows", fills=True, control=True
    ),
    "nearest": GeneratorFamily(
        lambda shape, *_: Nearest(shape), "a control: the nearest window", fills=True, control=True
    ),
}


def heeded(name: str, config: GeneratorConfig) -> dict[str, Any]:
    """The settings that a family uses."""
    return {part: asdict(getattr(config, part)) for part in GENERATORS[name].settings}
