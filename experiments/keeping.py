"""The checkpoint nearest to the demonstrations: a choice on the way that looks at no reward.

Run `python -m gailforce.experiments.keeping results/cells/gail-*.json` from the root of a checkout: finished
cells whose run folder is still there get the score of that checkpoint beside that of the last.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..agents.loading import load_policy
from ..agents.settings import from_plain
from ..demos.durable import write_durably
from .evaluation import evaluate
from .evidence import Judge, Moment, moments
from .imitation_config import ImitationConfig
from .process import one_thread
from .run import RunFolder


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


def score_kept(run: RunFolder, config: ImitationConfig, result: dict[str, Any], step: int) -> dict[str, Any]:
    """The kept policy's score on the same episodes as the last one's, with its step."""
    episodes = len(result["agent"]["deterministic"]["returns"])
    source = f"the checkpoint nearest to the demonstrations, step {step:,}"
    score = evaluate(load_policy(run.kept), config.env, episodes, horizon=config.horizon, source=source)
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


def main() -> None:
    """Complete finished cells."""
    one_thread()
    for path in map(Path, sys.argv[1:]):
        result = json.loads(path.read_text())
        folder = Path(result.get("run", ""))
        if "kept" in result["agent"] or not (folder / "checkpoints").is_dir():
            continue
        run, config = RunFolder.open(folder), from_plain(ImitationConfig, result["config"])
        judge = Judge.of(config.env, config.demonstrations().without_rewards(), config.horizon, threads=1)
        found = moments(run, judge)
        step = keep(run, found)
        if step is not None:
            result["agent"]["kept"] = score_kept(run, config, result, step)
            result["checkpoints"] = looked_at(run, found)
            write_durably(path, (json.dumps(result, indent=1) + "\n").encode())
            print(f"{path.name}: step {step:,}, NR {result['agent']['kept']['nr']['value']:.3f}", flush=True)


if __name__ == "__main__":
    main()
