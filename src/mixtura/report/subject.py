"""What a page is about: a mixture on some rows, and what is known of how it was fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtura.em import Outcome
from mixtura.mixture import Assessment, Mixture
from mixtura.report.protocols import ReportedFit, ReportedSelection, RowsOfFit, StartSummary


def file_name(data: RowsOfFit | None) -> str:
    """Name of the file of a fit's rows, without its folders, which are nobody else's business; empty if not known."""
    return Path(data.file).name if data is not None and data.file else ""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a page is about.

    Attributes
    ----------
    mixture : Mixture
        With names for its columns.
    assessment : Assessment
        Log-likelihood and criteria on the rows.
    model_file : str
        The mixture, and what was fitted, as JSON.
    model : Any
        Statistical model, or None if it is not known.
    em : Any
        Options of EM, or None.
    outcome : Outcome, or None
    starts : sequence of StartSummary
        Empty if nothing is known of them.
    best_start : int
    iterations : int, or None
    start_name : str
    seed : int, or None
    data : RowsOfFit, or None
        What the fit remembers of its rows.
    selection : ReportedSelection, or None
        The selection that chose the fit.
    """

    mixture: Mixture
    assessment: Assessment
    model_file: str
    model: Any = None
    em: Any = None
    outcome: Outcome | None = None
    starts: Sequence[StartSummary] = ()
    best_start: int = 0
    iterations: int | None = None
    start_name: str = ""
    seed: int | None = None
    data: RowsOfFit | None = None
    selection: ReportedSelection | None = None

    @classmethod
    def of_fit(cls, fit: ReportedFit, mixture: Mixture, selection: ReportedSelection | None = None) -> Subject:
        """What is known of a fit; ``mixture`` is its mixture with names for its columns."""
        return cls(
            mixture,
            fit.assessment,
            fit.to_json(),
            fit.model,
            fit.em,
            fit.outcome,
            fit.starts,
            fit.best_start,
            fit.iterations,
            fit.start_name,
            fit.seed,
            fit.data,
            selection,
        )
