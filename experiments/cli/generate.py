"""The verb `generate`: trajectories of a generator fitted to demonstrations, checked against physics."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ...agents.models.generator import TrajectoryGenerator, forward_speed, require_shown
from ...demos.dataset import Demonstrations, require_environment
from ...demos.execution import executed, spread_of, steps_kept
from ...demos.library import shipped_names
from ...demos.physics_residual import states_of
from ...demos.trajectory import Trajectory
from ...envs.body import Body
from ...envs.registry import body as body_of
from ...generative.trajectories.generator_families import GeneratorConfig
from ..pipeline.generator_choice import generator_groups, require_own_settings
from ..reports.dreams import write_dreams
from ..runs.counting import counted
from ..runs.flags import Flag
from ..runs.process import one_thread
from ..scoring.card import card_of
from ..video.compose import film
from .command import Command, require_at_least, require_seed


@dataclass
class Generate(Command):
    """Fit a trajectory generator to demonstrations and draw new ones, as a file of demonstrations.

    Every generated step is replayed in MuJoCo: its residual is the root mean square over the state's columns
    of (generated next - true next), in standard deviations of the one-step change. Real steps have none.

    Examples:
        gailforce generate hopper --generator gmm --check-physics
        gailforce generate hopper --generator diffusion --speed 2 --video dream.mp4 --page dream.html
    """

    # Environment: hopper or walker2d.
    env: Annotated[str, tyro.conf.Positional]
    # Family of the generator; a wrong name lists them.
    generator: str = "diffusion"
    # Demonstrations with states; by default the shipped expert's, or those of several speeds for a speed.
    demos: str | None = None
    # Forward speed to ask for [m/s]; by default the demonstrations' mean.
    speed: float | None = None
    # Episodes to draw.
    episodes: int = 4
    # Steps of each episode.
    horizon: int = 320
    # All from one state, one window each, on a straight line between two codes of a vae.
    walk: bool = False
    # Random seed.
    seed: int = 0
    # The file to write; .gfd is added to a bare name.
    out: Path = Path("generated.gfd")
    # Run each episode's own actions in physics, and say how long they keep to it.
    check_physics: bool = False
    # Film the first episode beside what physics makes of its actions.
    video: Path | None = None
    # Write a page with plots of the residual, of dream and physics, and the video if there is one.
    page: Path | None = None
    config: Annotated[GeneratorConfig, tyro.conf.arg(name="")] = field(default_factory=GeneratorConfig)

    @classmethod
    def parsed_class(cls, arguments: Sequence[str]) -> type:
        """This verb; refuses the settings of another generator."""
        require_own_settings(arguments, cls.generator)
        return cls

    @classmethod
    def groups(cls, arguments: Sequence[str]) -> dict[str, list[Flag]]:
        """The common flags, and the settings of the generator that is named."""
        return generator_groups(cls, arguments)

    def run(self) -> dict[str, Any]:
        """Fit, draw, check, write."""
        require_at_least(1, episodes=self.episodes, horizon=self.horizon)
        require_seed(self.seed)
        one_thread()
        body = body_of(self.env)
        demos = Demonstrations.load(self.demos or self._shipped(body))
        require_environment(demos, body.env_id, body.obs_size, body.action_size)
        generator = TrajectoryGenerator(self.generator, self.seed, self.config)
        shown = np.array([forward_speed(episode, body.dt)[0] for episode in demos])
        asked = float(shown.mean()) if self.speed is None else self.speed
        # Before a fit of minutes.
        require_shown(np.array([asked]), shown)
        generator.fit(demos)
        made = self._made(generator, self._starts(demos), asked)
        residuals = np.concatenate([episode.residual for episode in made if episode.residual is not None])
        result = {
            "path": str(self._write(made, asked)),
            "episodes": len(made),
            "steps": int(sum(map(len, made))),
            "asked": asked,
            "residual": {"median": float(np.median(residuals)), "p90": float(np.quantile(residuals, 0.9))},
        }
        if self.check_physics or self.video or self.page:
            result |= self._lived(body, made, demos, result)
        return result

    def _made(self, generator: TrajectoryGenerator, starts: np.ndarray, asked: float) -> list[Trajectory]:
        if self.walk:
            return generator.walked(starts[0], asked, self.episodes, self.seed)
        return generator.generate(starts, np.full(self.episodes, asked), self.horizon, self.seed)

    def _shipped(self, body: Body) -> str:
        """Who asks for a speed is given demonstrations of several, where there are some."""
        several = f"{body.name}-speeds"
        return several if self.speed is not None and several in shipped_names() else f"{body.name}-expert"

    def _lived(
        self, body: Body, made: list[Trajectory], demos: Demonstrations, result: dict[str, Any]
    ) -> dict[str, Any]:
        """What physics makes of the episodes' own actions, told, filmed and plotted as asked."""
        real = [executed(body, episode) for episode in made]
        found: dict[str, Any] = {}
        if self.check_physics:
            spread = spread_of(list(demos))
            found["kept"] = [steps_kept(a, b, spread) for a, b in zip(made, real, strict=True)]
        if self.video is not None:
            found["video"] = str(film(self.video, self.env, {"Dream": made[0], "Physics": real[0]}, None))
        if self.page is not None:
            said = self.describe({**result, **found}).splitlines()
            told = dict(zip(("written", "replayed", "executed"), said, strict=False))
            title = f"{body.env_id}, dreamt by {self.generator}"
            found["page"] = str(write_dreams(self.page, title, told, made, real, body.dt, self.video))
        return found

    def _starts(self, demos: Demonstrations) -> np.ndarray:
        """States from anywhere in the demonstrations."""
        draws, episodes = np.random.default_rng(self.seed), list(demos)
        chosen = draws.integers(len(episodes), size=self.episodes)
        return np.stack([states_of(episodes[i])[draws.integers(len(episodes[i]))] for i in chosen])

    def _write(self, made: list[Trajectory], asked: float) -> Path:
        notes = f"generated by {self.generator} at {asked:.2f} m/s"
        # Made by a model, so no expert's reference applies.
        card = replace(card_of(self.env, self.generator, notes), reference_return=None)
        return Demonstrations(made, card, self.out.stem).save(self.out)

    def describe(self, result: dict[str, Any]) -> str:
        """What was written, and what physics says of it."""
        residual = result["residual"]
        lines = [
            f"{result['path']}: {counted(result['episodes'], 'episode')}, "
            f"{counted(result['steps'], 'step')} at {result['asked']:.2f} m/s",
            f"physics residual: median {residual['median']:.3f}, 90th percentile {residual['p90']:.3f}",
        ]
        if "kept" in result:
            kept = ", ".join(map(str, result["kept"]))
            lines.append(f"executed by its own actions it keeps within one deviation for {kept} steps")
        if "page" in result:
            lines.append(f"plots: {result['page']}")
        if "video" in result:
            lines.append(f"filmed beside physics: {result['video']}")
        return "\n".join(lines)
