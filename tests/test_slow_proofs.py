"""Proofs on real physics that take minutes: `make test-slow`."""

import pytest

from gailforce.agents.gail import GAIL
from gailforce.demos.dataset import Demonstrations
from gailforce.envs import BODIES
from gailforce.experiments.scoring.evaluation import evaluate
from gailforce.experiments.studies.exactness import compare, compare_set_state, policies

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("body", BODIES)
def test_a_thousand_episodes_equal_gymnasium_to_the_bit(body):
    counts = [compare(body, policy, 334, seed=8000) for _, policy in policies(body)]
    assert sum(count.episodes for count in counts) >= 1000
    assert sum(count.truncated for count in counts) > 300
    assert [count.differences for count in counts] == [0, 0, 0]


@pytest.mark.parametrize("body", BODIES)
def test_a_thousand_states_step_as_in_gymnasium_to_the_bit(body):
    assert compare_set_state(body, 1000, seed=9).differences == 0


def test_gail_imitates_the_hopper_from_four_demonstrations():
    demos = Demonstrations.load("hopper-expert")
    agent = GAIL("hopper", demos.take(4, seed=1), seed=1).learn(1_000_000)
    score = evaluate(agent, "hopper", episodes=20)
    assert score.normalized_score(random=17.0, expert=demos.card.mean_return).value > 0.9
