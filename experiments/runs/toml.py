"""Configurations on disk: plain values as TOML."""

import json
import math
from collections.abc import Mapping
from typing import Any


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
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # inf, -inf and nan, where JSON says Infinity and NaN
    # JSON's numbers and quoted strings are TOML's too, but for its escapes of letters beyond 16 bits
    # and its bare DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
