"""Censored values, a truncated sample and a histogram: fits that take the rows as they are, and those that know better.

Run ``python examples/limits.py [FOLDER]``; without a folder the picture goes to a temporary one.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import mixtura

COLOURS = ("#3f90da", "#bd1f01")
LIMIT, WIDTH = 4.5, 1.5
TRUE = mixtura.Mixture([0.6, 0.4], [[0.0], [4.0]], [[1.0], [1.0]])


def fits(rows: np.ndarray) -> dict[str, tuple[mixtura.Fit, mixtura.Fit, np.ndarray, np.ndarray]]:
    """For each kind of data the naive fit, the fit of what is known, and a histogram of the rows as they are."""
    clipped, seen = np.minimum(rows, LIMIT), rows[rows < LIMIT]
    fine, coarse = np.arange(-4.5, 8, 0.25), np.arange(-4.5, 9, WIDTH)
    counts = np.histogram(rows, coarse)[0]
    middles = np.repeat(0.5 * (coarse[1:] + coarse[:-1]), counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)  # of the ties that the naive rows have
        return {
            f"values above {LIMIT:g} are censored": (
                mixtura.fit(clipped, 2),
                mixtura.fit(clipped, 2, censored=np.where(rows > LIMIT, "above", "")),
                np.histogram(clipped, fine)[0] / len(rows) / 0.25,
                fine,
            ),
            f"rows above {LIMIT:g} were never recorded": (
                mixtura.fit(seen, 2),
                mixtura.fit(seen, 2, limits=(None, LIMIT)),
                np.histogram(seen, fine)[0] / len(seen) / 0.25,
                fine,
            ),
            f"counts in bins {WIDTH:g} wide": (
                mixtura.fit(middles, 2),
                mixtura.fit(mixtura.Histogram(coarse, counts, outside=0), 2),
                counts / len(rows) / WIDTH,
                coarse,
            ),
        }


def draw(found: dict[str, tuple[mixtura.Fit, mixtura.Fit, np.ndarray, np.ndarray]], path: Path) -> None:
    """A panel for each kind of data, with the true density and both fits."""
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    x = np.linspace(-4.5, 8.5, 600)
    for ax, (title, (naive, known, heights, edges)) in zip(axes, found.items(), strict=True):
        ax.stairs(heights, edges, fill=True, color="0.85", label="the rows as they are")
        ax.plot(x, np.exp(TRUE.logpdf(x)), color="0.35", lw=5, alpha=0.45, label="truth")
        ax.plot(
            x, np.exp(naive.mixture.logpdf(x)), color=COLOURS[1], ls="--", lw=1.6, label="fit to the rows as they are"
        )
        ax.plot(x, np.exp(known.mixture.logpdf(x)), color=COLOURS[0], lw=2, label="fit of what is known")
        ax.set(title=title, xlabel="value", ylim=(0, 0.36), xlim=(-4.5, 8.5))
    axes[0].set_ylabel("density")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=110)


def main(folder: Path) -> None:
    """Fit, print the means, and draw."""
    rows = TRUE.sample(2000, seed=1)[0].ravel()
    found = fits(rows)
    for title, (naive, known, *_) in found.items():
        means = [sorted(fit.mixture.means.ravel().round(2).tolist()) for fit in (naive, known)]
        print(f"{title}: means {means[0]} as they are, {means[1]} by what is known")
    folder.mkdir(parents=True, exist_ok=True)
    draw(found, folder / "limits.png")
    print(f"wrote limits.png to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()))
