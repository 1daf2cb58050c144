"""The demonstrations shipped with the package, the search for any set, and the least return of an expert."""

import difflib
import os
import warnings
from pathlib import Path

from ..envs.errors import DataError, UsageError
from .card import Card

SUFFIX = ".gfd"
SHIPPED = Path(__file__).parent / "shipped"
# The shipped expert of each environment, for policies that come without demonstrations.
SHIPPED_FOR = {"Hopper-v5": "hopper-expert", "Walker2d-v5": "walker2d-expert"}
# Least mean return of an expert, deterministic over 50 episodes.
REFERENCES = {"Hopper-v5": 3300.0, "Walker2d-v5": 5500.0}


def shipped_names() -> tuple[str, ...]:
    """Names of the sets shipped with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob(f"*{SUFFIX}")))


def locate(source: str | os.PathLike[str]) -> Path:
    """The file behind a shipped name or a path; the suffix .gfd is optional for both.

    Raises:
        UsageError: a name that is neither shipped nor a file; the message lists the shipped names.
        DataError: a path without a file.
    """
    text = os.fspath(source)
    if text in shipped_names():
        return SHIPPED / f"{text}{SUFFIX}"
    for candidate in (Path(text), with_suffix(text)):
        if candidate.is_file():
            return candidate
    raise _missing(text)


def is_shipped(path: Path) -> bool:
    """Whether a file belongs to the package."""
    return path.resolve().parent == SHIPPED.resolve()


def with_suffix(path: str | os.PathLike[str]) -> Path:
    """The path, with .gfd added if it has no suffix."""
    return Path(path) if Path(path).suffix else Path(f"{os.fspath(path)}{SUFFIX}")


def judge(card: Card, name: str, shipped: bool) -> None:
    """Refuse a shipped set below its own reference; warn of a user's set that is below it or unknown.

    Raises:
        DataError: a shipped set whose mean return is below its reference.
    """
    reference = card.reference_return
    if reference is None and not shipped:
        reference = REFERENCES.get(card.env_id)
    concern = _concern(card, reference, shipped)
    if concern is None:
        return
    if shipped:
        raise DataError(
            f"the shipped set {name} is refused: {concern}; reinstall gailforce or record another"
        )
    warnings.warn(
        f"{name}: {concern}; an imitator is at best as good as its demonstrations", stacklevel=4
    )  # the caller of Demonstrations.load


def _concern(card: Card, reference: float | None, shipped: bool) -> str | None:
    if reference is None:
        # A shipped set without a reference is a ladder: its early snapshots are bad on purpose.
        return None if shipped else f"expert quality unknown: {card.env_id} has no reference return"
    if card.mean_return is None:
        expert = f"an expert of {card.env_id} reaches {reference:,.0f}"
        return f"expert quality unknown: the file has no rewards ({expert})"
    if card.mean_return < reference:
        mean = f"its mean return {card.mean_return:,.1f}"
        return f"{mean} is below {reference:,.0f}, the least of an expert of {card.env_id}"
    return None


def _missing(text: str) -> DataError | UsageError:
    names = shipped_names()
    nearest = difflib.get_close_matches(Path(text).stem, names, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    is_path = bool(Path(text).suffix) or len(Path(text).parts) > 1
    kind = DataError if is_path else UsageError
    shipped = ", ".join(names) or "none"
    return kind(f'no demonstrations "{text}"; shipped are: {shipped}; or give the path of a file{hint}')
