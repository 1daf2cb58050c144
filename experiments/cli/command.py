"""What a verb of the command is: typed arguments, a typed result, and a text about it."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, Protocol, TypeVar, runtime_checkable

import tyro

from ...envs.errors import UsageError
from ...envs.registry import LARGEST_SEED
from ..runs.flags import Flag, flags_of, help_text

JsonFlag = Annotated[bool, tyro.conf.FlagCreatePairsOff]


@runtime_checkable
class Result(Protocol):
    """What a verb came to."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; `exit_code` is that of the command where it is not 0."""


class PlainResult:
    """A result, a data class, whose fields are the keys of its JSON object."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; a path is a text."""
        values = asdict(self)  # type: ignore[call-overload]  # every subclass is a data class
        return {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}


R = TypeVar("R", bound=Result)


@dataclass
class Command(Generic[R]):
    """Base of every verb; its fields are the flags of all of them."""

    # Print the result as one JSON object instead of text.
    json: JsonFlag = field(default=False, kw_only=True)

    @classmethod
    def chosen(cls, verb: str, arguments: Sequence[str]) -> tuple[str, type, list[str]]:
        """The verb in full, its class, and the arguments that are left."""
        return verb, cls, list(arguments)

    @classmethod
    def help(cls, verb: str, arguments: Sequence[str]) -> str:
        """The help of this command line."""
        return help_text(verb, cls, cls.groups(arguments))

    @classmethod
    def parsed_class(cls, arguments: Sequence[str]) -> type:
        """The class whose fields are the flags of this command line."""
        return cls

    @classmethod
    def groups(cls, arguments: Sequence[str]) -> dict[str, list[Flag]]:
        """The flags by heading, for the help of this command line."""
        return {"flags": sorted(flags_of(cls), key=lambda flag: (not flag.positional, flag.name == "json"))}

    def run(self) -> R:
        """Do the work."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")

    def describe(self, result: R) -> str:
        """The result in words, for people."""
        return "\n".join(f"{key}: {value}" for key, value in result.to_json().items())


def require_at_least(least: int, **flags: int | float) -> None:
    """Refuse numbers that are too small or not finite; the names are those of the flags.

    Raises:
        UsageError: names the flag, its value and the least one.
    """
    for name, value in flags.items():
        if not (math.isfinite(value) and value >= least):
            raise UsageError(f"--{name.replace('_', '-')} must be at least {least}, got {value}")


def require_seed(seed: int) -> None:
    """Refuse a seed that some generator would not take.

    Raises:
        UsageError: says the range.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"--seed must be 0 to {LARGEST_SEED}, got {seed}")
