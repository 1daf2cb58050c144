"""A body: a MuJoCo model and the pure functions that define its task."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gymnasium.envs.mujoco
import mujoco
import numpy as np
from jaxtyping import Bool, Float

# Gymnasium clips observed velocities at this bound [m/s, rad/s].
VELOCITY_BOUND = 10.0

# Names of the planar root's joints.
JOINTS = {"rootx": "forward", "rootz": "torso height", "rooty": "torso pitch"}

Observe = Callable[[Float[np.ndarray, "B nq"], Float[np.ndarray, "B nv"]], Float[np.ndarray, "B O"]]
Terminated = Callable[[Float[np.ndarray, "B nq"], Float[np.ndarray, "B nv"]], Bool[np.ndarray, "B"]]
# Forward speed [m/s], healthy after the step, executed action -> reward.
Reward = Callable[
    [Float[np.ndarray, "B"], Bool[np.ndarray, "B"], Float[np.ndarray, "B A"]], Float[np.ndarray, "B"]
]


@dataclass(frozen=True)
class Body:
    """A task: one of Gymnasium's model files and pure functions over a batch of its states.

    A state is qpos and qvel side by side, `(nq + nv,)` float64, in MuJoCo's units
    ([m], [rad], [m/s], [rad/s]).
    """

    name: str
    env_id: str
    # File name among Gymnasium's own MuJoCo assets.
    model_file: str
    # Physics steps per environment step.
    frame_skip: int
    # Half-width of the uniform noise on the initial qpos and qvel.
    reset_noise: float
    observe: Observe
    reward: Reward
    terminated: Terminated
    # Time limit [environment steps].
    max_episode_steps: int = 1000
    # Changes the loaded model; None keeps the model file as it is.
    change: Callable[[mujoco.MjModel], None] | None = None

    @functools.cached_property
    def model(self) -> mujoco.MjModel:
        """The compiled model, cached; treat it as read-only."""
        assets = Path(gymnasium.envs.mujoco.__file__).parent / "assets"
        model = mujoco.MjModel.from_xml_path(str(assets / self.model_file))
        if self.change is not None:
            self.change(model)
        return model

    @property
    def dt(self) -> float:
        """Length of one environment step [s]."""
        return self.model.opt.timestep * self.frame_skip

    @property
    def nq(self) -> int:
        """Number of positions in a state."""
        return self.model.nq

    @property
    def nv(self) -> int:
        """Number of velocities in a state."""
        return self.model.nv

    @property
    def obs_size(self) -> int:
        """Width of an observation: the state without the x position."""
        return self.nq + self.nv - 1

    @property
    def action_size(self) -> int:
        """Number of actuators."""
        return self.model.nu

    @property
    def observation_names(self) -> tuple[str, ...]:
        """Names of an observation's entries from MuJoCo's joints: positions, then their rates."""
        names = [JOINTS.get(name, name.removesuffix("_joint").replace("_", " ")) for name in self._joints()]
        return (*names[1:], *(f"{name} rate" for name in names))

    @property
    def actuator_names(self) -> tuple[str, ...]:
        """The joint each actuator turns."""
        joints = self._joints()
        actuated = (joints[i] for i in self.model.actuator_trnid[:, 0])
        return tuple(name.removesuffix("_joint").replace("_", " ") for name in actuated)

    def _joints(self) -> list[str]:
        return [self.model.joint(i).name for i in range(self.model.njnt)]

    def split(
        self, state: Float[np.ndarray, "B S"]
    ) -> tuple[Float[np.ndarray, "B nq"], Float[np.ndarray, "B nv"]]:
        """Positions and velocities of a batch of states, as views."""
        return state[:, : self.nq], state[:, self.nq :]

    def observe_state(self, state: Float[np.ndarray, "B S"]) -> Float[np.ndarray, "B O"]:
        """Observations of a batch of states."""
        return self.observe(*self.split(state))

    def step_reward(
        self,
        state: Float[np.ndarray, "B S"],
        action: Float[np.ndarray, "B A"],
        next_state: Float[np.ndarray, "B S"],
    ) -> Float[np.ndarray, "B"]:
        """True rewards of recorded transitions, float64, equal to Gymnasium's to the bit.

        The action must have the dtype of its execution, in which Gymnasium computes the control cost.
        """
        speed = (next_state[:, 0] - state[:, 0]) / self.dt
        return self.reward(speed, ~self.terminated(*self.split(next_state)), action)


def planar_observation(
    qpos: Float[np.ndarray, "B nq"], qvel: Float[np.ndarray, "B nv"]
) -> Float[np.ndarray, "B nq+nv-1"]:
    """Positions without x, then velocities clipped at 10, as in Gymnasium's planar bodies."""
    return np.concatenate((qpos[:, 1:], np.clip(qvel, -VELOCITY_BOUND, VELOCITY_BOUND)), axis=1)


def running_reward(
    speed: Float[np.ndarray, "B"], healthy: Bool[np.ndarray, "B"], action: Float[np.ndarray, "B A"]
) -> Float[np.ndarray, "B"]:
    """R = speed + healthy - 0.001 |action|^2, the reward of Gymnasium's Hopper-v5 and Walker2d-v5."""
    control_cost = 1e-3 * np.sum(np.square(action), axis=1)
    return speed + healthy - control_cost
