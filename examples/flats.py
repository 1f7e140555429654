"""Flats to let: make the invented table of the tutorial, and draw the tutorial's pictures.

Run ``python examples/flats.py [FOLDER]``; without a folder the output goes to a temporary one.
"""

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np

import mixtura

# Share of the flats, means of area and rent, standard deviations, correlation.
KINDS = (
    (0.46, (44.0, 640.0), (8.0, 80.0), 0.8),
    (0.34, (90.0, 1130.0), (16.0, 200.0), 0.85),
    (0.20, (40.0, 1020.0), (8.0, 130.0), 0.2),
)
DISTRICTS = ("Harbour", "Mill Lane", "Old Town", "Station")


def flats(n: int, first: int, seed: int) -> list[list[str]]:
    """Rows of a table as people keep it: text, a comma between thousands, rounded numbers."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, kind in enumerate(rng.choice(len(KINDS), size=n, p=[kind[0] for kind in KINDS]), start=first):
        _, mean, deviation, correlation = KINDS[kind]
        a, b = rng.normal(size=2)
        area = mean[0] + deviation[0] * a
        rent = mean[1] + deviation[1] * (correlation * a + (1 - correlation**2) ** 0.5 * b)
        rows.append([f"F{number:03d}", str(rng.choice(DISTRICTS)), f"{max(area, 15):.1f}", f"{round(rent / 5) * 5:,}"])
    return rows


def write(path: Path, rows: list[list[str]]) -> None:
    """Write rows below the names of the columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["flat", "district", "area_m2", "rent"], *rows])


def this_week() -> list[list[str]]:
    """240 flats; one has no area, and one has a rent that is far too high for its area."""
    rows = flats(240, 1, seed=3)
    rows[16][2] = ""
    rows[101][2:] = ["96.0", "1,890"]
    return rows


def next_week() -> list[list[str]]:
    """Ten more flats, and one unlike all others."""
    return [*flats(10, 241, seed=4), ["F251", "Old Town", "150.0", "900"]]


def main(folder: Path) -> None:
    """Write both tables; fit two components to the rents, and three to area and rent; choose; draw all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "flats.csv", this_week())
    write(folder / "flats_next_week.csv", next_week())

    table = mixtura.read(folder / "flats.csv", missing="drop")
    rents = mixtura.read(folder / "flats.csv", columns=["rent"])
    mixtura.plot(mixtura.fit(rents, 2), rents, path=folder / "rents.png")
    mixtura.plot(mixtura.fit(table, 3), table, path=folder / "flats.png")
    chosen = mixtura.select(table, range(1, 7))
    chosen.plot(path=folder / "flats_bic.png")
    for cell in chosen.ranked[:3]:
        print(f"{cell.model}, {cell.n_components} components: BIC {cell.fit.bic:.1f}")
    print(f"wrote rents.png, flats.png and flats_bic.png to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()))
