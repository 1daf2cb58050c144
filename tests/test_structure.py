"""The house stands as drawn: arrows point down, files stay small, packages are the folders."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("envs", "demos", "generative", "agents", "experiments")
BELOW = {
    "envs": set(),
    "generative": set(),
    "demos": {"envs"},
    "agents": {"envs", "demos", "generative"},
    "experiments": {"envs", "demos", "generative", "agents"},
}
MAX_LINES = 300
MAX_FUNCTION = 40

SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _imported_folders(path):
    """Top-level folders of ours that a file imports, relatively or by the package's name."""
    depth = len(path.relative_to(ROOT).parts) - 1
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level > depth:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)
        absolute = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
        absolute += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name.split(".")[1] for name in absolute if name and name.startswith("gailforce."))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down_only(path):
    home = path.relative_to(ROOT).parts[0]
    climbing = set(_imported_folders(path)) - BELOW[home] - {home}
    assert not climbing, f"{path} imports {climbing}"


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < MAX_FUNCTION, f"{path}: {node.name} is too long"


def test_the_package_list_equals_the_folders():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("__init__.py")}
    expected = {"gailforce"} | {".".join(("gailforce", *path.relative_to(ROOT).parts)) for path in found}
    assert set(packages) == expected


def test_the_root_holds_no_module_but_the_package_itself():
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


def test_tests_are_no_packages():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_an_arrow_that_climbs_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "envs").mkdir()
    climbing = tmp_path / "envs" / "bad.py"
    climbing.write_text("from ..agents.gail import GAIL\nfrom gailforce.demos import dataset\n")
    assert set(_imported_folders(climbing)) == {"agents", "demos"}
