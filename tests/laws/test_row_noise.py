"""Errors of measurement of known covariance: densities and statistics by direct formulas, and laws of fits."""

import itertools
import warnings
from functools import cache

import mpmath
import numpy as np
import pytest

import mixtura
from mixtura import DataError, Measured, MixturaWarning, ParameterError
from mixtura.covariance.models import MODELS
from mixtura.data import ArraySource, MeasuredSource
from mixtura.em.estep import Plain
from mixtura.kernels import NUMPY_KERNEL, current_kernel, using_kernel
from mixtura.stats import Stats

KERNELS = {kernel.name: kernel for kernel in (NUMPY_KERNEL, current_kernel())}
RNG = np.random.default_rng(0)
N, D = 300, 3
TRUE = np.concatenate([RNG.normal(size=(100, D)) @ RNG.normal(size=(D, D)) + mean for mean in (0, 5, 11)])
VARIANCES = RNG.gamma(1.0, 0.7, size=(N, D))
ROOTS = RNG.normal(size=(N, D, D)) * 0.5
MATRICES = ROOTS @ ROOTS.swapaxes(1, 2)
ROWS = TRUE + np.einsum("nij,nj->ni", ROOTS, RNG.normal(size=(N, D)))
DIAGONAL_ROWS = TRUE + np.sqrt(VARIANCES) * RNG.normal(size=(N, D))


def holed(rows, fraction, seed=0):
    """Rows with values missing at random, but at least one left in each."""
    rng = np.random.default_rng(seed)
    holes = rng.random(rows.shape) < fraction
    holes[np.arange(len(rows)), rng.integers(0, rows.shape[1], len(rows))] = False
    return np.where(holes, np.nan, rows)


