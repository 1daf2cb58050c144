"""The README's tables, made from the files in `results/` alone.

Run `python -m gailforce.experiments.tables` from the root of a checkout: it rewrites the parts of
README.md between the markers, and a test holds them equal.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .bench_markdown import bench_markdown, published_markdown
from .counting import counted
from .family_tables import family_table, gate_table, speed_table, transfer_table
from .statistics import Estimate, iqm_interval
from .trial_tables import choice_table, fewer_table, verdict_table, words_table

# Episodes of a full score; the trial of the verdict has agents that were only looked at.
SCORED = 50
MARKED = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Group:
    """Finished runs that differ in their seed only."""

    environment: str
    method: str
    task: str
    steps: int
    cells: tuple[dict[str, Any], ...]

    def shares(self, part: str, key: str) -> list[float]:
        """NR of every seed, for one policy; seeds without it are left out."""
        entries = [cell[part].get(key) or {} for cell in self.cells]
        return [entry["nr"]["value"] for entry in entries if entry.get("nr")]

    def estimate(self, part: str, key: str) -> Estimate | None:
        """Interquartile mean of the NR over seeds, with its interval."""
        shares = self.shares(part, key)
        return iqm_interval(shares) if shares else None


def read_groups(folder: Path) -> list[Group]:
    """All trained imitators of a folder that were scored in full, grouped by what was run."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        cell = json.loads(path.read_text())
        plain = cell.get("kind") == "imitation" and cell["config"]["reward"] in ("gan", "constant")
        if plain and len(cell["agent"]["deterministic"]["returns"]) >= SCORED:
            found[_key(cell)].append(cell)
    groups = [_group(sorted(cells, key=lambda cell: cell["seed"])) for cells in found.values()]
    return sorted(groups, key=lambda g: (g.environment, g.task, g.method != "GAIL", -g.steps))


def _key(cell: dict[str, Any]) -> str:
    """Everything that was chosen but the seeds and the number of threads."""
    chosen = {key: v for key, v in cell["config"].items() if key not in ("seed", "draw", "threads")}
    return json.dumps(chosen, sort_keys=True)


def _group(cells: list[dict[str, Any]]) -> Group:
    config, demos = cells[0]["config"], cells[0]["demonstrations"]
    task = counted(demos["episodes"], "demonstration")
    if config["subsample"] > 1:
        task += f" at 1/{config['subsample']} ({counted(demos['transitions'], 'transition')})"
    task += ", fixed horizon" if config["horizon"] == "fixed" else ""
    method = "constant reward" if config["reward"] == "constant" else "GAIL"
    return Group(cells[0]["environment"], method, task, config["steps"], tuple(cells))


def imitation_table(results: Path) -> str:
    """One row for each group: every seed, mean, worst, IQM, and the same policy exploring."""
    rows = [
        "| environment, task | method | steps | NR of each seed | mean | worst "
        "| IQM [95 %] | exploring, IQM | cloning, IQM |",
        "|-|-|-|-|-|-|-|-|-|",
    ]
    for group in read_groups(results / "cells"):
        shares = group.shares("agent", "deterministic")
        cells = (
            f"{group.environment}, {group.task}",
            group.method,
            f"{group.steps / 1e6:g}M",
            " ".join(f"{share:.2f}" for share in shares),
            f"{np.mean(shares):.3f}",
            f"{min(shares):.3f}",
            _shown(group.estimate("agent", "deterministic")),
            _shown(group.estimate("agent", "exploring")),
            _shown(group.estimate("controls", "bc")),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _shown(estimate: Estimate | None) -> str:
    return "-" if estimate is None else f"{estimate:.3f}"


def throughput_table(results: Path) -> str:
    """Speed of the environments beside the same work without them."""
    measured = json.loads((results / "throughput.json").read_text())
    rows = ["| body | make_env | bare Batch.step | Gymnasium sync | of bare | times sync |", "|-|-|-|-|-|-|"]
    for body in ("hopper", "walker2d"):
        rates, found = measured[body]["steps_per_second"], measured[body]
        speeds = (f"{rates[kind]:,}" for kind in ("make_env", "bare Batch.step", "gymnasium sync"))
        ratios = (f"{found[kind]['median']:.2f}" for kind in ("of_bare_batch", "times_gymnasium_sync"))
        rows.append(f"| {body} | {' | '.join(speeds)} | {' | '.join(ratios)} |")
    return "\n".join(rows)


def expert_table(results: Path) -> str:
    """The experts behind the shipped demonstrations."""
    rows = ["| environment | return of the best checkpoint, N = 50 | steps | command |", "|-|-|-|-|"]
    for path in sorted(results.glob("expert-*.json")):
        made = json.loads(path.read_text())
        agent = made["agent"]
        shown = f"{agent['mean']:,.0f} ± {agent['std']:,.0f}"
        rows.append(f"| {made['environment']} | {shown} | {made['steps'] / 1e6:g}M | `{made['command']}` |")
    return "\n".join(rows)


def exactness_table(results: Path) -> str:
    """Episodes compared with Gymnasium bit by bit."""
    proof = json.loads((results / "exactness.json").read_text())
    rows = ["| body | actions | episodes | steps | differences |", "|-|-|-|-|-|"]
    for body in ("hopper", "walker2d"):
        for kind in ("random", "expert", "noisy"):
            found = proof[body][kind]
            counts = f"{found['episodes']:,} | {found['steps']:,} | {found['differences']}"
            rows.append(f"| {body} | {kind} | {counts} |")
        states = proof[body]["set_state"]
        rows.append(f"| {body} | `set_state` | - | {states['trials']:,} | {states['differences']} |")
    return "\n".join(rows)


def times_table(results: Path) -> str:
    """Wall times with nothing else running, each measured once."""
    measured = json.loads((results / "times.json").read_text())
    rows = ["| what | measured | command |", "|-|-|-|"]
    rows += [f"| {row['what']} | {row['value']} | `{row['command']}` |" for row in measured["rows"]]
    return "\n".join(rows)


TABLES: dict[str, Callable[[Path], str]] = {
    "imitation": imitation_table,
    "paper": partial(bench_markdown, name="paper"),
    "published": partial(published_markdown, name="paper"),
    "experts": expert_table,
    "throughput": throughput_table,
    "exactness": exactness_table,
    "times": times_table,
    "families": family_table,
    "gate": gate_table,
    "reward_speed": speed_table,
    "transfer": transfer_table,
    "verdict": verdict_table,
    "words": words_table,
    "fewer": fewer_table,
    "choice": choice_table,
}


def filled(text: str, results: Path) -> str:
    """A text whose marked parts hold the tables of these results."""
    return MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]](results)}\n{found[3]}", text)


def names_in(text: str) -> Sequence[str]:
    """Names of the tables that a text asks for."""
    return [found[1] for found in MARKED.findall(text)]


if __name__ == "__main__":
    readme = Path("README.md")
    readme.write_text(filled(readme.read_text(), Path("results")))
