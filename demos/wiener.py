"""The Wiener filter: removes white noise of known level from a series."""

import numpy as np
from jaxtyping import Float

# Neighboring frequencies over which power is averaged: the power of one varies as much as its mean.
NEIGHBORS = 41


def beneath(
    series: Float[np.ndarray, "T C"], level: Float[np.ndarray, "C"], neighbors: int = NEIGHBORS
) -> Float[np.ndarray, "T C"]:
    """The signal under white noise of these standard deviations.

    Every frequency f is scaled by max(0, 1 - level² / S(f)), with S the power of signal plus
    noise (Wiener 1949), here the periodogram averaged over neighboring frequencies.
    """
    waves = np.fft.rfft(series, axis=0)
    half = min(neighbors // 2, len(waves) - 1)
    power = np.pad(np.abs(waves) ** 2 / len(series), ((half, half), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(power, 2 * half + 1, axis=0)
    gain = np.clip(1 - np.square(level) / np.maximum(windows.mean(axis=-1), 1e-30), 0.0, 1.0)
    return np.fft.irfft(waves * gain, n=len(series), axis=0)
