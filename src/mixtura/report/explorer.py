"""The explorer of a page without the rest of a report: while EM runs, frame by frame, and of a finished fit."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.errors import visible
from mixtura.mixture import Mixture
from mixtura.plotting import with_column_names
from mixtura.report.advice import advice, outcome_sentence
from mixtura.report.charts import criterion_chart
from mixtura.report.drawn_rows import DrawnRows, ScaledRows, rows_of_page, single_precision
from mixtura.report.encoding import encode_numbers
from mixtura.report.frames import frame_parameters, frames_of
from mixtura.report.language import Language, as_language
from mixtura.report.measures import Measures
from mixtura.report.page import (
    MODULE_STRINGS,
    PageData,
    component_colours,
    component_names,
    encode_rows,
    page_data,
    shown_columns,
)
from mixtura.report.protocols import ReportedFit, ReportedSelection
from mixtura.report.recording import own_recording, recording_of
from mixtura.report.report import facts_of, replay_note
from mixtura.report.subject import Subject
from mixtura.report.tables import ComponentNames, components_table, criterion_name

# Part of the range of a column that its axis has beyond the values.
MARGIN = 0.1

# Columns that the table of components shows.
MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True, eq=False)
class LiveView:
    """What a page shows of EM while it runs: the rows once, then the parameters of each iteration.

    Attributes
    ----------
    drawn : DrawnRows
    scaled : ScaledRows
        The rows as they travel.
    columns : tuple of str
    n_components : int
    shown : tuple of int
        Positions of the one or two columns in which the components differ most at the start.
    """

    drawn: DrawnRows
    scaled: ScaledRows
    columns: tuple[str, ...]
    n_components: int
    shown: tuple[int, ...]

    @classmethod
    def of(cls, mixture: Mixture, X: Any) -> LiveView:
        """The view of rows and of the mixture at the start.

        Examples
        --------
        >>> view = LiveView.of(Mixture([1.0], [[0.0]], [[[1.0]]]), [0.5, 1.5])
        >>> view.n_components, view.scaled.values.tolist()
        (1, [[0.5], [1.5]])
        """
        named = with_column_names(mixture, X)
        drawn = rows_of_page(named, X)
        scaled = single_precision(drawn.rows)
        return cls(drawn, scaled, named.columns or (), named.n_components, shown_columns(named, 2))

    def page(self, language: Language, capacity: int) -> dict[str, Any]:
        """What the module reads before the first frame, as values for JSON; ``capacity`` is the most frames."""
        d, k = len(self.columns), self.n_components
        return {
            "n": len(self.drawn.rows),
            "columns": [visible(name) for name in self.columns],
            "components": [language.text("component_number", number=number) for number in range(k)],
            "colours": component_colours(k),
            "noise": False,
            "form": "dense",
            "shown": [*self.shown, -1][:2],
            "limits": [_limits(self.drawn.rows[:, c]) for c in range(d)],
            "peaks": [0.0] * d,
            "rows": encode_rows(self.scaled),
            "rowNumbers": encode_numbers(self.drawn.numbers.astype(np.uint32)),
            "stride": self.stride,
            "capacity": capacity,
            "strings": {key: language.strings[key] for key in MODULE_STRINGS},
        }

    @property
    def stride(self) -> int:
        """Numbers in a frame."""
        d = len(self.columns)
        return 1 + self.n_components * (1 + d + d * (d + 1) // 2)

    def frame(self, mixture: Mixture, components: Sequence[int]) -> str:
        """Parameters of an iteration's mixture, as base64 of float32; ``components`` are its places in the view."""
        place = np.array(components, dtype=np.intp)
        found = frame_parameters(mixture, place, self.scaled, self.n_components, "dense")
        return base64.b64encode(found.astype("<f4").tobytes()).decode("ascii")


def _limits(values: Array) -> tuple[float, float]:
    """Ends of a column's axis: those of its values, and a margin."""
    low, high = float(values.min()), float(values.max())
    pad = MARGIN * (high - low) or 1.0
    return low - pad, high + pad


def finished_view(
    fit: ReportedFit,
    X: Any,
    *,
    selection: ReportedSelection | None = None,
    sample_weight: Any = None,
    lang: str = "en",
) -> dict[str, Any]:
    """What a page shows of a finished fit: the data of its explorer, and its outcome, numbers, advice and components.

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> view = finished_view(mixtura.fit(rows, 2, seed=0), rows)
    >>> view["outcome"], view["data"]["components"]
    ('Converged.', ['component 0', 'component 1'])
    """
    language = as_language(lang)
    mixture = with_column_names(fit.mixture, X)
    drawn = rows_of_page(mixture, X)
    again = recording_of(fit, X, drawn, sample_weight=sample_weight) if not fit.history else own_recording(fit.history)
    frames = frames_of(mixture, fit.assessment.loglik, again)
    names = component_names(mixture, frames, language)
    subject, measures = Subject.of_fit(fit, mixture, selection), Measures(mixture, drawn)
    labels = ComponentNames.of(names, mixture.n_components, language)
    data = PageData(mixture, drawn, frames, names, shown_columns(mixture, 2))
    sizes = mixture.all_weights * fit.assessment.n_rows
    return {
        "data": page_data(data, language, autoplay=False, model_file=None),
        "replay_note": replay_note(again, frames, language),
        "facts": facts_of(subject, language),
        "outcome": outcome_sentence(subject, language),
        "advice": advice(subject, measures, language),
        "components": components_table(subject, shown_columns(mixture, MOST_COLUMNS), labels, sizes, language),
        "colours": component_colours(len(names)),
        "chart": criterion_chart(selection) if selection else None,
        "criterion": criterion_name(selection.criterion, language) if selection else "",
        "best_cell": selection.ranked[0] if selection else None,
    }
