"""A benchmark grid: a TOML file whose blocks are products of lists, read into cells."""

import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from ...agents.bc import BCConfig
from ...agents.gail import GAILConfig
from ...agents.models.reward import require_inputs, require_safe_form, require_steps
from ...agents.settings import from_plain
from ...demos.dataset import Demonstrations, require_environment
from ...envs.errors import DataError, GailforceError, UsageError, unknown
from ...envs.registry import LARGEST_SEED, Horizon, env_id, spaces
from ...generative.interfaces.reward_inputs import SELECT
from ...generative.rewards.reward_families import FAMILIES, table_of
from ...generative.rewards.reward_form import FORMS
from ...generative.trajectories.generator_families import GENERATORS
from ..pipeline.config import ImitationConfig
from .cell import ALIASES, CONSTANT, Cell, leaves, methods, whole_set

# Grids that are part of the package.
SHIPPED = Path(__file__).parent / "grids"
# What a block may list; the first key of a block changes slowest.
AXES: dict[str, type] = {
    **dict.fromkeys(("env", "demos", "method", "augment", "inputs", "form", "horizon"), str),
    **dict.fromkeys(("episodes", "subsample", "seed", "steps"), int),
}
REQUIRED = ("env", "demos", "method")
# What is one value for a whole block.
SINGLE: dict[str, type] = {"force": bool, "n_envs": int, "settings": dict}
TOP: dict[str, type] = {"name": str, "evaluation_episodes": int, "block": list}
LEAST = {"evaluation_episodes": 1, "episodes": 0, "subsample": 1, "seed": 0, "steps": 1, "n_envs": 1}
KINDS = {str: "text", int: "a whole number", bool: "true or false", dict: "a table", list: "[[block]] tables"}


@dataclass(frozen=True)
class Grid:
    """Cells in the order of the file, none twice."""

    name: str
    evaluation_episodes: int
    cells: tuple[Cell, ...]


def find_grid(source: str | Path) -> Path:
    """A grid file by its path, or a shipped one by its name.

    Raises:
        UsageError: there is neither; lists those shipped.
    """
    path = Path(source)
    if path.is_file():
        return path
    shipped = {found.stem: found for found in SHIPPED.glob("*.toml")}
    if str(source) in shipped:
        return shipped[str(source)]
    if path.suffix == ".toml" or len(path.parts) > 1:
        raise DataError(f"there is no grid file {source}; shipped are: {', '.join(sorted(shipped))}")
    raise unknown("grid", str(source), shipped)


def read_grid(source: str | Path) -> Grid:
    """All cells of a grid file, each checked before anything runs.

    Raises:
        UsageError: an unknown key or name, a value that cannot be, an empty axis.
        DataError: the file is missing or no TOML, or demonstrations are missing or of another environment.
    """
    path = find_grid(source)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DataError(f"{path} is no TOML file: {fault}; mend it and try again") from fault
    with_defaults = {"name": path.stem, "evaluation_episodes": 50, **table}
    _check_keys(table, TOP, f"{path.name}")
    for key in ("name", "evaluation_episodes"):
        _check_value(key, with_defaults[key], TOP[key], path.name)
    name, episodes = with_defaults["name"], with_defaults["evaluation_episodes"]
    if not name or Path(name).name != name:
        raise UsageError(f"{path.name}: the name {name!r} cannot be a file's; use letters, digits and dashes")
    cells = [cell for number, block in _blocks(table, path) for cell in _cells(number, block, path, episodes)]
    unique: dict[str, Cell] = {}
    for cell in cells:
        unique.setdefault(cell.key, cell)
    return Grid(name, episodes, tuple(unique.values()))


