"""An agent of the trial is named by its training."""

import pytest

from gailforce.experiments.studies.verdict_trial import TrainedAs


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"kind": "imitation", "env": "hopper", "reward": "vail"}, TrainedAs("hopper", "vail")),
        ({"kind": "expert", "environment": "Hopper-v5"}, TrainedAs("hopper", "expert")),
        (
            {"kind": "variation", "environment": "Walker2d-v5", "manner": "lazy-1.0"},
            TrainedAs("walker2d", "lazy-1.0"),
        ),
    ],
)
def test_the_kind_of_an_agent_is_its_reward_its_manner_or_expert(config, expected):
    assert TrainedAs.from_json(config) == expected
