"""Help of a verb: its flags in groups, each with its text, unit and default, read from the dataclasses."""

import dataclasses
import inspect
import re
import shutil
import textwrap
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import tyro

# Columns in which a flag and its kind are printed.
MARGIN = 36
# How the headings of a choice's own settings begin.
SETTINGS = "settings of "
KINDS = {int: "INT", float: "FLOAT", str: "TEXT", Path: "PATH", types.NoneType: "none"}


@dataclasses.dataclass(frozen=True)
class Flag:
    """One flag of a verb.

    Attributes:
        name: as typed, without the two dashes: `vail.beta-step`.
        kind: what it takes.
        default: in words; None where it must be given.
        text: what it means.
        positional: given without its name.
    """

    name: str
    kind: str
    default: str | None
    text: str
    positional: bool = False


def flags_of(kind: type, default: Any = None, prefix: str = "") -> list[Flag]:  # Any: an instance of the kind
    """Every flag of a dataclass, nested ones by dotted names."""
    hints, texts = typing.get_type_hints(kind, include_extras=True), field_texts(kind)
    return [
        flag
        for field in dataclasses.fields(kind)
        for flag in _flags(field, hints[field.name], texts, default_of(field, default), prefix)
    ]


def _flags(
    field: dataclasses.Field, hint: Any, texts: dict[str, str], default: Any, prefix: str
) -> Iterator[Flag]:  # Any: hint and default of any field
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    hint = get_args(hint)[0] if marks else hint
    if tyro.conf.Fixed in marks:
        return
    name = next((str(mark.name) for mark in marks if getattr(mark, "name", None) is not None), field.name)
    name = name.replace("_", "-")
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        default = None if default is dataclasses.MISSING else default
        yield from flags_of(hint, default, f"{prefix}{name}." if name else prefix)
        return
    text = None if default is dataclasses.MISSING else shown(default)
    positional = tyro.conf.Positional in marks
    yield Flag(f"{prefix}{name}", _kind(hint), text, texts.get(field.name, ""), positional)


def default_of(field: dataclasses.Field, instance: Any) -> Any:  # Any: of any field
    """The value a field has in an instance, or by default; MISSING where there is none."""
    if instance is not None:
        return getattr(instance, field.name)
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def shown(value: object) -> str:
    """A default as one types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(shown, value)) or "none"
    return "none" if value is None or value == "" else str(value)


def _kind(hint: Any) -> str:  # Any: a type hint
    if get_origin(hint) is Literal:
        return "{" + ",".join(map(str, get_args(hint))) + "}"
    if get_origin(hint) in (Union, types.UnionType):
        return "|".join(_kind(part) for part in get_args(hint) if part is not types.NoneType)
    if get_origin(hint) is tuple:
        return f"{_kind(get_args(hint)[0])} ..."
    return "" if hint is bool else KINDS.get(hint, "TEXT")


def field_texts(kind: type) -> dict[str, str]:
    """The comment above each field of a dataclass, inherited ones included."""
    texts: dict[str, str] = {}
    for base in reversed(getattr(kind, "texts_of", kind).__mro__):
        if not dataclasses.is_dataclass(base):
            continue
        try:
            source = inspect.getsource(base)
        except (OSError, TypeError):  # made at run time
            continue
        comment: list[str] = []
        for line in map(str.strip, source.splitlines()):
            if line.startswith("#"):
                comment.append(line.removeprefix("#").strip())
                continue
            name = re.match(r"(\w+):\s", line)
            if name and name[1] in base.__annotations__ and comment:
                texts[name[1]] = " ".join(comment)
            comment = []
    return texts


def _typed(flag: Flag) -> str:
    if flag.positional:
        return flag.name.upper()
    if flag.kind:
        return f"--{flag.name} {flag.kind}"
    *table, last = flag.name.split(".")
    off = ".".join((*table, f"no-{last}"))
    return f"--{flag.name}, --{off}" if flag.default == "yes" else f"--{flag.name}"


def _name(flag: Flag) -> str:
    """The flag without what it takes; of a switch that is on by default, the flag that switches it off."""
    return flag.name.upper() if flag.positional else "--" + _typed(flag).rpartition("--")[2].partition(" ")[0]


def describe_flags(flags: Sequence[Flag], width: int) -> list[str]:
    """Two columns: what is typed, and what it means."""
    lines: list[str] = []
    for flag in flags:
        typed = _typed(flag)
        default = "" if flag.default is None else f" (default: {flag.default})"
        required = " (required)" if flag.default is None else ""
        body = textwrap.wrap(f"{flag.text}{required}{default}".strip(), width - MARGIN) or [""]
        head = f"  {typed}"
        if len(head) > MARGIN - 2:
            lines.append(head)
            head = ""
        lines.append(head.ljust(MARGIN) + body[0])
        lines += [" " * MARGIN + line for line in body[1:]]
    return [line.rstrip() for line in lines]


def _described(kind: type, width: int, briefly: bool) -> str:
    """The docstring, or its first paragraph, wrapped; examples keep their lines."""
    paragraphs = (inspect.getdoc(kind) or "").split("\n\n")[: 1 if briefly else None]
    return "\n\n".join(
        text if "\n " in text else textwrap.fill(" ".join(text.split()), width) for text in paragraphs
    )


def help_text(verb: str, kind: type, groups: dict[str, list[Flag]]) -> str:
    """The help of a verb at the width of the terminal.

    Where the command line names a choice, the choice's settings are described, the others listed.
    """
    width = max(MARGIN + 30, shutil.get_terminal_size((100, 24)).columns)
    named = " ".join(f.name.upper() for flags in groups.values() for f in flags if f.positional)
    lines = [f"usage: gailforce {verb} {named} [--flags]".replace("  ", " "), ""]
    chosen = any(heading.startswith(SETTINGS) for heading in groups)
    lines += [_described(kind, width, briefly=chosen), *([""] if chosen else [])]
    for heading, flags in groups.items():
        if chosen and not heading.startswith(SETTINGS):
            names = " ".join(map(_name, flags))
            lines += textwrap.wrap(f"{heading.partition(' (')[0]}: {names}", width, subsequent_indent="  ")
        elif flags:
            lines += ["", f"{heading}:", *describe_flags(flags, width)]
    return "\n".join(lines)
