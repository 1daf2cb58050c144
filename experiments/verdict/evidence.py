"""Evidence: what a verdict looks at, gathered from a policy and demonstrations without any reward."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...agents.loading import load_policy
from ...agents.models.attribution import attribution
from ...agents.models.reward import RewardModel
from ...demos.dataset import Demonstrations
from ...demos.playing import play
from ...demos.recorder import Policy, RandomPolicy
from ...demos.resemblance import DemoDistance
from ...demos.trajectory import Trajectory
from ...envs.registry import Horizon, make_env, spaces
from ..runs.folder import RunFolder

# First seeds of the episodes a verdict plays; apart from those of training, curves and scores.
VERDICT_SEED, RANDOM_SEED = 700_000, 710_000
# Episodes of the policy, of the same exploring, of random actions, and of each checkpoint.
DETERMINISTIC, EXPLORING, RANDOM, EACH_CHECKPOINT = 10, 5, 20, 10
# Checkpoints evaluated, evenly over the training.
CHECKPOINTS = 20
# Share of the log lines, counted from the end, that tell how the discriminator stands.
LAST = 0.2


@dataclass(frozen=True)
class Played:
    """Episodes of one policy as a judge sees them: distance and length of each."""

    distances: tuple[float, ...]
    lengths: tuple[int, ...]

    @property
    def distance(self) -> float:
        """Mean distance."""
        return float(np.mean(self.distances))

    @property
    def length(self) -> float:
        """Mean length [steps]."""
        return float(np.mean(self.lengths))


@dataclass(frozen=True)
class CheckpointDistance:
    """Distance of one checkpoint, and the discriminator's mean reward per step at that time."""

    step: int
    distance: float
    reward: float | None


@dataclass(frozen=True)
class Evidence:
    """All that the checks know; what cannot be known is None or empty."""

    # Of the demonstrations.
    episodes: int
    transitions: int
    demo_length: float
    # Distances of the demonstrations among themselves, and of random actions.
    within_demos: float = 0.0
    random: float = 0.0
    # Why no distance could be defined; then no field below it is known.
    unfit: str = ""
    deterministic: Played | None = None
    exploring: Played | None = None
    # Distance of an agent of the same kind that was trained on a constant reward.
    constant: float | None = None
    checkpoints: tuple[CheckpointDistance, ...] = ()
    # Mean accuracies of the discriminator at the end of training, on expert and on agent.
    accuracies: tuple[float, float] | None = None
    # Share of each input in what the reward depends on.
    attribution: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Judge:
    """Plays policies in one environment and measures the distance of their episodes."""

    env: str
    distance: DemoDistance
    horizon: Horizon = "native"
    threads: int | None = None

    @classmethod
    def of(
        cls, env: str, demos: Demonstrations, horizon: Horizon = "native", threads: int | None = None
    ) -> "Judge":
        """A judge by demonstrations.

        Raises:
            DataError: they are too few, or too like random actions, to measure by.
        """
        copies = make_env(env, RANDOM, RANDOM_SEED, threads, horizon)
        random = play(RandomPolicy(spaces(env)[1]), copies, RANDOM_SEED)
        return cls(env, DemoDistance.of(demos, random), horizon, threads)

    def episodes(
        self, policy: Policy, n: int, deterministic: bool = True, seed: int = VERDICT_SEED
    ) -> list[Trajectory]:
        """Whole episodes, without rewards."""
        copies = make_env(self.env, n, seed, self.threads, self.horizon)
        return play(policy, copies, seed, deterministic)

    def __call__(
        self, policy: Policy, n: int = DETERMINISTIC, deterministic: bool = True, seed: int = VERDICT_SEED
    ) -> Played:
        """Distances and lengths of `n` episodes."""
        return self.laid(self.episodes(policy, n, deterministic, seed))

    def laid(self, episodes: Sequence[Trajectory]) -> Played:
        """The same of episodes that were played already."""
        return Played(tuple(map(self.distance, episodes)), tuple(map(len, episodes)))


def checkpoint_distances(
    run: RunFolder, judge: Judge, load: Callable[[Path], Policy] = load_policy
) -> tuple[CheckpointDistance, ...]:
    """Distances of a run's checkpoints, chosen evenly over the training."""
    files = sorted(run.checkpoints.glob("step-*.gfa"))
    chosen = sorted(set(np.linspace(0, len(files) - 1, CHECKPOINTS).round().astype(int))) if files else []
    rewards = run.series("discriminator/reward")
    distances = []
    for index in chosen:
        step = int(files[index].stem.removeprefix("step-"))
        played = judge(load(files[index]), EACH_CHECKPOINT)
        distances.append(CheckpointDistance(step, played.distance, _around(rewards, step)))
    return tuple(distances)


def accuracies(run: RunFolder) -> tuple[float, float] | None:
    """Mean accuracies on expert and agent over the last lines of the log."""
    sides = [run.series(f"discriminator/{side}_accuracy") for side in ("expert", "agent")]
    if not all(sides):
        return None
    expert, agent = (
        float(np.mean([value for _, value in series[-max(1, round(LAST * len(series))) :]]))
        for series in sides
    )
    return expert, agent


def shares(model: RewardModel | None, env: str, demos: Demonstrations, played: Sequence[Trajectory]) -> tuple:
    """What the reward depends on, most first; empty without a reward model."""
    if model is None or model.family.way == "control":
        return ()
    return attribution(model, env, demos, played)


def _around(series: Sequence[tuple[int, float]], step: int, lines: int = 10) -> float | None:
    """Mean of the log lines up to a step."""
    before = [value for at, value in series if at <= step]
    return float(np.mean(before[-lines:])) if before else None
