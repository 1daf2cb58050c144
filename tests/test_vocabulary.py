"""One vocabulary, that of the field: words of an earlier one stand in no name, key, flag or sentence."""

import ast
import functools
import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("envs", "demos", "generative", "agents", "experiments", "tests", "docs", ".ci")
# Folders of measured results, in which keys are checked and recorded texts are not.
DATA_FOLDERS = ("results", "experiments")

WORDS = "rehears[a-z]*|courses|doubts|honesty|opinions?|foreign|rulers?|rungs?|tapes?"
# A word stands alone, between underscores, or as a part of a CamelCase name.
BANNED = re.compile(
    rf"DreamEnv|DreamGAIL|HalfAwake|half_?awake|dream_?gail|(?<![A-Za-z])NR(?![A-Za-z])"
    rf"|(?<![A-Za-z])(?i:{WORDS})(?![a-z])|(?<=[a-z])(?:Rehearsal|Courses|Doubts|Opinion|Ruler|Tape)(?![a-z])"
)
# Names that a field, a key or a flag does not have.
BANNED_FIELDS = {"awake", "placed", "cut", "sure", "single", "grown", "copies"}
# The same for the settings of a world model alone: elsewhere they are plain words.
WORLD_FIELDS = {"first", "every"}
OF_A_WORLD = re.compile(r"dream|world|model[_-]based")
FLAG = re.compile(r"(?<![\w-])--[a-z][\w.-]*")
BRITISH = re.compile(r"optimis|normalis|regularis|colour|behaviour|centre", re.IGNORECASE)
PYTHON = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] in FOLDERS]
PYTHON = [path for path in (*PYTHON, ROOT / "__init__.py") if path != Path(__file__).resolve()]
TEXTS = [
    *(path for suffix in ("*.md", "*.toml", "Makefile") for path in sorted(ROOT.glob(suffix))),
    *(
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".md", ".toml")
    ),
    ROOT / ".ci" / "run",
]
DATA = [path for folder in DATA_FOLDERS for path in sorted((ROOT / folder).rglob("*.json*"))]
GRIDS = sorted((ROOT / "experiments").rglob("*.toml"))


@functools.cache
def _nodes(path):
    """The syntax of a file, read once."""
    return list(ast.walk(ast.parse(path.read_text())))


def _where(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


def banned_words(path):
    """Where a file holds a banned word: its name first, then its lines."""
    hits = [f"{path.relative_to(ROOT)}: its name"] if BANNED.search(path.name) else []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        hits += [f"{_where(path, number)}: {word.group()}" for word in BANNED.finditer(line)]
    return hits


def banned_name(name, of_a_world):
    """Whether a field, key or flag bears a name that it must not."""
    words = re.split(r"[_.-]", name.strip("-"))
    return words[-1] in BANNED_FIELDS | (WORLD_FIELDS if of_a_world else set()) or "awake" in words


def banned_fields(path):
    """Where a data class has a field, or a dictionary a key, of a banned name."""
    hits = []
    for node in _nodes(path):
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.dump(d) for d in node.decorator_list):
            names = [
                (item.target.id, item.lineno)
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            ]
            world = bool(OF_A_WORLD.search(str(path.relative_to(ROOT)).lower()))
            hits += [
                f"{_where(path, line)}: field {name}" for name, line in names if banned_name(name, world)
            ]
        elif isinstance(node, ast.Dict):
            keys = [key for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            hits += [f"{_where(path, k.lineno)}: key {k.value}" for k in keys if banned_name(k.value, False)]
    return hits


def banned_flags(path):
    """Where a text names a flag of a banned name."""
    return [
        f"{_where(path, number)}: {flag}"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for flag in FLAG.findall(line)
        if banned_name(flag, bool(OF_A_WORLD.search(flag)))
    ]


def banned_keys(value, above=""):
    """Keys of a stored value that are banned, each with the path to it."""
    if isinstance(value, list):
        return [key for item in value for key in banned_keys(item, above)]
    if not isinstance(value, dict):
        return []
    keys = [f"{above}.{key}".strip(".") for key in value]
    hits = [key for key in keys if BANNED.search(key) or banned_name(key, bool(OF_A_WORLD.search(key)))]
    return hits + [
        hit for key, item in zip(keys, value.values(), strict=True) for hit in banned_keys(item, key)
    ]


def british_names(path):
    """Where a Python name is spelled in British English."""
    names = []
    for node in _nodes(path):
        for field in ("name", "id", "attr", "arg", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str) and BRITISH.search(name):
                names.append(f"{_where(path, getattr(node, 'lineno', 0))}: {name}")
    return names + ([f"{path.relative_to(ROOT)}: its name"] if BRITISH.search(path.name) else [])


def test_banned_words_stand_nowhere():
    assert [hit for path in (*PYTHON, *TEXTS) for hit in banned_words(path)] == []


def test_no_field_or_key_in_code_has_a_banned_name():
    assert [hit for path in PYTHON for hit in banned_fields(path)] == []


def test_no_flag_has_a_banned_name():
    assert [hit for path in (*PYTHON, *TEXTS) for hit in banned_flags(path)] == []


def test_no_stored_key_has_a_banned_name():
    hits = set()
    for path in DATA:
        lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
        hits |= {
            f"{path.relative_to(ROOT)}: {key}" for line in lines for key in banned_keys(json.loads(line))
        }
    for path in GRIDS:
        hits |= {f"{path.relative_to(ROOT)}: {key}" for key in banned_keys(tomllib.loads(path.read_text()))}
    assert sorted(hits) == []


def test_names_are_spelled_as_in_american_english():
    assert [hit for path in PYTHON for hit in british_names(path)] == []


@pytest.mark.parametrize(
    "text", ["class HalfAwakeEnv:", "_Tape", "test_doubts_learn", "NR 0.9", "the rungs", "rehearsal_steps"]
)
def test_a_banned_word_is_seen_within_names_and_sentences(text):
    assert BANNED.search(text)


@pytest.mark.parametrize("text", ["tapered", "of course", "an honest verdict", "NROWS", "wrung", "sprung"])
def test_other_words_pass(text):
    assert not BANNED.search(text)


def test_banned_keys_are_seen_at_any_depth():
    stored = {"cells": [{"config": {"dream": {"every": 1, "awake": 2}, "every": 3, "copies": 4}}]}
    assert banned_keys(stored) == [
        "cells.config.copies",
        "cells.config.dream.every",
        "cells.config.dream.awake",
    ]


def test_banned_fields_flags_and_spellings_are_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "world.py"
    path.write_text(
        "@dataclass\nclass A:\n    first: int\n    last: int\ncolour = {'grown': '--dream.first 2'}\n"
    )
    assert banned_fields(path) == ["world.py:3: field first", "world.py:5: key grown"]
    assert banned_flags(path) == ["world.py:5: --dream.first"]
    assert british_names(path) == ["world.py:5: colour"]
