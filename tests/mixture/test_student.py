"""Mixtures with multivariate t components as distributions."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from scipy import integrate
from scipy.stats import chi2, kstest, multivariate_t, norm
from scipy.stats import t as student

import mixtura
from mixtura import DataError, DiagonalCovariance, Mixture, Noise, ParameterError
from mixtura.data import MISSING_VALUES, Chunk
from mixtura.fitting import report_mixture
from mixtura.kernels import NATIVE_BUILT, NUMPY_KERNEL, current_kernel, kernel_for, using_kernel
from mixtura.kernels.choice import kernel_named
from mixtura.kernels.tails import log_gamma_ratio

MATRICES = np.array(
    [[[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 1.5]], np.eye(3), [[3, 1, 1], [1, 2, 1], [1, 1, 2]]]
)
MEANS = np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 1.0], [0.0, 7.0, -1.0]])
NU = [1.5, 6.0, np.inf]
MIXTURE = Mixture([0.2, 0.3, 0.5], MEANS, MATRICES, ("a", "b", "c"), degrees_of_freedom=NU)
ROWS = np.random.default_rng(0).normal(size=(40, 3)) * 6


def density(mixture, rows):
    """The density of each row by SciPy."""
    parts = zip(mixture.weights, mixture.means, mixture.covariances.dense(), mixture.degrees_of_freedom, strict=True)
    return sum(w * multivariate_t(mean, matrix, nu).pdf(rows) for w, mean, matrix, nu in parts)


@pytest.mark.parametrize("kernel", {NUMPY_KERNEL, current_kernel()}, ids=lambda kernel: kernel.name)
def test_the_density_is_that_of_scipy(kernel):
    with using_kernel(kernel):
        np.testing.assert_allclose(MIXTURE.logpdf(ROWS), np.log(density(MIXTURE, ROWS)), rtol=1e-12)
        joint = MIXTURE.log_joint(ROWS)
        np.testing.assert_allclose(np.logaddexp.reduce(joint, axis=1), MIXTURE.logpdf(ROWS), rtol=1e-12)
        wanted = np.exp(joint - MIXTURE.logpdf(ROWS)[:, None])
        np.testing.assert_allclose(MIXTURE.posterior(ROWS), wanted, atol=1e-13)
        np.testing.assert_array_equal(MIXTURE.predict(ROWS), wanted.argmax(axis=1))
        np.testing.assert_allclose(MIXTURE.uncertainty(ROWS), 1 - wanted.max(axis=1), atol=1e-12)
        assert MIXTURE.logpdf(ROWS.astype(np.float32)) == pytest.approx(MIXTURE.logpdf(ROWS), rel=1e-5)


def test_the_normalising_constant_is_accurate_for_any_degrees_of_freedom():
    for a in (0.25, 3.0, 49.9, 50.0, 1e3, 1e8, 1e15):
        for d in (1, 2, 5, 30):
            with mpmath.workdps(60):
                exact = mpmath.loggamma(mpmath.mpf(a) + mpmath.mpf(d) / 2) - mpmath.loggamma(a) - d / 2 * mpmath.log(a)
            np.testing.assert_allclose(log_gamma_ratio(np.array([a]), d), [float(exact)], rtol=1e-12, atol=1e-14)


def test_very_far_rows_have_a_density():
    far = np.array([[1e150, 0, 0], [-1e149, 1e149, 0]])
    assert np.isfinite(MIXTURE.logpdf(far)).all()
    np.testing.assert_allclose(MIXTURE.posterior(far).sum(axis=1), 1)


def test_infinite_degrees_of_freedom_are_those_of_gaussian_components():
    gaussian = replace(MIXTURE, degrees_of_freedom=None)
    infinite = replace(MIXTURE, degrees_of_freedom=np.inf)
    assert infinite.logpdf(ROWS).tolist() == gaussian.logpdf(ROWS).tolist()
    assert infinite.covariance.tolist() == gaussian.covariance.tolist()
    assert infinite.sample(5, 0)[0].tolist() == gaussian.sample(5, 0)[0].tolist()
    assert replace(infinite, n_parameters=0).n_parameters == replace(gaussian, n_parameters=0).n_parameters == 29
    assert MIXTURE.n_parameters == 31


def test_degrees_of_freedom_are_checked():
    with pytest.raises(
        DataError, match=r"degrees_of_freedom have shape \(2,\); expected one for each component, \(3,\)"
    ):
        replace(MIXTURE, degrees_of_freedom=[1, 2])
    with pytest.raises(DataError, match=r"component 1 has 0\.0; expected a number above 0, or infinity"):
        replace(MIXTURE, degrees_of_freedom=[1, 0, 3])
    with pytest.raises(DataError, match="component 0 has nan"):
        replace(MIXTURE, degrees_of_freedom=[np.nan, 1, 3])


def test_samples_have_t_distributions():
    one = Mixture([1.0], [[1.0, -2.0]], [[[4.0, 1.0], [1.0, 1.0]]], degrees_of_freedom=3)
    rows, _ = one.sample(4000, seed=1)
    assert kstest((rows[:, 0] - 1) / 2, student(3).cdf).pvalue > 0.01
    assert kstest(rows[:, 1] + 2, student(3).cdf).pvalue > 0.01
    rows, labels = MIXTURE.sample(3000, seed=0)
    np.testing.assert_allclose(np.bincount(labels) / 3000, MIXTURE.weights, atol=0.03)
    assert kstest(rows[labels == 2][:, 0] / np.sqrt(3), norm.cdf).pvalue > 0.01


def test_moments_exist_where_there_are_enough_degrees_of_freedom():
    many = replace(MIXTURE, degrees_of_freedom=[4, 6, np.inf])
    factors = np.array([2, 1.5, 1.0])
    gaussian = Mixture(many.weights, MEANS, factors[:, None, None] * MATRICES)
    np.testing.assert_allclose(many.covariance, gaussian.covariance)
    np.testing.assert_allclose(many.mean, gaussian.mean)
    assert np.isinf(MIXTURE.covariance[0, 0])
    assert np.isfinite(MIXTURE.mean).all()
    few = replace(MIXTURE, degrees_of_freedom=1)
    assert np.isnan(few.mean).all()
    assert np.isnan(few.covariance).all()
    unused = replace(MIXTURE, weights=[0.0, 0.3, 0.7])
    assert np.isfinite(unused.covariance).all()


def test_probabilities_in_one_column_are_those_of_scipy():
    one = Mixture([0.4, 0.6], [[0.0], [5.0]], [[[4.0]], [[1.0]]], degrees_of_freedom=[1, 7])
    x = np.array([-1e6, -30, -3, 0, 4, 9])
    wanted = 0.4 * student(1).cdf(x / 2) + 0.6 * student(7).cdf(x - 5)
    np.testing.assert_allclose(one.cdf(x), wanted, rtol=1e-12)
    np.testing.assert_allclose(one.quantile(wanted), x, rtol=1e-9, atol=1e-9)
    assert one.quantile([0.0, 1.0]).tolist() == [-np.inf, np.inf]
    far = one.probability(lower=[1e6]).item()
    assert far == pytest.approx(0.4 * student(1).sf(5e5) + 0.6 * student(7).sf(1e6 - 5), rel=1e-10)
    noisy = replace(one, weights=[0.4, 0.5], noise=Noise(0.1, [-50.0], [50.0]))
    assert noisy.cdf(noisy.quantile([0.3]).tolist()).item() == pytest.approx(0.3, abs=1e-12)


def test_probabilities_in_several_columns_are_integrals_of_the_density():
    two = MIXTURE.marginal(["a", "b"])
    found = two.probability([-1, -2], [2, 1.5]).item()
    exact = integrate.dblquad(lambda y, x: density(two, [[x, y]]).item(), -1, 2, -2, 1.5, epsabs=1e-7)[0]
    assert found == pytest.approx(exact, abs=2e-4)
    diagonal = Mixture([1.0], [[0.0, 0.0]], DiagonalCovariance(np.array([[1.0, 4.0]]), 1, 2), degrees_of_freedom=2)
    assert diagonal.probability([0, 0]).item() == pytest.approx(0.25, abs=1e-4)
    assert two.probability([-1, -np.inf], [2, np.inf]).item() == pytest.approx(
        two.marginal([0]).probability([-1], [2]).item(), abs=1e-12
    )
    assert two.probability().item() == pytest.approx(1.0)
    assert two.probability([1, 1], [1, 2]).item() == 0.0
    assert two.cdf([[1e9, 1e9]]).item() == pytest.approx(1.0, abs=1e-4)


def test_marginals_are_integrals():
    one = MIXTURE.marginal(["b"])
    assert one.degrees_of_freedom.tolist() == NU
    two, y = MIXTURE.marginal(["b", "c"]), 0.7
    integral = integrate.quad(lambda z: np.exp(two.logpdf([[y, z]])).item(), -np.inf, np.inf, limit=200)[0]
    assert np.exp(one.logpdf([[y]])).item() == pytest.approx(integral, rel=1e-6)


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_conditional_density_is_the_quotient_of_densities(diagonal):
    mixture = replace(MIXTURE, covariances=np.einsum("kii->ki", MATRICES)) if diagonal else MIXTURE
    given = mixture.condition(["c", "a"], [1.5, -2.0])
    assert given.degrees_of_freedom.tolist() == [3.5, 8.0, np.inf]
    for b in (-3.0, 0.0, 8.0):
        joint, known = mixture.logpdf([[-2.0, b, 1.5]]), mixture.marginal(["c", "a"]).logpdf([[1.5, -2.0]])
        np.testing.assert_allclose(given.logpdf([[b]]), joint - known, rtol=1e-11, atol=1e-11)


def test_missing_values_are_drawn_from_the_conditional_distribution():
    mixture = replace(MIXTURE, degrees_of_freedom=[5, 6, np.inf])
    row = np.array([[1.0, np.nan, 0.5]])
    given = mixture.condition(["a", "c"], [1.0, 0.5])
    assert mixture.impute(row)[0, 1] == pytest.approx(given.mean.item(), rel=1e-10)
    draws = mixture.impute(row, n=4000, seed=0)[:, 0, 1]
    assert kstest(draws, given.cdf).pvalue > 0.01
    nothing = mixture.impute(np.full((1, 3), np.nan), n=3000, seed=1)[:, 0, 0]
    assert kstest(nothing, mixture.marginal([0]).cdf).pvalue > 0.01


def test_noise_beside_t_components():
    noisy = replace(MIXTURE, weights=MIXTURE.weights * 0.9, noise=Noise(0.1, [-99.0] * 3, [99.0] * 3))
    wanted = np.log(0.9 * density(MIXTURE, ROWS) + 0.1 / 198**3)
    np.testing.assert_allclose(noisy.logpdf(ROWS), wanted, rtol=1e-11)
    assert noisy.log_joint(ROWS)[:, 3] == pytest.approx(np.log(0.1 / 198**3))
    np.testing.assert_allclose(noisy.without_noise().logpdf(ROWS), MIXTURE.logpdf(ROWS))
    assert noisy.records()[-1]["degrees of freedom"] is None
    row = np.array([[90.0, np.nan, -90.0]])
    assert noisy.predict(row).item() == -1 or noisy.posterior(row)[0, 0] > 0.5


def test_highest_density_regions_have_their_probability():
    one = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.0], [0.0, 1.0]]], degrees_of_freedom=4)
    radius = 2 * (0.1 ** (-2 / 4) - 1) * 4 / 2  # the squared distance is 2 F, of F with 2 and 4 degrees of freedom
    assert one.hdr_levels([0.9], n=40_000).item() == pytest.approx(one.logpdf([[radius**0.5, 0.0]]).item(), abs=0.1)
    assert chi2(2).ppf(0.9) < radius


def test_a_table_and_a_repr_tell_the_degrees_of_freedom():
    first = MIXTURE.records()[0]
    assert list(first) == [
        "component",
        "weight",
        "degrees of freedom",
        *(f"mean {c}" for c in "abc"),
        *(f"scale {c}" for c in "abc"),
    ]
    assert first["scale a"] == pytest.approx(np.sqrt(2))
    assert repr(MIXTURE) == "<Mixture of 3 t components in 3 dimensions, dense covariances>"


def test_a_model_file_keeps_all_bits():
    again = Mixture.from_json(MIXTURE.to_json())
    assert again.degrees_of_freedom.tolist() == NU
    assert again.logpdf(ROWS).tolist() == MIXTURE.logpdf(ROWS).tolist()
    assert json.loads(MIXTURE.to_json())["degrees_of_freedom"] == [1.5, 6.0, None]
    broken = MIXTURE.to_json().replace("1.5,\n  6.0", '"two",\n  6.0')
    with pytest.raises(DataError, match="not a valid model file"):
        Mixture.from_json(broken)


def test_components_are_selected_with_their_degrees_of_freedom():
    assert MIXTURE.select([2, 0]).degrees_of_freedom.tolist() == [np.inf, 1.5]
    assert MIXTURE.named("x", "y", "z").degrees_of_freedom.tolist() == NU


def test_what_needs_gaussian_components_says_so(tmp_path):
    with pytest.raises(ParameterError, match="reduce_dimensions needs Gaussian components"):
        mixtura.reduce_dimensions(MIXTURE)
    with pytest.raises(ParameterError, match="needs Gaussian components"):
        report_mixture(MIXTURE, ROWS, tmp_path / "a.html")
    with pytest.raises(ParameterError, match="the start has t components"):
        mixtura.fit(ROWS, start=MIXTURE)


def test_components_are_combined_by_their_responsibilities():
    rows = MIXTURE.sample(300, seed=0)[0]
    merged = mixtura.combine_components(MIXTURE, rows)
    assert merged.groups(3) == ((0,), (1,), (2,))


@pytest.mark.parametrize("measurement", [None, MISSING_VALUES], ids=["complete", "incomplete"])
@pytest.mark.parametrize("inner", {NUMPY_KERNEL, current_kernel()}, ids=lambda kernel: kernel.name)
def test_the_kernel_of_t_components_travels_by_its_name(inner, measurement):
    with using_kernel(inner):
        kernel = kernel_for(measurement, MIXTURE)
    assert "with t components" in kernel.name
    assert kernel_named(kernel.name).name == kernel.name
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).name)"
    text = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(kernel), capture_output=True, check=True)
    assert text.stdout.decode().strip() == kernel.name


def test_rows_that_were_measured_otherwise_are_refused():
    with pytest.raises(ParameterError, match="t components take exact values and missing ones"):
        kernel_for(object(), MIXTURE)


def test_the_kernel_of_gaussian_components_in_cpp_refuses_t_components():
    if NATIVE_BUILT:
        with pytest.raises(NotImplementedError, match="no t components"):
            kernel_named("native").log_density(MIXTURE, Chunk(ROWS))


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_pictures_are_drawn(columns):
    rows = MIXTURE.sample(100, seed=0)[0][:, :columns]
    mixture = replace(MIXTURE, degrees_of_freedom=[1, 6, np.inf]).marginal(list(range(columns)))
    assert mixtura.plot(mixture, rows).axes
