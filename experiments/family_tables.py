"""The README's tables of the families: every reward in the same loop, and rewards taken to a fresh policy."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..generative.reward_families import FAMILIES
from .bench.cell import ALIASES
from .bench.table import interval, number
from .bench_markdown import METHODS
from .families import label
from .gate import GATE, read_gate
from .statistics import Estimate, iqm_interval


def family_table(results: Path, name: str = "families", env: str = "Hopper-v5") -> str:
    """Every family on one body with four demonstrations, best first; the controls below."""
    rows = json.loads((results / f"{name}.json").read_text())["rows"]
    known = {ALIASES.get(row["method"], row["method"]): row for row in rows if _belongs(row, env)}
    gate = read_gate(results / GATE)["families"].get(env, {})
    lines = [
        "| reward model | way | RRC, offline | NR of each seed | mean | worst | IQM [95 %] | exploring, IQM "
        "| seconds | label |",
        "|-|-|-|-|-|-|-|-|-|-|",
    ]
    for family in sorted(known, key=lambda name: _place(name, known[name])):
        lines.append(_line(family, known[family], gate.get(family), known.get("constant")))
    return "\n".join(lines)


def _belongs(row: Mapping[str, Any], env: str) -> bool:
    return bool(row["environment"] == env and row["horizon"] == "native" and row["subsample"] in (None, 1))


def _place(name: str, row: Mapping[str, Any]) -> tuple[bool, float]:
    control = name not in FAMILIES or FAMILIES[name].way == "control"
    return control, -(row["value"] if row["value"] is not None else -9)


def _line(
    name: str,
    row: Mapping[str, Any],
    gate: Mapping[str, Any] | None,
    constant: Mapping[str, Any] | None,
) -> str:
    control = name not in FAMILIES or FAMILIES[name].way == "control"
    cells = (
        METHODS.get(row["method"], f"`{name}`") if control else f"`{name}`",
        FAMILIES[name].way if name in FAMILIES else "reference",
        rrc(gate),
        " ".join(f"{share:.2f}" for share in row["nr"]) or "-",
        number(row["mean"]),
        number(row["worst"]),
        interval(row),
        interval(row["exploring"]),
        f"{np.mean(row['seconds']):,.0f}" if row["seconds"] and not _reference(name) else "-",
        "-" if control else label(row, constant),
    )
    return f"| {' | '.join(cells)} |"


def _reference(name: str) -> bool:
    return name not in FAMILIES


def rrc(gate: Mapping[str, Any] | None) -> str:
    """Rank correlation with its interval; a family below its threshold says so."""
    if gate is None or gate["mean"] is None:
        return "-"
    found = Estimate(**gate["mean"])
    least = gate["threshold"]
    short = f", short of {least:g}" if least is not None and found.value < least else ""
    return f"{found:.2f}{short}"


def gate_table(results: Path) -> str:
    """RRC of every family on every body, with threshold, interval and seconds."""
    lines = [
        "| environment | reward model | RRC by mean [95 %] | by sum | threshold | seconds |",
        "|-|-|-|-|-|-|",
    ]
    for env, found in read_gate(results / GATE)["families"].items():
        for name, entry in found.items():
            by_mean, by_sum = (
                "-" if entry[key] is None else f"{Estimate(**entry[key]):.2f}" for key in ("mean", "sum")
            )
            least = "-" if entry["threshold"] is None else f"{entry['threshold']:g}"
            short = entry["mean"] and entry["threshold"] and entry["mean"]["value"] < entry["threshold"]
            least += ", short of it" if short else ""
            cells = (env, f"`{name}`", by_mean, by_sum, least, f"{entry['seconds']:.0f}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


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
    """Frozen rewards: the fresh policy's NR over seeds, and the reward's own policy on the same body."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((results / "transfer").glob("*.json")):
        found = json.loads(path.read_text())
        groups[found["body"], found["reward"]].append(found)
    lines = [
        "| body | frozen reward | NR of each fresh policy | IQM [95 %] | the reward's own policy, IQM |",
        "|-|-|-|-|-|",
    ]
    for (body, reward), cells in sorted(groups.items()):
        fresh, own = (
            [cell[key]["nr"]["value"] for cell in cells] for key in ("fresh", "reward's own policy")
        )
        shares = " ".join(f"{share:.2f}" for share in fresh)
        lines.append(
            f"| {body} | `{reward}` | {shares} | {iqm_interval(fresh):.3f} | {iqm_interval(own):.3f} |"
        )
    return "\n".join(lines)
