"""Numbers from outside: the six-point example, a 50-digit EM step, and scikit-learn."""

import mpmath as mp
import numpy as np
import pytest
import sklearn.mixture
from problem_of import problem_of
from scipy.special import logsumexp

import mixtura
from mixtura.data.chunk import Chunk
from mixtura.kernels import current_kernel

POINTS = np.array([[1, 2], [1.5, 1.8], [5, 8], [8, 8], [1, 0.6], [9, 11]])
TRACE = [-26.304683248932598, -16.820282356424883, -16.820282356316845]


def check_final(fit):
    np.testing.assert_allclose(fit.trace, TRACE, rtol=0, atol=1e-12)
    assert fit.iterations == 2
    assert fit.outcome is mixtura.Outcome.CONVERGED
    mixture = fit.mixture.select(np.argsort(-fit.mixture.means[:, 0]))
    assert mixture.predict(POINTS).tolist() == [1, 1, 0, 0, 1, 0]
    np.testing.assert_allclose(mixture.weights, [0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(mixture.means, [[7.33333040, 8.99999663], [1.16666666, 1.46666645]], atol=5e-9)
    first = [[2.88890560, 1.66668660], [1.66668660, 2.00002286]]
    second = [[0.05555556, 0.05555559], [0.05555559, 0.38222230]]
    np.testing.assert_allclose(mixture.covariances.dense(), [first, second], atol=5e-9)


def test_six_points_from_numpys_legacy_seed():
    fit = mixtura.fit(POINTS, 2, start="identity", seed=np.random.RandomState(42), tol=1e-4, em=mixtura.EM(floor=0))
    check_final(fit)


def test_six_points_from_explicit_parameters():
    rng = np.random.RandomState(42)
    weights = rng.uniform(size=2)
    start = mixtura.Parameters(weights / weights.sum(), [[8, 8], [1.5, 1.8]], precisions=np.stack([np.eye(2)] * 2))
    np.testing.assert_allclose(start.weights, [0.28261752, 0.71738248], atol=5e-9)
    check_final(mixtura.fit(POINTS, 2, start=start, tol=1e-4, em=mixtura.EM(floor=0)))


def exact_em_step(rows, weights, means, covariances):
    """One EM iteration with 50 digits, from the definitions."""
    with mp.workdps(50):
        n, d, k = len(rows), len(rows[0]), len(weights)
        X = [mp.matrix(row) for row in rows.tolist()]
        m = [mp.matrix(row) for row in means.tolist()]
        joint = [[mp.mpf(0)] * k for _ in range(n)]
        for j in range(k):
            S = mp.matrix(covariances[j].tolist())
            inverse, constant = S**-1, mp.sqrt((2 * mp.pi) ** d * mp.det(S))
            for i in range(n):
                delta = X[i] - m[j]
                joint[i][j] = mp.mpf(float(weights[j])) * mp.exp(-(delta.T * inverse * delta)[0] / 2) / constant
        loglik = sum(mp.log(sum(row)) for row in joint)
        r = [[value / sum(row) for value in row] for row in joint]
        N = [sum(r[i][j] for i in range(n)) for j in range(k)]
        new = [sum((r[i][j] * X[i] for i in range(n)), mp.zeros(d, 1)) / N[j] for j in range(k)]
        spread = [
            sum((r[i][j] * (X[i] - new[j]) * (X[i] - new[j]).T for i in range(n)), mp.zeros(d, d)) / N[j]
            for j in range(k)
        ]
        return (
            float(loglik),
            np.array([float(value / n) for value in N]),
            np.array([[float(x) for x in value] for value in new]),
            np.array([value.tolist() for value in spread], dtype=float),
        )


@pytest.mark.parametrize("offset", [0.0, 2.0**20])
def test_one_em_step_equals_fifty_digits(offset):
    rows = POINTS + offset
    weights = np.array([0.25, 0.75])
    means = np.array([[8.0, 8.0], [1.5, 1.8]]) + offset
    covariances = np.array([[[2.0, 0.5], [0.5, 3.0]], [[1.0, -0.25], [-0.25, 0.5]]])
    loglik, w, m, S = exact_em_step(rows, weights, means, covariances)
    problem = problem_of(rows)
    here = problem.evaluate(
        mixtura.Mixture(weights, means, mixtura.DenseCovariance(covariances, 2)), np.zeros(2, dtype=bool)
    )
    new, _ = problem.mstep(here.stats)
    assert here.loglik == pytest.approx(loglik, rel=1e-14 if not offset else 1e-9)
    np.testing.assert_allclose(new.weights, w, rtol=1e-13 if not offset else 1e-9)
    np.testing.assert_allclose(new.means, m, rtol=1e-14)
    np.testing.assert_allclose(new.covariances.dense(), S, rtol=1e-12 if not offset else 1e-7)


def test_far_tails_do_not_underflow():
    mixture = mixtura.Mixture([0.5, 0.5], [[0.0], [1.0]], mixtura.DenseCovariance(np.full((1, 1, 1), 1e-4), 2))
    stats = current_kernel().estep(mixture, Chunk(np.array([[100.0]])), "full")
    terms = [np.log(0.5) - 0.5 * (np.log(2 * np.pi * 1e-4) + (100.0 - m) ** 2 / 1e-4) for m in (0.0, 1.0)]
    assert stats.loglik == pytest.approx(logsumexp(terms), rel=1e-12)
    assert stats.weight.tolist() == [0.0, 1.0]
    assert np.isfinite(mixture.logpdf([[1e150]])).all()
    assert np.isfinite(mixture.posterior([[-1e150]])).all()


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "blobs"])
@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("tol", [1e-3, 1e-8])
def test_same_parameters_as_scikit_learn_from_the_same_start(data_sets, name, kind, tol):
    rows, k = data_sets[name]
    seeded = sklearn.mixture.GaussianMixture(k, covariance_type=kind, max_iter=0, random_state=0).fit(rows)
    options = {
        "covariance_type": kind,
        "tol": tol,
        "max_iter": 500,
        "weights_init": seeded.weights_,
        "means_init": seeded.means_,
        "precisions_init": seeded.precisions_,
    }
    theirs = sklearn.mixture.GaussianMixture(k, **options).fit(rows)
    ours = mixtura.GaussianMixture(k, **options).fit(rows)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.converged_ == theirs.converged_
    np.testing.assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, rtol=1e-10)
    for attribute in ("weights_", "means_", "covariances_"):
        np.testing.assert_allclose(getattr(ours, attribute), getattr(theirs, attribute), rtol=1e-8, atol=1e-8)
    for attribute in ("precisions_", "precisions_cholesky_"):
        theirs_value = getattr(theirs, attribute)
        scale = np.abs(theirs_value).max()
        np.testing.assert_allclose(getattr(ours, attribute), theirs_value, atol=1e-8 * scale)