def _blocks(table: Mapping[str, Any], path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    blocks = table.get("block", [])
    if not isinstance(blocks, list) or not blocks or not all(isinstance(block, dict) for block in blocks):
        raise UsageError(f"{path.name} holds no [[block]]; a grid needs at least one")
    return enumerate(blocks, start=1)


def _cells(number: int, block: Mapping[str, Any], path: Path, evaluation_episodes: int) -> Iterator[Cell]:
    """The product of a block's lists."""
    where = f"{path.name}, block {number}"
    _check_keys(block, AXES | SINGLE, where)
    for key in REQUIRED:
        if key not in block:
            raise UsageError(f'{where} has no "{key}"; a block needs at least {", ".join(REQUIRED)}')
    axes = {key: _axis(key, value, where) for key, value in block.items() if key in AXES}
    for key in block.keys() & SINGLE.keys():
        _check_value(key, block[key], SINGLE[key], where)
    try:
        _check_settings(block)
        for values in itertools.product(*axes.values()):
            cell = _cell(dict(zip(axes, values, strict=True)), block, evaluation_episodes)
            cell.key  # noqa: B018  # loads and draws the demonstrations, so that their faults show now
            yield cell
    except GailforceError as fault:
        raise type(fault)(f"{where}: {fault}") from fault
    except ValueError as fault:
        raise UsageError(f"{where}: {fault}") from fault


def _axis(key: str, value: Any, where: str) -> list[Any]:  # Any: whatever the file has there
    values = value if isinstance(value, list) else [value]
    if not values:
        raise UsageError(f'{where}: "{key}" is an empty list; name at least one value, or leave it out')
    for item in values:
        _check_value(key, item, AXES[key], where)
    return values


def _cell(point: dict[str, Any], block: Mapping[str, Any], episodes: int) -> Cell:
    name = point.pop("method")
    for kind, key, choices in (
        ("augmentation", "augment", ("", *GENERATORS)),
        ("inputs", "inputs", SELECT),
        ("reward form", "form", FORMS),
        ("horizon", "horizon", get_args(Horizon)),
    ):
        if point.get(key) is not None and point[key] not in choices:
            raise unknown(kind, point[key], choices)
    method, seed = ALIASES.get(name, name), point.get("seed", 0)
    tables = _nested(_resolved(method, _own_settings(block)))
    reward = method if method in FAMILIES else ImitationConfig.reward
    family = FAMILIES[reward].config_class
    own: Any = from_plain(family, tables.get(table_of(reward), {}))
    config = ImitationConfig(
        **{**point, "seed": seed, "draw": seed},
        reward=reward,
        force=block.get("force", False),
        threads=1,
        gail=from_plain(GAILConfig, tables),
        family_config=None if own == family() else own,
    )
    require_safe_form(config.form, config.horizon, config.force)
    if method in FAMILIES:
        require_inputs(method, config.inputs)
        require_steps(method, config.drawn(whole_set(config.demos)))
    _require_match(config.env, config.demos)
    return Cell(method, config, episodes, from_plain(BCConfig, tables.get("bc", {})))


@cache
def _require_match(env: str, demos: str) -> None:
    """Refuse demonstrations of another environment; once for all cells of the same."""
    obs_size, actions = spaces(env)
    require_environment(Demonstrations.load(demos), env_id(env), obs_size, actions.shape[0])


def settings_of(method: str) -> dict[str, Any]:
    """The settings that a method uses and their defaults, dotted as on the command line."""
    if method == "bc":
        return dict(leaves({"bc": asdict(BCConfig())}))
    if method not in FAMILIES:
        return {}
    learner = asdict(GAILConfig())
    if method in CONSTANT:
        del learner["reward"]
    return dict(leaves({**learner, table_of(method): asdict(FAMILIES[method].config_class())}))


def _own_settings(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block's settings by their dotted names, from dotted keys or nested tables."""
    dotted = {name.replace("-", "_"): value for name, value in leaves(block.get("settings", {}))}
    return {"n_envs": block["n_envs"], **dotted} if "n_envs" in block else dotted


def _check_settings(block: Mapping[str, Any]) -> None:
    """Refuse methods that do not exist, and settings that no method of the block uses.

    Raises:
        UsageError: names the method or the setting, and those that there are.
    """
    names = block["method"] if isinstance(block["method"], list) else [block["method"]]
    for name in names:
        if name not in methods():
            raise unknown("method", name, methods())
    chosen = [ALIASES.get(str(name), str(name)) for name in names]
    used = {setting for method in chosen for setting in settings_of(method)}
    for name in _own_settings(block):
        if name in used:
            continue
        owners = [method for method in ("bc", *FAMILIES) if name in settings_of(method)]
        if not owners:
            raise unknown("setting", name, sorted(used))
        raise UsageError(
            f'no method of this block uses the setting "{name}"; it is a setting of {", ".join(owners)}'
        )


def _resolved(method: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """A method's settings, dotted, with a block's own.

    Raises:
        UsageError: a value that cannot be.
    """
    settings = settings_of(method)
    for name, value in own.items():
        if name not in settings:
            continue
        default = settings[name]
        if not _fits(value, default):
            raise UsageError(
                f'the setting "{name}" is {value!r}; it must be a value like its default {default!r}'
            )
        # 10 and 10.0 are the same penalty.
        settings[name] = float(value) if isinstance(default, float) else value
    return settings


def _fits(value: Any, default: Any) -> bool:  # Any: a setting of any kind
    if isinstance(default, tuple):
        return isinstance(value, list) and bool(value) and all(_fits(item, default[0]) for item in value)
    if isinstance(default, float):
        return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)
    return type(value) is type(default)


def _nested(dotted: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as tables in tables."""
    nested: dict[str, Any] = {}
    for name, value in dotted.items():
        *tables, last = name.split(".")
        place = nested
        for table in tables:
            place = place.setdefault(table, {})
        place[last] = value
    return nested


def _check_keys(table: Mapping[str, Any], known: Mapping[str, type], where: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(f"{where}: {unknown('key', key, known)}")


def _check_value(key: str, value: Any, kind: type, where: str) -> None:  # Any: whatever the file has there
    # bool is an int to Python, not to people.
    if type(value) is not kind:
        raise UsageError(f'{where}: "{key}" is {value!r}; it must be {KINDS[kind]}')
    if isinstance(value, int) and value < LEAST.get(key, value):
        raise UsageError(f'{where}: "{key}" is {value}; it must be at least {LEAST[key]}')
    if isinstance(value, int) and key == "seed" and value > LARGEST_SEED:
        raise UsageError(f'{where}: "seed" is {value}; seeds are 0 to {LARGEST_SEED}')
