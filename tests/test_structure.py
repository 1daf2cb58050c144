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
# A file of the command parses, calls and prints; work of its own belongs to a room below.
MAX_COMMAND_LINES = 119

SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


# The rooms of a folder, lowest first: a room imports only itself and those below. Rooms in one tuple share a
# floor and do not import each other. "" stands for the files at the top of the folder.
FLOORS = {
    "agents": [("agent", "settings", "plugins"), ("sb3",), ("models",), ("",), ("model_based",)],
    "generative": [("nn",), ("interfaces",), ("families",), ("rewards", "worlds", "trajectories")],
    "experiments": [
        *(("runs",), ("scoring",), ("video",), ("verdict",), ("reports",), ("pipeline",), ("bench",)),
        ("cli", "studies"),
    ],
}
# Rooms that may hold more than `MAX_FILES`: a file each for families and one-off studies.
MAX_FILES, EXEMPT = 25, ("generative/families", "experiments/studies")


def _modules(root):
    """Every module of ours by its dotted name below the package."""
    paths = (path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


def _imports(path, root, modules):
    """Dotted names of our modules that a file imports, relatively or by the package's name."""
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join((*base, *([node.module] if node.module else [])))
            if not node.level and name.split(".")[0] != "gailforce":
                continue
            home = name.removeprefix("gailforce").removeprefix(".")
            for alias in node.names:
                inner = f"{home}.{alias.name}".removeprefix(".")
                yield inner if inner in modules else home
        elif isinstance(node, ast.Import):
            yield from (
                a.name.removeprefix("gailforce.") for a in node.names if a.name.startswith("gailforce.")
            )


def _graph(root):
    modules = _modules(root)
    return {name: set(_imports(path, root, modules)) - {name} for name, path in modules.items()}


def _room(module):
    """The room of a module, and at the top of `agents` the file itself where it has a floor of its own."""
    folder, *rest = module.split(".")
    named = {room for floor in FLOORS.get(folder, []) for room in floor}
    return rest[0] if rest and (rest[0] in named) else ""


def _climbs(importer, imported):
    """Whether an import leads up, or across to a room of the same floor."""
    home, other = importer.split(".")[0], imported.split(".")[0]
    if home != other:
        return other not in BELOW[home]
    rooms = _room(importer), _room(imported)
    if home not in FLOORS or rooms[0] == rooms[1] or "." not in importer:
        return False
    floor = {room: height for height, floor in enumerate(FLOORS[home]) for room in floor}
    return floor.get(rooms[1], 99) >= floor.get(rooms[0], 99)


def _circles(graph):
    """Modules that import themselves by way of others."""

    def reached(start):
        seen, ahead = set(), list(graph[start])
        while ahead:
            module = ahead.pop()
            if module in graph and module not in seen:
                seen.add(module)
                ahead += graph[module]
        return seen

    return {module for module in graph if module in reached(module)}


def test_imports_point_down_only_room_by_room():
    arrows = [
        (name, other) for name, others in _graph(ROOT).items() for other in others if _climbs(name, other)
    ]
    assert arrows == []


def test_no_import_leads_back_in_a_circle():
    assert _circles(_graph(ROOT)) == set()


def test_nothing_imports_the_studies():
    graph = _graph(ROOT)
    importers = {
        name for name, others in graph.items() if any(o.startswith("experiments.studies") for o in others)
    }
    assert {name for name in importers if not name.startswith("experiments.studies")} == set()


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in SOURCES}), ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_file_stands_in_a_room_that_is_not_too_full(folder):
    name = str(folder.relative_to(ROOT))
    if name == "experiments":
        assert [path.name for path in folder.glob("*.py")] == ["__init__.py"]
    if name in ("experiments", "generative"):
        rooms = {room for floor in FLOORS[name] for room in floor}
        assert {path.name for path in folder.iterdir() if (path / "__init__.py").is_file()} == rooms
    assert name in EXEMPT or len(list(folder.glob("*.py"))) <= MAX_FILES


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < MAX_FUNCTION, f"{path}: {node.name} is too long"


@pytest.mark.parametrize("path", sorted((ROOT / "experiments/cli").glob("*.py")), ids=lambda path: path.name)
def test_a_file_of_the_command_is_short(path):
    assert path.read_text().count("\n") <= MAX_COMMAND_LINES


def test_the_package_list_equals_the_folders_but_for_the_studies():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("__init__.py")}
    names = {".".join(("gailforce", *path.relative_to(ROOT).parts)) for path in folders}
    assert set(packages) == {"gailforce"} | {name for name in names if ".studies" not in name}


def test_the_root_holds_no_module_but_the_package_itself():
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


def test_tests_are_no_packages():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_arrows_that_climb_and_circles_would_be_seen(tmp_path):
    for name, text in {
        "envs/bad.py": "from ..agents.gail import GAIL\nfrom gailforce.demos import dataset\n",
        "demos/dataset.py": "def load():\n    from .formats import npz\n",
        "demos/formats/npz.py": "from ..dataset import Demonstrations\n",
        "agents/gail.py": "",
        "experiments/runs/low.py": "from ..cli import main\n",
        "experiments/cli/main.py": "from ..runs import low\n",
        "generative/rewards/a.py": "from ..worlds import b\n",
        "generative/worlds/b.py": "from ..families import c\n",
        "generative/families/c.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    graph = _graph(tmp_path)
    arrows = {(name, other) for name, others in graph.items() for other in others if _climbs(name, other)}
    assert arrows == {
        ("envs.bad", "agents.gail"),
        ("envs.bad", "demos.dataset"),
        ("experiments.runs.low", "experiments.cli.main"),
        ("generative.rewards.a", "generative.worlds.b"),
    }
    circles = {"demos.dataset", "demos.formats.npz", "experiments.runs.low", "experiments.cli.main"}
    assert _circles(graph) == circles
