"""Iris: how many components, which covariances, and how well they match the species that the fit never saw.

Run ``python examples/iris.py [FOLDER]``; without a folder the output goes to a temporary one.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl

import mixtura


def main(folder: Path) -> None:
    """Compare models by BIC and ICL, fit three components, and set them against the species."""
    table = pl.read_csv(Path(__file__).with_name("iris.csv"))
    X, species = table.drop("species"), table["species"]

    print("model  k  log-likelihood      BIC      ICL")
    for model in ("VVV", "EEE", "VVI", "VII"):
        for k in (1, 2, 3):
            fit = mixtura.fit(X, k, model=model, n_init=5, seed=0)
            print(f"{model}    {k}  {fit.loglik:14.2f} {fit.bic:8.2f} {fit.icl:8.2f}")

    fit = mixtura.fit(X, 3, n_init=5, seed=0)
    counts = Counter(zip(species, fit.mixture.predict(X).tolist(), strict=True))
    for (name, component), count in sorted(counts.items()):
        print(f"{name:10} component {component}: {count}")

    folder.mkdir(parents=True, exist_ok=True)
    mixtura.plot(fit, X, path=folder / "iris.png")
    (folder / "iris.json").write_text(fit.mixture.to_json(), encoding="utf-8")
    print(f"wrote iris.png and iris.json to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
