"""Six points, two components, two iterations: small enough to follow with pencil and paper.

Run ``python examples/six_points.py [FOLDER]``; without a folder the output goes to a temporary one.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import mixtura


def textbook_start() -> mixtura.Mixture:
    """The start in six_points_start.json: weights from numpy's legacy seed 42, two of the rows as means."""
    weights = np.random.RandomState(42).uniform(size=2)
    return mixtura.Mixture(
        weights / weights.sum(),
        [[8.0, 8.0], [1.5, 1.8]],
        mixtura.DenseCovariance(np.array([np.eye(2), np.eye(2)]), n_components=2),
        columns=("x", "y"),
    )


def main(folder: Path) -> None:
    """Fit from the textbook's start and print every number of it."""
    here = Path(__file__)
    X = pl.read_csv(here.with_name("six_points.csv"))
    start = mixtura.Mixture.from_json(here.with_name("six_points_start.json").read_text(encoding="utf-8"))
    fit = mixtura.fit(X, 2, start=start, tol=1e-4, em=mixtura.EM(floor=0), record=True)

    for number, loglik in enumerate(fit.trace):
        print(f"iteration {number}: log-likelihood {loglik:.9f}")
    print(fit.outcome.value)
    print("labels", *fit.mixture.predict(X))
    print("weights", fit.mixture.weights.round(6).tolist())
    print("means", fit.mixture.means.round(6).tolist())
    print("covariances", fit.mixture.covariances.dense().round(6).tolist())

    folder.mkdir(parents=True, exist_ok=True)
    mixtura.plot(fit, X, path=folder / "six_points.png")
    mixtura.replay(fit, X, folder / "six_points.gif")
    print(f"wrote six_points.png and six_points.gif to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
