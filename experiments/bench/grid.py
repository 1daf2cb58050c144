"""A benchmark grid: a TOML file whose blocks are products of lists, read into cells."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...envs.errors import DataError, GailforceError, UsageError, unknown
from .block import Block, require_keys, require_kind
from .cell import Cell

# Grids that are part of the package.
SHIPPED = Path(__file__).parent / "grids"
TOP: dict[str, type] = {"name": str, "evaluation_episodes": int, "block": list}


@dataclass(frozen=True)
class Grid:
    """Cells in the order of the file, none twice."""

    name: str
    evaluation_episodes: int
    cells: tuple[Cell, ...]


def find_grid(source: str | Path) -> Path:
    """A grid file by its path, or a shipped one by its name.

    Raises:
        UsageError: there is neither; lists those shipped.
    """
    path = Path(source)
    if path.is_file():
        return path
    shipped = {file.stem: file for file in SHIPPED.glob("*.toml")}
    if str(source) in shipped:
        return shipped[str(source)]
    if path.suffix == ".toml" or len(path.parts) > 1:
        raise DataError(f"there is no grid file {source}; shipped are: {', '.join(sorted(shipped))}")
    raise unknown("grid", str(source), shipped)


def read_grid(source: str | Path) -> Grid:
    """All cells of a grid file, each checked before anything runs.

    Raises:
        UsageError: an unknown key or name, a value that cannot be, an empty axis.
        DataError: the file is missing or no TOML, or demonstrations are missing or of another environment.
    """
    path = find_grid(source)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DataError(f"{path} is no TOML file: {fault}; mend it and try again") from fault
    name, episodes = table.get("name", path.stem), table.get("evaluation_episodes", 50)
    with _placed(path.name):
        require_keys(table, TOP)
        require_kind("name", name, str)
        require_kind("evaluation_episodes", episodes, int)
        if not name or Path(name).name != name:
            raise UsageError(f"the name {name!r} cannot be a file's; use letters, digits and dashes")
    blocks = table.get("block", [])
    if not isinstance(blocks, list) or not blocks or not all(isinstance(block, dict) for block in blocks):
        raise UsageError(f"{path.name} holds no [[block]]; a grid needs at least one")
    cells: dict[str, Cell] = {}
    for number, block in enumerate(blocks, start=1):
        with _placed(f"{path.name}, block {number}"):
            for cell in Block.from_plain(block).cells(episodes):
                cells.setdefault(cell.key, cell)
    return Grid(name, episodes, tuple(cells.values()))


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """Faults say in which part of the file they lie."""
    try:
        yield
    except GailforceError as fault:
        raise type(fault)(f"{where}: {fault}") from fault
    except ValueError as fault:
        raise UsageError(f"{where}: {fault}") from fault
