"""The work behind a cell: play the references, clone, or train against any reward model; then score."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...agents.agent import Agent
from ...agents.apprenticeship import Apprenticeship, ApprenticeshipConfig
from ...agents.bc import BC, BCConfig
from ...agents.mixture_regression import GMR, GMRConfig
from ...demos.dataset import Demonstrations
from ...demos.recorder import Policy
from ...envs.errors import DataError
from ...envs.registry import env_id
from ..pipeline.config import ImitationConfig
from ..pipeline.finish import FinishConfig, facts, finish
from ..pipeline.session import Session
from ..pipeline.train import train
from ..runs.folder import RunFolder
from ..runs.process import versions
from ..runs.provenance import commit
from ..scoring import controls
from ..scoring.controls import Task
from ..scoring.evaluation import evaluate
from ..scoring.reading import PlainTable
from ..scoring.run_result import RunResult
from ..scoring.score import Score
from ..scoring.score_table import with_controls
from .cell import Cell, shown

# Environment steps between two checkpoints and two points of a learning curve.
EVERY = 100_000
# What a clone reads of a configuration.
CLONING = ("env", "demos", "episodes", "draw", "subsample", "horizon", "seed")
# Where the settings of a method without a reward model stand in a configuration.
TABLES: dict[type, str] = {BCConfig: "bc", GMRConfig: "gmr", ApprenticeshipConfig: "apprenticeship"}


@dataclass(frozen=True)
class Job:
    """A cell to be run.

    Attributes:
        cell: what.
        folder: the run's folder, which is empty.
        command: what the user typed, for the result.
    """

    cell: Cell
    folder: Path
    command: str

    def to_json(self) -> dict[str, Any]:
        """Plain values, for another process."""
        return {"cell": self.cell.to_json(), "folder": str(self.folder), "command": self.command}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "Job":
        """The job `to_json` wrote."""
        return cls(Cell.from_json(plain["cell"]), Path(plain["folder"]), plain["command"])


@dataclass(frozen=True)
class CloneSettings:
    """What an agent without a reward model depends on: its task, and the settings of its method."""

    task: ImitationConfig
    method: BCConfig | GMRConfig | ApprenticeshipConfig

    def to_plain(self) -> dict[str, Any]:
        """Plain values for the run's `config.toml` and its result."""
        plain = {name: getattr(self.task, name) for name in CLONING}
        plain[TABLES[type(self.method)]] = asdict(self.method)
        return plain | ({"steps": self.task.steps} if isinstance(self.method, ApprenticeshipConfig) else {})


@dataclass(frozen=True)
class CellResult:
    """What is kept of a finished cell: its result, key and definition."""

    result: RunResult
    cell: Cell

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        definition = self.cell.definition.to_json()
        return {**self.result.to_json(), "key": self.cell.key, "definition": definition}


def perform(job: Job) -> CellResult:
    """Run a cell from its beginning to its score; returns what is kept of it.

    Raises:
        GailforceError: whatever the work raises; nothing is caught here.
    """
    return CellResult(WORK.get(job.cell.method, _imitate)(job), job.cell)


def _imitate(job: Job) -> RunResult:
    """As the verb imitate does, without a video."""
    config = replace(job.cell.config, reward=job.cell.method)
    session = Session.load(config)
    agent = session.agent()
    run = RunFolder.at(job.folder, "imitation", config, job.command)
    training = train(agent, run, config, EVERY, plain=True)
    episodes = job.cell.evaluation_episodes
    show = FinishConfig(controls="none", evaluation_episodes=episodes, video=False, verdict=False)
    return finish(agent, run, session, training, show).result


def _bc(job: Job) -> RunResult:
    config, cloning = job.cell.config, job.cell.cloning

    def trained(demos: Demonstrations) -> Agent:
        return BC(config.env, config.taught(demos), config.seed, cloning).learn()

    return _cloned(job, "BC", trained, CloneSettings(config, cloning))


def _gmr(job: Job) -> RunResult:
    config = job.cell.config

    def trained(demos: Demonstrations) -> Agent:
        return GMR(config.env, demos, config.seed).learn()

    return _cloned(job, "GMR", trained, CloneSettings(config, GMRConfig()))


def _apprenticeship(job: Job) -> RunResult:
    config = job.cell.config

    def trained(demos: Demonstrations) -> Agent:
        return Apprenticeship(config.env, demos, config.seed, horizon=config.horizon).learn(config.steps)

    return _cloned(job, "apprenticeship learning", trained, CloneSettings(config, ApprenticeshipConfig()))


def _cloned(
    job: Job, method: str, trained: Callable[[Demonstrations], Agent], settings: CloneSettings
) -> RunResult:
    """An agent without a reward model: train, save, score in both modes."""
    config, started = job.cell.config, time.time()
    session = Session.load(config)
    run = RunFolder.at(job.folder, "cloning", settings, job.command)
    agent = trained(session.demos)
    agent.save(run.agent)
    ready = time.time()
    scores = {mode: _score(agent, job.cell, flag) for mode, flag in MODES.items()}
    seconds = {"training": round(ready - started, 1), "evaluation": round(time.time() - ready, 1)}
    result = replace(
        facts(run, session),
        kind="cloning",
        method=method,
        reward_model=None,
        inputs=None,
        form=None,
        steps=None,
        config=PlainTable(settings.to_plain()),
        seconds=seconds,
        scores=with_controls(scores, session.task(), "none"),
    )
    run.write_result(result.to_json())
    return result


def _expert(job: Job) -> RunResult:
    whole = Demonstrations.load(job.cell.config.demos)
    score = controls.expert_score(whole)
    if score is None:
        raise DataError(
            f"{job.cell.config.demos} hold no rewards, so their expert has no score; take it out of the grid"
        )
    return _reference(job, score, whole)


def _random(job: Job) -> RunResult:
    cell, whole = job.cell, Demonstrations.load(job.cell.config.demos)
    config = cell.config
    task = Task(env_id(config.env), whole, whole, 0, config.horizon, cell.evaluation_episodes)
    return _reference(job, controls.make("random", task, job.folder), whole)


def _reference(job: Job, score: Score, whole: Demonstrations) -> RunResult:
    config, started = job.cell.config, time.time()
    scores = with_controls({"deterministic": score}, config.task(whole, whole), "none")
    return RunResult(
        kind="reference",
        environment=env_id(config.env),
        horizon=config.horizon,
        method=shown(job.cell.method),
        config=PlainTable({"env": config.env, "demos": config.demos, "horizon": config.horizon}),
        commit=commit(),
        versions=versions(),
        command=job.command,
        seconds={"training": 0.0, "evaluation": round(time.time() - started, 1)},
        scores=scores,
    )


def _score(agent: Policy, cell: Cell, deterministic: bool) -> Score:
    env, horizon = cell.config.env, cell.config.horizon
    return evaluate(agent, env, cell.evaluation_episodes, deterministic, horizon=horizon, source="this cell")


MODES = {"deterministic": True, "exploring": False}
# The work of every method that is no reward model.
WORK: dict[str, Callable[[Job], RunResult]] = {
    "expert": _expert,
    "random": _random,
    "bc": _bc,
    "gmr": _gmr,
    "apprenticeship": _apprenticeship,
}
