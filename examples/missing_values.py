"""Missing values: what filling in means does to a fit, and what modelling them does.

Run ``python examples/missing_values.py [FOLDER]``; without a folder the picture goes to a temporary one.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse

import mixtura

LOOKS = [("#3f90da", "o"), ("#e08a00", "^")]  # told apart without colours, too


def data() -> tuple[np.ndarray, np.ndarray]:
    """Two groups of 150 rows of two columns, complete, and with three values in ten missing."""
    rng = np.random.default_rng(3)
    shape = np.array([[1.0, 0.9], [0.0, 0.45]])
    rows = np.concatenate([rng.normal(size=(150, 2)) @ shape + mean for mean in ([0, 0], [2.5, -2.0])])
    holes = rng.random(rows.shape) < 0.3
    holes[holes.all(axis=1), 0] = False
    return rows, np.where(holes, np.nan, rows)


def ellipse(axes: plt.Axes, mean: np.ndarray, matrix: np.ndarray, **look: object) -> None:
    """The ellipse that holds 86 % of a component: two standard deviations."""
    values, vectors = np.linalg.eigh(matrix)
    width, height = 4 * np.sqrt(values[::-1])
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    axes.add_patch(Ellipse(mean, width, height, angle=angle, fill=False, **look))


def draw(axes: plt.Axes, shown: np.ndarray, mixture: mixtura.Mixture, whole: mixtura.Mixture, title: str) -> None:
    """Rows by component, each component's ellipse, and those of the fit to the complete rows."""
    labels = mixture.predict(shown)
    for j, (colour, marker) in zip(np.argsort(mixture.means[:, 0]), LOOKS, strict=True):
        own = shown[labels == j]
        axes.scatter(own[:, 0], own[:, 1], s=14, color=colour, marker=marker, alpha=0.55, linewidths=0)
        ellipse(axes, mixture.means[j], mixture.covariances[int(j)], edgecolor=colour, linewidth=2)
    for j in range(2):
        ellipse(axes, whole.means[j], whole.covariances[j], edgecolor="black", linewidth=1.2, linestyle="--")
    axes.set_aspect("equal")
    axes.set(xlim=(-3.6, 6.2), ylim=(-5.6, 3.6), title=title, xlabel="first column", ylabel="second column")


def main(folder: Path) -> None:
    """Fit rows with means in place of missing values, and the rows as they are, and draw both."""
    complete, lacking = data()
    whole = mixtura.fit(complete, 2).mixture
    filled = np.where(np.isnan(lacking), np.nanmean(lacking, axis=0), lacking)
    modelled = mixtura.fit(lacking, 2).mixture
    figure, panels = plt.subplots(1, 2, figsize=(9.6, 4.9), layout="constrained")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.TiesWarning)  # of the means that were filled in
        by_means = mixtura.fit(filled, 2).mixture
    draw(panels[0], filled, by_means, whole, "means in place of missing values")
    draw(panels[1], modelled.impute(lacking), modelled, whole, "modelled (drawn at what is expected of them)")
    panels[1].plot([], [], "--", color="black", linewidth=1.2, label="fit to the complete rows")
    panels[1].legend(loc="upper right", frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "missing.png", dpi=110)
    plt.close(figure)
    print(f"wrote missing.png to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
