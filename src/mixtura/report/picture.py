"""Geometry of the picture of a fitted mixture for print, and for readers without JavaScript."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.mixture import Mixture
from mixtura.plotting import axis_limits
from mixtura.report.charts import round_ticks
from mixtura.report.measures import Measures

# Rows that are drawn.
MOST_POINTS = 2_000

BINS, POINTS, STEPS = 40, 200, 60
DEVIATIONS = 2.0

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Size of a picture, and the box of its axes, in pixels."""

    width: float = 640.0
    height: float = 400.0
    left: float = 70.0
    top: float = 10.0
    right: float = 12.0
    bottom: float = 46.0

    @property
    def box(self) -> dict[str, float]:
        """Corner, width and height of the box of the axes."""
        width, height = self.width - self.left - self.right, self.height - self.top - self.bottom
        return {"x": self.left, "y": self.top, "width": width, "height": height}

    def across(self, values: Any, span: Span) -> Any:
        """Horizontal places of values."""
        return np.round(self.left + self.box["width"] * (np.asarray(values) - span[0]) / (span[1] - span[0]), 1)

    def up(self, values: Any, span: Span) -> Any:
        """Vertical places of values."""
        return np.round(self.top + self.box["height"] * (span[1] - np.asarray(values)) / (span[1] - span[0]), 1)


def as_path(across: Array, up: Array, *, closed: bool = False) -> str:
    """A line through points as the data of an SVG path.

    Examples
    --------
    >>> as_path(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    'M0 2L1 3'
    """
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in zip(across, up, strict=True)) + ("Z" if closed else "")


def picture(measures: Measures, columns: Sequence[int]) -> dict[str, Any]:
    """Points, ellipses and axes of two columns, or histogram and densities of one."""
    mixture, rows = measures.mixture, measures.drawn.rows
    frame = Frame()
    spans = [axis_limits(mixture, rows[:, column], column) for column in columns]
    if len(columns) == 1:
        found = _one_column(mixture, columns[0], rows[:, columns[0]], spans[0], frame)
    else:
        found = _two_columns(measures, columns, (spans[0], spans[1]), frame)
    vertical: Span = found.pop("span")
    x_ticks = [
        {"x": float(frame.across(at, spans[0])), "text": text} for at, text in round_ticks(spans[0][0], spans[0][1], 6)
    ]
    y_ticks = [
        {"y": float(frame.up(at, vertical)), "text": text} for at, text in round_ticks(vertical[0], vertical[1], 5)
    ]
    size = {"width": frame.width, "height": frame.height, "box": frame.box}
    return {**size, **found, "x_ticks": x_ticks, "y_ticks": y_ticks}


def _two_columns(measures: Measures, columns: Sequence[int], spans: tuple[Span, Span], frame: Frame) -> dict[str, Any]:
    """Points of each component as one path of dots, and ellipses at two standard deviations."""
    rows, labels = measures.drawn.rows, measures.labels
    some = np.arange(len(rows))
    if len(some) > MOST_POINTS:
        some = np.sort(np.random.default_rng(0).choice(len(some), MOST_POINTS, replace=False))
    across, up = frame.across(rows[some, columns[0]], spans[0]), frame.up(rows[some, columns[1]], spans[1])
    dots = []
    for component in range(len(measures.mixture.all_weights)):
        own = labels[some] == component
        path = "".join(f"M{x:g} {y:g}h0" for x, y in zip(across[own], up[own], strict=True))
        dots.append({"path": path, "component": component})
    outlines = [
        {**_ellipse(measures.mixture, component, columns, spans, frame), "component": component}
        for component in range(measures.mixture.n_components)
    ]
    sample = len(some) if len(some) < measures.drawn.total else None
    return {"dots": dots, "ellipses": outlines, "curves": [], "bars": [], "span": spans[1], "sample": sample}


def _ellipse(
    mixture: Mixture, component: int, columns: Sequence[int], spans: tuple[Span, Span], frame: Frame
) -> dict[str, Any]:
    """Outline and centre of a component's ellipse."""
    root = np.linalg.cholesky(mixture.covariances[component][np.ix_(columns, columns)])
    angles = np.linspace(0, 2 * math.pi, STEPS, endpoint=False)
    centre = mixture.means[component, list(columns)]
    points = centre + DEVIATIONS * np.stack([np.cos(angles), np.sin(angles)], axis=1) @ root.T
    outline = as_path(frame.across(points[:, 0], spans[0]), frame.up(points[:, 1], spans[1]), closed=True)
    return {"path": outline, "x": float(frame.across(centre[0], spans[0])), "y": float(frame.up(centre[1], spans[1]))}


def _one_column(mixture: Mixture, column: int, values: Array, span: Span, frame: Frame) -> dict[str, Any]:
    """Histogram of a column, and each component's density times its weight."""
    heights, edges = np.histogram(values, BINS, range=span, density=True)
    deviations = np.sqrt(mixture.covariances.variances()[:, column])
    at = np.linspace(*span, POINTS)
    z = (at[:, None] - mixture.means[:, column]) / deviations
    densities = mixture.weights * np.exp(-0.5 * z**2) / (deviations * math.sqrt(2 * math.pi))
    total = densities.sum(axis=1)
    vertical = (0.0, 1.08 * float(max(heights.max(), total.max())))
    places = frame.across(at, span)
    curves = [
        {"path": as_path(places, frame.up(densities[:, j], vertical)), "component": j}
        for j in range(mixture.n_components)
    ]
    curves.append({"path": as_path(places, frame.up(total, vertical)), "component": None})
    lefts, tops = frame.across(edges, span), frame.up(heights, vertical)
    base = float(frame.up(0.0, vertical))
    bars = [
        {"x": float(x), "y": float(y), "width": float(next_x - x), "height": round(base - float(y), 1)}
        for x, next_x, y in zip(lefts[:-1], lefts[1:], tops, strict=True)
    ]
    return {"dots": [], "ellipses": [], "curves": curves, "bars": bars, "span": vertical, "sample": None}
