"""The README's examples run as they stand, the ten lines with fewer steps and episodes."""

import re
from pathlib import Path

import gailforce as gf
from gailforce.agents.models.reward import demonstrated
from gailforce.generative.rewards.reward_families import FAMILIES

README = Path(__file__).resolve().parent.parent / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_ten_lines_run(tmp_path, monkeypatch, capsys):
    lines = EXAMPLES[0]
    fewer = lines.replace("1_000_000, progress_bar=True", "2048").replace("episodes=50", "episodes=2")
    assert fewer != lines
    monkeypatch.chdir(tmp_path)
    exec(compile(fewer, "README", "exec"), {})
    assert "N=2" in capsys.readouterr().out
    assert (tmp_path / "hopper-imitator.gfa").stat().st_size > 0


def test_a_reward_of_ones_own_is_used(request):
    assert len(EXAMPLES) == 3
    request.addfinalizer(lambda: FAMILIES.pop("fast"))
    exec(compile(EXAMPLES[1], "README", "exec"), {})
    model = gf.RewardModel("fast")
    demos = gf.Demonstrations.load("hopper-expert").take(1)
    model.fit(demos)
    assert model.logit(demonstrated(demos)).shape == (1000, 1)


def test_a_world_model_steps(capsys):
    exec(compile(EXAMPLES[2], "README", "exec"), {"gf": gf})
    state, fall, uncertainty = capsys.readouterr().out.split("tensor")[1:]
    assert state.count(",") == 10
    assert float(uncertainty.strip("()[]\n ")) > 0
    assert 0 <= float(fall.strip("()[] \n")) <= 1
