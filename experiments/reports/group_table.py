"""The table of a comparison: one row a run, the groups' scores over runs below their rows."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..runs.counting import counted
from ..scoring.statistics import Estimate
from .data import RunRecord
from .groups import CHIEF, Group
from .headline import headline
from .markup import element, escaped, number
from .page import duration, missing

# Columns after the run's own: label of a cell on a phone, and heading.
COLUMNS = {
    "Verdict": "Verdict",
    "Score": "Score [95 % interval]",
    "N": "N",
    "Exploring score": "Exploring score",
    "Nearest score": "Nearest score",
    "Return": "Mean return",
    "Constant score": "Constant score",
    "Training": "Training",
}
# The policy whose normalized score stands in a column.
SCORE_OF = {
    "Score": "deterministic",
    "Exploring score": "exploring",
    "Nearest score": "kept",
    "Constant score": "constant",
}
CONTROLS = (("bc", "behavior cloning"), ("constant", "constant reward"))


@dataclass(frozen=True)
class _Layout:
    """What all rows share.

    Attributes:
        labels: keys of `COLUMNS` that are shown.
        decimals: of every normalized score: they are compared, so all have what the most certain is worth.
    """

    labels: tuple[str, ...]
    decimals: int

    @property
    def width(self) -> int:
        """Columns, the run's own among them."""
        return 1 + len(self.labels)


def runs_table(groups: list[Group], links: Mapping[Path, str]) -> str:
    """All runs by group; on a phone each row becomes a card.

    Args:
        groups: in their order.
        links: address of each run's own page, by the run's folder.
    """
    labels = tuple(label for label in COLUMNS if label != "Nearest score" or any_kept(groups))
    decimals = max((run.score_decimals for group in groups for run in group.runs), default=2)
    layout = _Layout(labels, decimals)
    headings = ["Run", *(COLUMNS[label] for label in labels)]
    head = element("thead", element("tr", "".join(element("th", escaped(h), scope="col") for h in headings)))
    bodies = "".join(_group(group, links, layout) for group in groups)
    return element("table", head + bodies, class_="runs")


def any_kept(groups: Iterable[Group]) -> bool:
    """Is the checkpoint nearest to the demonstrations scored of any run?"""
    return any("kept" in run.scores for group in groups for run in group.runs)


def chip(group: Group) -> str:
    """A group's letter in its color."""
    return element("span", escaped(group.letter), class_=f"chip {group.tone}")


def address(page: Path, beside: Path) -> str:
    """Where a page is, seen from the folder of another."""
    return quote(Path(os.path.relpath(page.resolve(), beside.resolve().parent)).as_posix())


def _group(group: Group, links: Mapping[Path, str], layout: _Layout) -> str:
    title = chip(group) + element("span", escaped(", ".join(group.facts[:CHIEF])), class_="name")
    more = ", ".join(group.facts[CHIEF:])
    notes = element("p", escaped(f"{more}. {_controls(group)}" if more else _controls(group)), class_="note")
    notes += _twice(group)
    head = element("tr", element("th", title + notes, colspan=layout.width, scope="rowgroup"), class_="head")
    rows = [_row(run, links[run.folder], layout) for run in group.runs]
    return element("tbody", head + "".join(rows) + _summary(group, layout))


def _row(run: RunRecord, link: str, layout: _Layout) -> str:
    name = element("a", escaped(_seed(run)), href=link)
    deterministic = run.scores["deterministic"]
    seconds = run.result.seconds.get("training")
    n, mean = len(deterministic.returns), deterministic.estimate
    cells = {
        label: _estimate(run.scores[key].normalized_score, n, layout.decimals)
        for label, key in SCORE_OF.items()
        if key in run.scores
    }
    cells |= {
        "Verdict": _verdict(run),
        "N": str(n) if n else "",
        "Return": _estimate(mean, n, mean.decimals if mean else 0),
        "Training": duration(seconds) if seconds else "",
    }
    first = element("td", name + element("small", escaped(run.folder.name)))
    return element("tr", first + _labelled(cells, layout))


def _seed(run: RunRecord) -> str:
    seed = run.result.seed
    return "no seed" if seed is None else f"seed {seed}"


def _summary(group: Group, layout: _Layout) -> str:
    """Mean, IQM and worst over runs; nothing for a single run, whose own numbers say all."""
    n, worst = len(group.scores()), group.worst
    if n < 2 or worst is None:
        return ""
    means = {label: _estimate(group.mean(key), n, layout.decimals) for label, key in SCORE_OF.items()}
    del means["Constant score"]  # The group's note tells it.
    iqm = {"Score": _estimate(group.iqm, n, layout.decimals), "N": str(n)}
    lowest = element("span", number(min(group.scores()), layout.decimals), class_="name")
    # Of fewer than four the interquartile mean is the mean.
    few = n < 4
    rows = {f"mean{' and IQM' if few else ''} of {n} runs": means | {"N": str(n)}}
    rows |= {} if few else {f"IQM of {n} runs": iqm}
    rows |= {f"worst, {_seed(worst)}": {"Score": lowest}}
    return "".join(_summed(name, cells, layout) for name, cells in rows.items())


def _summed(name: str, cells: Mapping[str, str], layout: _Layout) -> str:
    return element("tr", element("td", escaped(name)) + _labelled(cells, layout), class_="sum")


def _labelled(cells: Mapping[str, str], layout: _Layout) -> str:
    """Cells by label, in the order of the columns; one that is empty says nothing on a phone."""
    return "".join(
        element("td", cell, data_label=label) if (cell := cells.get(label)) else element("td", class_="empty")
        for label in layout.labels
    )


def _estimate(found: Estimate | None, n: int, decimals: int) -> str:
    """A number with its interval, and with its N where that is not the row's."""
    if found is None:
        return ""
    value, low, high = (number(v, decimals) for v in (found.value, found.low, found.high))
    # One score knows nothing of its spread.
    interval = f"[{low}, {high}]" if found.n > 1 else ""
    own = "" if found.n == n else f" N = {found.n}"
    return element("span", value, class_="name") + element("small", interval + own, class_="interval")


def _verdict(run: RunRecord) -> str:
    """The word without the reward, and below it the one by the reward."""
    by_reward = element("small", escaped(f"by reward: {headline(run.scores).outcome}"))
    if run.verdict is None:
        return element("span", "not judged", class_="gap") + by_reward
    word = run.verdict.word
    return element("span", escaped(word), class_=f"verdict {word.replace(' ', '-')}") + by_reward


def _controls(group: Group) -> str:
    """What the controls of a group reach: over its runs, or over episodes where all share one."""
    texts = []
    for key, name in CONTROLS:
        found = [
            normalized_score
            for run in group.runs
            if (normalized_score := run.scores[key].normalized_score) is not None
        ]
        shared = len({normalized_score.value for normalized_score in found}) == 1
        mean, unit = (found[0], "episode") if shared else (group.mean(key), "run")
        texts.append(f"{name} {_written(mean, unit)}" if mean else f"{name} not measured")
    return f"Controls: {'; '.join(texts)}."


def _written(found: Estimate, unit: str) -> str:
    value, low, high = (number(v, found.decimals) for v in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}], N = {counted(found.n, unit)}"


def _twice(group: Group) -> str:
    counts = Counter(str(run.result.seed) for run in group.runs)
    twice = [seed for seed, count in counts.items() if count > 1]
    if not twice:
        return ""
    return missing(
        f"More than one run of seed {', '.join(twice)}: they are not independent, N counts too many."
    )
