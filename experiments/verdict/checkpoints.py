"""The checkpoint nearest to the demonstrations: a choice that reads no reward."""

from collections.abc import Sequence
from dataclasses import replace

from ...agents.loading import load_policy
from ...demos.durable import write_durably
from ...envs.registry import Horizon
from ..runs.folder import RunFolder
from ..scoring.evaluation import evaluate
from ..scoring.run_result import CheckpointChoice
from ..scoring.score import ScoreEntry, ScoreTable
from .evidence import CheckpointDistance


def nearest(checkpoints: Sequence[CheckpointDistance]) -> CheckpointDistance | None:
    """The checkpoint of least distance; None without any."""
    return min(checkpoints, key=lambda checkpoint: checkpoint.distance, default=None)


def keep(run: RunFolder, checkpoints: Sequence[CheckpointDistance]) -> int | None:
    """Copy the nearest checkpoint to `kept.gfa`; returns its step, or None where there are no checkpoints."""
    best = nearest(checkpoints)
    if best is None:
        return None
    write_durably(run.kept, run.checkpoint(best.step).read_bytes())
    return best.step


def score_kept(run: RunFolder, env: str, horizon: Horizon, scores: ScoreTable, step: int) -> ScoreEntry:
    """The kept policy's score on the same episodes as the last one's, with its step."""
    last = scores.agent["deterministic"].score
    assert last is not None
    source = f"the checkpoint nearest to the demonstrations, step {step:,}"
    score = evaluate(load_policy(run.kept), env, len(last.returns), horizon=horizon, source=source)
    random, expert = (scores.controls[name].mean for name in ("random", "expert"))
    return replace(ScoreEntry.of(score, random, expert), step=step)


def choices(run: RunFolder, checkpoints: Sequence[CheckpointDistance]) -> tuple[CheckpointChoice, ...]:
    """Every checkpoint with the curve's true return, to score the choice afterwards."""
    curve = dict(run.series("eval/return_mean"))
    return tuple(
        CheckpointChoice(checkpoint.step, checkpoint.distance, curve[checkpoint.step])
        for checkpoint in checkpoints
        if checkpoint.step in curve
    )
