"""What a verb is pointed at: a run, a saved agent or a Stable-Baselines3 zip, with its environment."""

from dataclasses import dataclass
from pathlib import Path

from ...agents.loading import PolicyOptions, load_reward_model
from ...agents.models.reward import RewardModel
from ...demos.recorder import Policy
from ...envs.errors import DataError, UsageError
from ...envs.registry import env_id
from .folder import RunFacts, RunFolder


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
    def facts(self) -> RunFacts:
        """What the run's configuration says; nothing is known without a run."""
        return self.run.facts if self.run else RunFacts()

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
    trained_in = options.environment_of(file)
    environment = env_id(env) if env is not None else trained_in
    if environment is None:
        raise UsageError(f"{file} does not say its environment; name it with --env")
    if trained_in is not None and trained_in != environment:
        raise DataError(f"{file} was trained in {trained_in}, not {environment}; leave --env out")
    return Target(options.load(file, environment), environment, file, run)
