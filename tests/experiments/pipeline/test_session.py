"""A run reads its file of demonstrations once, however much of it looks at them."""

import pytest

from gailforce.demos import storage
from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.recorder import RandomPolicy, record
from gailforce.envs import spaces
from gailforce.experiments.cli.main import answer
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.pipeline.session import Session

SHORT = ["--steps", "512", "--ppo.steps-per-update", "256", "--ppo.batch-size", "128", "--n-envs", "8"]
IMITATE = ["imitate", "hopper", "--demos", "mine.gfd", "--episodes", "2", *SHORT, "--threads", "1"]
SCORED_ALONE = ["--evaluation-episodes", "1", "--controls", "none", "--no-verdict", "--no-video"]

pytestmark = pytest.mark.filterwarnings("ignore:mine")  # random policies are no experts


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    """Short episodes of a random policy, in the folder where every command runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    episodes = record(RandomPolicy(spaces("hopper")[1]), "hopper", 3)
    Demonstrations(episodes, Card(env_id="Hopper-v5")).save("mine")


@pytest.fixture
def reads(monkeypatch):
    """Names of the demonstrations that are read from disk, one for each time."""
    names, read = [], storage._read

    def counted(source):
        if source.suffix == ".gfd":
            names.append(source.name)
        return read(source)

    monkeypatch.setattr(storage, "_read", counted)
    return names


def test_training_scores_verdict_film_and_page_share_one_reading(tmp_path, reads):
    assert answer([*IMITATE, "--evaluation-episodes", "1", "--controls", "cached"]) == 0
    (run,) = (tmp_path / "runs").iterdir()
    for name in ("result.json", "verdict.json", "videos/beside-expert.mp4", "report.html"):
        assert (run / name).stat().st_size > 0
    assert reads == ["mine.gfd"]


@pytest.mark.parametrize(
    "flags",
    [["--augment", "copy"], ["--world-model", "linear", "--model-based.random-steps", "100"]],
    ids=["augmented", "model-based"],
)
def test_generated_pieces_and_world_models_read_nothing_again(flags, reads):
    # Generated windows are longer than the episodes of a random policy.
    assert answer([*IMITATE, "--demos", "hopper-expert", "--episodes", "1", *flags, *SCORED_ALONE]) == 0
    assert reads == ["hopper-expert.gfd"]


def test_a_finished_run_is_scored_judged_and_resumed_with_one_reading_each(tmp_path, reads):
    assert answer([*IMITATE, *SCORED_ALONE]) == 0
    (run,) = map(str, (tmp_path / "runs").iterdir())
    for arguments, expected in (
        (["evaluate", run, "--episodes", "1", "--controls", "none"], 1),
        (["verdict", run], 1),
        (["resume", run, *SCORED_ALONE], 1),
        (["report", run], 0),
    ):
        reads.clear()
        assert answer(arguments) == 0
        assert reads == ["mine.gfd"] * expected, arguments[0]


def test_no_module_keeps_demonstrations_from_one_run_for_the_next(reads):
    config = ImitationConfig("hopper", "mine.gfd", episodes=2)
    first, second = Session.load(config), Session.load(config)
    assert reads == ["mine.gfd"] * 2
    assert first.whole is not second.whole
