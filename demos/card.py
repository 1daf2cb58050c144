"""The card of a set of demonstrations: its author, command, returns and reference returns."""

import importlib.metadata
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from ..envs.errors import DataError

NUMBERS = ("mean_return", "std_return", "random_return", "still_return", "reference_return")
TEXTS = ("env_id", "maker", "command", "notes")
# Packages whose version can change what is recorded.
RECORDED_PACKAGES = ("gailforce", "gymnasium", "mujoco", "numpy", "stable-baselines3", "torch")


@dataclass(frozen=True)
class Card:
    """Origin and quality of a set of demonstrations.

    Attributes:
        env_id: the Gymnasium id of the environment.
        maker: the person or policy that acted.
        command: the command that made the set.
        mean_return: mean true return of its episodes, None if rewards are unknown.
        std_return: their standard deviation.
        episodes: number of episodes of the whole set, all splits together.
        random_return: mean return of uniformly random actions.
        still_return: mean return of zero actions.
        reference_return: least mean return of an expert.
        versions: package versions at recording.
        notes: anything else.

    Raises:
        DataError: a number is not finite or a field has the wrong type.
    """

    # Checked below with readable messages, so the shape checker of the tests is off.
    __no_type_check__: ClassVar[bool] = True

    env_id: str
    maker: str = ""
    command: str = ""
    mean_return: float | None = None
    std_return: float | None = None
    episodes: int = 0
    random_return: float | None = None
    still_return: float | None = None
    reference_return: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""

    def __post_init__(self) -> None:
        for name in NUMBERS:
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and math.isfinite(value)):
                raise DataError(f"the card's {name} must be a finite number or None, got {value!r}")
        for name in TEXTS:
            if not isinstance(getattr(self, name), str):
                raise DataError(f"the card's {name} must be text, got {getattr(self, name)!r}")
        if not isinstance(self.episodes, int) or self.episodes < 0:
            raise DataError(f"the card's episodes must be a whole number, got {self.episodes!r}")
        if not _is_text_map(self.versions):
            raise DataError(f"the card's versions must map names to versions, got {self.versions!r}")

    def measured(self, returns: Float[np.ndarray, "E"] | None, episodes: int) -> "Card":
        """This card with the number of episodes and the statistics of their true returns.

        Returns that are unknown or not finite leave the statistics None.
        """
        if returns is None or not len(returns) or not np.isfinite(returns).all():
            return replace(self, mean_return=None, std_return=None, episodes=episodes)
        mean, std = float(np.mean(returns)), float(np.std(returns))
        return replace(self, mean_return=mean, std_return=std, episodes=episodes)

    def as_dict(self) -> dict[str, Any]:
        """The card as plain JSON values."""
        return {**asdict(self), "versions": dict(self.versions)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Card":
        """A card from JSON.

        Raises:
            DataError: it lacks `env_id`, has an unknown field, or a field of the wrong type.
        """
        names = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(names))
        if unknown or "env_id" not in values:
            fault = f"unknown fields {unknown}" if unknown else "no env_id"
            raise DataError(f"the card has {fault}; a card's fields are {', '.join(names)}")
        return cls(**values)

    def describe(self) -> str:
        """The card as readable lines."""
        spread = "" if self.std_return is None else f" ± {self.std_return:,.1f}"
        rows = {
            "environment": self.env_id,
            "episodes": f"{self.episodes:,}",
            "return": f"{_number(self.mean_return)}{spread}",
            "counts as expert from": _number(self.reference_return),
            "random actions earn": _number(self.random_return),
            "standing still earns": _number(self.still_return),
            "made by": self.maker or "unknown",
            "command": self.command or "unknown",
            "versions": ", ".join(f"{name} {version}" for name, version in sorted(self.versions.items()))
            or "unknown",
            "notes": self.notes,
        }
        return "\n".join(f"{name + ':':<23}{_printable(text)}" for name, text in rows.items() if text)


def installed_versions() -> dict[str, str]:
    """Versions of the installed packages that can change what is recorded."""
    versions = {}
    for package in RECORDED_PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text_map(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(isinstance(text, str) for pair in value.items() for text in pair)


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.1f}"


def _printable(text: str) -> str:
    """The text without control characters, by which an untrusted file could control a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
