import dataclasses

import numpy as np
import pytest

from gailforce.demos.packing import pack, unpack
from gailforce.demos.trajectory import Trajectory
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.registry import find_body


def assert_same(restored, expected):
    for a, b in zip(restored, expected, strict=True):
        for field in dataclasses.fields(Trajectory):
            left, right = getattr(a, field.name), getattr(b, field.name)
            if isinstance(right, np.ndarray):
                assert left.dtype == right.dtype
                np.testing.assert_array_equal(left, right)
            else:
                assert left == right


def round_trip(episodes, body, precision="float64"):
    tensors, fields = pack(episodes, body, precision)
    return tensors, unpack(tensors, fields, body, range(len(episodes)))


def test_a_body_recomputes_observations_and_rewards_to_the_bit(recorded):
    tensors, restored = round_trip(list(recorded), find_body(recorded.env_id))
    assert "obs" not in tensors
    assert "rewards" not in tensors
    assert (tensors["states"].dtype, tensors["actions"].dtype) == (np.float64, np.float32)
    assert_same(restored, recorded)


def test_in_float32_rewards_are_kept_and_observations_recomputed(recorded):
    tensors, restored = round_trip(list(recorded), find_body(recorded.env_id), "float32")
    assert "obs" not in tensors
    assert (tensors["states"].dtype, tensors["rewards"].dtype) == (np.float32, np.float32)
    for a, b in zip(restored, recorded, strict=True):
        np.testing.assert_allclose(a.obs, b.obs, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(a.rewards, b.rewards, rtol=1e-6)
        np.testing.assert_array_equal(a.actions, b.actions)


def test_what_the_body_would_compute_otherwise_is_stored(recorded):
    odd = [dataclasses.replace(t, obs=t.obs + 1e-12, rewards=t.rewards * 2) for t in recorded]
    tensors, restored = round_trip(odd, find_body(recorded.env_id))
    assert {"obs", "rewards"} <= set(tensors)
    assert_same(restored, odd)


def test_observations_of_another_kind_are_stored_in_float32_too(recorded):
    scaled = [dataclasses.replace(t, obs=2 * t.obs) for t in recorded]
    tensors, restored = round_trip(scaled, find_body(recorded.env_id), "float32")
    assert tensors["obs"].dtype == np.float32
    np.testing.assert_allclose(restored[0].obs, scaled[0].obs, rtol=1e-6)


def test_rewards_taken_out_do_not_come_back(recorded):
    blind = [dataclasses.replace(t, rewards=None) for t in recorded]
    assert_same(round_trip(blind, find_body(recorded.env_id))[1], blind)


def test_poisoned_rewards_stay_poisoned(recorded):
    poisoned = [dataclasses.replace(t, rewards=np.full(len(t), np.nan)) for t in recorded]
    assert_same(round_trip(poisoned, find_body(recorded.env_id))[1], poisoned)


def test_every_field_of_a_generated_episode_survives(make_trajectory):
    made = make_trajectory(
        synthetic=True, residual=np.linspace(0, 1, 5), source="vae", seed=None, terminated=True
    )
    plain = make_trajectory(draw=2, residual=np.ones(5), source="")
    assert_same(round_trip([made, plain], None)[1], [made, plain])


def test_float64_columns_narrow_only_where_nothing_is_lost(make_trajectory):
    coarse = make_trajectory(obs=np.arange(18.0).reshape(6, 3) / 8)
    assert pack([coarse], None, "float64")[0]["obs"].dtype == np.float32
    assert pack([make_trajectory()], None, "float64")[0]["obs"].dtype == np.float64


def test_only_the_episodes_asked_for_come_back(recorded):
    tensors, fields = pack(list(recorded), find_body(recorded.env_id), "float64")
    assert_same(unpack(tensors, fields, find_body(recorded.env_id), [2, 0]), [recorded[2], recorded[0]])


@pytest.mark.usefixtures("unchecked_types")
def test_an_unknown_precision_is_refused(make_trajectory):
    with pytest.raises(UsageError, match="float32, float64"):
        pack([make_trajectory()], None, "float16")


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensors, fields: tensors.pop("lengths"),
        lambda tensors, fields: tensors.pop("actions"),
        lambda tensors, fields: tensors.pop("seeds"),
        lambda tensors, fields: tensors.pop("states"),
        lambda tensors, fields: tensors.update(lengths=tensors["lengths"] + 1),
        lambda tensors, fields: tensors.update(lengths=-tensors["lengths"]),
        lambda tensors, fields: tensors.update(lengths=tensors["lengths"].astype(float)),
        lambda tensors, fields: tensors.update(lengths=np.array(3)),
        lambda tensors, fields: tensors.update(seeds=tensors["seeds"][1:]),
        lambda tensors, fields: tensors.update(seeds=np.array(3)),
        lambda tensors, fields: tensors.update(terminated=tensors["terminated"][:, None].repeat(2, 1)),
        lambda tensors, fields: tensors.update(states=tensors["states"][:, 1:]),
        lambda tensors, fields: tensors.update(actions=tensors["actions"][:, 1:]),
        lambda tensors, fields: tensors.update(rewards=np.zeros(3)),
        lambda tensors, fields: fields.update(sources=None),
        lambda tensors, fields: fields.update(sources=["a"]),
        lambda tensors, fields: fields.update(recomputed=3),
        lambda tensors, fields: fields.update(recomputed=[]),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(recorded, damage):
    body = find_body(recorded.env_id)
    tensors, fields = pack(list(recorded), body, "float64")
    damage(tensors, fields)
    with pytest.raises(DataError):
        unpack(tensors, fields, body, range(len(recorded)))


def test_an_episode_that_is_not_there_is_refused(recorded):
    body = find_body(recorded.env_id)
    tensors, fields = pack(list(recorded), body, "float64")
    with pytest.raises(DataError, match="episode 4"):
        unpack(tensors, fields, body, [4])


def test_what_is_left_out_needs_the_body(recorded):
    tensors, fields = pack(list(recorded), find_body(recorded.env_id), "float64")
    with pytest.raises(DataError, match="known body"):
        unpack(tensors, fields, None, [0])
