"""Settings of training that all reward models share."""

from dataclasses import dataclass

from ..interfaces.standardize import CLIP


@dataclass(frozen=True)
class RewardConfig:
    """How a critic is trained, whatever its family."""

    # Gradient steps of the critic for each rollout; usually 4-32.
    updates: int = 16
    # Expert and agent samples, each, in one gradient step; usually 64-512.
    batch_size: int = 256
    # Rollouts the agent's samples are drawn from, the newest included; usually 1-10.
    replay: int = 4
    # Bound on the inputs, in standard deviations of the demonstrations; usually 3-10.
    input_clip: float = CLIP

    def __post_init__(self) -> None:
        for name in ("updates", "batch_size", "replay"):
            if getattr(self, name) < 1:
                raise ValueError(f"a reward model needs {name} of at least 1; got {getattr(self, name)}")


@dataclass(frozen=True)
class NoConfig:
    """A family without settings."""
