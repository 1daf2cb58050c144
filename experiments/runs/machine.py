"""A look at this machine: what gailforce needs, what it found, and how to mend what is missing."""

import dataclasses
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from .counting import counted

Status = Literal["ok", "warn", "fail"]

# Free disk below which a training may not fit, and below which nothing should be begun [bytes].
LITTLE_DISK, NO_DISK = 2e9, 2e8
# Extras that serve users; `dev` is for those who change gailforce.
EXTRAS = {"data": "Minari data sets", "tb": "TensorBoard logs"}


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes:
        name: what was looked at.
        status: `ok`; `warn`, it works but not well; `fail`, some command will stop because of it.
        finding: what was found.
        remedy: what to do about it; empty if nothing.
    """

    name: str
    status: Status
    finding: str
    remedy: str = ""


def diagnose() -> list[Check]:
    """Look at everything; a check that itself breaks counts as failed."""
    checks: dict[str, Callable[[], Check]] = {
        "python": _python,
        "packages": _packages,
        "cores": _cores,
        "torch": _torch,
        "physics": _physics,
        "pictures": _pictures,
        "video": _video,
        "disk": _disk,
        **{f"extra {name}": functools.partial(_extra, name, use) for name, use in EXTRAS.items()},
        "demonstrations": _demonstrations,
    }
    return [_guarded(name, check) for name, check in checks.items()]


def healthy(checks: Iterable[Check]) -> bool:
    """Whether nothing failed; warnings are allowed."""
    return all(check.status != "fail" for check in checks)


def render_text(checks: Iterable[Check]) -> str:
    """One line for each check, and below it what to do."""
    found = list(checks)
    width = max((len(check.name) for check in found), default=0)
    lines = []
    for check in found:
        lines.append(f"{check.status:<4}  {check.name:<{width}}  {check.finding}")
        if check.remedy:
            lines.append(f"{'':<4}  {'':<{width}}  -> {check.remedy}")
    return "\n".join(lines)


def render_json(checks: Iterable[Check]) -> list[dict[str, str]]:
    """The same as plain values."""
    return [dataclasses.asdict(check) for check in checks]


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as fault:  # whatever is broken, the other checks must be shown
        cause = (str(fault).splitlines() or [""])[0]
        remedy = "reinstall: pip install --upgrade gailforce"
        if os.environ.get("MUJOCO_GL"):  # a wrong value stops MuJoCo itself from being imported
            remedy = f"unset MUJOCO_GL (it is {os.environ['MUJOCO_GL']}) and look again; else {remedy}"
        return Check(name, "fail", f"{type(fault).__name__}: {cause}", remedy)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = metadata.metadata("gailforce")["Requires-Python"]
    if version in SpecifierSet(wanted):
        return Check("python", "ok", f"{version} at {sys.prefix}")
    return Check("python", "fail", f"{version}, but gailforce needs {wanted}", f"install Python {wanted}")


def _packages() -> Check:
    needed = [need for need in _requirements() if need.marker is None or need.marker.evaluate({"extra": ""})]
    wrong = [complaint for need in needed if (complaint := _complaint(need)) is not None]
    if wrong:
        return Check("packages", "fail", "; ".join(wrong), "pip install --upgrade gailforce")
    shown = ("torch", "mujoco", "gymnasium", "stable-baselines3", "numpy")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in shown)
    return Check("packages", "ok", f"all {len(needed)} in range, among them {versions}")


def _extra(name: str, use: str) -> Check:
    markers = [(need, need.marker) for need in _requirements() if need.marker is not None]
    mine = [
        need
        for need, marker in markers
        if marker.evaluate({"extra": name}) and not marker.evaluate({"extra": ""})
    ]
    missing = [complaint for need in mine if (complaint := _complaint(need)) is not None]
    if missing:
        # Nothing is wrong without an extra, so this is no warning.
        remedy = f'for {use}: pip install "gailforce[{name}]"'
        return Check(f"extra {name}", "ok", f"not installed ({'; '.join(missing)})", remedy)
    return Check(
        f"extra {name}", "ok", ", ".join(f"{need.name} {metadata.version(need.name)}" for need in mine)
    )


def _requirements() -> list[Requirement]:
    return [Requirement(text) for text in metadata.requires("gailforce") or []]


def _complaint(need: Requirement) -> str | None:
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return f"{need.name} is missing"
    fits = need.specifier.contains(version, prereleases=True)
    return None if fits else f"{need.name} {version} is outside {need.specifier}"


def _cores() -> Check:
    from ...envs.cores import usable_cores

    usable = usable_cores()
    finding = f"{usable:g} usable of {os.cpu_count()}"
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > usable + 0.5:
        return Check(
            "cores", "warn", f"{finding}, load {load:.1f}", "other work will slow down every training"
        )
    return Check("cores", "ok", finding)


def _torch() -> Check:
    import torch

    finding = f"{counted(torch.get_num_threads(), 'thread')} by default; each training takes 1"
    if torch.cuda.is_available():
        finding += "; a GPU is here, small networks like ours are faster without"
    return Check("torch", "ok", finding)


def _physics() -> Check:
    import numpy as np

    from ...envs.registry import make_env

    env = make_env("hopper", n_envs=2, threads=1)
    env.reset()
    obs, *_ = env.step(np.stack([env.action_space.sample()] * 2))
    env.close()
    if not np.isfinite(np.asarray(obs)).all():
        return Check(
            "physics", "fail", "a step of hopper is not finite", "reinstall: pip install --upgrade mujoco"
        )
    return Check("physics", "ok", f"hopper steps on MuJoCo {metadata.version('mujoco')}")


def _pictures() -> Check:
    from ...envs.errors import EnvironmentFault
    from ...envs.opengl import opengl_backend

    try:
        return Check("pictures", "ok", f"OpenGL through {opengl_backend()}")
    except EnvironmentFault as fault:
        finding, _, remedy = str(fault).partition("; install")
        return Check("pictures", "fail", finding, f"install{remedy}" if remedy else "unset MUJOCO_GL")


def _video() -> Check:
    import imageio_ffmpeg

    remedy = (
        "pip install --force-reinstall imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE to an ffmpeg with libx264"
    )
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        source = ("-f", "lavfi", "-i", "nullsrc=s=64x64", "-frames:v", "2")
        command = (program, "-v", "error", *source, "-c:v", "libx264", "-f", "null", "-")
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as fault:
        return Check("video", "fail", f"no ffmpeg that works: {fault}", remedy)
    if run.returncode != 0:
        return Check("video", "fail", f"ffmpeg cannot write H.264: {run.stderr.strip()}", remedy)
    return Check("video", "ok", f"ffmpeg {imageio_ffmpeg.get_ffmpeg_version()} writes H.264")


def _disk() -> Check:
    here = Path.cwd()
    free = shutil.disk_usage(here).free
    finding = f"{free / 1e9:.1f} GB free in {here}"
    if free < NO_DISK:
        return Check("disk", "fail", finding, "free some space, or work in another folder")
    if free < LITTLE_DISK:
        return Check("disk", "warn", finding, "a long training with video may not fit; free some space")
    return Check("disk", "ok", finding)


def _demonstrations() -> Check:
    from ...demos.dataset import Demonstrations
    from ...demos.library import shipped_names
    from ...envs.errors import GailforceError

    names, broken = shipped_names(), []
    for name in names:
        try:
            Demonstrations.load(name)
        except GailforceError as fault:
            broken.append(str(fault))
    if broken:
        return Check("demonstrations", "fail", "; ".join(broken), "pip install --force-reinstall gailforce")
    if not names:
        return Check(
            "demonstrations", "warn", "none shipped with this copy", "record your own: gailforce record"
        )
    return Check("demonstrations", "ok", f"{counted(len(names), 'set')} whole: {', '.join(names)}")
