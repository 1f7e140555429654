"""Options of EM: tolerance, stop rule, acceleration, floor of the variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np

from mixtura._support import Array, as_amount, as_count, as_flag
from mixtura.data import ColumnValues, Summary
from mixtura.em import NoRise, StopRule, as_stops
from mixtura.em.mstep import as_floor, floor_variances
from mixtura.em.steppers import PLAIN, Stepper, accelerated
from mixtura.errors import ParameterError
from mixtura.fitting.checkpoint import as_checkpoint
from mixtura.fitting.model_file import read_part

REMAINING = "remaining"

# Default thresholds: of the stop rule "remaining", in nats, and of the others.
REMAINING_TOL, OTHER_TOL = 0.005, 1e-6

# The estimate of the remaining rise may be this fraction of the true one.
SAFETY = 0.5


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
    tol : float, optional
        Threshold of the stop rule. Default: 0.005 nats with the rule "remaining", 1e-6 with the others.
    max_iter : int
        Largest number of EM iterations of each start.
    stop : {"remaining", "loglik", "parameters"}, or several of them, optional
        Stop rules; EM stops as soon as one of them holds. "remaining": the further rise of the total log-likelihood is
        estimated to be at most ``tol`` nats (with few rows it is far less); 0.005 nats is a tenth of a standard error
        in any direction. "loglik": an iteration raises the mean log-likelihood per row by no more than ``tol``.
        "parameters": it changes the parameters by no more than ``tol`` (Euclidean norm). Default: "remaining", or
        "loglik" if ``tol`` is given.
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
    checkpoint : path or Checkpoint, optional
        File to which `mixtura.fit` writes its state, each minute unless told otherwise; if its process is killed, the
        same fit goes on from there.

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
    checkpoint: Any = None

    def __post_init__(self) -> None:
        as_stops(REMAINING if self.stop is None else self.stop, 0.0 if self.tol is None else self.tol)
        if not (self.stop is None or isinstance(self.stop, str)):
            object.__setattr__(self, "stop", tuple(self.stop))  # so that equal options are equal, and can be hashed
        if self.on_interrupt not in (None, "raise", "keep"):
            raise ParameterError(f"on_interrupt is {self.on_interrupt!r}; expected 'raise' or 'keep'")
        object.__setattr__(self, "tol", None if self.tol is None else as_amount(self.tol, "tol"))
        object.__setattr__(self, "max_iter", as_count(self.max_iter, "max_iter", least=0))
        object.__setattr__(self, "accelerate", as_flag(self.accelerate, "accelerate"))
        object.__setattr__(self, "floor", as_floor(self.floor))
        object.__setattr__(self, "resolution", as_resolution(self.resolution))
        object.__setattr__(self, "checkpoint", as_checkpoint(self.checkpoint))

    def __repr__(self) -> str:
        return as_code(self)

    def floor_variances(self, summary: Summary, values: ColumnValues) -> Array:
        """Least variances of a component, (d,), on given data."""
        return floor_variances(summary.scale, self.floor, self.rounding_units(values))

    def rounding_units(self, values: ColumnValues) -> Array:
        """Rounding unit of each column of given data, (d,); 0 where it is not rounded."""
        unit, n_features = np.asarray(values.unit if self.resolution == "auto" else self.resolution), len(values.unit)
        if unit.ndim and len(unit) != n_features:
            raise ParameterError(f"resolution has {len(unit)} units; the data has {n_features} columns")
        return np.broadcast_to(unit, n_features)

    @property
    def rule_names(self) -> tuple[str, ...]:
        """Names of the stop rules."""
        if self.stop is None:
            return (REMAINING,) if self.tol is None else ("loglik",)
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)

    @property
    def threshold(self) -> float:
        """The threshold of the rule "remaining" if it is used, else of all stop rules, given or by default."""
        return self.threshold_of(REMAINING if REMAINING in self.rule_names else self.rule_names[0])

    def threshold_of(self, rule: str) -> float:
        """The threshold of one of the stop rules, given or by default."""
        if self.tol is not None:
            return self.tol
        return REMAINING_TOL if rule == REMAINING else OTHER_TOL

    @property
    def rise_per_row(self) -> float:
        """Rise of the mean log-likelihood per row at which auxiliary runs stop, such as those that compare starts."""
        return 1e-6 if self.tol is None or REMAINING in self.rule_names else self.tol

    def tolerance(self, n_rows: float) -> float:
        """Rise of the total log-likelihood, in nats, in the last iteration of a fit to ``n_rows`` rows."""
        return self.threshold / 10 if self.rule_names == (REMAINING,) else max(self.rise_per_row, 1e-9) * n_rows

    @property
    def stop_rules(self) -> list[StopRule]:
        """The stop rules that `iterate` checks; accelerated steppers check the rule "remaining" themselves."""
        names = [name for name in self.rule_names if not (self.accelerate and name == REMAINING)]
        rules = [rule for name in names for rule in as_stops(name, self.threshold_of(name))]
        return rules if len(names) == len(self.rule_names) else [*rules, NoRise()]

    @property
    def stepper(self) -> Stepper:
        """The stepper that makes one iterate from the last: accelerated or plain EM."""
        enough = self.threshold * SAFETY if REMAINING in self.rule_names else 0.0
        return accelerated(enough) if self.accelerate else PLAIN

    @property
    def keeps_interrupted(self) -> bool:
        """Whether a fit interrupted by Ctrl-C returns the best result so far."""
        return self.on_interrupt == "keep"

    def to_dict(self) -> dict[str, Any]:
        """The options as plain values, for JSON, without the checkpoint, which is of one fit."""
        plain = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "checkpoint"}
        return plain if self.stop is None or isinstance(self.stop, str) else {**plain, "stop": list(self.stop)}

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
