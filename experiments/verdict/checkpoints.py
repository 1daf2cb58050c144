"""The checkpoint nearest to the demonstrations: a choice that reads no reward."""

from collections.abc import Sequence
from typing import Any

from ...agents.loading import load_policy
from ...demos.durable import write_durably
from ...envs.registry import Horizon
from ..runs.folder import RunFolder
from ..scoring.evaluation import evaluate
from .evidence import Moment


def nearest(found: Sequence[Moment]) -> Moment | None:
    """The moment of least distance; None without any."""
    return min(found, key=lambda moment: moment.distance, default=None)


def keep(run: RunFolder, found: Sequence[Moment]) -> int | None:
    """Copy the nearest checkpoint to `kept.gfa`; returns its step, or None where there are no checkpoints."""
    best = nearest(found)
    if best is None:
        return None
    write_durably(run.kept, run.checkpoint(best.step).read_bytes())
    return best.step


def score_kept(
    run: RunFolder, env: str, horizon: Horizon, result: dict[str, Any], step: int
) -> dict[str, Any]:
    """The kept policy's score on the same episodes as the last one's, with its step."""
    episodes = len(result["agent"]["deterministic"]["returns"])
    source = f"the checkpoint nearest to the demonstrations, step {step:,}"
    score = evaluate(load_policy(run.kept), env, episodes, horizon=horizon, source=source)
    means = [result["controls"][name].get("mean") for name in ("random", "expert")]
    return {**score.to_json(*means), "step": step}


def looked_at(run: RunFolder, found: Sequence[Moment]) -> list[dict[str, float]]:
    """Step, distance and, to score the choice afterwards, the curve's true return of every checkpoint."""
    curve = dict(run.series("eval/return_mean"))
    return [
        {"step": moment.step, "distance": moment.distance, "return": curve[moment.step]}
        for moment in found
        if moment.step in curve
    ]
