"""Imitation learning you can trust: a policy, a video of it beside the expert, and an honest verdict."""

import importlib
from typing import Any

__version__ = "0.1.0"

# Public name -> module; nothing heavy is imported before it is used.
_HOMES = {
    "make_env": "envs.registry",
    "Demonstrations": "demos.dataset",
    "Trajectory": "demos.trajectory",
    "record": "demos.recorder",
    "BC": "agents.bc",
    "GMR": "agents.mixture_regression",
    "Apprenticeship": "agents.apprenticeship",
    "GAIL": "agents.gail",
    "Expert": "agents.expert",
    "RewardModel": "agents.models.reward",
    "TrajectoryGenerator": "agents.models.generator",
    "WorldModel": "agents.models.world",
    "ModelBasedGAIL": "agents.model_based.gail",
    "Critic": "generative.interfaces.model",
    "GenerativeModel": "generative.interfaces.model",
    "register_reward": "generative.rewards.reward_families",
    "evaluate": "experiments.scoring.evaluation",
}
__all__ = [
    "BC",
    "GAIL",
    "GMR",
    "Apprenticeship",
    "Critic",
    "Demonstrations",
    "Expert",
    "GenerativeModel",
    "ModelBasedGAIL",
    "RewardModel",
    "Trajectory",
    "TrajectoryGenerator",
    "WorldModel",
    "evaluate",
    "make_env",
    "record",
    "register_reward",
]


def __getattr__(name: str) -> Any:  # Any: whatever the name stands for
    if name not in _HOMES:
        raise AttributeError(f"gailforce has no {name}; it has: {', '.join(sorted(_HOMES))}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
