"""The section of a report that shows its videos: beside the expert, then best, median and worst."""

import base64
from pathlib import Path

from ..runs.counting import counted
from ..scoring.ranking import RANKS, Film
from .data import RunRecord
from .markup import element, escaped, number
from .page import block, missing, size

# Videos are embedded up to this size in all [bytes]; a page of more is slow to open.
MOST_VIDEO = 64_000_000
CAPTIONS = {
    "beside-expert": "The expert and the imitator from the same start",
    "best": "The best",
    "median": "The median",
    "worst": "The worst",
}
NO_VIDEO = (
    "This run has no video. `gailforce video RUN --beside expert` makes one; `gailforce report RUN --films` "
    "films the best, the median and the worst episode."
)
RANKED_HINT = (
    "The best, the median and the worst episode of the evaluation are not filmed yet: `gailforce report RUN "
    "--films` does it."
)


def videos(run: RunRecord) -> str:
    """The run's videos, embedded."""
    if not run.videos:
        return block("See it", missing(NO_VIDEO))
    shown, left, room = {}, [], MOST_VIDEO
    for path in run.videos:
        content = _bytes(path, room)
        # Every mp4 names its type at byte 4; the half file of a killed run may not.
        if content[4:8] != b"ftyp":
            left.append(path.name)
            continue
        room -= len(content)
        shown[path.stem] = _video(path, content, run.films.get(path.stem))
    others = "".join(film for stem, film in shown.items() if stem not in RANKS)
    by_rank = "".join(shown[rank] for rank in RANKS if rank in shown)
    body = others + (element("div", by_rank, class_="ranks") if by_rank else "")
    if left:
        body += missing(f"Not embedded, because too large or not a whole mp4: {', '.join(left)}.")
    return block("See it", body if by_rank else body + missing(RANKED_HINT))


def video_of(path: Path) -> str:
    """One video, embedded under its name."""
    return block("See it", _video(path, _bytes(path, MOST_VIDEO), None))


def _bytes(path: Path, most: int) -> bytes:
    """A file's bytes; none where it is larger than `most` or cannot be read."""
    try:
        return path.read_bytes() if path.stat().st_size <= most else b""
    except OSError:
        return b""


def _video(path: Path, content: bytes, film: Film | None) -> str:
    source = f"data:video/mp4;base64,{base64.b64encode(content).decode('ascii')}"
    player = element("video", src=source, controls=True, muted=True, loop=True, playsinline=True)
    return element("figure", player + element("figcaption", _caption(path, content, film)))


def _caption(path: Path, content: bytes, film: Film | None) -> str:
    title = CAPTIONS.get(path.stem, path.name)
    file = f"{path.name}, {size(len(content))}"
    if film is None:
        return element("span", escaped(title), class_="name") + escaped(f" ({file})")
    told = (
        f" of {counted(film.episodes, 'episode')}: return {number(film.total)} in "
        f"{counted(film.steps, 'step')}, "
        f"seed {film.seed} ({file})"
    )
    return element("span", escaped(title), class_="name") + escaped(told)
