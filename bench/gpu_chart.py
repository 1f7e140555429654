"""Rows per second by rows, components and columns: ``python bench/gpu_chart.py build/bench/gpu.json picture.png``."""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

AXES = {"n": "rows", "k": "components", "d": "columns"}
STYLES = {"full": ("#0072B2", "o"), "diagonal": ("#D55E00", "s")}  # colours of Okabe and Ito


def main():
    """Draw three panels with logarithmic axes from what ``gpu.py`` has measured."""
    found = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    figure, panels = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
    for panel, (along, name) in zip(panels, AXES.items(), strict=True):
        for form, (colour, marker) in STYLES.items():
            line = [one for one in found["curves"] if (one["form"], one["along"]) == (form, along)]
            rates = [one["rows/s"] for one in line]
            panel.loglog([one[name] for one in line], rates, color=colour, marker=marker, label=f"{form} covariances")
        panel.set_xlabel(name)
        panel.grid(alpha=0.3)
        fixed = [other for key, other in AXES.items() if key != along]
        panel.set_title(", ".join(f"{line[0][name]:,} {name}" for name in fixed), fontsize=9)
    panels[0].set_ylabel("rows per second")
    panels[0].legend(frameon=False, fontsize=8)
    where = found["card"].get("card", found["card"]["device"])
    figure.suptitle(f"One E-step with all sums, float32, {where}", fontsize=10)
    figure.savefig(sys.argv[2], dpi=150)


if __name__ == "__main__":
    main()
