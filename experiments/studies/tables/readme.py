"""README tables, made from the files in `results/` alone.

Run `python -m gailforce.experiments.studies.tables` from the root of a checkout to rewrite the parts of
README.md between the markers. A test compares them with the results.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ..exactness import read_proofs
from ..throughput import read_throughput
from .bench import bench_markdown, published_markdown
from .classical import phases_table, pretraining_table
from .families import family_table, gate_table, speed_table, spread_table, transfer_table
from .generators import generator_table, repair_table, tstr_table
from .markdown import markdown_table
from .trials import choice_table, fewer_table, verdict_table, words_table
from .worlds import efficiency_table, frames_table, world_table

MARKED = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def throughput_table(results: Path) -> str:
    """Speed of the environments beside the same work without them."""
    rows = []
    for body, speed in read_throughput(results / "throughput.json").items():
        rates = [f"{speed.steps_per_second[k]:,}" for k in ("make_env", "bare Batch.step", "gymnasium sync")]
        ratios = (speed.of_bare_batch, speed.times_gymnasium_sync)
        rows.append((body, *rates, *(f"{ratio.median:.2f}" for ratio in ratios)))
    header = ("body", "make_env", "bare Batch.step", "Gymnasium sync", "of bare", "times sync")
    return markdown_table(header, rows)


def expert_table(results: Path) -> str:
    """The experts behind the shipped demonstrations."""
    rows = []
    for path in sorted(results.glob("expert-*.json")):
        expert = json.loads(path.read_text())
        score = f"{expert['agent']['mean']:,.0f} ± {expert['agent']['std']:,.0f}"
        rows.append((expert["environment"], score, f"{expert['steps'] / 1e6:g}M", f"`{expert['command']}`"))
    return markdown_table(
        ("environment", "return of the best checkpoint, N = 50", "steps", "command"),
        rows,
    )


def exactness_table(results: Path) -> str:
    """Episodes compared with Gymnasium bit by bit."""
    rows = []
    for body, proof in read_proofs(results / "exactness.json").items():
        for kind, counts in proof.episodes.items():
            numbers = (f"{counts.episodes:,}", f"{counts.steps:,}", str(counts.differences))
            rows.append((body, kind, *numbers))
        states = proof.set_state
        rows.append((body, "`set_state`", "-", f"{states.trials:,}", str(states.differences)))
    return markdown_table(("body", "actions", "episodes", "steps", "differences"), rows)


def times_table(results: Path) -> str:
    """Wall times with nothing else running, each measured once."""
    measured = json.loads((results / "times.json").read_text())
    rows = [(row["what"], row["value"], f"`{row['command']}`") for row in measured["rows"]]
    return markdown_table(("what", "measured", "command"), rows)


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
    return MARKED.sub(lambda part: f"{part[1]}{TABLES[part[2]](results)}\n{part[3]}", text)


def names_in(text: str) -> Sequence[str]:
    """Names of the tables that a text asks for."""
    return [name for _, name, _ in MARKED.findall(text)]
