"""The problems that every rival solves: real data first, then generated."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True)
class Problem:
    """Rows, a number of components and a covariance type; the same start and iterations for all."""

    name: str
    rows: Callable[[], np.ndarray]
    k: int
    kind: str = "full"
    iterations: int = 5
    reg_covar: float = 0.0
    quick: bool = False


@dataclass(frozen=True)
class Start:
    """Where all rivals start: the same for each of them."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray  # (k, d, d) for full, (k, d) for diag and spherical


def start_of(rows, k, kind, reg_covar) -> Start:
    """Equal weights, k different random rows as means, the data's covariance shrunk to the volume of one of k."""
    rng = np.random.default_rng(1)
    n, d = rows.shape
    means = rows[np.sort(rng.choice(n, size=k, replace=False))].astype(np.float64)
    sample = rows[:200_000].astype(np.float64)
    shrink = k ** (-2 / d)
    if kind == "full":
        matrix = np.cov(sample.T).reshape(d, d) * shrink + reg_covar * np.eye(d)
        covariances = np.repeat(matrix[None], k, axis=0)
    else:
        variances = sample.var(axis=0) * shrink + reg_covar
        covariances = np.repeat((variances if kind == "diag" else np.full(d, variances.mean()))[None], k, axis=0)
    return Start(np.full(k, 1 / k), means, covariances)


def blobs(n, d, k, spread=3.0):
    """Generated rows: k overlapping Gaussians with covariances of their own."""

    def make():
        rng = np.random.default_rng(0)
        centres = rng.normal(0, spread, size=(k, d))
        roots = rng.normal(0, 1, size=(k, d, d)) / np.sqrt(d) + np.eye(d)
        labels = rng.integers(k, size=n)
        rows = rng.standard_normal((n, d))
        for j in range(k):
            own = labels == j
            rows[own] = rows[own] @ roots[j] + centres[j]
        return rows

    return make


def pixels():
    """Colours of scikit-learn's china.jpg, 273,280 x 3."""
    from sklearn.datasets import load_sample_image

    return load_sample_image("china.jpg").reshape(-1, 3).astype(np.float64)


def patches():
    """Grey 8 x 8 patches of china.jpg and flower.jpg without their means, 500,000 x 64: singular in one direction."""
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    found = []
    for image in load_sample_images().images:
        grey = image.mean(axis=2) / 255
        windows = np.lib.stride_tricks.sliding_window_view(grey, (8, 8)).reshape(-1, 64)
        found.append(windows[rng.choice(len(windows), size=250_000, replace=len(windows) < 250_000)])
    rows = np.concatenate(found)
    return rows - rows.mean(axis=1, keepdims=True)


def digits():
    """scikit-learn's digits on their first ten principal components, 1,797 x 10."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    return PCA(10, random_state=0).fit_transform(load_digits().data)


def faithful():
    """Old Faithful, 272 x 2."""
    return np.loadtxt(EXAMPLES / "faithful.csv", delimiter=",", skiprows=1)


PROBLEMS = [
    Problem("china.jpg pixels 273,280 x 3, K=16", pixels, 16, quick=True),
    Problem("china.jpg pixels 273,280 x 3, K=16, diag", pixels, 16, "diag", quick=True),
    Problem("8x8 patches 500,000 x 64, K=100", patches, 100, iterations=2, reg_covar=1e-6),
    Problem("8x8 patches 500,000 x 64, K=200", patches, 200, iterations=2, reg_covar=1e-6),
    Problem("digits 1,797 x 10, K=10", digits, 10, quick=True),
    Problem("Old Faithful 272 x 2, K=2", faithful, 2, quick=True),
    Problem("200,000 x 2, K=5", blobs(200_000, 2, 5), 5, quick=True),
    Problem("200,000 x 8, K=8", blobs(200_000, 8, 8), 8, quick=True),
    Problem("200,000 x 16, K=32", blobs(200_000, 16, 32), 32, quick=True),
    Problem("100,000 x 32, K=64", blobs(100_000, 32, 64), 64),
    Problem("50,000 x 64, K=16", blobs(50_000, 64, 16), 16),
    Problem("200,000 x 2, K=64", blobs(200_000, 2, 64), 64, quick=True),
    Problem("200,000 x 2, K=5, diag", blobs(200_000, 2, 5), 5, "diag", quick=True),
    Problem("200,000 x 8, K=8, diag", blobs(200_000, 8, 8), 8, "diag", quick=True),
    Problem("200,000 x 16, K=32, diag", blobs(200_000, 16, 32), 32, "diag", quick=True),
    Problem("100,000 x 32, K=64, diag", blobs(100_000, 32, 64), 64, "diag"),
    Problem("200,000 x 2, K=64, diag", blobs(200_000, 2, 64), 64, "diag"),
    Problem("1,000,000 x 16, K=64", blobs(1_000_000, 16, 64), 64, iterations=2),
    Problem("5,000,000 x 4, K=10", blobs(5_000_000, 4, 10), 10, iterations=2),
    Problem("500,000 x 64, K=64, diag", blobs(500_000, 64, 64), 64, "diag", iterations=2),
    Problem("1,000,000 x 32, K=256, spherical", blobs(1_000_000, 32, 256), 256, "spherical", iterations=2),
]
