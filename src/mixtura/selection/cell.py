"""One cell of the grid: its fit, its criteria, and the starts that were tried."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from mixtura._support import Rng, as_table, format_count, shortened
from mixtura.em import Outcome
from mixtura.errors import ParameterError
from mixtura.fitting import Fit
from mixtura.mixture import Assessment
from mixtura.selection.grid import Key
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True)
class TriedStart:
    """How one start of a cell ended.

    Attributes
    ----------
    start : str
        Name of the start: one of `mixtura.fit`, ``"seed 3"``, ``"split of 2"``, or a model whose solution it is.
    loglik : float
        Log-likelihood at its end.
    iterations : int
        Number of EM iterations.
    outcome : str
        ``"converged"``; ``"eliminated"`` if others had a higher log-likelihood before it converged; ``"spurious"`` if a
        component of few rows is at the floor; ``"thin"`` if a component has too few rows for its parameters;
        ``"collapsed"`` if one was lost.
    """

    start: str
    loglik: float
    iterations: int
    outcome: str


@dataclass(frozen=True, slots=True, eq=False)
class CellStart:
    """Start of a cell's EM; `mixtura.fit` accepts it as ``start``.

    Attributes
    ----------
    name : str
    stats : Stats
        Sufficient statistics for the first M-step.
    """

    name: str
    stats: Stats

    def __call__(self, problem: Any, k: int, rng: Rng) -> Stats:
        """The statistics of the start, whatever the problem."""
        return self.stats

    def reduced(self, scatter_kind: ScatterKind) -> CellStart:
        """The same start with only the kind of scatter that a model needs."""
        return replace(self, stats=self.stats.reduced(scatter_kind))


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One covariance model with one number of components.

    Attributes
    ----------
    n_components : int
        Number of components of the cell; a fit that lost components has fewer.
    model : str
    fit : Fit, or None where there is none
    start : CellStart, or None
        The best start. `mixtura.fit` from this start, with ``accelerate=accelerated``, ends at the same maximum if EM
        took at most twenty iterations. Later iterations are accelerated here, and then one in a hundred ends elsewhere.
    tried : tuple of TriedStart
        How each start ended, the best first.
    thin : bool
        Whether a component has fewer rows than its own covariance parameters need.
    cv : float
        Minus twice the cross-validated log-likelihood; NaN unless the criterion is cross-validation.
    accelerated : bool
        Whether EM was accelerated from the start, as on large data.
    error : str
        Reason why there is no fit; empty if there is one.

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
    start: CellStart | None
    tried: tuple[TriedStart, ...]
    thin: bool = False
    cv: float = math.nan
    accelerated: bool = False
    error: str = ""

    def __repr__(self) -> str:
        text = self.trouble or f"log-likelihood {self.loglik:.6g}, BIC {self.measured('bic'):.6g}"
        return f"<Cell of {format_count(self.n_components, f'{self.model} component')}: {text}>"

    def table(self) -> Any:
        """A row for each start that was tried, the best first, with the attributes of `TriedStart`.

        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.
        """
        return as_table(self.records(), self.fit.mixture.table_kind if self.fit else "records")

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        return [asdict(one) for one in self.tried]

    @property
    def key(self) -> Key:
        """Position of the cell in the grid."""
        return Key(self.n_components, self.model)

    @property
    def trouble(self) -> str:
        """Reason why the cell ranks behind sound ones; empty if it is sound."""
        if self.fit is None:
            return self.error
        outcome = self.fit.outcome
        if outcome in (Outcome.SPURIOUS, Outcome.REMOVED, Outcome.STALLED):
            return outcome.value
        return THIN if self.thin else ""

    @property
    def sound(self) -> bool:
        """Whether there is a fit that has all components, none of them spurious or with too few rows."""
        return not self.trouble

    @property
    def assessment(self) -> Assessment:
        """Log-likelihood and criteria of the fit; NaN without a fit."""
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


THIN = "A component has fewer rows than its covariance needs: try fewer components, or a simpler model."

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
    if not isinstance(criterion, str) or criterion not in CRITERIA:
        raise ParameterError(f"criterion is {shortened(criterion)}; expected one of {', '.join(CRITERIA)}")
    return criterion
