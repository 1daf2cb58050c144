"""The verb `evaluate`: a policy's score in a table with its controls; no score stands alone."""

import sys
from typing import Any, Literal

from ..runs.counting import counted
from . import controls
from .controls import Task
from .evaluation import Score
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
) -> dict[str, Any]:
    """The agent's scores and its controls' as plain values, with normalized returns.

    Args:
        scores: of the agent, by mode.
        task: what the controls are made for.
        mode: `cached` uses what is at hand, `full` makes the missing ones, `none` only the references.
        expert: the expert's score where the demonstrations hold no rewards.
    """
    names = ("random", "expert") if mode == "none" else CONTROLS
    found = {name: controls.find(name, task) for name in names}
    found["expert"] = expert or found["expert"]
    wanted = [name for name in TRAINED[mode] if found[name] is None]
    found |= _make([name for name in wanted if name != "constant" or task.steps], task)
    references = _mean(found["random"]), _mean(found["expert"])
    return {
        "agent": {name: score.to_json(*references) for name, score in scores.items()},
        "controls": {
            name: {"missing": _reason(name, task)} if score is None else score.to_json(*references)
            for name, score in found.items()
        },
    }


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


def table(result: dict[str, Any]) -> str:
    """Every policy's return and normalized score with intervals over episodes, as text."""
    lines = [f"{'':<22}{'return':>26}  {'normalized score':>20}  N"]
    for key, name in ROWS.items():
        entry = (result["agent"] | result["controls"]).get(key)
        if entry is not None:
            lines.append(f"{name:<22}{_cells(entry)}")
    return "\n".join(lines)


def _cells(entry: dict[str, Any]) -> str:
    if "missing" in entry:
        return f"{'-':>26}  {entry['missing']}"
    returns, normalized_score = mean_interval(entry["returns"]), entry["normalized_score"]
    share = (
        "-"
        if normalized_score is None
        else _bare(
            Estimate(
                normalized_score["value"],
                normalized_score["low"],
                normalized_score["high"],
                normalized_score["n"],
            )
        )
    )
    return f"{_bare(returns):>26}  {share:>20}  {returns.n}"


def _bare(estimate: Estimate) -> str:
    return str(estimate).rsplit(" N=", 1)[0]


def describe_result(result: dict[str, Any]) -> str:
    """A finished run in words: origin, table, and where everything is."""
    demos = result["demonstrations"]
    return (
        f"{result['environment']}, {counted(demos['episodes'], 'episode')} of {demos['name']} "
        f"({counted(demos['transitions'], 'transition')}), "
        f"{_steps(result)}{_pace(result)}\n\n"
        f"{table(result)}\n\n{FOOTNOTE}\n{_verdict(result)}"
        f"report: {result['run']}/report.html"
    )


def _steps(result: dict[str, Any]) -> str:
    """Of a run in a dream also how few of its steps were real."""
    steps, real = result["steps"], result.get("real_steps", result["steps"])
    if not result["config"].get("world_model"):
        return counted(steps, "step")
    return f"{counted(steps, 'imagined step')} and {counted(real, 'real one')}"


def _verdict(result: dict[str, Any]) -> str:
    found = result.get("verdict")
    return f"verdict without reward: {found['verdict']}. {found['sentence']}\n" if found else ""


def _pace(result: dict[str, Any]) -> str:
    speed = result["steps_per_second"]
    # A run that was resumed after its last step has only been scored.
    return f" in {result['seconds']['training']:,.0f} s ({speed:,} steps/s)" if speed else ""
