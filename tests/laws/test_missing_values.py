"""Missing values in the likelihood: densities and statistics by direct formulas, and laws of fits."""

import itertools
import warnings

import mpmath
import numpy as np
import pytest
from scipy.stats import multivariate_normal

import mixtura
from mixtura import DataError, MixturaWarning
from mixtura.covariance.models import MODELS
from mixtura.data import ArraySource, Chunk, MeasuredSource, Patterns
from mixtura.em.estep import Plain
from mixtura.kernels import NUMPY_KERNEL, current_kernel, using_kernel
from mixtura.kernels.incomplete import for_incomplete_rows
from mixtura.stats import Stats

KERNELS = {kernel.name: kernel for kernel in (NUMPY_KERNEL, current_kernel())}
RNG = np.random.default_rng(0)
ROWS = np.concatenate([RNG.normal(size=(150, 4)) @ RNG.normal(size=(4, 4)) + mean for mean in (0, 4, 9)])


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


def by_hand(mixture, rows):
    """Log-joints (n, k), expected rows (n, k, d) and their covariances (n, k, d, d), row by row."""
    k, d = mixture.means.shape
    joint, expected, rest = np.empty((len(rows), k)), np.empty((len(rows), k, d)), np.zeros((len(rows), k, d, d))
    for i, j in itertools.product(range(len(rows)), range(k)):
        seen, mean, matrix = ~np.isnan(rows[i]), mixture.means[j], mixture.covariances.dense()[j]
        known = matrix[np.ix_(seen, seen)]
        joint[i, j] = np.log(mixture.weights[j]) + multivariate_normal.logpdf(rows[i, seen], mean[seen], known)
        slope = np.linalg.solve(known, matrix[np.ix_(seen, ~seen)])
        expected[i, j] = rows[i]
        expected[i, j, ~seen] = mean[~seen] + (rows[i, seen] - mean[seen]) @ slope
        rest[i, j][np.ix_(~seen, ~seen)] = matrix[np.ix_(~seen, ~seen)] - matrix[np.ix_(~seen, seen)] @ slope
    return joint, expected, rest


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
@pytest.mark.parametrize(
    ("model", "kind"), [("VVV", "full"), ("EEE", "pooled"), ("VVI", "diagonal"), ("EII", "diagonal")]
)
def test_densities_and_statistics_are_those_of_the_formulas(kernel, model, kind):
    mixture, rows = mixtura.fit(ROWS, 3, model=model).mixture, holed(ROWS, 0.3)
    joint, expected, rest = by_hand(mixture, rows)
    density = np.logaddexp.reduce(joint, axis=1)
    responsibilities = np.exp(joint - density[:, None])
    with using_kernel(kernel):
        np.testing.assert_allclose(mixture.logpdf(rows), density, rtol=1e-9)
        np.testing.assert_allclose(mixture.posterior(rows), responsibilities, atol=1e-9)
        np.testing.assert_array_equal(mixture.predict(rows), joint.argmax(axis=1))
        weight = RNG.uniform(0.5, 2, len(rows))
        source = MeasuredSource.of(ArraySource(rows, weight))
        found, _ = Plain()(source, mixture, kind)
    r = weight[:, None] * responsibilities
    mean = np.einsum("nk,nkd->kd", r, expected) / r.sum(axis=0)[:, None]
    deviations = expected - mean
    scatter = np.einsum("nk,nki,nkj->kij", r, deviations, deviations) + np.einsum("nk,nkij->kij", r, rest)
    wanted = Stats(r.sum(axis=0), mean, scatter, float(weight @ density), 0.0).reduced(kind)
    np.testing.assert_allclose(found.weight, wanted.weight, rtol=1e-9)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.scatter, wanted.scatter, rtol=1e-9, atol=1e-7)
    assert found.loglik == pytest.approx(wanted.loglik, rel=1e-12)


def test_the_density_of_each_pattern_is_that_of_fifty_digits():
    mixture = mixtura.fit(ROWS[:, :3], 2).mixture
    with mpmath.workdps(50):
        for seen in itertools.product([True, False], repeat=3):
            keep = np.flatnonzero(seen)
            total = mpmath.mpf(0)
            for weight, mean, matrix in zip(mixture.weights, mixture.means, mixture.covariances.dense(), strict=True):
                if not len(keep):
                    total += mpmath.mpf(weight)
                    continue
                own = mpmath.matrix(matrix[np.ix_(keep, keep)].tolist())
                delta = mpmath.matrix(
                    [mpmath.mpf(x) - mpmath.mpf(m) for x, m in zip(ROWS[7, keep], mean[keep], strict=True)]
                )
                distance = (delta.T * mpmath.inverse(own) * delta)[0]
                scale = mpmath.sqrt((2 * mpmath.pi) ** len(keep) * mpmath.det(own))
                total += mpmath.mpf(weight) * mpmath.exp(-distance / 2) / scale
            row = np.where(seen, ROWS[7, :3], np.nan)
            assert mixture.logpdf(row[None])[0] == pytest.approx(float(mpmath.log(total)), rel=1e-12, abs=1e-13)


