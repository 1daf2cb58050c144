"""The house stands as drawn: arrows point down, files stay small, packages are the folders."""

import ast
import re
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
# A file of the command parses, calls and prints; work of its own belongs to a room below.
MAX_COMMAND_LINES = 119
# The rooms of a folder, lowest first: a room imports only itself and those below. Rooms in one tuple share a
# floor and do not import each other. "" stands for the files at the top of the folder; in agents
# these are the learners, but for the three files named; what learns in a world model is built upon a learner.
FLOORS = {
    "agents": [("agent", "settings", "plugins"), ("sb3",), ("models",), ("",), ("model_based",)],
    "generative": [("nn",), ("interfaces",), ("families",), ("rewards", "worlds", "trajectories")],
    "experiments": [
        *(("runs",), ("scoring",), ("video",), ("verdict",), ("reports",), ("pipeline",), ("bench",)),
        ("cli", "studies"),
    ],
}
# The rooms of the folders without floors.
ROOMS = {"demos": {"film", "formats"}, "envs": set()}
# Folders that hold nothing but rooms.
ROOMS_ONLY = ("experiments", "generative")
# A module of ours named by a text, as `importlib` takes it.
MODULE_TEXT = re.compile(r"gailforce((?:\.\w+)+)\.?")


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
            names = [a.name for a in node.names if a.name.split(".")[0] == "gailforce"]
            yield from (name.removeprefix("gailforce").removeprefix(".") for name in names)


