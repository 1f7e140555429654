"""Options of EM: tolerance, stop rule, acceleration, floor of the variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np

from mixtura._support import Array, as_amount, as_count
from mixtura.data import ColumnValues, Summary
from mixtura.em import StopRule, as_stops
from mixtura.em.mstep import as_floor, floor_variances
from mixtura.em.steppers import STEPPERS, Stepper
from mixtura.errors import ParameterError
from mixtura.fitting.model_file import read_part


def as_code(value: Any, always: tuple[str, ...] = ()) -> str:
    """A dataclass as Python code, without fields that have their default values, unless ``always`` names them."""
    triples = ((field.name, getattr(value, field.name), field.default) for field in fields(value))
    arguments = [f"{name}={own!r}" for name, own, default in triples if name in always or own != default]
    return f"{type(value).__name__}({', '.join(arguments)})"


@dataclass(frozen=True, slots=True)
class EM:
    """Options of EM: the argument ``em`` of `mixtura.fit`, and the attribute ``em`` of a `Fit`.

    Parameters
    ----------
    tol : float
        Threshold of the stop rule, for the rise of the mean log-likelihood per row or the change of the parameters.
    max_iter : int
        Largest number of EM iterations of each start.
    stop : {"loglik", "parameters"}, or both
        Stop when the log-likelihood rises by no more than ``tol``, when the parameters change by no more than ``tol``
        (Euclidean norm), or when either holds.
    accelerate : bool
        Extrapolate where EM is slow (SQUAREM, then BFGS), which takes fewer passes over the data to the same maximum.
        False is plain EM.
    floor : float
        Least variance of a component in any direction, as a fraction of the data's variance; at least 1e-10, which is
        what double precision needs. The M-step respects it, so the log-likelihood still never falls.
    resolution : "auto", float or sequence of shape (d,)
        Rounding unit of each column, 0 where values are not rounded: the standard deviation of
        a component is at least half of it, so that the likelihood of rounded data does not grow without limit at
        single values. "auto" finds the units from the spacing of the values.
    on_interrupt : {"raise", "keep"}, optional
        What Ctrl-C does: raise KeyboardInterrupt, or return the best result so far. Default: `mixtura.fit` raises, and
        `mixtura.select` returns the finished cells.

    Examples
    --------
    >>> EM(accelerate=False)
    EM(accelerate=False)
    """

    tol: float = 1e-6
    max_iter: int = 1000
    stop: str | Sequence[str] = "loglik"
    accelerate: bool = True
    floor: float = 1e-10
    resolution: Any = "auto"
    on_interrupt: str | None = None

    def __post_init__(self) -> None:
        as_stops(self.stop, self.tol)
        if self.on_interrupt not in (None, "raise", "keep"):
            raise ParameterError(f"on_interrupt is {self.on_interrupt!r}; expected 'raise' or 'keep'")
        object.__setattr__(self, "tol", as_amount(self.tol, "tol"))
        object.__setattr__(self, "max_iter", as_count(self.max_iter, "max_iter", least=0))
        object.__setattr__(self, "floor", as_floor(self.floor))
        object.__setattr__(self, "resolution", as_resolution(self.resolution))

    def __repr__(self) -> str:
        return as_code(self)

    def floor_variances(self, summary: Summary, values: ColumnValues) -> Array:
        """Least variances of a component, (d,), on given data."""
        unit = np.asarray(values.unit if self.resolution == "auto" else self.resolution)
        if unit.ndim and len(unit) != len(summary.mean):
            raise ParameterError(f"resolution has {len(unit)} units; the data has {len(summary.mean)} columns")
        return floor_variances(summary.scale, self.floor, unit)

    @property
    def stop_rules(self) -> list[StopRule]:
        """The stop rules; a run ends as soon as one of them holds."""
        return as_stops(self.stop, self.tol)

    @property
    def stepper(self) -> Stepper:
        """The stepper that makes one iterate from the last: accelerated or plain EM."""
        return STEPPERS[bool(self.accelerate)]

    @property
    def keeps_interrupted(self) -> bool:
        """Whether a fit interrupted by Ctrl-C returns the best result so far."""
        return self.on_interrupt == "keep"

    def to_dict(self) -> dict[str, Any]:
        """The options as plain values, for JSON."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return plain if isinstance(self.stop, str) else {**plain, "stop": list(self.stop)}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the options of EM from the text of a model file that `Fit.to_json` returned.

        Raises
        ------
        DataError
            If the text is no model file, or is one that `Mixture.to_json` wrote, which holds no options of EM.
        """
        return read_part(text, "em", lambda plain: cls(**plain))


def as_resolution(value: Any) -> Any:
    """Check rounding units: "auto", one unit for all columns, or a tuple with one for each.

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


def as_em(em: EM | None, **overrides: Any) -> EM:
    """Check ``em``, by default ``EM()``; overrides that are not None replace its fields."""
    if not (em is None or isinstance(em, EM)):
        raise ParameterError(f"em is {em!r}; expected a mixtura.EM, such as mixtura.EM(accelerate=False)")
    own = {name: value for name, value in overrides.items() if value is not None}
    return replace(em or EM(), **own)
