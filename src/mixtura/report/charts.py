"""Geometry of a page's charts: where starts ended, and criteria against the number of components."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.plotting import model_colour
from mixtura.report.protocols import ReportedSelection
from mixtura.report.tables import format_value


def round_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """About ``count`` round numbers from low to high, each with its text.

    Examples
    --------
    >>> round_ticks(0.0, 1.0, 4)
    [(0.0, '0'), (0.5, '0.5'), (1.0, '1')]
    """
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= 0.999 * rough)
    ticks = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
    digits = max(5, math.ceil(math.log10(max(abs(low), abs(high), step) / step)) + 1)
    return [(float(tick), format_value(float(tick), digits)) for tick in ticks]


def starts_chart(logliks: Sequence[float], width: float = 640.0) -> dict[str, Any]:
    """Dots of starts along an axis of log-likelihoods, stacked where they are close."""
    low, high = min(logliks), max(logliks)
    pad = 0.04 * (high - low) or 1.0
    low, high = low - pad, high + pad

    def across(value: float) -> float:
        return 20 + (width - 40) * (value - low) / (high - low)

    heights: dict[int, int] = {}
    dots = []
    for value in sorted(logliks, reverse=True):
        cell = round(across(value) / 9)
        heights[cell] = heights.get(cell, 0) + 1
        dots.append({"x": round(across(value), 1), "y": heights[cell]})
    tallest = min(max(heights.values()), 12)
    height = 9 * tallest + 14
    places = [{"x": dot["x"], "y": round(height - 9 * min(dot["y"], tallest) + 2, 1)} for dot in dots]
    ticks = [{"x": round(across(tick), 1), "text": text} for tick, text in round_ticks(low, high, 5)]
    return {"width": width, "height": height + 26, "base": height, "dots": places, "ticks": ticks}


def criterion_chart(chosen: ReportedSelection, width: float = 640.0, height: float = 320.0) -> dict[str, Any] | None:
    """Lines of a criterion against the number of components, with a ring at the best cell; None without a sound cell.

    Without one, the criteria are of fits in trouble, whose values say nothing.
    """
    sound = [cell for cell in chosen.cells if cell.sound and math.isfinite(cell.measured(chosen.criterion))]
    if not sound:
        return None
    values = [cell.measured(chosen.criterion) for cell in sound]
    low, high = min(values), _readable_limit(values)
    pad = 0.05 * (high - low) or 1.0
    low, high = low - pad, high + pad
    first, last = min(chosen.n_components), max(chosen.n_components)

    def place(cell: Any) -> dict[str, float]:
        x = 76 + (width - 150) * (cell.n_components - first) / max(last - first, 1)
        return {
            "x": round(x, 1),
            "y": round(12 + (height - 56) * (high - cell.measured(chosen.criterion)) / (high - low), 1),
        }

    lines: list[dict[str, Any]] = []
    for model in chosen.models:
        own = [place(cell) for cell in sound if cell.model == model]
        if own:
            dashed = model.startswith("E")
            lines.append({"name": model, "points": own, "colour": model_colour(model), "dashed": dashed})
    labels = _spread([(line["points"][-1]["y"], line["name"]) for line in lines], height - 44)
    colours = {line["name"]: line["colour"] for line in lines}
    labels = [label | {"colour": colours[label["name"]]} for label in labels]
    y_ticks = [
        {"y": round(12 + (height - 56) * (high - tick) / (high - low), 1), "text": text}
        for tick, text in round_ticks(low, high, 5)
    ]
    step = max(1, (last - first) // 12 + 1) if last > first else 1
    x_ticks = [
        {"x": round(76 + (width - 150) * (k - first) / max(last - first, 1), 1), "text": str(k)}
        for k in range(first, last + 1, step)
    ]
    best = place(chosen.ranked[0])
    return {
        "width": width,
        "height": height,
        "lines": lines,
        "labels": labels,
        "x_ticks": x_ticks,
        "y_ticks": y_ticks,
        "best": best,
    }


def _readable_limit(values: Sequence[float]) -> float:
    """Upper end of the axis: values far above the better half may lie outside, so that the others can be told apart."""
    least, middle = min(values), float(np.median(values))
    return min(max(values), least + 3 * (middle - least)) if middle > least else max(values)


def _spread(labels: list[tuple[float, str]], bottom: float, least: float = 13.0) -> list[dict[str, Any]]:
    """Heights of labels at the ends of lines, moved apart so that they can be read; only as many as there is room."""
    wanted = sorted(labels)[-int(bottom / least) :]
    heights: list[float] = []
    for height, _ in wanted:
        heights.append(max(height, heights[-1] + least) if heights else height)
    over = max(0.0, (heights[-1] if heights else 0.0) - bottom)
    return [
        {"y": round(height - over, 1), "from": max(end, 8.0), "name": name}
        for height, (end, name) in zip(heights, wanted, strict=True)
    ]
