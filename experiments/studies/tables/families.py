"""The README's tables of the families: every reward in the same loop, and rewards taken to a fresh policy."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ....generative.rewards.reward_families import FAMILIES
from ...bench.cell import ALIASES
from ...bench.family_results import label
from ...bench.gate import GATE, read_gate, short, shown
from ...bench.table import scores
from ...scoring.statistics import Estimate, iqm_interval
from .bench import METHODS

# What methods without a reward model do.
WITHOUT = {"gmr": "cloning", "apprenticeship": "linear reward"}


def family_table(results: Path, name: str = "families", env: str = "Hopper-v5") -> str:
    """Every family on one body with four demonstrations, best first; the controls below."""
    rows = json.loads((results / f"{name}.json").read_text())["rows"]
    known = {ALIASES.get(row["method"], row["method"]): row for row in rows if _belongs(row, env)}
    gate = read_gate(results / GATE)["families"].get(env, {})
    lines = [
        "| reward model | way | RRC, offline | score of each seed | mean | worst | IQM [95 %] "
        "| exploring, IQM | seconds | label |",
        "|-|-|-|-|-|-|-|-|-|-|",
    ]
    for family in sorted(known, key=lambda name: _place(name, known[name])):
        lines.append(_line(family, known[family], gate.get(family), known.get("constant")))
    return "\n".join(lines)


def _belongs(row: Mapping[str, Any], env: str) -> bool:
    return bool(row["environment"] == env and row["horizon"] == "native" and row["subsample"] in (None, 1))


def _place(name: str, row: Mapping[str, Any]) -> tuple[bool, float]:
    control = name not in FAMILIES or FAMILIES[name].way == "control"
    return control, -(row["value"] if row["value"] is not None else -9.0)


def _line(
    name: str,
    row: Mapping[str, Any],
    gate: Mapping[str, Any] | None,
    constant: Mapping[str, Any] | None,
) -> str:
    control = name not in FAMILIES or FAMILIES[name].way == "control"
    cells = (
        METHODS.get(row["method"], f"`{name}`") if control else f"`{name}`",
        FAMILIES[name].way if name in FAMILIES else WITHOUT.get(name, "reference"),
        shown(gate),
        *scores(row),
        f"{np.mean(row['seconds']):,.0f}" if row["seconds"] and not _reference(name) else "-",
        "-" if control else label(row, constant),
    )
    return f"| {' | '.join(cells)} |"


def _reference(name: str) -> bool:
    return name not in FAMILIES


def gate_table(results: Path) -> str:
    """RRC of every family on every body, with both halves' intervals."""
    lines = [
        "| environment | reward model | RRC | each half, by mean [95 %] | threshold "
        "| RRC of policies, each half | seconds |",
        "|-|-|-|-|-|-|-|",
    ]
    for env, found in read_gate(results / GATE)["families"].items():
        for name, entry in found.items():
            halves, policies = (
                ", ".join(f"{Estimate(**half):.2f}" for half in entry["halves"].get(kind, ()) if half) or "-"
                for kind in ("mean", "policies")
            )
            least = "-" if entry["threshold"] is None else f"{entry['threshold']:g}"
            least += ", short of it" if short(entry) else ""
            rrc = "-" if entry["rrc"] is None else f"{entry['rrc']:.2f}"
            cells = (env, f"`{name}`", rrc, halves, least, policies, f"{entry['seconds']:.0f}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread_table(results: Path) -> str:
    """How far seeds lie apart: of the plain critic without its penalty, of families meant to be steady."""
    bare = _cells_of(results / "spread.json")
    known = _cells_of(results / "families.json")
    rows = {"`gan` without penalty": bare["gan"]} | {
        f"`{name}`": known[name] for name in ("gan", "vail", "wgan-gp")
    }
    lines = [
        "| reward model | score of each seed | between seeds: deviation | worst |",
        "|-|-|-|-|",
    ]
    for name, row in rows.items():
        shares = " ".join(f"{share:.2f}" for share in row["normalized_score"])
        lines.append(
            f"| {name} | {shares} | {np.std(row['normalized_score'], ddof=1):.3f} N={row['n']} "
            f"| {row['worst']:.2f} |"
        )
    return "\n".join(lines)


def _cells_of(path: Path) -> dict[str, Mapping[str, Any]]:
    """The rows of a grid's table by the reward model's name."""
    rows = json.loads(path.read_text())["rows"]
    return {ALIASES.get(row["method"], row["method"]): row for row in rows}


def speed_table(results: Path) -> str:
    """What a query of 4,096 steps and the training on a rollout cost, beside the plain critic."""
    measured = json.loads((results / "reward-speed.json").read_text())["families"]
    lines = [
        "| reward model | query, times the plain critic's | ms "
        "| training a rollout, times | ms | parameters |",
        "|-|-|-|-|-|-|",
    ]
    for name, found in sorted(measured.items(), key=lambda entry: entry[1]["query"]["ratio"]):
        query, update = found["query"], found["update"]
        cells = (
            f"`{name}`",
            f"{query['ratio']:.2f} [{query['low']:.2f}, {query['high']:.2f}]",
            f"{query['ms']:.1f}",
            f"{update['ratio']:.2f} [{update['low']:.2f}, {update['high']:.2f}]",
            f"{update['ms']:.0f}",
            f"{found['parameters']:,}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def transfer_table(results: Path) -> str:
    """Frozen rewards: the fresh policy's score over seeds, and the reward's own policy on the same body."""
    groups: dict[tuple[str, str, int, float], list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((results / "transfer").glob("*.json")):
        found = json.loads(path.read_text())
        remembered = found["config"]["gail"]["reward"]["replay"]
        starts = found.get("demonstrated starts", 0.0)
        groups[found["body"], found["reward"], remembered, starts].append(found)
    lines = [
        "| body | frozen reward | rollouts remembered | demonstrated starts | score of each fresh policy "
        "| IQM [95 %] | the reward's own policy, IQM |",
        "|-|-|-|-|-|-|-|",
    ]
    for (body, reward, remembered, starts), cells in sorted(groups.items()):
        fresh, own = (
            [cell[key]["normalized_score"]["value"] for cell in cells]
            for key in ("fresh", "reward's own policy")
        )
        shares = " ".join(f"{share:.2f}" for share in fresh)
        lines.append(
            f"| {body} | `{reward}` | {remembered} | {starts:.0%} | {shares} | {iqm_interval(fresh):.3f} "
            f"| {iqm_interval(own):.3f} |"
        )
    return "\n".join(lines)