def test_complete_rows_are_treated_as_without_the_option():
    mixture = mixtura.fit(ROWS, 3).mixture
    plain, kernel = current_kernel(), for_incomplete_rows(current_kernel())
    for ours, theirs in zip(
        kernel.estep(mixture, Chunk(ROWS), "full").__dict__.values(),
        plain.estep(mixture, Chunk(ROWS), "full").__dict__.values(),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)
    one_hole = ROWS.copy()
    one_hole[0, 0] = np.nan
    np.testing.assert_allclose(mixture.logpdf(one_hole)[1:], mixture.logpdf(ROWS)[1:], rtol=1e-12)


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("model", MODELS)
def test_the_log_likelihood_never_falls(model, fraction):
    rows = holed(ROWS, fraction)
    fit = fitted(rows, 3, model=model, start="kmeans", em=mixtura.EM(accelerate=False, max_iter=60))
    assert np.diff(fit.trace).min() >= -1e-9 * abs(fit.loglik)
    assert fit.loglik == pytest.approx(mixtura.assess(fit, rows).loglik, rel=1e-9)
    accelerated = fitted(rows, 3, model=model, start="kmeans", em=mixtura.EM(max_iter=200))
    assert np.diff(accelerated.trace).min(initial=0.0) >= -1e-9 * abs(fit.loglik)


