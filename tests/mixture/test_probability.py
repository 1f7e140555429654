"""Probabilities, quantiles, highest-density regions and merged components."""

import json
import warnings
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import norm

import mixtura
from mixtura import DataError, DenseCovariance, DiagonalCovariance, Mixture, ParameterError

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"
LINE = Mixture([0.2, 0.5, 0.3], [[-2.0], [1.0], [30.0]], DenseCovariance(np.array([[[0.25]], [[4.0]], [[1.0]]]), 3))
PLANE = Mixture(
    [0.4, 0.6], [[0.0, 0.0], [3.0, 1.0]], DenseCovariance(np.array([[[1.0, 0.5], [0.5, 2.0]], np.eye(2)]), 2)
)


def mclust_best(name):
    """Rows, mclust's best mixture for them, and the rest of its numbers."""
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    reference = json.loads((REFERENCE / f"{name}.json").read_text())
    found = reference["best"]["parameters"]

    def array(value):
        return np.reshape(value["data"], value["dim"], order="F")

    matrices = np.moveaxis(array(found["sigma"]), -1, 0)
    return rows, Mixture(found["pro"], array(found["mean"]).T, DenseCovariance(matrices, len(matrices))), reference


def test_cdf_in_one_dimension_is_the_weighted_sum():
    x = np.linspace(-6, 40, 60)
    expected = sum(
        w * norm.cdf(x, m, s)
        for w, m, s in zip(LINE.weights, LINE.means[:, 0], np.sqrt(LINE.covariances.variances()[:, 0]), strict=True)
    )
    np.testing.assert_allclose(LINE.cdf(x), expected, rtol=1e-14)


def test_quantiles_invert_the_cdf_in_both_tails():
    p = np.array([1e-300, 1e-12, 0.01, 0.2, 0.5, 0.7, 0.999, 1 - 1e-12])
    x = LINE.quantile(p)
    assert (np.diff(x) > 0).all()
    np.testing.assert_allclose(LINE.cdf(x), p, rtol=1e-12)


def test_quantiles_of_zero_and_one_are_infinite_and_shapes_stay():
    assert LINE.quantile([[0.0, 1.0]]).tolist() == [[-np.inf, np.inf]]
    assert LINE.quantile(0.5).shape == ()


def test_quantile_wants_one_column_and_probabilities():
    with pytest.raises(ParameterError, match="2 columns"):
        PLANE.quantile(0.5)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        LINE.quantile(1.5)
    with pytest.raises(ParameterError, match="p is 'a'; expected numbers between 0 and 1"):
        LINE.quantile("a")
    with pytest.raises(ParameterError, match="probabilities are 'a'; expected"):
        LINE.hdr_levels("a")


def test_a_box_in_the_far_tail_keeps_its_digits():
    one = Mixture([1.0], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1))
    with mpmath.workdps(40):
        expected = float(mpmath.ncdf(-20) - mpmath.ncdf(-21))
    assert one.probability([20.0], [21.0]) == pytest.approx(expected, rel=1e-12)


def test_boxes_agree_with_counting():
    rows, _ = PLANE.sample(400_000, seed=1)
    low, high = np.array([[-1.0, -1.0], [2.0, 0.0]]), np.array([[1.0, 2.0], [9.0, 1.0]])
    counted = [((rows > a) & (rows <= b)).all(axis=1).mean() for a, b in zip(low, high, strict=True)]
    np.testing.assert_allclose(PLANE.probability(low, high), counted, atol=3e-3)


def test_boxes_of_independent_columns_are_products():
    mixture = Mixture([1.0], [[1.0, -1.0, 0.0]], DiagonalCovariance(np.array([[1.0, 4.0, 9.0]]), 1, 3))
    expected = norm.cdf(0.5, 1, 1) * norm.cdf(0, -1, 2) * norm.cdf(2, 0, 3)
    assert mixture.cdf([[0.5, 0.0, 2.0]])[0] == pytest.approx(expected, rel=1e-13)


def test_all_space_has_probability_one():
    assert PLANE.probability() == pytest.approx(1, abs=1e-9)
    assert PLANE.probability().shape == ()


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        ([0.0], None, "shape"),
        ([0.0, np.nan], None, "lower is NaN in column 1; give -inf where a box has no end"),
        (None, [[0.0, 0.0], [np.nan, 0.0]], "upper is NaN in column 0; give inf where a box has no end"),
        (["x", 0.0], None, r"lower is \['x', 0.0\]; expected numbers, \(d,\) or \(n, d\)"),
        (None, [[0.0], [0.0, 1.0]], "upper is .* expected numbers"),
        ([[0.0, 0.0]], [[1.0, 1.0]] * 3, "as many"),
        ([0.0, 2.0], [1.0, 1.0], "column 1"),
    ],
)
def test_bad_boxes(lower, upper, message):
    with pytest.raises(DataError, match=message):
        PLANE.probability(lower, upper)


def test_uncertainty_is_what_the_others_hold():
    rows, _ = PLANE.sample(500, seed=0)
    np.testing.assert_allclose(PLANE.uncertainty(rows), 1 - PLANE.posterior(rows).max(axis=1), atol=1e-15)
    assert 0 < PLANE.uncertainty([[-6.0, -5.0]])[0] < 1e-16  # 1 - max would be 0


@pytest.mark.parametrize("name", ["faithful", "iris", "diabetes"])
def test_densities_and_regions_are_those_of_mclust(name):
    rows, mixture, reference = mclust_best(name)
    np.testing.assert_allclose(np.exp(mixture.logpdf(rows[:10])), reference["density_first10"], rtol=1e-6)
    levels = mixture.hdr_levels(reference["hdr"]["prob"], rows)
    np.testing.assert_allclose(np.exp(levels), reference["hdr"]["level"], rtol=1e-6)


