"""The best, the median and the worst episode of an evaluation, and what was filmed of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...demos.durable import write_durably
from .reading import PlainTable, read_table

# The ranks that are shown, in their order on a page; each is the stem of its film.
RANKS = ("best", "median", "worst")
# Beside the films: what each shows.
FILMS_FILE = "ranked.json"


@dataclass(frozen=True)
class Film:
    """What a film shows: one episode, and among how many it was chosen."""

    seed: int
    # The true return of what was filmed.
    total: float
    steps: int
    episodes: int


def ranked(returns: Sequence[float]) -> dict[str, int]:
    """Places of the best, the median and the worst return; of an even number the lower median.

    Among equal returns the earlier place counts as the better.
    """
    order = sorted(range(len(returns)), key=lambda i: (-returns[i], i))
    return dict(zip(RANKS, (order[0], order[len(order) // 2], order[-1]), strict=True))


def write_films(folder: Path, films: Mapping[str, Film]) -> None:
    """Write down what the films of a folder show."""
    content = {rank: asdict(film) for rank, film in films.items()}
    write_durably(folder / FILMS_FILE, (json.dumps(content, indent=1) + "\n").encode())


def read_films(folder: Path) -> dict[str, Film]:
    """What the films of a folder show; those that cannot be read are left out."""
    try:
        table = read_table(folder / FILMS_FILE)
    except ValueError:
        return {}
    films = {rank: _film(table.table(rank)) for rank in RANKS}
    return {rank: film for rank, film in films.items() if film is not None}


def _film(table: PlainTable) -> Film | None:
    seed, steps, episodes = (table.whole(key) for key in ("seed", "steps", "episodes"))
    total = table.number("total")
    if seed is None or total is None or steps is None or episodes is None:
        return None
    return Film(seed, total, steps, episodes)
