"""Fréchet distance between two samples of features, as if both were Gaussian."""

import numpy as np
from jaxtyping import Float


def frechet_distance(x: Float[np.ndarray, "N F"], y: Float[np.ndarray, "M F"]) -> float:
    """|μ₁ - μ₂|² + Tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½) (Dowson & Landau 1982; Heusel et al. 2017 for pictures)."""
    apart = np.square(x.mean(axis=0) - y.mean(axis=0)).sum()
    one, other = np.cov(x.T), np.cov(y.T)
    # The trace of the root is the sum of the roots of the product's eigenvalues, real and not negative.
    root = np.sqrt(np.clip(np.linalg.eigvals(one @ other).real, 0.0, None)).sum()
    return float(apart + np.trace(one) + np.trace(other) - 2 * root)
