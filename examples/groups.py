"""Repeated measurements of the same things: clustered row by row, and with rows that share their component.

Run ``python examples/groups.py [FOLDER]``; without a folder the picture goes to a temporary one.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse

import mixtura

THINGS, TIMES = 60, 6
LOOKS = [("#3f90da", "o"), ("#e08a00", "^")]  # told apart without colours, too


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measurements of 60 things of two kinds, six of each thing; the thing of each row, and its kind."""
    rng = np.random.default_rng(1)
    kind = np.repeat(rng.random(THINGS) < 0.4, TIMES).astype(int)
    rows = rng.normal(size=(THINGS * TIMES, 2)) * [1.0, 0.8] + np.where(kind[:, None] == 1, [1.5, 0.9], [0.0, 0.0])
    return rows, np.repeat(np.arange(THINGS), TIMES), kind


def draw(axes: plt.Axes, rows: np.ndarray, mixture: mixtura.Mixture, labels: np.ndarray, title: str) -> None:
    """Rows by component, and each component's ellipse of two standard deviations."""
    for j, (colour, marker) in zip(np.argsort(mixture.means[:, 0]), LOOKS, strict=True):
        own = rows[labels == j]
        axes.scatter(own[:, 0], own[:, 1], s=16, color=colour, marker=marker, alpha=0.6, linewidths=0)
        values = np.sqrt(mixture.covariances.variances()[j])
        axes.add_patch(Ellipse(mixture.means[j], *(4 * values), fill=False, edgecolor=colour, linewidth=2))
    for mean in ([0.0, 0.0], [1.5, 0.9]):
        axes.plot(*mean, "+", color="black", markersize=11, markeredgewidth=1.8)
    axes.set_aspect("equal")
    axes.set(xlim=(-3.4, 4.9), ylim=(-3.0, 3.9), title=title, xlabel="first measurement", ylabel="second measurement")


def main(folder: Path) -> None:
    """Fit the rows without and with their groups, and draw both."""
    rows, groups, kind = data()
    figure, panels = plt.subplots(1, 2, figsize=(9.6, 4.5), layout="constrained")
    for axes, given, title in zip(
        panels, (None, groups), ("row by row", "groups= (six rows of each thing)"), strict=True
    ):
        mixture = mixtura.fit(rows, 2, model="EEI", groups=given).mixture
        labels = mixture.predict(rows, groups=given)
        right = max(np.mean(labels == kind), np.mean(labels != kind))
        print(f"{title:35} {right:.0%} of the rows are with their kind, means {mixture.means.round(2).tolist()}")
        draw(axes, rows, mixture, labels, title)
    panels[1].plot([], [], "+", color="black", markersize=11, markeredgewidth=1.8, label="true centres")
    panels[1].legend(loc="upper left", frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "groups.png", dpi=110)
    plt.close(figure)
    print(f"wrote groups.png to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
