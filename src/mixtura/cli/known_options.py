"""Options that say what is known of the rows' components, in columns of DATA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np
import typer

from mixtura import Fit
from mixtura.cli.inputs import parse_names
from mixtura.cli.reading_options import ReadingOptions
from mixtura.data.tables import Table
from mixtura.em.estep import UNKNOWN
from mixtura.errors import ParameterError

KnownLabelsColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Column with the component of each row, by name, where it is known, and empty where it is not.",
    ),
]
PriorResponsibilitiesColumns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="a,b", help="Columns that say how likely a row belongs to each component."),
]
GroupsColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Column of groups of rows that share their component: repeated measurements."),
]


@dataclass(frozen=True)
class KnownOptions:
    """Columns that say something of the rows' components, as the command line gives them."""

    known_labels: KnownLabelsColumn = None
    prior_responsibilities: PriorResponsibilitiesColumns = None
    groups: GroupsColumn = None

    @property
    def columns(self) -> list[str]:
        """The columns, which are no data."""
        one = [name for name in (self.known_labels, self.groups) if name is not None]
        return [*one, *self._soft]

    @property
    def _soft(self) -> Sequence[str]:
        return [str(name) for name in parse_names(self.prior_responsibilities) or ()]

    def reading(self, reading: ReadingOptions) -> ReadingOptions:
        """The options of reading, by which these columns are no data."""
        return replace(reading, exclude=[*(reading.exclude or []), *self.columns]) if self.columns else reading

    def arguments(self, table: Any, k: int | None) -> dict[str, Any]:
        """Arguments of `mixtura.fit`, and the number of components where the labels say it.

        Raises
        ------
        ParameterError
            If the rows are read in parts, or lack a column.
        """
        if not self.columns:
            return {}
        if not isinstance(table, Table) or table.cells is None:
            raise ParameterError(f"--{self._first}: this is for a single file that is read whole; pass --no-stream")
        frame = table.cells.frame[table.positions.tolist()]
        found: dict[str, Any] = {}
        if self.known_labels is not None:
            names, codes = self._labels(table)
            found |= {"known_labels": codes, "n_components": len(names) if k is None else k}
        if self.groups is not None:
            found["groups"] = frame[self.groups].to_list()
        if self._soft:
            found["prior_responsibilities"] = frame.select(self._soft).cast(float, strict=False).to_numpy()
        return found

    @property
    def _first(self) -> str:
        given = {
            "known-labels": self.known_labels,
            "prior-responsibilities": self.prior_responsibilities,
            "groups": self.groups,
        }
        return next(name for name, value in given.items() if value is not None)

    def _labels(self, table: Table) -> tuple[list[str], Any]:
        """Names of the components, sorted, and the number of that of each row, -1 where it is unknown."""
        cells = table.cells
        if cells is None or self.known_labels is None:
            return [], np.zeros(0)
        column = cells.frame[self.known_labels][table.positions.tolist()]
        texts = ["" if value is None else str(value).strip() for value in column.to_list()]
        names = sorted(set(texts) - {""})
        numbers = {name: number for number, name in enumerate(names)}
        return names, np.array([numbers.get(text, UNKNOWN) for text in texts])

    def named(self, fit: Fit, table: Any) -> Fit:
        """The fit with its components named as the labels are, if each has a name."""
        names = self._labels(table)[0] if isinstance(table, Table) else []
        if len(names) != fit.mixture.n_components:
            return fit
        return replace(fit, mixture=fit.mixture.named(*names))
