"""Configurations on disk: plain values as TOML."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_toml(path: Path, values: Mapping[str, Any]) -> None:
    """Write plain values as TOML: numbers, booleans, strings, lists of them, and tables of these."""
    lines, tables = [], [("", values)]
    while tables:
        name, table = tables.pop(0)
        lines += ["", f"[{name}]"] if name else []
        nested = {key: value for key, value in table.items() if isinstance(value, Mapping)}
        # TOML has no word for None.
        plain = {key: value for key, value in table.items() if key not in nested and value is not None}
        lines += [f"{key} = {_toml_value(value)}" for key, value in plain.items()] or [""]
        tables[:0] = [(f"{name}.{key}".lstrip("."), value) for key, value in nested.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


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
