"""Iterations and summary of one start of a fit, and components whose rows coincide."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.em import Outcome, Repair
from mixtura.mixture import Mixture


@dataclass(frozen=True, slots=True)
class Iteration:
    """State after an EM iteration: passed to ``on_iteration``, and kept by ``record=True``.

    Attributes
    ----------
    start : int
        Number of the start, from 0.
    number : int
        EM iterations done so far; 0 is the start itself.
    mixture : Mixture
    loglik : float
        Total log-likelihood of ``mixture``, penalised as those in ``Fit.trace`` are.
    rise : float
        Increase of ``loglik`` in this iteration; NaN at a start or after a repair.
    components : tuple of int
        Numbers, as at the start, of the components that are left.
    """

    start: int
    number: int
    mixture: Mixture
    loglik: float
    rise: float
    components: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """Summary of one start of a fit.

    Attributes
    ----------
    loglik : float
        Total log-likelihood at its end, penalised as those in ``Fit.trace`` are.
    iterations : int
    passes : int
        Number of passes over the data from the first E-step on: one for each iteration, and one more where an
        accelerated step failed or a component was repaired.
    outcome : Outcome
    repairs : tuple of Repair
    floored : tuple of int
        Components (of the result) whose covariance is at the floor.
    spurious : tuple of int
        Those of them with few rows, whose high likelihood is only due to the floor.
    """

    loglik: float
    iterations: int
    passes: int
    outcome: Outcome
    repairs: tuple[Repair, ...]
    floored: tuple[int, ...]
    spurious: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PointMass:
    """A component at the floor with many rows, which coincide in some direction.

    Attributes
    ----------
    component : int
    rows : float
        Number of its rows, or their weight.
    columns : tuple of int
        Columns in which they coincide; empty where they do so in other directions only.
    values : tuple of float
        The component's mean in these columns.

    Examples
    --------
    >>> import warnings
    >>> import mixtura
    >>> rows = [[0.0, y] for y in range(20)] + [[x + y / 7, y % 5] for x in (50, 60) for y in range(10)]
    >>> with warnings.catch_warnings():  # of many ties
    ...     warnings.simplefilter("ignore")
    ...     fit = mixtura.fit(rows, 2, start=[0] * 20 + [1] * 20, model="VVI")
    >>> fit.point_masses[0].component, fit.point_masses[0].columns, round(fit.point_masses[0].rows)
    (0, (0,), 20)
    """

    component: int
    rows: float
    columns: tuple[int, ...]
    values: tuple[float, ...]
