"""What a stranger's data and habits once broke."""

import json
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.mixture

import mixtura
from mixtura import DataError, DenseCovariance, DiagonalCovariance, Mixture, ParameterError
from mixtura.data.array import ArraySource


def outlying(d=3, far=1e9):
    return np.r_[np.random.default_rng(0).normal(size=(200, d)), np.full((1, d), far)]


@pytest.mark.parametrize("reg_covar", [1e-6, 0])
def test_a_distant_outlier_does_not_widen_scikit_learns_components(reg_covar):
    rows = np.vstack([outlying(), outlying()[-1:] + np.eye(3)])
    options = {"random_state": 0, "reg_covar": reg_covar}
    theirs = sklearn.mixture.GaussianMixture(2, **options).fit(rows)
    ours = mixtura.GaussianMixture(2, **options).fit(rows)
    big = ours.weights_.argmax()
    np.testing.assert_allclose(ours.covariances_[big], theirs.covariances_[theirs.weights_.argmax()], rtol=1e-6)
    for kind in ("diag", "spherical"):
        found = mixtura.GaussianMixture(2, covariance_type=kind, **options).fit(rows)
        assert found.covariances_[found.weights_.argmax()].max() < 2


@pytest.mark.parametrize("distance", [1e2, 1e4])
def test_clusters_far_apart_keep_their_width(distance):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 2)) + distance * rng.integers(0, 2, size=(400, 1))
    fit = mixtura.fit(rows, 2, seed=0)
    assert fit.outcome is mixtura.Outcome.CONVERGED
    np.testing.assert_allclose(fit.mixture.covariances.variances(), 1, atol=0.3)


@pytest.mark.parametrize(("offset", "dtype"), [(1e9, np.float64), (1e10, np.float64), (1e6, np.float32)])
def test_the_k_means_start_works_far_from_the_origin(offset, dtype):
    rng = np.random.default_rng(0)
    rows = (np.r_[rng.normal(size=(500, 2)), rng.normal(size=(500, 2)) + 8] + offset).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        start = mixtura.fit(rows, 2, seed=0, max_iter=0)
    np.testing.assert_allclose(start.mixture.weights, 0.5, atol=0.01)


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_tables_are_matched_by_name(iris, table):
    frame = table({name: iris[:, j] for j, name in enumerate("abcd")})
    turned = frame[list("dcba")]
    mixture = mixtura.fit(frame, 2, seed=0).mixture
    np.testing.assert_array_equal(mixture.logpdf(turned), mixture.logpdf(frame))
    again = mixtura.fit(turned, start=mixture)
    assert again.mixture.columns == tuple("dcba")
    assert again.trace[0] == pytest.approx(mixture.logpdf(frame).sum())
    with pytest.raises(DataError, match="X has no column 'd'"):
        mixture.logpdf(frame[list("abc")])
    with pytest.raises(ParameterError, match="the start describes a, b, c, d; the data has a, b, c"):
        mixtura.fit(frame[list("abc")], start=mixture)
    with pytest.raises(ParameterError, match="the data has 2 columns"):
        mixtura.fit(iris[:, :2], start=mixture)


def test_a_source_brings_its_own_weights(iris):
    with pytest.raises(ParameterError, match="give the weights to the Source"):
        mixtura.fit(ArraySource.of(iris), 2, sample_weight=np.ones(150))
    assert mixtura.fit(ArraySource.of(iris), start=[0] * 50 + [1] * 100).mixture.n_components == 2


def test_a_path_is_read(iris, tmp_path):
    path = tmp_path / "iris.csv"
    pl.DataFrame({name: iris[:, j] for j, name in enumerate("abcd")}).write_csv(path)
    for given in (path, str(path)):
        fit = mixtura.fit(given, 2, seed=0)
        assert fit.mixture.columns == tuple("abcd")
    assert fit.trace == mixtura.fit(iris, 2, seed=0).trace


