"""What a verb is pointed at: a run, a saved agent or a Stable-Baselines3 zip, with its environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agents.loading import PolicyOptions, load_reward_model
from ...agents.models.reward import RewardModel
from ...demos.recorder import Policy
from ...envs.errors import DataError, UsageError
from ...envs.registry import env_id
from .folder import RunFolder


@dataclass(frozen=True)
class Target:
    """A policy and what is known about it.

    Attributes:
        policy: acts as Stable-Baselines3's algorithms do.
        env_id: the environment it is for.
        file: where its weights are.
        run: the run it belongs to, if any.
    """

    policy: Policy
    env_id: str
    file: Path
    run: RunFolder | None

    @property
    def config(self) -> dict[str, Any]:
        """The run's resolved configuration; empty without a run."""
        return self.run.config if self.run else {}

    def reward_model(self) -> RewardModel | None:
        """The discriminator saved with the policy, if there is one."""
        return None if self.file.suffix == ".zip" else load_reward_model(self.file)


def resolve(path: Path, env: str | None, options: PolicyOptions) -> Target:
    """The policy at a path.

    Raises:
        DataError: when there is none, it is damaged, or it is for another environment.
        UsageError: when a zip comes without the name of its environment.
    """
    run = RunFolder.open(path) if path.is_dir() else None
    file = run.newest_agent() if run else path
    known = options.environment_of(file)
    wanted = env_id(env) if env is not None else known
    if wanted is None:
        raise UsageError(f"{file} does not say its environment; name it with --env")
    if known is not None and known != wanted:
        raise DataError(f"{file} was trained in {known}, not {wanted}; leave --env out")
    return Target(options.load(file, wanted), wanted, file, run)
