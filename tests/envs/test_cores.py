"""Cores are counted as this process may use them, on every system."""

import os

import pytest

from gailforce.envs import cores, make_env


@pytest.mark.parametrize(
    ("text", "expected"),
    [("150000 100000\n", 1.5), ("max 100000\n", float("inf")), ("?", float("inf")), ("5 0\n", float("inf"))],
)
def test_a_container_s_quota_counts(monkeypatch, tmp_path, text, expected):
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr(cores, "QUOTA_V2", tmp_path / "cpu.max")
    assert cores.quota() == expected


def test_copies_step_where_the_system_has_no_affinity_and_a_quota_is_below_one_core(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(cores, "quota", lambda: 0.5)
    assert cores.usable_cores() == 0.5
    env = make_env("hopper", 2)
    assert env.reset().shape == (2, 11)
    env.close()
