"""The Wiener filter: noise is removed, a slow signal stays, white signal is scaled by its power."""

import numpy as np
import pytest

from gailforce.demos.wiener import beneath

T = np.arange(1000)[:, None] / 1000
WAVE = np.sin(2 * np.pi * 5 * T)
NOISE = np.random.default_rng(0).normal(size=(1000, 1))


def test_without_noise_nothing_changes():
    series = np.hstack((WAVE, NOISE))
    assert np.allclose(beneath(series, np.zeros(2)), series)


def test_pure_noise_hides_nothing():
    filtered = beneath(NOISE, np.ones(1))
    # The power of 41 frequencies is known to 16 %, so a small part of the noise passes.
    assert np.square(filtered).mean() < 0.02 * np.square(NOISE).mean()


def test_a_slow_signal_comes_back():
    filtered = beneath(WAVE + 0.5 * NOISE, np.full(1, 0.5))
    off, before = (np.sqrt(np.square(one - WAVE).mean()) for one in (filtered, WAVE + 0.5 * NOISE))
    assert off < 0.4 * before


def test_white_signal_is_kept_in_proportion_to_its_power():
    signal = 2.0 * np.random.default_rng(1).normal(size=(20_000, 1))
    series = signal + np.random.default_rng(2).normal(size=(20_000, 1))
    # 1 - 1 / (4 + 1), for every frequency alike.
    assert np.sum(beneath(series, np.ones(1)) * series) / np.sum(series**2) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("length", [2, 7, 40])
def test_short_series_keep_their_length(length):
    assert beneath(NOISE[:length], np.ones(1)).shape == (length, 1)
