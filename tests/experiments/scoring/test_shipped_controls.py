"""Controls that are shipped: a run with usual settings finds each of them, and none is made again."""

import json

import numpy as np
import pytest

from gailforce.agents.loading import load_policy
from gailforce.envs import spaces
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.pipeline.session import Session
from gailforce.experiments.scoring import controls
from gailforce.experiments.scoring.controls import SHIPPED, Definition, constant_agent, find
from gailforce.experiments.scoring.score import Score


def _task(body="hopper", **changes):
    """What stands beside a run of default settings."""
    return Session.load(ImitationConfig(body, f"{body}-expert", **changes)).task()


@pytest.fixture(autouse=True)
def _nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(controls, "MAKERS", {})


@pytest.mark.parametrize(
    ("file", "name", "steps"),
    [
        ("random-Hopper-v5-dcefccfce051.json", "random", 1_000_000),
        ("bc-Hopper-v5-9564badaf6ff.json", "bc", 1_000_000),
        ("constant-Hopper-v5-76a9632d133b.json", "constant", 600_000),
        ("constant-Hopper-v5-c7e6e027d80b.json", "constant", 1_000_000),
    ],
)
def test_a_run_of_default_settings_finds_a_shipped_score(file, name, steps):
    task, kept = _task(steps=steps), json.loads((SHIPPED / file).read_text())
    assert Definition(name, task).file_in(SHIPPED) == SHIPPED / file
    assert json.loads(json.dumps(Definition(name, task).to_json())) == kept["definition"]
    assert find(name, task) == Score.from_json(kept["score"])


def test_every_shipped_score_is_one_that_a_run_finds():
    tasks = [_task(steps=steps) for steps in (600_000, 1_000_000)]
    paths = {
        Definition(name, task).file_in(SHIPPED) for task in tasks for name in ("random", "bc", "constant")
    }
    assert set(SHIPPED.glob("*.json")) == paths


@pytest.mark.parametrize(
    ("body", "steps", "file"),
    [
        ("hopper", 600_000, "constant-Hopper-v5-76a9632d133b.gfa"),
        ("hopper", 1_000_000, "constant-Hopper-v5-c7e6e027d80b.gfa"),
        # Of another budget: the longest trained.
        ("hopper", 1_500_000, "constant-Hopper-v5-c7e6e027d80b.gfa"),
        ("walker2d", 1_000_000, "constant-Walker2d-v5-cb9671f9dc99.gfa"),
    ],
)
def test_a_verdict_compares_with_a_shipped_agent_of_the_body(body, steps, file):
    assert constant_agent(_task(body, steps=steps)) == SHIPPED / file


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.gfa")), ids=lambda path: path.stem)
def test_every_shipped_agent_loads_and_acts(path):
    policy, env_id = load_policy(path), path.stem.removeprefix("constant-").rpartition("-")[0]
    obs_size, actions = spaces(env_id)
    chosen, _ = policy.predict(np.zeros((2, obs_size)), deterministic=True)
    assert chosen.shape == (2, *actions.shape)
    assert np.isfinite(chosen).all()
