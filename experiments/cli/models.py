"""The verb `models`: every family with what it looks at, what it came to, and when to use it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...envs.errors import unknown
from ...generative.rewards.reward_families import FAMILIES
from ..bench.family_results import BODY, SHIPPED, FamilyResults, read_family_results
from ..bench.table import interval
from ..runs.flags import Flag, describe_flags, flags_of
from .command import Command

# Columns of a family's settings.
WIDTH = 100
HEAD = (
    "reward model",
    "way",
    "looks at",
    "RRC",
    f"normalized score, {BODY}",
    "label",
    "seconds",
    "use this for",
)


@dataclass(frozen=True)
class FamilySettings:
    """The settings of one family, as flags of `imitate`."""

    name: str
    settings: tuple[Flag, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"reward model": self.name, "settings": [asdict(flag) for flag in self.settings]}


@dataclass(frozen=True)
class Matrix:
    """Every family with its last results, by its name."""

    families: dict[str, FamilyResults]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"reward models": {name: results.to_json() for name, results in self.families.items()}}


@dataclass
class Models(Command[FamilySettings | Matrix]):
    """Print every family of reward models: what it looks at, its last results, when to use it.

    Examples:
        gailforce models
        gailforce models vail
    """

    # A reward model, to print its settings with their meaning and default.
    name: Annotated[str, tyro.conf.Positional] = ""
    # Folder of results; by default those of this version.
    results: Path = SHIPPED

    def run(self) -> FamilySettings | Matrix:
        """One entry for each family, or the settings of one.

        Raises:
            UsageError: an unknown family.
        """
        if not self.name:
            return Matrix(read_family_results(self.results))
        if self.name not in FAMILIES:
            raise unknown("reward model", self.name, FAMILIES)
        flags = flags_of(FAMILIES[self.name].config_class, None, f"{self.name}.")
        return FamilySettings(self.name, tuple(flags))

    def describe(self, result: FamilySettings | Matrix) -> str:
        """The entries as a table, or the settings of one family."""
        if isinstance(result, FamilySettings):
            family = FAMILIES[result.name]
            texts = describe_flags(result.settings, WIDTH) or ["  no settings"]
            return "\n".join((f"{result.name}: {family.way}; {family.use_when}", "", *texts))
        lines = [HEAD, *(_texts(name, results) for name, results in result.families.items())]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )


def _texts(name: str, results: FamilyResults) -> tuple[str, ...]:
    family = results.family
    window = f", {family.looks_back + 1} steps" if family.looks_back else ""
    return (
        name,
        family.way,
        " ".join(family.inputs) + window,
        "-" if results.gate is None else str(results.gate),
        interval(results.normalized_score),
        results.label,
        "-" if results.seconds is None else f"{results.seconds:,.0f}",
        family.use_when,
    )
