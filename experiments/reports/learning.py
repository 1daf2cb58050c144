"""The sections on how a run learned: its return, and how well the discriminator told the two apart."""

from collections.abc import Sequence

from ..runs.counting import counted
from .charts import Line, Reference, line_chart, responsive
from .data import TONES, RunRecord
from .markup import element
from .page import block, missing, paragraph

STEPS = "environment steps"
# The levels a learning curve is read against: key of the score and its name on the chart.
LEVELS = (("expert", "expert"), ("bc", "cloning"), ("constant", "constant"), ("random", "random"))


def learning_curve(run: RunRecord) -> str:
    """Evaluation return against steps, with the controls as levels."""
    edges = ("eval/return_low", "eval/return_high")
    line = _line(run, "imitator", "eval/return_mean", "agent", edges, run.return_decimals)
    if not line.x:
        return block("Learning", missing("No evaluation of the return was recorded during training."))
    means = [(name, run.scores[key].mean, TONES[key]) for key, name in LEVELS]
    levels = [
        Reference(name, mean, tone, run.return_decimals) for name, mean, tone in means if mean is not None
    ]
    episodes = {n for _, n in run.series("eval/episodes")}
    each = f" of {counted(round(episodes.pop()), 'episode')} each" if len(episodes) == 1 else ""
    note = f"Evaluations{each} during training; shaded, their lowest to their highest; dashed, the controls."
    chart = responsive(lambda width: _return_chart(line, levels, width))
    return block("Learning", paragraph(note) + element("figure", chart))


def discriminator(run: RunRecord) -> str:
    """How well the discriminator tells expert and agent apart, and how far apart it puts them."""
    accuracy = [_line(run, side, f"discriminator/{side}_accuracy", side, decimals=2) for side in _SIDES]
    logits = [_line(run, side, f"discriminator/{side}_logit", side, decimals=1) for side in _SIDES]
    panels = []
    if any(line.x for line in accuracy):
        guess = Reference("guess", 0.5, decimals=1)
        panels.append(_panel(accuracy, "accuracy: share of steps told rightly", (guess,), (0.0, 1.0)))
    if any(line.x for line in logits):
        panels.append(_panel([_gap(run), *logits], "mean logit, expert high; shaded, the gap", (), None))
    if not panels:
        return block("The discriminator", missing("Nothing was recorded of the discriminator."))
    figure = element("figure", "".join(panels), class_="pair")
    return block("The discriminator", paragraph(_NOTE) + figure)


_SIDES = ("expert", "agent")
_NOTE = (
    "It sees steps of the expert and of the agent and says which is which. The closer the imitation, the "
    "nearer it comes to guessing and the smaller the gap between its logits."
)


def _line(
    run: RunRecord, name: str, key: str, tone: str, edges: Sequence[str] = (), decimals: int = 0
) -> Line:
    """A metric against steps; the band only where its edges were recorded."""
    points = run.series(key, *edges) or run.series(key)
    columns = list(zip(*points, strict=True)) or [(), ()]
    low, high = columns[2:] if len(columns) == 4 else (None, None)
    return Line(name, columns[0], columns[1], low, high, tone, decimals)


def _gap(run: RunRecord) -> Line:
    """The agent's logit once more, with the band between the two logits."""
    points = run.series("discriminator/agent_logit", "discriminator/expert_logit")
    step, agent, expert = list(zip(*points, strict=True)) or [(), (), ()]
    return Line("", step, agent, agent, expert, "muted")


def _return_chart(line: Line, levels: Sequence[Reference], width: float) -> str:
    return line_chart(
        [line],
        levels,
        x_label=STEPS,
        y_label="mean return",
        describe=f"Mean return against steps, from {line.y[0]:.0f} to {line.y[-1]:.0f} at the end.",
        width=width,
        height=360.0 if width > 500 else 300.0,
    )


def _panel(
    lines: Sequence[Line], label: str, levels: Sequence[Reference], y_range: tuple[float, float] | None
) -> str:
    described = "; ".join(f"{line.name} ends at {line.y[-1]:.2f}" for line in lines if line.y and line.name)
    return line_chart(
        lines,
        levels,
        x_label=STEPS,
        y_label=label,
        describe=f"{label} against steps: {described}.",
        width=400.0,
        height=280.0,
        y_range=y_range,
    )
