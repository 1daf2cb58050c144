import json
import subprocess
import sys
from importlib import metadata

import pytest

from gailforce.demos import library
from gailforce.envs import opengl
from gailforce.envs.errors import EnvironmentFault
from gailforce.experiments.runs import machine as doctor
from gailforce.experiments.runs.machine import Check, diagnose, healthy, render_json, render_text

NAMES = {
    *("python", "packages", "cores", "torch", "physics", "pictures", "video", "disk"),
    *("extra data", "extra tb", "demonstrations"),
}


def found(name: str) -> Check:
    return next(check for check in diagnose() if check.name == name)


def test_this_machine_can_run_gailforce():
    checks = diagnose()
    assert {check.name for check in checks} == NAMES
    assert [check for check in checks if check.status == "fail"] == []


def test_every_complaint_says_what_to_do():
    assert all(check.remedy for check in diagnose() if check.status != "ok")


def test_the_text_has_a_line_for_each_check_and_the_remedy_below_it():
    text = render_text(
        [Check("disk", "ok", "9 GB free"), Check("pictures", "fail", "no OpenGL", "install Mesa")]
    )
    assert text.splitlines() == [
        "ok    disk      9 GB free",
        "fail  pictures  no OpenGL",
        "                -> install Mesa",
    ]


def test_plain_values_survive_json():
    checks = [Check("disk", "warn", "1 GB free", "free some")]
    assert json.loads(json.dumps(render_json(checks))) == [
        {"name": "disk", "status": "warn", "finding": "1 GB free", "remedy": "free some"}
    ]


@pytest.mark.parametrize(("status", "well"), [("ok", True), ("warn", True), ("fail", False)])
def test_only_failures_make_it_ill(status, well):
    assert healthy([Check("a", "ok", ""), Check("b", status, "")]) is well


def test_a_check_that_breaks_is_shown_as_failed(monkeypatch):
    def broken() -> Check:
        raise ZeroDivisionError("by zero")

    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setattr(doctor, "_disk", broken)
    check = found("disk")
    assert (check.status, check.finding) == ("fail", "ZeroDivisionError: by zero")
    assert "reinstall" in check.remedy


def test_missing_opengl_is_a_failure_with_the_packages_to_install(monkeypatch):
    def nothing_works() -> str:
        raise EnvironmentFault(f"no OpenGL for pictures (egl: no library); {opengl.REMEDY}")

    monkeypatch.setattr(opengl, "opengl_backend", nothing_works)
    check = found("pictures")
    assert (check.status, check.finding) == ("fail", "no OpenGL for pictures (egl: no library)")
    assert "apt-get install libegl1" in check.remedy


def test_a_broken_ffmpeg_is_a_failure(monkeypatch, tmp_path):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    check = found("video")
    assert check.status == "fail"
    assert "IMAGEIO_FFMPEG_EXE" in check.remedy


@pytest.mark.parametrize(("free", "status"), [(1e7, "fail"), (1e9, "warn"), (1e11, "ok")])
def test_little_disk_warns_and_none_fails(monkeypatch, free, status):
    usage = doctor.shutil.disk_usage(".")._replace(free=int(free))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    assert found("disk").status == status


def requiring(monkeypatch, *needs: str) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: list(needs))


def test_a_package_out_of_range_or_missing_fails_by_name(monkeypatch):
    requiring(monkeypatch, "numpy<1", "no-such-package>=2", "torch")
    check = found("packages")
    assert check.status == "fail"
    assert "numpy" in check.finding
    assert "is outside <1" in check.finding
    assert "no-such-package is missing" in check.finding


def test_a_missing_extra_is_no_fault_but_says_how_to_get_it(monkeypatch):
    requiring(monkeypatch, 'no-such-package>=2; extra == "tb"', 'numpy; extra == "data"')
    assert found("extra data").finding.startswith("numpy ")
    check = found("extra tb")
    assert (check.status, check.finding) == ("ok", "not installed (no-such-package is missing)")
    assert 'pip install "gailforce[tb]"' in check.remedy


def test_a_busy_machine_is_a_warning(monkeypatch):
    monkeypatch.setattr(doctor.os, "getloadavg", lambda: (999.0, 0.0, 0.0))
    assert found("cores").status == "warn"


def test_a_damaged_shipped_set_fails_by_name(monkeypatch, tmp_path):
    (tmp_path / "hopper-expert.gfd").write_bytes(b"rubbish")
    monkeypatch.setattr(library, "SHIPPED", tmp_path)
    check = found("demonstrations")
    assert check.status == "fail"
    assert "hopper-expert" in check.finding


def test_looking_at_the_machine_needs_no_working_mujoco():
    code = "from gailforce.experiments.runs.machine import *; print(render_text(diagnose()))"
    environment = {**doctor.os.environ, "MUJOCO_GL": "nonsense"}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.returncode == 0
    assert "unset MUJOCO_GL (it is nonsense)" in run.stdout
