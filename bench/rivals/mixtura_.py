"""Mixtura, through its scikit-learn layer."""

from rivals import Run
from rivals.scikit_like import run_with


def run(rows, start, problem) -> Run:
    """The same iterations as scikit-learn."""
    from mixtura import GaussianMixture

    return run_with(GaussianMixture, rows, start, problem)
