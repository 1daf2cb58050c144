"""The bar goes to terminals only: standard output may be a file that waits for JSON."""

import sys

import pytest
from stable_baselines3.common.callbacks import ProgressBarCallback

from gailforce.experiments.runs.progress import PlainProgress, progress


@pytest.mark.parametrize(
    ("out", "err", "plain", "kind"),
    [
        (True, True, False, ProgressBarCallback),
        (True, True, True, PlainProgress),
        (False, True, False, PlainProgress),
        (True, False, False, PlainProgress),
    ],
)
def test_the_kind_suits_where_it_is_shown(monkeypatch, out, err, plain, kind):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: out)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: err)
    assert type(progress(plain)) is kind
