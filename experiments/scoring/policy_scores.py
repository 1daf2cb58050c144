"""The scores of a policy that was trained before, beside its controls."""

from ...demos.recorder import Policy
from .controls import Task
from .evaluation import evaluate
from .score import Score, ScoreEntry, ScoreTable
from .score_table import ControlMode, with_controls

NO_EXPLORING = ScoreEntry(missing="this file holds no exploring policy")


def policy_scores(policy: Policy, task: Task, controls: ControlMode, expert: Policy | None) -> ScoreTable:
    """Scores of deterministic and exploring episodes, with those of the controls.

    Args:
        policy: to score.
        task: its environment and episodes, and what the controls are made for.
        controls: which of the missing ones are trained.
        expert: to score where the demonstrations hold no rewards.
    """
    explores = getattr(policy, "explores", True)
    scores = {"deterministic": _score(policy, task, True)}
    if explores:
        scores["exploring"] = _score(policy, task, False)
    table = with_controls(scores, task, controls, None if expert is None else _score(expert, task, True))
    return table if explores else table.with_agent("exploring", NO_EXPLORING)


def _score(policy: Policy, task: Task, deterministic: bool) -> Score:
    source = "gailforce evaluate"
    return evaluate(policy, task.env_id, task.episodes, deterministic, horizon=task.horizon, source=source)
