"""What a run of imitation is: every choice of it, and the objects the choices stand for."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

from ...agents.gail import GAIL, GAILConfig
from ...agents.model_based.gail import ModelBasedGAIL
from ...agents.model_based.training import DreamConfig
from ...agents.models.augmentation import augmented
from ...agents.models.reward import RewardModel, require_safe_form
from ...demos.dataset import Demonstrations
from ...envs.errors import UsageError
from ...envs.registry import Horizon, env_id, make_env
from ...generative.interfaces.reward_inputs import Inputs
from ...generative.rewards.reward_form import Form
from ..scoring.controls import Task


@dataclass(frozen=True)
class ImitationConfig:
    """What is imitated, and how; the whole of it is a run's `config.toml`."""

    # Environment: hopper, walker2d, or any Gymnasium id with Box spaces.
    env: Annotated[str, tyro.conf.Positional]
    # A shipped name, a file, or minari:ID.
    demos: str = "hopper-expert"
    # How many of its training episodes; 0 takes all.
    episodes: int = 4
    # Draw the episodes at random with this seed instead of taking the first ones.
    draw: int | None = None
    # Keep every N-th transition only.
    subsample: int = 1
    # A generator of trajectories whose pieces are added, as far as physics agrees with them.
    augment: str = ""
    # The reward model; `gailforce models` lists all of them.
    reward: str = "gan"
    # What the reward model looks at: s observations, sa with actions, ss' with next observations.
    inputs: Inputs = "sa"
    # The form of the reward; the last three can be negative and need a fixed horizon.
    form: Form = "positive"
    # Train in a dream of this world model; steps then count imagined and real ones.
    world_model: str = ""
    # The policy's learner.
    learner: Literal["ppo"] = "ppo"
    # Environment steps.
    steps: int = 1_000_000
    # fixed never ends an episode before its time limit.
    horizon: Horizon = "native"
    # Allow a reward form that can turn death into profit.
    force: bool = False
    # Seed of everything.
    seed: int = 0
    # Physics threads; by default every core this process may use.
    threads: int | None = None
    # Of the learner, and of the dream where there is one.
    gail: Annotated[GAILConfig, tyro.conf.arg(name="")] = field(default_factory=GAILConfig)
    dream: DreamConfig = field(default_factory=DreamConfig)

    def demonstrations(self) -> Demonstrations:
        """The demonstrations this run learns from."""
        return self.drawn(Demonstrations.load(self.demos))

    def drawn(self, whole: Demonstrations) -> Demonstrations:
        """This run's share of the whole set."""
        demos = whole.take(self.episodes, self.draw) if self.episodes else whole
        return demos.subsample(self.subsample, self.draw) if self.subsample > 1 else demos

    def taught(self, demos: Demonstrations) -> Demonstrations:
        """What the learner is shown of the demonstrations: with pieces of a generator, if asked for."""
        return augmented(demos, self.augment, self.seed) if self.augment else demos

    def agent(self, demos: Demonstrations) -> GAIL:
        """A fresh agent."""
        require_safe_form(self.form, self.horizon, self.force)
        reward = RewardModel(self.reward, self.inputs, self.form, self.seed, self.gail.reward)
        if self.world_model:
            return self._dreaming(self.taught(demos), reward)
        env = make_env(self.env, self.gail.copies, self.seed, self.threads, self.horizon)
        taught = self.taught(demos)
        return GAIL(env, taught, reward, self.learner, self.seed, self.gail, self.horizon, self.force)

    def _dreaming(self, demos: Demonstrations, reward: RewardModel) -> ModelBasedGAIL:
        if self.horizon != "native":
            raise UsageError("a dream has branches of its own; leave --horizon native with --world-model")
        return ModelBasedGAIL(
            self.env, demos, reward, self.world_model, self.seed, self.gail, self.dream, force=self.force
        )

    def task(self, demos: Demonstrations, whole: Demonstrations) -> Task:
        """What the controls beside this run are made for: its share of the demonstrations, and the whole."""
        return Task(env_id(self.env), demos, whole, self.steps, self.horizon, gail=self.gail)
