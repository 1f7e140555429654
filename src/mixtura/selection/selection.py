"""The result of a selection: the fits of all cells, ranked by a criterion."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mixtura._support import TableKind, as_table, html_table, shortened
from mixtura.covariance.models import model_name_in
from mixtura.data.files import read_or_choose
from mixtura.errors import ParameterError
from mixtura.fitting import Fit, check_rows_of_fit
from mixtura.mixture import ranks
from mixtura.plotting import Place, plot_criterion
from mixtura.report import Report, ReportOptions, file_name, fit_report
from mixtura.selection.cell import CRITERIA, Cell, as_criterion
from mixtura.selection.grid import Key
from mixtura.selection.selection_file import FIELDS, selection_from_json, selection_to_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The fits of a grid of models and numbers of components, ranked by a criterion.

    Attributes
    ----------
    cells : tuple of Cell
        By number of components, then by model; without those that an interruption left out.
    n_components : tuple of int
    models : tuple of str
    criterion : str
    entropy : int
        Seed of the random numbers of the starts, also of a selection that resumes this one.
    settings : dict
        Other options on which the cells depend.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.
    seed : int, or None
        The argument ``seed`` of `mixtura.select`, where it was a number and is known.

    Examples
    --------
    >>> import mixtura
    >>> chosen = mixtura.select([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], n_components=[1, 2], models="E", seed=0)
    >>> chosen.best.mixture.n_components, [row["n_components"] for row in chosen.table()]
    (2, [1, 2])
    """

    cells: tuple[Cell, ...]
    n_components: tuple[int, ...]
    models: tuple[str, ...]
    criterion: str
    entropy: int
    settings: dict[str, Any]
    table_kind: TableKind = "records"
    seed: int | None = None

    def __repr__(self) -> str:
        done = f"{len(self.cells)} of {len(self.n_components) * len(self.models)} cells"
        if not self.ranked:
            return f"<Selection of {done}: none has a fit>"
        best = self.ranked[0]
        value = best.measured(self.criterion)
        return (
            f"<Selection of {done}: {best.model} with {best.n_components} has the best {self.criterion}, {value:.6g}>"
        )

    def _repr_html_(self) -> str:
        ranked = [_record(cell) for cell in self.ranked]
        shown = ("n_components", "model", self.criterion, "loglik", "n_parameters", "outcome", "trouble")
        return html_table(repr(self).strip("<>"), [{name: row[name] for name in shown} for row in ranked])

    def __getitem__(self, key: tuple[int, str]) -> Cell:
        """The cell with this number of components and this model, ``selection[3, "VVV"]``."""
        if not isinstance(key, tuple) or len(key) != 2:
            raise ParameterError(
                f'the key is {shortened(key)}; expected a number of components and a model, as in selection[3, "VVV"]'
            )
        k, name = key
        wanted = Key(k, model_name_in(name, 1 if {"E", "V"} & set(self.models) else 2))
        found = [cell for cell in self.cells if cell.key == wanted]
        if not found:
            raise ParameterError(f"there is no cell {key}; n_components are {self.n_components}, models {self.models}")
        return found[0]

    @property
    def complete(self) -> bool:
        """Whether every cell of the grid was fitted or failed."""
        return len(self.cells) == len(self.n_components) * len(self.models)

    @property
    def ranked(self) -> tuple[Cell, ...]:
        """Cells that have a fit, the best first; cells in trouble come after all sound ones.

        The likelihood of a spurious fit grows without limit as the floor falls, so it is no evidence for a model.
        """
        fitted = [cell for cell in self.cells if cell.fit is not None]
        pairs = zip(ranks([cell.measured(self.criterion) for cell in fitted]), fitted, strict=True)
        return tuple(cell for _, cell in sorted(pairs, key=lambda pair: (not pair[1].sound, pair[0])))

    @property
    def best_cell(self) -> Cell:
        """The cell that the criterion prefers."""
        if not self.ranked:
            reasons = "; ".join(sorted({cell.error for cell in self.cells})) or "no cell was finished"
            raise ParameterError(f"there is no fit to choose: {reasons}")
        return self.ranked[0]

    @property
    def best(self) -> Fit:
        """The fit that the criterion prefers."""
        return cast(Fit, self.best_cell.fit)

    @property
    def runners_up(self) -> tuple[Cell, ...]:
        """Sound cells except the best, the best first."""
        return tuple(cell for cell in self.ranked[1:] if cell.sound)

    @property
    def failed(self) -> tuple[Cell, ...]:
        """Cells without a fit, and those whose fit is in trouble: ``cell.trouble`` says why."""
        return tuple(cell for cell in self.cells if not cell.sound)

    def table(self) -> Any:
        """A row for each cell; ``trouble`` is empty where it is sound.

        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.
        """
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        return [_record(cell) for cell in self.cells]

    def by(self, criterion: str) -> Selection:
        """The same cells ranked by another criterion; ParameterError for ``"cv"`` where it was not computed."""
        if self.ranked and all(math.isnan(cell.measured(as_criterion(criterion))) for cell in self.ranked):
            raise ParameterError(
                f"criterion is {criterion!r}, which no cell has; select again with criterion={criterion!r}"
            )
        return replace(self, criterion=as_criterion(criterion))

    def to_json(self) -> str:
        """The selection as JSON, which `from_json` and ``mixtura.select(..., resume=)`` read."""
        return selection_to_json({name: getattr(self, name) for name in FIELDS}, self.cells)

    @classmethod
    def from_json(cls, text: str) -> Selection:
        """Read what `to_json` wrote; the kind of table of the rows is not saved.

        Raises
        ------
        DataError
            If the text is not a selection of this format and version.
        """
        fields, cells = selection_from_json(text)
        return cls(cells, **fields)

    def report(
        self,
        X: Any,
        path: str | Path | None = None,
        *,
        sample_weight: Any = None,
        title: str = "",
        lang: str = "en",
    ) -> Report:
        """Make a report of the best fit and of the choice; see `Fit.report` for the arguments.

        Examples
        --------
        >>> import mixtura
        >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
        >>> chosen = mixtura.select(rows, n_components=[1, 2], models="E", seed=0)
        >>> "Choice of the model" in chosen.report(rows).html
        True
        """
        X = read_or_choose(X, self.best.mixture.columns) if isinstance(X, str | os.PathLike) else X
        check_rows_of_fit(self.best, X, sample_weight)
        options = ReportOptions(lang, title, file_name(self.best.data))
        return fit_report(self.best, X, path, selection=self, sample_weight=sample_weight, options=options)

    def plot(
        self,
        *,
        criterion: str | None = None,
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
        ax: Axes | SubFigure | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw the criterion against the number of components, a line for each model.

        Hollow markers are cells in trouble, the ring is the best.

        Parameters
        ----------
        criterion : str, optional
            Default: that of the selection.
        title, figsize, ax, path : optional
            As in `mixtura.plot`.
        """
        ranked = self if criterion is None else self.by(criterion)
        return plot_criterion(ranked, Place.of(ax, figsize, title, path))


def _record(cell: Cell) -> dict[str, Any]:
    """Criteria and outcome of a cell, a row of the table."""
    fit = cell.fit
    return {
        "n_components": cell.n_components,
        "model": cell.model,
        "loglik": cell.loglik,
        "n_parameters": cell.n_parameters,
        **{name: measure(cell) for name, measure in CRITERIA.items()},
        "iterations": fit.iterations if fit else 0,
        "start": cell.start.name if cell.start else "",
        "outcome": fit.outcome.name.lower() if fit else "failed",
        "trouble": cell.trouble,
    }
