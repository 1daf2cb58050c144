"""A block of a grid file: lists of values whose product is its cells, and the settings of all of them."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, get_args

from ...agents.bc import BCConfig
from ...agents.gail import GAILConfig
from ...agents.models.reward import require_inputs, require_safe_form, require_steps
from ...agents.settings import from_plain
from ...demos.dataset import Demonstrations, require_environment
from ...envs.errors import UsageError, unknown
from ...envs.registry import LARGEST_SEED, Horizon, env_id, spaces
from ...generative.interfaces.reward_inputs import SELECT
from ...generative.rewards.reward_families import FAMILIES, table_of
from ...generative.rewards.reward_form import FORMS
from ...generative.trajectories.generator_families import GENERATORS
from ..pipeline.config import ImitationConfig
from ..scoring.reading import PlainTable
from .cell import ALIASES, CONSTANT, Cell, methods, whole_set
from .settings import Setting, dotted, with_settings

# What a block may list; the first key of a block changes slowest.
AXES: dict[str, type] = {
    **dict.fromkeys(("env", "demos", "method", "augment", "inputs", "form", "horizon"), str),
    **dict.fromkeys(("episodes", "subsample", "seed", "steps"), int),
}
REQUIRED = ("env", "demos", "method")
# What is one value for a whole block.
SINGLE: dict[str, type] = {"force": bool, "n_envs": int, "settings": dict}
LEAST = {"evaluation_episodes": 1, "episodes": 0, "subsample": 1, "seed": 0, "steps": 1, "n_envs": 1}
KINDS = {str: "text", int: "a whole number", bool: "true or false", dict: "a table", list: "[[block]] tables"}
# Axes whose values are names: what a fault calls them, and the names.
NAMES: dict[str, tuple[str, Iterable[str]]] = {
    "augment": ("augmentation", ("", *GENERATORS)),
    "inputs": ("inputs", SELECT),
    "form": ("reward form", FORMS),
    "horizon": ("horizon", get_args(Horizon)),
}


@dataclass(frozen=True)
class Block:
    """A block of a grid file.

    Attributes:
        axes: the values of every axis that the file names, in its order.
        settings: by their dotted names; every method takes those that it uses.
        force: allow a reward form that can turn death into profit.
    """

    axes: Mapping[str, tuple[str | int, ...]]
    settings: Mapping[str, Setting]
    force: bool = False

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Block":
        """The block of a parsed file.

        Raises:
            UsageError: an unknown key, method or setting, a value that cannot be, an empty axis.
        """
        require_keys(plain, AXES | SINGLE)
        for key in REQUIRED:
            if key not in plain:
                raise UsageError(f'there is no "{key}"; a block needs at least {", ".join(REQUIRED)}')
        axes = {key: _axis(key, value) for key, value in plain.items() if key in AXES}
        for key in plain.keys() & SINGLE.keys():
            require_kind(key, plain[key], SINGLE[key])
        own = {name.replace("-", "_"): value for name, value in PlainTable(plain).table("settings").leaves()}
        if "n_envs" in plain:
            own = {"n_envs": plain["n_envs"], **own}
        defaults = _defaults(axes["method"])
        settings = {name: _setting(name, value, defaults) for name, value in own.items()}
        return cls(axes, settings, plain.get("force", False))

    def cells(self, evaluation_episodes: int) -> Iterator[Cell]:
        """The product of the axes.

        Raises:
            UsageError: an unknown name, or values that do not go together.
            DataError: demonstrations are missing or of another environment.
        """
        for values in itertools.product(*self.axes.values()):
            cell = self._cell(dict(zip(self.axes, values, strict=True)), evaluation_episodes)
            cell.key  # noqa: B018  # loads and draws the demonstrations, so that their faults show now
            yield cell

    def _cell(self, point: Mapping[str, str | int], evaluation_episodes: int) -> Cell:
        for key, (kind, names) in NAMES.items():
            if key in point and str(point[key]) not in names:
                raise unknown(kind, str(point[key]), names)
        name, seed = str(point["method"]), point.get("seed", 0)
        method = ALIASES.get(name, name)
        used = settings_of(method)
        own = {name: value for name, value in self.settings.items() if name in used}
        reward = method if method in FAMILIES else ImitationConfig.reward
        default = FAMILIES[reward].config_class()
        family = with_settings(default, own, f"{table_of(reward)}.")
        config = replace(
            from_plain(ImitationConfig, {**point, "seed": seed, "draw": seed}),
            reward=reward,
            force=self.force,
            threads=1,
            gail=with_settings(GAILConfig(), own),
            family_config=None if family == default else family,
        )
        require_safe_form(config.form, config.horizon, config.force)
        if method in FAMILIES:
            require_inputs(method, config.inputs)
            require_steps(method, config.drawn(whole_set(config.demos)))
        _require_match(config.env, config.demos)
        return Cell(method, config, evaluation_episodes, with_settings(BCConfig(), own, "bc."))


def settings_of(method: str) -> dict[str, Setting]:
    """The settings that a method uses and their defaults, dotted as on the command line."""
    if method == "bc":
        return dotted(BCConfig(), "bc.")
    if method not in FAMILIES:
        return {}
    family = dotted(FAMILIES[method].config_class(), f"{table_of(method)}.")
    learner = dotted(GAILConfig())
    if method in CONSTANT:
        learner = {name: value for name, value in learner.items() if not name.startswith("reward.")}
    return learner | family


def require_keys(keys: Iterable[str], known: Mapping[str, type]) -> None:
    """Refuse keys that mean nothing.

    Raises:
        UsageError: names the key and those that there are.
    """
    for key in keys:
        if key not in known:
            raise unknown("key", key, known)


def require_kind(key: str, value: object, kind: type) -> None:
    """Refuse a value of another kind, or a number out of its range.

    Raises:
        UsageError: names the key, its value, and what it must be.
    """
    # bool is an int to Python, not to people.
    if type(value) is not kind:
        raise UsageError(f'"{key}" is {value!r}; it must be {KINDS[kind]}')
    if isinstance(value, int) and value < LEAST.get(key, value):
        raise UsageError(f'"{key}" is {value}; it must be at least {LEAST[key]}')
    if isinstance(value, int) and key == "seed" and value > LARGEST_SEED:
        raise UsageError(f'"seed" is {value}; seeds are 0 to {LARGEST_SEED}')


def _axis(key: str, value: Any) -> tuple[str | int, ...]:  # Any: whatever the file has there
    values = value if isinstance(value, list) else [value]
    if not values:
        raise UsageError(f'"{key}" is an empty list; name at least one value, or leave it out')
    for item in values:
        require_kind(key, item, AXES[key])
    return tuple(values)


def _defaults(names: Iterable[str | int]) -> dict[str, Setting]:
    """The settings that any of these methods uses, with their defaults."""
    for name in names:
        if name not in methods():
            raise unknown("method", str(name), methods())
    chosen = [ALIASES.get(str(name), str(name)) for name in names]
    return {name: default for method in chosen for name, default in settings_of(method).items()}


def _setting(name: str, value: Any, defaults: Mapping[str, Setting]) -> Setting:  # Any: as the file has it
    """A setting of the kind that its default has."""
    if name not in defaults:
        owners = [method for method in ("bc", *FAMILIES) if name in settings_of(method)]
        if not owners:
            raise unknown("setting", name, sorted(defaults))
        raise UsageError(
            f'no method of this block uses the setting "{name}"; it is a setting of {", ".join(owners)}'
        )
    default = defaults[name]
    if not _fits(value, default):
        raise UsageError(
            f'the setting "{name}" is {value!r}; it must be a value like its default {default!r}'
        )
    if isinstance(default, tuple):
        return tuple(value)
    # 10 and 10.0 are the same penalty.
    return float(value) if isinstance(default, float) else value


def _fits(value: Any, default: Setting) -> bool:  # Any: as the file has it
    if isinstance(default, tuple):
        return isinstance(value, list) and bool(value) and all(_fits(item, default[0]) for item in value)
    if isinstance(default, float):
        return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)
    return type(value) is type(default)


@cache
def _require_match(env: str, demos: str) -> None:
    """Refuse demonstrations of another environment; once for all cells of the same."""
    obs_size, actions = spaces(env)
    require_environment(Demonstrations.load(demos), env_id(env), obs_size, actions.shape[0])
