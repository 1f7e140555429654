"""What is known beforehand of the components of rows: labels, prior responsibilities, and groups that share one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

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
from mixtura.starts import DEFAULT, FromKnownLabels, FromPriorResponsibilities, Initial


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
    def argument(self) -> str | None:
        """The first argument that is given, if any."""
        given = {
            "known_labels": self.labels,
            "prior_responsibilities": self.prior_responsibilities,
            "groups": self.groups,
        }
        return next((name for name, value in given.items() if value is not None), None)

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
        n, is_default = problem.source.length, isinstance(start, str)
        labels = None if self.labels is None else as_known_labels(self.labels, n, k)
        if labels is not None and self.argument == "known_labels" and self._labels_alone:
            return replace(problem, estep=KnownLabels(labels)), FromKnownLabels(labels) if is_default else initial
        soft = self._soft_labels(labels, n, k)
        known = replace(problem, estep=self._estep(soft, n))
        return known, initial if soft is None or not is_default else FromPriorResponsibilities(soft)

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
