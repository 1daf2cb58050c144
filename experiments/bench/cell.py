"""A cell of a benchmark grid: one method, one task, one seed; found again by everything it depends on."""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ...agents.apprenticeship import ApprenticeshipConfig
from ...agents.bc import BCConfig
from ...agents.mixture_regression import GMRConfig
from ...agents.models.augmentation import augmentation_settings
from ...agents.settings import from_plain
from ...demos.dataset import Demonstrations
from ...envs.registry import env_id, find_body
from ...generative.rewards.reward_families import FAMILIES, table_of
from ..pipeline.config import ImitationConfig
from ..scoring.controls import ALGORITHM
from ..scoring.evaluation import EVALUATION_SEED
from .settings import Setting, dotted

# Methods that are no reward model.
REFERENCES = ("expert", "random", "bc", "gmr", "apprenticeship")
# Methods that have another name in a grid than in `FAMILIES`.
ALIASES = {"gail": "gan"}
# Controls that use no settings of a critic.
CONSTANT = ("constant", "true")
# Digits of a cell's key.
KEY_LENGTH = 12


@dataclass(frozen=True)
class Definition:
    """Everything a cell's result depends on, and nothing else: not threads, folders or videos.

    What is None does not matter to the cell's method.

    Attributes:
        method: one of `REFERENCES`, or the name of a reward model.
        environment: Gymnasium id.
        algorithm: raised by hand whenever the algorithms change.
        demonstrations: digest of the demonstrations drawn; of the whole set for an expert.
        returns: digest of the expert's returns.
        augment: the generator whose pieces are added to the demonstrations.
        seed: of everything.
        steps: environment steps of training.
        learner: the policy's learner.
        form: the form of the reward.
        inputs: what the reward looks at.
        config: settings by dotted name, or those of a method that is no reward model.
        horizon: of the episodes.
        evaluation_episodes: of the score.
        first_seed: of those episodes.
        source: digest of the file of a family that is the user's own.
    """

    method: str
    environment: str
    algorithm: int
    demonstrations: str | None = None
    returns: str | None = None
    augment: str | None = None
    seed: int | None = None
    steps: int | None = None
    learner: str | None = None
    form: str | None = None
    inputs: str | None = None
    config: Mapping[str, Setting] | BCConfig | GMRConfig | ApprenticeshipConfig | None = None
    horizon: str | None = None
    evaluation_episodes: int | None = None
    first_seed: int | None = None
    source: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values of what matters, as they come back from a file."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        if is_dataclass(self.config):
            plain["config"] = asdict(self.config)
        if self.augment is not None:
            plain["augment"] = augmentation_settings(self.augment)
        return json.loads(json.dumps({key: value for key, value in plain.items() if value is not None}))


@dataclass(frozen=True)
class Cell:
    """What is run, and on how many episodes it is scored.

    Attributes:
        method: one of `REFERENCES`, or the name of a reward model.
        config: the task and the learner's settings; a reference reads what concerns it.
        evaluation_episodes: of the final score.
        cloning: settings of the method `bc`.
    """

    method: str
    config: ImitationConfig
    evaluation_episodes: int = 50
    cloning: BCConfig = field(default_factory=BCConfig)

    @cached_property
    def definition(self) -> Definition:
        """Everything the result depends on.

        Raises:
            UsageError: a name or a number that cannot be.
            DataError: the demonstrations are missing or damaged.
        """
        return DEFINITIONS.get(self.method, _of_training)(self)

    @cached_property
    def key(self) -> str:
        """A digest of the definition."""
        plain = json.dumps(self.definition.to_json(), sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:KEY_LENGTH]

    @property
    def name(self) -> str:
        """A name for people, unique by the key at its end: `gail-hopper-4x20-102-ab12cd34ef56`."""
        config, definition = self.config, self.definition
        body = find_body(config.env)
        parts = [shown(self.method), body.name if body else config.env.replace("/", "-").lower()]
        if definition.demonstrations is not None and self.method != "expert":
            parts.append(f"{config.episodes}" + (f"x{config.subsample}" if config.subsample > 1 else ""))
        parts += ["fixed"] if definition.horizon == "fixed" else []
        parts += [str(config.seed)] if definition.seed is not None else []
        return "-".join((*parts, self.key))

    @property
    def row(self) -> str:
        """The same for all cells that differ only in their seed and in the demonstrations it drew."""
        shared = replace(self.definition, seed=None, demonstrations=None).to_json()
        if self.definition.demonstrations is not None:
            shared |= {key: getattr(self.config, key) for key in ("demos", "episodes", "subsample")}
        return json.dumps(shared, sort_keys=True)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for another process."""
        return {
            "method": self.method,
            "config": self.config.to_plain(),
            "evaluation_episodes": self.evaluation_episodes,
            "cloning": asdict(self.cloning),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Cell":
        """The cell `to_json` wrote."""
        config = ImitationConfig.from_plain(plain["config"])
        cloning = from_plain(BCConfig, plain.get("cloning", {}))
        return cls(plain["method"], config, plain["evaluation_episodes"], cloning)


def shown(method: str) -> str:
    """The method as people call it."""
    return next((alias for alias, name in ALIASES.items() if name == method), method)


def methods() -> list[str]:
    """Names a grid may use."""
    return [*REFERENCES, *ALIASES, *FAMILIES]


def _learner(cell: Cell) -> dict[str, Setting]:
    """The settings of environments and learner."""
    gail = cell.config.gail
    return {"n_envs": gail.n_envs, **dotted(gail.ppo, "ppo.")}


def _settings(cell: Cell) -> dict[str, Setting]:
    """All settings that a reward model's training uses."""
    config, family = cell.config, replace(cell.config, reward=cell.method).family_settings
    return {
        **_learner(cell),
        **dotted(config.gail.reward, "reward."),
        **dotted(family, f"{table_of(cell.method)}."),
    }


