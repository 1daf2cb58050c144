"""Every kind of cell ends in the same kind of result, its run beside it."""

import pytest

from gailforce.agents.bc import BCConfig
from gailforce.demos.dataset import Demonstrations
from gailforce.envs.errors import DataError
from gailforce.experiments.bench.cell import Cell
from gailforce.experiments.bench.cell_work import Job, perform
from gailforce.experiments.pipeline.config import ImitationConfig

CONFIG = ImitationConfig("hopper", episodes=1, draw=3, seed=3, subsample=20, steps=2048, threads=1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def performed(tmp_path):
    def perform_it(method, **settings):
        job = Job(Cell(method, CONFIG, 1, **settings), tmp_path / "run", "gailforce bench x")
        result = perform(job).to_json()
        assert (result["key"], result["definition"]) == (job.cell.key, job.cell.definition.to_json())
        assert result["command"] == "gailforce bench x"
        assert {"environment", "horizon", "config", "commit", "versions", "seconds"} <= result.keys()
        assert {"random", "expert"} <= result["controls"].keys()
        return result

    return perform_it


def test_a_trained_cell_keeps_its_run(performed, tmp_path):
    result = performed("constant")
    assert (result["method"], result["reward_model"], result["kind"]) == ("GAIL", "constant", "imitation")
    assert len(result["agent"]["exploring"]["returns"]) == 1
    assert {"agent.gfa", "config.toml", "result.json", "metrics.jsonl"} <= {
        p.name for p in (tmp_path / "run").iterdir()
    }


def test_a_clone_is_scored_in_both_modes(performed, tmp_path):
    result = performed("bc", cloning=BCConfig(updates=20))
    assert (result["method"], result["kind"], result["demonstrations"]["transitions"]) == (
        "BC",
        "cloning",
        50,
    )
    assert result["agent"].keys() == {"deterministic", "exploring"}
    assert "steps" not in result
    assert (tmp_path / "run" / "agent.gfa").is_file()


def test_references_are_their_own_measure(performed):
    assert performed("expert")["agent"]["deterministic"]["normalized_score"]["value"] == pytest.approx(1.0)
    assert abs(performed("random")["agent"]["deterministic"]["normalized_score"]["value"]) < 0.1


def test_an_expert_without_rewards_is_refused(performed, monkeypatch):
    whole = Demonstrations.load("hopper-expert").without_rewards()
    monkeypatch.setattr("gailforce.experiments.bench.cell_work.Demonstrations.load", lambda name: whole)
    with pytest.raises(DataError, match="hold no rewards"):
        performed("expert")