def test_nothing_inside_a_mixture_can_be_changed():
    matrices = np.eye(2)[None].copy()
    mixture = Mixture([1.0], [[0.0, 0.0]], DenseCovariance(matrices, 1))
    matrices *= 100
    assert mixture.covariances[0].tolist() == np.eye(2).tolist()
    spread = mixture.covariances
    for inner in (spread.matrices, spread[0], spread.lower, spread.precision_factors, spread.dense(), mixture.weights):
        with pytest.raises(ValueError, match="read-only"):
            inner[...] = 5
    with pytest.raises(ValueError, match="read-only"):
        DiagonalCovariance(np.ones((1, 2)), 1, 2).values.fill(5)
    with pytest.raises(ValueError, match="read-only"):
        mixtura.fit(np.arange(10.0), 1).sizes[...] = 5
    assert pickle.loads(pickle.dumps(mixture)).to_json() == mixture.to_json()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: DenseCovariance(np.full((1, 2, 2), np.nan), 1), "component 0 is not finite"),
        (lambda: DenseCovariance([[[1.0, 0.9], [0.0, 1.0]]], 1), "not symmetric"),
        (lambda: DenseCovariance(np.eye(2), 1), r"shape \(2, 2\); expected \(1 or 1, d, d\)"),
        (lambda: DenseCovariance(np.ones((3, 1, 1)), 2), r"expected \(2 or 1, d, d\)"),
        (lambda: DiagonalCovariance([[np.inf]], 1, 1), "not finite"),
        (lambda: DiagonalCovariance([1.0], 1, 1), "expected"),
        (lambda: Mixture([1.0], [[0.0]], np.ones(1)), r"shape \(1,\); expected \(k, d, d\), or variances"),
        (lambda: Mixture([1.0], [[0.0]], [[[-1.0]]]), "not positive definite"),
        (lambda: Mixture([1.0], ["a"], DenseCovariance(np.ones((1, 1, 1)), 1)), "means cannot be read"),
    ],
)
def test_parts_are_checked_where_they_are_made(make, words):
    with pytest.raises(DataError, match=words):
        make()


def test_columns_are_not_guessed():
    mixture = Mixture([1.0], [[0.0, 1.0]], DenseCovariance(np.eye(2)[None], 1), ("a", "b"))
    for wrong in ("ab", 0):
        with pytest.raises(ParameterError, match="expected a list"):
            mixture.marginal(wrong)
    for wrong in ([0.7], np.array([True, False]), [None]):
        with pytest.raises(ParameterError, match="is not one of a, b"):
            mixture.marginal(wrong)
    with pytest.raises(DataError, match="numbers"):
        mixture.condition(["a"], ["x"])


def test_a_flat_trace_has_converged():
    fit = mixtura.fit(np.arange(10.0), 1, tol=0)
    assert fit.outcome is mixtura.Outcome.CONVERGED
    assert fit.iterations < 5


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": 5},
        {"columns": "ab"},
        {"columns": [1, 2]},
        {"components": {"x": 1}},
        {"n_parameters": -7},
        {"n_parameters": 2.7},
        {"n_parameters": 1e999},
        {"version": True},
        {"weights": [10**400]},
        {"n_parameters": 10**400},
        {"covariances": {"kind": []}},
        {"covariances": {"kind": {}}},
        {"covariances": None},
        {"noise": {"weight": 10**400, "lower": [0, 0], "upper": [1, 1]}},
    ],
)
def test_a_strange_model_file_is_one_clear_error(changes):
    content = json.loads(Mixture([1.0], [[0.0, 1.0]], DenseCovariance(np.eye(2)[None], 1)).to_json())
    with pytest.raises((DataError, ParameterError)):
        Mixture.from_json(json.dumps({**content, **changes}))
    with pytest.raises(DataError):
        Mixture.from_json("[" * 100_000)


WRONG = {
    "text": "x",
    "list": [],
    "dictionary": {},
    "negative": -1.5,
    "matrix": [[1]],
    "huge": 10**400,
    "long": 10**5000,
}