def _unscored(cell: Cell) -> Definition:
    return Definition(cell.method, env_id(cell.config.env), ALGORITHM)


def _scored(cell: Cell) -> Definition:
    """What a score in the environment depends on, whatever the method."""
    return replace(
        _unscored(cell),
        horizon=cell.config.horizon,
        evaluation_episodes=cell.evaluation_episodes,
        first_seed=EVALUATION_SEED,
    )


def _on_draw(cell: Cell) -> Definition:
    """What a score depends on after learning from drawn demonstrations."""
    return replace(_scored(cell), demonstrations=_fingerprint(cell.config), seed=cell.config.seed)


def _of_expert(cell: Cell) -> Definition:
    whole = whole_set(cell.config.demos)
    returns = "unknown" if whole.returns is None else hashlib.sha256(whole.returns.tobytes()).hexdigest()
    return replace(_unscored(cell), demonstrations=whole.fingerprint(), returns=returns)


def _of_bc(cell: Cell) -> Definition:
    return replace(_on_draw(cell), augment=cell.config.augment or None, config=cell.cloning)


def _of_gmr(cell: Cell) -> Definition:
    return replace(_on_draw(cell), config=GMRConfig())


def _of_apprenticeship(cell: Cell) -> Definition:
    return replace(_on_draw(cell), steps=cell.config.steps, config=ApprenticeshipConfig())


def _of_constant(cell: Cell) -> Definition:
    """Controls that look neither at the demonstrations nor at any critic's settings."""
    config = cell.config
    return replace(
        _scored(cell),
        seed=config.seed,
        steps=config.steps,
        learner=config.learner,
        form=config.form,
        config=_learner(cell),
    )


def _of_training(cell: Cell) -> Definition:
    config = cell.config
    return replace(
        _on_draw(cell),
        augment=config.augment or None,
        steps=config.steps,
        learner=config.learner,
        form=config.form,
        inputs=config.inputs,
        config=_settings(cell),
        source=_source(cell.method),
    )


def _source(method: str) -> str | None:
    """A digest of the file of a family that is the user's own: what it was is not told by our version."""
    make = FAMILIES[method].make
    if make.__module__.startswith("gailforce."):
        return None
    file = inspect.getsourcefile(make)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else None


def _fingerprint(config: ImitationConfig) -> str:
    return _drawn_fingerprint(config.env, config.demos, config.episodes, config.draw, config.subsample)


@cache
def _drawn_fingerprint(env: str, demos: str, episodes: int, draw: int | None, subsample: int) -> str:
    """Cached: a grid asks for the same draw once for every method."""
    return ImitationConfig(env, demos, episodes, draw, subsample).drawn(whole_set(demos)).fingerprint()


@cache
def whole_set(demos: str) -> Demonstrations:
    """A set by its name, loaded once for all cells."""
    return Demonstrations.load(demos)


# What the cells of a method depend on; reward models are not listed.
DEFINITIONS: dict[str, Callable[[Cell], Definition]] = {
    "expert": _of_expert,
    "random": _scored,
    "bc": _of_bc,
    "gmr": _of_gmr,
    "apprenticeship": _of_apprenticeship,
    **dict.fromkeys(CONSTANT, _of_constant),
}
