"""Policies of Stable-Baselines3 act the same from their weights alone, and nothing is unpickled."""

import io
import json
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO, SAC, TD3
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

from gailforce.agents.loading import PolicyOptions
from gailforce.envs.errors import DataError, UsageError

OBS = np.random.default_rng(0).normal(size=(20, 3))


def _saved(tmp_path, algorithm, **kwargs):
    model = algorithm("MlpPolicy", "Pendulum-v1", device="cpu", seed=0, **kwargs)
    model.save(tmp_path / "model.zip")
    return model, tmp_path / "model.zip"


@pytest.mark.parametrize(
    ("algorithm", "kwargs"),
    [
        (PPO, {}),
        (PPO, {"policy_kwargs": {"activation_fn": torch.nn.ReLU, "net_arch": [16, 8]}}),
        (SAC, {"buffer_size": 10}),
        (TD3, {"buffer_size": 10}),
    ],
)
def test_a_zip_acts_as_its_maker_did(tmp_path, algorithm, kwargs):
    model, path = _saved(tmp_path, algorithm, **kwargs)
    expected, _ = model.predict(OBS, deterministic=True)
    actions, _ = PolicyOptions().load(path, "Pendulum-v1").predict(OBS, deterministic=True)
    assert actions == pytest.approx(expected, abs=1e-5)
    trusted, _ = PolicyOptions(trust_pickle=True).load(path, "Pendulum-v1").predict(OBS, deterministic=True)
    assert np.array_equal(trusted, expected)


@pytest.mark.parametrize(
    ("algorithm", "kwargs"),
    [(PPO, {"policy_kwargs": {"log_std_init": -1.0}}), (SAC, {"buffer_size": 10})],
)
def test_a_zip_explores_as_its_maker_did(tmp_path, algorithm, kwargs):
    model, path = _saved(tmp_path, algorithm, **kwargs)
    policy = PolicyOptions().load(path, "Pendulum-v1")
    assert policy.explores
    drawn = []
    for actor in (model, policy):
        torch.manual_seed(5)
        drawn.append(actor.predict(OBS, deterministic=False)[0])
    assert drawn[1] == pytest.approx(drawn[0], abs=1e-5)
    assert np.abs(drawn[1] - policy.predict(OBS, deterministic=True)[0]).max() > 0.01


@pytest.mark.parametrize("bias", [9.0, -50.0])
def test_the_width_of_sac_keeps_within_its_bounds(tmp_path, bias):
    model = SAC("MlpPolicy", "Pendulum-v1", device="cpu", seed=0, buffer_size=10)
    torch.nn.init.constant_(model.actor.log_std.bias, bias)
    model.save(tmp_path / "model.zip")
    policy = PolicyOptions().load(tmp_path / "model.zip", "Pendulum-v1")
    latent = torch.zeros(1, 256)
    assert policy._log_std(latent).item() == (2.0 if bias > 0 else -20.0)


def test_a_deterministic_file_says_that_it_cannot_explore(tmp_path):
    _, path = _saved(tmp_path, TD3, buffer_size=10)
    policy = PolicyOptions().load(path, "Pendulum-v1")
    assert not policy.explores
    with pytest.raises(UsageError, match="holds no exploring policy"):
        policy.predict(OBS, deterministic=False)
    assert not PolicyOptions(trust_pickle=True).load(path, "Pendulum-v1").explores


def _statistics(tmp_path, mean, std, **kwargs):
    for name, values in (("mean", mean), ("std", std)):
        np.save(tmp_path / f"{name}.npy", np.array(values))
    return PolicyOptions(obs_mean=tmp_path / "mean.npy", obs_std=tmp_path / "std.npy", **kwargs)


@pytest.mark.parametrize("trust_pickle", [False, True])
def test_normalization_comes_as_two_arrays(tmp_path, trust_pickle):
    model, path = _saved(tmp_path, PPO)
    # The last column lies far outside, as one that hardly moved in training.
    options = _statistics(tmp_path, [0.1, 0.2, 0.3], [1.0, 2.0, 0.001], trust_pickle=trust_pickle)
    policy = options.load(path, "Pendulum-v1")
    scaled = np.clip((OBS - [0.1, 0.2, 0.3]) / [1.0, 2.0, 0.001], -10, 10)
    expected = model.predict(scaled, deterministic=True)[0]
    assert policy.predict(OBS, deterministic=True)[0] == pytest.approx(expected, abs=1e-5)
    assert policy.explores


def test_raw_observations_are_not_clipped(tmp_path):
    model, path = _saved(tmp_path, PPO)
    actions, _ = PolicyOptions().load(path, "Pendulum-v1").predict(30 * OBS, deterministic=True)
    assert actions == pytest.approx(model.predict(30 * OBS, deterministic=True)[0], abs=1e-5)


def test_a_normalized_policy_explores_only_if_its_actor_does(tmp_path):
    _, path = _saved(tmp_path, TD3, buffer_size=10)
    assert not _statistics(tmp_path, [0.0] * 3, [1.0] * 3).load(path, "Pendulum-v1").explores


