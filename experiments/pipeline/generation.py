"""Trajectories of a generator fitted to demonstrations, checked against physics and written as a set."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from ...agents.models.generator import TrajectoryGenerator, forward_speed, require_shown
from ...demos.dataset import Demonstrations, require_environment
from ...demos.execution import executed, spread_of, steps_kept
from ...demos.library import shipped_names
from ...demos.physics_residual import states_of
from ...demos.trajectory import Trajectory
from ...envs.body import Body
from ...envs.registry import body as body_of
from ...generative.trajectories.generator_families import GeneratorConfig
from ..reports.dreams import write_dreams
from ..runs.counting import counted
from ..scoring.card import card_of
from ..video.compose import film


@dataclass(frozen=True)
class GenerationConfig:
    """What is generated, and what is shown of it."""

    # Trajectory generator; a wrong name lists them.
    generator: str = "diffusion"
    # Demonstrations with states; by default the shipped expert's, or with --speed the shipped set of speeds.
    demos: str | None = None
    # Forward speed of the episodes [m/s], within the demonstrated range; by default its mean.
    speed: float | None = None
    # Number of episodes.
    episodes: int = 4
    # Steps of each episode.
    horizon: int = 320
    # Decode a straight line between two codes of a vae, a window each, all from one state.
    walk: bool = False
    # Random seed.
    seed: int = 0
    # File to write; .gfd is added to a bare name.
    out: Path = Path("generated.gfd")
    # Execute each episode's actions in MuJoCo, and count the steps that agree.
    check_physics: bool = False
    # Video to write: the first episode beside the execution of its actions in MuJoCo.
    video: Path | None = None
    # Page to write: plots of the residual and of the executions, with the video if there is one.
    page: Path | None = None


@dataclass(frozen=True)
class Generation:
    """Generated episodes as a file, and their agreement with physics.

    Attributes:
        path: the set of demonstrations.
        episodes: their number.
        steps: of all episodes.
        speed: that was asked for [m/s].
        residual_median: of all steps, in standard deviations of a one-step change.
        residual_p90: 90th percentile of the same.
        steps_kept: for each episode, steps until its execution departs by a standard deviation; None unless
            asked for.
        video: None unless asked for.
        page: None unless asked for.
    """

    path: Path
    episodes: int
    steps: int
    speed: float
    residual_median: float
    residual_p90: float
    steps_kept: tuple[int, ...] | None = None
    video: Path | None = None
    page: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values; what was not asked for has no key."""
        asked = {
            "kept": None if self.steps_kept is None else list(self.steps_kept),
            "video": None if self.video is None else str(self.video),
            "page": None if self.page is None else str(self.page),
        }
        return {
            "path": str(self.path),
            "episodes": self.episodes,
            "steps": self.steps,
            "asked": self.speed,
            "residual": {"median": self.residual_median, "p90": self.residual_p90},
            **{key: value for key, value in asked.items() if value is not None},
        }

    def facts(self) -> dict[str, str]:
        """Sentences on what was written, replayed and executed."""
        facts = {
            "written": f"{self.path}: {counted(self.episodes, 'episode')}, "
            f"{counted(self.steps, 'step')} at {self.speed:.2f} m/s",
            "replayed": f"physics residual: median {self.residual_median:.3f}, "
            f"90th percentile {self.residual_p90:.3f}",
        }
        if self.steps_kept is not None:
            steps = ", ".join(map(str, self.steps_kept))
            facts["executed"] = f"executed by its own actions it keeps within one deviation for {steps} steps"
        return facts


def generate(env: str, config: GenerationConfig, settings: GeneratorConfig) -> Generation:
    """Fit a generator, draw episodes, replay every step, write the set.

    Raises:
        UsageError: an unknown generator, or a speed outside the demonstrated range.
        DataError: demonstrations that do not fit the environment.
    """
    body = body_of(env)
    demos = Demonstrations.load(config.demos or _shipped(body, config))
    require_environment(demos, body.env_id, body.obs_size, body.action_size)
    generator = TrajectoryGenerator(config.generator, config.seed, settings)
    speeds = np.array([forward_speed(episode, body.dt)[0] for episode in demos])
    speed = float(speeds.mean()) if config.speed is None else config.speed
    # Before a fit of minutes.
    require_shown(np.array([speed]), speeds)
    generator.fit(demos)
    episodes = _drawn(generator, _starts(demos, config), speed, config)
    residuals = np.concatenate([episode.residual for episode in episodes if episode.residual is not None])
    result = Generation(
        path=_write(episodes, env, speed, config),
        episodes=len(episodes),
        steps=int(sum(map(len, episodes))),
        speed=speed,
        residual_median=float(np.median(residuals)),
        residual_p90=float(np.quantile(residuals, 0.9)),
    )
    return _executed(body, episodes, demos, config, result)


def _shipped(body: Body, config: GenerationConfig) -> str:
    """A set of several speeds where a speed is asked for and such a set is shipped."""
    several = f"{body.name}-speeds"
    return several if config.speed is not None and several in shipped_names() else f"{body.name}-expert"


def _starts(demos: Demonstrations, config: GenerationConfig) -> Float[np.ndarray, "B S"]:
    """States drawn from the demonstrations."""
    draws, episodes = np.random.default_rng(config.seed), list(demos)
    chosen = draws.integers(len(episodes), size=config.episodes)
    return np.stack([states_of(episodes[i])[draws.integers(len(episodes[i]))] for i in chosen])


def _drawn(
    generator: TrajectoryGenerator, starts: Float[np.ndarray, "B S"], speed: float, config: GenerationConfig
) -> list[Trajectory]:
    if config.walk:
        return generator.walked(starts[0], speed, config.episodes, config.seed)
    return generator.generate(starts, np.full(config.episodes, speed), config.horizon, config.seed)


def _write(episodes: list[Trajectory], env: str, speed: float, config: GenerationConfig) -> Path:
    notes = f"generated by {config.generator} at {speed:.2f} m/s"
    # Made by a model, so no expert's reference applies.
    card = replace(card_of(env, config.generator, notes), reference_return=None)
    return Demonstrations(episodes, card, config.out.stem).save(config.out)


def _executed(
    body: Body,
    episodes: list[Trajectory],
    demos: Demonstrations,
    config: GenerationConfig,
    result: Generation,
) -> Generation:
    """The result with what MuJoCo makes of the episodes' actions: counted, filmed, plotted as asked."""
    if not (config.check_physics or config.video or config.page):
        return result
    real = [executed(body, episode) for episode in episodes]
    if config.check_physics:
        spread = spread_of(list(demos))
        steps = tuple(steps_kept(a, b, spread) for a, b in zip(episodes, real, strict=True))
        result = replace(result, steps_kept=steps)
    if config.video is not None:
        panes = {"Dream": episodes[0], "Physics": real[0]}
        result = replace(result, video=film(config.video, body.env_id, panes, None))
    if config.page is not None:
        title = f"{body.env_id}, dreamt by {config.generator}"
        page = write_dreams(config.page, title, result.facts(), episodes, real, body.dt, config.video)
        result = replace(result, page=page)
    return result