# Where single rows are the start, scikit-learn's tied covariance is X'X / k about the origin; ours is the ridge.
@pytest.mark.parametrize(
    ("kind", "init"),
    [(kind, "kmeans") for kind in ("full", "tied", "diag", "spherical")]
    + [(kind, init) for kind in ("full", "diag", "spherical") for init in ("k-means++", "random_from_data")],
)
def test_same_result_as_scikit_learn_from_the_same_random_state(iris, kind, init):
    options = {"covariance_type": kind, "init_params": init, "random_state": 3, "max_iter": 300, "tol": 1e-6}
    theirs = sklearn.mixture.GaussianMixture(3, **options).fit(iris)
    ours = mixtura.GaussianMixture(3, **options).fit(iris)
    # From single rows EM starts with variances of 1e-6, where scikit-learn's expanded squares lose digits.
    rtol = 1e-7 if init == "kmeans" else 1e-4
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=rtol)
    assert ours.score(iris) == pytest.approx(theirs.score(iris), rel=rtol)
    np.testing.assert_array_equal(ours.predict(iris), theirs.predict(iris))
    assert ours.bic(iris) == pytest.approx(theirs.bic(iris), rel=rtol)
    assert ours.aic(iris) == pytest.approx(theirs.aic(iris), rel=rtol)
    np.testing.assert_allclose(ours.score_samples(iris), theirs.score_samples(iris), rtol=rtol, atol=rtol)
    np.testing.assert_allclose(ours.predict_proba(iris), theirs.predict_proba(iris), atol=rtol)
