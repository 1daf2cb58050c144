"""The process at work: its command line, versions, threads, and how it is told to stop."""

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import torch

LIBRARIES = ("gailforce", "torch", "numpy", "gymnasium", "mujoco", "stable-baselines3")


def this_command() -> str:
    """The command line at work, to be typed again."""
    module = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["python", "-m", module.name] if module and module.name != "__main__" else ["gailforce"]
    return shlex.join([*program, *sys.argv[1:]])


def versions() -> dict[str, str]:
    """Versions of what decides a result."""
    return {name: metadata.version(name) for name in LIBRARIES} | {"python": sys.version.split()[0]}


def one_thread() -> None:
    """One torch thread a run: small networks get slower with more, and seeds run side by side."""
    torch.set_num_threads(1)


@contextmanager
def termination_interrupts() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C, so that a stopped job saves its checkpoint too."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
