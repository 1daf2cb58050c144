"""Check a built wheel: one top-level name, the shipped files, and that it runs in an empty environment."""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Files beside the code that the wheel must carry.
SHIPPED = (
    *("demos/shipped/*.gfd", "demos/shipped/*.gfa", "py.typed"),
    *("experiments/scoring/shipped/*.json", "experiments/scoring/shipped/*.gfa"),
    *("experiments/bench/grids/*.toml", "experiments/verdict/tried.json"),
    *("results/gate.json", "results/families.json"),
)


def main(folder: str) -> int:
    """Check the only wheel in a folder."""
    (wheel,) = Path(folder).glob("gailforce-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"gailforce"}, f"the wheel installs {tops}, not gailforce alone"
    found = {kind: list(ROOT.glob(kind)) for kind in SHIPPED}
    assert all(found.values()), f"nothing to ship of {[kind for kind, paths in found.items() if not paths]}"
    shipped = {f"gailforce/{path.relative_to(ROOT)}" for paths in found.values() for path in paths}
    assert shipped <= set(names), f"the wheel lacks {shipped - set(names)}"
    studies = [name for name in names if "/studies/" in name]
    assert not studies, f"the wheel holds studies: {studies}"
    with tempfile.TemporaryDirectory() as empty:
        _run_in_empty_environment(wheel.resolve(), Path(empty))
    print(f"{wheel.name}: {len(names)} files, {len(shipped)} beside the code; it runs when alone")
    return 0


def _run_in_empty_environment(wheel: Path, folder: Path) -> None:
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    constraints = ["-c", str(ROOT / "constraints.txt")]
    subprocess.run([python, "-m", "pip", "install", "-q", *constraints, "torch", wheel], check=True)
    # Without OpenGL, which wheels cannot bring, the doctor says so and ends with 4.
    for arguments, codes in ((["--help"], {0}), (["demos", "list"], {0}), (["doctor"], {0, 4})):
        run = subprocess.run([folder / "venv" / "bin" / "gailforce", *arguments], cwd=folder, check=False)
        assert run.returncode in codes, f"gailforce {' '.join(arguments)} ended with {run.returncode}"
    # Isolated: neither PYTHONPATH nor the folder of the script is searched.
    subprocess.run([python, "-I", ROOT / "tests" / "wheel_smoke.py"], cwd=folder, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
