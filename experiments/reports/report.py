"""A run's report and the comparison of several: self-contained pages, made from the runs' files."""

import os
from collections.abc import Sequence
from pathlib import Path

from ...envs.errors import EnvironmentFault
from .comparison import render_comparison
from .controls import controls
from .data import RunRecord, read_run
from .headline import headline
from .learning import discriminator, learning_curve
from .markup import element, escaped
from .page import page
from .sections import key_figures, opening, origin
from .verdict import judgement
from .videos import videos


def write_report(run_folder: Path, out: Path | None = None) -> Path:
    """Write the report of a run and return where it stands.

    The page holds everything it shows, video included, and needs no network. What the folder lacks is named
    in a sentence on the page.

    Args:
        run_folder: with `result.json`; `config.toml`, `command.txt`, `metrics.jsonl` and `videos/*.mp4`
            are used where they are there.
        out: the file to write; `report.html` in the run folder by default.

    Raises:
        DataError: no such folder, no readable `result.json` in it, or a run of another kind.
        EnvironmentFault: the file cannot be written; an earlier report is left as it was.
    """
    return write_page(read_run(Path(run_folder)), out)


def write_page(run: RunRecord, out: Path | None = None) -> Path:
    """Write the page of a run that has been read; see `write_report`."""
    target = Path(out) if out is not None else run.folder / "report.html"
    write_whole(target, render(run))
    return target


def write_comparison(runs: Sequence[RunRecord], out: Path, left_out: Sequence[str] = ()) -> Path:
    """Write one page that compares runs and links to their own pages.

    Args:
        runs: at least one; those of one configuration are a group.
        out: the file to write.
        left_out: sentences about runs that could not be read; they stand on the page.

    Raises:
        EnvironmentFault: the file cannot be written; an earlier page is left as it was.
    """
    write_whole(out, render_comparison(runs, out, left_out))
    return out


def render(run: RunRecord) -> str:
    """The whole page of one run."""
    head = headline(run.scores)
    sections = (
        element("header", opening(run, head) + key_figures(run)),
        videos(run),
        judgement(run),
        controls(run),
        learning_curve(run),
        discriminator(run),
        origin(run),
        element(
            "footer", f"Made by gailforce from the run {escaped(run.folder.name)}. This page is one file."
        ),
    )
    return page(f"{run.result.environment or 'Imitation'}: {head.sentence}", "".join(sections))


def write_whole(target: Path, text: str) -> None:
    """Under another name first: whoever opens the report never sees half of it."""
    part = target.with_name(target.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EnvironmentFault(
            f"the report could not be written to {target} ({error.strerror}); free some space or name "
            "another file with --out"
        ) from error
