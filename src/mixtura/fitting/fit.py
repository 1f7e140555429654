"""`mixtura.fit`: check the arguments, run EM from each start, and keep the best result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mixtura._support import Rng, as_count, as_known_seed, as_rng
from mixtura.data import as_measured, plain_rows
from mixtura.data.files import open_rows
from mixtura.errors import ParameterError
from mixtura.fitting.data_warnings import warn_of_columns, warn_of_few_rows
from mixtura.fitting.em import EM, as_em
from mixtura.fitting.keeper import keeper_of
from mixtura.fitting.known_components import KnownComponents
from mixtura.fitting.model import Model, as_model
from mixtura.fitting.options import as_data_and_start
from mixtura.fitting.order import gives_order
from mixtura.fitting.plan import fit_identity, plan_fit, run_plan
from mixtura.fitting.report import as_fit, warn_of_result, with_names
from mixtura.fitting.result import Fit
from mixtura.fitting.start import Iteration
from mixtura.starts import DEFAULT


def fit(
    X: Any,
    n_components: int | None = None,
    *,
    columns: Sequence[str | int] | None = None,
    model: str | Model = "VVV",
    prior: Any = None,
    noise: Any = None,
    trim: float = 0.0,
    fixed: Any = None,
    tails: str | float = "normal",
    start: Any = DEFAULT,
    n_init: int = 1,
    known_labels: Any = None,
    prior_responsibilities: Any = None,
    groups: Any = None,
    noise_covariance: Any = None,
    projections: Any = None,
    sample_weight: Any = None,
    weights_are: str | None = None,
    limits: Any = None,
    censored: Any = None,
    tol: float | None = None,
    max_iter: int | None = None,
    em: EM | None = None,
    seed: int | Rng | None = 0,
    threads: int | None = None,
    record: bool = False,
    on_iteration: Callable[[Iteration], object] | None = None,
) -> Fit:
    """Fit a Gaussian mixture by expectation-maximisation.

    Parameters
    ----------
    X : array-like or table of shape (n, d), (n,) for one column, a file's path, a table of Dask or Spark, or a Source
        float32 data is not converted; all statistics are float64.
    n_components : int, optional
        Not needed when the start is a Mixture, Parameters, labels or responsibilities.
    columns : sequence of str or int, optional
        Columns of the file or table to use: names, positions, ranges or patterns, as `mixtura.read` takes them.
    model : str or Model
        Covariance model: whether volume, shape and axes are equal (E), variable (V) or the identity (I): EII, VII, EEI,
        VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, EVV, VVV, and E and V of one column, as in mclust; or
        scikit-learn's full (VVV), tied (EEE), diag (VVI), spherical (VII). A `Model`, such as that of another fit,
        stands for all arguments from here to ``tails``; it can also have a constraint on the covariances, or equal
        weights.
    prior : "conjugate" or ConjugatePrior, optional
        Prior distribution of means and covariances; "conjugate" is that of Fraley and Raftery, as in mclust. The fit
        maximises log-likelihood plus log-prior; ``Fit.loglik`` and the criteria leave the log-prior out.
    noise : "auto" or True, "neighbours", rows, float, UniformNoise or Noise, optional
        Adds a noise component, uniform over a box around the data. `UniformNoise` describes its region and the rows
        with which EM starts; a `Noise` has its own region, and EM starts from its weight. Where the start
        is a mixture with noise, EM starts from the weight there, and None keeps its region.
    trim : float
        Fraction of the rows to leave out in each iteration, the least likely ones: those below ``Fit.cutoff``.
    fixed : {"weights", "means", "covariances"}, several of them, or a dictionary, optional
        Parameters that keep the values of the start, which must be a Mixture, Parameters, labels or responsibilities. A
        dictionary gives the components, by booleans (k,) or by number: ``{"means": [0, 2], "weights": True}``. Fixed
        parameters do not count in ``Fit.n_parameters``. With noise, fixed weights are fractions of the components'
        total weight. Volumes, shapes or axes that the model makes equal are equal among the estimated covariances.
    tails : {"normal", "t", "t-shared"} or float
        Distribution of the components: Gaussian, or multivariate t, on whose means and covariances outliers have little
        influence. Degrees of freedom are estimated for each component ("t") or one for all ("t-shared"), or are given.
    start : str, Mixture, Parameters, labels of shape (n,), or responsibilities of shape (n, k)
        ``"small-em"`` (the best of many short runs), ``"hierarchical"`` (see `hierarchical`; a ClusterTree that
        it returns can be given, too), ``"kmeans"``, ``"k-means++"``, ``"random"``,
        ``"random_from_data"`` (as in scikit-learn) or ``"identity"``
        (random weights, random rows as means, identity covariances).
    n_init : int
        Number of starts; the best result is kept. With ``noise=True``, EM runs so often with each of two noise starts.
    known_labels : array-like of shape (n,), optional
        The component of each row, from 0, where it is known, and -1 where it is not (semi-supervised). By default EM
        starts from the parameters of the rows with known labels.
    prior_responsibilities : array-like of shape (n, k), optional
        How likely each row belongs to each component by what is known besides, p_ij: its responsibilities are
        proportional to p_ij w_j N(x_i; m_j, S_j). Rows need not sum to one; one of missing values says nothing.
    groups : array-like of shape (n,), optional
        Groups of rows that share their component, such as repeated measurements of one thing: numbers or names,
        missing for a row by itself. Weights of the mixture are then fractions of the groups.
    noise_covariance : array-like of shape (d, d), (n, d) or (n, d, d), or a number, optional
        Covariance of the errors of measurement: one matrix for all rows, variances of each row, or a matrix for each
        row. The mixture is then that of the true values (extreme deconvolution: Bovy, Hogg & Roweis 2011, Ann. Appl.
        Stat. 5, 1657-1677). A noise component is taken to be as uniform with the errors as without them.
    projections : array-like of shape (n, e, d), or (e, d) for all rows, optional
        Matrices that take the true values, in d columns, to what was measured, X of shape (n, e).
    sample_weight : array-like of shape (n,), or the name of a column of a table of Dask or Spark, optional
        A weight of 3 counts a row three times, a weight of 0 leaves it out.
    weights_are : {"counts", "sampling"}, optional
        What the weights are: how often a row was seen, or how much of a population it stands for (survey or importance
        weights), where only ratios matter and log-likelihood and criteria are those of Kish's effective number of rows,
        (sum w)^2 / sum w^2. Unless given, whole numbers are counts, all others sampling weights.
    limits, censored : optional
        Limits within which rows were recorded, and values that are limits of the true ones: those of a `Measured`.
    tol, max_iter : optional
        The fields of ``em`` with these names: the rise of the mean log-likelihood per row at which EM stops (unless
        given, it stops where the log-likelihood of all rows will rise by 0.005 nats at most: `EM`), and the largest
        number of iterations of each start, by default 1000.
    em : EM, optional
        Options of EM: stop rule, acceleration, floor of the variances, what Ctrl-C does.
    seed : int, numpy Generator or RandomState, or None
        The same seed gives the same result; None draws one.
    threads : int, optional
        Number of threads; default: the environment variable MIXTURA_NUM_THREADS, or all CPUs that this process may
        use. The result has the same bits for any number.
    record : bool
        Keep every iteration of the best start in ``Fit.history``, for `mixtura.replay`.
    on_iteration : callable, optional
        Called with an `Iteration` at each start and after every EM iteration.

    Returns
    -------
    Fit

    Raises
    ------
    DataError, ParameterError
        If the input cannot be used. A collapsing component is no error: it is repaired, with a warning.

    References
    ----------
    Dempster, Laird & Rubin (1977), J. R. Stat. Soc. B 39, 1-38. McLachlan & Peel (2000), Finite Mixture Models.

    Examples
    --------
    >>> import mixtura
    >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2, seed=0)
    >>> sorted(fit.mixture.means.ravel().round(3).tolist())
    [0.2, 5.2]
    >>> fit.outcome.value
    'Converged.'
    """
    requested = as_model(model, {"prior": prior, "noise": noise, "trim": trim, "fixed": fixed, "tails": tails})
    options = as_em(em, tol=tol, max_iter=max_iter)
    if not (on_iteration is None or callable(on_iteration)):
        raise ParameterError(f"on_iteration is {on_iteration!r}; expected a function of an Iteration")
    X, sample_weight, weights_are = open_rows(X, columns, sample_weight, weights_are, threads)
    how = {"noise_covariance": noise_covariance, "projections": projections, "limits": limits, "censored": censored}
    X = as_measured(X, **how)
    source, start = as_data_and_start(X, sample_weight, weights_are, start, threads)
    known = KnownComponents(known_labels, prior_responsibilities, groups)
    plan = plan_fit(source, n_components, model=requested, start=start, em=options, known=known)
    keeper = keeper_of(options.checkpoint, lambda: fit_identity(plan, seed=seed, n_init=n_init, record=record))
    runs, histories = run_plan(
        plan,
        as_rng(seed),
        n_init=as_count(n_init, "n_init"),
        record=record,
        on_iteration=on_iteration,
        keeper=keeper,
    )
    keep_order = known.numbers_components or gives_order(start)
    found = as_fit(
        plan.problem, runs, plan.model, replace(options, checkpoint=None), histories=histories, keep_order=keep_order
    )
    result = with_names(found, plain_rows(X), start)
    data = None if result.data is None else replace(result.data, known=tuple(known.given))
    result = replace(result, start_name=start if isinstance(start, str) else "", seed=as_known_seed(seed), data=data)
    warn_of_columns(plan.values, result.mixture.columns, stacklevel=2)
    warn_of_few_rows(result, stacklevel=2)
    warn_of_result(result, len(plan.initials))
    return result
