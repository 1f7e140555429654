"""Old Faithful: two kinds of eruption, found from a bad start, as pictures and as a model file.

Run ``python examples/old_faithful.py [FOLDER]``; without a folder the output goes to a temporary one.
"""

import sys
import tempfile
from pathlib import Path

import polars as pl

import mixtura


def main(folder: Path) -> None:
    """Fit, print what was found, and write two pictures and the model."""
    X = pl.read_csv(Path(__file__).with_name("faithful.csv"))
    # Random rows as means, identity covariances: with this seed both components start among the long eruptions.
    fit = mixtura.fit(X, 2, start="identity", seed=2, em=mixtura.EM(accelerate=False), record=True)

    print(fit.outcome.value)
    print(f"log-likelihood {fit.loglik:.4f} after {fit.iterations} iterations, BIC {fit.bic:.2f}")
    for weight, mean in zip(fit.mixture.weights, fit.mixture.means, strict=True):
        print(f"weight {weight:.4f}: eruption {mean[0]:.4f} min, then a wait of {mean[1]:.4f} min")

    # After an eruption of 2 minutes the next one comes sooner than after one of 4.5 minutes.
    for minutes in (2.0, 4.5):
        wait = fit.mixture.condition(["eruption_minutes"], [minutes])
        deviation = wait.covariance[0, 0] ** 0.5
        print(f"after {minutes} min: wait {wait.mean[0]:.1f} min, standard deviation {deviation:.1f} min")

    folder.mkdir(parents=True, exist_ok=True)
    mixtura.plot(fit, X, path=folder / "faithful.png")
    mixtura.replay(fit, X, folder / "faithful.gif")
    (folder / "faithful.json").write_text(fit.mixture.to_json(), encoding="utf-8")
    print(f"wrote faithful.png, faithful.gif and faithful.json to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
