"""Names of environments: our bodies on the batched engine, any other Gymnasium id through Gymnasium."""

import inspect
from typing import Any, Literal, cast

import gymnasium
from gymnasium.spaces import Box
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from .batched import BatchedEnv
from .body import Body
from .errors import EnvironmentFault, UsageError, unknown
from .heavy_hopper import HEAVY_HOPPER
from .hopper import HOPPER
from .walker2d import WALKER2D

BODIES: dict[str, Body] = {body.name: body for body in (HOPPER, WALKER2D)}
# The same tasks under other physics; they have no demonstrations of their own.
VARIANTS: dict[str, Body] = {body.name: body for body in (HEAVY_HOPPER,)}

Horizon = Literal["native", "fixed"]
# Seeds of NumPy's global generator, which Stable-Baselines3 sets, end here.
LARGEST_SEED = 2**32 - 1


def find_body(name: str) -> Body | None:
    """The body of that name or Gymnasium id, or None if it is not one of ours."""
    bodies = (*BODIES.values(), *VARIANTS.values())
    return next((body for body in bodies if name in (body.name, body.env_id)), None)


def body(name: str) -> Body:
    """The body of that name or Gymnasium id.

    Raises:
        UsageError: it is not one of ours; the message lists those that are.
    """
    registered = find_body(name)
    if registered is None:
        raise unknown("body", name, BODIES)
    return registered


def env_id(name: str) -> str:
    """The Gymnasium id behind a name: `hopper` is `Hopper-v5`; an id is returned as it is.

    Raises:
        UsageError: Gymnasium has no such id; the message lists our names and the nearest id.
    """
    registered = find_body(name)
    if registered is not None:
        return registered.env_id
    # A colon would import a module of the caller's choice.
    if ":" in name or name not in gymnasium.registry:
        latest = [key for key in gymnasium.registry if key.endswith("-v5")]
        raise unknown("environment", name, [*BODIES, *VARIANTS, *latest])
    return name


def env_id_of(env: VecEnv) -> str | None:
    """The Gymnasium id of an environment; None if it has no spec."""
    try:
        spec = env.get_attr("spec")[0]
    except AttributeError:
        return None
    return None if spec is None else spec.id


def make_single(name: str, horizon: Horizon = "native", **kwargs: Any) -> gymnasium.Env:
    """One environment from `gymnasium.make`, in which every reported score is measured.

    Raises:
        UsageError: unknown id, spaces that are not Box, or no support of a fixed horizon.
        EnvironmentFault: a package the environment needs is not installed.
    """
    identifier = env_id(name)
    try:
        if horizon == "fixed":
            kwargs["terminate_when_unhealthy"] = False
            _require_termination_switch(identifier)
        env = gymnasium.make(identifier, **kwargs)
    except (ImportError, gymnasium.error.Error) as fault:
        raise EnvironmentFault(
            f"{identifier} cannot be built here: {str(fault).rstrip('.')}; "
            "install what it needs, or choose another environment"
        ) from fault
    for role, space in (("observation", env.observation_space), ("action", env.action_space)):
        if not (isinstance(space, Box) and len(space.shape) == 1):
            raise UsageError(f"{identifier} has the {role} space {space}; gailforce needs flat Box spaces")
    return env


def spaces(name: str) -> tuple[int, Box]:
    """Width of the observations, and the space of the actions."""
    env = make_single(name)
    env.close()
    observations, actions = env.observation_space, env.action_space
    assert isinstance(observations, Box)
    assert isinstance(actions, Box)
    return observations.shape[0], actions


def _require_termination_switch(identifier: str) -> None:
    entry = gymnasium.spec(identifier).entry_point
    maker = gymnasium.envs.registration.load_env_creator(entry) if isinstance(entry, str) else entry
    if maker is None or "terminate_when_unhealthy" not in inspect.signature(maker).parameters:
        raise UsageError(
            f'{identifier} has no terminate_when_unhealthy, so horizon="fixed" is impossible; use "native"'
        )


def make_env(
    name: str, n_envs: int = 64, seed: int = 0, threads: int | None = None, horizon: str = "native"
) -> VecEnv:
    """`n_envs` copies of an environment for training.

    Args:
        name: `hopper`, `walker2d`, their Gymnasium ids, or any Gymnasium id with flat Box spaces.
        n_envs: number of copies.
        seed: copy `i` begins like `gymnasium.make(...).reset(seed=seed + i)`.
        threads: physics threads; None uses every core that this process may use.
        horizon: `fixed` never ends an episode before its time limit.

    Raises:
        UsageError: for an unknown name, a horizon that is neither, spaces that are not Box, or a number
            that is too small.
        EnvironmentFault: a package the environment needs is not installed.
    """
    if horizon not in ("native", "fixed"):
        raise unknown("horizon", horizon, ("native", "fixed"))
    if n_envs < 1:
        raise UsageError(f"n_envs must be at least 1, got {n_envs}")
    if threads is not None and threads < 1:
        raise UsageError(f"threads must be at least 1 or None (every core), got {threads}")
    if seed < 0:
        raise UsageError(f"seed must be at least 0, got {seed}")
    registered = find_body(name)
    if registered is not None:
        return BatchedEnv(registered, n_envs, seed, threads, fixed=horizon == "fixed")
    env = DummyVecEnv([lambda: Monitor(make_single(name, cast(Horizon, horizon))) for _ in range(n_envs)])
    env.seed(seed)
    return env
