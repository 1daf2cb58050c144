"""What a run of imitation is: every choice of it, and the objects the choices stand for."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

import tyro

from ...agents.gail import GAIL, GAILConfig
from ...agents.model_based.gail import ModelBasedGAIL
from ...agents.model_based.training import ModelBasedConfig
from ...agents.models.augmentation import augmented
from ...agents.models.reward import RewardModel, require_safe_form
from ...agents.settings import from_plain
from ...demos.dataset import Demonstrations
from ...envs.errors import UsageError
from ...envs.registry import Horizon, env_id, make_env
from ...generative.interfaces.reward_inputs import Inputs
from ...generative.rewards.reward_families import FAMILIES, table_of
from ...generative.rewards.reward_form import Form
from ...generative.worlds.world_families import WORLDS
from ..runs.folder import RunFolder
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
    # Train in this world model; steps then count those of the model and real ones.
    world_model: str = ""
    # The policy's learner.
    learner: Literal["ppo"] = "ppo"
    # Environment steps.
    steps: int = 1_000_000
    # fixed never ends an episode before its time limit.
    horizon: Horizon = "native"
    # Allow a reward form that can turn death into profit.
    force: bool = False
    # Random seed.
    seed: int = 0
    # Physics threads; by default every core this process may use.
    threads: int | None = None
    # Settings of environments, learner and critic training.
    gail: Annotated[GAILConfig, tyro.conf.arg(name="")] = field(default_factory=GAILConfig)
    # Settings of training in a world model.
    model_based: Annotated[ModelBasedConfig, tyro.conf.Fixed] = field(default_factory=ModelBasedConfig)
    # The reward model's own settings; None takes its default.
    family_config: Annotated[Any, tyro.conf.Fixed] = None  # Any: every family has settings of its own class

    @property
    def family_settings(self) -> Any:  # Any: every family has settings of its own class
        """The reward model's own settings, its default where none are given."""
        return FAMILIES[self.reward].config_class() if self.family_config is None else self.family_config

    def to_plain(self) -> dict[str, Any]:
        """Plain values of everything this run uses, in tables at most two deep."""
        plain = asdict(replace(self, family_config=None))
        model_based = plain.pop("model_based")
        del plain["family_config"]
        plain[table_of(self.reward)] = asdict(self.family_settings)
        if self.world_model:
            world = model_based.pop("world")
            family = table_of(self.world_model)
            others = {table_of(name) for name in WORLDS}
            plain["model_based"] = model_based
            plain["world"] = {key: value for key, value in world.items() if key not in others}
            plain[f"world_{family}"] = world[family]
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "ImitationConfig":
        """The configuration that `to_plain` wrote.

        Raises:
            DataError: when a value is missing that has no default.
        """
        reward, world = plain.get("reward", cls.reward), plain.get("world_model", "")
        values = dict(plain)
        if reward in FAMILIES:
            own: Any = from_plain(FAMILIES[reward].config_class, plain.get(table_of(reward), {}))
            values["family_config"] = None if own == FAMILIES[reward].config_class() else own
        if world:
            family = table_of(world)
            nested = {**plain.get("world", {}), family: plain.get(f"world_{family}", {})}
            values["model_based"] = {**plain.get("model_based", {}), "world": nested}
        return from_plain(cls, values)

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
        reward = RewardModel(
            self.reward, self.inputs, self.form, self.seed, self.family_config, self.gail.reward
        )
        if self.world_model:
            return self._model_based_agent(self.taught(demos), reward)
        env = make_env(self.env, self.gail.n_envs, self.seed, self.threads, self.horizon)
        taught = self.taught(demos)
        return GAIL(env, taught, reward, self.learner, self.seed, self.gail, self.horizon, self.force)

    def _model_based_agent(self, demos: Demonstrations, reward: RewardModel) -> ModelBasedGAIL:
        if self.horizon != "native":
            raise UsageError(
                "model rollouts have a length of their own; leave --horizon native with --world-model"
            )
        return ModelBasedGAIL(
            self.env,
            demos,
            reward,
            self.world_model,
            self.seed,
            self.gail,
            self.model_based,
            force=self.force,
        )

    def task(self, demos: Demonstrations, whole: Demonstrations) -> Task:
        """What the controls beside this run are made for: its share of the demonstrations, and the whole."""
        return Task(env_id(self.env), demos, whole, self.steps, self.horizon, gail=self.gail)


def imitation_of(run: RunFolder | None) -> ImitationConfig | None:
    """The configuration of a run of imitate; None without a run, or for a run of another kind.

    Raises:
        DataError: the run's configuration is damaged or incomplete.
    """
    if run is None or run.facts.kind != "imitation":
        return None
    return ImitationConfig.from_plain(run.read_config())
