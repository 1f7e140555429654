"""Censored values, limits of recording and bins: densities by direct formulas, limits, and laws of fits."""

import warnings

import numpy as np
import pytest
from scipy import optimize
from scipy.stats import multivariate_normal

import mixtura
from mixtura import Histogram, Measured, MixturaWarning, ParameterError
from mixtura.covariance.models import MODELS
from mixtura.data import as_source
from mixtura.em.estep import Plain
from mixtura.kernels import Unseen

RNG = np.random.default_rng(0)
TWO = np.concatenate([RNG.normal(0, 1, (120, 2)), RNG.multivariate_normal([4, 3], [[1, 0.6], [0.6, 1]], 120)])
FOUR = np.concatenate([RNG.normal(size=(80, 4)) @ RNG.normal(size=(4, 4)) + mean for mean in (0, 5)])
INF = np.inf


def fitted(X, *args, **options):
    """A fit whose warnings do not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return mixtura.fit(X, *args, **options)


def clipped(rows, low, high):
    """Rows censored at quantiles, as what `Measured` takes."""
    a, b = np.quantile(rows, [low, high], axis=0)
    codes = np.where(rows < a, -1, np.where(rows > b, 1, 0))
    return Measured(np.clip(rows, a, b), censored=codes.tolist())


def in_window(rows, low, high):
    """Rows within quantiles of each column, with these as limits."""
    a, b = np.quantile(rows, [low, high], axis=0)
    return Measured(rows[((rows > a) & (rows < b)).all(axis=1)], limits=(a, b))


def in_bins(rows, count=12):
    """A histogram of rows of one column or two."""
    counts, edges = np.histogramdd(rows, bins=count)
    return Histogram(edges[0] if rows.shape[1] == 1 else edges, counts)


MEASURED = {
    "censored": clipped(TWO, 0.1, 0.8),
    "within limits": in_window(TWO, 0.05, 0.9),
    "both": Measured(
        np.minimum(in_window(TWO, 0.05, 1.1 - 0.1).X, 4.0),
        limits=(np.quantile(TWO, 0.05, axis=0), None),
        censored=np.where(in_window(TWO, 0.05, 1.1 - 0.1).X > 4.0, 1, 0).tolist(),
    ),
    "bins": in_bins(TWO),
    "bins of one column": in_bins(TWO[:, :1], 20),
    "bins, none outside": Histogram(*reversed(np.histogram(TWO[:, 0], bins=15)), outside=0),
    "bins, some outside": Histogram(*reversed(np.histogram(TWO[:, 0], bins=np.linspace(-1, 5, 13))), outside=31),
}


def log_density_by_scipy(mixture, exact, low, high):
    """Log-density of a row whose values without an exact one lie within a box: sum over components, by SciPy."""
    total, box = 0.0, np.isnan(exact)
    for weight, mean, matrix in zip(mixture.weights, mixture.means, mixture.covariances.dense(), strict=True):
        density, own_mean, own = 1.0, mean[box], matrix[np.ix_(box, box)]
        if not box.all():
            known = matrix[np.ix_(~box, ~box)]
            density = multivariate_normal.pdf(exact[~box], mean[~box], known)
            slope = np.linalg.solve(known, matrix[np.ix_(~box, box)])
            own_mean = own_mean + (exact[~box] - mean[~box]) @ slope
            own = own - matrix[np.ix_(box, ~box)] @ slope
        if box.any():
            normal = multivariate_normal(own_mean, own, seed=0, abseps=1e-8, releps=1e-8)
            density *= normal.cdf(np.minimum(high[box], 99), lower_limit=np.maximum(low[box], -99))
        total += weight * density
    return np.log(total)


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI"])
def test_densities_of_censored_rows_within_limits_are_scipys(model):
    mixture = mixtura.fit(TWO, 2, model=model).mixture
    X = np.array([[0.5, 1.0], [2.0, np.nan], [4.0, 0.5], [4.0, 3.0], [np.nan, np.nan]])
    low = np.array([[np.nan, np.nan], [np.nan, -INF], [4.0, np.nan], [3.0, 3.0], [-INF, 1.0]])
    high = np.array([[np.nan, np.nan], [np.nan, 1.5], [INF, np.nan], [4.0, INF], [2.0, INF]])
    found = mixture.logpdf(Measured(X, limits=([-3.0, -INF], [None, 6.0]), censored=(low, high)))
    exact = np.where(low < high, np.nan, X)
    ends = np.maximum(np.nan_to_num(low, nan=-INF), [-3, -INF]), np.minimum(np.nan_to_num(high, nan=INF), [INF, 6])
    window = log_density_by_scipy(mixture, np.array([np.nan, np.nan]), np.array([-3, -INF]), np.array([INF, 6]))
    wanted = [log_density_by_scipy(mixture, *row) - window for row in zip(exact, *ends, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=3e-6)
    posterior = mixture.posterior(Measured(X, censored=(low, high)))
    np.testing.assert_allclose(posterior.sum(axis=1), 1, rtol=1e-12)
    assert (mixture.predict(Measured(X, censored=(low, high))) == posterior.argmax(axis=1)).all()


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI"])
@pytest.mark.parametrize("kind", ["full", "pooled", "diagonal"])
def test_statistics_are_those_of_draws(model, kind):
    """What is expected of rows with intervals, and of rows beyond limits, from a million draws of the mixture."""
    mixture = mixtura.fit(TWO, 2, model=model).mixture
    low, high = np.array([1.0, -1.0]), np.array([3.5, 2.5])
    drawn, labels = mixture.sample(400_000, seed=0)
    inside = ((drawn > low) & (drawn < high)).all(axis=1)
    ends = np.tile(low, (50, 1)), np.tile(high, (50, 1))
    source = as_source(Measured(np.full((50, 2), np.nan), limits=(low, high), censored=ends))
    found, _ = Plain()(source, mixture, kind)
    assert found.loglik == pytest.approx(0, abs=1e-9)  # all that was recorded lies within the box
    every = [drawn[labels == j] for j in range(2)]
    np.testing.assert_allclose(found.weight, 50 * np.bincount(labels) / inside.sum(), rtol=0.02)
    np.testing.assert_allclose(found.mean, [rows.mean(axis=0) for rows in every], atol=0.02)
    wanted = [np.cov(rows.T) * weight for rows, weight in zip(every, found.weight, strict=True)]
    if kind == "pooled":
        np.testing.assert_allclose(found.scatter[0], sum(wanted), rtol=0.03, atol=2)
    else:
        own = [np.diag(one) for one in wanted] if kind == "diagonal" else wanted
        np.testing.assert_allclose(found.scatter, own, rtol=0.03, atol=2)


def test_rows_outside_of_a_box_have_the_rest_of_the_moments():
    mixture = mixtura.fit(TWO, 2).mixture
    low, high = np.array([-0.5, -INF]), np.array([4.0, 3.0])
    found = Unseen.outside(mixture.affine, low, high)
    drawn, labels = mixture.sample(400_000, seed=0)
    outside = ~((drawn > low) & (drawn < high)).all(axis=1)
    for j in range(2):
        own = drawn[outside & (labels == j)]
        assert np.exp(found.log_outside[j]) == pytest.approx(len(own) / (labels == j).sum(), rel=0.02)
        np.testing.assert_allclose(found.mean[j], own.mean(axis=0), atol=0.02)
        np.testing.assert_allclose(found.covariance[j], np.cov(own.T), atol=0.05)


@pytest.mark.parametrize("model", ["VVV", "VVI"])
def test_limits_at_infinity_and_intervals_without_width_are_a_plain_fit(model):
    plain = fitted(TWO, 2, model=model, start="kmeans")
    for measured in (
        Measured(TWO, limits=(-INF, None)),
        Measured(TWO, censored=(TWO, TWO)),
        Measured(TWO, censored=(np.full(TWO.shape, np.nan), None)),
        Measured(TWO, limits=(-1e6, 1e6), censored=np.zeros(TWO.shape, int).tolist()),
    ):
        fit = fitted(measured, 2, model=model, start="kmeans")
        assert fit.loglik == pytest.approx(plain.loglik, rel=1e-6)
        np.testing.assert_allclose(fit.mixture.means, plain.mixture.means, atol=0.01)
        np.testing.assert_allclose(fit.sizes, plain.sizes, atol=0.3)


@pytest.mark.parametrize("model", ["VVV", "VVI", "EEE"])
def test_values_without_bounds_are_missing_values(model):
    rows = FOUR.copy()
    rows[RNG.random(rows.shape) < 0.2] = np.nan
    mixture = mixtura.fit(FOUR, 2, model=model).mixture
    measured = Measured(rows, censored=np.zeros(rows.shape, int).tolist())
    np.testing.assert_allclose(mixture.logpdf(measured), mixture.logpdf(rows), rtol=1e-10)
    np.testing.assert_allclose(mixture.posterior(measured), mixture.posterior(rows), atol=1e-10)
    for kind in ("full", "pooled", "diagonal"):
        ours, theirs = (Plain()(as_source(X), mixture, kind)[0] for X in (measured, rows))
        np.testing.assert_allclose(ours.weight, theirs.weight, rtol=1e-9)
        np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(ours.scatter, theirs.scatter, rtol=1e-8, atol=1e-6)


@pytest.mark.parametrize("how", MEASURED)
@pytest.mark.parametrize("model", ["EII", "VVI", "EEE", "VEV", "VVV"])
def test_the_log_likelihood_never_falls_and_is_that_of_the_densities(how, model):
    X = MEASURED[how]
    fit = fitted(X, 2, model=model, em=mixtura.EM(accelerate=False, max_iter=12))
    assert np.diff(fit.trace).min(initial=0.0) >= -1e-8 * abs(fit.loglik)
    assert fit.loglik == pytest.approx(mixtura.assess(fit, X).loglik, rel=1e-9)
    counts = X.X.sample_weight if isinstance(X, Histogram) else 1.0
    assert fit.loglik == pytest.approx((fit.mixture.logpdf(X) * counts).sum(), rel=1e-9)
    assert fit.n_rows == pytest.approx(np.sum(counts) if isinstance(X, Histogram) else len(X.X))
    assert fit.sizes.sum() == pytest.approx(fit.n_rows, rel=1e-6)
    accelerated = fitted(X, 2, model=model, em=mixtura.EM(max_iter=20))
    assert np.diff(accelerated.trace).min(initial=0.0) >= -1e-8 * abs(fit.loglik)


@pytest.mark.parametrize("model", [model for model in MODELS if model not in ("EII", "VVI", "EEE", "VEV", "VVV")])
def test_every_model_takes_them(model):
    fit = fitted(MEASURED["censored"], 2, model=model, em=mixtura.EM(accelerate=False, max_iter=8))
    assert np.diff(fit.trace).min() >= -1e-8 * abs(fit.loglik)


@pytest.mark.parametrize("how", ["censored", "within limits", "bins of one column", "bins, some outside"])
def test_a_fit_is_the_maximum_that_scipy_finds(how):
    X = MEASURED[how]
    fit = fitted(X, 2, model="VVI", em=mixtura.EM(tol=1e-10, max_iter=5000))
    counts, d = (X.X.sample_weight if isinstance(X, Histogram) else 1.0), fit.mixture.n_features

    def loss(numbers):
        weight = 1 / (1 + np.exp(-numbers[0]))
        means, logs = numbers[1 : 1 + 2 * d].reshape(2, d), numbers[1 + 2 * d :].reshape(2, d)
        mixture = mixtura.Mixture([weight, 1 - weight], means, np.exp(logs))
        return -(mixture.logpdf(X) * counts).sum()

    here = fit.mixture
    start = np.concatenate(
        [
            [np.log(here.weights[0] / here.weights[1])],
            here.means.ravel() + 0.1,
            np.log(here.covariances.variances()).ravel() - 0.1,
        ]
    )
    best = optimize.minimize(loss, start, method="BFGS")
    assert fit.loglik == pytest.approx(-best.fun, abs=2e-3)
    np.testing.assert_allclose(here.means.ravel(), best.x[1 : 1 + 2 * d], atol=0.02)


def bias(found, true):
    """Largest error of means and standard deviations of components ordered by their means."""
    order = np.argsort(found.means[:, 0])
    deviations = np.sqrt(found.covariances.variances()[order, 0])
    return np.abs(np.concatenate([found.means[order, 0] - true[0], deviations - true[1]])).max()


@pytest.mark.parametrize("how", ["above", "limits", "detection"])
def test_the_bias_of_treating_them_as_plain_rows_goes(how):
    """20 to 40 % of 3000 rows censored or never recorded; standard errors are at most 0.05."""
    rng = np.random.default_rng(1)
    x, true = np.concatenate([rng.normal(0, 1, 1500), rng.normal(4, 1, 1500)]), ([0, 4], [1, 1])
    if how == "above":
        naive, measured = np.minimum(x, 4.0), Measured(np.minimum(x, 4.0), censored=np.where(x > 4, "above", ""))
    elif how == "limits":
        naive = x[(x > -0.3) & (x < 4.8)]
        measured = Measured(naive, limits=(-0.3, 4.8))
    else:
        naive, measured = np.maximum(x, 0.0), Measured(np.maximum(x, 0.0), censored=np.where(x < 0, -1, 0).tolist())
    assert bias(fitted(naive, 2).mixture, true) > 0.3
    assert bias(fitted(measured, 2).mixture, true) < (0.25 if how == "limits" else 0.12)


def test_a_selection_finds_the_components_of_censored_rows_and_bins():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(mean, 1, 400) for mean in (0, 5)])
    censored = np.where(x > 6, "above", "")
    assert mixtura.select(np.minimum(x, 6.0), range(1, 4), censored=censored).best.mixture.n_components == 2
    assert mixtura.select(x[x < 6], range(1, 4), limits=(None, 6.0)).best.mixture.n_components == 2
    bins = in_bins(x[:, None], 25)
    chosen = mixtura.select(bins, range(1, 4))
    assert chosen.best.mixture.n_components == 2
    assert chosen.best.n_rows == 800


@pytest.mark.parametrize("how", ["censored", "within limits", "bins, none outside", "bins, some outside"])
def test_what_follows_a_fit_takes_them(how):
    one = {"censored": clipped(TWO[:, :1], 0.1, 0.8), "within limits": in_window(TWO[:, :1], 0.05, 0.9)}
    X = one.get(how, MEASURED[how])
    fit = fitted(X, 2, model="E")
    assert mixtura.assess(fit, X).bic == pytest.approx(fit.bic)
    found = mixtura.compare(fit, fit, X)
    assert np.isfinite(found.held_out).all() != isinstance(X, Histogram)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        assert mixtura.bootstrap(fit, X, 2, seed=0).lost <= 2
        assert mixtura.bootstrap(fit, X, 2, method="weights", seed=0).lost <= 2
    with pytest.raises(ParameterError, match="'parametric', but nothing says which"):
        mixtura.bootstrap(fit, X, 3, method="parametric")
    assert "2 components" in repr(mixtura.combine_components(fit, X))


@pytest.mark.parametrize(
    "options",
    [
        {"prior": "conjugate"},
        {"known_labels": np.where(np.arange(240) % 9 == 0, np.arange(240) // 120, -1)},
        {"sample_weight": np.arange(240) % 3},
        {"start": "hierarchical"},
        {"fixed": {"means": [0]}, "start": np.arange(240) // 120},
        {"start": "random", "n_init": 2},
    ],
    ids=str,
)
def test_censored_rows_go_with_other_options(options):
    fit = fitted(MEASURED["censored"], 2, **options)
    assert np.diff(fit.trace).min(initial=0.0) >= -1e-8 * abs(fit.loglik)
    np.testing.assert_allclose(np.sort(fit.mixture.means[:, 0]), [0, 4], atol=0.6)


def test_the_number_of_threads_does_not_matter():
    x = np.concatenate([RNG.normal(0, 1, 20_000), RNG.normal(4, 1, 20_000)])
    how = {"censored": np.where(x > 4, "above", ""), "limits": (-2.0, None)}
    kept = x > -2
    how["censored"] = how["censored"][kept]
    traces = {
        fitted(np.minimum(x, 4)[kept], 2, start="kmeans", threads=threads, max_iter=5, **how).trace
        for threads in (1, 3)
    }
    assert len(traces) == 1


def test_single_precision_is_close():
    X = MEASURED["censored"]
    single = Measured(X.X.astype(np.float32), censored=X.censored)
    assert fitted(single, 2).loglik == pytest.approx(fitted(X, 2).loglik, rel=1e-4)


def test_columns_of_a_table_are_matched_by_name():
    import pandas as pd

    X = MEASURED["censored"]
    table = pd.DataFrame(X.X, columns=["a", "b"])
    fit = mixtura.fit(Measured(table, limits={"a": (-9, None)}, censored=X.censored), 2)
    other = Measured(table[["b", "a"]], limits={"a": (-9, None)}, censored=np.array(X.censored)[:, ::-1].tolist())
    assert mixtura.assess(fit, other).loglik == pytest.approx(fit.loglik, rel=1e-12)
    assert fit.mixture.columns == ("a", "b")


def test_five_intervals_in_a_row_with_full_covariances():
    rows = RNG.normal(size=(60, 5)) @ RNG.normal(size=(5, 5))
    low = np.full(rows.shape, np.nan)
    low[:10] = rows[:10] - 0.5
    high = np.where(np.isnan(low), np.nan, rows + 0.5)
    fit = fitted(Measured(rows, censored=(low, high)), 1, max_iter=20)
    assert fit.loglik == pytest.approx(mixtura.assess(fit, Measured(rows, censored=(low, high))).loglik, rel=1e-9)
