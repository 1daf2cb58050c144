"""Imitation as a run: from demonstrations to a policy, its score beside controls, a video and a report."""

import sys
import time
from dataclasses import dataclass
from typing import Any

from ...agents.gail import GAIL
from ...agents.model_based.gail import ModelBasedGAIL
from ...agents.sb3.callbacks import Evaluation, Periodic, save_on_the_way
from ...demos.dataset import Demonstrations
from ...envs.errors import GailforceError, UsageError
from ...envs.registry import env_id, make_env
from ..reports.report import write_report
from ..runs.folder import RunFolder
from ..runs.process import termination_interrupts, versions
from ..runs.progress import progress
from ..runs.provenance import commit
from ..scoring import controls
from ..scoring.evaluation import evaluate
from ..scoring.score_table import ControlMode, with_controls
from ..verdict.checkpoints import keep, looked_at, score_kept
from ..verdict.judge import gather, judge, write_verdict
from ..video.compose import film_beside_expert
from .config import ImitationConfig

# Seed and number of the episodes behind the learning curve; apart from those of scores.
CURVE_SEED, CURVE_EPISODES = 60_000, 10


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
class Training:
    """What one session of training took; a resumed run has had others before."""

    steps: int
    seconds: float

    @property
    def steps_per_second(self) -> int | None:
        """Speed with all learning; None where nothing was left to learn."""
        return round(self.steps / self.seconds) if self.steps else None


def train(agent: GAIL, run: RunFolder, config: ImitationConfig, every: int, plain: bool = False) -> Training:
    """Train up to the configured steps, with checkpoints and a learning curve.

    Args:
        agent: new, or restored from a checkpoint.
        run: where everything is kept.
        config: what was chosen.
        every: environment steps between two checkpoints and two points of the curve.
        plain: no bar on standard output.

    Raises:
        KeyboardInterrupt: after saving a checkpoint; says how to go on.
    """
    agent.learner.set_logger(run.logger())
    copies = make_env(config.env, CURVE_EPISODES, CURVE_SEED, config.threads, config.horizon)
    look = Periodic(every, Evaluation(agent, copies, CURVE_EPISODES))
    callbacks = [look, save_on_the_way(agent, run.checkpoints, every), progress(plain)]
    done, started = agent.learner.num_timesteps, time.time()
    if done >= config.steps:
        return Training(0, 0.0)
    with termination_interrupts():
        try:
            agent.learn(config.steps - done, callbacks, reset_num_timesteps=done == 0)
        except KeyboardInterrupt:
            agent.save(run.checkpoint(agent.learner.num_timesteps))
            raise KeyboardInterrupt(_interrupted(agent, run)) from None
    agent.save(run.agent)
    if isinstance(agent, ModelBasedGAIL):
        agent.save_world(run.world)
    return Training(agent.learner.num_timesteps - done, time.time() - started)


def _interrupted(agent: GAIL, run: RunFolder) -> str:
    """What can be done with a run that was stopped."""
    if not isinstance(agent, ModelBasedGAIL):
        return f"go on with: gailforce resume {run.path}"
    agent.save_world(run.world)
    return f"model-based training cannot be resumed; its world model is kept: gailforce dream {run.path}"


def finish(
    agent: GAIL,
    run: RunFolder,
    config: ImitationConfig,
    demos: Demonstrations,
    training: Training,
    show: FinishConfig,
) -> dict[str, Any]:
    """Score the trained agent beside its controls, film it, write result and report."""
    started = time.time()
    modes = {"deterministic": True, "exploring": False}
    scores = {
        mode: evaluate(
            agent,
            config.env,
            show.evaluation_episodes,
            flag,
            horizon=config.horizon,
            source=f"this run, {mode}",
        )
        for mode, flag in modes.items()
    }
    result = {
        **facts(run, config, demos),
        "seconds": {"training": round(training.seconds, 1), "evaluation": round(time.time() - started, 1)},
        "steps_per_second": training.steps_per_second,
        "real_steps": agent.real_steps,
    }
    # Whatever happens to the controls, the agent's own scores are kept.
    run.write_result({**result, **with_controls(scores, config.task(demos), "none")})
    result |= with_controls(scores, config.task(demos), show.controls)
    run.write_result(result)
    if show.verdict:
        result |= _judge(agent, run, config, demos, result)
        run.write_result(result)
    exit_code = _film(agent, run, config) if show.video else 0
    write_report(run.path)
    return {**result, "exit_code": exit_code}


def _judge(
    agent: GAIL, run: RunFolder, config: ImitationConfig, demos: Demonstrations, result: dict[str, Any]
) -> dict[str, Any]:
    """The verdict, kept in the run, and the score of the checkpoint it finds nearest."""
    constant = controls.constant_agent(config.task(demos))
    evidence = gather(
        agent, agent.reward_model, run, demos.without_rewards(), config.env, config.horizon, constant
    )
    found = write_verdict(run, judge(evidence), demos.name)
    step = keep(run, evidence.moments)
    kept = {} if step is None else {"kept": score_kept(run, config.env, config.horizon, result, step)}
    chosen = {"checkpoints": looked_at(run, evidence.moments)}
    return {
        **chosen,
        "agent": {**result["agent"], **kept},
        "verdict": {k: found[k] for k in ("verdict", "sentence")},
    }


def _film(agent: GAIL, run: RunFolder, config: ImitationConfig) -> int:
    """Film beside the expert; where that cannot be, score and report are kept, and the exit code says so."""
    path = run.videos / "beside-expert.mp4"
    try:
        film_beside_expert(
            agent, config.env, config.expert_episode(), agent.reward_model, path, config.horizon
        )
    except GailforceError as fault:
        print(f"gailforce: no video: {fault}", file=sys.stderr)
        return fault.exit_code
    return 0


def facts(run: RunFolder, config: ImitationConfig, demos: Demonstrations) -> dict[str, Any]:
    """What a result must say about its origin."""
    return {
        "kind": "imitation",
        "environment": env_id(config.env),
        "horizon": config.horizon,
        "method": "GAIL",
        "reward_model": config.reward,
        "inputs": config.inputs,
        "form": config.form,
        "demonstrations": {
            "name": demos.name,
            "episodes": len(demos),
            "transitions": demos.steps,
            "sha256": demos.fingerprint(),
        },
        "steps": config.steps,
        "seed": config.seed,
        "config": config.to_plain(),
        "commit": commit(),
        "versions": versions(),
        "command": run.command,
        "run": str(run.path),
    }
