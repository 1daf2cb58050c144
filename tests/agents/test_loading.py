"""Policies of Stable-Baselines3 act the same from their weights alone, and nothing is unpickled."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO, SAC, TD3

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


def test_normalisation_comes_as_two_arrays(tmp_path):
    model, path = _saved(tmp_path, PPO)
    mean, std = np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0])
    for name, values in (("mean", mean), ("std", std)):
        np.save(tmp_path / f"{name}.npy", values)
    options = PolicyOptions(obs_mean=tmp_path / "mean.npy", obs_std=tmp_path / "std.npy")
    actions, _ = options.load(path, "Pendulum-v1").predict(OBS, deterministic=True)
    assert actions == pytest.approx(model.predict((OBS - mean) / std, deterministic=True)[0], abs=1e-5)


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


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 broken"])
def test_what_is_no_zip_is_refused(tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a policy"):
        PolicyOptions().load(path, "Pendulum-v1")


def test_a_policy_of_another_environment_and_a_missing_file_are_refused(tmp_path):
    _, path = _saved(tmp_path, PPO)
    with pytest.raises(DataError, match="\\(3, 1\\) observations to actions"):
        PolicyOptions().load(path, "Hopper-v5")
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
