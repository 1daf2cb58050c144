"""Episodes as tensors and back; columns that a body recomputes from its states are not stored."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from ..envs.body import Body
from ..envs.errors import DataError, unknown
from .trajectory import Trajectory

Precision = Literal["float64", "float32"]
FLAGS = ("terminated", "truncated", "synthetic")
# Arrays that a file may lack: unknown, or recomputed by the body.
ARRAYS = ("obs", "states", "rewards", "residual")
# Columns with one row more than steps in each episode.
FENCED = ("obs", "states")
# Stands for an unknown seed.
NO_SEED = -1
# Largest difference between observations of rounded states and recorded ones.
ROUNDING = 1e-5


def pack(
    episodes: Sequence[Trajectory], body: Body | None, precision: Precision
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Tensors and JSON fields from which `unpack` restores the episodes.

    Observations and rewards that the body recomputes exactly from float64 states are left out. In float32,
    observations that agree up to rounding are left out; rewards are stored, since speeds from rounded
    positions are coarse.
    """
    if precision not in get_args(Precision):
        raise unknown("precision", precision, get_args(Precision))
    stored = {name: _joined(episodes, name) for name in (*ARRAYS, "actions")}
    columns = {name: column for name, column in stored.items() if column is not None}
    if precision == "float32":
        columns = {name: column.astype(np.float32) for name, column in columns.items()}
    columns["lengths"] = np.array([len(t) for t in episodes], np.int64)
    columns["seeds"] = np.array([NO_SEED if t.seed is None else t.seed for t in episodes], np.int64)
    columns |= {flag: np.array([getattr(t, flag) for t in episodes], bool) for flag in FLAGS}
    recomputed = _recomputable(episodes, columns, body, exact=precision == "float64")
    tensors = {name: _narrow(column) for name, column in columns.items() if name not in recomputed}
    fields: dict[str, Any] = {"recomputed": recomputed, "sources": [t.source for t in episodes]}
    # Rewards are for scoring only: NaN in them harms no learner.
    return tensors, {**fields, "unchecked": ["rewards"] if "rewards" in tensors else []}


def unpack(
    tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any], body: Body | None, indices: Sequence[int]
) -> list[Trajectory]:
    """The episodes at these indices.

    Raises:
        DataError: columns are missing or do not fit each other or the body.
    """
    recomputed, sources = meta.get("recomputed", []), meta.get("sources")
    columns = _split_columns(tensors)
    count = len(columns["actions"])
    if not isinstance(sources, list) or len(sources) != count or not isinstance(recomputed, list):
        raise DataError(f"sources and recomputed do not describe {count} episodes; record the set again")
    if recomputed and (body is None or "states" not in columns):
        raise DataError("this set leaves out columns that only a known body recomputes; upgrade gailforce")
    absent = [i for i in indices if not 0 <= i < count]
    if absent:
        raise DataError(f"there is no episode {absent[0]} among {count}; record the set again")
    return [_episode(columns, i, str(sources[i]), recomputed, body) for i in indices]


def _joined(episodes: Sequence[Trajectory], name: str) -> np.ndarray | None:
    parts = [getattr(t, name) for t in episodes]
    return None if parts[0] is None else np.concatenate(parts)


def _recomputable(
    episodes: Sequence[Trajectory], columns: Mapping[str, np.ndarray], body: Body | None, exact: bool
) -> list[str]:
    if body is None or "states" not in columns or columns["states"].shape[1] != body.nq + body.nv:
        return []
    states = _cut(columns["states"], columns["lengths"] + 1)
    pairs = list(zip(episodes, (part.astype(np.float64) for part in states), strict=True))
    names = []
    if all(_agree(body.observe_state(part), t.obs, exact) for t, part in pairs):
        names.append("obs")
    if exact and all(_agree(_rewards(body, part, t.actions), t.rewards, exact) for t, part in pairs):
        names.append("rewards")
    return names


def _agree(recomputed: np.ndarray, recorded: np.ndarray | None, exact: bool) -> bool:
    if recorded is None or recomputed.shape != recorded.shape:
        return False
    if exact:
        return bool(np.array_equal(recomputed, recorded))
    return bool(np.allclose(recomputed, recorded, rtol=ROUNDING, atol=ROUNDING))


def _rewards(body: Body, states: np.ndarray, actions: np.ndarray) -> Float[np.ndarray, "T"]:
    return body.step_reward(states[:-1], actions, states[1:])


def _narrow(column: np.ndarray) -> np.ndarray:
    """The column in float32 if that loses nothing."""
    if column.dtype != np.float64:
        return column
    with np.errstate(over="ignore"):
        narrow = column.astype(np.float32)
    return narrow if np.array_equal(narrow, column, equal_nan=True) else column


def _split_columns(tensors: Mapping[str, np.ndarray]) -> dict[str, Any]:
    try:
        lengths = tensors["lengths"]
        columns: dict[str, Any] = {name: tensors[name] for name in ("seeds", *FLAGS)}
        if any(column.ndim != 1 for column in columns.values()):
            raise ValueError("seeds and flags need one value an episode")
        steps = {name: tensors[name] for name in (*ARRAYS, "actions") if name in tensors}
        columns |= {name: _cut(rows, lengths + (name in FENCED)) for name, rows in steps.items()}
        if not len(columns["actions"]) or {len(column) for column in columns.values()} != {len(lengths)}:
            raise ValueError("columns of different lengths")
    except (KeyError, ValueError, TypeError, IndexError) as fault:
        raise DataError(f"the columns of this set do not fit together ({fault}); record it again") from fault
    return columns


def _cut(rows: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    if lengths.ndim != 1 or lengths.dtype.kind != "i" or (lengths < 1).any() or lengths.sum() != len(rows):
        raise ValueError(f"{len(rows)} rows do not fit the given lengths")
    ends = np.concatenate(([0], np.cumsum(lengths)))
    return [rows[start:end] for start, end in pairwise(ends)]


def _episode(
    columns: Mapping[str, Any], i: int, source: str, recomputed: Sequence[str], body: Body | None
) -> Trajectory:
    values = {name: columns[name][i] for name in ARRAYS if name in columns}
    actions, seed = columns["actions"][i], int(columns["seeds"][i])
    if body is not None and recomputed:
        states = values["states"].astype(np.float64)
        if states.shape[1:] != (body.nq + body.nv,) or actions.shape[1:] != (body.action_size,):
            raise DataError(f"its states and actions are not those of {body.env_id}; record the set again")
        if "obs" in recomputed:
            values["obs"] = body.observe_state(states)
        if "rewards" in recomputed:
            values["rewards"] = _rewards(body, states, actions)
    if "obs" not in values:
        raise DataError("it holds neither observations nor states of a known body; record it again")
    terminated, truncated, synthetic = (bool(columns[flag][i]) for flag in FLAGS)
    return Trajectory(
        actions=actions,
        terminated=terminated,
        truncated=truncated,
        seed=None if seed == NO_SEED else seed,
        synthetic=synthetic,
        source=source,
        **values,
    )
