"""Histograms in place of rows: their counts, what bins do to a fit, and what is known of rows outside."""

import warnings

import numpy as np
import pytest
from scipy.stats import norm

import mixtura
from mixtura import Histogram, Measured, MixturaWarning, ParameterError

INF = np.inf
RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(0, 1, 120), RNG.normal(4, 1, 120)])


def test_bins_become_the_rows_as_the_square_of_their_width():
    x = np.concatenate([RNG.normal(0, 1, 2000), RNG.normal(4, 1.3, 2000)])
    plain = mixtura.fit(x, 2, em=mixtura.EM(tol=1e-10))
    errors = []
    for width in (1.0, 0.5, 0.25):
        edges = np.arange(-7.0, 13.0, width)
        fit = mixtura.fit(Histogram(edges, np.histogram(x, edges)[0], outside=0), 2, em=mixtura.EM(tol=1e-10))
        np.testing.assert_allclose(np.sort(fit.mixture.means.ravel()), [0, 4], atol=0.15)
        errors.append(abs(fit.loglik - x.size * np.log(width) - plain.loglik))
    assert errors[1] < 0.5 * errors[0]
    assert errors[2] < 0.5 * errors[1]


def test_counts_of_a_histogram_are_rows():
    x, edges = X, np.linspace(-4, 8, 13)
    counts = np.histogram(x, edges)[0]
    fit = mixtura.fit_histogram(edges, counts, 2, outside=0, columns=["width"])
    assert fit.n_rows == 240
    assert fit.mixture.columns == ("width",)
    low, high = (np.repeat(end, counts) for end in (edges[:-1], edges[1:]))
    rows = Measured(0.5 * (low + high), censored=(low, high))
    assert mixtura.assess(fit, rows).loglik == pytest.approx(fit.loglik, rel=1e-10)
    twice = mixtura.fit_histogram(edges, 2 * counts, 2, outside=0)
    assert twice.loglik == pytest.approx(2 * fit.loglik, rel=1e-4)
    open_ends = np.concatenate([[-INF], edges[1:-1], [INF]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        open_fit = mixtura.fit(Histogram(open_ends, counts), 2)
    assert open_fit.n_rows == 240


def test_known_counts_outside_are_a_cell_of_their_own():
    edges = np.linspace(-1, 5, 13)
    counts, outside = np.histogram(X, edges)[0], 31
    fit = mixtura.fit(Histogram(edges, counts, outside), 2)
    chances = [
        weight * np.diff(norm.cdf(edges, mean, scale))
        for weight, mean, scale in zip(
            fit.mixture.weights,
            fit.mixture.means[:, 0],
            np.sqrt(fit.mixture.covariances.variances()[:, 0]),
            strict=True,
        )
    ]
    inside = np.sum(chances, axis=0)
    wanted = counts @ np.log(inside) + outside * np.log1p(-inside.sum())
    assert fit.loglik == pytest.approx(wanted, rel=1e-10)
    assert fit.n_rows == counts.sum() + outside
    unknown = mixtura.fit(Histogram(edges, counts), 2)
    assert unknown.loglik == pytest.approx(mixtura.assess(unknown, Histogram(edges, counts)).loglik, rel=1e-10)


def test_bootstrap_errors_of_fine_bins_are_those_of_the_rows():
    x = np.concatenate([RNG.normal(0, 1, 500), RNG.normal(5, 1, 500)])
    plain = mixtura.fit(x, 2)
    bins = Histogram(*reversed(np.histogram(x, np.linspace(-5, 10, 61))), outside=0)
    fit = mixtura.fit(bins, 2)
    ours, theirs = (mixtura.bootstrap(one, rows, 30, seed=0) for one, rows in ((fit, bins), (plain, x)))
    for name in ("means", "weights"):
        np.testing.assert_allclose(ours.standard_errors[name], theirs.standard_errors[name], rtol=0.4)


def test_histograms_that_make_no_sense_are_refused():
    with pytest.raises(ParameterError, match="an edge is infinite; nothing lies beyond"):
        Histogram([-INF, 1, 2], [1, 2], outside=3)
    with pytest.raises(ParameterError, match=r"outside is 0\.5; expected a number of rows"):
        Histogram([0, 1, 2], [1, 2], outside=0.5)
    with pytest.raises(ParameterError, match="edges has 3 arrays; expected 2"):
        Histogram(([0, 1], [0, 1], [0, 1]), [[1]])
    assert repr(Histogram(([0, 1, 2], [0, 1]), [[1], [2]], outside=4)) == (
        "<Histogram of 7 rows in 2 x 1 bins, 4 of them outside>"
    )


def test_the_estimator_takes_histograms_and_limits():
    values = np.random.default_rng(0).normal([[0.0], [4.0]], 1.0, (2, 500)).ravel()
    counts, edges = np.histogram(values, bins=np.arange(-4.0, 9.0, 0.5))
    binned = mixtura.Histogram(edges, counts)
    model = mixtura.GaussianMixture(2, covariance_type="tied", random_state=0).fit(binned)
    expected = mixtura.fit(binned, 2, model="E")
    np.testing.assert_allclose(np.sort(model.means_, axis=0), np.sort(expected.mixture.means, axis=0), atol=0.02)
    assert np.isfinite(model.score(binned))
    assert len(model.predict(binned)) == len(counts)
