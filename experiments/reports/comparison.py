"""Several runs on one self-contained page: groups of one configuration, side by side."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from ..runs.counting import counted
from .data import RunRecord
from .group_curves import learning, profiles, side_by_side
from .group_table import address, any_kept, runs_table
from .groups import Group, group_runs
from .markup import element, escaped
from .page import block, missing, page, paragraph

TABLE_NOTE = (
    "The normalized score is the share of the way from a random policy to the expert, "
    "(return - random) / (expert - random). "
    "A row's intervals are over its N episodes, those of the mean and the IQM over runs. A seed opens the "
    "page of its run."
)
# Added where such a score is shown.
NEAREST_NOTE = (
    " The nearest score is that of the checkpoint nearest to the demonstrations, which is chosen without "
    "looking at "
    "the reward."
)


def render_comparison(runs: Sequence[RunRecord], out: Path, left_out: Sequence[str] = ()) -> str:
    """The whole page.

    Args:
        runs: at least one.
        out: where the page will stand; the links to the runs' own pages start there.
        left_out: sentences about runs that could not be read.
    """
    groups = group_runs(runs)
    links = {run.folder: address(run.folder / "report.html", out) for run in runs}
    title = f"{counted(len(runs), 'run')} in {counted(len(groups), 'configuration')}"
    note = TABLE_NOTE + (NEAREST_NOTE if any_kept(groups) else "")
    sections = (
        element("header", _opening(groups, title) + "".join(map(missing, left_out))),
        side_by_side(groups),
        block("Every run", paragraph(note) + runs_table(groups, links)),
        learning(groups),
        profiles(groups),
        element(
            "footer", "Made by gailforce. This page is one file; its links lead to the pages of the runs."
        ),
    )
    return page(title, "".join(sections), broad=True)


def _opening(groups: Sequence[Group], title: str) -> str:
    by_environment = [(name, list(own)) for name, own in groupby(groups, key=lambda g: g.environment)]
    spans = [element("span", "comparison", class_="name")]
    spans += [element("span", escaped(name)) for name, _ in by_environment]
    ledes = [element("p", escaped(_leader(name, own)), class_="lede") for name, own in by_environment]
    return element("p", "".join(spans), class_="eyebrow") + element("h1", escaped(title)) + "".join(ledes)


def _leader(environment: str, groups: Sequence[Group]) -> str:
    """Which group of an environment scores highest, and whether that is settled."""
    known = [(group, group.iqm) for group in groups if group.iqm is not None]
    if not known:
        return f"{environment}: no run has a scale, so nothing can be ranked."
    (first, best), rest = known[0], known[1:]
    interval = f"{best.value:.2f} [{best.low:.2f}, {best.high:.2f}] over {best.n} runs"
    if best.n == 1:
        interval = f"{best.value:.2f} of a single run, without an interval"
    if not rest:
        return f"{environment}: {first.letter} has an interquartile mean of {interval}."
    near = [group.letter for group, iqm in rest if iqm.high >= best.low]
    settled = "no other interval reaches its own"
    if near:
        letters = " and ".join(near)
        one = f"the interval of {letters} overlaps"
        settled = one if len(near) == 1 else f"the intervals of {letters} overlap"
        settled += " its own, so that order is open"
    return f"{environment}: {first.letter} has the highest interquartile mean, {interval}; {settled}."
