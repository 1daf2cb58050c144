"""One recorded episode, and the single transitions that learners draw from many episodes."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float

from ..envs.errors import DataError


@dataclass(frozen=True, eq=False)
class Trajectory:
    """An episode of T steps: T actions and the T1 = T + 1 observations around them.

    Arrays are converted to the dtypes below and made read-only.

    Attributes:
        obs: observations before each action and after the last one.
        actions: executed actions.
        terminated: the last step ended the task, as by a fall.
        truncated: a time limit ended the episode.
        seed: the `reset` seed it started from, if known.
        states: MuJoCo's qpos and qvel at each observation, if known ([m], [rad], [m/s], [rad/s]).
        rewards: the true rewards, for scoring only; they may hold NaN.
        synthetic: made by a model instead of an environment.
        residual: physics residual of each generated step, if measured.
        source: the policy that acted, if one set mixes several ("random", "expert-noise-0.3").

    Raises:
        DataError: lengths disagree, an array has a wrong number of dimensions, or values are not finite.
    """

    # Checked below with readable messages, so the shape checker of the tests is off.
    __no_type_check__: ClassVar[bool] = True

    obs: Float[np.ndarray, "T1 O"]
    actions: Float[np.ndarray, "T A"]
    terminated: bool
    truncated: bool
    seed: int | None = None
    states: Float[np.ndarray, "T1 S"] | None = None
    rewards: Float[np.ndarray, "T"] | None = None
    synthetic: bool = False
    residual: Float[np.ndarray, "T"] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        self._convert("actions", np.float32, ndim=2)
        self._convert("obs", np.float64, ndim=2, length=len(self) + 1)
        if len(self) == 0:
            raise DataError("a trajectory needs at least one step; leave empty episodes out")
        self._convert("states", np.float64, ndim=2, length=len(self) + 1)
        self._convert("rewards", np.float64, ndim=1, length=len(self), finite=False)
        self._convert("residual", np.float64, ndim=1, length=len(self))
        for flag in ("terminated", "truncated", "synthetic"):
            object.__setattr__(self, flag, bool(getattr(self, flag)))
        if self.seed is not None:
            object.__setattr__(self, "seed", _checked_seed(self.seed))

    def __len__(self) -> int:
        """Number of steps T."""
        return len(self.actions)

    @property
    def total_reward(self) -> float | None:
        """The true return, or None if rewards are unknown."""
        return None if self.rewards is None else float(self.rewards.sum())

    def _convert(
        self, name: str, dtype: type, *, ndim: int, length: int | None = None, finite: bool = True
    ) -> None:
        value = getattr(self, name)
        if value is None and name in ("states", "rewards", "residual"):
            return
        array = _as_array(name, value, dtype)
        if array.ndim != ndim or 0 in array.shape[1:]:
            raise DataError(f"{name} has shape {array.shape}; a trajectory's {name} need {ndim} dimension(s)")
        if length is not None and len(array) != length:
            raise DataError(
                f"{name} has {len(array)} rows, but {len(self)} actions ask for {length}; cut to fit"
            )
        if finite and not np.isfinite(array).all():
            step = int(np.argwhere(~np.isfinite(array))[0, 0])
            raise DataError(f"{name} is NaN or infinite at step {step}; repair or leave out this episode")
        object.__setattr__(self, name, _read_only(array))


@dataclass(frozen=True, eq=False)
class Transitions:
    """N single steps without their order, for cloning and for critics of single steps.

    `terminated` marks steps that ended the task; a step at a time limit is not marked.
    """

    __no_type_check__: ClassVar[bool] = True

    obs: Float[np.ndarray, "N O"]
    actions: Float[np.ndarray, "N A"]
    next_obs: Float[np.ndarray, "N O"]
    terminated: Bool[np.ndarray, "N"]

    def __post_init__(self) -> None:
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) > 1:
            raise DataError(f"transitions of different lengths: {lengths}; give every field one row a step")

    def __len__(self) -> int:
        """Number of steps N."""
        return len(self.actions)


def _as_array(name: str, value: Any, dtype: type) -> np.ndarray:  # Any: user input
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as fault:
        raise DataError(f"{name} is not an array: {fault}; hand in a numpy array") from fault
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name} has dtype {array.dtype}; hand in an array of real numbers")
    with np.errstate(over="ignore"):  # an overflow becomes infinite, which the caller refuses
        converted: np.ndarray = np.ascontiguousarray(array, dtype=dtype)
    shared = converted.flags.writeable and np.may_share_memory(converted, array)
    return converted.copy() if shared else converted  # a recorder may reuse its buffers


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _checked_seed(seed: object) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise DataError(f"seed must be a whole number from 0 to 2**63 - 1 or None, got {seed!r}")
    return int(seed)
