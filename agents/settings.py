"""Settings from plain values: frozen dataclasses out of a file's tables."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from ..envs.errors import DataError

T = TypeVar("T")


def from_plain(kind: type[T], values: Mapping[str, Any]) -> T:
    """The dataclass behind a table; keys it does not know are left out, missing ones keep their default.

    Raises:
        DataError: when a value is missing that has no default.
    """
    assert dataclasses.is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    given = {f.name: values[f.name] for f in dataclasses.fields(kind) if f.name in values}
    built = {name: _value(hints[name], value) for name, value in given.items()}
    try:
        return kind(**built)
    except TypeError as fault:
        raise DataError(f"the configuration is incomplete ({fault}); start the run anew") from fault


def _value(hint: Any, value: Any) -> Any:  # Any: a field of any configuration
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return from_plain(hint, value)
    return tuple(value) if isinstance(value, list) else value
