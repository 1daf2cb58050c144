"""The verb `generate`: trajectories of a generator fitted to demonstrations, checked against physics."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import tyro

from ...generative.trajectories.generator_families import GeneratorConfig
from ..pipeline.generation import Generation, GenerationConfig, generate
from ..pipeline.generator_choice import generator_groups, require_own_settings
from ..runs.flags import Flag
from ..runs.process import one_thread
from .command import Command, require_at_least, require_seed


@dataclass
class Generate(Command[Generation]):
    """Fit a trajectory generator to demonstrations and draw new ones, as a file of demonstrations.

    Every generated step is replayed in MuJoCo: its residual is the root mean square over the state's columns
    of (generated next - true next), in standard deviations of the one-step change. Real steps have none.

    Examples:
        gailforce generate hopper --generator gmm --check-physics
        gailforce generate hopper --generator diffusion --speed 2 --video dream.mp4 --page dream.html
    """

    # Environment: hopper or walker2d.
    env: Annotated[str, tyro.conf.Positional]
    generation: Annotated[GenerationConfig, tyro.conf.arg(name="")] = field(default_factory=GenerationConfig)
    config: Annotated[GeneratorConfig, tyro.conf.arg(name="")] = field(default_factory=GeneratorConfig)

    @classmethod
    def parsed_class(cls, arguments: Sequence[str]) -> type:
        """This verb; refuses the settings of another generator."""
        require_own_settings(arguments, GenerationConfig.generator)
        return cls

    @classmethod
    def groups(cls, arguments: Sequence[str]) -> dict[str, list[Flag]]:
        """The common flags, and the settings of the generator that is named."""
        return generator_groups(cls, arguments)

    def run(self) -> Generation:
        """Fit, draw, check, write."""
        require_at_least(1, episodes=self.generation.episodes, horizon=self.generation.horizon)
        require_seed(self.generation.seed)
        one_thread()
        return generate(self.env, self.generation, self.config)

    def describe(self, result: Generation) -> str:
        """What was written, and what physics says of it."""
        lines = list(result.facts().values())
        if result.page is not None:
            lines.append(f"plots: {result.page}")
        if result.video is not None:
            lines.append(f"filmed beside physics: {result.video}")
        return "\n".join(lines)
