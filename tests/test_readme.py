"""The README's ten lines run as they stand, with fewer steps and episodes."""

import re
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def test_the_ten_lines_run(tmp_path, monkeypatch, capsys):
    (lines,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    fewer = lines.replace("1_000_000, progress_bar=True", "2048").replace("episodes=50", "episodes=2")
    assert fewer != lines
    monkeypatch.chdir(tmp_path)
    exec(compile(fewer, "README", "exec"), {})
    assert "N=2" in capsys.readouterr().out
    assert (tmp_path / "hopper-imitator.gfa").stat().st_size > 0
