"""The distribution: what it refuses, keeps and names."""

import json

import numpy as np
import pytest

from mixtura import DataError, DenseCovariance, DiagonalCovariance, Mixture, Noise, ParameterError

UNIT = DenseCovariance(np.eye(2)[None], 2)


@pytest.fixture
def mixture():
    return Mixture([0.25, 0.75], [[0.0, 1.0], [2.0, 3.0]], UNIT, ("a", "b"), ("left", "right"))


def test_it_cannot_be_changed(mixture):
    with pytest.raises(AttributeError):
        mixture.weights = np.ones(2)
    with pytest.raises(ValueError, match="read-only"):
        mixture.means[0] = 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.5, 0.5], [[0.0, 1.0]], UNIT), "expected"),
        (([0.5, 0.6], [[0.0, 0], [1, 1]], UNIT), "sum to one"),
        (([-0.5, 1.5], [[0.0, 0], [1, 1]], UNIT), "probabilities"),
        (([0.5, 0.5], [[0.0], [1]], UNIT), "covariances are for 2 components in 2 dimensions"),
        (([0.5, 0.5], [[0.0, np.nan], [1, 1]], UNIT), "mean of component 0 is not finite"),
        (
            ([0.5, 0.5], [[0.0, 0], [1, 1]], DenseCovariance(-np.eye(2)[None], 2)),
            "component 0 is not positive definite",
        ),
        (([0.5, 0.5], [[0.0, 0], [1, 1]], DiagonalCovariance(np.zeros((2, 2)), 2, 2)), "not positive definite"),
        (([0.5, 0.5], [[0.0, 0], [1, 1]], UNIT, ("a",)), "columns are"),
        (([0.5, 0.5], [[0.0, 0], [1, 1]], UNIT, None, ("x", "x")), "component_names are"),
    ],
)
def test_what_is_no_mixture_is_refused(arguments, words):
    with pytest.raises(DataError, match=words):
        Mixture(*arguments)


def test_columns_by_name_and_number(mixture):
    assert mixture.marginal([1]).columns == ("b",)
    assert mixture.marginal(["b", "a"]).means.tolist() == [[1.0, 0.0], [3.0, 2.0]]
    assert mixture.marginal(["b"]).component_names == ("left", "right")
    assert mixture.condition(["a"], [0.0]).component_names == ("left", "right")
    for wrong in ("c", 2, -1):
        with pytest.raises(ParameterError, match="is not one of a, b"):
            mixture.marginal([wrong])
    with pytest.raises(ParameterError, match="twice"):
        mixture.marginal(["a", 0])
    with pytest.raises(ParameterError, match="empty"):
        mixture.marginal([])
    with pytest.raises(ParameterError, match="all columns are given"):
        mixture.condition([0, 1], [0.0, 0.0])
    with pytest.raises(ParameterError, match="one finite number"):
        mixture.condition([0], [0.0, 0.0])
    plain = Mixture(mixture.weights, mixture.means, UNIT)
    with pytest.raises(ParameterError, match="0 to 1"):
        plain.marginal(["a"])


def test_rows_are_checked_against_it(mixture):
    with pytest.raises(DataError, match="X has 3 columns; this mixture has 2 dimensions"):
        mixture.logpdf(np.zeros((1, 3)))
    with pytest.raises(DataError, match='column "b"'):
        mixture.predict([[0.0, np.inf]])
    with pytest.raises(ParameterError, match="n is 0"):
        mixture.sample(0)


def test_selecting_keeps_names(mixture):
    kept = mixture.select(np.array([False, True]))
    assert kept.component_names == ("right",)
    assert kept.columns == ("a", "b")


