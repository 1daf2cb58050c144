"""Run folders: everything one training leaves behind, and enough to go on after a stop."""

import itertools
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, cast, runtime_checkable

from stable_baselines3.common.logger import KVWriter, Logger, TensorBoardOutputFormat

from ...demos.durable import FULL, write_durably
from ...envs.errors import DataError, EnvironmentFault, UsageError
from ...envs.registry import Horizon
from .metrics import MetricsWriter
from .process import this_command
from .toml import write_toml

# What a run trains.
Kind = Literal["imitation", "cloning", "expert", "variation"]


@runtime_checkable
class Settings(Protocol):
    """Settings of a run, whatever it trains."""

    def to_plain(self) -> dict[str, Any]:
        """Plain values, nested as `config.toml` nests them."""


@runtime_checkable
class Storable(Protocol):
    """A result, or a part of one."""

    def to_json(self) -> dict[str, Any]:
        """Plain values for `result.json`."""


@dataclass(frozen=True)
class RunFacts:
    """What is asked of a run of any kind, or of a policy without a run.

    Attributes:
        kind: one of `Kind`; empty where it is not known.
        demos: the demonstrations it learned from, if any.
        steps: environment steps of its training; 0 where they are not known.
        horizon: of its environment.
    """

    kind: str = ""
    demos: str | None = None
    steps: int = 0
    horizon: Horizon = "native"

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "RunFacts":
        """The facts in a run's configuration."""
        horizon = cast(Horizon, plain.get("horizon", cls.horizon))
        return cls(plain.get("kind", ""), plain.get("demos"), int(plain.get("steps", 0)), horizon)


