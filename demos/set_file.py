"""The file of a set of demonstrations: its episodes in named splits, its card, its gate."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from ..envs.errors import DataError, UsageError, unknown
from ..envs.registry import find_body
from . import library
from .card import Card
from .packing import Precision, pack, unpack
from .storage import load_archive, save_archive
from .trajectory import Trajectory

KIND = "demonstrations"
SPLITS = ("training", "validation", "test")


def read_set(source: str | os.PathLike[str], split: str) -> tuple[list[Trajectory], Card, str]:
    """Episodes of one split, the card and the name of a shipped or saved set.

    Raises:
        UsageError: the name or the split is unknown.
        DataError: the file is missing or damaged, holds no demonstrations, or fails its gate.
    """
    path = library.locate(source)
    tensors, meta = load_archive(path)
    if meta.get("kind") != KIND or not isinstance(meta.get("card"), dict):
        kind = meta.get("kind")
        raise DataError(f"{path} holds {kind!r}, not demonstrations; give a file of `gailforce record`")
    name = str(meta.get("name") or path.stem)
    indices = pick_split(meta.get("splits") or {}, split, name)
    try:
        card = Card.from_dict(meta["card"])
        library.judge(card, name, shipped=library.is_shipped(path))
        all_indices = range(len(tensors.get("lengths", ())))
        episodes = unpack(tensors, meta, find_body(card.env_id), all_indices if indices is None else indices)
    except DataError as fault:
        raise DataError(f"{path}: {fault}") from fault
    return episodes, card, name


def write_set(
    path: str | os.PathLike[str],
    splits: Mapping[str, Sequence[Trajectory]],
    card: Card,
    name: str,
    precision: Precision,
) -> Path:
    """Write episodes of named splits with a card that counts and measures what is in the file."""
    target = library.with_suffix(path)
    episodes = [trajectory for part in splits.values() for trajectory in part]
    tensors, fields = pack(episodes, find_body(card.env_id), precision)
    ends = np.cumsum([len(part) for part in splits.values()]).tolist()
    ranges = zip(splits, [0, *ends], ends, strict=False)
    indices = {split: list(range(start, end)) for split, start, end in ranges}
    meta = {
        **fields,
        "kind": KIND,
        "name": name or target.stem,
        "card": _current(card, episodes).as_dict(),
        "splits": indices if len(indices) > 1 else {},
    }
    save_archive(target, tensors, meta)
    return target


def returns_of(episodes: Sequence[Trajectory]) -> Float[np.ndarray, "E"] | None:
    """True returns, or None if rewards are unknown."""
    returns = [trajectory.total_reward for trajectory in episodes]
    return None if None in returns else np.array(returns, dtype=np.float64)


def pick_split(splits: Any, split: str, name: str) -> list[int] | None:  # Any: from an untrusted file
    """Indices of the episodes of a split; None means all of them.

    Raises:
        UsageError: there is no such split, or the set has none.
        DataError: the splits in the file are not lists of episode numbers.
    """
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    if not splits and split == "training":
        return None
    if not splits:
        raise UsageError(f"{name} has no {split} episodes; make some with .split(fraction, seed)")
    indices = splits.get(split, []) if isinstance(splits, dict) else None
    if not isinstance(indices, list) or not all(type(index) is int and index >= 0 for index in indices):
        raise DataError(f"the splits of {name} are not lists of episode numbers; record it again")
    if not indices:
        raise UsageError(f"{name} has no {split} episodes; it has: {', '.join(splits)}")
    return indices


def _current(card: Card, episodes: Sequence[Trajectory]) -> Card:
    """The card of exactly these episodes, since a subset has other returns than the whole set."""
    returns = returns_of(episodes)
    if returns is None and card.episodes == len(episodes):
        return card  # measured before the rewards were removed
    return card.measured(returns, len(episodes))
