"""What is known beforehand of the components of rows: labels, prior responsibilities, and groups that share one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, as_groups
from mixtura.em import Problem
from mixtura.em.estep import (
    UNKNOWN,
    EStep,
    Groups,
    KnownLabels,
    PriorResponsibilities,
    as_known_labels,
    as_prior_responsibilities,
)
from mixtura.errors import ParameterError
from mixtura.fitting.model import Model
from mixtura.mixture import Mixture
from mixtura.starts import DEFAULT, FromKnownLabels, FromPriorResponsibilities, Grouping, Initial

# Relative difference up to which prior responsibilities of two rows are the same, by rounding in their division.
EQUAL = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class KnownComponents:
    """The arguments of `mixtura.fit` that say something of the rows' components.

    Attributes
    ----------
    labels, prior_responsibilities, groups : optional
        As ``known_labels``, ``prior_responsibilities`` and ``groups`` in `mixtura.fit`.
    """

    labels: Any = None
    prior_responsibilities: Any = None
    groups: Any = None

    @property
    def numbers_components(self) -> bool:
        """Whether they say which component has which number."""
        return not (self.labels is None and self.prior_responsibilities is None)

    @property
    def given(self) -> dict[str, Any]:
        """The arguments that are given, by name."""
        arguments = {
            "known_labels": self.labels,
            "prior_responsibilities": self.prior_responsibilities,
            "groups": self.groups,
        }
        return {name: value for name, value in arguments.items() if value is not None}

    @property
    def argument(self) -> str | None:
        """The first argument that is given, if any."""
        return next(iter(self.given), None)

    def checked(self, n: int, k: int) -> KnownComponents:
        """The same of n rows and k components, as arrays."""
        return KnownComponents(
            None if self.labels is None else as_known_labels(self.labels, n, k),
            None
            if self.prior_responsibilities is None
            else as_prior_responsibilities(self.prior_responsibilities, n, k),
            None if self.groups is None else as_groups(self.groups, n),
        )

    def take(self, positions: NDArray[np.intp]) -> KnownComponents:
        """What is known of the rows at these positions, in this order, after `checked`."""
        parts = (self.labels, self.prior_responsibilities, self.groups)
        return KnownComponents(*(None if part is None else part[positions] for part in parts))

    def allows_all(self, k: int) -> bool:
        """Whether each of k components has a row that is known to be, or may be, of it, after `checked`."""
        soft, labels = self.prior_responsibilities, self.labels
        possible = soft is None or bool((soft > 0).any(axis=0).all())
        return possible and (labels is None or bool(np.isin(np.arange(k), labels).all()))

    def check_model(self, model: Model, start: Any) -> None:
        """Raise ParameterError if the model has a part that rows of known components cannot have."""
        if self.argument:
            model.check_known_components(self.argument)
        has_noise = model.noise is not None or (isinstance(start, Mixture) and start.noise is not None)
        if has_noise and self.groups is not None:
            raise ParameterError("groups: groups are drawn as a whole, but noise row by row; leave groups or noise out")

    def added_to(self, problem: Problem, k: int, start: Any, initial: Initial) -> tuple[Problem, Initial]:
        """The problem whose E-step knows them, and the start, which is made of them unless another is given."""
        if self.argument is None:
            return problem, initial
        if self.numbers_components and isinstance(start, str) and start != DEFAULT:
            raise ParameterError(
                f"start is {start!r}, which does not match components to labels; with {self.argument} leave start out, "
                "or give a Mixture, Parameters, labels or responsibilities"
            )
        estep, own = self.estep_and_start(problem.source.length, k)
        return replace(problem, estep=estep), own if own is not None and isinstance(start, str) else initial

    def estep_and_start(self, n: int, k: int) -> tuple[EStep, Grouping | None]:
        """The E-step of n rows and k components that knows them, and the start that is made of them.

        Groups alone make no start, and neither does what is equally likely in all rows: its components would be equal,
        which EM cannot tell apart. At least one argument is given.
        """
        labels = None if self.labels is None else as_known_labels(self.labels, n, k)
        if labels is not None and self._labels_alone:
            return KnownLabels(labels), FromKnownLabels(labels)
        soft = self._soft_labels(labels, n, k)
        tells = soft is not None and not np.allclose(soft, soft[:1], rtol=EQUAL, atol=0)
        return self._estep(soft, n), FromPriorResponsibilities(soft) if soft is not None and tells else None

    def _estep(self, soft: Array | None, n: int) -> EStep:
        """The E-step with checked prior responsibilities, (n, k), and the groups, at least one of which is given."""
        if self.groups is None and soft is not None:
            return PriorResponsibilities.of(soft)
        return Groups.of(as_groups(self.groups, n), soft)

    @property
    def _labels_alone(self) -> bool:
        return self.prior_responsibilities is None and self.groups is None

    def _soft_labels(self, labels: Any, n: int, k: int) -> Array | None:
        """Prior responsibilities, (n, k), those of rows with known labels being certain."""
        if not self.numbers_components:
            return None
        given = self.prior_responsibilities
        soft = np.ones((n, k)) if given is None else as_prior_responsibilities(given, n, k)
        return soft if labels is None else np.where((labels == UNKNOWN)[:, None], soft, np.eye(k)[labels])


NOTHING_KNOWN = KnownComponents()
