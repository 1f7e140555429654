"""Data for the measurements: small real sets, and generated mixtures of every overlap, size and imbalance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine

import mixtura

ROOT = Path(__file__).parents[1]


def real(name: str) -> np.ndarray:
    """A data set beside mclust's reference numbers (or scikit-learn's wine), standardised."""
    if name == "wine":
        rows = load_wine().data[:, [0, 2, 6, 9, 12]]
    else:
        path = ROOT / "tests" / "reference" / "mclust" / f"{name}.csv"
        rows = np.loadtxt(path, delimiter=",", skiprows=1)
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def generated(seed: int, n: int, d: int, k: int, spread: float, balance: float) -> np.ndarray:
    """Rows of a mixture with random full covariances; small ``spread`` overlaps, small ``balance`` is uneven."""
    rng = np.random.default_rng(seed)
    roots = rng.standard_normal((k, d, d))
    matrices = roots @ roots.swapaxes(1, 2) / d + 0.1 * np.eye(d)
    means = spread * rng.standard_normal((k, d))
    mixture = mixtura.Mixture(rng.dirichlet(np.full(k, balance)), means, mixtura.DenseCovariance(matrices, k))
    return mixture.sample(n, rng)[0]
