"""Phases of a gait, as a hidden Markov model of the demonstrations finds them without being told of any."""

import numpy as np
import torch
from jaxtyping import Int

from ...demos.dataset import Demonstrations
from ...demos.trajectory import Trajectory
from ...envs.errors import UsageError
from ...generative.families.markov import HMM, HMMConfig
from ...generative.interfaces.critics import last_step
from ...generative.interfaces.model import FitOptions
from ...generative.interfaces.reward_inputs import SELECT, windows
from ...generative.interfaces.standardize import Scales
from .reward import demonstrated, played

# Standard deviation of the noise in training, in those of the demonstrations.
NOISE = 0.1


class Gait:
    """A hidden Markov model over the demonstrated states and actions.

    Args:
        demos: whole episodes.
        phases: how many to look for; usually 6-12.
        seed: of the first clusters and the noise.

    Raises:
        UsageError: for single steps, whose order is lost.
    """

    def __init__(self, demos: Demonstrations, phases: int = 12, seed: int = 0):
        if demos.subsampling > 1:
            raise UsageError(
                f"phases follow each other step by step, but {demos.name or 'this set'} keeps one step in "
                f"{demos.subsampling}; leave subsampling out"
            )
        steps = demonstrated(demos)
        self._scales = Scales.of(steps)
        x, context = last_step(windows(self._scales.scaled(steps), "sa"))
        self.model = HMM(x.shape[1], HMMConfig(phases=phases), seed)
        self.model.fit(x, context, FitOptions(noise=NOISE, seed=seed))

    def phases(self, episode: Trajectory) -> Int[np.ndarray, "T"]:
        """The most likely phase of every step, given the whole episode."""
        rows = SELECT["sa"](self._scales.scaled(played([episode])))[:, 0]
        return torch.argmax(self.model.phases(rows), dim=1).numpy()
