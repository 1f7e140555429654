"""One cell of the grid: the fit, its criteria, where it came from, and what else was tried."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from mixtura._support import Rng, as_table, format_count
from mixtura.em import Outcome
from mixtura.errors import ParameterError
from mixtura.fitting import Fit
from mixtura.mixture import Assessment
from mixtura.selection.grid import Key
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True)
class Found:
    """What one start of a cell found.

    Attributes
    ----------
    start : str
        Its name: a start of `mixtura.fit`, ``"seed 3"``, ``"split of 2"``, or the model whose solution was taken over.
    loglik : float
        How far it came.
    iterations : int
        After how many EM iterations.
    outcome : str
        ``"rest"`` where it came to rest; ``"given up"`` where others were ahead; ``"spurious"`` where a component of
        few rows is at the floor; ``"thin"`` where a component holds too few rows; ``"collapsed"`` where one is lost.
    """

    start: str
    loglik: float
    iterations: int
    outcome: str


@dataclass(frozen=True, slots=True, eq=False)
class CellStart:
    """Where a cell's EM began: a start for `mixtura.fit`.

    Attributes
    ----------
    name : str
    stats : Stats
        Statistics for the first M-step.
    """

    name: str
    stats: Stats

    def __call__(self, problem: Any, k: int, rng: Rng) -> Stats:
        """What a fit begins with."""
        return self.stats

    def reduced(self, scatter_kind: ScatterKind) -> CellStart:
        """The same start with no more scatter than a model reads."""
        return replace(self, stats=self.stats.reduced(scatter_kind))


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One covariance model with one number of components.

    Attributes
    ----------
    n_components : int
        As asked for; a fit that lost components has fewer.
    model : str
    fit : Fit, or None where there is none
    begin : callable, or None
        The best start. From there `mixtura.fit` (with ``accelerate=accelerated``) ends in the same place, if EM took no
        more than twenty iterations; later ones are accelerated here, after which one in a hundred ends elsewhere.
    found : tuple of Found
        What each start found, the best first.
    thin : bool
        Whether a component holds fewer rows than a covariance of its own needs.
    cv : float
        Minus twice the log-likelihood of rows that were held out; NaN unless the criterion is cross-validation.
    accelerated : bool
        Whether its EM was accelerated, which is worth it on large data.
    error : str
        Why there is no fit.

    Examples
    --------
    >>> import mixtura
    >>> chosen = mixtura.select([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], n_components=[1, 2], models="E", seed=0)
    >>> cell = chosen[2, "E"]
    >>> cell.sound, round(cell.loglik, 3), cell.n_parameters
    (True, -1.799, 4)
    """

    n_components: int
    model: str
    fit: Fit | None
    begin: CellStart | None
    found: tuple[Found, ...]
    thin: bool = False
    cv: float = math.nan
    accelerated: bool = False
    error: str = ""

    def __repr__(self) -> str:
        said = self.trouble or f"log-likelihood {self.loglik:.6g}, BIC {self.measured('bic'):.6g}"
        return f"<Cell of {format_count(self.n_components, f'{self.model} component')}: {said}>"

    def table(self) -> Any:
        """A row for each start, the best first: what it found, as in `Found`.

        It is a DataFrame of pandas or polars if the rows came in one, and otherwise the list `records`.
        """
        return as_table(self.records(), self.fit.mixture.table_kind if self.fit else "records")

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        return [asdict(found) for found in self.found]

    @property
    def key(self) -> Key:
        """Which cell of the grid it is."""
        return Key(self.n_components, self.model)

    @property
    def trouble(self) -> str:
        """Why the cell is ranked behind those that are sound; empty where it is sound itself."""
        if self.fit is None:
            return self.error
        outcome = self.fit.outcome
        if outcome in (Outcome.SPURIOUS, Outcome.REMOVED, Outcome.STALLED):
            return outcome.value
        return THIN if self.thin else ""

    @property
    def sound(self) -> bool:
        """Whether the log-likelihood owes nothing to the floor or to a handful of rows, and no component was lost."""
        return not self.trouble

    @property
    def assessment(self) -> Assessment:
        """The fit measured on the rows; all NaN where there is none."""
        return self.fit.assessment if self.fit else Assessment(math.nan, math.nan, math.nan, 0)

    @property
    def loglik(self) -> float:
        """Total log-likelihood."""
        return self.assessment.loglik

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""
        return self.assessment.n_parameters

    def measured(self, criterion: str) -> float:
        """The value of a criterion; lower is better."""
        return CRITERIA[criterion](self)

    def with_cv(self, value: float) -> Cell:
        """The same cell with its cross-validated value."""
        return replace(self, cv=value)


THIN = "A component holds fewer rows than its covariance needs: try fewer components, or a simpler model."

CRITERIA: dict[str, Callable[[Cell], float]] = {
    "bic": lambda cell: cell.assessment.bic,
    "icl": lambda cell: cell.assessment.icl,
    "aic": lambda cell: cell.assessment.aic,
    "aicc": lambda cell: cell.assessment.aicc,
    "cv": lambda cell: cell.cv,
}


def as_criterion(criterion: str) -> str:
    """Check a criterion's name.

    Examples
    --------
    >>> as_criterion("BIC")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: criterion is 'BIC'; expected one of bic, icl, aic, aicc, cv
    """
    if criterion not in CRITERIA:
        raise ParameterError(f"criterion is {criterion!r}; expected one of {', '.join(CRITERIA)}")
    return criterion
