"""The verb `evaluate`: a policy's score in a table with its controls; no score stands alone."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from ..agents.loading import PolicyOptions
from ..agents.settings import from_plain
from ..demos.dataset import Demonstrations, require_environment
from ..envs.errors import UsageError
from ..envs.registry import Horizon, spaces
from . import controls
from .command import Command
from .controls import Task
from .counting import counted
from .evaluation import Score, evaluate
from .imitation_config import ImitationConfig
from .process import one_thread, this_command, versions
from .statistics import Estimate, mean_interval
from .target import Target, resolve

ControlMode = Literal["cached", "cheap", "full", "none"]
FOOTNOTE = "NR: 0 is random, 1 the expert; 95 % intervals over episodes."
# The controls each mode trains where they are missing.
TRAINED = {"cached": (), "cheap": ("bc",), "full": ("bc", "constant"), "none": ()}
CONTROLS = ("random", "bc", "constant", "expert")
ROWS = {
    "deterministic": "agent, deterministic",
    "exploring": "agent, exploring",
    "kept": "agent, nearest step",
    "random": "random actions",
    "bc": "behaviour cloning",
    "constant": "constant reward",
    "expert": "expert",
}


def with_controls(
    scores: dict[str, Score], task: Task, mode: ControlMode, expert: Score | None = None
) -> dict[str, Any]:
    """The agent's scores and its controls' as plain values, with normalised returns.

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
    """Every policy's return and NR with intervals over episodes, as text."""
    lines = [f"{'':<22}{'return':>26}  {'NR':>20}  N"]
    for key, name in ROWS.items():
        entry = (result["agent"] | result["controls"]).get(key)
        if entry is not None:
            lines.append(f"{name:<22}{_cells(entry)}")
    return "\n".join(lines)


def _cells(entry: dict[str, Any]) -> str:
    if "missing" in entry:
        return f"{'-':>26}  {entry['missing']}"
    returns, nr = mean_interval(entry["returns"]), entry["nr"]
    share = "-" if nr is None else _bare(Estimate(nr["value"], nr["low"], nr["high"], nr["n"]))
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


@dataclass
class Evaluate(Command):
    """Score a policy in gymnasium.make, beside its controls.

    Examples:
        gailforce evaluate runs/imitate-hopper-X
        gailforce evaluate my-ppo.zip --env Hopper-v5 --demos hopper-expert
        gailforce evaluate sac.zip --env Walker2d-v5 --obs-mean mean.npy --obs-std std.npy
    """

    # A run, a saved agent (.gfa), or a Stable-Baselines3 zip.
    policy: Annotated[Path, tyro.conf.Positional]
    # Environment, where the policy does not say.
    env: str | None = None
    # Demonstrations of the expert to compare with; by default those of the run, or the shipped ones.
    demos: str | None = None
    # The expert's policy, where the demonstrations hold no rewards.
    expert: Path | None = None
    # Episodes.
    episodes: int = 50
    # fixed never ends an episode before its time limit.
    horizon: Horizon | None = None
    # cached uses the controls at hand, cheap trains a missing clone, full all, none shows references only.
    controls: ControlMode = "cached"
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> dict[str, Any]:
        """Play deterministic and exploring episodes; the result of a run of imitate is brought up to date."""
        one_thread()
        target = resolve(self.policy, self.env, self.options)
        # Of other demonstrations or another horizon the run's own result says nothing.
        run = target.run if self.horizon is None and self.demos is None else None
        if run is not None:
            run.result()  # A damaged one is told of now, not after minutes of playing.
        task = self._task(target)
        modes = {"deterministic": True, "exploring": False}
        if not getattr(target.policy, "explores", True):
            del modes["exploring"]
        scores = {mode: self._score(target.policy, task, flag) for mode, flag in modes.items()}
        expert = None
        if self.expert is not None:
            expert = self._score(resolve(self.expert, task.env_id, self.options).policy, task, True)
        found = with_controls(scores, task, self.controls, expert)
        if "exploring" not in modes:
            found["agent"]["exploring"] = {"missing": "this file holds no exploring policy"}
        if run is not None:
            run.update_result(found)
        origin = {"command": this_command(), "environment": task.env_id, "policy": str(target.file)}
        return {**origin, "versions": versions(), **found}

    def _score(self, policy: Any, task: Task, deterministic: bool) -> Score:
        return evaluate(
            policy,
            task.env_id,
            self.episodes,
            deterministic,
            horizon=task.horizon,
            source="gailforce evaluate",
        )

    def _task(self, target: Target) -> Task:
        """What the controls are made for: the run's own demonstrations, or those that are named."""
        config = target.config
        if config.get("kind") == "imitation" and self.demos is None:
            imitation = from_plain(ImitationConfig, config)
            task = imitation.task(imitation.demonstrations())
            return replace(task, episodes=self.episodes, horizon=self.horizon or task.horizon)
        name = self.demos or SHIPPED_FOR.get(target.env_id)
        if name is None:
            raise UsageError(f"no demonstrations of {target.env_id} to compare with; name some with --demos")
        demos = Demonstrations.load(name)
        obs_size, actions = spaces(target.env_id)
        require_environment(demos, target.env_id, obs_size, actions.shape[0])
        horizon = self.horizon or config.get("horizon", "native")
        return Task(target.env_id, demos, demos, int(config.get("steps", 0)), horizon, self.episodes)

    def describe(self, result: dict[str, Any]) -> str:
        """The table."""
        return f"{result['environment']}: {result['policy']}\n\n{table(result)}\n\n{FOOTNOTE}"


# The shipped expert of each environment, for policies that come without demonstrations.
SHIPPED_FOR = {"Hopper-v5": "hopper-expert", "Walker2d-v5": "walker2d-expert"}
