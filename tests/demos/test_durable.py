import errno
import io
import os
import resource
import subprocess
import sys
import textwrap

import pytest

from gailforce.demos import durable
from gailforce.demos.durable import write_durably
from gailforce.envs.errors import EnvironmentFault

FAULTS = [errno.ENOSPC, errno.EIO, errno.EDQUOT]


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def fail(code):
    def raiser(*_):
        raise OSError(code, os.strerror(code))

    return raiser


class FullFile(io.FileIO):
    """Takes three bytes, then reports the fault."""

    code = 0

    def write(self, content):
        super().write(content[:3])
        fail(self.code)()


def test_the_new_content_replaces_the_old(target):
    write_durably(target, b"new")
    assert target.read_bytes() == b"new"
    assert os.listdir(target.parent) == ["file"]


def test_missing_folders_are_made(tmp_path):
    write_durably(tmp_path / "a" / "b" / "file", b"new")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"new"


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_no_litter(target, monkeypatch, step, code):
    if step == "write":
        monkeypatch.setattr(FullFile, "code", code)
        monkeypatch.setattr(durable, "open", FullFile, raising=False)
    else:
        monkeypatch.setattr(durable.os, step, fail(code))
    with pytest.raises(EnvironmentFault, match=r"could not write .*file.*save again") as caught:
        write_durably(target, b"new content")
    monkeypatch.undo()
    assert caught.value.exit_code == 4
    assert ("free some disk space" in str(caught.value)) == (code != errno.EIO)
    assert target.read_bytes() == b"old"
    assert os.listdir(target.parent) == ["file"]


def test_a_fault_after_the_rename_is_told_and_the_new_file_is_whole(target, monkeypatch):
    calls, fsync = [], os.fsync
    monkeypatch.setattr(
        durable.os, "fsync", lambda fd: fail(errno.EIO)() if calls else calls.append(fsync(fd))
    )
    with pytest.raises(EnvironmentFault, match="file"):
        write_durably(target, b"new")
    assert target.read_bytes() == b"new"


def test_folders_that_cannot_be_synced_are_no_fault(target, monkeypatch):
    calls, fsync = [], os.fsync
    monkeypatch.setattr(
        durable.os, "fsync", lambda fd: fail(errno.EINVAL)() if calls else calls.append(fsync(fd))
    )
    write_durably(target, b"new")
    assert target.read_bytes() == b"new"


def test_a_real_limit_on_file_size_leaves_the_old_file(target):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(EnvironmentFault, match="free some disk space"):
            write_durably(target, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert target.read_bytes() == b"old"
    assert os.listdir(target.parent) == ["file"]


def test_an_interrupt_leaves_the_old_file_and_no_litter(target, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(durable.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_durably(target, b"new")
    assert os.listdir(target.parent) == ["file"]
    assert target.read_bytes() == b"old"


def test_a_folder_of_that_name_is_a_fault_and_stays(tmp_path):
    (tmp_path / "file" / "inside").mkdir(parents=True)
    with pytest.raises(EnvironmentFault, match="could not write"):
        write_durably(tmp_path / "file", b"new")
    assert os.listdir(tmp_path) == ["file"]


def test_parts_of_killed_writers_are_swept_after_an_hour_and_fresh_ones_left(target):
    old, fresh, other = (target.with_name(f".{name}.part") for name in ("file.1-a", "file.2-b", "else.1-a"))
    for part in (old, fresh, other):
        part.write_bytes(b"half")
    for part in (old, other):
        os.utime(part, (0, 0))
    write_durably(target, b"new")
    assert (old.exists(), fresh.exists(), other.exists()) == (False, True, True)


def test_killing_the_writer_never_loses_the_file(tmp_path):
    # One child imports the package and forks the writers, so that 40 of them are quick.
    script = """
        import os, random, signal, sys, time
        import numpy as np
        from gailforce.demos.storage import load_archive, save_archive

        path, rng = sys.argv[1], random.Random(0)
        save_archive(path, {"a": np.zeros(100_000)}, {"n": 0})
        for _ in range(40):
            before = load_archive(path)[1]["n"]
            begun, tell = os.pipe()
            writer = os.fork()
            if not writer:
                n = before
                while True:
                    n += 1
                    save_archive(path, {"a": np.full(100_000, float(n))}, {"n": n})
                    os.write(tell, b".")
            os.read(begun, 1)
            time.sleep(rng.uniform(0, 0.03))
            os.kill(writer, signal.SIGKILL)
            os.waitpid(writer, 0)
            os.close(begun), os.close(tell)
            tensors, meta = load_archive(path)
            assert meta["n"] > before
            assert (tensors["a"] == meta["n"]).all()
        print("saved", meta["n"])
    """
    path = tmp_path / "file.gfd"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[1]) >= 40
