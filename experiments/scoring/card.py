"""The card of a recorded set: its command, versions, and what random and zero actions earn."""

import numpy as np

from ...demos.card import Card
from ...demos.library import REFERENCES
from ...demos.recorder import RandomPolicy, StillPolicy, record
from ...envs.registry import env_id, spaces
from ..runs.process import this_command, versions

# Episodes of the two reference policies on a card.
REFERENCE_EPISODES = 20
# First seeds of the training, validation and test episodes: apart from each other and from those of scores.
SPLIT_SEEDS = {"training": 100_000, "validation": 200_000, "test": 300_000}


def card_of(env: str, maker: str, notes: str = "") -> Card:
    """A card with this very command, the versions at hand, and what random and zero actions earn."""
    _, space = spaces(env)
    random, still = (
        float(np.mean([t.total_reward for t in record(policy, env, REFERENCE_EPISODES)]))
        for policy in (RandomPolicy(space), StillPolicy(space))
    )
    return Card(
        env_id=env_id(env),
        maker=maker,
        command=this_command(),
        random_return=random,
        still_return=still,
        reference_return=REFERENCES.get(env_id(env)),
        versions=versions(),
        notes=notes,
    )
