"""A hopper that runs at a given speed, and its episodes as a set of demonstrations.

`python -m gailforce.experiments.studies.speed_expert` trains it and writes `hopper-speeds.gfd`. Training
episodes are at five speeds; validation episodes at speeds between them, which no model is fitted on; test
episodes at the five speeds from other starts. Every episode's `source` names its speed: "speed 1.25".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import tyro

from ...agents.expert import Expert, ExpertConfig
from ...agents.models.generator import forward_speed
from ...agents.sb3.callbacks import Periodic
from ...agents.sb3.ppo import PPOConfig
from ...demos.dataset import Demonstrations
from ...demos.recorder import Policy
from ...demos.trajectory import Trajectory
from ...envs.batched import BatchedEnv
from ...envs.registry import body as body_of
from ...envs.registry import make_env
from ...envs.speed_task import SpeedTask
from ..runs.process import one_thread
from ..scoring.card import SPLIT_SEEDS, card_of

# Speeds of training and test episodes, and of validation episodes [m/s].
SHOWN, HELD_OUT = (0.5, 1.0, 1.5, 2.0, 2.5), (0.75, 1.25, 1.75)
# Speeds of the expert's own training: a wider range [m/s].
TRAINED = tuple(np.linspace(0.5, 2.75, 10).tolist())
SETTINGS = ExpertConfig(n_envs=64, ppo=PPOConfig(gamma=0.995, gae_lambda=0.97))
# Environment steps between two evaluations, and first seed of their episodes.
EVALUATION_INTERVAL = 250_000
EVALUATION_SEED = 400_000


def roll(policy: Policy, env: str, speeds: Sequence[float], seed: int, steps: int) -> list[Trajectory]:
    """One deterministic episode for each speed, with states, of so many steps or up to a fall.

    Fewer steps than the environment's limit: the state behind its last step is lost to the reset.
    """
    envs = cast(BatchedEnv, make_env(env, len(speeds), seed))
    task, body = SpeedTask(envs, tuple(speeds)), envs.body
    task.reset()
    task.target_speeds = np.array(speeds)
    obs = np.column_stack((body.observe(*body.split(envs.state)), task.target_speeds))
    states, actions, rewards = [envs.state], [], []
    lengths, fallen = np.zeros(len(speeds), dtype=int), np.zeros(len(speeds), dtype=bool)
    for step in range(1, steps + 1):
        action, _ = policy.predict(obs, deterministic=True)
        observed, _, ended, _ = task.step(action)
        obs = np.asarray(observed)
        fallen |= ended & (lengths == 0)
        lengths[fallen & (lengths == 0)] = step - 1
        states.append(envs.state)
        actions.append(action)
        rewards.append(envs.rewards.copy())
    lengths[~fallen] = len(actions)
    columns = [np.stack(column, axis=1) for column in (states, actions, rewards)]
    return [
        Trajectory(
            obs=body.observe(*body.split(columns[0][i, : n + 1])),
            actions=columns[1][i, :n],
            terminated=False,
            truncated=True,
            seed=seed + i,
            states=columns[0][i, : n + 1],
            rewards=columns[2][i, :n],
            source=f"speed {speeds[i]:g}",
        )
        for i, n in enumerate(lengths)
    ]


@dataclass
class SpeedExpert:
    """Train, record, report."""

    env: str = "hopper"
    steps: int = 4_000_000
    seed: int = 0
    # Steps of an episode.
    length: int = 500
    # Episodes at each speed.
    training: int = 4
    validation: int = 3
    test: int = 1
    # The files to write.
    out: Path = Path("hopper-speeds.gfd")
    agent: Path = Path("hopper-speeds.gfa")
    config: ExpertConfig = field(default_factory=lambda: SETTINGS)

    def run(self) -> None:
        """One set of three splits, in float32."""
        one_thread()
        task = SpeedTask(
            cast(BatchedEnv, make_env(self.env, self.config.n_envs, self.seed)), TRAINED, self.seed
        )
        expert = Expert(task, self.seed, self.config)
        expert.learn(self.steps, Periodic(EVALUATION_INTERVAL, lambda step: self._say(expert, step)))
        expert.save(self.agent)
        counts = {
            "training": (SHOWN, self.training),
            "validation": (HELD_OUT, self.validation),
            "test": (SHOWN, self.test),
        }
        parts = {
            split: self._rolled(expert, speeds, count, SPLIT_SEEDS[split])
            for split, (speeds, count) in counts.items()
        }
        notes = "speeds asked: " + ", ".join(f"{v:g}" for v in (*SHOWN, *HELD_OUT)) + " m/s"
        # Its reward is another one, so no reference return applies.
        card = replace(card_of(self.env, "speed-conditioned expert", notes), reference_return=None)
        sets = {split: Demonstrations(part, card, self.out.stem) for split, part in parts.items()}
        sets["training"].save(self.out, validation=sets["validation"], test=sets["test"], precision="float32")
        dt = task.venv.body.dt
        for split, part in parts.items():
            for episode in part:
                print(split, episode.source, len(episode), f"{forward_speed(episode, dt)[0]:.2f}")

    def _say(self, expert: Policy, step: int) -> None:
        """The speeds and lengths of an episode at each of the shown ones."""
        dt = body_of(self.env).dt
        rolled = self._rolled(expert, SHOWN, 1, EVALUATION_SEED)
        speeds = [f"{forward_speed(e, dt)[0]:.2f} ({len(e)})" for e in rolled]
        print(f"{step:,}: {', '.join(speeds)}", flush=True)

    def _rolled(self, expert: Policy, speeds: Sequence[float], count: int, seed: int) -> list[Trajectory]:
        asked = [speed for speed in speeds for _ in range(count)]
        return roll(expert, self.env, asked, seed, self.length)


if __name__ == "__main__":
    tyro.cli(SpeedExpert).run()
