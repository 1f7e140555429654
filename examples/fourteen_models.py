"""The fourteen covariance models on one data set: what each letter of their names allows.

Run ``python examples/fourteen_models.py [FOLDER]``; without a folder the picture goes to a temporary one.
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

# In rows: axes along the columns (two rows), axes common to all components, axes of their own.
PANELS = [
    ["EII", "VII", "EEI", "VEI"],
    ["EVI", "VVI", None, None],
    ["EEE", "VEE", "EVE", "VVE"],
    ["EEV", "VEV", "EVV", "VVV"],
]
LOOKS = [("#3f90da", "o"), ("#e08a00", "^"), ("#832db6", "s")]  # told apart without colours, too
KEY = """The three letters are volume, shape and axes:
E  equal in all components
V  variable: each has its own
I  identity: spheres (shape),
    or along the columns (axes)

The number is BIC; lower is better.
Bold: the lowest. Ellipses: two
standard deviations."""


def data() -> np.ndarray:
    """Three groups that differ in volume, shape and direction."""
    rng = np.random.default_rng(1)
    groups = [((0, 0), (2.0, 0.4), 0.6, 120), ((6, 1), (0.9, 0.6), -0.5, 90), ((2.5, 5.5), (1.6, 0.5), 2.3, 90)]
    parts = []
    for mean, deviations, angle, count in groups:
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        parts.append(rng.normal(size=(count, 2)) * deviations @ turn.T + mean)
    return np.vstack(parts)


def draw(axes: plt.Axes, rows: np.ndarray, mixture: mixtura.Mixture) -> None:
    """Rows by component, and each component's ellipse."""
    order = np.argsort(mixture.means @ [1, 2])  # the same colours in all panels
    labels = mixture.predict(rows)
    for (colour, marker), j in zip(LOOKS, order, strict=True):
        own = rows[labels == j]
        axes.scatter(own[:, 0], own[:, 1], s=7, color=colour, marker=marker, alpha=0.45, linewidths=0)
        values, vectors = np.linalg.eigh(mixture.covariances[int(j)])
        width, height = 4 * np.sqrt(values[::-1])
        angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
        axes.add_patch(
            Ellipse(mixture.means[j], width, height, angle=angle, fill=False, edgecolor=colour, linewidth=2.2)
        )
    axes.set_aspect("equal")
    axes.set(xlim=(-5.5, 9), ylim=(-4.5, 10), xticks=[], yticks=[])


def main(folder: Path) -> None:
    """Fit the models from the same start, print their BIC, and draw them."""
    rows = data()
    chosen = mixtura.select(rows, 3, seed=0)
    figure, panels = plt.subplots(4, 4, figsize=(8.6, 9.3), layout="constrained")
    for axes, name in zip(panels.ravel(), (name for row in PANELS for name in row), strict=True):
        if name is None:
            axes.set_axis_off()
            continue
        fit = chosen[3, name].fit
        print(f"{name} {fit.bic:8.1f} {fit.n_parameters:3}")
        draw(axes, rows, fit.mixture)
        best = "bold" if name == chosen.best_cell.model else "normal"
        axes.set_title(f"{name}   {fit.bic:.0f}", fontsize=11, fontweight=best)
    panels[1, 2].text(0.05, 0.5, KEY, va="center", fontsize=10.5, transform=panels[1, 2].transAxes, in_layout=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "fourteen.png", dpi=130)
    plt.close(figure)
    print(f"wrote fourteen.png to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
