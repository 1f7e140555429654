"""scikit-learn."""

from rivals import Run
from rivals.scikit_like import run_with


def run(rows, start, problem) -> Run:
    """scikit-learn's own class."""
    from sklearn.mixture import GaussianMixture

    return run_with(GaussianMixture, rows, start, problem)
