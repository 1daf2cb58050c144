"""Configurations on disk: frozen dataclasses as TOML, and back."""

import dataclasses
import json
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from ..envs.errors import DataError

T = TypeVar("T")


def to_toml(config: Mapping[str, Any]) -> str:
    """Plain values as TOML: numbers, booleans, strings, lists of them, and tables of these."""
    plain = [
        f"{key} = {_toml_value(v)}"
        for key, v in config.items()
        if v is not None and not isinstance(v, Mapping)
    ]
    tables = [(key, value) for key, value in config.items() if isinstance(value, Mapping)]
    return "\n".join(plain) + "\n" + "".join(_toml_table(key, value) for key, value in tables)


def _toml_table(name: str, table: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    nested = [(f"{name}.{key}", value) for key, value in table.items() if isinstance(value, Mapping)]
    return f"\n[{name}]\n{to_toml(plain)}" + "".join(_toml_table(*pair) for pair in nested)


def _toml_value(value: Any) -> str:  # Any: a leaf of a configuration
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    # JSON's numbers and quoted strings are TOML's too.
    return json.dumps(value)


def from_plain(kind: type[T], values: Mapping[str, Any]) -> T:
    """The dataclass behind a table; keys it does not know are left out, missing ones keep their default.

    Raises:
        DataError: when a value is missing that has no default.
    """
    assert dataclasses.is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    known = {f.name: values[f.name] for f in dataclasses.fields(kind) if f.name in values}
    built = {name: _value(hints[name], value) for name, value in known.items()}
    try:
        return kind(**built)
    except TypeError as fault:
        raise DataError(f"the configuration is incomplete ({fault}); start the run anew") from fault


def _value(hint: Any, value: Any) -> Any:  # Any: a field of any configuration
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return from_plain(hint, value)
    return tuple(value) if isinstance(value, list) else value
