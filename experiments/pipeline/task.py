"""The task of a policy that was trained before: the demonstrations to compare it with."""

from ...demos.dataset import Demonstrations, require_environment
from ...demos.library import SHIPPED_FOR
from ...envs.errors import UsageError
from ...envs.registry import spaces
from ..runs.target import Target
from ..scoring.controls import Task
from .config import imitation_of
from .session import Session


def task_of(target: Target, demos: str | None, purpose: str, steps: int) -> Task:
    """The task of a run of imitate, or that of demonstrations.

    Args:
        target: the policy.
        demos: the name of demonstrations; None takes those of the run, or the shipped ones.
        purpose: what the demonstrations are for, as the error says it.
        steps: step budget of the controls where no run says it.

    Raises:
        UsageError: no demonstrations of the environment are known.
        DataError: the demonstrations come from another environment.
    """
    imitation = imitation_of(target.run)
    if imitation is not None and demos is None:
        return Session.load(imitation).task()
    name = demos or SHIPPED_FOR.get(target.env_id)
    if name is None:
        raise UsageError(f"no demonstrations of {target.env_id} to {purpose}; name some with --demos")
    loaded = Demonstrations.load(name)
    obs_size, actions = spaces(target.env_id)
    require_environment(loaded, target.env_id, obs_size, actions.shape[0])
    facts = target.facts
    return Task(target.env_id, loaded, loaded, facts.steps or steps, facts.horizon)
