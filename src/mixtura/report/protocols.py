"""What a report asks of fits and selections, which lie in rooms above this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mixtura.em import Outcome
from mixtura.mixture import Assessment, Mixture
from mixtura.plotting import RecordedIteration


class StartSummary(Protocol):
    """Protocol of how one start of a fit ended."""

    @property
    def loglik(self) -> float:
        """Log-likelihood at its end."""

    @property
    def iterations(self) -> int:
        """Number of EM iterations."""

    @property
    def outcome(self) -> Outcome:
        """How EM ended."""


class RowsOfFit(Protocol):
    """Protocol of what a fit remembers of its rows."""

    @property
    def fingerprint(self) -> str:
        """Digits that are the same for the same rows."""

    @property
    def time(self) -> str:
        """When they were fitted."""

    @property
    def file(self) -> str | None:
        """Name of their file, if it is known."""


class RepeatedRun(Protocol):
    """Protocol of EM that was repeated to be shown."""

    @property
    def history(self) -> Sequence[RecordedIteration]:
        """The start and every iteration."""

    @property
    def outcome(self) -> Outcome:
        """How it ended."""

    @property
    def start_name(self) -> str:
        """Name of the start."""

    @property
    def target_loglik(self) -> float:
        """Log-likelihood, on the same rows, of the mixture whose fit is repeated."""


class ReportedFit(Protocol):
    """Protocol of a fit that can be reported and replayed."""

    @property
    def mixture(self) -> Mixture:
        """Fitted mixture."""

    @property
    def model(self) -> object:
        """Statistical model; its text is the name of the covariance model, its repr the code that makes it."""

    @property
    def em(self) -> object:
        """Options of EM; its repr is the code that makes them."""

    @property
    def outcome(self) -> Outcome:
        """How the fit ended."""

    @property
    def starts(self) -> Sequence[StartSummary]:
        """Summary of each start."""

    @property
    def best_start(self) -> int:
        """Position of the best start."""

    @property
    def iterations(self) -> int:
        """EM iterations of the best start."""

    @property
    def trace(self) -> Sequence[float]:
        """Log-likelihood after each iteration."""

    @property
    def history(self) -> Sequence[RecordedIteration]:
        """Iterations of the best start; empty if the fit was not recorded."""

    @property
    def assessment(self) -> Assessment:
        """Log-likelihood and criteria on the rows that were fitted."""

    @property
    def data(self) -> RowsOfFit | None:
        """What is remembered of the rows."""

    @property
    def start_name(self) -> str:
        """Name of the start; empty where it was given by values."""

    @property
    def seed(self) -> int | None:
        """Seed of the random numbers, where it was given as a number."""

    def to_json(self) -> str:
        """The model file."""

    def recorded(self, X: Any, *, sample_weight: Any = None) -> RepeatedRun:
        """EM repeated from a start that moves, with every iteration recorded."""


class ReportedCell(Protocol):
    """Protocol of one cell of a selection."""

    @property
    def n_components(self) -> int:
        """Number of components."""

    @property
    def model(self) -> str:
        """Name of the covariance model."""

    @property
    def loglik(self) -> float:
        """Log-likelihood."""

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""

    @property
    def sound(self) -> bool:
        """Whether there is a fit that has all components, none of them spurious or with too few rows."""

    def measured(self, criterion: str) -> float:
        """The value of a criterion; lower is better."""


class ReportedSelection(Protocol):
    """Protocol of a selection: cells ranked by a criterion."""

    @property
    def cells(self) -> Sequence[ReportedCell]:
        """All cells."""

    @property
    def ranked(self) -> Sequence[ReportedCell]:
        """Cells that have a fit, the best first."""

    @property
    def criterion(self) -> str:
        """Name of the criterion."""

    @property
    def n_components(self) -> Sequence[int]:
        """Numbers of components that were tried."""

    @property
    def models(self) -> Sequence[str]:
        """Covariance models that were tried."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Starts, parts of the model and options of EM as plain values; a start that was given is itself."""

    @property
    def seed(self) -> int | None:
        """Seed of the random numbers, where it was given as a number."""