def fitted(X, *args, **options):
    """A fit whose warnings do not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return mixtura.fit(X, *args, **options)


@cache
def true_mixture(model="VVV"):
    """A mixture fitted to the true values."""
    return mixtura.fit(TRUE, 3, model=model).mixture


def by_hand(mixture, rows, noise, maps=None):
    """Log-joints (n, k), expected true values (n, k, d) and their covariances (n, k, d, d), row by row."""
    k, d = mixture.means.shape
    joint, expected, rest = np.empty((len(rows), k)), np.empty((len(rows), k, d)), np.zeros((len(rows), k, d, d))
    for i, j in itertools.product(range(len(rows)), range(k)):
        seen, mean, matrix = ~np.isnan(rows[i]), mixture.means[j], mixture.covariances.dense()[j]
        project = np.eye(d)[seen] if maps is None else maps[i][seen]
        total = project @ matrix @ project.T + noise[i][np.ix_(seen, seen)]
        inverse, deviation = np.linalg.inv(total), rows[i, seen] - project @ mean
        joint[i, j] = np.log(mixture.weights[j]) - 0.5 * deviation @ inverse @ deviation
        joint[i, j] -= 0.5 * np.linalg.slogdet(2 * np.pi * total)[1]
        slope = matrix @ project.T @ inverse
        expected[i, j] = mean + slope @ deviation
        rest[i, j] = matrix - slope @ project @ matrix
    return joint, expected, rest


CASES = {
    "a matrix for each row": (ROWS, MATRICES),
    "variances": (DIAGONAL_ROWS, VARIANCES),
    "missing values": (holed(ROWS, 0.3), MATRICES),
    "variances and missing values": (holed(DIAGONAL_ROWS, 0.3), VARIANCES),
    "one matrix": (ROWS, MATRICES[0]),
    "one diagonal matrix": (ROWS, np.diag(VARIANCES[0])),
    "one matrix and missing values": (holed(ROWS, 0.05), MATRICES[1]),
    "two kinds of variances": (ROWS, np.where(np.arange(N)[:, None] % 4 == 0, 0.0, VARIANCES[0])),
}


def as_matrices(noise, n=N, d=D):
    """A covariance of the errors for each row, (n, d, d)."""
    return noise[:, :, None] * np.eye(d) if noise.shape == (n, d) else np.broadcast_to(noise, (n, d, d))


def direct_stats(joint, expected, rest, weight, kind):
    """Statistics from what `by_hand` returns."""
    density = np.logaddexp.reduce(joint, axis=1)
    r = weight[:, None] * np.exp(joint - density[:, None])
    mean = np.einsum("nk,nkd->kd", r, expected) / r.sum(axis=0)[:, None]
    deviations = expected - mean
    scatter = np.einsum("nk,nki,nkj->kij", r, deviations, deviations) + np.einsum("nk,nkij->kij", r, rest)
    sure = float(weight @ (joint.max(axis=1) - density))
    return Stats(r.sum(axis=0), mean, scatter, float(weight @ density), sure).reduced(kind)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("model", "kind"), [("VVV", "full"), ("EEE", "pooled"), ("VVI", "diagonal"), ("EII", "diagonal"), ("VVI", "full")]
)
def test_densities_and_statistics_are_those_of_the_formulas(kernel, case, model, kind):
    rows, noise = CASES[case]
    mixture = true_mixture(model)
    joint, expected, rest = by_hand(mixture, rows, as_matrices(noise))
    density = np.logaddexp.reduce(joint, axis=1)
    measured = Measured(rows, noise_covariance=noise)
    weight = RNG.uniform(0.5, 2, N)
    with using_kernel(kernel):
        np.testing.assert_allclose(mixture.logpdf(measured), density, rtol=1e-10)
        np.testing.assert_allclose(mixture.posterior(measured), np.exp(joint - density[:, None]), atol=1e-10)
        np.testing.assert_array_equal(mixture.predict(measured), joint.argmax(axis=1))
        found, _ = Plain()(MeasuredSource.of(ArraySource(rows, weight), measured.measurement(rows)), mixture, kind)
    wanted = direct_stats(joint, expected, rest, weight, kind)
    np.testing.assert_allclose(found.weight, wanted.weight, rtol=1e-10)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.scatter, wanted.scatter, rtol=1e-10, atol=1e-8)
    assert found.loglik == pytest.approx(wanted.loglik, rel=1e-12)
    assert found.assignment_logprob == pytest.approx(wanted.assignment_logprob, rel=1e-9)


def test_the_density_is_that_of_fifty_digits():
    mixture = mixtura.fit(TRUE, 2).mixture
    with mpmath.workdps(50):
        for i in range(4):
            total = mpmath.mpf(0)
            for weight, mean, matrix in zip(mixture.weights, mixture.means, mixture.covariances.dense(), strict=True):
                own = mpmath.matrix(matrix.tolist()) + mpmath.matrix(MATRICES[i].tolist())
                delta = mpmath.matrix([mpmath.mpf(x) - mpmath.mpf(m) for x, m in zip(ROWS[i], mean, strict=True)])
                distance = (delta.T * mpmath.inverse(own) * delta)[0]
                total += mpmath.mpf(weight) * mpmath.exp(-distance / 2) / mpmath.sqrt(mpmath.det(2 * mpmath.pi * own))
            for kernel in KERNELS.values():
                with using_kernel(kernel):
                    found = mixture.logpdf(ROWS[i : i + 1], noise_covariance=MATRICES[i])[0]
                    single = mixture.logpdf(ROWS[i : i + 1], noise_covariance=MATRICES[i : i + 1])[0]
            assert [found, single] == pytest.approx([float(mpmath.log(total))] * 2, rel=1e-12, abs=1e-13)


def test_without_errors_a_fit_is_as_always():
    plain = mixtura.fit(TRUE, 3)
    assert mixtura.fit(TRUE, 3, noise_covariance=0).loglik == plain.loglik
    # Errors so small that they change nothing, but are computed with.
    tiny = mixtura.fit(
        TRUE, 3, noise_covariance=np.full((N, D), 1e-18) * RNG.uniform(1, 2, (N, D)), start=plain.mixture
    )
    exact = mixtura.fit(TRUE, 3, start=plain.mixture)
    assert tiny.loglik == pytest.approx(exact.loglik, rel=1e-9)
    np.testing.assert_allclose(tiny.mixture.covariances.dense(), exact.mixture.covariances.dense(), rtol=1e-9)


def test_errors_of_one_covariance_are_subtracted_from_that_of_one_component():
    noise = np.array([[0.3, 0.1, 0.0], [0.1, 0.2, 0.0], [0.0, 0.0, 0.4]])
    stop = mixtura.EM(tol=1e-13, max_iter=5000)
    plain = mixtura.fit(ROWS, 1, em=stop).mixture
    found = mixtura.fit(ROWS, 1, noise_covariance=noise, em=stop).mixture
    np.testing.assert_allclose(found.means, plain.means, rtol=1e-8)
    np.testing.assert_allclose(found.covariances[0], plain.covariances[0] - noise, rtol=1e-5, atol=1e-6)
    # For several components, too, the best mixture is the same less the errors.
    one, other = (mixtura.fit(ROWS, 3, em=stop, **how) for how in ({}, {"noise_covariance": noise / 10}))
    assert other.loglik == pytest.approx(one.loglik, rel=1e-7)


def test_variances_are_diagonal_matrices():
    for case in (VARIANCES, np.diag(VARIANCES[0])):
        one = mixtura.fit(DIAGONAL_ROWS, 2, noise_covariance=case)
        other = mixtura.fit(DIAGONAL_ROWS, 2, noise_covariance=as_matrices(case))
        assert one.trace == other.trace


def test_a_missing_value_is_the_limit_of_large_errors():
    mixture, rows = true_mixture(), holed(ROWS, 0.3)
    noise = np.where(np.isnan(rows), 1e12, VARIANCES)
    one = mixture.posterior(rows, noise_covariance=VARIANCES)
    other = mixture.posterior(np.where(np.isnan(rows), 0.0, rows), noise_covariance=noise)
    np.testing.assert_allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_the_log_likelihood_never_falls(model):
    rows = holed(ROWS, 0.1)
    fit = fitted(
        rows, 3, model=model, noise_covariance=MATRICES, start="kmeans", em=mixtura.EM(accelerate=False, max_iter=60)
    )
    assert np.diff(fit.trace).min() >= -1e-9 * abs(fit.loglik)
    assert fit.loglik == pytest.approx(mixtura.assess(fit, Measured(rows, MATRICES)).loglik, rel=1e-9)
    accelerated = fitted(rows, 3, model=model, noise_covariance=MATRICES, start="kmeans", em=mixtura.EM(max_iter=200))
    assert np.diff(accelerated.trace).min(initial=0.0) >= -1e-9 * abs(fit.loglik)


def test_weights_are_repeated_rows():
    counts = np.arange(N) % 3
    again = np.repeat(np.arange(N), counts)
    start = true_mixture()
    one = fitted(ROWS, start=start, noise_covariance=MATRICES, sample_weight=counts, max_iter=20)
    other = fitted(ROWS[again], start=start, noise_covariance=MATRICES[again], max_iter=20)
    np.testing.assert_allclose(one.trace, other.trace, rtol=1e-10)


@pytest.mark.parametrize(
    "options",
    [
        {"noise": 0.05},
        {"noise": mixtura.UniformNoise(0.05, region="hull")},
        {"trim": 0.05, "tol": 1e-4},
        {"prior": "conjugate"},
        {"known_labels": [i // 100 if i % 9 == 0 else -1 for i in range(N)]},
        {"sample_weight": [i % 3 for i in range(N)]},
        {"start": "hierarchical"},
        {"start": "random", "n_init": 3},
        {"model": mixtura.Model(constraint=mixtura.EigenvalueRatio(20.0))},
        {"model": mixtura.Model(equal_weights=True)},
        {"start": "true", "fixed": "means"},
    ],
    ids="-".join,
)
def test_they_go_with_every_option(options):
    options = options | ({"start": true_mixture()} if options.get("start") == "true" else {})
    fit = fitted(holed(ROWS, 0.1), 3, noise_covariance=MATRICES, **options)
    assert fit.outcome.converged
    assert np.diff(fit.trace).min(initial=0.0) >= -1e-9 * abs(fit.loglik)
    np.testing.assert_allclose(np.sort(fit.mixture.means.mean(axis=1)), [0, 5, 11], atol=0.8)


def test_a_maximum_is_one_for_small_changes_of_the_parameters():
    fit = mixtura.fit(ROWS, 2, noise_covariance=MATRICES, em=mixtura.EM(tol=1e-12, max_iter=5000))
    rng, mixture = np.random.default_rng(0), fit.mixture
    for _ in range(20):
        means = mixture.means + rng.normal(scale=1e-3, size=mixture.means.shape)
        roots = np.linalg.cholesky(mixture.covariances.dense()) + np.tril(rng.normal(scale=1e-3, size=(2, D, D)))
        other = mixtura.Mixture(mixture.weights, means, roots @ roots.swapaxes(1, 2))
        assert other.logpdf(ROWS, noise_covariance=MATRICES).sum() <= fit.loglik + 1e-7


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_the_number_of_threads_does_not_matter(kernel):
    rows = np.tile(ROWS, (60, 1)) + RNG.normal(scale=0.1, size=(60 * N, D))
    noise = np.tile(VARIANCES, (60, 1)) + RNG.uniform(0, 0.1, size=(60 * N, D))
    with using_kernel(kernel):
        fits = [fitted(rows, 3, noise_covariance=noise, start="kmeans", max_iter=3, threads=n) for n in (1, 3)]
    assert fits[0].trace == fits[1].trace


@pytest.mark.parametrize("case", ["a matrix for each row", "one matrix and missing values"])
def test_single_precision_is_close(case):
    rows, noise = CASES[case]
    single, double = (
        fitted(rows.astype(kind), 3, start="kmeans", noise_covariance=noise) for kind in (np.float32, np.float64)
    )
    assert single.loglik == pytest.approx(double.loglik, rel=1e-4)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
@pytest.mark.parametrize("d", [1, 2, 4, 5, 6, 7, 9])
def test_numbers_of_columns_and_of_rows(kernel, d):
    rng = np.random.default_rng(d)
    roots = rng.normal(size=(3, d, d))
    mixture = mixtura.Mixture([0.2, 0.3, 0.5], rng.normal(size=(3, d)), roots @ roots.swapaxes(1, 2) + np.eye(d))
    for n in (1, 7, 8, 13):
        rows, noise = holed(rng.normal(size=(n, d)), 0.2, seed=n), rng.normal(size=(n, d, d))
        noise = noise @ noise.swapaxes(1, 2)
        with using_kernel(kernel):
            found = mixture.logpdf(Measured(rows, noise))
        np.testing.assert_allclose(found, np.logaddexp.reduce(by_hand(mixture, rows, noise)[0], axis=1), rtol=1e-10)


def test_simulated_truth_is_found_better_than_without_the_errors():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 3000)
    truth = mixtura.Mixture(np.full(3, 1 / 3), [[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]], np.full((3, 2), 0.25))
    true = truth.means[labels] + 0.5 * rng.normal(size=(3000, 2))
    variances = rng.gamma(0.5, 1.6, size=(3000, 2))
    rows = true + np.sqrt(variances) * rng.normal(size=(3000, 2))
    ours, naive = mixtura.fit(rows, 3, noise_covariance=variances), mixtura.fit(rows, 3)

    def error(fit):
        order = np.argsort(fit.mixture.means @ [1.0, 2.0])
        return np.abs(fit.mixture.covariances.dense()[order] - 0.25 * np.eye(2)).max()

    assert error(ours) < 0.1
    assert error(naive) > 0.5
    found = ours.mixture.deconvolve(rows, noise_covariance=variances)
    assert np.mean((found.mean - true) ** 2) < 0.5 * np.mean((rows - true) ** 2)
    coverage = np.abs(found.mean - true)[:, 0] < 1.96 * np.sqrt(found.covariance[:, 0, 0])
    assert coverage.mean() == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("case", CASES)
def test_true_values_are_those_of_the_formulas(case):
    rows, noise = CASES[case]
    mixture = true_mixture()
    joint, expected, rest = by_hand(mixture, rows[:40], as_matrices(noise)[:40])
    r = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    mean = np.einsum("nk,nkd->nd", r, expected)
    second = np.einsum("nk,nki,nkj->nij", r, expected, expected) + np.einsum("nk,nkij->nij", r, rest)
    own = noise if noise.shape == (D, D) else noise[:40]
    found = mixture.deconvolve(rows[:40], noise_covariance=own)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.covariance, second - np.einsum("ni,nj->nij", mean, mean), atol=1e-8)
    assert repr(found) == "<PosteriorMoments of 40 rows in 3 columns>"


def test_rows_without_errors_are_their_own_true_values():
    mixture = mixtura.fit(TRUE, 3, model="VVI").mixture
    found = mixture.deconvolve(TRUE)
    np.testing.assert_allclose(found.mean, TRUE, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.covariance, 0, atol=1e-9)
    noisy = mixtura.fit(TRUE, 3, noise=0.05).mixture
    with pytest.raises(ParameterError, match="noise component, whose rows have no likely true values"):
        noisy.deconvolve(TRUE)


def test_a_noise_component_is_as_uniform_with_errors():
    noise = mixtura.Noise(0.2, [-10.0, -20.0], [10.0, 20.0])
    mixture = mixtura.Mixture([0.8], [[0.0, 0.0]], np.eye(2)[None], noise=noise)
    for kernel in KERNELS.values():
        with using_kernel(kernel):
            rows = [[3.0, 0.0], [3.0, np.nan], [3.0, 0.0]]
            for own in (np.diag([3.0, 8.0]), [[3.0, 8.0]] * 3):
                found = np.exp(mixture.logpdf(rows, noise_covariance=own))
                assert found[0] == pytest.approx(0.8 * np.exp(-9 / 8) / (2 * np.pi * 6) + 0.2 / 800, rel=1e-12)
                assert found[1] == pytest.approx(0.8 * np.exp(-9 / 8) / np.sqrt(2 * np.pi * 4) + 0.2 / 20, rel=1e-12)


def test_samples_have_the_errors():
    mixture = mixtura.Mixture([1.0], [[1.0, 2.0]], np.eye(2)[None])
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    rows, _ = mixture.sample(20_000, seed=0, noise_covariance=matrix)
    np.testing.assert_allclose(np.cov(rows.T), np.eye(2) + matrix, atol=0.1)
    variances = np.tile([[0.0, 8.0]], (20_000, 1))
    np.testing.assert_allclose(
        np.cov(mixture.sample(20_000, seed=0, noise_covariance=variances)[0].T), np.diag([1, 9]), atol=0.2
    )


def test_a_selection_ends_where_fits_do():
    chosen = mixtura.select(ROWS, [2, 3], models=["EEE", "VVV", "VVI"], noise_covariance=MATRICES)
    for cell in chosen.cells:
        assert cell.loglik == pytest.approx(mixtura.assess(cell.fit, Measured(ROWS, MATRICES)).loglik, rel=1e-9)
        own = mixtura.fit(ROWS, cell.n_components, model=cell.model, noise_covariance=MATRICES)
        assert cell.loglik >= own.loglik - 0.5
    assert chosen.best.mixture.n_components == 3


def test_what_follows_a_fit_takes_them():
    rows = holed(ROWS, 0.1)[::2]
    measured = Measured(rows, noise_covariance=MATRICES[::2])
    fit = mixtura.fit(measured, 3, model="EEI")
    assert mixtura.assess(fit, measured).bic == pytest.approx(fit.bic)
    for method in ("resample", "parametric"):
        found = mixtura.bootstrap(fit, measured, 3, seed=0, method=method)
        assert (found.standard_errors["means"] < 1).all()
    assert "adjusted Rand index 1.000" in repr(mixtura.compare(fit, fit, measured))
    assert fit.mixture.uncertainty(measured).shape == (N // 2,)
    with pytest.raises(ParameterError, match="errors of measurement, which this test does not draw"):
        mixtura.likelihood_ratio_tests(measured, 2)
    with pytest.raises(ParameterError, match="X is a Measured, which says how its rows were measured"):
        mixtura.fit(measured, 3, noise_covariance=MATRICES)


def test_the_estimator_takes_them():
    measured = Measured(ROWS, noise_covariance=MATRICES)
    model = mixtura.GaussianMixture(3, random_state=0).fit(measured)
    assert model.n_features_in_ == D
    assert model.score(measured) == pytest.approx(mixtura.assess(model.mixture_, measured).loglik / N)
    np.testing.assert_array_equal(model.predict(measured), model.mixture_.predict(ROWS, noise_covariance=MATRICES))
    assert model.predict_proba(measured).shape == (N, 3)
    assert model.bic(measured) < mixtura.GaussianMixture(2, random_state=0).fit(measured).bic(measured)


def test_projections_of_the_true_values():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(N, 2, D))
    rows = np.einsum("nij,nj->ni", maps, TRUE) + 0.3 * rng.normal(size=(N, 2))
    rows[::10, 0] = np.nan
    mixture = true_mixture()
    measured = Measured(rows, noise_covariance=0.09, projections=maps)
    noise = np.broadcast_to(0.09 * np.eye(2), (N, 2, 2))
    joint, expected, rest = by_hand(mixture, rows, noise, maps)
    np.testing.assert_allclose(mixture.logpdf(measured), np.logaddexp.reduce(joint, axis=1), rtol=1e-10)
    source = MeasuredSource.of(ArraySource(rows), measured.measurement(rows))
    found, _ = Plain()(source, mixture, "full")
    wanted = direct_stats(joint, expected, rest, np.ones(N), "full")
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-9)
    np.testing.assert_allclose(found.scatter, wanted.scatter, rtol=1e-9, atol=1e-7)
    fit = mixtura.fit(rows, 3, noise_covariance=0.09, projections=maps)
    assert fit.loglik == pytest.approx(mixtura.assess(fit, measured).loglik, rel=1e-9)
    np.testing.assert_allclose(np.sort(fit.mixture.means.mean(axis=1)), [0, 5, 11], atol=0.8)
    assert fit.mixture.deconvolve(measured).mean.shape == (N, D)
    with pytest.raises(ParameterError, match="noise and projections are given together"):
        mixtura.fit(rows, 2, projections=maps, noise=0.1)
    # Rows of the unit matrix are the columns themselves, and without some of them these are missing.
    rows, some = holed(ROWS, 0.3), np.isnan(holed(ROWS, 0.3))
    chosen = Measured(np.where(some, 0.0, ROWS), VARIANCES, np.where(some[:, :, None], 0.0, np.eye(D)))
    lost = (-0.5 * np.log(2 * np.pi * VARIANCES) * some).sum(axis=1)
    np.testing.assert_allclose(mixture.logpdf(chosen) - lost, mixture.logpdf(rows, noise_covariance=VARIANCES))
    plain = Measured(ROWS, noise_covariance=MATRICES, projections=np.eye(D))
    np.testing.assert_allclose(mixture.logpdf(plain), mixture.logpdf(ROWS, noise_covariance=MATRICES), rtol=1e-12)


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        ("wide", "noise_covariance is no array of numbers; expected one matrix for all rows, \\(2, 2\\), variances"),
        (np.ones((4, 2)), "noise_covariance has shape \\(4, 2\\); expected one matrix for all rows"),
        (np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]), "noise_covariance, row 1, column 1: -1.0; expected a var"),
        (np.array([[1.0, 1.0], [1.0, np.nan], [1.0, 1.0]]), "noise_covariance, row 1: a value is not a finite number"),
        (np.array([[1.0, 0.5], [0.4, 1.0]]), "noise_covariance: the matrix is not symmetric"),
        (np.array([np.eye(2), [[1.0, 2.0], [2.0, 1.0]], np.eye(2)]), "noise_covariance, row 1: the matrix is not pos"),
        (-1.0, "noise_covariance, column 0: -1.0; expected a variance"),
    ],
    ids=str,
)
def test_errors_name_what_is_wrong(noise, message):
    with pytest.raises(DataError, match=message):
        mixtura.fit([[0.0, 1.0], [2.0, 3.0], [4.0, 6.0]], 1, noise_covariance=noise)


def test_more_wrong_arguments():
    with pytest.raises(ParameterError, match="t components take exact values and missing ones"):
        mixtura.fit(ROWS, 2, noise_covariance=MATRICES, tails="t")
    with pytest.raises(ParameterError, match="errors of measurement need Gaussian components; leave tails out"):
        mixtura.Mixture([1.0], [[0.0]], [[[1.0]]], degrees_of_freedom=[4.0]).deconvolve([[1.0]], noise_covariance=1.0)
    with pytest.raises(DataError, match="which with 2 rows may be one matrix for all or variances of each row"):
        mixtura.fit([[0.0, 1.0], [2.0, 3.0]], 1, noise_covariance=np.ones((2, 2)))
    with pytest.raises(DataError, match="projections has shape \\(3, 3\\); expected \\(3, 2, d\\), or \\(2, d\\)"):
        mixtura.fit(np.zeros((3, 2)), 1, projections=np.ones((3, 3)))
    with pytest.raises(DataError, match="projections, row 1: a value is not a finite number"):
        mixtura.fit(np.zeros((2, 1)), 1, projections=[[[1.0]], [[np.nan]]])
    with pytest.raises(DataError, match="projections is no array of numbers"):
        mixtura.fit(np.zeros((2, 1)), 1, projections="all")
    # What belongs to a missing value may be anything.
    rows, noise = np.array([[np.nan, 1.0], [1.0, 2.0], [2.0, 2.5]]), np.array([[np.nan, 1.0], [0.1, 0.1], [0.2, 0.1]])
    assert np.isfinite(fitted(rows, 1, noise_covariance=noise).loglik)
