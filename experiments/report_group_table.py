"""The table of a comparison: one row a run, the groups' scores over runs below their rows."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from .markup import element, escaped, number
from .report_data import RunRecord
from .report_groups import CHIEF, Group
from .report_headline import headline
from .report_json import real, section
from .report_page import duration, missing
from .statistics import Estimate

COLUMNS = (
    "Run",
    "Verdict",
    "NR [95 % interval]",
    "N",
    "Exploring NR",
    "Mean return",
    "Constant NR",
    "Training",
)
CONTROLS = (("bc", "behaviour cloning"), ("constant", "constant reward"))


def runs_table(groups: list[Group], links: Mapping[Path, str]) -> str:
    """All runs by group; on a phone each row becomes a card.

    Args:
        groups: in their order.
        links: address of each run's own page, by the run's folder.
    """
    head = element("thead", element("tr", "".join(element("th", escaped(c), scope="col") for c in COLUMNS)))
    # Numbers of one column are compared: all with the decimals that the most certain is worth.
    decimals = max((run.nr_decimals for group in groups for run in group.runs), default=2)
    bodies = "".join(_group(group, links, decimals) for group in groups)
    return element("table", head + bodies, class_="runs")


def chip(group: Group) -> str:
    """A group's letter in its colour."""
    return element("span", escaped(group.letter), class_=f"chip {group.tone}")


def address(page: Path, beside: Path) -> str:
    """Where a page is, seen from the folder of another."""
    return quote(Path(os.path.relpath(page.resolve(), beside.resolve().parent)).as_posix())


def _group(group: Group, links: Mapping[Path, str], decimals: int) -> str:
    title = chip(group) + element("span", escaped(", ".join(group.facts[:CHIEF])), class_="name")
    more = ", ".join(group.facts[CHIEF:])
    notes = element("p", escaped(f"{more}. {_controls(group)}" if more else _controls(group)), class_="note")
    notes += _twice(group)
    head = element("tr", element("th", title + notes, colspan=len(COLUMNS), scope="rowgroup"), class_="head")
    rows = [_row(run, links[run.folder], decimals) for run in group.runs]
    return element("tbody", head + "".join(rows) + _summary(group, decimals))


def _row(run: RunRecord, link: str, decimals: int) -> str:
    name = element("a", escaped(_seed(run)), href=link)
    deterministic = run.scores["deterministic"]
    seconds = real(section(run.result, "seconds").get("training"))
    n, mean = len(deterministic.returns), deterministic.estimate
    cells = (
        _verdict(run),
        _estimate(deterministic.nr, n, decimals),
        str(n) if n else "",
        _estimate(run.scores["exploring"].nr, n, decimals),
        _estimate(mean, n, mean.decimals if mean else 0),
        _estimate(run.scores["constant"].nr, n, decimals),
        duration(seconds) if seconds else "",
    )
    first = element("td", name + element("small", escaped(run.folder.name)))
    return element("tr", first + _labelled(cells))


def _seed(run: RunRecord) -> str:
    seed = run.result.get("seed")
    return "no seed" if seed is None else f"seed {seed}"


def _summary(group: Group, decimals: int) -> str:
    """Mean, IQM and worst over runs; nothing for a single run, whose own numbers say all."""
    n, worst = len(group.scores()), group.worst
    if n < 2 or worst is None:
        return ""
    nr, exploring = _estimate(group.mean(), n, decimals), _estimate(group.mean("exploring"), n, decimals)
    # Of fewer than four the interquartile mean is the mean.
    few = n < 4
    rows = [_summed(f"mean{' and IQM' if few else ''} of {n} runs", nr, str(n), exploring)]
    rows += [] if few else [_summed(f"IQM of {n} runs", _estimate(group.iqm, n, decimals), str(n), "")]
    lowest = element("span", number(min(group.scores()), decimals), class_="name")
    return "".join([*rows, _summed(f"worst, {_seed(worst)}", lowest, "", "")])


def _summed(name: str, nr: str, n: str, exploring: str) -> str:
    cells = ("", nr, n, exploring, "", "", "")
    return element("tr", element("td", escaped(name)) + _labelled(cells), class_="sum")


def _labelled(cells: tuple[str, ...]) -> str:
    """Cells named after their columns; one that is empty says nothing on a phone."""
    labels = ("Verdict", "NR", "N", "Exploring NR", "Return", "Constant NR", "Training")
    pairs = zip(labels, cells, strict=True)
    return "".join(
        element("td", cell, data_label=label) if cell else element("td", class_="empty")
        for label, cell in pairs
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
    by_reward = element("small", escaped(f"by reward: {headline(run.scores).verdict}"))
    if run.verdict is None:
        return element("span", "not judged", class_="gap") + by_reward
    word = run.verdict.word
    return element("span", escaped(word), class_=f"verdict {word.replace(' ', '-')}") + by_reward


def _controls(group: Group) -> str:
    """What the controls of a group reach: over its runs, or over episodes where all share one."""
    texts = []
    for key, name in CONTROLS:
        found = [nr for run in group.runs if (nr := run.scores[key].nr) is not None]
        shared = len({nr.value for nr in found}) == 1
        mean, unit = (found[0], "episodes") if shared else (group.mean(key), "runs")
        texts.append(f"{name} {_written(mean, unit)}" if mean else f"{name} not measured")
    return f"Controls: {'; '.join(texts)}."


def _written(found: Estimate, unit: str) -> str:
    value, low, high = (number(v, found.decimals) for v in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}], N = {found.n} {unit}"


def _twice(group: Group) -> str:
    counts = Counter(str(run.result.get("seed")) for run in group.runs)
    twice = [seed for seed, count in counts.items() if count > 1]
    if not twice:
        return ""
    return missing(
        f"More than one run of seed {', '.join(twice)}: they are not independent, N counts too many."
    )