@pytest.mark.parametrize("std", [[1.0, 0.0, 1.0], [1.0, -1.0, 1.0], [1.0, np.nan, 1.0], [1.0, 1.0]])
def test_statistics_that_cannot_be_are_refused(tmp_path, std):
    _, path = _saved(tmp_path, PPO)
    with pytest.raises(DataError, match=r"std\.npy"):
        _statistics(tmp_path, [0.0] * 3, std).load(path, "Pendulum-v1")


@pytest.mark.parametrize("trust_pickle", [False, True])
@pytest.mark.parametrize("missing", ["obs_mean", "obs_std"])
def test_one_statistic_without_the_other_is_refused(tmp_path, missing, trust_pickle):
    _, path = _saved(tmp_path, PPO)
    options = _statistics(tmp_path, [0.0] * 3, [1.0] * 3, trust_pickle=trust_pickle)
    with pytest.raises(UsageError, match="belong together"):
        replace(options, **{missing: None}).load(path, "Pendulum-v1")


def test_an_agent_of_ours_takes_no_statistics_from_outside(tmp_path):
    path = tmp_path / "agent.gfa"
    path.write_bytes(b"never read")
    with pytest.raises(UsageError, match="its own normalization"):
        _statistics(tmp_path, [0.0] * 3, [1.0] * 3).load(path, "Pendulum-v1")


class _Doubled(BaseFeaturesExtractor):
    """Features that a plain reading of the actor would leave out."""

    def __init__(self, space):
        super().__init__(space, 3)
        self.factor = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, obs):
        return obs * self.factor


class _Squared(_Doubled):
    """The same without weights of its own."""

    def __init__(self, space):
        super().__init__(space)
        del self.factor

    def forward(self, obs):
        return obs**2


@pytest.mark.parametrize(
    ("algorithm", "kwargs", "told"),
    [
        (PPO, {"policy_kwargs": {"features_extractor_class": _Doubled}}, "features_extractor.factor"),
        (SAC, {"policy_kwargs": {"features_extractor_class": _Doubled}, "buffer_size": 10}, "factor"),
        (PPO, {"policy_kwargs": {"features_extractor_class": _Squared}}, "_Squared"),
        (PPO, {"policy_kwargs": {"activation_fn": torch.nn.Mish}}, "Mish"),
        (PPO, {"use_sde": True}, "gSDE"),
        (SAC, {"use_sde": True, "buffer_size": 10}, "actor.log_std"),
    ],
)
def test_what_weights_alone_do_not_tell_is_refused(tmp_path, algorithm, kwargs, told):
    _, path = _saved(tmp_path, algorithm, **kwargs)
    with pytest.raises(UsageError, match=f"{told}.*--trust-pickle"):
        PolicyOptions().load(path, "Pendulum-v1")


class _Bomb:
    def __reduce__(self):
        return (print, ("unpickled!",))


def test_a_hostile_zip_runs_nothing(tmp_path, capsys):
    _, path = _saved(tmp_path, PPO)
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(hostile, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "data":
                bomb = io.BytesIO()
                pickle.dump(_Bomb(), bomb)
                data = json.dumps({"policy_kwargs": {":serialized:": bomb.getvalue().hex()}}).encode()
            target.writestr(name, data)
    PolicyOptions().load(hostile, "Pendulum-v1")
    assert "unpickled" not in capsys.readouterr().out


@pytest.mark.parametrize("trust_pickle", [False, True])
@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 broken"])
def test_what_is_no_zip_is_refused(tmp_path, content, trust_pickle):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not a policy|cannot be unpickled"):
        PolicyOptions(trust_pickle=trust_pickle).load(path, "Pendulum-v1")


@pytest.mark.parametrize("data", [b"{ no json", b"[]", b'{"policy_kwargs": 3}'])
def test_damaged_json_is_refused(tmp_path, data):
    _, path = _saved(tmp_path, PPO)
    with zipfile.ZipFile(path) as source:
        weights = source.read("policy.pth")
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("policy.pth", weights)
        target.writestr("data", data)
    with pytest.raises(DataError, match="JSON"):
        PolicyOptions().load(path, "Pendulum-v1")


def test_a_policy_of_another_environment_and_a_missing_file_are_refused(tmp_path):
    _, path = _saved(tmp_path, PPO)
    with pytest.raises(DataError, match="\\(3, 1\\) observations to actions"):
        PolicyOptions().load(path, "Hopper-v5")
    with pytest.raises(DataError, match="Hopper-v5 has"):
        PolicyOptions(trust_pickle=True).load(path, "Hopper-v5")
    with pytest.raises(DataError, match="there is no file"):
        PolicyOptions().load(tmp_path / "absent.zip", "Pendulum-v1")


def test_a_policy_without_an_actor_we_know_is_refused(tmp_path):
    path = tmp_path / "odd.zip"
    weights = io.BytesIO()
    torch.save({"strange.weight": torch.zeros(1)}, weights)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("policy.pth", weights.getvalue())
    with pytest.raises(UsageError, match="trust-pickle"):
        PolicyOptions().load(path, "Pendulum-v1")
