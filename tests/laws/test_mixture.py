"""Laws of the distribution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from strategies import random_mixture

import mixtura
from mixtura import DenseCovariance, DiagonalCovariance, Mixture


@st.composite
def mixtures(draw, min_d=1):
    """Any storage: dense or diagonal, own or shared, spherical or not."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k, d = draw(st.integers(1, 4)), draw(st.integers(min_d, 5))
    dense = random_mixture(rng, k, d)
    variances = rng.uniform(0.1, 4, size=(k, d))
    covariances = draw(
        st.sampled_from(
            [
                dense.covariances,
                DenseCovariance(dense.covariances.dense()[:1], k),
                DiagonalCovariance(variances, k, d),
                DiagonalCovariance(variances[:, :1], k, d),
                DiagonalCovariance(variances[:1], k, d),
            ]
        )
    )
    names = tuple(f"c{j}" for j in range(d))
    return Mixture(dense.weights, dense.means, covariances, columns=names), rng


def direct(mixture, rows):
    """Log-density by SciPy, one component at a time."""
    parts = [
        np.log(w) + multivariate_normal(m, s).logpdf(rows).reshape(-1)
        for w, m, s in zip(mixture.weights, mixture.means, mixture.covariances.dense(), strict=True)
    ]
    return np.logaddexp.reduce(parts, axis=0)


@given(mixtures())
def test_the_density_is_scipys(case):
    mixture, rng = case
    rows = rng.normal(0, 5, size=(20, mixture.n_features))
    np.testing.assert_allclose(mixture.logpdf(rows), direct(mixture, rows), rtol=1e-9, atol=1e-9)
    posterior = mixture.posterior(rows)
    np.testing.assert_allclose(posterior.sum(axis=1), 1)
    np.testing.assert_array_equal(mixture.predict(rows), posterior.argmax(axis=1))


@given(mixtures())
def test_json_gives_the_same_bits_back(case):
    mixture, _ = case
    again = Mixture.from_json(mixture.to_json())
    np.testing.assert_array_equal(again.weights, mixture.weights)
    np.testing.assert_array_equal(again.means, mixture.means)
    np.testing.assert_array_equal(again.covariances.dense(), mixture.covariances.dense())
    assert type(again.covariances) is type(mixture.covariances)
    assert again.columns == mixture.columns
    assert again.n_parameters == mixture.n_parameters
    assert again.to_json() == mixture.to_json()


@given(mixtures(min_d=2), st.data())
def test_marginal_and_conditional_multiply_to_the_joint(case, data):
    mixture, rng = case
    d = mixture.n_features
    order = data.draw(st.permutations(range(d)))
    cut = data.draw(st.integers(1, d - 1))
    given_columns, rest = order[:cut], sorted(order[cut:])
    point = rng.normal(0, 3, size=d)
    marginal = mixture.marginal(given_columns)
    conditional = mixture.condition([f"c{j}" for j in given_columns], point[given_columns])
    assert conditional.columns == tuple(f"c{j}" for j in rest)
    joint = marginal.logpdf([point[given_columns]]) + conditional.logpdf([point[rest]])
    assert joint.item() == pytest.approx(mixture.logpdf([point]).item(), rel=1e-8, abs=1e-8)
    np.testing.assert_allclose(marginal.mean, mixture.mean[given_columns], atol=1e-12)
    np.testing.assert_allclose(
        marginal.covariance, mixture.covariance[np.ix_(given_columns, given_columns)], atol=1e-10
    )


@given(mixtures(min_d=2))
def test_conditional_moments_are_the_textbooks(case):
    mixture, rng = case
    d = mixture.n_features
    value = rng.normal()
    conditional = mixture.condition([0], [value])
    rest = np.arange(1, d)
    for j, matrix in enumerate(mixture.covariances.dense()):
        slope = matrix[rest, 0] / matrix[0, 0]
        mean = mixture.means[j, rest] + slope * (value - mixture.means[j, 0])
        np.testing.assert_allclose(conditional.means[j], mean, atol=1e-9)
        schur = matrix[np.ix_(rest, rest)] - np.outer(slope, matrix[0, rest])
        np.testing.assert_allclose(conditional.covariances[j], schur, atol=1e-9)


@given(mixtures())
def test_storage_agrees_with_itself(case):
    mixture, rng = case
    covariances, k, d = mixture.covariances, mixture.n_components, mixture.n_features
    dense = covariances.dense()
    np.testing.assert_allclose(covariances.logdet(), np.linalg.slogdet(dense)[1], atol=1e-9)
    np.testing.assert_allclose(covariances.variances(), np.diagonal(dense, axis1=1, axis2=2))
    delta = rng.normal(size=(7, d))
    for j in range(k):
        squares = (covariances.whiten(j, delta) ** 2).sum(axis=1)
        expected = np.einsum("ni,ij,nj->n", delta, np.linalg.inv(dense[j]), delta)
        np.testing.assert_allclose(squares, expected, rtol=1e-7)
        coloured = covariances.colour(j, np.eye(d))
        np.testing.assert_allclose(coloured.T @ coloured, dense[j], atol=1e-9)
        np.testing.assert_array_equal(covariances[j], dense[j])
    kept = mixture.select(np.array([k - 1]))
    np.testing.assert_allclose(kept.covariances[0], dense[-1])
    assert kept.weights.tolist() == [1.0]


@pytest.mark.parametrize("kind", ["dense", "shared", "diagonal", "spherical"])
def test_samples_have_the_mixtures_moments(kind):
    rng = np.random.default_rng(1)
    dense = random_mixture(rng, 3, 3)
    variances = rng.uniform(0.5, 2, size=(3, 3))
    covariances = {
        "dense": dense.covariances,
        "shared": DenseCovariance(dense.covariances.dense()[:1], 3),
        "diagonal": DiagonalCovariance(variances, 3, 3),
        "spherical": DiagonalCovariance(variances[:, :1], 3, 3),
    }[kind]
    mixture = Mixture(dense.weights, dense.means, covariances)
    rows, labels = mixture.sample(200_000, seed=2)
    # Five standard errors: a wrong formula is off by far more.
    np.testing.assert_allclose(np.bincount(labels) / len(rows), mixture.weights, atol=5 * 0.5 / np.sqrt(len(rows)))
    for j in range(3):
        own = rows[labels == j]
        error = 5 * np.sqrt(np.diag(mixture.covariances[j]) / len(own))
        assert (np.abs(own.mean(axis=0) - mixture.means[j]) < error).all()
        np.testing.assert_allclose(np.cov(own.T), mixture.covariances[j], atol=0.08)
    np.testing.assert_allclose(rows.mean(axis=0), mixture.mean, atol=0.05)
    np.testing.assert_allclose(np.cov(rows.T), mixture.covariance, rtol=0.05, atol=0.1)
    assert mixtura.Mixture.sample(mixture, 5, seed=3)[0].tolist() == mixture.sample(5, seed=3)[0].tolist()