@dataclass(frozen=True)
class RunFolder:
    """The places in a run's folder."""

    path: Path

    @classmethod
    def create(cls, name: str, root: Path, kind: Kind, settings: Settings) -> "RunFolder":
        """A new folder `root/name-date-time` with the resolved configuration and the command.

        Raises:
            EnvironmentFault: no folder can be made there.
        """
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        name = f"{name.replace('/', '-')}-{stamp}-{os.getpid()}"
        return cls._filled(lambda: _new_folder(root, name), root, kind, settings, this_command())

    @classmethod
    def at(cls, path: Path, kind: Kind, settings: Settings, command: str) -> "RunFolder":
        """The folder itself, made if need be, for who names and clears the folders.

        Raises:
            EnvironmentFault: no folder can be made there.
        """
        return cls._filled(lambda: _folder(path), path.parent, kind, settings, command)

    @classmethod
    def _filled(
        cls, make: Callable[[], Path], root: Path, kind: Kind, settings: Settings, command: str
    ) -> "RunFolder":
        try:
            run = cls(make())
            for place in (run.checkpoints, run.videos):
                place.mkdir(exist_ok=True)
            write_toml(run.path / "config.toml", {"kind": kind, **settings.to_plain()})
            (run.path / "command.txt").write_text(command + "\n", encoding="utf-8")
        except OSError as fault:
            if fault.errno in FULL:
                raise
            raise EnvironmentFault(
                f"cannot make a run's folder in {root}: {fault.strerror}; name another place with --runs"
            ) from fault
        return run

    @classmethod
    def open(cls, path: str | Path) -> "RunFolder":
        """An existing run.

        Raises:
            DataError: when the folder is not a run.
        """
        run = cls(Path(path))
        if not (run.path / "config.toml").is_file():
            raise DataError(
                f"{path} is not a run: it holds no config.toml; name a folder that imitate or expert made"
            )
        return run

    def require_kind(self, kind: str) -> "RunFolder":
        """This run, if it is of that kind.

        Raises:
            UsageError: it is of another; only imitation can be resumed.
        """
        own = self.facts.kind or None
        if own != kind:
            raise UsageError(
                f"{self.path} is a run of kind {own}, not {kind}; experts cannot be resumed, "
                "train one anew with gailforce expert"
            )
        return self

    @property
    def facts(self) -> RunFacts:
        """What its configuration says of a run of any kind."""
        return RunFacts.from_plain(self.read_config())

    def read_config(self) -> dict[str, Any]:
        """The resolved configuration.

        Raises:
            DataError: the file is damaged.
        """
        try:
            return tomllib.loads((self.path / "config.toml").read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            raise DataError(f"{self.path}/config.toml is damaged ({fault}); start the run anew") from fault

    @property
    def command(self) -> str:
        """The command that made the run."""
        return (self.path / "command.txt").read_text(encoding="utf-8").strip()

    @property
    def checkpoints(self) -> Path:
        """Agents on the way, `step-N.gfa`."""
        return self.path / "checkpoints"

    @property
    def videos(self) -> Path:
        """Videos of this run."""
        return self.path / "videos"

    @property
    def metrics(self) -> Path:
        """One JSON object for each log line."""
        return self.path / "metrics.jsonl"

    @property
    def agent(self) -> Path:
        """The agent at the end of its budget."""
        return self.path / "agent.gfa"

    @property
    def world(self) -> Path:
        """The world model that the agent dreamt in, at the end."""
        return self.path / "world.gfa"

    @property
    def kept(self) -> Path:
        """The checkpoint nearest to the demonstrations."""
        return self.path / "kept.gfa"

    def checkpoint(self, step: int) -> Path:
        """Where the agent after so many steps is, or will be, kept."""
        return self.checkpoints / f"step-{step:08d}.gfa"

    def newest_agent(self) -> Path:
        """The finished agent, or the newest checkpoint of a run that was stopped.

        Raises:
            DataError: when there is neither.
        """
        agents = [self.agent] if self.agent.exists() else sorted(self.checkpoints.glob("step-*.gfa"))
        if not agents:
            raise DataError(
                f"{self.path} holds no agent: it was stopped before its first checkpoint; start anew"
            )
        return agents[-1]

    def series(self, key: str) -> list[tuple[int, float]]:
        """`(step, value)` of every line of the metrics that holds a key; damaged lines are left out."""
        lines = self.metrics.read_text(encoding="utf-8").splitlines() if self.metrics.exists() else []
        points = []
        for line in lines:
            try:
                entry = json.loads(line)
                points.append((int(entry["step"]), float(entry[key])))
            except (ValueError, KeyError, TypeError):  # another kind of line, or one cut short by a kill
                continue
        return points

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write `result.json`, whole or not at all."""
        write_durably(self.path / "result.json", (json.dumps(result, indent=1) + "\n").encode())

    def read_result(self) -> dict[str, Any] | None:
        """What `result.json` holds; None where there is none yet.

        Raises:
            DataError: the file is damaged.
        """
        path = self.path / "result.json"
        if not path.is_file():
            return None
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(stored, dict):
                raise ValueError("no table")
        except (ValueError, RecursionError) as fault:
            raise DataError(
                f"{path} is damaged ({fault}) and left as it is; move it away, and `gailforce resume "
                f"{self.path}` scores a run of imitate anew"
            ) from fault
        return stored

    def update_result(self, newer: Storable) -> None:
        """Put newer scores into a `result.json` that is there; others are left as they are.

        Raises:
            DataError: the file is damaged.
        """
        stored = self.read_result()
        if stored is not None:
            parts = newer.to_json().items()
            self.write_result({**stored, **{key: _merged(stored.get(key), part) for key, part in parts}})

    def logger(self) -> Logger:
        """Stable-Baselines3's logger into `metrics.jsonl`, and TensorBoard where it is installed."""
        writers: list[KVWriter] = [MetricsWriter(self.metrics)]
        if find_spec("tensorboard") is not None:
            writers.append(TensorBoardOutputFormat(str(self.path / "tensorboard")))
        return Logger(str(self.path), writers)


def _merged(stored: object, newer: object) -> object:
    """The newer entries of a table among those stored; the reason why one is missing replaces no score."""
    if not isinstance(stored, dict) or not isinstance(newer, dict):
        return newer
    scored = {key for key, entry in stored.items() if isinstance(entry, dict) and "returns" in entry}
    return stored | {key: new for key, new in newer.items() if key not in scored or "missing" not in new}


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _new_folder(root: Path, name: str) -> Path:
    """A folder of that name, numbered where there is one already."""
    for number in itertools.count(1):
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            if not path.exists():  # something above it is in the way
                raise
    raise AssertionError("the count has no end")