@pytest.mark.parametrize("name", ["n_components", "n_init", "tol", "max_iter", "threads", "trim"])
@pytest.mark.parametrize("wrong", WRONG)
def test_arguments_that_are_no_numbers_are_refused_in_a_sentence(wrong, name, iris):
    with pytest.raises(mixtura.ParameterError, match=f"^{name} is .*; expected a") as caught:
        mixtura.fit(iris, **{"n_components": 2, "max_iter": 1, name: WRONG[wrong]})
    assert len(str(caught.value)) < 200


def test_masks_and_dates_are_not_read_as_numbers():
    with pytest.raises(DataError, match="masked"):
        mixtura.fit(np.ma.array([1.0, 999.0, 2.0], mask=[False, True, False]), 1)
    with pytest.raises(DataError, match="datetime64"):
        mixtura.fit(np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"), 1)
    assert mixtura.fit([True, False, True], 1).n_rows == 3
    assert mixtura.fit(["1", "2", "4"], 1).mixture.means.item() == pytest.approx(7 / 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start": None}, "start is None"),
        ({"start": 5}, "start is 5"),
        ({"start": [[0.0], [0.0, 1.0]]}, "ragged"),
        ({"start": np.zeros((2, 2, 2))}, r"array of shape \(2, 2, 2\)"),
        ({"start": np.array([["a", "b"]] * 150)}, "responsibilities, row 0, column 0: .a. is not a number"),
        ({"start": [1, "a"] * 75}, "one type"),
        ({"start": [None, "a"] * 75}, "row 0: label None"),
        ({"start": mixtura.Parameters([1.0], np.zeros((1, 4)), np.eye(4)[None])}, "precisions have shape"),
        ({"on_iteration": 5}, "expected a function"),
        ({"sample_weight": ["a"] * 150}, "sample_weight"),
        ({"sample_weight": np.full(150, 1j)}, "complex128"),
        ({"sample_weight": np.full(150, 1e308), "weights_are": "counts"}, "too large"),
    ],
)
def test_more_bad_arguments_are_named(iris, arguments, words):
    with pytest.raises((DataError, ParameterError), match=words):
        mixtura.fit(iris, **{"n_components": 2, **arguments})


def test_parameters_must_be_for_k(iris):
    start = mixtura.Parameters(np.ones(1), np.zeros((1, 4)), covariances=DenseCovariance(np.eye(4)[None], 1))
    with pytest.raises(ParameterError, match="n_components is 3, but the start has 1 components"):
        mixtura.fit(iris, 3, start=start)


def test_tiny_weights_are_relative_in_the_scikit_learn_layer_too(iris):
    whole = mixtura.GaussianMixture(2, random_state=0).fit(iris)
    tiny = mixtura.GaussianMixture(2, random_state=0).fit(iris, sample_weight=np.full(150, 1e-18))
    assert tiny.lower_bound_ == pytest.approx(whole.lower_bound_)


