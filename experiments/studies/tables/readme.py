"""The README's tables, made from the files in `results/` alone.

Run `python -m gailforce.experiments.studies.tables` from the root of a checkout: it rewrites the parts of
README.md between the markers, and a test holds them equal.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from .bench import bench_markdown, published_markdown
from .classical import phases_table, pretraining_table
from .families import family_table, gate_table, speed_table, spread_table, transfer_table
from .generators import generator_table, repair_table, tstr_table
from .trials import choice_table, fewer_table, verdict_table, words_table
from .worlds import efficiency_table, frames_table, world_table

MARKED = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


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
    "paper": partial(bench_markdown, name="paper"),
    "published": partial(published_markdown, name="paper"),
    "experts": expert_table,
    "throughput": throughput_table,
    "exactness": exactness_table,
    "times": times_table,
    "families": family_table,
    "few": partial(bench_markdown, name="few"),
    "spread": spread_table,
    "walker": partial(bench_markdown, name="walker"),
    "fixed": partial(bench_markdown, name="fixed"),
    "pretraining": pretraining_table,
    "phases": phases_table,
    "gate": gate_table,
    "reward_speed": speed_table,
    "transfer": transfer_table,
    "generators": generator_table,
    "walker_generators": partial(generator_table, env="Walker2d-v5"),
    "repair": repair_table,
    "tstr": tstr_table,
    "augment": partial(bench_markdown, name="augment"),
    "worlds": world_table,
    "walker_worlds": partial(world_table, env="Walker2d-v5"),
    "efficiency": efficiency_table,
    "frames": frames_table,
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