def changed(mixture, **changes):
    content = json.loads(mixture.to_json())
    content.update(changes)
    return json.dumps({key: value for key, value in content.items() if value != "drop"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "other"}, "not a model file"),
        ({"version": 99}, "version 99; this program reads version 1"),
        ({"weights": "drop"}, "'weights' is missing"),
        ({"weights": [0.5, 0.1]}, "sum to one"),
        ({"weights": ["a", "b"]}, "not a valid model file"),
        ({"means": [[0.0], [1.0, 2.0]]}, "not a valid model file"),
        ({"means": [0.0, 1.0]}, "means have shape"),
        ({"means": [[None, 1.0], [1.0, 2.0]]}, "not finite"),
        ({"covariances": []}, "covariances: expected"),
        ({"covariances": {"kind": "round", "values": []}}, "covariances: expected"),
        ({"covariances": {"kind": "dense", "values": [[[1.0]]]}}, "in 1 dimensions; the means have 2 and 2"),
        ({"covariances": {"kind": "dense", "values": [[[1.0, 0.5], [0.0, 1.0]]]}}, "not symmetric"),
        ({"covariances": {"kind": "dense", "values": [[[1.0, 2.0], [2.0, 1.0]]]}}, "not positive definite"),
        ({"covariances": {"kind": "diagonal", "values": [[1.0, 2.0, 3.0]]}}, r"\(2 or 1, 2 or 1\)"),
        ({"covariances": {"kind": "diagonal", "values": [[1.0, -2.0]]}}, "not positive definite"),
        ({"columns": ["a"]}, "columns are"),
    ],
)
def test_json_is_checked(mixture, changes, words):
    with pytest.raises(DataError, match=words):
        Mixture.from_json(changed(mixture, **changes))


def test_json_that_is_no_json():
    with pytest.raises(DataError, match="line 1 is not JSON"):
        Mixture.from_json("{")
    with pytest.raises(DataError, match="expected an object"):
        Mixture.from_json("[]")


def test_json_keeps_names_and_counts(mixture):
    counted = Mixture(mixture.weights, mixture.means, UNIT, mixture.columns, mixture.component_names, n_parameters=7)
    again = Mixture.from_json(counted.to_json())
    assert (again.columns, again.component_names, again.n_parameters) == (("a", "b"), ("left", "right"), 7)
    assert mixture.n_parameters == 1 + 4 + 3


def test_parts_that_are_refused_by_themselves():
    with pytest.raises(DataError, match="not positive"):
        DiagonalCovariance.from_precisions(np.zeros((1, 1)), 1, 1)
    with pytest.raises(DataError, match="symmetric"):
        DenseCovariance.from_precisions(np.array([[[1.0, 2.0], [0.0, 1.0]]]), 1, 2)


def test_covariances_are_symmetric_to_the_last_bit():
    given = np.array([[[2.0, 1.0], [1 + 1e-9, 2.0]]])
    found = DenseCovariance(given, 1).matrices
    np.testing.assert_array_equal(found, found.swapaxes(1, 2))
    np.testing.assert_allclose(found, [[[2, 1 + 5e-10], [1 + 5e-10, 2]]], rtol=1e-15)


@pytest.mark.parametrize("variance", [1e-320, 1e-308, 1e300])
def test_densities_of_extreme_covariances_come_without_warnings(variance):
    """Distances that overflow are the largest that are told apart."""
    rows = [[0.0, 0.0], [1.0, 1.0], [1e150, -3.0]]
    for covariances in ([[variance, variance], [1.0, variance]], [np.diag([variance, 1.0])] * 2):
        mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], covariances)
        with np.errstate(all="raise"):
            joint = mixture.log_joint(rows)
        assert np.isfinite(joint).all()
        np.testing.assert_allclose(np.logaddexp(*joint[:2].T), mixture.logpdf(rows[:2]), rtol=1e-12)


@pytest.mark.parametrize(("count", "left"), [(1, 5), (2, 5), (3, 1), (0, 5)])
def test_the_parameters_of_noise_go_with_it(count, left):
    """Noise over a known region may count as one parameter; what is left is then counted anew."""
    noise = Noise(0.2, [-9.0, -9.0], [9.0, 9.0])
    mixture = Mixture([0.8], [[0.0, 0.0]], np.eye(2)[None], n_parameters=count, noise=noise)
    assert mixture.without_noise().n_parameters == left