HARD = {
    "iris": None,
    "three distinct rows": np.repeat([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], 12, axis=0),
    "small numbers": 1e-140 * np.random.default_rng(0).normal(size=(36, 2)),
    "large numbers": 1e140 * np.random.default_rng(0).normal(size=(36, 2)),
    "an outlier": np.vstack([np.random.default_rng(0).normal(size=(36, 2)), [[1e6, 1e6]]]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", ["EII", "VVI", "EVE", "EVV", "VVV"])
@pytest.mark.parametrize("name", HARD)
def test_numpys_error_settings_do_not_stop_a_fit(name, model, iris):
    rows = iris if HARD[name] is None else HARD[name]
    for start in ("small-em", "hierarchical", "kmeans", "k-means++", "random"):
        usual = mixtura.fit(rows, 3, model=model, start=start, seed=0, max_iter=20)
        with np.errstate(all="raise"):
            fit = mixtura.fit(rows, 3, model=model, start=start, seed=0, max_iter=20)
        assert fit.mixture.to_json() == usual.mixture.to_json()


@pytest.mark.filterwarnings("ignore")
def test_numpys_error_settings_stop_nothing_else_either(iris):
    rows = iris[:, :2]
    with np.errstate(all="raise"):
        for options in ({"noise": True}, {"trim": 0.1}, {"prior": "conjugate"}, {"em": mixtura.EM(accelerate=False)}):
            fit = mixtura.fit(rows, 2, seed=0, **options)
        mixtura.fit(rows, 2, seed=0, sample_weight=np.geomspace(1e-250, 1, len(rows)), weights_are="sampling")
        mixture = fit.mixture
        far = np.vstack([rows, [[1e3, -1e3]]])
        for method in ("logpdf", "posterior", "predict", "uncertainty", "cdf"):
            assert np.isfinite(getattr(mixture, method)(far)).all()
        mixture.marginal([0]).quantile([0.001, 0.999])
        mixture.hdr_levels([0.5, 0.9])
        mixtura.assess(mixture, rows)
        mixtura.plot(fit, rows)
        mixtura.reduce_dimensions(mixture)
        mixtura.combine_components(mixture, rows).predict(rows, 1)
        assert mixtura.select(rows, [1, 2], seed=0).best.outcome.converged
        mixtura.bootstrap(fit, rows, 3, seed=0).records()
        mixtura.discriminant(rows, np.repeat([0, 1, 2], 50)).predict(far)
        for options in ({}, {"covariance_type": "VEV"}, {"on_collapse": "repair"}, {"init_params": "random"}):
            estimator = mixtura.GaussianMixture(2, random_state=0, **options).fit(rows)
            estimator.predict_proba(far)
            estimator.sample(9)


def test_rows_of_weight_zero_are_passed_over_without_a_copy():
    rows = np.random.default_rng(0).normal(size=(20_000, 2))
    weight = np.ones(20_000)
    weight[::7] = 0
    source = ArraySource.of(rows, weight)
    assert source.array is rows
    assert source.n_rows == np.count_nonzero(weight)
    assert source.sum(lambda chunk: len(chunk.rows)) == source.n_rows
    assert len(source.rows(100, np.random.default_rng(0)).rows) == 100
    labels = np.where(rows[:, 0] > 0, 1, 0)
    labels[weight == 0] = 2
    fit = mixtura.fit(rows, 2, start=labels, sample_weight=weight)
    assert fit.n_rows == source.n_rows
    share = mixtura.Responsibilities(np.eye(2)[labels % 2])
    assert mixtura.fit(rows, 2, start=share, sample_weight=weight).mixture.n_components == 2
    gone = np.zeros(20_000)
    gone[-3:] = 1
    assert mixtura.fit(rows, 1, sample_weight=gone).n_rows == 3


def test_commands_do_not_overwrite_what_they_read(tmp_path, capsys, iris):
    from mixtura.cli import main

    data, model = tmp_path / "data.csv", tmp_path / "model.json"
    pl.DataFrame({name: iris[:, j] for j, name in enumerate("abcd")}).write_csv(data)
    before = data.read_text()
    assert main(["fit", str(data), "-k", "2", "--output", str(model)]) == 0
    saved = model.read_text()
    for command in (
        ["fit", str(data), "-k", "2", "--labels", str(data)],
        ["fit", str(data), "-k", "2", "--start", str(model), "--output", str(model)],
        ["predict", str(model), str(data), "--output", str(data)],
        ["score", str(model), str(data), "--per-row", "--output", str(data)],
    ):
        assert main(command) == 2
        assert "would overwrite what is read" in capsys.readouterr().err
    assert main(["fit", str(data), "-k", "2", "--output", str(tmp_path / "model.csv")]) == 2
    assert "ends in .json" in capsys.readouterr().err
    assert data.read_text() == before
    assert model.read_text() == saved
