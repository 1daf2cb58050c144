"""Any saved policy as something that acts: our agents, and Stable-Baselines3's zips without unpickling."""

from pathlib import Path

from stable_baselines3.common.policies import ActorCriticPolicy

from .policy import load_agent


def load_policy(path: str | Path) -> ActorCriticPolicy:
    """The policy of a saved agent, ready to act.

    Raises:
        DataError: when the file is missing, damaged, or holds no policy.
    """
    return load_agent(path)[0]
