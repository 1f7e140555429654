"""Tables of a page: each is a head and rows of cells, a cell being a text and the value that sorting compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array, Index
from mixtura.errors import visible
from mixtura.mixture import Mixture, standard_deviations
from mixtura.plotting import CRITERION_LABELS
from mixtura.report.language import Language
from mixtura.report.measures import Measures
from mixtura.report.protocols import ReportedSelection
from mixtura.report.subject import Subject

# How many rows, starts and cells of a selection are listed.
MOST_LISTED, MOST_STARTS, MOST_CELLS = 10, 20, 12
MOST_OF_COMPONENT = 5

# Edges of the classes in which probabilities are counted.
EDGES = (0.99, 0.95, 0.8, 0.5, 0.0)
CLASSES = ("≥ 0.99", "0.95 – 0.99", "0.8 – 0.95", "0.5 – 0.8", "< 0.5")


def format_value(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, thousands separators and a true minus sign.

    Examples
    --------
    >>> format_value(-1234.5678), format_value(0.000012345), format_value(2.0)
    ('−1,235', '1.234e−05', '2')
    """
    plain = value == 0 or 1e-4 <= abs(value) < 1e9
    if not plain or not np.isfinite(value):
        return f"{value:.{digits}g}".replace("-", "−")
    decimals = max(0, digits - 1 - int(np.floor(np.log10(abs(value))))) if value else 0
    text = f"{value:,.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def format_loglik_value(value: float) -> str:
    """A log-likelihood or criterion, with two decimals.

    Examples
    --------
    >>> format_loglik_value(-1130.264)
    '−1,130.26'
    """
    return f"{value:,.2f}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell: its text, the value that sorting compares, and what a click on it shows.

    Attributes
    ----------
    text : str
    value : float or str or None
        None if the text itself is compared.
    kind : {"number", "text", "component", "row"}
    target : int or None
        Component, or number of a row from 1.
    """

    text: str
    value: float | str | None = None
    kind: str = "text"
    target: int | None = None


def number_cell(value: float, text: str | None = None) -> TableCell:
    """A cell of a number."""
    return TableCell(format_value(value) if text is None else text, float(value), "number")


@dataclass(frozen=True, slots=True)
class ComponentNames:
    """Names of a mixture's components and, last, of noise.

    Attributes
    ----------
    texts : tuple of str
    places : tuple of int
        Number of each among the page's components; those that were removed on the way lie before noise.
    """

    texts: tuple[str, ...]
    places: tuple[int, ...]

    @classmethod
    def of(cls, names: Sequence[str], k: int, language: Language) -> ComponentNames:
        """Of the first k of a page's components, and noise."""
        texts = tuple(visible(name) for name in (*names[:k], language.text("noise")))
        return cls(texts, (*range(k), len(names)))


def component_cell(names: ComponentNames, component: int) -> TableCell:
    """A cell of a component, which a click highlights."""
    return TableCell(names.texts[component], component, "component", names.places[component])


def row_cell(number: int) -> TableCell:
    """A cell of a row's number, counted from 1, which a click shows."""
    return TableCell(f"{number + 1}", number, "row", number + 1)


@dataclass(frozen=True, slots=True, eq=False)
class PageTable:
    """A table: heads, each with a second line or none, and rows of cells."""

    heads: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[TableCell]]


def components_table(
    subject: Subject, columns: Sequence[int], names: ComponentNames, sizes: Array, language: Language
) -> PageTable:
    """Size, weight, means and standard deviations of the components, and noise, in some columns."""
    mixture, labels = subject.mixture, subject.mixture.columns or ()
    deviations = standard_deviations(mixture)
    heads = [(language.text(f"column_{key}"), "") for key in ("component", "size", "weight")]
    for what in ("mean", "sd"):
        heads += [(visible(labels[c]), language.text(f"column_{what}")) for c in columns]
    rows = []
    for j, weight in enumerate(mixture.all_weights):
        is_noise = j == mixture.n_components
        numbers = [] if is_noise else [*mixture.means[j, columns], *deviations[j, columns]]
        cells = [number_cell(value) for value in numbers] or [TableCell("")] * (2 * len(columns))
        shown = [number_cell(sizes[j], f"{sizes[j]:,.1f}"), number_cell(weight, f"{100 * weight:.1f} %")]
        rows.append([component_cell(names, j), *shown, *cells])
    return PageTable(heads, rows)


