"""Contacts: a hopper standing on its foot touches the ground, one held in the air does not."""

import numpy as np

from gailforce.envs.contacts import foot_contacts
from gailforce.envs.registry import find_body


def _standing(body):
    state = np.zeros(body.nq + body.nv)
    state[1] = 1.25
    return state


def test_a_foot_touches_on_the_ground_and_not_above_it():
    body = find_body("hopper")
    low, high = _standing(body), _standing(body)
    low[1] -= 0.05
    high[1] += 0.5
    assert foot_contacts(body, np.stack((low, high))).tolist() == [[True], [False]]


def test_each_foot_of_the_walker_counts_for_itself():
    body = find_body("walker2d")
    state = _standing(body)
    state[1] -= 0.05
    lifted = state.copy()
    # The right thigh.
    lifted[3] = -1.2
    assert foot_contacts(body, np.stack((state, lifted))).tolist() == [[True, True], [False, True]]
