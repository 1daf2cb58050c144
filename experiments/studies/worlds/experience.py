"""Experience to fit world models on, and policies to try them on, from shipped agents and demonstrations."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ....agents.gail import GAIL
from ....agents.loading import load_policy
from ....agents.model_based.experience import RealExperience, reference_state_env
from ....agents.sb3.callbacks import Periodic
from ....demos.dataset import Demonstrations
from ....demos.library import SHIPPED
from ....demos.physics_residual import states_of
from ....demos.recorder import NoisyPolicy, Policy, RandomPolicy, StillPolicy
from ....demos.trajectory import Trajectory
from ....envs.registry import body as body_of
from ....envs.registry import spaces
from ..speed_expert import HELD_OUT, SHOWN
from .policies import DRAWN_ANEW, GAINS, MOVED, MOVED_ANEW, NOISE, OFFSETS, AtSpeed, Perturbed, RandomFeedback

# Standard deviations of the noise on actions, in units of the action.
NOISES = (0.0, 0.1, 0.3, 0.6, 1.0)
# Shares of the steps by random actions and by random feedback; experts with every noise take the rest.
RANDOM, FEEDBACK = 0.125, 0.375
# Share of the episodes that start at demonstrated states.
REFERENCE_STARTS = 0.5
# Shares of the steps by perturbed experts and by a learner, for a body without an expert of several speeds.
PERTURBED, LEARNED = 0.32, 0.2
# The learner: steps of GAIL, demonstrations, and collections of steps by its policy.
TRAINING, DEMOS, COLLECTIONS = 800_000, 4, 20
# Real environments side by side.
N_ENVS = 8


def experience(env: str, steps: int, seed: int = 0) -> list[Trajectory]:
    """About `steps` steps of experts with every level of noise, of random feedback and of random actions.

    Where there is an expert of several speeds, half of the experts' steps are at the speeds of its training
    episodes. Elsewhere shares of all steps are by perturbed experts and by the policies of an imitation in
    training. Half of the episodes begin at demonstrated states, so that every policy acts in motion.
    """
    body, space = body_of(env).name, spaces(env)[1]
    demos = Demonstrations.load(f"{body}-expert")
    starts = np.concatenate([states_of(episode)[:-1] for episode in demos])
    expert = load_policy(SHIPPED / f"{body}-expert.gfa")
    real = RealExperience(reference_state_env(env, N_ENVS, seed, starts, REFERENCE_STARTS))
    shown = at_speeds(body, SHOWN)
    own = (1 - RANDOM - FEEDBACK) / len(NOISES) / (2 if shown else 1)
    experts: list[tuple[Policy, float]] = [
        (expert, own),
        *((one, own / len(shown)) for one in shown.values()),
    ]
    graded: list[tuple[Policy, float]] = [
        *((NoisyPolicy(one, noise, space, seed), share) for one, share in experts for noise in NOISES),
        (RandomFeedback(space, seed), FEEDBACK),
        (RandomPolicy(space, seed), RANDOM),
    ]
    perturbed, learned = (0.0, 0.0) if shown else (PERTURBED, LEARNED)
    # Policies that explore draw from torch's own generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for policy, share in graded:
            real.collect(policy, round((1 - perturbed - learned) * share * steps))
        real.collect(Perturbed(expert, seed), round(perturbed * steps))
        if learned:
            collect_learning(real, GAIL(env, demos.take(DEMOS, seed), seed=seed), round(learned * steps))
    return real.episodes


def collect_learning(real: RealExperience, agent: GAIL, steps: int) -> None:
    """Add steps of an agent's policies at regular times of its training."""
    collect = Periodic(TRAINING // COLLECTIONS, lambda _: real.collect(agent.policy, steps // COLLECTIONS))
    agent.learn(TRAINING, [collect])


@dataclass(frozen=True)
class ExperienceMix:
    """What makes up the experience of a body, for the settings of results.

    Attributes:
        noises: deviations of the noise on experts' actions.
        random: share of random actions.
        feedback: share of random feedback, and its settings.
        reference_state_init: share of episodes that begin at demonstrated states.
        speeds: of the expert of several speeds; empty for a body without one.
        perturbed: share of perturbed experts, and their settings; empty for a body with several speeds.
        learned: share of a learner's policies, and its settings; empty for a body with several speeds.
    """

    noises: tuple[float, ...]
    random: float
    feedback: tuple[float | tuple[float, ...], ...]
    reference_state_init: float
    speeds: tuple[float, ...] = ()
    perturbed: tuple[float | tuple[float, ...], ...] = ()
    learned: tuple[float, ...] = ()

    @classmethod
    def of(cls, env: str) -> "ExperienceMix":
        """The experience of this body."""
        common = cls(NOISES, RANDOM, (FEEDBACK, DRAWN_ANEW, GAINS, OFFSETS, NOISE), REFERENCE_STARTS)
        if _speeds(body_of(env).name).exists():
            return replace(common, speeds=SHOWN)
        learned = (LEARNED, TRAINING, DEMOS, COLLECTIONS)
        return replace(common, perturbed=(PERTURBED, MOVED, MOVED_ANEW), learned=learned)

    def to_json(self) -> dict[str, Any]:
        """Plain values, without those that are empty."""
        return {key: value for key, value in asdict(self).items() if value != ()}


def ladder(env: str) -> Mapping[str, Policy]:
    """Policies of all qualities; the second expert and the speeds held out are not in `experience`."""
    body, space = body_of(env).name, spaces(env)[1]
    expert = load_policy(SHIPPED / f"{body}-expert.gfa")
    other = load_policy(SHIPPED / f"{body}-expert-2.gfa")
    policies: dict[str, Policy] = {
        "still": StillPolicy(space),
        "random": RandomPolicy(space),
        "expert": expert,
        "expert, noise 0.2": NoisyPolicy(expert, 0.2, space),
        "expert, noise 0.5": NoisyPolicy(expert, 0.5, space),
        "second expert": other,
        "second expert, noise 0.2": NoisyPolicy(other, 0.2, space),
        "second expert, noise 0.5": NoisyPolicy(other, 0.5, space),
    }
    return policies | at_speeds(body, sorted((*SHOWN, *HELD_OUT)))


def at_speeds(body: str, speeds: Sequence[float]) -> dict[str, Policy]:
    """The expert of several speeds at each of these; empty for a body without one."""
    if not _speeds(body).exists():
        return {}
    policy = load_policy(_speeds(body))
    return {f"speed {speed:g}": AtSpeed(policy, speed) for speed in speeds}


def _speeds(body: str) -> Path:
    return SHIPPED / f"{body}-speeds.gfa"