def correlation_matrix(mixture: Mixture, component: int, columns: Sequence[int]) -> list[list[float]]:
    """Correlations of some columns within a component.

    Examples
    --------
    >>> correlation_matrix(Mixture([1.0], [[0.0, 0.0]], [[[4.0, 1.0], [1.0, 1.0]]]), 0, [0, 1])
    [[1.0, 0.5], [0.5, 1.0]]
    """
    covariance = mixture.covariances[component][np.ix_(columns, columns)]
    deviations = np.sqrt(np.diag(covariance))
    return (covariance / np.outer(deviations, deviations)).tolist()


def starts_table(subject: Subject, language: Language) -> PageTable:
    """Log-likelihood, iterations and outcome of each start, the best first."""
    best = max((start.loglik for start in subject.starts), default=0.0)
    heads = [(language.text(f"column_{key}"), "") for key in ("start", "loglik", "below", "iterations", "outcome")]
    order = sorted(range(len(subject.starts)), key=lambda number: -subject.starts[number].loglik)
    rows = []
    for number in order[:MOST_STARTS]:
        start = subject.starts[number]
        below = best - start.loglik
        rows.append(
            [
                number_cell(number, str(number)),
                number_cell(start.loglik, format_loglik_value(start.loglik)),
                number_cell(below, f"{below:,.2f}"),
                number_cell(start.iterations, str(start.iterations)),
                TableCell(language.text(f"outcome_{start.outcome.name}")),
            ]
        )
    return PageTable(heads, rows)


def selection_table(chosen: ReportedSelection, language: Language) -> PageTable:
    """The best cells of a selection."""
    best = chosen.ranked[0].measured(chosen.criterion)
    heads = [(language.text(f"column_{key}"), "") for key in ("model", "n_components", "parameters", "loglik")]
    heads += [(criterion_name(chosen.criterion, language), ""), (language.text("column_difference"), "")]
    rows = []
    for cell in chosen.ranked[:MOST_CELLS]:
        value = cell.measured(chosen.criterion)
        counts = [number_cell(count, str(count)) for count in (cell.n_components, cell.n_parameters)]
        values = [number_cell(one, format_loglik_value(one)) for one in (cell.loglik, value, value - best)]
        rows.append([TableCell(cell.model), *counts, *values])
    return PageTable(heads, rows)


def criterion_name(criterion: str, language: Language) -> str:
    """What a page calls a criterion."""
    return language.text("cv_name") if criterion == "cv" else CRITERION_LABELS[criterion]


def certainty_table(measures: Measures) -> list[dict[str, Any]]:
    """How many rows have a probability in each class, and their fraction."""
    counts = measures.certainty_counts(EDGES)
    total = max(sum(counts), 1)
    return [{"name": name, "count": n, "share": n / total} for name, n in zip(CLASSES, counts, strict=True)]


def uncertain_table(measures: Measures, names: ComponentNames, language: Language) -> PageTable:
    """The least certain rows, with their two most probable components."""
    heads = [(language.text(f"column_{key}"), "") for key in ("row", "component", "probability")]
    heads += [(language.text("column_second"), ""), (language.text("column_probability"), "")]
    rows = []
    for i in measures.least_certain(MOST_LISTED):
        cells = [row_cell(int(measures.drawn.numbers[i]))]
        for j in np.argsort(-measures.posterior[i], kind="stable")[:2]:
            cells += [
                component_cell(names, int(j)),
                number_cell(measures.posterior[i, j], f"{measures.posterior[i, j]:.3f}"),
            ]
        rows.append(cells + [TableCell("")] * (len(heads) - len(cells)))
    return PageTable(heads, rows)


def far_table(measures: Measures, columns: Sequence[int], names: ComponentNames, language: Language) -> PageTable:
    """The rows that are farthest from every component."""
    labels = measures.mixture.columns or ()
    heads = [(language.text(f"column_{key}"), "") for key in ("row", "nearest", "distance", "expected")]
    heads += [(visible(labels[c]), "") for c in columns]
    rows = []
    for i in measures.farthest(MOST_LISTED):
        j = int(measures.distances[i].argmin())
        expected = measures.expected[i]
        values = [number_cell(value) for value in measures.drawn.rows[i, columns]]
        distance = number_cell(measures.distances[i, j], f"{measures.distances[i, j]:,.1f}")
        cells = [row_cell(int(measures.drawn.numbers[i])), component_cell(names, j), distance]
        rows.append([*cells, number_cell(expected, format_value(expected, 2)), *values])
    return PageTable(heads, rows)


def numbers_of(measures: Measures, positions: Index) -> list[int]:
    """Numbers of drawn rows, counted from 1."""
    return (measures.drawn.numbers[positions] + 1).tolist()
