"""Run by the interpreter that a wheel is installed for: what lies beside the code is found there too."""

import contextlib
import io
import sys
from pathlib import Path

import gailforce
from gailforce.experiments.bench.grid import SHIPPED as GRIDS
from gailforce.experiments.bench.grid import read_grid
from gailforce.experiments.cli.main import answer
from gailforce.experiments.cli.models import Models
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.pipeline.session import Session
from gailforce.experiments.runs.provenance import commit
from gailforce.experiments.scoring import controls

NAMES = {
    *("augment", "families", "few", "fixed", "paper", "pretraining"),
    *("remember", "smoke", "spread", "trial", "walker"),
}


def main() -> int:
    """Check the package that is imported."""
    home = Path(gailforce.__file__).parent
    assert not (home / ".git").exists(), f"{home} is a checkout, not an installed package"
    assert commit() is None, "an installed package names a commit"
    assert not (home / "experiments" / "studies").exists(), "the studies are installed"
    grids = {path.stem: read_grid(path.stem).cells for path in GRIDS.glob("*.toml")}
    assert grids.keys() == NAMES, f"the grids found are {sorted(grids)}"
    assert all(grids.values()), "a grid has no cells"
    controls.MAKERS = {}  # what is not found cannot be made
    task = Session.load(ImitationConfig("hopper")).task()
    missing = [name for name in ("random", "bc", "constant", "expert") if controls.find(name, task) is None]
    assert not missing, f"controls not found: {missing}"
    entries = Models().run().families
    unmeasured = [name for name, entry in entries.items() if entry.normalized_score is None]
    assert not unmeasured, f"models shows no result of {unmeasured}"
    unranked = [name for name, entry in entries.items() if entry.family.way != "control" and not entry.gate]
    assert not unranked, f"models shows no offline gate of {unranked}"
    _check_verdict(controls.constant_agent(task))
    print(f"{home}: {len(grids)} grids, {len(entries)} reward models, controls and confidence are found")
    return 0


def _check_verdict(agent: Path | None) -> None:
    assert agent is not None, "no constant agent is found"
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        code = answer(["verdict", str(agent)])
    assert code == 0, f"the verdict ended with {code}"
    assert "called so in the trial" in shown.getvalue(), f"the verdict has no confidence: {shown.getvalue()}"


if __name__ == "__main__":
    sys.exit(main())
