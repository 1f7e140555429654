"""Fit a mixture to counts of rows in bins: `mixtura.fit_histogram`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mixtura.data import Histogram
from mixtura.fitting.fit import fit
from mixtura.fitting.result import Fit


def fit_histogram(
    edges: Any,
    counts: Any,
    n_components: int | None = None,
    *,
    outside: int | None = None,
    columns: Sequence[str] | None = None,
    **options: Any,
) -> Fit:
    """Fit a Gaussian mixture to counts of rows in bins of one dimension or two.

    It is short for ``mixtura.fit(mixtura.Histogram(edges, counts, outside, columns), n_components, **options)``; such a
    `Histogram` also goes with `mixtura.select`, `mixtura.bootstrap` and others.

    Parameters
    ----------
    edges, counts, outside, columns
        As in `Histogram`.
    n_components : int, optional
        As in `mixtura.fit`.
    **options
        Others of `mixtura.fit`; a noise component is not possible.

    Returns
    -------
    Fit
        Its number of rows is the sum of the counts, those outside included if they are known.

    Raises
    ------
    DataError, ParameterError
        If the bins or options cannot be used; the message names the bin.

    References
    ----------
    McLachlan & Jones (1988), Biometrics 44, 571-578. Cadez, Smyth, McLachlan & McLaren (2002), Mach. Learn. 47, 7-34.

    Examples
    --------
    >>> import mixtura
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal([[0.0], [5.0]], 1.0, (2, 1000)).ravel()
    >>> counts, edges = np.histogram(rows, bins=np.arange(-4.0, 10.0))
    >>> mixtura.fit_histogram(edges, counts, 2).mixture.means.ravel().round().tolist()
    [-0.0, 5.0]
    """
    return fit(Histogram(edges, counts, outside, None if columns is None else tuple(columns)), n_components, **options)
