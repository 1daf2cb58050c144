"""Files, functions and folders stay small enough to be read."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("envs", "demos", "generative", "agents", "experiments")
MAX_LINES = 300
MAX_FUNCTION = 40
# Rooms that may hold more than `MAX_FILES`: a file each for families and one-off studies.
MAX_FILES, EXEMPT = 25, ("generative/families", "experiments/studies")

SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < MAX_FUNCTION, f"{path}: {node.name} is too long"


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in SOURCES}), ids=lambda p: str(p.relative_to(ROOT))
)
def test_no_room_is_too_full(folder):
    assert str(folder.relative_to(ROOT)) in EXEMPT or len(list(folder.glob("*.py"))) <= MAX_FILES
