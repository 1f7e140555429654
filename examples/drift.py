"""A stream whose components move, appear and vanish, and a mixture that follows it.

Run ``python examples/drift.py [FOLDER]``; without a folder the picture goes to a temporary one.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import mixtura

ROWS, PART, WINDOW = 90_000, 300, 1_500
APPEARS, VANISHES = 30_000, 60_000
COLOURS = ("#3f90da", "#ffa90e", "#832db6", "#bd1f01")


def truth(row: int) -> mixtura.Mixture:
    """The mixture from which the rows around a row are drawn."""
    angle = 2 * np.pi * 0.75 * row / ROWS
    means = [[6 * np.cos(angle), 6 * np.sin(angle)], [-6 * np.cos(angle), -6 * np.sin(angle)], [row / 30_000 - 2, 0.0]]
    present = np.array([True, row < VANISHES, row >= APPEARS])
    weights = np.where(present, [0.45, 0.35, 0.2], 0.0)
    covariances = np.array([[[1.0, 0.5], [0.5, 1.0]], [[1.5, 0.0], [0.0, 0.4]], [[0.5, 0.0], [0.0, 0.5]]])
    return mixtura.Mixture(weights[present] / weights[present].sum(), np.array(means)[present], covariances[present])


def distance(of: mixtura.Mixture, to: mixtura.Mixture) -> float:
    """Mean distance of the means of a mixture from the nearest mean of another one."""
    return float(np.linalg.norm(of.means[:, None] - to.means, axis=2).min(axis=1).mean())


def main(folder: Path) -> None:
    """Follow the stream, print how far from the truth three estimates are, and draw two of them."""
    firsts = range(0, ROWS, PART)
    truths = [truth(first + PART // 2) for first in firsts]
    parts = [mixture.sample(PART, seed=first)[0] for mixture, first in zip(truths, firsts, strict=True)]
    batch = mixtura.fit(np.vstack(parts), 3, seed=0).mixture
    streams = {
        "window of 1,500 rows": mixtura.OnlineMixture(2, window=WINDOW, spawn=True, prune=True),
        "no window": mixtura.OnlineMixture(2, spawn=True),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*streams, "fit to all rows")}
    paths = []
    for first, true, rows in zip(firsts, truths, parts, strict=True):
        started = streams["no window"].state is not None
        estimates = {name: online.mixture for name, online in streams.items()} if started else {}
        for name, estimate in {**estimates, **({"fit to all rows": batch} if started else {})}.items():
            found[name].append((distance(true, estimate), float((true.logpdf(rows) - estimate.logpdf(rows)).mean())))
        streams = {name: online.update(rows) for name, online in streams.items()}
        followed = streams["window of 1,500 rows"]
        if followed.state is not None:
            paths += [
                (first + PART, j, *mean) for j, mean in zip(followed.components, followed.mixture.means, strict=True)
            ]
    for name, errors in found.items():
        away, behind = np.mean(errors, axis=0)
        print(f"{name:22} means {away:.2f} away, {behind:.3f} nats a row below the truth")
    for event in streams["window of 1,500 rows"].events:
        print(event)
    folder.mkdir(parents=True, exist_ok=True)
    draw(np.array(paths), batch, folder / "drift.png")
    print(f"wrote drift.png to {folder}")


def draw(paths: np.ndarray, batch: mixtura.Mixture, path: Path) -> None:
    """Both coordinates of the true means, of those that are followed, and of those of the fit to all rows."""
    figure, panels = plt.subplots(2, 1, figsize=(8.6, 6.2), sharex=True, layout="constrained")
    rows = np.arange(0, ROWS, PART)
    for column, axes in enumerate(panels):
        for value in batch.means[:, column]:
            axes.axhline(value, color="#94a4a2", linewidth=1.2, linestyle=":")
        for j in np.unique(paths[:, 1]).astype(int):
            own = paths[paths[:, 1] == j]
            axes.plot(own[:, 0], own[:, 2 + column], color=COLOURS[j % len(COLOURS)], linewidth=3.2, alpha=0.9)
            axes.annotate(
                f"{j}", (own[-1, 0], own[-1, 2 + column]), xytext=(4, 0), textcoords="offset points", va="center"
            )
        ends = {0: (0, ROWS), 1: (0, VANISHES), 2: (APPEARS, ROWS)}
        for j, (first, last) in ends.items():
            inside = rows[(rows >= first) & (rows < last)]
            means = [truth(row).means[j if row < VANISHES or j == 0 else j - 1][column] for row in inside]
            axes.plot(inside, means, color="black", linewidth=1.1, linestyle="--")
        axes.set_ylabel(f"mean of column {column + 1}")
        axes.spines[["top", "right"]].set_visible(False)
    panels[1].set_xlabel("rows")
    panels[1].xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    handles = [
        plt.Line2D([], [], color=COLOURS[0], linewidth=3.2, label="followed (a colour and number for each component)"),
        plt.Line2D([], [], color="black", linewidth=1.1, linestyle="--", label="true"),
        plt.Line2D([], [], color="#94a4a2", linewidth=1.2, linestyle=":", label="fit to all rows"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
