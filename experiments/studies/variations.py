"""Plausible bad agents for the trial of the verdict: experts trained further on a changed reward.

They are slow, lazy or jittery, or have another posture or gait, and their episodes last as long as the
expert's. Only judges are tried on them; no imitator learns from a changed reward.

Run `python -m gailforce.experiments.studies.variations hopper speed-40 --seed 1` for one of them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from jaxtyping import Float
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from ...agents.expert import Expert, ExpertConfig
from ...agents.loading import load_policy
from ...agents.sb3.callbacks import Periodic
from ...agents.sb3.ppo import PPOConfig
from ...demos.dataset import Demonstrations
from ...demos.library import SHIPPED
from ...envs.body import Body
from ...envs.registry import body, make_env
from ..runs.folder import RunFolder
from ..runs.process import one_thread

# Settings for a policy that can walk: little noise at the start.
LEARNER = PPOConfig(steps_per_update=2048, batch_size=256, learning_rate=5e-4, log_std_init=-1.0)


@dataclass(frozen=True)
class Steps:
    """One step of all environments, as a changed reward sees it.

    Attributes:
        speed: forward speed [m/s].
        height: height of the torso [m].
        pitch: pitch of the torso [rad].
        joints: joint angles [rad].
        action: executed action.
        previous: action of the step before.
        reward: true reward.
        usual: the expert's mean posture.
    """

    speed: Float[np.ndarray, "N"]
    height: Float[np.ndarray, "N"]
    pitch: Float[np.ndarray, "N"]
    joints: Float[np.ndarray, "N J"]
    action: Float[np.ndarray, "N A"]
    previous: Float[np.ndarray, "N A"]
    reward: Float[np.ndarray, "N"]
    usual: "Posture"


@dataclass(frozen=True)
class Posture:
    """The expert's means: speed [m/s], height [m], pitch and joints [rad]."""

    speed: float
    height: float
    pitch: float
    joints: Float[np.ndarray, "J"]


Reward = Callable[[Steps], Float[np.ndarray, "N"]]


def bump(x: Float[np.ndarray, "N"], center: float, width: float) -> Float[np.ndarray, "N"]:
    """exp(-((x - center) / width)^2): 1 at the center."""
    return np.exp(-np.square((x - center) / width))


def speed_of(share: float) -> Reward:
    """4 - 3 |speed / usual speed - share|."""
    return lambda s: 4 - 3 * np.abs(s.speed / s.usual.speed - share)


def lazy(weight: float) -> Reward:
    """The true reward less a high cost of torque."""
    return lambda s: s.reward - weight * np.square(s.action).sum(axis=1)


def jitter(weight: float) -> Reward:
    """The true reward and a bonus for changing the torques at every step."""
    return lambda s: s.reward + weight * np.abs(s.action - s.previous).mean(axis=1)


def height(shift: float, weight: float) -> Reward:
    """The true reward and a bonus for a torso higher or lower than the expert's by `shift` [m]."""
    return lambda s: s.reward + weight * bump(s.height, s.usual.height + shift, abs(shift) / 2)


def pitch(shift: float, weight: float) -> Reward:
    """The true reward and a bonus for a torso that is tilted by `shift` [rad] from the expert's."""
    return lambda s: s.reward + weight * bump(s.pitch, s.usual.pitch + shift, abs(shift) / 2)


def joint(index: int, shift: float, weight: float) -> Reward:
    """The true reward and a bonus for one joint near another angle [rad]: a limp, a stiff knee."""
    return lambda s: (
        s.reward + weight * bump(s.joints[:, index], s.usual.joints[index] + shift, abs(shift) / 2)
    )


VARIATIONS: dict[str, Reward] = {
    # From another expert (`--start`) it gives an agent of equal return and another gait.
    "true": lambda s: s.reward,
    **{f"speed-{percent}": speed_of(percent / 100) for percent in (-15, 5, 15, 30, 40, 50, 60, 70, 80, 90)},
    **{f"lazy-{weight}": lazy(weight) for weight in (0.3, 1.0, 3.0)},
    **{f"jitter-{weight}": jitter(weight) for weight in (2.0, 6.0)},
    "tall": height(0.1, 2.0),
    "crouched": height(-0.1, 2.0),
    "leaning-forward": pitch(0.1, 2.0),
    "leaning-back": pitch(-0.1, 2.0),
    "stiff-hip": joint(0, -0.3, 2.0),
    "stiff-knee": joint(1, -0.4, 2.0),
    "stiff-ankle": joint(2, 0.4, 2.0),
}


