"""README tables of the reward families: each in the same loop, costs, transfer to a fresh policy."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ....generative.rewards.reward_families import FAMILIES
from ...bench.family_results import label
from ...bench.gate_result import GATE, read_gate
from ...bench.table import GridRow
from ...scoring.score import ScoreEntry
from ...scoring.statistics import iqm_interval
from ..reward_speed import read_costs
from ..stored import grouped, read_folder
from ..transfer import TransferResult
from .bench import METHODS
from .cells import each
from .markdown import markdown_table
from .rows import read_grid_rows

# What methods without a reward model are.
WITHOUT = {"gmr": "cloning", "apprenticeship": "linear reward"}
# Place of a row without a score: below all others.
NO_SCORE = -9.0


def family_table(results: Path, name: str = "families", env: str = "Hopper-v5") -> str:
    """Every family on one body with four demonstrations, best first; the controls below."""
    rows = {row.reward: row for row in read_grid_rows(results, name) if _belongs(row, env)}
    gate = read_gate(results / GATE)
    header = (
        *("reward model", "way", "RRC, offline", "score of each seed", "mean", "worst", "IQM [95 %]"),
        *("exploring, IQM", "seconds", "label"),
    )
    gated = {name: str(gate.entry(env, name) or "-") for name in rows}
    ordered = sorted(rows.values(), key=_place)
    return markdown_table(header, [_cells(row, gated[row.reward], rows.get("constant")) for row in ordered])


def _belongs(row: GridRow, env: str) -> bool:
    return row.environment == env and row.horizon == "native" and row.subsample in (None, 1)


def _is_control(name: str) -> bool:
    return name not in FAMILIES or FAMILIES[name].way == "control"


def _place(row: GridRow) -> tuple[bool, float]:
    return _is_control(row.reward), -(row.scores.iqm.value if row.scores.iqm is not None else NO_SCORE)


def _cells(row: GridRow, gate: str, constant: GridRow | None) -> Sequence[str]:
    name, control, trained = row.reward, _is_control(row.reward), row.reward in FAMILIES
    return (
        METHODS.get(row.method, f"`{name}`") if control else f"`{name}`",
        FAMILIES[name].way if trained else WITHOUT.get(name, "reference"),
        gate,
        *row.score_texts,
        f"{np.mean(row.seconds):,.0f}" if row.seconds and trained else "-",
        "-" if control else label(row.scores.iqm, constant.scores.iqm if constant else None),
    )


def gate_table(results: Path) -> str:
    """RRC of every family on every body, with both halves' intervals."""
    rows = []
    for env, entries in read_gate(results / GATE).families.items():
        for name, entry in entries.items():
            halves, policies = (
                ", ".join(f"{half:.2f}" for half in entry.halves[kind] if half is not None) or "-"
                for kind in ("mean", "policies")
            )
            least = "-" if entry.threshold is None else f"{entry.threshold:g}"
            least += ", short of it" if entry.falls_short else ""
            rrc = "-" if entry.rrc is None else f"{entry.rrc:.2f}"
            rows.append((env, f"`{name}`", rrc, halves, least, policies, f"{entry.seconds:.0f}"))
    header = ("environment", "reward model", "RRC", "each half, by mean [95 %]", "threshold")
    return markdown_table((*header, "RRC of policies, each half", "seconds"), rows)


def spread_table(results: Path) -> str:
    """Spread over seeds: the plain critic without its penalty, beside families meant to be steady."""
    bare = {row.reward: row for row in read_grid_rows(results, "spread")}
    families = {row.reward: row for row in read_grid_rows(results, "families")}
    compared = {"`gan` without penalty": bare["gan"]} | {
        f"`{name}`": families[name] for name in ("gan", "vail", "wgan-gp")
    }
    rows = []
    for name, row in compared.items():
        scores = row.scores.normalized_score
        deviation = f"{np.std(scores, ddof=1):.3f} N={len(scores)}"
        rows.append((name, each(scores), deviation, f"{min(scores):.2f}"))
    return markdown_table(
        ("reward model", "score of each seed", "between seeds: deviation", "worst"),
        rows,
    )


def speed_table(results: Path) -> str:
    """Cost of a query of 4,096 steps and of training on a rollout, beside the plain critic."""
    costs = read_costs(results / "reward-speed.json")
    rows = [
        (
            f"`{name}`",
            f"{cost.query.ratio:.2f} [{cost.query.low:.2f}, {cost.query.high:.2f}]",
            f"{cost.query.ms:.1f}",
            f"{cost.update.ratio:.2f} [{cost.update.low:.2f}, {cost.update.high:.2f}]",
            f"{cost.update.ms:.0f}",
            f"{cost.parameters:,}",
        )
        for name, cost in sorted(costs.items(), key=lambda item: item[1].query.ratio)
    ]
    header = ("reward model", "query, times the plain critic's", "ms", "training a rollout, times", "ms")
    return markdown_table((*header, "parameters"), rows)


def transfer_table(results: Path) -> str:
    """Frozen rewards: the fresh policy's score over seeds, and the reward's own policy on the same body."""
    groups = grouped(
        read_folder(results / "transfer", TransferResult.from_json),
        lambda one: (one.body, one.reward, one.config.gail.reward.replay, one.demonstrated_starts),
    )
    rows = []
    for (body, reward, replay, starts), seeds in sorted(groups.items()):
        fresh, own = (_values([getattr(one, side) for one in seeds]) for side in ("fresh", "own"))
        intervals = (f"{iqm_interval(fresh):.3f}", f"{iqm_interval(own):.3f}")
        rows.append((body, f"`{reward}`", str(replay), f"{starts:.0%}", each(fresh), *intervals))
    header = (
        *("body", "frozen reward", "rollouts remembered", "demonstrated starts"),
        *("score of each fresh policy", "IQM [95 %]", "the reward's own policy, IQM"),
    )
    return markdown_table(header, rows)


def _values(entries: Sequence[ScoreEntry]) -> list[float]:
    return [e.normalized_score.value for e in entries if e.normalized_score is not None]
