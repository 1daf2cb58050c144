"""Attribution: a reward that looks at one input is found to look at it."""

import pytest
import torch

from gailforce import Demonstrations
from gailforce.agents.models.attribution import attribution, input_name
from gailforce.agents.models.reward import RewardModel

DEMOS = Demonstrations.load("hopper-expert").take(1)


class _OneInput(RewardModel):
    """A reward that is one observation."""

    def logit(self, steps):
        return steps.obs[..., 5]


def test_the_one_input_that_counts_has_the_whole_share():
    shares = attribution(_OneInput(), "hopper", DEMOS, list(DEMOS))
    assert shares[0] == ("forward rate", pytest.approx(1.0))
    assert all(share == 0 for _, share in shares[1:])


@pytest.mark.parametrize(("inputs", "count"), [("s", 11), ("sa", 14), ("ss'", 22)])
def test_every_input_has_a_share_and_they_add_up_to_one(inputs, count):
    model = RewardModel("gan", inputs, seed=1)
    model.fit(DEMOS)
    shares = attribution(model, "hopper", DEMOS, list(DEMOS))
    assert len(shares) == len({name for name, _ in shares}) == count
    assert sum(share for _, share in shares) == pytest.approx(1.0)


def test_a_reward_that_depends_on_nothing_depends_on_all_alike():
    model = _OneInput()
    model.logit = lambda steps: torch.zeros(steps.obs.shape[:2])
    assert {share for _, share in attribution(model, "hopper", DEMOS, list(DEMOS))} == {1 / 14}


def test_inputs_are_named_by_joints_and_by_number_elsewhere():
    assert input_name("walker2d", "action", 5) == "torque foot left"
    assert input_name("hopper", "next_obs", 0) == "torso height next"
    assert input_name("InvertedPendulum-v5", "obs", 2) == "obs[2]"
