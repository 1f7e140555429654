"""Checks for sources of one's own: `check_source` says whether everything that works with arrays works with them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura import kernels
from mixtura._support import Array, Rows
from mixtura.analysis import bootstrap
from mixtura.covariance import DenseCovariance
from mixtura.data import ArraySource, Source
from mixtura.errors import MixturaWarning
from mixtura.fitting import EXAMPLE_PARTS, Model, fit
from mixtura.mixture import Mixture, assess
from mixtura.selection import select

# Relative error of sums that are added in another order.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Rows of three components, (n, 3), with their weights, (n,), or None."""

    rows: Rows
    weight: Array | None

    @property
    def start(self) -> Mixture:
        """A mixture near the components."""
        means = np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 0.0], [0.0, 6.0, 0.0]])
        return Mixture(np.full(3, 1 / 3), means, DenseCovariance(np.eye(3)[None], 3))

    @property
    def array(self) -> ArraySource:
        """The same rows in memory."""
        return ArraySource(self.rows, self.weight, weights_are=None if self.weight is None else "counts")


def examples(n: int = 3000, seed: int = 0) -> list[Example]:
    """Rows without weights, with whole ones of which some are zero, and with fractions."""
    rng = np.random.default_rng(seed)
    means = np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 0.0], [0.0, 6.0, 0.0]])
    rows = means[rng.integers(0, 3, n)] + rng.normal(size=(n, 3))
    weights: list[Array | None] = [None, rng.integers(0, 3, n).astype(float), rng.exponential(size=n)]
    return [Example(rows, weight) for weight in weights]


def check_source(make: Callable[[Rows, Array | None], Source], *, fits: bool = True) -> None:
    """Check a source: the same numbers as from the array, whatever the weights and the options.

    Parameters
    ----------
    make : callable
        Makes the source of rows, (n, d), and weights, (n,), or None. It is called several times.
    fits : bool
        Whether fits, selections, assessments and bootstraps are checked, too, which takes some seconds.

    Raises
    ------
    AssertionError
        If something differs; the message says what.

    Examples
    --------
    >>> from mixtura.testing import check_source
    >>> check_source(lambda rows, weight: ArraySource(rows, weight), fits=False)
    """
    for example in examples():
        source = make(example.rows, example.weight)
        check_counts(source, example)
        check_sums(source, example)
        check_samples(source, example)
        check_parts(source, example)
    if fits:
        check_fits(make, examples()[0])
        check_analyses(make, examples()[1])


def check_counts(source: Source, example: Example) -> None:
    """The numbers of rows, of positions and of columns."""
    array = example.array
    for name in ("n_rows", "n_features", "length", "dtype"):
        found, wanted = getattr(source, name), getattr(array, name)
        _check(found == wanted, f"{name} is {found}; expected {wanted}")


def check_sums(source: Source, example: Example) -> None:
    """Sums over all rows: moments, and the statistics of an E-step."""
    ours, theirs = (kernels.summarise(each) for each in (source, example.array))
    _same("the summary's weight", ours.weight, theirs.weight)
    _same("the summary's mean", ours.mean, theirs.mean)
    _same("the summary's scatter", ours.scatter, theirs.scatter)
    _same("the least values", ours.extent.least, theirs.extent.least)
    estep = kernels.current_kernel().estep_pass(example.start, "full")
    one, other = source.sum(estep), example.array.sum(estep)
    for name in ("weight", "mean", "scatter", "loglik"):
        _same(f"{name} of the statistics", getattr(one, name), getattr(other, name))


def check_samples(source: Source, example: Example) -> None:
    """Random samples: rows of positive weight, each once, at their positions."""
    counted = len(example.rows) if example.weight is None else int(np.count_nonzero(example.weight))
    for n in (1, 100, counted, counted + 10):
        chunk = source.rows(n, np.random.default_rng(n))
        positions = np.arange(len(example.rows))[chunk.positions]
        _check(len(chunk.rows) == min(n, counted), f"rows({n}) gave {len(chunk.rows)} rows; expected {min(n, counted)}")
        _check((np.diff(positions) > 0).all(), f"rows({n}): the positions do not ascend")
        _same(f"rows({n})", chunk.rows, example.rows[positions])
        if example.weight is not None:
            found = np.zeros(0) if chunk.sample_weight is None else chunk.sample_weight
            _same(f"weights of rows({n})", found, example.weight[positions])


def check_parts(source: Source, example: Example) -> None:
    """Sources of some of the rows, and with other weights."""
    positions = np.arange(0, len(example.rows), 3)
    weight = None if example.weight is None else example.weight[positions]
    part = Example(example.rows[positions], weight)
    check_sums(source.take(positions), part)
    factor = np.random.default_rng(1).integers(0, 3, len(example.rows)).astype(float)
    again = source.reweighted(factor)
    changed = replace(example, weight=factor if example.weight is None else example.weight * factor)
    check_counts(again, changed)
    check_sums(again, changed)


def check_fits(make: Callable[[Rows, Array | None], Source], example: Example) -> None:
    """Fits of models with each part."""
    for name, parts in EXAMPLE_PARTS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MixturaWarning)
            sources = (make(example.rows, example.weight), example.array)
            ours, theirs = (fit(each, start=example.start, max_iter=30, model=Model(**parts)) for each in sources)
        _same(f"log-likelihood of a fit of a model with {name}", ours.loglik, theirs.loglik, 1e-9)
        _same(f"BIC of a fit of a model with {name}", ours.bic, theirs.bic, 1e-9)
    again = [fit(make(example.rows, example.weight), 3, seed=0).trace for _ in range(2)]
    _check(again[0] == again[1], "the same fit twice has other bits: sums must be added in a fixed order")


def check_analyses(make: Callable[[Rows, Array | None], Source], example: Example) -> None:
    """A selection, an assessment and a bootstrap."""
    sources = (make(example.rows, example.weight), example.array)
    ours, theirs = (select(each, [2, 3], models=["EEE", "VVI"], seed=0) for each in sources)
    _check(ours.best_cell.key == theirs.best_cell.key, f"select chose {ours.best_cell.key}, not {theirs.best_cell.key}")
    _same("log-likelihood of an assessment", assess(theirs.best, sources[0]).loglik, theirs.best.loglik, 1e-9)
    one, other = (bootstrap(theirs.best, each, 4, seed=0).standard_errors["means"] for each in sources)
    _same("standard errors of a bootstrap", one, other, 0.05)


def _check(holds: Any, message: str) -> None:
    """Raise AssertionError with a message unless something holds."""
    if not holds:
        raise AssertionError(message)


def _same(what: str, ours: Any, theirs: Any, rtol: float = ROUNDING) -> None:
    """Raise AssertionError unless two arrays agree to rounding."""
    size = float(np.abs(theirs).max(initial=0.0))
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * size, err_msg=f"{what} differs from the array's")
