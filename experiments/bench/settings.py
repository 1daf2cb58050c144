"""Settings by their dotted names, as on the command line: `ppo.gamma`, `vail.limit`."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TypeVar

# A value that a file or a command line can hold.
Setting = str | int | float | bool | None | tuple[str | int | float, ...]
C = TypeVar("C")


def dotted(config: object, prefix: str = "") -> dict[str, Setting]:
    """Every value of a dataclass, and of the dataclasses in it, by its dotted name."""
    assert is_dataclass(config)
    assert not isinstance(config, type)
    settings: dict[str, Setting] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            settings |= dotted(value, f"{prefix}{field.name}.")
        else:
            settings[f"{prefix}{field.name}"] = value
    return settings


def with_settings(config: C, settings: Mapping[str, Setting], prefix: str = "") -> C:
    """A dataclass with the settings whose dotted names are those of its values; others are left out."""
    assert is_dataclass(config)
    assert not isinstance(config, type)
    values = {}
    for field in fields(config):
        value, name = getattr(config, field.name), f"{prefix}{field.name}"
        values[field.name] = (
            with_settings(value, settings, f"{name}.") if is_dataclass(value) else settings.get(name, value)
        )
    return type(config)(**values)
