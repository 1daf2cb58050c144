"""What families came to at the offline gate, and the file that holds it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..runs.provenance import Origin
from ..scoring.reading import estimate
from ..scoring.statistics import Estimate

GATE = "gate.json"


@dataclass(frozen=True)
class GateEntry:
    """What a family came to at the gate.

    Attributes:
        rrc: rank correlation over episodes, the mean of both halves; None without an order.
        rrc_of_policies: the same over policies.
        halves: the estimates of both halves, by what is ranked.
        threshold: the least rank correlation; None for a family without one.
        seconds: wall time [s].
        origin: how it was made.
    """

    rrc: float | None
    rrc_of_policies: float | None
    halves: Mapping[str, tuple[Estimate | None, ...]]
    threshold: float | None
    seconds: float
    origin: Origin

    @property
    def falls_short(self) -> bool:
        """Whether the family is below its threshold, or without any order of its own."""
        return self.threshold is not None and (self.rrc is None or self.rrc < self.threshold)

    def __str__(self) -> str:
        """Rank correlation with that of each half, and the threshold it falls short of."""
        if self.rrc is None:
            return "-"
        each = ", ".join(f"{half.value:.2f}" for half in self.halves["mean"] if half is not None)
        text = f"{self.rrc:.2f} ({each})"
        return text + (f", short of {self.threshold:g}" if self.falls_short else "")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        halves = {
            key: [None if half is None else asdict(half) for half in both]
            for key, both in self.halves.items()
        }
        return {
            "rrc": self.rrc,
            "rrc of policies": self.rrc_of_policies,
            "halves": halves,
            "threshold": self.threshold,
            "seconds": self.seconds,
            **self.origin.to_json(),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "GateEntry":
        """The entry `to_json` wrote."""
        return cls(
            rrc=plain["rrc"],
            rrc_of_policies=plain["rrc of policies"],
            halves={key: tuple(map(estimate, both)) for key, both in plain["halves"].items()},
            threshold=plain["threshold"],
            seconds=plain["seconds"],
            origin=Origin(plain["command"], plain["commit"], plain["versions"]),
        )


@dataclass(frozen=True)
class GateResult:
    """What every family came to: environment -> family -> entry."""

    families: Mapping[str, Mapping[str, GateEntry]] = field(default_factory=dict)

    def entry(self, env: str, family: str) -> GateEntry | None:
        """What a family came to in an environment; None where it was not tried."""
        return self.families.get(env, {}).get(family)

    def with_entry(self, env: str, family: str, entry: GateEntry) -> "GateResult":
        """The result with one more entry, or a newer one."""
        return GateResult({**self.families, env: {**self.families.get(env, {}), family: entry}})

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        families = {
            env: {family: entry.to_json() for family, entry in entries.items()}
            for env, entries in self.families.items()
        }
        return {"kind": "gate", "families": families}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "GateResult":
        """The result `to_json` wrote."""
        return cls(
            {
                env: {family: GateEntry.from_json(entry) for family, entry in entries.items()}
                for env, entries in plain["families"].items()
            }
        )


def read_gate(path: Path) -> GateResult:
    """What a gate's file holds; nothing where there is none."""
    return GateResult.from_json(json.loads(path.read_text())) if path.exists() else GateResult()


def below(path: Path) -> dict[tuple[str, str], str]:
    """Environments and families that fell short, each with what it came to."""
    return {
        (env, name): f"{name}, {env}: RRC {entry}"
        for env, entries in read_gate(path).families.items()
        for name, entry in entries.items()
        if entry.falls_short
    }


def describe_gate(result: GateResult) -> str:
    """RRC of every family beside its threshold."""
    lines = ["environment  reward model  RRC (each half)  threshold  seconds"]
    for env, entries in result.families.items():
        for name, entry in entries.items():
            least = "-" if entry.threshold is None else f"{entry.threshold:.2f}"
            lines.append(f"{env}  {name:<12}  {entry}  {least}  {entry.seconds}")
    return "\n".join(lines)
