"""The problems that every rival solves: real data first, then generated."""

from dataclasses import dataclass

import numpy as np

from data import DIGITS, FAITHFUL, PATCHES, PIXELS, Data, blobs


@dataclass(frozen=True)
class Problem:
    """Rows, a number of components and a covariance type; the same start and iterations for all.

    ``target`` is how many times as fast as scikit-learn Mixtura is meant to be.
    """

    name: str
    data: Data
    k: int
    kind: str = "full"
    iterations: int = 5
    reg_covar: float = 0.0
    quick: bool = False
    dtype: str = "float64"
    target: float | None = None

    def rows(self) -> np.ndarray:
        """The rows in the problem's precision."""
        return self.data.rows(self.dtype)


@dataclass(frozen=True)
class Start:
    """Where all rivals start: the same for each of them."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray  # (k, d, d) for full, (d, d) for tied, (k, d) for diag and spherical


def start_of(rows, k, kind, reg_covar) -> Start:
    """Equal weights, k different random rows as means, the data's covariance shrunk to the volume of one of k."""
    rng = np.random.default_rng(1)
    n, d = rows.shape
    means = rows[np.sort(rng.choice(n, size=k, replace=False))].astype(np.float64)
    sample = rows[:200_000].astype(np.float64)
    shrink = k ** (-2 / d)
    if kind in ("full", "tied"):
        matrix = np.cov(sample.T).reshape(d, d) * shrink + reg_covar * np.eye(d)
        covariances = np.repeat(matrix[None], k, axis=0) if kind == "full" else matrix
    else:
        variances = sample.var(axis=0) * shrink + reg_covar
        covariances = np.repeat((variances if kind == "diag" else np.full(d, variances.mean()))[None], k, axis=0)
    return Start(np.full(k, 1 / k), means, covariances)


def shape(n, d, k, kind="full", **options) -> Problem:
    """A generated problem, named after its shape."""
    endings = [e for e in (kind if kind != "full" else "", options.get("dtype", "")) if e]
    return Problem(", ".join([f"{n:,} x {d}, K={k}", *endings]), blobs(n, d, k), k, kind, **options)


PROBLEMS = [
    Problem("china.jpg pixels 273,280 x 3, K=16", PIXELS, 16, quick=True, target=80),
    Problem("china.jpg pixels 273,280 x 3, K=16, diag", PIXELS, 16, "diag", quick=True, target=30),
    Problem("8x8 patches 500,000 x 64, K=100", PATCHES, 100, iterations=1, reg_covar=1e-6),
    Problem("8x8 patches 500,000 x 64, K=200", PATCHES, 200, iterations=1, reg_covar=1e-6),
    Problem("digits 1,797 x 10, K=10", DIGITS, 10, quick=True),
    Problem("Old Faithful 272 x 2, K=2", FAITHFUL, 2, quick=True),
    shape(200_000, 2, 5, quick=True, target=80),
    shape(200_000, 8, 8, quick=True, target=45),
    shape(200_000, 16, 32, quick=True, target=28),
    shape(100_000, 32, 64, target=12),
    shape(50_000, 64, 16, target=6.5),
    shape(200_000, 2, 64, quick=True, target=120),
    shape(1_000_000, 16, 64, iterations=2),
    shape(5_000_000, 4, 10, iterations=2),
    shape(200_000, 2, 5, "diag", quick=True, target=80),
    shape(200_000, 8, 8, "diag", quick=True, target=60),
    shape(200_000, 16, 32, "diag", quick=True, target=35),
    shape(100_000, 32, 64, "diag", target=10),
    shape(500_000, 64, 64, "diag", iterations=2, target=9),
    shape(200_000, 2, 64, "diag", target=40),
    shape(1_000_000, 32, 256, "spherical", iterations=1),
    shape(200_000, 8, 8, "tied", quick=True),
    shape(200_000, 16, 32, "tied"),
    shape(50_000, 64, 16, "tied"),
    shape(200_000, 8, 8, dtype="float32", quick=True),
    shape(200_000, 16, 32, dtype="float32"),
    shape(100_000, 32, 64, dtype="float32"),
    shape(50_000, 64, 16, dtype="float32"),
    shape(200_000, 16, 32, "diag", dtype="float32"),
    shape(100_000, 32, 64, "diag", dtype="float32"),
]


def named(name) -> Problem:
    """The problem of that name."""
    return next(problem for problem in PROBLEMS if problem.name == name)
