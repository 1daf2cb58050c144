"""Controls: a reward that knows nothing, and one that was shown a beginner's steps for demonstrations."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..interfaces.model import Critic


class ConstantCritic(Critic):
    """P(expert | x) = 1/2 whatever x is."""

    def update(self, expert: Float[Tensor, "B ..."], agent: Float[Tensor, "B ..."]) -> dict[str, float]:
        """Learns nothing; its cross-entropy is that of an uninformed guess, ln 2."""
        return {"loss": math.log(2)}

    def logit(self, x: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Zero for every row."""
        return torch.zeros(len(x))


def constant() -> ConstantCritic:
    """The constant control; inputs and seeds change nothing."""
    return ConstantCritic()


class RandomDemosCritic(Critic):
    """A critic whose demonstrations are replaced by the first rows of the agent: an untrained policy's.

    Args:
        critic: learns to tell those rows from the later agent's.
        columns: of a row.
        rows: how many are kept as demonstrations.
        seed: of the draws.
    """

    demos: Float[Tensor, "R X"]
    count: Int[Tensor, ""]

    def __init__(self, critic: Critic, columns: int, rows: int, seed: int):
        super().__init__()
        self.critic = critic
        self.register_buffer("demos", torch.zeros(rows, columns))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self._generator = torch.Generator().manual_seed(seed)

    def update(self, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"]) -> dict[str, float]:
        """Keep the agent's rows until there are enough; then teach the critic with those for the expert's."""
        start = int(self.count)
        added = agent[: len(self.demos) - start]
        self.demos[start : start + len(added)] = added
        self.count += len(added)
        drawn = torch.randint(int(self.count), (len(agent),), generator=self._generator)
        return self.critic.update(self.demos[drawn], agent)

    def logit(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """The critic's."""
        return self.critic.logit(x)
