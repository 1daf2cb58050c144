"""The command answers faults with one line, the right exit code and no traceback."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from gailforce.agents.expert import Expert, ExpertConfig
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.experiments.cli.main import answer
from gailforce.experiments.cli.verbs import VERBS

SHORT = ["--steps", "512", "--ppo.steps-per-update", "256", "--ppo.batch-size", "128"]
TINY = [*SHORT, "--n-envs", "8", "--threads", "1"]
IMITATE = ["imitate", "hopper", *TINY, "--evaluation-episodes", "2", "--controls", "none", "--no-video"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def expert(tmp_path):
    agent = Expert("hopper", config=ExpertConfig(8, PPOConfig(256, 128)))
    agent.save(tmp_path / "expert.gfa")
    return str(tmp_path / "expert.gfa")


def _run(tmp_path):
    (run,) = (tmp_path / "runs").iterdir()
    return run


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["imitat"], 2, "did you mean imitate"),
        (["imitate", "hoper"], 2, "did you mean hopper"),
        (["imitate", "hopper", "--demos", "hopper-exprt"], 2, "did you mean hopper-expert"),
        (["imitate", "hopper", "--demos", "missing.gfd"], 3, "missing.gfd"),
        (["imitate", "walker2d", "--demos", "hopper-expert"], 3, "come from Hopper-v5, not Walker2d-v5"),
        (["imitate", "hopper", "--episodes", "99"], 2, "of the 25 episodes"),
        (["imitate", "hopper", "--reward", "gaan"], 2, "did you mean gan"),
        (["imitate", "hopper", "--form", "logit"], 2, "falling early"),
        (["imitate", "hopper", "--ppo.batch-size", "300"], 2, "batches of 300"),
        (["imitate", "hopper", "--demos", "minari:../outside"], 2, "minari"),
        (["expert", "CartPole-v1"], 2, "Box"),
        (["record", "hopper", "--policy", "nothing.gfa", "--out", "x.gfd"], 3, "nothing.gfa"),
        (["evaluate", "nothing"], 3, "nothing"),
        (["resume", "nothing"], 3, "nothing"),
        (["report", "nothing"], 3, "nothing"),
        (["video", "nothing.zip"], 3, "nothing.zip"),
        (["demos"], 2, "which action? gailforce demos list|card|check|import|export|repair"),
        (["demos", "chek", "x"], 2, "did you mean check"),
        (["demos", "check"], 2, "a shipped name, a file, or minari:ID. (required)"),
        (["demos", "check", "missing.gfd"], 3, "missing.gfd"),
        (["demos", "check", "hopper-expert", "--rate", "2"], 2, "unrecognized options: --rate"),
        (["demos", "import", "x.npz", "--env", "Hopper-v5"], 2, "--out"),
        (
            ["demos", "repair", "x.npz", "--env", "hopper", "--out", "x", "--rate", "0"],
            2,
            "--rate must be at",
        ),
        (["imitate", "hopper", "--every", "0"], 2, "--every must be at least 1, got 0"),
        (["imitate", "hopper", "--subsample", "0"], 2, "--subsample must be at least 1, got 0"),
        (["imitate", "hopper", "--evaluation-episodes", "0"], 2, "at least one episode"),
        (["imitate", "hopper", "--reward.updates", "0"], 2, "updates of at least 1"),
        (["imitate", "hopper", "--seed", "-1"], 2, "--seed must be 0 to"),
        (["expert", "CarRacing-v3"], 4, "Box2D"),
        (["expert", "HalfCheetah-v2"], 4, "gymnasium-robotics"),
        (["expert", "hopper", "--every", "0"], 2, "--every must be at least"),
        (["expert", "hopper", "--episodes", "0"], 2, "--episodes must be at least"),
        (["expert", "hopper", "--selection-episodes", "0"], 2, "--selection-episodes must be at least"),
        (["expert", "hopper", "--steps", "0"], 2, "--steps must be at least"),
        (["expert", "hopper", "--seed", "-1"], 2, "--seed must be 0 to"),
        (["expert", "hopper", "--seed", "4294967296"], 2, "--seed must be 0 to"),
        (["imitate", "hopper", "--threads", "-1"], 2, "threads must be at least 1"),
        (["record", "hopper", "--policy", "x", "--out", "x", "--noise", "-1"], 2, "--noise must be at least"),
        (
            ["record", "hopper", "--policy", "x", "--out", "x", "--noise", "nan"],
            2,
            "--noise must be at least",
        ),
        (["record", "hopper", "--policy", "x", "--out", "x", "--test", "-1"], 2, "--test must be at least"),
        (["ladder", "hopper", "--expert", "x", "--out", "x", "--snapshots", "1", "2"], 2, "at least 3"),
        (["video", "x.gfa", "--episode", "-1"], 2, "--episode must be at least"),
        (["video", "x.gfa", "--beside", "expret"], 2, "expret"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, code, words, capsys):
    assert answer(arguments) == code
    shown = " ".join(capsys.readouterr().err.split())
    assert words.lower() in shown.lower()
    assert "Traceback" not in shown


def test_zero_episodes_are_refused(expert, capsys):
    assert answer(["record", "hopper", "--policy", expert, "--episodes", "0", "--out", "x"]) == 2
    assert "--episodes must be at least 1, got 0" in capsys.readouterr().err


def test_help_lists_every_verb_and_imports_nothing_heavy():
    script = (
        "import sys; from gailforce.experiments.cli.main import answer; answer(['--help']);"
        "print({'torch', 'mujoco'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert all(f"  {verb}" in shown for verb in VERBS)
    assert shown.strip().endswith("set()")


def test_a_damaged_file_of_demonstrations_is_data_exit_3(tmp_path, capsys):
    (tmp_path / "bad.gfd").write_bytes(b"not a zip")
    assert answer(["imitate", "hopper", "--demos", "bad.gfd"]) == 3
    assert "bad.gfd" in capsys.readouterr().err


def test_nan_in_the_demonstrations_is_data_exit_3(tmp_path, capsys):
    obs = np.zeros((11, 11))
    obs[3, 2] = np.nan
    np.savez(tmp_path / "nan.npz", obs=obs, actions=np.zeros((10, 3)), lengths=np.array([10]))
    assert answer(["demos", "import", "nan.npz", "--env", "Hopper-v5", "--out", "x.gfd"]) == 3
    assert "NaN" in capsys.readouterr().err


def test_record_imitate_evaluate_report_and_resume_work_together(tmp_path, expert, capsys):
    assert answer(["record", "hopper", "--policy", expert, "--episodes", "3", "--out", "mine", "--json"]) == 0
    recorded = json.loads(capsys.readouterr().out)
    assert recorded["episodes"] == 3
    assert answer([*IMITATE, "--demos", "mine.gfd", "--episodes", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["demonstrations"]["episodes"] == 2
    assert len(result["agent"]["exploring"]["returns"]) == 2
    run = _run(tmp_path)
    for name in ("config.toml", "command.txt", "metrics.jsonl", "result.json", "report.html", "agent.gfa"):
        assert (run / name).stat().st_size > 0
    assert answer(["evaluate", str(run), "--episodes", "2", "--controls", "none"]) == 0
    assert "agent, exploring" in capsys.readouterr().out
    assert answer(["report", str(run)]) == 0
    (run / "result.json").write_text('{"agent": {"determ')
    assert answer(["evaluate", str(run), "--episodes", "2", "--controls", "none"]) == 3
    assert "result.json is damaged" in capsys.readouterr().err


def test_an_interrupt_saves_a_checkpoint_and_says_how_to_go_on(tmp_path, expert, capsys, monkeypatch):
    answer(["record", "hopper", "--policy", expert, "--episodes", "2", "--out", "mine"])
    from gailforce.agents.gail import GAIL

    learn = GAIL.learn

    def interrupted(self, steps, *arguments, **kwargs):
        learn(self, 256, *arguments, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(GAIL, "learn", interrupted)
    assert answer([*IMITATE, "--demos", "mine.gfd", "--episodes", "0"]) == 130
    run = _run(tmp_path)
    assert f"gailforce resume {run.relative_to(tmp_path)}" in capsys.readouterr().err
    monkeypatch.setattr(GAIL, "learn", learn)
    resume = ["resume", str(run), "--evaluation-episodes", "1", "--controls", "none", "--no-video", "--json"]
    assert answer(resume) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["steps"] == 512


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EFBIG"])
@pytest.mark.parametrize(("arguments", "resumable"), [(IMITATE, True), (["expert", "hopper"], False)])
def test_a_full_disk_is_said_and_has_exit_4(capsys, monkeypatch, code, arguments, resumable):
    def full(*_, **__):
        raise OSError(getattr(errno, code), "refused")

    monkeypatch.setattr("gailforce.experiments.runs.folder.RunFolder.create", full)
    assert answer(arguments) == 4
    shown = capsys.readouterr().err
    assert "disk is full" in shown
    assert ("resume" in shown) is resumable


@pytest.mark.parametrize("arguments", [["demos", "list"], ["doctor"]])
def test_a_value_that_mujoco_refuses_to_be_imported_with_has_exit_4(arguments):
    script = f"from gailforce.experiments.cli.main import answer; raise SystemExit(answer({arguments}))"
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "MUJOCO_GL": "nonsense"}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert shown.returncode == 4
    assert "unset MUJOCO_GL" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_an_interrupted_expert_names_only_a_policy_that_exists(capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Expert, "learn", interrupted)
    assert answer(["expert", "hopper"]) == 130
    shown = capsys.readouterr().err
    assert "no policy was kept" in shown
    assert "agent.gfa" not in shown


def test_without_opengl_everything_but_the_video_is_kept_and_the_exit_is_4(
    tmp_path, expert, capsys, monkeypatch
):
    from gailforce.envs.errors import EnvironmentFault

    def blind(*_, **__):
        raise EnvironmentFault("no OpenGL here; install it, or go on with --no-video")

    monkeypatch.setattr("gailforce.experiments.pipeline.finish.film_beside_expert", blind)
    answer(["record", "hopper", "--policy", expert, "--episodes", "2", "--out", "mine"])
    arguments = [argument for argument in IMITATE if argument != "--no-video"]
    assert answer([*arguments, "--demos", "mine.gfd", "--episodes", "0"]) == 4
    shown = capsys.readouterr()
    assert "no OpenGL here" in shown.err
    assert "agent, deterministic" in shown.out
    assert (_run(tmp_path) / "report.html").exists()


def test_a_finished_run_can_be_scored_again(tmp_path, expert, capsys):
    answer(["record", "hopper", "--policy", expert, "--episodes", "2", "--out", "mine"])
    answer([*IMITATE, "--demos", "mine.gfd", "--episodes", "0"])
    run = str(_run(tmp_path))
    assert answer(["resume", run, "--evaluation-episodes", "1", "--controls", "none", "--no-video"]) == 0
    assert answer(["evaluate", run, "--episodes", "3", "--controls", "none"]) == 0
    assert (
        len(json.loads((_run(tmp_path) / "result.json").read_text())["agent"]["deterministic"]["returns"])
        == 3
    )
    assert (
        answer(["evaluate", run, "--episodes", "1", "--horizon", "fixed", "--controls", "none", "--json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["agent"]["deterministic"]["lengths"] == [1000]