def test_regions_hold_their_probability():
    fresh, _ = PLANE.sample(100_000, seed=5)
    wanted = [0.1, 0.5, 0.9]
    held = (PLANE.logpdf(fresh)[:, None] >= PLANE.hdr_levels(wanted, seed=3)).mean(axis=0)
    np.testing.assert_allclose(held, wanted, atol=0.01)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        PLANE.hdr_levels([50])


@pytest.mark.parametrize("name", ["faithful", "diabetes"])
def test_merging_is_that_of_mclust(name):
    rows, _, reference = mclust_best(name)
    start = np.array(reference["start"]["labels"])
    options = {"tol": 0, "max_iter": 60, "em": mixtura.EM(accelerate=False), "record": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mixtura.fit(rows, model=reference["best"]["model"], start=start, **options)
    # mclust's responsibilities belong to the iteration where it stopped.
    best = reference["best"]["loglik"]
    mixture = min(fit.history, key=lambda step: abs(step.loglik - best)).mixture
    merged = mixtura.combine_components(mixture, rows)
    np.testing.assert_allclose(merged.entropies, reference["clustCombi"]["entropy"], rtol=1e-5, atol=1e-10)
    for n_clusters, labels in enumerate(reference["clustCombi"]["labels"], start=1):
        pairs = set(zip(merged.predict(rows, n_clusters).tolist(), labels, strict=True))
        assert len(pairs) == n_clusters  # the same partition


def test_merging_with_weights_is_merging_repeated_rows():
    rows, _ = PLANE.sample(60, seed=2)
    mixture = mixtura.fit(rows, 4, seed=0).mixture
    counts = np.arange(60) % 4
    weighted, repeated = (
        mixtura.combine_components(mixture, rows, counts),
        mixtura.combine_components(mixture, np.repeat(rows, counts, axis=0)),
    )
    assert weighted.merges == repeated.merges
    np.testing.assert_allclose(weighted.entropies, repeated.entropies, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(weighted.merged_rows, repeated.merged_rows, rtol=1e-9)


def test_a_cross_of_four_components_is_found_to_be_two_clusters():
    spread = np.array([np.diag([9.0, 0.1]), np.diag([0.1, 9.0])] * 2)
    mixture = Mixture([0.25] * 4, [[0, 0], [0, 0], [40, 0], [40, 0]], DenseCovariance(spread, 4))
    merged = mixtura.combine_components(mixture, mixture.sample(2000, seed=0)[0])
    assert merged.suggested == 2
    assert merged.groups(2) == ((0, 1), (2, 3))
    assert merged.posterior([[0.0, 1.0]], 1).tolist() == [[1.0]]
    with pytest.raises(ParameterError, match="4 components"):
        merged.groups(5)


def test_one_component_has_nothing_to_merge():
    mixture = Mixture([1.0], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1))
    merged = mixtura.combine_components(mixture, [[0.0], [1.0]])
    assert (merged.merges, merged.entropies, merged.suggested) == ((), (0.0,), 1)


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("radius", [12, 6])
def test_separate_clusters_stay_separate(k, radius):
    angle = 2 * np.pi * np.arange(k) / k
    rng = np.random.default_rng(k)
    rows = np.repeat(radius * np.c_[np.cos(angle), np.sin(angle)], 100, axis=0) + rng.normal(size=(100 * k, 2))
    merged = mixtura.combine_components(mixtura.fit(rows, k, start="hierarchical").mixture, rows)
    assert merged.suggested == k


@pytest.mark.parametrize("k", [2, 3])
def test_one_skewed_cluster_is_one(k):
    rows = np.random.default_rng(0).gamma(4, size=(2000, 1))
    assert mixtura.combine_components(mixtura.fit(rows, k, seed=0).mixture, rows).suggested == 1


def test_split_clusters_are_joined_beside_separate_ones():
    rng = np.random.default_rng(1)
    rows = np.r_[rng.gamma(4, size=600), rng.gamma(4, size=600) + 40, rng.normal(80, 1, 400)][:, None]
    merged = mixtura.combine_components(mixtura.fit(rows, 5, seed=0).mixture, rows)
    assert merged.suggested == 3


@pytest.mark.parametrize(("name", "expected"), [("iris", 2), ("diabetes", 2), ("faithful", 2)])
def test_entropies_of_mclusts_best_models_lead_to_as_many_clusters_as_in_r(name, expected):
    """mclust's best model of each, its entropies, and the number of rows in the clusters that are merged."""
    folder = Path(__file__).parents[1] / "reference" / "mclust"
    reference = json.loads((folder / f"{name}.json").read_text())
    rows = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1)
    best = mixtura.select(rows, [reference["best"]["G"]], models=reference["best"]["model"], seed=0).best
    merged = mixtura.combine_components(best.mixture, rows)
    np.testing.assert_allclose(merged.entropies, reference["clustCombi"]["entropy"], atol=0.05, rtol=1e-2)
    assert merged.suggested == expected


def test_quantiles_of_components_that_are_far_apart():
    """Halving an interval of 1e100 never reaches the scale of a component at zero."""
    mixture = mixtura.Mixture([0.5, 0.5], [[0.0], [1e100]], mixtura.DenseCovariance(np.ones((2, 1, 1)), 2))
    assert mixture.quantile(0.25) == pytest.approx(0, abs=1e-12)
    assert mixture.quantile([0.4, 0.1]) == pytest.approx(ndtri([0.8, 0.2]), rel=1e-12)
    assert mixture.quantile(0.75) == pytest.approx(1e100)
