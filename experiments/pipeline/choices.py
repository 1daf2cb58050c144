"""Settings that belong to a choice: those of the reward model, the learner and the world model named."""

import dataclasses
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import tyro

from ...agents.model_based.training import ModelBasedConfig
from ...envs.errors import UsageError, unknown
from ...generative.rewards.reward_families import FAMILIES, table_of
from ...generative.worlds.world_families import WORLDS, WorldConfig
from ..runs.flags import Flag, default_of, flags_of
from .config import ImitationConfig

MODEL_BASED, WORLD = "model_based", "world"
# Settings of a configuration that are parsed as tables of their own.
APART = {MODEL_BASED, "family_config"}


@dataclass(frozen=True)
class Choices:
    """What a command line chooses.

    Attributes:
        reward: the reward model; its default where none is named.
        world_model: the world model; empty for none.
        named: the flags of choices that the command line has.
    """

    reward: str
    world_model: str
    named: frozenset[str]

    @classmethod
    def of(cls, arguments: Sequence[str], reward: str = ImitationConfig.reward) -> "Choices":
        """The choices of a command line, before it is parsed.

        Raises:
            UsageError: an unknown reward model or world model; lists the valid ones.
        """
        given = {name: value_of(name, arguments) for name in ("reward", "world-model", "learner")}
        values = {"reward": given["reward"] or reward, "world-model": given["world-model"] or ""}
        named = frozenset(name for name, value in given.items() if value is not None)
        if values["reward"] not in FAMILIES:
            raise unknown("reward model", values["reward"], FAMILIES)
        if values["world-model"] and values["world-model"] not in WORLDS:
            raise unknown("world model", values["world-model"], WORLDS)
        return cls(values["reward"], values["world-model"], named)

    @property
    def tables(self) -> dict[str, tuple[type, Any]]:
        """The choices' settings by their prefix: class and default."""
        family = FAMILIES[self.reward].config_class
        tables: dict[str, tuple[type, Any]] = {table_of(self.reward): (family, family())}
        if self.world_model:
            model_based, world = ModelBasedConfig(), WorldConfig()
            own = table_of(self.world_model)
            others = {table_of(name) for name in WORLDS}
            tables[MODEL_BASED] = (_without(ModelBasedConfig, {WORLD}, model_based), None)
            tables[WORLD] = (_without(WorldConfig, others, world), None)
            tables[f"{WORLD}_{own}"] = (type(getattr(world, own)), getattr(world, own))
        return tables

    def parsed_class(self, verb: type) -> type:
        """The verb with the settings of what is chosen as further fields."""
        config = next(f for f in dataclasses.fields(verb) if f.name == "config")
        given = None if config.default_factory is dataclasses.MISSING else config.default_factory()
        plain = _without(ImitationConfig, APART, given)
        default = field() if given is None else field(default_factory=plain)
        fields: list[tuple[str, Any, Any]] = [("config", Annotated[plain, tyro.conf.arg(name="")], default)]
        for name, (kind, own) in self.tables.items():
            make = kind if own is None else lambda own=own: own
            settings = field(default_factory=make, kw_only=True)
            fields.append((name, Annotated[kind, tyro.conf.arg(name=name)], settings))
        return dataclasses.make_dataclass(
            verb.__name__, fields, bases=(verb,), namespace={"__doc__": verb.__doc__}
        )

    @classmethod
    def resolved(cls, parsed: Any) -> ImitationConfig:  # Any: an instance of a `parsed_class`
        """The configuration of a parsed verb, with the settings of what it chooses."""
        values = vars(parsed)
        config = ImitationConfig(**vars(values["config"]))
        family = values[table_of(config.reward)]
        config = replace(config, family_config=None if family == type(family)() else family)
        if not config.world_model:
            return config
        own = table_of(config.world_model)
        world = replace(WorldConfig(), **vars(values[WORLD]), **{own: values[f"{WORLD}_{own}"]})
        return replace(
            config, model_based=replace(ModelBasedConfig(), **vars(values[MODEL_BASED]), world=world)
        )

    def require_own(self, arguments: Sequence[str]) -> None:
        """Refuse settings of what is not chosen.

        Raises:
            UsageError: names the setting and the choice that has it.
        """
        owners = {table_of(name): ("reward model", name, f"--reward {name}") for name in FAMILIES}
        owners |= {
            f"{WORLD}_{table_of(name)}": ("world model", name, f"--world-model {name}") for name in WORLDS
        }
        any_world = ("training", "in a world model", "--world-model ensemble")
        owners |= {MODEL_BASED: any_world, WORLD: any_world}
        for argument in arguments:
            table = table_in(argument)
            if table in owners and table not in self.tables:
                kind, name, choice = owners[table]
                raise UsageError(
                    f"{argument.partition('=')[0]} is a setting of the {kind} {name}; add {choice}"
                )

    def groups(self) -> dict[str, list[Flag]]:
        """The settings of what the command line names, for its help."""
        groups = {}
        if "reward" in self.named:
            table = table_of(self.reward)
            groups[f"settings of the reward model {self.reward}"] = self._flags(table)
        if self.world_model:
            own = f"{WORLD}_{table_of(self.world_model)}"
            groups["settings of training in a world model"] = self._flags(MODEL_BASED)
            flags = [*self._flags(WORLD), *self._flags(own)]
            groups[f"settings of the world model {self.world_model}"] = flags
        return groups

    def _flags(self, table: str) -> list[Flag]:
        kind, default = self.tables[table]
        return flags_of(kind, default, f"{table.replace('_', '-')}.")


def _without(kind: type, names: set[str], instance: Any = None) -> type:  # Any: an instance of the kind
    """A dataclass's fields but some, with the values of an instance as defaults."""
    hints = typing.get_type_hints(kind, include_extras=True)
    fields: list[tuple[str, Any, Any]] = []
    for given in dataclasses.fields(kind):
        if given.name in names:
            continue
        value = default_of(given, instance)
        default = field() if value is dataclasses.MISSING else field(default_factory=_giving(value))
        fields.append((given.name, hints[given.name], default))
    return dataclasses.make_dataclass(kind.__name__, fields, namespace={"texts_of": kind})


def _with_dashes(argument: str) -> str:
    """A flag by its name with dashes; tyro takes underscores too."""
    flag, equals, value = argument.partition("=")
    return f"{flag.replace('_', '-')}{equals}{value}" if flag.startswith("--") else argument


def value_of(name: str, arguments: Sequence[str]) -> str | None:
    """The value of a flag on a command line that is not parsed yet; None where it is not there."""
    plain = [_with_dashes(argument) for argument in arguments]
    for i, argument in enumerate(plain):
        flag, equals, value = argument.partition("=")
        if flag == f"--{name}":
            return value if equals else (plain[i + 1] if i + 1 < len(plain) else "")
    return None


def table_in(argument: str) -> str | None:
    """The table of a dotted flag, `vail` of `--vail.limit=1`; None for anything else."""
    flag = _with_dashes(argument).partition("=")[0]
    table, dot, _ = flag.removeprefix("--").partition(".")
    return table.replace("-", "_") if flag.startswith("--") and dot else None


def _giving(value: Any) -> Callable[[], Any]:  # Any: a setting of any kind
    return lambda: value
