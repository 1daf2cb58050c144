"""A reward model of one's own, in a file of one's own, is known to the command by its name."""

import os
import subprocess
import sys

MINE = '''
import gailforce as gf

class Mine(gf.Critic):
    """Pays for speed."""

    def __init__(self, widths, seed, config):
        super().__init__()

    def update(self, expert, agent):
        return {"loss": 0.0}

    def logit(self, x):
        return x[:, 5]

gf.register_reward("mine", Mine, use_when="speed")
'''


def _command(folder, *arguments, modules="my_rewards"):
    environment = {**os.environ, "GAILFORCE_MODULES": modules, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", "from gailforce.experiments.cli.main import main; main()", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_models_shows_it_and_a_missing_module_is_said(tmp_path):
    (tmp_path / "my_rewards.py").write_text(MINE)
    shown = _command(tmp_path, "models")
    assert shown.returncode == 0, shown.stderr
    assert any(line.split()[0] == "mine" and "speed" in line for line in shown.stdout.splitlines())
    missing = _command(tmp_path, "models", modules="not_there")
    assert missing.returncode == 2
    assert "not_there" in missing.stderr
    assert "PYTHONPATH" in missing.stderr


def test_it_trains_through_the_same_loop(tmp_path):
    (tmp_path / "my_rewards.py").write_text(MINE)
    run = ("imitate", "hopper", "--reward", "mine", "--steps", "2048", "--no-video", "--no-verdict")
    done = _command(tmp_path, *run, "--controls", "none", "--evaluation-episodes", "1", "--every", "2048")
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("runs/*/agent.gfa"))
