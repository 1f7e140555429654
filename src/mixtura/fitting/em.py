"""How EM is run, and how such values read as Python code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np

from mixtura._support import Array, as_amount, as_count
from mixtura.data import ColumnValues, Summary
from mixtura.em import StopRule, as_stops
from mixtura.em.mstep import as_floor, floor_variances
from mixtura.em.steppers import PLAIN, Stepper, accelerated
from mixtura.errors import ParameterError
from mixtura.fitting.model_file import read_part

REMAINING = "remaining"

# Thresholds by default: of other stop rules, and of the rule on what remains, in nats.
DEFAULT_TOL = (1e-6, 0.005)

# An estimate of the remaining rise may be half of it.
SAFETY = 0.5


def code_of(value: Any, always: tuple[str, ...] = ()) -> str:
    """A dataclass as Python code, without fields that have their defaults, but for those that are ``always`` there."""
    told = ((field.name, getattr(value, field.name), field.default) for field in fields(value))
    said = [f"{name}={own!r}" for name, own, default in told if name in always or own != default]
    return f"{type(value).__name__}({', '.join(said)})"


@dataclass(frozen=True, slots=True)
class EM:
    """How EM is run; `mixtura.fit` takes it as ``em``, and every `Fit` carries its own.

    Parameters
    ----------
    tol : float, optional
        Threshold of the stop rule. Default: 0.005 nats with the rule "remaining", 1e-6 with the others.
    max_iter : int
        Largest number of EM iterations of each start.
    stop : {"remaining", "loglik", "parameters"}, or several of them, optional
        When to stop; of several rules any will do. "remaining": when the total log-likelihood is estimated to rise by
        no more than ``tol`` nats yet (with few rows by far less); 0.005 nats is a tenth of a standard error in any
        direction. "loglik": when
        an iteration raises the mean log-likelihood per row by no more than ``tol``. "parameters": when it moves the
        parameters by no more (Euclidean norm). Default: "remaining", but "loglik" where ``tol`` is given.
    accelerate : bool
        Extrapolate where EM is slow (SQUAREM, then BFGS): fewer passes over the data to the same place. False is EM
        as it is.
    floor : float
        Least variance of a component in any direction, as a fraction of the data's variance; at least 1e-10, which is
        what double precision needs. It is part of the M-step, so the log-likelihood still never falls.
    resolution : "auto", float or sequence of shape (d,)
        Rounding unit of each column, 0 where values are not rounded: no component gets narrower than half of it, so
        that nothing is gained by normals on single values of rounded data. "auto" finds units from the spacing of the
        values.
    on_interrupt : {"raise", "keep"}, optional
        What Ctrl-C does: raise KeyboardInterrupt, or return what there is so far. Unless given, `mixtura.fit` raises,
        and `mixtura.select` returns the cells that are done.

    Examples
    --------
    >>> EM(accelerate=False)
    EM(accelerate=False)
    """

    tol: float | None = None
    max_iter: int = 1000
    stop: str | Sequence[str] | None = None
    accelerate: bool = True
    floor: float = 1e-10
    resolution: Any = "auto"
    on_interrupt: str | None = None

    def __post_init__(self) -> None:
        as_stops(self.rule_names if self.stop is None else self.stop, self.threshold)
        if self.on_interrupt not in (None, "raise", "keep"):
            raise ParameterError(f"on_interrupt is {self.on_interrupt!r}; expected 'raise' or 'keep'")
        object.__setattr__(self, "tol", None if self.tol is None else as_amount(self.tol, "tol"))
        object.__setattr__(self, "max_iter", as_count(self.max_iter, "max_iter", least=0))
        object.__setattr__(self, "floor", as_floor(self.floor))
        object.__setattr__(self, "resolution", as_resolution(self.resolution))

    def __repr__(self) -> str:
        return code_of(self)

    def floor_variances(self, summary: Summary, values: ColumnValues) -> Array:
        """Least variances of a component, (d,), on given data."""
        unit = np.asarray(values.unit if self.resolution == "auto" else self.resolution)
        if unit.ndim and len(unit) != len(summary.mean):
            raise ParameterError(f"resolution has {len(unit)} units; the data has {len(summary.mean)} columns")
        return floor_variances(summary.scale, self.floor, unit)

    @property
    def rule_names(self) -> tuple[str, ...]:
        """Names of the stop rules."""
        if self.stop is None:
            return (REMAINING,) if self.tol is None else ("loglik",)
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)

    @property
    def threshold(self) -> float:
        """The threshold of the stop rules, given or by default."""
        return self.tol if self.tol is not None else DEFAULT_TOL[REMAINING in self.rule_names]

    @property
    def rise_per_row(self) -> float:
        """Rise of the mean log-likelihood per row at which runs stop that are made beside the fit's own."""
        return 1e-6 if self.tol is None or REMAINING in self.rule_names else self.tol

    def tolerance(self, n_rows: float) -> float:
        """The rise of the total log-likelihood, in nats, in the last iteration of a fit to so many rows."""
        return self.threshold / 10 if self.rule_names == (REMAINING,) else max(self.rise_per_row, 1e-9) * n_rows

    @property
    def rules(self) -> list[StopRule]:
        """The stop rules; any of them ends a run. The accelerated steppers have the rule "remaining" in themselves."""
        names = [name for name in self.rule_names if not (self.accelerate and name == REMAINING)]
        return as_stops(names, self.threshold) if names else []

    @property
    def stepper(self) -> Stepper:
        """How EM moves from iterate to iterate."""
        enough = self.threshold * SAFETY if REMAINING in self.rule_names else 0.0
        return accelerated(enough) if self.accelerate else PLAIN

    @property
    def keeps_interrupted(self) -> bool:
        """Whether a fit that Ctrl-C ends returns the best so far."""
        return self.on_interrupt == "keep"

    def to_dict(self) -> dict[str, Any]:
        """In plain values, for JSON."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return plain if self.stop is None or isinstance(self.stop, str) else {**plain, "stop": list(self.stop)}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """How EM was run, from the text of a model file that `Fit.to_json` returned.

        Raises
        ------
        DataError
            If the text is no model file, or `Mixture.to_json` wrote it, which knows nothing of EM.
        """
        return read_part(text, "em", lambda plain: cls(**plain))


def as_resolution(value: Any) -> Any:
    """Check rounding units: "auto", one for all columns, or a tuple of one for each.

    Examples
    --------
    >>> as_resolution([0.5, 0])
    (0.5, 0.0)
    """
    if isinstance(value, str):
        if value != "auto":
            raise ParameterError(f"resolution is {value!r}; expected 'auto', a number, or one for each column")
        return value
    if np.ndim(value) == 1:
        return tuple(as_amount(unit, "resolution") for unit in value)
    return as_amount(value, "resolution")


def as_em(em: EM | None, **told: Any) -> EM:
    """How EM is to be run: as ``em`` says, or by default; what is told beside it, and not None, counts."""
    if not (em is None or isinstance(em, EM)):
        raise ParameterError(f"em is {em!r}; expected a mixtura.EM, such as mixtura.EM(accelerate=False)")
    own = {name: value for name, value in told.items() if value is not None}
    return replace(em or EM(), **own)
