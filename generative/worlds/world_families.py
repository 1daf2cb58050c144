"""Every world model by its name: how it is built, what it costs, when to use it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from ..families.conditional_gan import ConditionalGAN, ConditionalGANConfig
from ..families.ensemble import Ensemble, EnsembleConfig
from ..families.lstm import LSTM, LSTMConfig
from ..families.ridge import Ridge, RidgeConfig
from ..families.trajectory_diffusion import TrajectoryDiffusion, TrajectoryDiffusionConfig
from ..families.transformer import GPT, GPTConfig
from ..families.vae import VAE, VAEConfig
from ..interfaces.gaussian_head import HeadConfig
from ..interfaces.window_model import FitConfig, WindowShape
from .dynamics import Dynamics, FutureDynamics, MultiStepConfig, StepDynamics
from .multi_step import EnsembleDynamics

# The next step follows nearly exactly from state and action; but the smaller the least deviation, the less a
# head learns of contact impacts.
FLOOR = 0.1
NARROW = HeadConfig(components=5, least_std=FLOOR)
# Steps of the futures that whole-window families draw, and of the windows that memory families learn from.
FUTURE, REMEMBERED = 8, 12
# Largest stride at which every step has a whole future in some window.
EVERY_START = REMEMBERED - FUTURE + 1


@dataclass(frozen=True)
class WorldConfig:
    """Settings of all world models."""

    fit: FitConfig = field(default_factory=lambda: FitConfig(updates=10_000, batch_size=256))
    # Multi-step training after the first fit, for families that have it: long rollouts get more accurate.
    multi_step: MultiStepConfig = field(default_factory=MultiStepConfig)
    # Draws that give the mean, the spread and the share of ends of a step; usually 4-16.
    draws: int = 8
    # Of each family.
    linear: RidgeConfig = field(default_factory=RidgeConfig)
    ensemble: EnsembleConfig = field(default_factory=EnsembleConfig)
    lstm: LSTMConfig = field(default_factory=lambda: LSTMConfig(memory=8, features=256, head=NARROW))
    gpt: GPTConfig = field(default_factory=lambda: GPTConfig(memory=8, features=96, blocks=2, head=NARROW))
    vae: VAEConfig = field(default_factory=lambda: VAEConfig(layers=(256, 256), latent=8, std_floor=FLOOR))
    diffusion: TrajectoryDiffusionConfig = field(
        default_factory=lambda: TrajectoryDiffusionConfig(times=20, steps=2, bound=20.0)
    )
    gan: ConditionalGANConfig = field(default_factory=ConditionalGANConfig)

    def __post_init__(self) -> None:
        if self.draws < 2:
            raise ValueError(f"a spread needs 2 draws or more; got {self.draws}")


# (shape of a window of one step, seed, settings) -> dynamics.
MakeDynamics = Callable[[WindowShape, int, WorldConfig], Dynamics]


@dataclass(frozen=True)
class WorldFamily:
    """A family in the role of a world model.

    Attributes:
        make: builds the dynamics.
        use_when: one line for whoever chooses.
        window: consecutive steps that it learns from at once.
        stride: steps from one window to the next; where rows are held out, windows must not overlap.
        trains_multi_step: has multi-step training.
    """

    make: MakeDynamics
    use_when: str
    window: int = 1
    stride: int = 1
    trains_multi_step: bool = False


def _widths(shape: WindowShape) -> tuple[int, int]:
    """Columns of (change, end), and of one row of a context."""
    return shape.columns - shape.state - shape.action, shape.state + shape.action + 1


def _linear(shape: WindowShape, seed: int, config: WorldConfig) -> Dynamics:
    x, context = _widths(shape)
    model = Ridge(x, context, config.linear)
    return StepDynamics(model, shape, 1, config.fit.batch_size, expect=model.expectation)


def _ensemble(shape: WindowShape, seed: int, config: WorldConfig) -> Dynamics:
    x, context = _widths(shape)
    return EnsembleDynamics(Ensemble(x, context, config.ensemble, seed), shape, config.fit.batch_size)


def _lstm(shape: WindowShape, seed: int, config: WorldConfig) -> Dynamics:
    model, memory = LSTM(*_widths(shape), config.lstm, seed), _learnable(config.lstm.memory)
    return StepDynamics(model, shape, memory, config.fit.batch_size)


def _gpt(shape: WindowShape, seed: int, config: WorldConfig) -> Dynamics:
    model, memory = GPT(*_widths(shape), config.gpt, seed), _learnable(config.gpt.memory)
    return StepDynamics(model, shape, memory, config.fit.batch_size)


def _learnable(memory: int) -> int:
    """Refuse a memory longer than the training windows."""
    if not 1 <= memory <= REMEMBERED:
        raise ValueError(f"a world model looks at 1 to {REMEMBERED} steps; got a memory of {memory}")
    return memory


def _vae(shape: WindowShape, seed: int, config: WorldConfig) -> Dynamics:
    return StepDynamics(VAE(*_widths(shape), config.vae, seed), shape, 1, config.fit.batch_size)


def _future(shape: WindowShape) -> WindowShape:
    return shape._replace(steps=FUTURE, condition=1)


def _diffusion(shape: WindowShape, seed: int, config: WorldConfig) -> Dynamics:
    model = TrajectoryDiffusion(FUTURE, shape.columns, 1, config.diffusion, seed)
    return FutureDynamics(model, _future(shape), config.fit.batch_size)


def _gan(shape: WindowShape, seed: int, config: WorldConfig) -> Dynamics:
    model = ConditionalGAN(FUTURE, shape.columns, 1, config.gan, seed)
    return FutureDynamics(model, _future(shape), config.fit.batch_size)


WORLDS: dict[str, WorldFamily] = {
    "linear": WorldFamily(_linear, "a floor: one regression, fitted at once"),
    "ensemble": WorldFamily(
        _ensemble, "to train policies in: fast, with a measure of its uncertainty", trains_multi_step=True
    ),
    "lstm": WorldFamily(
        _lstm, "where the past matters: a recurrent network with a mixture", REMEMBERED, REMEMBERED
    ),
    "gpt": WorldFamily(_gpt, "where the past matters: attention over the last steps", REMEMBERED, REMEMBERED),
    "vae": WorldFamily(_vae, "where one state has several nexts"),
    "diffusion": WorldFamily(_diffusion, "short futures at once; slow", REMEMBERED, EVERY_START),
    "gan": WorldFamily(_gan, "short futures at once, without a likelihood", REMEMBERED, EVERY_START),
}


def heeded(name: str, config: WorldConfig) -> dict[str, Any]:
    """The settings that a family uses.

    Raises:
        KeyError: no such family.
    """
    settings = {"draws": config.draws, "fit": asdict(config.fit), name: asdict(getattr(config, name))}
    return settings | ({"multi_step": asdict(config.multi_step)} if WORLDS[name].trains_multi_step else {})
