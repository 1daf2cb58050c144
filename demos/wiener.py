"""The Wiener filter: what of a series is signal, where the level of its white noise is known."""

import numpy as np
from jaxtyping import Float

# Neighbouring frequencies over which power is averaged: one alone says nothing of its mean.
NEIGHBOURS = 41


def beneath(
    series: Float[np.ndarray, "T C"], level: Float[np.ndarray, "C"], neighbours: int = NEIGHBOURS
) -> Float[np.ndarray, "T C"]:
    """The signal that white noise of these standard deviations hides.

    Every frequency f is kept in the proportion max(0, 1 - level² / S(f)), with S the power of signal and
    noise together (Wiener 1949), here the periodogram averaged over neighbouring frequencies.
    """
    waves = np.fft.rfft(series, axis=0)
    half = min(neighbours // 2, len(waves) - 1)
    power = np.pad(np.abs(waves) ** 2 / len(series), ((half, half), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(power, 2 * half + 1, axis=0)
    kept = np.clip(1 - np.square(level) / np.maximum(windows.mean(axis=-1), 1e-30), 0.0, 1.0)
    return np.fft.irfft(waves * kept, n=len(series), axis=0)
