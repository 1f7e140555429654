"""Outliers: what they do to Gaussian components, and what t components make of them.

Run ``python examples/outliers.py [FOLDER]``; without a folder the picture goes to a temporary one.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse
from scipy.optimize import linear_sum_assignment

import mixtura

CENTRES = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
LOOKS = [("#3f90da", "o"), ("#e08a00", "^"), ("#832db6", "s")]  # told apart without colours, too


def data() -> np.ndarray:
    """Three groups of 150 rows, of which one in twenty is an outlier."""
    rng = np.random.default_rng(7)
    rows = np.concatenate([rng.normal(size=(150, 2)) + centre for centre in CENTRES])
    rows[rng.choice(len(rows), 22, replace=False)] = rng.uniform(-30, 30, (22, 2))
    return rows


def draw(axes: plt.Axes, rows: np.ndarray, mixture: mixtura.Mixture, title: str) -> None:
    """Rows by component, and each component's ellipse and centre."""
    distances = np.linalg.norm(mixture.means - CENTRES[:, None], axis=2)
    labels = mixture.predict(rows)
    for j, (colour, marker) in zip(linear_sum_assignment(distances)[1], LOOKS, strict=True):
        own = rows[labels == j]
        axes.scatter(own[:, 0], own[:, 1], s=13, color=colour, marker=marker, alpha=0.55, linewidths=0)
        values, vectors = np.linalg.eigh(mixture.covariances[int(j)])
        width, height = 4 * np.sqrt(values[::-1])
        angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
        axes.add_patch(Ellipse(mixture.means[j], width, height, angle=angle, fill=False, edgecolor=colour, linewidth=2))
    axes.plot(*CENTRES.T, "+", color="black", markersize=9, markeredgewidth=1.4, label="true centres")
    axes.set_aspect("equal")
    axes.set(xlim=(-32, 32), ylim=(-32, 32), title=title)


def main(folder: Path) -> None:
    """Fit Gaussian and t components, and draw both."""
    rows = data()
    figure, panels = plt.subplots(1, 2, figsize=(9.6, 5.0), layout="constrained")
    for axes, tails, title in zip(panels, ("normal", "t"), ('tails="normal"', 'tails="t"'), strict=True):
        fit = mixtura.fit(rows, 3, tails=tails, seed=0)
        print(f"{title:15} BIC {fit.bic:.0f}, means {fit.mixture.means.round(1).tolist()}")
        draw(axes, rows, fit.mixture, title)
    panels[0].legend(loc="upper right", frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "outliers.png", dpi=110)
    plt.close(figure)
    print(f"wrote outliers.png to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
