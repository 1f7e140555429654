"""Stars whose velocities are measured with errors: a fit that ignores the errors, and one that is given them.

Run ``python examples/measurement_errors.py [FOLDER]``; without a folder the picture goes to a temporary one.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

import mixtura

TRUTH = mixtura.Mixture(
    [0.5, 0.3, 0.2],
    [[0.0, 0.0], [2.2, 1.6], [-1.8, 2.4]],
    [[[1.0, 0.85], [0.85, 0.8]], [[0.3, -0.25], [-0.25, 0.3]], [[0.05, 0.0], [0.0, 0.4]]],
)
ROWS = 2_000


def measured(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and the variances of their errors, which differ from row to row."""
    rng = np.random.default_rng(seed)
    variances = rng.gamma(1.2, 0.5, size=(ROWS, 2))
    return TRUTH.sample(ROWS, seed=rng, noise_covariance=variances)[0], variances


def draw(axes: Axes, mixture: mixtura.Mixture, **look: object) -> None:
    """An ellipse of two standard deviations for each component."""
    for mean, matrix in zip(mixture.means, mixture.covariances.dense(), strict=True):
        values, directions = np.linalg.eigh(matrix)
        angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
        axes.add_patch(Ellipse(mean, *(4 * np.sqrt(values[::-1])), angle=angle, fill=False, **look))


def main(folder: Path) -> None:
    """Fit both, say how far they are from the truth, and draw them."""
    rows, variances = measured()
    fits = {
        "errors ignored": mixtura.fit(rows, 3, seed=0).mixture,
        "errors given": mixtura.fit(rows, 3, noise_covariance=variances, seed=0).mixture,
    }
    others = TRUTH.sample(20_000, seed=1)[0]
    figure, panels = plt.subplots(1, 2, figsize=(8.6, 4.4), sharex=True, sharey=True, layout="constrained")
    for axes, (name, mixture) in zip(panels, fits.items(), strict=True):
        behind = (TRUTH.logpdf(others) - mixture.logpdf(others)).mean()
        print(f"{name}: {behind:.3f} nats a row below the truth")
        axes.scatter(*rows.T, s=4, color="#94a4a2", alpha=0.5, linewidths=0)
        draw(axes, mixture, edgecolor="#bd1f01", linewidth=2.4)
        draw(axes, TRUTH, edgecolor="black", linewidth=1.2, linestyle="--")
        axes.set(title=name, xlim=(-5, 6), ylim=(-4.5, 6), xlabel="first velocity", aspect="equal")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("second velocity")
    handles = [
        plt.Line2D([], [], color="#bd1f01", linewidth=2.4, label="fitted, two standard deviations"),
        plt.Line2D([], [], color="black", linewidth=1.2, linestyle="--", label="true"),
        plt.Line2D([], [], color="#94a4a2", marker="o", linestyle="", markersize=4, label="measured"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "measurement_errors.png", dpi=130)
    plt.close(figure)
    print(f"wrote measurement_errors.png to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