def _texts(path, root, modules):
    """Dotted names of our modules that a text of a file names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = MODULE_TEXT.fullmatch(node.value)
            if named and named.group(1)[1:] in modules:
                yield named.group(1)[1:]


def _graph(root, read=_imports):
    modules = _modules(root)
    return {name: set(read(path, root, modules)) - {name} for name, path in modules.items()}


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


def _pairs(root):
    """Each module with every module that it imports or names in a text."""
    graphs = (_graph(root), _graph(root, _texts))
    return {(name, other) for graph in graphs for name, others in graph.items() for other in others}


def _arrows(root):
    """Imports that climb, as pairs of importing and imported module."""
    return {(name, other) for name, other in _pairs(root) if _climbs(name, other)}


def _importers_of_studies(root):
    """Modules outside the studies that import one of them."""
    studies = "experiments.studies"
    pairs = _pairs(root)
    return {name for name, other in pairs if other.startswith(studies) and not name.startswith(studies)}


def _misplaced(root):
    """Folders that are no room, rooms that are missing, and files that stand outside every room."""
    faults = set()
    for folder in FOLDERS:
        floors = {room for floor in FLOORS.get(folder, []) for room in floor} | ROOMS.get(folder, set())
        rooms = {room for room in floors if room and not (root / folder / f"{room}.py").is_file()}
        folders = {path.parent for path in (root / folder).rglob("*.py")} - {root / folder}
        faults |= {f"{folder}/{room}: missing" for room in rooms - {path.name for path in folders}}
        for path in folders:
            place = path.relative_to(root / folder)
            if place.parts[0] not in rooms:
                faults.add(f"{folder}/{place}: no room")
            elif not (path / "__init__.py").is_file():
                faults.add(f"{folder}/{place}: no package")
        if folder in ROOMS_ONLY:
            loose = {path.name for path in (root / folder).glob("*.py")} - {"__init__.py"}
            faults |= {f"{folder}/{name}: outside its room" for name in loose}
    return faults


def test_imports_point_down_only_room_by_room():
    assert _arrows(ROOT) == set()


def test_no_import_leads_back_in_a_circle():
    assert _circles(_graph(ROOT)) == set()


def test_nothing_imports_the_studies():
    assert _importers_of_studies(ROOT) == set()


def test_every_file_stands_in_its_room():
    assert _misplaced(ROOT) == set()


def test_tests_stand_in_folders_named_as_those_of_the_code():
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("*.py")}
    assert {str(path) for path in folders if not (ROOT / path).is_dir()} == set()


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


def _plant(root, files):
    """A small house: every room with its package, and the given files."""
    for folder in FOLDERS:
        rooms = {room for floor in FLOORS.get(folder, []) for room in floor} | ROOMS.get(folder, set())
        files_there = {"agent", "settings", "plugins"} if folder == "agents" else set()
        for room in rooms - files_there | {""}:
            (root / folder / room).mkdir(parents=True, exist_ok=True)
            (root / folder / room / "__init__.py").touch()
        for name in files_there:
            (root / folder / f"{name}.py").touch()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.parametrize(
    ("name", "text", "imported"),
    [
        ("envs/a.py", "from ..agents.gail import GAIL", "agents.gail"),
        ("envs/a.py", "from gailforce.demos import set_file", "demos.set_file"),
        ("generative/nn/a.py", "import gailforce.agents.gail", "agents.gail"),
        ("agents/a.py", "import gailforce", ""),
        ("agents/sb3/a.py", "from ..models.reward import RewardModel", "agents.models.reward"),
        ("agents/models/a.py", "from .. import gail", "agents.gail"),
        ("agents/agent.py", "from .sb3 import ppo", "agents.sb3.ppo"),
        ("agents/gail.py", "from .model_based import model_env", "agents.model_based.model_env"),
        ("generative/families/a.py", "from ..worlds.b import c", "generative.worlds.b"),
        ("generative/rewards/a.py", "from ..worlds.b import c", "generative.worlds.b"),
        ("generative/interfaces/a.py", "from ..families import gan", "generative.families.gan"),
        ("experiments/runs/a.py", "def f():\n    from ..cli import main", "experiments.cli.main"),
        ("experiments/runs/a.py", "if TYPE_CHECKING:\n    from ..cli.main import x", "experiments.cli.main"),
        ("experiments/scoring/a.py", "from ..verdict import judge", "experiments.verdict.judge"),
        ("experiments/reports/a.py", "from ..pipeline import train", "experiments.pipeline.train"),
        ("experiments/cli/a.py", "from ..studies import b", "experiments.studies.b"),
        ("experiments/runs/a.py", "import_module('gailforce.experiments.cli.main')", "experiments.cli.main"),
        ("experiments/runs/a.py", "import_module(f'gailforce.experiments.cli.{verb}')", "experiments.cli"),
    ],
)
def test_an_arrow_that_climbs_would_be_seen(tmp_path, name, text, imported):
    module = name.removesuffix(".py").replace("/", ".")
    _plant(tmp_path, {f"{imported.replace('.', '/')}.py": "", name: text} if imported else {name: text})
    assert (module, imported) in _arrows(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("experiments/cli/a.py", "from ..runs import folder\nfrom ...agents.sb3 import ppo"),
        ("agents/model_based/a.py", "from ..gail import GAIL\nfrom ...generative.worlds import b"),
        ("generative/rewards/a.py", "from ..families import gan\nfrom . import b"),
        ("demos/a.py", "from ..envs import registry"),
    ],
)
def test_an_arrow_that_points_down_is_none(tmp_path, name, text):
    _plant(tmp_path, {name: text})
    assert _arrows(tmp_path) == set()


def test_a_circle_would_be_seen_within_a_room_and_inside_functions(tmp_path):
    _plant(
        tmp_path,
        {
            "demos/dataset.py": "def load():\n    from .formats import npz\n",
            "demos/formats/npz.py": "from ..dataset import Demonstrations\n",
            "demos/card.py": "from . import dataset\n",
        },
    )
    assert _circles(_graph(tmp_path)) == {"demos.dataset", "demos.formats.npz"}


@pytest.mark.parametrize("name", ["experiments/cli/a.py", "experiments/bench/a.py", "agents/a.py"])
def test_an_import_of_the_studies_would_be_seen(tmp_path, name):
    text = "def f():\n    from gailforce.experiments.studies.tables import b\n"
    _plant(tmp_path, {"experiments/studies/tables/b.py": "from .. import c", name: text})
    assert _importers_of_studies(tmp_path) == {name.removesuffix(".py").replace("/", ".")}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("experiments/loose.py", "experiments/loose.py: outside its room"),
        ("generative/loose.py", "generative/loose.py: outside its room"),
        ("experiments/utils/a.py", "experiments/utils: no room"),
        ("agents/helpers/a.py", "agents/helpers: no room"),
        ("demos/other/a.py", "demos/other: no room"),
        ("envs/other/a.py", "envs/other: no room"),
        ("experiments/cli/deep/a.py", "experiments/cli/deep: no package"),
    ],
)
def test_a_file_outside_its_room_would_be_seen(tmp_path, name, fault):
    _plant(tmp_path, {name: ""})
    assert _misplaced(tmp_path) == {fault}


def test_a_room_that_is_missing_would_be_seen(tmp_path):
    _plant(tmp_path, {})
    assert _misplaced(tmp_path) == set()
    (tmp_path / "experiments" / "verdict" / "__init__.py").unlink()
    assert _misplaced(tmp_path) == {"experiments/verdict: missing"}
