"""A policy's scores in a table with those of its controls; no score stands alone."""

import sys
from typing import Literal

from ..runs.counting import counted
from . import controls
from .controls import Task
from .run_result import RunResult
from .score import Score, ScoreEntry, ScoreTable
from .statistics import Estimate, mean_interval

ControlMode = Literal["cached", "cheap", "full", "none"]
FOOTNOTE = "normalized score: 0 is random, 1 the expert; 95 % intervals over episodes."
# The controls each mode trains where they are missing.
TRAINED = {"cached": (), "cheap": ("bc",), "full": ("bc", "constant"), "none": ()}
CONTROLS = ("random", "bc", "constant", "expert")
ROWS = {
    "deterministic": "agent, deterministic",
    "exploring": "agent, exploring",
    "kept": "agent, nearest step",
    "random": "random actions",
    "bc": "behavior cloning",
    "constant": "constant reward",
    "expert": "expert",
}


def with_controls(
    scores: dict[str, Score], task: Task, mode: ControlMode, expert: Score | None = None
) -> ScoreTable:
    """The agent's scores and its controls', with normalized scores.

    Args:
        scores: of the agent, by mode.
        task: what the controls are made for.
        mode: `cached` uses what is at hand, `full` makes the missing ones, `none` only the references.
        expert: the expert's score where the demonstrations hold no rewards.
    """
    names = ("random", "expert") if mode == "none" else CONTROLS
    controls_at_hand = {name: controls.find(name, task) for name in names}
    controls_at_hand["expert"] = expert or controls_at_hand["expert"]
    untrained = [name for name in TRAINED[mode] if controls_at_hand[name] is None]
    controls_at_hand |= _make([name for name in untrained if name != "constant" or task.steps], task)
    references = _mean(controls_at_hand["random"]), _mean(controls_at_hand["expert"])
    return ScoreTable(
        agent={name: ScoreEntry.of(score, *references) for name, score in scores.items()},
        controls={
            name: ScoreEntry(missing=_reason(name, task))
            if score is None
            else ScoreEntry.of(score, *references)
            for name, score in controls_at_hand.items()
        },
    )


def _mean(score: Score | None) -> float | None:
    return None if score is None else score.mean


def _make(names: list[str], task: Task) -> dict[str, Score]:
    for name in names:
        print(f"training the control {ROWS[name]}: {controls.cost(name, task)}", file=sys.stderr, flush=True)
    return {name: controls.make(name, task) for name in names}


def _reason(name: str, task: Task) -> str:
    if name == "expert":
        return "the demonstrations hold no rewards; name the expert's policy with --expert"
    if name == "constant" and task.steps == 0:
        return "the step budget of this policy is not known"
    return f"not trained yet; --controls full makes it in {controls.cost(name, task)}"


def table(scores: ScoreTable) -> str:
    """Every policy's return and normalized score with intervals over episodes, as text."""
    lines = [f"{'':<22}{'return':>26}  {'normalized score':>20}  N"]
    for key, name in ROWS.items():
        entry = scores.agent.get(key) or scores.controls.get(key)
        if entry is not None:
            lines.append(f"{name:<22}{_cells(entry)}")
    return "\n".join(lines)


def _cells(entry: ScoreEntry) -> str:
    if entry.score is None:
        return f"{'-':>26}  {entry.missing}"
    returns = mean_interval(entry.score.returns)
    share = "-" if entry.normalized_score is None else _bare(entry.normalized_score)
    return f"{_bare(returns):>26}  {share:>20}  {returns.n}"


def _bare(estimate: Estimate) -> str:
    return str(estimate).rsplit(" N=", 1)[0]


def describe_result(result: RunResult) -> str:
    """A finished run in words: origin, table, and where everything is."""
    demos = result.demonstrations
    assert demos is not None
    assert demos.episodes is not None
    assert demos.transitions is not None
    return (
        f"{result.environment}, {counted(demos.episodes, 'episode')} of {demos.name} "
        f"({counted(demos.transitions, 'transition')}), "
        f"{_steps(result)}{_pace(result)}\n\n"
        f"{table(result.scores)}\n\n{FOOTNOTE}\n{_verdict(result)}"
        f"report: {result.run}/report.html"
    )


def _steps(result: RunResult) -> str:
    """For a run in a world model also the number of real steps."""
    steps = result.steps or 0
    if result.world_model is None:
        return counted(steps, "step")
    real = steps if result.real_steps is None else result.real_steps
    return f"{counted(steps, 'imagined step')} and {counted(real, 'real one')}"


def _verdict(result: RunResult) -> str:
    verdict = result.verdict
    return f"verdict without reward: {verdict.word}. {verdict.sentence}\n" if verdict else ""


def _pace(result: RunResult) -> str:
    speed = result.steps_per_second
    # A run that was resumed after its last step has only been scored.
    return f" in {result.seconds['training']:,.0f} s ({speed:,} steps/s)" if speed else ""
