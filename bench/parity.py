"""Every cell of mclust's tables beside ours: ``python bench/parity.py``, from the numbers in tests/reference/mclust.

Log-likelihoods are compared, in which a difference of BIC counts half. ``--with-r`` compares other data sets of R's and
mclust's instead, whose tables Rscript makes on the spot.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import mixtura

REFERENCE = Path(__file__).parents[1] / "tests" / "reference" / "mclust"
DATA = ("faithful", "iris", "diabetes")
STARTS = {"hierarchical": "hierarchical", "default": ("hierarchical", "seeds", "neighbours")}
OTHERS = {
    "banknote": "banknote[, -1]",
    "thyroid": "thyroid[, -1]",
    "wreath": "wreath",
    "wdbc": 'wdbc[, c("Texture_mean", "Area_extreme", "Smoothness_extreme")]',
    "swiss": "swiss",
}
R = """
suppressMessages({{library(mclust); library(jsonlite)}}); f <- commandArgs(TRUE)[1]
try(data(list = "{name}", package = "mclust"), silent = TRUE); X <- as.matrix({rows})
b <- mclustBIC(X, G = 1:9, verbose = FALSE); m <- Mclust(X, x = b, verbose = FALSE)
write.table(X, paste0(f, ".csv"), sep = ",", row.names = FALSE, quote = FALSE)
t <- unclass(b)[, ]; tab <- lapply(setNames(colnames(t), colnames(t)), function(n) as.numeric(t[, n]))
write_json(list(G = 1:9, bic = tab, best = list(model = m$modelName, G = m$G, bic = m$bic)), paste0(f, ".json"),
  digits = 17, auto_unbox = TRUE, na = "null")
"""


def from_r(folder):
    """Make the tables of the other data sets."""
    for name, rows in OTHERS.items():
        script = R.format(name=name, rows=rows)
        subprocess.run(
            ["Rscript", "--default-packages=datasets,utils,stats", "-e", script, str(folder / name)],
            check=True,
            capture_output=True,
        )


# mclust lets components be as narrow as rounded values are; iris is rounded to 0.1. So many of the cells that
# its start leads to are likelier than ours can be, unless the least standard deviation is a quarter of the unit.
HALF_UNIT = {"iris": 0.05}


def compared(name, start, seed=0, folder=REFERENCE):
    """The selection, and for each cell that mclust has a number for: how much higher our log-likelihood is."""
    rows = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1)
    reference = json.loads((folder / f"{name}.json").read_text())
    em = mixtura.EM(resolution=HALF_UNIT.get(name, "auto")) if start == "hierarchical" else None
    chosen = mixtura.select(rows, reference["G"], start=start, em=em, seed=seed)
    gains = {}
    for model, values in reference["bic"].items():
        for k, bic in zip(reference["G"], values, strict=True):
            if isinstance(bic, float | int):
                cell = chosen[k, model]
                gains[model, k] = (-cell.fit.bic - bic) / 2 if cell.fit else -np.inf
    return chosen, gains, reference


def main(folder, names):
    """Print a table, and what lies below."""
    print("| data | start | cells | equal to 0.01 | higher | lower | filled | in trouble | best: ours | best: mclust |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    below = []
    for name in names:
        for label, start in STARTS.items():
            chosen, gains, reference = compared(name, start, folder=folder)
            values = np.array(list(gains.values()))
            lower = values < -0.01
            below += [f"{name}, {label}: {key} by {-gain:.2f}" for key, gain in gains.items() if gain < -0.01]
            best, theirs = chosen.best_cell, reference["best"]
            equal, higher = (abs(values) <= 0.01).sum(), (values > 0.01).sum()
            filled = sum(cell.fit is not None for cell in chosen.cells) - len(gains)
            print(
                f"| {name} | {label} | {len(gains)} | {equal} | {higher} | {lower.sum()} "
                f"| {filled} | {len(chosen.failed)} | {best.model},{best.n_components} {best.fit.bic:.3f} "
                f"| {theirs['model']},{theirs['G']} {-theirs['bic']:.3f} |"
            )
    print("\nlower:", *(below or ["none"]), sep="\n- ")


if __name__ == "__main__":
    if "--with-r" in sys.argv:
        with tempfile.TemporaryDirectory() as made:
            from_r(Path(made))
            main(Path(made), OTHERS)
    else:
        main(REFERENCE, DATA)
