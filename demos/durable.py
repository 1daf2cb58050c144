"""Atomic writes: after a kill, a crash or a full disk either the old or the whole new file exists."""

import errno
import os
import secrets
import time
from pathlib import Path

from ..envs.errors import EnvironmentFault

# Age at which another writer's unfinished file counts as abandoned [s].
STALE_SECONDS = 3600.0
# No space, no quota, larger than the file size limit.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_durably(path: str | os.PathLike[str], content: bytes) -> None:
    """Write under a temporary name in the same folder, sync, rename, sync the folder.

    Creates the folder if needed. Removes unfinished files of killed writers after an hour.

    Raises:
        EnvironmentFault: the disk refused; an existing file at `path` is unchanged.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale_parts(target)
        try:
            _write_synced(part, content)
            os.replace(part, target)
        except BaseException:  # an interrupt too must leave no partial file
            part.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as fault:
        step = "free some disk space" if fault.errno in FULL else "check the folder and the disk"
        raise EnvironmentFault(
            f"could not write {target}: {fault.strerror}; {step} and save again"
        ) from fault


def _write_synced(path: Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut; skipped where the system cannot sync folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as fault:
        if fault.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _remove_stale_parts(target: Path) -> None:
    prefix = f".{target.name}."
    with os.scandir(target.parent) as entries:
        parts = [Path(e.path) for e in entries if e.name.startswith(prefix) and e.name.endswith(".part")]
    for part in parts:
        try:
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                part.unlink()
        except FileNotFoundError:  # another writer finished or removed it
            continue