class ChangedReward(VecEnvWrapper):
    """An environment with a changed reward."""

    def __init__(self, env: VecEnv, body: Body, changed: Reward, usual: Posture):
        super().__init__(env)
        self._body, self._changed, self._usual = body, changed, usual

    def reset(self) -> VecEnvObs:
        """Reset all environments."""
        self._previous = np.zeros((self.num_envs, self._body.action_size), dtype=np.float32)
        return self.venv.reset()

    def step_async(self, actions: np.ndarray) -> None:
        """Start the step and remember the actions."""
        self._actions = actions
        self.venv.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Finish the step with the changed reward."""
        obs, reward, ended, infos = self.venv.step_wait()
        last_obs = np.array(obs)
        for i in np.flatnonzero(ended):
            last_obs[i] = infos[i]["terminal_observation"]
        steps = Steps(
            *posture(last_obs, self._body),
            self._actions,
            self._previous,
            reward.astype(np.float64),
            self._usual,
        )
        self._previous = np.where(ended[:, None], 0.0, self._actions)
        return obs, self._changed(steps).astype(np.float32), ended, infos


def posture(
    obs: Float[np.ndarray, "N O"], body: Body
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Speed, height, pitch and joints of Gymnasium's planar observation: positions without x, velocities."""
    return obs[:, body.nq - 1], obs[:, 0], obs[:, 1], obs[:, 2 : body.nq - 1]


def usual_posture(demos: Demonstrations, body: Body) -> Posture:
    """The expert's means over its demonstrations."""
    speed, height, pitch, joints = posture(demos.transitions().obs, body)
    return Posture(float(speed.mean()), float(height.mean()), float(pitch.mean()), joints.mean(axis=0))


@dataclass(frozen=True)
class VariationSettings:
    """What the training of a variation depends on."""

    environment: str
    manner: str
    steps: int
    seed: int

    def to_plain(self) -> dict[str, Any]:
        """Plain values for the run's `config.toml`."""
        return asdict(self)


@dataclass
class Vary:
    """Train the shipped expert on a changed reward and save agents on the way."""

    # Body: hopper or walker2d.
    env: Annotated[str, tyro.conf.Positional]
    # A key of VARIATIONS.
    manner: Annotated[str, tyro.conf.Positional]
    # The shipped expert to begin with; by default that of the body.
    start: str | None = None
    # Environment steps.
    steps: int = 150_000
    # Environment steps between two saved agents.
    every: int = 50_000
    # Random seed.
    seed: int = 0
    # Folder that holds the runs.
    runs: Path = Path("runs/variations")
    # Settings of the learner.
    config: Annotated[ExpertConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: ExpertConfig(n_envs=64, ppo=LEARNER)
    )

    def run(self) -> Path:
        """Train; agents are `checkpoints/step-N.gfa`."""
        one_thread()
        of, demos = body(self.env), Demonstrations.load(f"{self.env}-expert")
        env = ChangedReward(
            make_env(self.env, self.config.n_envs, self.seed, threads=1),
            of,
            VARIATIONS[self.manner],
            usual_posture(demos, of),
        )
        agent = Expert(env, self.seed, self.config)
        expert = load_policy(SHIPPED / f"{self.start or self.env + '-expert'}.gfa").state_dict()
        # The expert's weights with the initial noise.
        agent.policy.load_state_dict({**expert, "log_std": agent.policy.log_std.data})
        settings = VariationSettings(of.env_id, self.manner, self.steps, self.seed)
        run = RunFolder.create(f"{self.env}-{self.manner}-{self.seed}", self.runs, "variation", settings)
        keep = Periodic(self.every, lambda step: agent.save(run.checkpoints / f"step-{step:08d}.gfa"))
        agent.learn(self.steps, keep)
        agent.save(run.agent)
        return run.path


if __name__ == "__main__":
    print(tyro.cli(Vary).run())
