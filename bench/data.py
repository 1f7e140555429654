"""Rows for the benchmark, made once and kept in the temporary folder; real data first, then generated."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[1] / "examples"
VERSION = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
KEPT = Path(tempfile.gettempdir()) / f"mixtura-bench-{VERSION}"


class MissingPackage(Exception):  # noqa: N818 - a problem is left out, nothing has gone wrong
    """The rows cannot be made without a package that is not installed."""


@dataclass(frozen=True)
class Data:
    """A name for a file, and what makes the rows."""

    name: str
    make: Callable[[], np.ndarray]

    def file(self) -> Path:
        """The file with the rows, made if it is not there."""
        path = KEPT / f"{self.name}.npy"
        if not path.exists():
            KEPT.mkdir(exist_ok=True)
            part = path.with_suffix(".part.npy")
            np.save(part, np.ascontiguousarray(self.make()))
            part.rename(path)
        return path

    def rows(self, dtype="float64") -> np.ndarray:
        """The rows, read anew."""
        return np.load(self.file()).astype(dtype, copy=False)


def picture(name) -> np.ndarray:
    """One of the two photographs that come with scikit-learn."""
    from sklearn.datasets import load_sample_image

    try:
        return load_sample_image(name)
    except ImportError:
        raise MissingPackage("reading photographs needs Pillow: pip install 'mixtura[plot]'") from None


def pixels():
    """Colours of china.jpg, 273,280 x 3."""
    return picture("china.jpg").reshape(-1, 3).astype(np.float64)


def patches():
    """Grey 8 x 8 patches of china.jpg and flower.jpg without their means, 500,000 x 64: singular in one direction."""
    rng = np.random.default_rng(0)
    found = []
    for name in ("china.jpg", "flower.jpg"):
        grey = picture(name).mean(axis=2) / 255
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


def blobs(n, d, k, spread=3.0) -> Data:
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

    return Data(f"blobs-{n}x{d}-{k}", make)


PIXELS, PATCHES = Data("pixels", pixels), Data("patches", patches)
DIGITS, FAITHFUL = Data("digits", digits), Data("faithful", faithful)
