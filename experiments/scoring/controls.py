"""Controls: the scores every result stands beside, kept by what defines them."""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...agents.bc import BC, BCConfig
from ...agents.gail import GAIL, GAILConfig
from ...agents.models.reward import RewardModel
from ...demos.dataset import Demonstrations
from ...demos.durable import write_durably
from ...demos.recorder import RandomPolicy
from ...envs.errors import EnvironmentFault
from ...envs.registry import Horizon, make_env, spaces
from ..runs.process import this_command, versions
from .evaluation import EVALUATION_SEED, evaluate
from .score import Score

# Raised by hand whenever a change of the algorithms makes kept controls untrue.
ALGORITHM = 1
# Controls of the shipped demonstrations, part of the package.
SHIPPED = Path(__file__).parent / "shipped"
# A kept control's policy stands beside its score.
AGENT = ".gfa"
# Steps a second that an announced cost is reckoned with.
STEPS_PER_SECOND = 6000


@dataclass(frozen=True)
class Task:
    """What decides the score of a control."""

    env_id: str
    # What the agent learned from, and all the episodes of the same expert: one reference for every draw.
    demos: Demonstrations
    expert: Demonstrations
    # Environment steps of the agent the control stands beside.
    steps: int
    horizon: Horizon = "native"
    episodes: int = 50
    seed: int = 0
    # The learner whose place the constant reward takes.
    gail: GAILConfig = field(default_factory=GAILConfig)


@dataclass(frozen=True)
class Definition:
    """Everything a control's score depends on, and nothing else."""

    control: str
    task: Task

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        task = self.task
        plain = {
            "control": self.control,
            "environment": task.env_id,
            "horizon": task.horizon,
            "episodes": task.episodes,
            "first_seed": EVALUATION_SEED,
            "seed": task.seed,
        }
        if self.control == "bc":
            plain |= {"demonstrations": task.demos.fingerprint(), "config": asdict(BCConfig())}
        if self.control == "constant":
            # Whatever a critic would be set to, a constant reward asks none.
            plain |= {"steps": task.steps, "n_envs": task.gail.n_envs, "ppo": asdict(task.gail.ppo)}
        return {**plain, "algorithm": ALGORITHM}

    def file_in(self, folder: Path) -> Path:
        """Where the control's score is kept."""
        digest = hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:12]
        return folder / f"{self.control}-{self.task.env_id}-{digest}.json"


def cache_folder() -> Path:
    """The user's own controls: `$XDG_CACHE_HOME/gailforce/controls`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gailforce" / "controls"


def find(name: str, task: Task) -> Score | None:
    """The control's score where it is at hand: shipped, kept, or cheap to make."""
    if name == "expert":
        return expert_score(task.expert)
    for folder in (SHIPPED, cache_folder()):
        path = Definition(name, task).file_in(folder)
        score = _read(path) if path.is_file() else None
        if score is not None:
            return score
    return make(name, task) if name == "random" else None


def make(name: str, task: Task, folder: Path | None = None) -> Score:
    """Train or play the control, keep its score, and return it."""
    definition = Definition(name, task)
    path = definition.file_in(folder or cache_folder())
    score = MAKERS[name](task, path.with_suffix(AGENT))
    origin = {"command": this_command(), "versions": versions()}
    plain = {**origin, "definition": definition.to_json(), "score": score.to_json()}
    try:
        write_durably(path, (json.dumps(plain) + "\n").encode())
    except EnvironmentFault as fault:
        print(f"gailforce: the control is not kept: {fault}", file=sys.stderr)
    return score


def constant_agent(task: Task, train: bool = False) -> Path | None:
    """The policy of an agent paid a constant reward: of this task, else of the body, else made or None."""
    exact = [Definition("constant", task).file_in(folder) for folder in (SHIPPED, cache_folder())]
    like = [
        sorted(path.parent.glob(f"constant-{task.env_id}-*{AGENT}"), key=lambda kept: (-_budget(kept), kept))
        for path in exact
    ]
    policies = [path.with_suffix(AGENT) for path in exact if path.with_suffix(AGENT).is_file()]
    # One of another budget shows what living looks like as well: the longest trained, shipped ones first.
    policies += [path for paths in like for path in paths]
    if not policies and train:
        print(f"training the control constant reward: {cost('constant', task)}", file=sys.stderr, flush=True)
        make("constant", task)
        return constant_agent(task)
    return policies[0] if policies else None


def _budget(agent: Path) -> int:
    """Environment steps that a kept policy was trained for; 0 for one that is kept without its score."""
    try:
        return int(json.loads(agent.with_suffix(".json").read_text())["definition"]["steps"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _read(path: Path) -> Score | None:
    """The kept score; a damaged file is said and counts as none."""
    try:
        return Score.from_json(json.loads(path.read_text())["score"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        print(f"gailforce: the control kept in {path} is damaged ({fault}); making it anew", file=sys.stderr)
        return None


def cost(name: str, task: Task) -> str:
    """What making a missing control takes."""
    return f"about {task.steps / STEPS_PER_SECOND / 60:.0f} min" if name == "constant" else "about 2 min"


def expert_score(demos: Demonstrations) -> Score | None:
    """The demonstrations' own returns; None where their rewards are unknown."""
    if demos.returns is None:
        return None
    episodes = tuple(demos)
    seeds = tuple(t.seed for t in episodes)
    source = f"the episodes of {demos.name or 'the demonstrations'}"
    return Score(tuple(map(float, demos.returns)), tuple(map(len, episodes)), seeds, source)


def _random(task: Task, kept: Path) -> Score:
    policy = RandomPolicy(spaces(task.env_id)[1], task.seed)
    return evaluate(
        policy, task.env_id, task.episodes, horizon=task.horizon, source="uniformly random actions"
    )


def _bc(task: Task, kept: Path) -> Score:
    agent = BC(task.env_id, task.demos, task.seed).learn()
    return evaluate(
        agent, task.env_id, task.episodes, horizon=task.horizon, source="cloning the same demonstrations"
    )


def _constant(task: Task, kept: Path) -> Score:
    config = task.gail
    env = make_env(task.env_id, config.n_envs, task.seed, horizon=task.horizon)
    reward = RewardModel("constant", seed=task.seed, training=config.reward)
    agent = GAIL(env, task.demos, reward, seed=task.seed, config=config, horizon=task.horizon)
    agent.learn(task.steps)
    kept.parent.mkdir(parents=True, exist_ok=True)
    agent.save(kept)
    source = f"the same learner paid a constant reward for {task.steps:,} steps"
    return evaluate(agent, task.env_id, task.episodes, horizon=task.horizon, source=source)


# (task, where its policy may be kept) -> score.
MAKERS: dict[str, Callable[[Task, Path], Score]] = {"random": _random, "bc": _bc, "constant": _constant}
