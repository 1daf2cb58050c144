"""OpenGL without a screen: selects a backend that works on this machine before the first picture."""

import functools
import importlib
import os
import platform
import subprocess
import sys
from typing import Protocol, runtime_checkable

import mujoco

from .errors import EnvironmentFault

# Values of MUJOCO_GL that enable drawing without naming a backend.
UNDECIDED = ("", "enable", "enabled", "on", "true", "1")
# Opens a context, in a process that may abort.
PROBE = """
import importlib, sys
import mujoco
context = importlib.import_module("mujoco." + sys.argv[1]).GLContext(64, 64)
context.make_current()
mujoco.MjrContext(mujoco.MjModel.from_xml_string("<mujoco/>"), mujoco.mjtFontScale.mjFONTSCALE_100.value)
"""
# A first start of Mesa on a loaded machine took 3 s [s].
PROBE_SECONDS = 60
REMEDY = "install with: apt-get install libegl1 libgl1-mesa-dri; or continue without a video (--no-video)"


@runtime_checkable
class Context(Protocol):
    """The interface of MuJoCo's OpenGL contexts."""

    def make_current(self) -> None: ...  # noqa: D102
    def free(self) -> None: ...  # noqa: D102


def open_context(width: int, height: int) -> Context:
    """A new OpenGL context for drawing off screen.

    An earlier import of MuJoCo does not matter: its own choice at import is not used.

    Raises:
        EnvironmentFault: no backend works here.
    """
    backend = opengl_backend()
    if backend == "native":
        return mujoco.GLContext(width, height)
    return importlib.import_module(f"mujoco.{backend}").GLContext(width, height)


@functools.cache
def opengl_backend() -> str:
    """The first OpenGL backend that works; each is tried in a process of its own, and the result is cached.

    On Linux the name is also written to MUJOCO_GL in lower case, which Gymnasium reads.

    Returns:
        `egl`, `glfw` or `osmesa`; on other systems than Linux `native`, MuJoCo's own choice, untested.

    Raises:
        EnvironmentFault: none works, or MUJOCO_GL forbids drawing.
    """
    if platform.system() != "Linux":
        return "native"
    complaints = []
    for backend in _candidates():
        complaint = probe(backend)
        if complaint is None:
            os.environ["MUJOCO_GL"] = backend
            return backend
        complaints.append(f"{backend}: {complaint}")
    raise EnvironmentFault(f"no OpenGL for pictures ({'; '.join(complaints)}); {REMEDY}")


def probe(backend: str) -> str | None:
    """Why a backend cannot draw here, or None if it can."""
    command = [sys.executable, "-c", PROBE, backend]
    environment = {**os.environ, "MUJOCO_GL": backend}
    try:
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"no answer in {PROBE_SECONDS} s"
    if run.returncode == 0:
        return None
    lines = run.stderr.strip().splitlines()
    return lines[-1] if lines else f"ended with {run.returncode}"


def _candidates() -> list[str]:
    requested = os.environ.get("MUJOCO_GL", "").strip().lower()
    backends = ["egl", "osmesa"]
    # glfw needs a window system; glx is another name for it in MuJoCo.
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        backends.insert(1, "glfw")
    if requested in UNDECIDED:
        return backends
    first = "glfw" if requested == "glx" else requested
    if first not in ("egl", "glfw", "osmesa"):
        raise EnvironmentFault(
            f"MUJOCO_GL={requested} forbids drawing; unset it, or continue without a video (--no-video)"
        )
    return [first, *(backend for backend in backends if backend != first)]
