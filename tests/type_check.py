"""Type-check the package under its own name, whatever the folder of the checkout is called."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run mypy through a link called gailforce, made outside the repository."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "gailforce").symlink_to(ROOT, target_is_directory=True)
        command = [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(ROOT / "pyproject.toml"),
            "-p",
            "gailforce",
        ]
        return subprocess.run(
            command, cwd=folder, env={**os.environ, "MYPYPATH": folder}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
