"""The verb `video`: a policy filmed, alone or beside the expert."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ...agents.loading import PolicyOptions
from ..runs.counting import counted
from ..runs.process import one_thread
from ..runs.target import resolve
from ..video.policy_film import FilmConfig, PolicyFilm, RankedFilms, film_evaluation, film_policy
from .command import Command, require_at_least, require_seed


@dataclass
class Video(Command[PolicyFilm | RankedFilms]):
    """Film a policy in real time, alone or beside the expert.

    Examples:
        gailforce video runs/imitate-hopper-X --beside expert
        gailforce video runs/imitate-hopper-X --ranked
        gailforce video runs/imitate-hopper-X --phases
        gailforce video my-ppo.zip --env Hopper-v5 --demos hopper-expert --out both.mp4
        gailforce video my-ppo.zip --env Hopper-v5 --beside none --out mine.mp4
    """

    # A run, a saved agent (.gfa), or a Stable-Baselines3 zip.
    policy: Annotated[Path, tyro.conf.Positional]
    # Environment, where the policy does not say.
    env: str | None = None
    film: Annotated[FilmConfig, tyro.conf.arg(name="")] = field(default_factory=FilmConfig)
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> PolicyFilm | RankedFilms:
        """Play and film."""
        require_at_least(0, episode=self.film.episode)
        require_seed(self.film.seed)
        one_thread()
        target = resolve(self.policy, self.env, self.options)
        return film_evaluation(target, self.film) if self.film.ranked else film_policy(target, self.film)

    def describe(self, result: PolicyFilm | RankedFilms) -> str:
        """Where the video is."""
        if isinstance(result, RankedFilms):
            return "\n".join(
                f"{result.folder}/{rank}.mp4: return {film.total:,.0f} in {counted(film.steps, 'step')} "
                f"from seed {film.seed}, of {counted(film.episodes, 'episode')}"
                for rank, film in result.films.items()
            )
        played = f"{counted(result.steps, 'step')} from seed {result.seed}"
        return f"{result.path}: {played}, return {result.total_reward:,.0f}"