@pytest.mark.parametrize(
    "options",
    [
        {"noise": 0.05},
        {"noise": mixtura.UniformNoise(0.05, region="hull")},
        {"trim": 0.05},
        {"prior": "conjugate"},
        {"known_labels": np.where(np.arange(450) % 9 == 0, np.arange(450) // 150, -1)},
        {"sample_weight": np.arange(450) % 3},
        {"start": "hierarchical"},
        {"start": "random", "n_init": 2},
    ],
    ids=str,
)
def test_they_go_with_every_option(options):
    fit = fitted(holed(ROWS, 0.2), 3, **options)
    assert fit.outcome.converged
    assert np.diff(fit.trace).min(initial=0.0) >= -1e-9 * abs(fit.loglik)
    means = np.sort(fit.mixture.means.mean(axis=1))
    np.testing.assert_allclose(means, [0, 4, 9], atol=0.7)


def test_a_maximum_is_one_for_small_changes_of_the_parameters():
    rows = holed(ROWS[:, :2], 0.3)
    fit = mixtura.fit(rows, 2, em=mixtura.EM(tol=1e-12, max_iter=5000))
    for change in np.random.default_rng(0).normal(scale=1e-3, size=(20, 2, 2)):
        other = mixtura.Mixture(fit.mixture.weights, fit.mixture.means + change, fit.mixture.covariances)
        assert other.logpdf(rows).sum() <= fit.loglik + 1e-7


def test_rows_without_any_value_add_nothing():
    rows = holed(ROWS, 0.2)
    empty = np.insert(rows, [0, 100, 450], np.nan, axis=0)
    ours, theirs = mixtura.fit(empty, 3), mixtura.fit(rows, 3)
    assert ours.n_rows == theirs.n_rows == 450
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-6)
    np.testing.assert_allclose(ours.mixture.posterior(empty)[0], ours.mixture.weights, rtol=1e-12)
    assert ours.mixture.logpdf(empty)[0] == pytest.approx(0, abs=1e-12)


def test_a_column_without_any_value_is_named():
    rows = holed(ROWS, 0.2)
    rows[:, 2] = np.nan
    with pytest.raises(DataError, match="X, column 2: all values are missing; leave the column out"):
        mixtura.fit(rows, 2)


def test_the_number_of_threads_does_not_matter():
    rows = np.tile(holed(ROWS, 0.2), (50, 1)) + RNG.normal(scale=0.1, size=(22_500, 4))
    assert len({mixtura.fit(rows, 3, start="kmeans", threads=threads).trace for threads in (1, 3)}) == 1


def test_single_precision_is_close():
    rows = holed(ROWS, 0.2)
    single, double = (fitted(rows.astype(kind), 3, start="kmeans") for kind in (np.float32, np.float64))
    assert single.loglik == pytest.approx(double.loglik, rel=1e-4)


def test_values_that_are_not_exact_are_not_imputed():
    mixture = mixtura.Mixture([1.0], [[0.0]], [[[1.0]]])
    bins = mixtura.Histogram([0.0, 1.0, 2.0], [3, 1], outside=0)
    for X in (mixtura.Measured([[1.0], [np.nan]], noise_covariance=0.5), bins):
        with pytest.raises(mixtura.ParameterError, match=f"X is a {type(X).__name__}.*deconvolve"):
            mixture.impute(X)
        assert np.isfinite(mixture.deconvolve(X).mean).all()


def test_conditional_means_and_draws_are_those_of_the_formulas():
    mixture, rows = mixtura.fit(ROWS, 3).mixture, holed(ROWS, 0.3)[:60]
    joint, expected, rest = by_hand(mixture, rows)
    r = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    mean = np.einsum("nk,nkd->nd", r, expected)
    np.testing.assert_allclose(mixture.impute(rows), mean, rtol=1e-9)
    second = np.einsum("nk,nki,nkj->nij", r, expected, expected) + np.einsum("nk,nkij->nij", r, rest)
    variance = np.diagonal(second, axis1=1, axis2=2) - mean**2
    draws = mixture.impute(rows, n=20_000, seed=0)
    assert draws.shape == (20_000, 60, 4)
    missing = np.isnan(rows)
    np.testing.assert_array_equal(draws[:, ~missing], np.tile(rows[~missing], (20_000, 1)))
    errors = (draws.mean(axis=0) - mean)[missing] / np.sqrt(variance[missing] / 20_000)
    assert np.abs(errors).max() < 5
    sure = missing & (r.max(axis=1) > 0.999_999)[:, None]  # else a rare component may hold much of the variance
    np.testing.assert_allclose(draws.var(axis=0)[sure], variance[sure], rtol=0.1)


def test_noise_is_uniform_over_the_columns_that_are_seen():
    noise = mixtura.Noise(0.2, [-10.0, -20.0], [10.0, 20.0])
    mixture = mixtura.Mixture([0.8], [[0.0, 0.0]], np.eye(2)[None], noise=noise)
    known = 0.8 * np.exp(-0.5 * 9) / np.sqrt(2 * np.pi)
    assert np.exp(mixture.logpdf([[3.0, np.nan]])[0]) == pytest.approx(known + 0.2 / 20, rel=1e-12)
    assert np.exp(mixture.logpdf([[np.nan, 3.0]])[0]) == pytest.approx(known + 0.2 / 40, rel=1e-12)
    assert (np.abs(mixture.impute([[8.0, np.nan]], n=1000, seed=0)[:, 0, 1]) > 5).mean() == pytest.approx(
        0.75, abs=0.05
    )


def test_a_selection_ends_where_fits_do():
    rows = holed(ROWS, 0.2)
    chosen = mixtura.select(rows, [2, 3], models=["EEE", "VVV", "VVI"])
    for cell in chosen.cells:
        assert cell.loglik == pytest.approx(mixtura.assess(cell.fit, rows).loglik, rel=1e-9)
        assert cell.loglik >= mixtura.fit(rows, cell.n_components, model=cell.model).loglik - 0.5
    assert chosen.best.mixture.n_components == 3


def test_what_follows_a_fit_takes_them():
    rows = holed(ROWS, 0.2)
    fit = mixtura.fit(rows, 3)
    assert mixtura.assess(fit, rows).bic == pytest.approx(fit.bic)
    assert mixtura.bootstrap(fit, rows, 4, seed=0).standard_errors["means"].shape == (3, 4)
    assert "adjusted Rand index 1.000" in repr(mixtura.compare(fit, fit, rows))
    assert "3 components" in repr(mixtura.combine_components(fit, rows))
    assert "450 rows" in repr(mixtura.hierarchical(rows))
    assert fit.mixture.uncertainty(rows).shape == (450,)


def test_patterns_of_many_columns():
    rows = np.where(RNG.random((50, 130)) < 0.5, np.nan, 1.0)
    rows[25:] = rows[:25]
    found = Patterns.of(rows)
    assert len(found.ends) == 25
    for start, end, seen in zip(np.append(0, found.ends[:-1]), found.ends, found.seen, strict=True):
        assert (~np.isnan(rows[found.order[start:end]]) == seen).all()


def test_the_estimator_takes_them():
    rows = holed(ROWS, 0.2)
    model = mixtura.GaussianMixture(3, random_state=0).fit(rows)
    assert model.predict(rows).shape == (450,)
    assert model.predict_proba(rows).shape == (450, 3)
    assert model.score(rows) == pytest.approx(mixtura.assess(model, rows).loglik / 450)
    assert model.__sklearn_tags__().input_tags.allow_nan
    auto = mixtura.GaussianMixture("auto", covariance_type="auto", random_state=0).fit(rows)
    assert auto.n_components_ == 3
    with pytest.raises(ValueError, match="infinity"):
        model.predict(np.where(np.isnan(rows), np.inf, rows))


def test_a_discriminant_models_what_is_missing():
    rng = np.random.default_rng(4)
    classes = np.repeat(["a", "b", "c"], 60)
    rows = rng.normal(size=(180, 4)) + np.repeat([[0, 0, 0, 0], [4, 0, 4, 0], [0, 4, 0, 4]], 60, axis=0)
    lacking = holed(rows, 0.2)
    whole, found = mixtura.discriminant(rows, classes), mixtura.discriminant(lacking, classes)
    assert found.error(rows, classes) <= whole.error(rows, classes) + 0.03
    assert found.error(lacking, classes) < 0.12
    known = fitted(lacking, 3, model=found.models[0], known_labels=np.repeat([0, 1, 2], 60))
    assert found.loglik == pytest.approx(known.mixture.logpdf(lacking).sum(), rel=1e-9)
    assert found.n_parameters == known.n_parameters - 2
    mixed = mixtura.discriminant(lacking, classes, n_components=range(1, 3), models=["VVI"])
    assert mixed.error(lacking, classes) < 0.15
    assert mixtura.cross_validate_classes(found, lacking, classes, 3).error < 0.2
    model = mixtura.MixtureClassifier(covariance_type="diag").fit(lacking, classes)
    assert model.score(lacking, classes) > 0.85
    assert np.isfinite(model.predict_proba(lacking)).all()


def test_likelihood_ratio_tests_and_parametric_replicates_lack_the_same_values():
    rng = np.random.default_rng(5)
    rows = holed(np.concatenate([rng.normal(m, 1, (60, 2)) for m in (0, 7)]), 0.2)
    found = mixtura.likelihood_ratio_tests(rows, n=19, model="EEI", start="kmeans", seed=0)
    assert [test.p_value <= 0.05 for test in found] == [True, False]
    weighted = mixtura.likelihood_ratio_tests(
        rows, [1], n=19, model="EEI", start="kmeans", sample_weight=np.full(120, 2)
    )
    assert weighted[0].p_value <= 0.05
    fit = fitted(rows, 2, model="EEI")
    errors = [mixtura.bootstrap(fit, rows, 60, method=method).standard_errors for method in ("resample", "parametric")]
    np.testing.assert_allclose(errors[0]["means"], errors[1]["means"], rtol=0.5)
    complete = mixtura.bootstrap(fit, fit.mixture.impute(rows, n=1, seed=0)[0], 60, method="parametric")
    assert errors[1]["means"].mean() > complete.standard_errors["means"].mean()


def test_what_is_missing_is_counted():
    rows = holed(ROWS, 0.2)
    fit = fitted(rows, 2)
    assert fit.missing.by_column == tuple(np.isnan(rows).sum(axis=0).tolist())
    assert sum(each.n_rows for each in fit.missing.patterns) == fit.missing.n_counted == len(rows)
    lacking = {tuple(np.flatnonzero(row).tolist()) for row in np.isnan(rows)}
    assert {each.missing for each in fit.missing.patterns} == lacking
    assert mixtura.Fit.from_json(fit.to_json()).missing == fit.missing
    assert "values are missing" in fit.summary()
    assert fit.missing.records(["a", "b", "c", "d"])[0]["rows"] == fit.missing.patterns[0].n_rows
    assert fitted(ROWS, 2).missing is None
    assert mixtura.select(rows, [2], models=["EEI"]).best.missing == fit.missing


def test_multiple_imputation_has_rubins_errors():
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(200, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    rows[rng.random(200) < 0.4, 1] = np.nan
    fit = fitted(rows, 1)
    found = mixtura.bootstrap(fit, rows, 60, method="imputation", seed=0)
    usual = mixtura.bootstrap(fit, rows, 200, method="resample", seed=0)
    np.testing.assert_allclose(found.standard_errors["means"], usual.standard_errors["means"], rtol=0.3)
    table = {(row["parameter"], row["column"]): row for row in found.records() if row["parameter"] == "mean"}
    missing = [table["mean", column]["missing_information"] for column in ("x1", "x2")]
    assert missing[0] < 1e-6  # nothing is missing of the first column
    assert 0.1 < missing[1] < 0.6
    low, high = found.intervals()["means"]
    assert (low < fit.mixture.means).all()
    assert (fit.mixture.means < high).all()
    two = holed(ROWS, 0.1)
    assert "missing_information" in mixtura.bootstrap(fitted(two, 2), two, 3, method="imputation").records()[0]
    with pytest.raises(mixtura.ParameterError, match="has no missing values"):
        mixtura.bootstrap(fitted(ROWS, 2), ROWS, 3, method="imputation")
