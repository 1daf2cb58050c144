"""The second half of a run: scores, verdict, film and page of a trained agent."""

import sys
import time
from dataclasses import dataclass, replace
from typing import Any

from ...agents.gail import GAIL
from ...envs.errors import GailforceError, UsageError
from ...envs.registry import env_id
from ..reports.data import record_of
from ..reports.report import write_page
from ..runs.folder import RunFolder
from ..runs.process import versions
from ..runs.provenance import commit
from ..scoring import controls
from ..scoring.evaluation import evaluate
from ..scoring.reading import PlainTable
from ..scoring.run_result import DemosFacts, RunResult, VerdictSummary
from ..scoring.score import Score
from ..scoring.score_table import ControlMode, with_controls
from ..verdict.checkpoints import choices, keep, score_kept
from ..verdict.judge import gather, judge, write_verdict
from ..verdict.verdict import Verdict
from ..video.compose import film_beside_expert
from .session import Session
from .train import Training


@dataclass(frozen=True)
class FinishConfig:
    """What is shown of a trained agent."""

    # Controls: cached uses those at hand, cheap trains a missing clone, full all, none only references.
    controls: ControlMode = "cached"
    # Episodes of the final scores.
    evaluation_episodes: int = 50
    # Film the imitator beside the expert.
    video: bool = True
    # Judge without reward, and score the checkpoint nearest to the demonstrations beside the last.
    verdict: bool = True

    def __post_init__(self) -> None:
        if self.evaluation_episodes < 1:
            raise UsageError(f"a score needs at least one episode; got {self.evaluation_episodes}")


@dataclass(frozen=True)
class Finished:
    """A run's result, and the exit code: that of a film that could not be made, else 0."""

    result: RunResult
    exit_code: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values of both."""
        return {**self.result.to_json(), "exit_code": self.exit_code}


def finish(agent: GAIL, run: RunFolder, session: Session, training: Training, show: FinishConfig) -> Finished:
    """Score the trained agent beside its controls, judge and film it; `result.json` follows each stage."""
    result = _scored(agent, run, session, training, show)
    verdict = None
    if show.verdict:
        result, verdict = _judged(agent, run, session, result)
        run.write_result(result.to_json())
    exit_code = _film(agent, run, session) if show.video else 0
    write_page(record_of(run.path, result, verdict))
    return Finished(result, exit_code)


def _scored(
    agent: GAIL, run: RunFolder, session: Session, training: Training, show: FinishConfig
) -> RunResult:
    started, task = time.time(), session.task()
    scores = {
        mode: _score(agent, session, show.evaluation_episodes, mode)
        for mode in ("deterministic", "exploring")
    }
    result = replace(
        facts(run, session),
        seconds={"training": round(training.seconds, 1), "evaluation": round(time.time() - started, 1)},
        steps_per_second=training.steps_per_second,
        real_steps=agent.real_steps,
    )
    # Whatever happens to the controls, the agent's own scores are kept.
    run.write_result(replace(result, scores=with_controls(scores, task, "none")).to_json())
    result = replace(result, scores=with_controls(scores, task, show.controls))
    run.write_result(result.to_json())
    return result


def _score(agent: GAIL, session: Session, episodes: int, mode: str) -> Score:
    config = session.config
    return evaluate(
        agent,
        config.env,
        episodes,
        mode == "deterministic",
        horizon=config.horizon,
        source=f"this run, {mode}",
    )


def _judged(agent: GAIL, run: RunFolder, session: Session, result: RunResult) -> tuple[RunResult, Verdict]:
    """The verdict, kept in the run, and the score of the checkpoint it finds nearest."""
    config, demos = session.config, session.demos
    constant = controls.constant_agent(session.task())
    evidence = gather(
        agent, agent.reward_model, run, demos.without_rewards(), config.env, config.horizon, constant
    )
    verdict = write_verdict(run, judge(evidence), demos.name)
    step, scores = keep(run, evidence.checkpoints), result.scores
    if step is not None:
        scores = scores.with_agent("kept", score_kept(run, config.env, config.horizon, scores, step))
    judged = replace(
        result,
        scores=scores,
        checkpoints=choices(run, evidence.checkpoints),
        verdict=VerdictSummary(verdict.word, verdict.sentence),
    )
    return judged, verdict


def _film(agent: GAIL, run: RunFolder, session: Session) -> int:
    """Film beside the expert; where that cannot be, score and report are kept, and the exit code says so."""
    path, config = run.videos / "beside-expert.mp4", session.config
    try:
        film_beside_expert(
            agent, config.env, session.expert_episode(), agent.reward_model, path, config.horizon
        )
    except GailforceError as fault:
        print(f"gailforce: no video: {fault}", file=sys.stderr)
        return fault.exit_code
    return 0


def facts(run: RunFolder, session: Session) -> RunResult:
    """What a result says about its origin; nothing is scored yet."""
    config, demos = session.config, session.demos
    return RunResult(
        kind="imitation",
        environment=env_id(config.env),
        horizon=config.horizon,
        method="GAIL",
        reward_model=config.reward,
        inputs=config.inputs,
        form=config.form,
        demonstrations=DemosFacts(demos.name, len(demos), demos.steps, demos.fingerprint()),
        steps=config.steps,
        seed=config.seed,
        config=PlainTable(config.to_plain()),
        commit=commit(),
        versions=versions(),
        command=run.command,
        run=str(run.path),
    )
