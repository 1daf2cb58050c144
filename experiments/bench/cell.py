"""A cell of a benchmark grid: one method, one task, one seed; found again by everything it depends on."""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
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

# Methods that are no reward model.
REFERENCES = ("expert", "random", "bc", "gmr", "apprenticeship")
# Methods that have another name in a grid than in `FAMILIES`.
ALIASES = {"gail": "gan"}
# Controls that use no settings of a critic.
CONSTANT = ("constant", "true")
# Digits of a cell's key.
KEY_LENGTH = 12


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
    def definition(self) -> dict[str, Any]:
        """Everything the result depends on, and nothing else: not threads, folders or videos.

        Raises:
            UsageError: a name or a number that cannot be.
            DataError: the demonstrations are missing or damaged.
        """
        common = {"method": self.method, "environment": env_id(self.config.env), "algorithm": ALGORITHM}
        whole = {**common, **DEPENDS.get(self.method, _on_training)(self)}
        return json.loads(json.dumps(whole))  # as it comes back from a file

    @cached_property
    def key(self) -> str:
        """A digest of the definition."""
        plain = json.dumps(self.definition, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:KEY_LENGTH]

    @property
    def name(self) -> str:
        """A name for people, unique by the key at its end: `gail-hopper-4x20-102-ab12cd34ef56`."""
        config, definition = self.config, self.definition
        body = find_body(config.env)
        parts = [shown(self.method), body.name if body else config.env.replace("/", "-").lower()]
        if "demonstrations" in definition and self.method != "expert":
            parts.append(f"{config.episodes}" + (f"x{config.subsample}" if config.subsample > 1 else ""))
        parts += ["fixed"] if definition.get("horizon") == "fixed" else []
        parts += [str(config.seed)] if "seed" in definition else []
        return "-".join((*parts, self.key))

    @property
    def row(self) -> str:
        """The same for all cells that differ only in their seed and in the demonstrations it drew."""
        shared = {k: value for k, value in self.definition.items() if k not in ("seed", "demonstrations")}
        if "demonstrations" in self.definition:
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


def leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested tables with its dotted name."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _learner(cell: Cell) -> dict[str, Any]:
    """The settings of environments and learner, dotted."""
    gail = cell.config.gail
    return {"n_envs": gail.n_envs, **dict(leaves({"ppo": asdict(gail.ppo)}))}


def _settings(cell: Cell) -> dict[str, Any]:
    """All settings that a reward model's training uses, dotted as on the command line."""
    config, family = cell.config, replace(cell.config, reward=cell.method).family_settings
    own = {"reward": asdict(config.gail.reward), table_of(cell.method): asdict(family)}
    return _learner(cell) | dict(leaves(own))


def _scored(cell: Cell) -> dict[str, Any]:
    """What a score in the environment depends on."""
    return {
        "horizon": cell.config.horizon,
        "evaluation_episodes": cell.evaluation_episodes,
        "first_seed": EVALUATION_SEED,
    }


def _on_expert(cell: Cell) -> dict[str, Any]:
    whole = whole_set(cell.config.demos)
    returns = "unknown" if whole.returns is None else hashlib.sha256(whole.returns.tobytes()).hexdigest()
    return {"demonstrations": whole.fingerprint(), "returns": returns}


def _on_bc(cell: Cell) -> dict[str, Any]:
    drawn = {**_taught(cell.config), "seed": cell.config.seed}
    return {**drawn, "config": asdict(cell.cloning), **_scored(cell)}


def _on_gmr(cell: Cell) -> dict[str, Any]:
    drawn = {"demonstrations": _fingerprint(cell.config), "seed": cell.config.seed}
    return {**drawn, "config": asdict(GMRConfig()), **_scored(cell)}


def _on_apprenticeship(cell: Cell) -> dict[str, Any]:
    chosen = {name: getattr(cell.config, name) for name in ("seed", "steps")}
    drawn = {"demonstrations": _fingerprint(cell.config)}
    return {**drawn, **chosen, "config": asdict(ApprenticeshipConfig()), **_scored(cell)}


def _on_constant(cell: Cell) -> dict[str, Any]:
    """Controls that look neither at the demonstrations nor at any critic's settings."""
    config = cell.config
    chosen = {name: getattr(config, name) for name in ("seed", "steps", "learner", "form")}
    return {**chosen, "config": _learner(cell), **_scored(cell)}


def _on_training(cell: Cell) -> dict[str, Any]:
    config = cell.config
    chosen = {name: getattr(config, name) for name in ("seed", "steps", "learner", "form", "inputs")}
    return {**_taught(config), **chosen, "config": _settings(cell), **_scored(cell), **_source(cell.method)}


def _source(method: str) -> dict[str, str]:
    """A digest of the file of a family that is the user's own: what it was is not told by our version."""
    make = FAMILIES[method].make
    if make.__module__.startswith("gailforce."):
        return {}
    file = inspect.getsourcefile(make)
    return {"source": hashlib.sha256(Path(file).read_bytes()).hexdigest()} if file else {}


def _taught(config: ImitationConfig) -> dict[str, Any]:
    """The demonstrations drawn, and what is added to them."""
    added = {"augment": augmentation_settings(config.augment)} if config.augment else {}
    return {"demonstrations": _fingerprint(config), **added}


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


# What a cell depends on besides method, environment and algorithm; reward models are not listed.
DEPENDS: dict[str, Callable[[Cell], dict[str, Any]]] = {
    "expert": _on_expert,
    "random": _scored,
    "bc": _on_bc,
    "gmr": _on_gmr,
    "apprenticeship": _on_apprenticeship,
    **dict.fromkeys(CONSTANT, _on_constant),
}
