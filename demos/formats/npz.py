"""Demonstrations from plain arrays in an `.npz`, for recordings that gailforce did not make."""

import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from ...envs.errors import DataError
from ...envs.registry import env_id as registered_id
from ..card import Card
from ..dataset import Demonstrations
from ..storage import MAX_BYTES
from ..trajectory import Trajectory

REQUIRED = ("obs", "actions")
# One value an episode.
PER_EPISODE = ("terminated", "truncated", "seeds")
OPTIONAL = ("lengths", "episode_ends", *PER_EPISODE, "states", "rewards")


def import_npz(path: str | os.PathLike[str], env: str) -> Demonstrations:
    """Demonstrations from plain arrays, episode after episode.

    Every episode has one observation more than actions: the last follows its last action.

    Args:
        path: an `.npz` with `obs (N + E, O)` and `actions (N, A)` of E episodes and N steps; `lengths (E,)`
            in actions, or `episode_ends (E,)`, their running sum (neither: one episode); optional
            `terminated (E,)`, `truncated (E,)` (neither: all truncated), `seeds (E,)`,
            `states (N + E, S)`, `rewards (N,)`.
        env: name of the environment.

    Raises:
        UsageError: the environment is unknown.
        DataError: the file is missing or damaged, or its arrays do not fit together.
    """
    source = Path(path)
    identifier = registered_id(env)
    arrays = read_arrays(source, REQUIRED, OPTIONAL)
    try:
        episodes = list(_npz_episodes(arrays))
    except (ValueError, TypeError, IndexError) as fault:
        raise DataError(f"{source}: {fault}; `import_npz` describes the layout") from fault
    card = Card(env_id=identifier, command=f"import {source.name}")
    return Demonstrations.imported(episodes, card, source.stem)


def read_arrays(source: Path, required: Sequence[str], optional: Sequence[str]) -> dict[str, np.ndarray]:
    """The plain arrays of an `.npz`, all required ones among them.

    Raises:
        DataError: the file is missing or damaged, or holds other arrays than these.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_BYTES:
            raise ValueError(f"it unpacks to {size:,} bytes, over the limit of {MAX_BYTES:,}")
        with np.load(source, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (FileNotFoundError, IsADirectoryError) as fault:
        raise DataError(f"no file {source}; check the path") from fault
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile) as fault:
        raise DataError(
            f"{source} is not an .npz of plain arrays: {fault}; save it by np.savez again"
        ) from fault
    missing = [name for name in required if name not in arrays]
    strange = sorted(set(arrays) - {*required, *optional})
    if missing or strange:
        what = f"lacks {', '.join(missing)}" if missing else f"has unknown arrays {strange}"
        raise DataError(f"{source} {what}; the names are: {', '.join((*required, *optional))}")
    return arrays


def _npz_episodes(arrays: Mapping[str, np.ndarray]) -> Iterator[Trajectory]:
    ends = episode_ends(arrays, len(arrays["actions"]))
    starts = np.append(0, ends[:-1])
    _check_rows(arrays, steps=int(ends[-1]), episodes=len(ends))
    flags = {name: arrays.get(name, np.zeros(len(ends), bool)) for name in ("terminated", "truncated")}
    if not any(name in arrays for name in flags):
        flags["truncated"] = np.ones(len(ends), bool)
    for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        fenced = slice(start + i, end + i + 1)
        yield Trajectory(
            obs=arrays["obs"][fenced],
            actions=arrays["actions"][start:end],
            terminated=bool(flags["terminated"][i]),
            truncated=bool(flags["truncated"][i]),
            seed=int(arrays["seeds"][i]) if "seeds" in arrays else None,
            states=arrays["states"][fenced] if "states" in arrays else None,
            rewards=arrays["rewards"][start:end] if "rewards" in arrays else None,
        )


def episode_ends(arrays: Mapping[str, np.ndarray], steps: int) -> Int[np.ndarray, "E"]:
    """End of each episode [steps] from `lengths` or `episode_ends`; without them all steps are one episode.

    Raises:
        ValueError: they do not add up to `steps`.
    """
    if "episode_ends" in arrays and "lengths" in arrays:
        raise ValueError("give lengths or episode_ends, not both")
    ends = arrays.get("episode_ends", np.cumsum(arrays.get("lengths", np.array([steps]))))
    if ends.ndim != 1 or ends.dtype.kind not in "iu" or not len(ends):
        raise ValueError("lengths or episode_ends must be whole numbers, one for each episode")
    ends = ends.astype(np.int64)
    if (np.diff(ends, prepend=0) < 1).any() or ends[-1] != steps:
        raise ValueError(f"the episodes given do not add up to {steps} steps")
    return ends


def _check_rows(arrays: Mapping[str, np.ndarray], steps: int, episodes: int) -> None:
    fenced = steps + episodes
    expected_rows = {
        "obs": fenced,
        "states": fenced,
        "rewards": steps,
        **dict.fromkeys(PER_EPISODE, episodes),
    }
    for name, rows in expected_rows.items():
        if name in arrays and len(arrays[name]) != rows:
            actual = f"{name} has {len(arrays[name])} rows"
            raise ValueError(f"{actual}, but {steps} actions in {episodes} episode(s) need {rows}")
