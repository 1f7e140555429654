"""Bootstrap a fit, for standard errors and intervals of all its parameters: `mixtura.bootstrap`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mixtura._support import (
    OnReplicate,
    Rng,
    as_count,
    run_replicates,
    table_kind,
    using_threads,
)
from mixtura.analysis.bootstrap_result import Bootstrap, bootstrap_of
from mixtura.analysis.matching import has_collapsed, match_components
from mixtura.analysis.replicate_methods import (
    IMPUTATION,
    REPLICATE_METHODS,
    Replicate,
    Sample,
    check_groups,
    check_method,
    imputed_replicates,
)
from mixtura.data import ColumnValues, as_source, weights_of
from mixtura.errors import ParameterError
from mixtura.fitting import Fit, KnownComponents, check_same_rows, fit, fit_of
from mixtura.kernels import summarise
from mixtura.mixture import Mixture
from mixtura.starts import refined

if TYPE_CHECKING:
    pass


def bootstrap(
    fitted: Fit,
    X: Any,
    n: int = 999,
    *,
    method: str = "resample",
    sample_weight: Any = None,
    weights_are: str | None = None,
    known_labels: Any = None,
    prior_responsibilities: Any = None,
    groups: Any = None,
    seed: int | Rng | None = 0,
    on_replicate: OnReplicate | None = None,
    on_interrupt: str = "raise",
    threads: int | None = None,
) -> Bootstrap:
    """Fit the model of a fit to many resampled data sets.

    Parameters
    ----------
    fitted : Fit or Selection
        Its model is fitted, by EM as ``fitted.em`` says, from its mixture.
    X : array-like or table of shape (m, d), or a Source
        The rows of the fit.
    n : int
        Number of replicates.
    method : {"resample", "weights", "parametric", "imputation"}
        How replicates are made: rows drawn with replacement; all rows with random weights, uniform on the simplex
        (Newton & Raftery 1994), so that no replicate lacks the rows of a small component; rows drawn from the fitted
        mixture; or rows whose missing values are drawn, each time under a fit to the rows with random weights. Errors
        and intervals are then by Rubin's rules, and the table has a column "missing_information".
    sample_weight, weights_are : optional
        Those of the fit. The number of rows drawn is the sum of counts; drawn rows keep their sampling weights.
    known_labels, prior_responsibilities, groups : array-like of shape (m,), (m, k) and (m,), optional
        What is known of the rows' components, as given to `mixtura.fit`. Groups are resampled as wholes, by the method
        "resample" alone; prior responsibilities go with their rows, and are not for parametric replicates, which draw
        rows with known labels from their components.
    seed : int, numpy Generator or RandomState, or None
        The same seed gives the same result; None draws one.
    on_replicate : callable, optional
        Called with the number of finished replicates after each of them.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does: raise KeyboardInterrupt, or return the finished replicates.
    threads : int, optional
        Number of replicates that are fitted at the same time; results do not depend on it.

    Returns
    -------
    Bootstrap

    Raises
    ------
    ParameterError
        If the method is unknown, what was known of the rows' components is not given, or is given to the bootstrap
        alone, fewer than two groups have a positive weight, or another argument cannot be used.
    DataError
        If X does not fit the mixture, or has another number of rows, or sum of weights, than the fit.

    References
    ----------
    O'Hagan, Murphy, Scrucca & Gormley (2019), Comput. Stat. 34, 1779-1813. Rubin (1987), Multiple Imputation for
    Nonresponse in Surveys.

    Examples
    --------
    >>> import mixtura
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(200, 1))
    >>> errors = mixtura.bootstrap(mixtura.fit(rows, 1), rows, 200, seed=0).standard_errors
    >>> bool(abs(errors["means"].item() - 200**-0.5) < 0.01)
    True
    """
    mixture = (fitted := fit_of(fitted, "fitted")).mixture
    source = as_source(X, sample_weight, 1, mixture, weights_are=weights_are)
    given = KnownComponents(known_labels, prior_responsibilities, groups)
    _check_known(fitted, given)
    check_method(method, source, given)
    known = given.checked(source.length, mixture.n_components)
    em = replace(fitted.em, on_interrupt="raise")
    exact = fitted.model.fixed is not None or known.numbers_components
    start = refined(mixture, exact=exact, tol=em.rise_per_row, max_iter=em.max_iter)
    options: dict[str, Any] = {"model": fitted.model, "start": start, "em": em, "threads": 1}
    check_same_rows(fitted, summarise(source, full=False, extent=False).weight)
    units = em.rounding_units(ColumnValues.of(source))
    data = Sample(source, weights_of(source), getattr(source, "weights_are", None), known, units)
    check_groups(data)

    def refit(replicate: Replicate) -> Mixture | None:
        drawn, told = replicate
        if not told.allows_all(mixture.n_components):
            return None
        with using_threads(1):  # which a source of the user's may ask for
            again = fit(drawn, mixture.n_components, **told.given, **options)
        lost = again.mixture.n_components < mixture.n_components
        if lost or has_collapsed(again.starts[0], fitted.starts[fitted.best_start]):
            return None
        return again.mixture if known.numbers_components else match_components(mixture, again.mixture)

    def fit_replicate(rng: Rng) -> tuple[Mixture | None, ...]:
        if method == IMPUTATION:
            return tuple(map(refit, imputed_replicates(mixture, data, rng, refit)))
        return (refit(REPLICATE_METHODS[method](mixture, data, rng)),)

    how: dict[str, Any] = {"on_replicate": on_replicate, "threads": threads, "on_interrupt": on_interrupt}
    found = run_replicates(fit_replicate, as_count(n, "n"), seed, **how)
    kept = [replicates for replicates in found if None not in replicates]
    first, *others = (bootstrap_of(mixture, each, len(found) - len(kept), table_kind(X)) for each in _columns(kept))
    return replace(first, again=others[0]) if others else first


def _check_known(fitted: Fit, known: KnownComponents) -> None:
    """Raise ParameterError if not the same is said of the rows' components as the fit was told, as far as is known."""
    before = () if fitted.data is None else fitted.data.known
    missing = ", ".join(name for name in before if name not in known.given)
    if missing:
        raise ParameterError(
            f"the fit was given {missing}; give the same {missing} to the bootstrap, with the same rows"
        )
    added = ", ".join(name for name in known.given if name not in before)
    if added and fitted.data is not None:
        raise ParameterError(
            f"the fit was not given {added}; fit with the same {added}, or leave out {added} here, too"
        )


def _columns(replicates: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """The first fits of all replicates, the second ones, and so on; one empty list of none."""
    return [list(column) for column in zip(*replicates, strict=True)] or [[]]
