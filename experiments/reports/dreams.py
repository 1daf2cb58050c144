"""The page of generated trajectories: what physics thinks of each step, and what becomes of one lived."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...demos.physics_residual import states_of
from ...demos.trajectory import Trajectory
from .charts import Line, Reference, line_chart, responsive
from .markup import element, escaped
from .page import block, page, paragraph
from .report import write_whole
from .videos import video_of

# Columns of a state that a reader can picture: place along the ground and height of the root [m].
PLACE, HEIGHT = 0, 1


def write_dreams(
    path: Path,
    title: str,
    facts: Mapping[str, str],
    made: Sequence[Trajectory],
    lived: Sequence[Trajectory],
    dt: float,
    video: Path | None = None,
) -> Path:
    """Write the page.

    Args:
        path: the file.
        title: its heading.
        facts: what was asked and found, by name.
        made: generated episodes with their residuals.
        lived: what physics makes of their actions, one for each; may be empty.
        dt: seconds of a step.
        video: to embed.

    Raises:
        EnvironmentFault: the file cannot be written.
    """
    listed = "".join(element("dt", escaped(k)) + element("dd", escaped(v)) for k, v in facts.items())
    sections = [
        element("header", element("h1", escaped(title)) + element("dl", listed, class_="facts")),
        video_of(video) if video else "",
        residuals(made),
        paths(made[0], lived[0], dt) if lived else "",
    ]
    write_whole(path, page(title, "".join(sections)))
    return path


def residuals(made: Sequence[Trajectory]) -> str:
    """Each episode's residual, step by step."""
    known = [episode.residual.tolist() for episode in made if episode.residual is not None]
    lines = [
        Line(f"episode {i + 1}", _numbered(one), one, bare=i > 0, thin=i > 0, decimals=2)
        for i, one in enumerate(known)
    ]
    real = Reference("real steps", 0.0, "expert", 0)
    note = (
        "How far each generated step departs from what MuJoCo makes of its state and action, in standard "
        "deviations of a step's change; thin, the other episodes."
    )
    chart = responsive(
        lambda width: line_chart(
            lines, [real], x_label="step", y_label="physics residual", describe=note, width=width
        )
    )
    return block("What physics thinks", paragraph(note) + element("figure", chart))


def _numbered(values: Sequence[float]) -> list[float]:
    return [float(step) for step in range(len(values))]


def paths(dream: Trajectory, real: Trajectory, dt: float) -> str:
    """Place and height of the root, dreamt and lived."""
    note = "The first episode as it was dreamt, and as MuJoCo plays its actions from the same start."
    panels = "".join(
        _panel(dream, real, dt, column, label)
        for column, label in ((PLACE, "place along the ground [m]"), (HEIGHT, "height of the root [m]"))
    )
    return block("Dream and physics", paragraph(note) + element("figure", panels, class_="pair"))


def _panel(dream: Trajectory, real: Trajectory, dt: float, column: int, label: str) -> str:
    lines = []
    for name, episode, tone in (("dream", dream, "agent"), ("physics", real, "expert")):
        y = states_of(episode)[:, column].tolist()
        lines.append(Line(name, [dt * i for i in range(len(y))], y, tone=tone, decimals=2))
    return line_chart(lines, x_label="seconds", y_label=label, describe=label, width=420.0, height=260.0)
