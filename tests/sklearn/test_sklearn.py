"""The scikit-learn layer: its conventions, its own tests, and what goes beyond them."""

import io
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.mixture
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import mixtura
import sklearn
from mixtura import GaussianMixture
from mixtura.covariance.models.names import MODELS
from mixtura.sklearn.automatic import as_start_result, covariance_type_of
from mixtura.sklearn.fitted_attributes import set_attributes

HERE = Path(__file__).parents[1] / "helpers"
KINDS = ("full", "tied", "diag", "spherical")
kinds = pytest.mark.parametrize("kind", KINDS)

# This mocks a function of scikit-learn's module. The test of the same name below asks for the same behaviour through
# public names.
PRIVATE = ("test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters",)

# Checks that call ``partial_fit``, too.
CALL_PARTIAL_FIT = ("check_fit_score_takes_y", "check_n_features_in_after_fitting")


@parametrize_with_checks(
    [
        GaussianMixture(),
        GaussianMixture(covariance_type="tied", n_init=2),
        GaussianMixture("auto", covariance_type="auto"),
        GaussianMixture(tails="t"),
    ]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning", "ignore::FutureWarning")
def test_check_estimator(estimator, check):
    if check.func.__name__ == "check_array_api_input":  # only runs with SCIPY_ARRAY_API=1, which we do not claim
        return
    if estimator.n_components == "auto" and "sample_weight_equivalence" in check.func.__name__:
        return  # random rows are drawn from other rows, as in scikit-learn's KMeans, which fails this check, too
    if estimator.tails == "t" and check.func.__name__ in CALL_PARTIAL_FIT:
        return  # which t components do not have, and say so
    check(estimator)


@pytest.mark.parametrize("precision", ["", "1"])
def test_scikit_learns_own_tests_pass_with_our_class(precision):
    suite = "sklearn.mixture.tests.test_gaussian_mixture"
    module = Path(sklearn.__file__).parent / "mixture" / "tests" / "test_gaussian_mixture.py"
    names = set(re.findall(r"^def (test_\w+)", module.read_text(), flags=re.MULTILINE))
    assert names.issuperset(PRIVATE)
    left_out = " and ".join(f"not {name}" for name in PRIVATE)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "sklearn_plugin", "-p", "no:cacheprovider"]
    command += ["--pyargs", suite, "-c", os.devnull, "--rootdir", str(HERE), "-k", left_out, "-W", "ignore"]
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    # Tests of other array libraries run where SciPy has been told so when it is imported.
    environment = {**os.environ, "PYTHONPATH": path, "SKLEARN_RUN_FLOAT32_TESTS": precision or "0"}
    environment["SCIPY_ARRAY_API"] = "1"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    passed = int(re.search(r"(\d+) passed", done.stdout).group(1))
    assert passed >= len(names) - len(PRIVATE)
    assert "failed" not in done.stdout
    dispatched = [line for line in done.stdout.splitlines() if "array_api" in line and "torch-cpu" in line]
    assert dispatched
    assert all("PASSED" in line for line in dispatched)


@kinds
def test_gaussian_mixture_precisions_init(kind, data_sets):
    """Precisions that a fit came to are the precisions of a start made from them."""
    rows, k = data_sets["iris"]
    fitted = GaussianMixture(k, covariance_type=kind, random_state=0).fit(rows)
    started = GaussianMixture(
        k,
        covariance_type=kind,
        weights_init=fitted.weights_,
        means_init=fitted.means_,
        precisions_init=fitted.precisions_,
        max_iter=0,
    ).fit(rows)
    np.testing.assert_allclose(started.precisions_cholesky_, fitted.precisions_cholesky_, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(started.covariances_, fitted.covariances_, rtol=1e-8, atol=1e-9)
    assert started.n_iter_ == 0


def test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters(iris, monkeypatch):
    """With all parameters given no start method runs."""
    from mixtura.sklearn import em as estimation

    monkeypatch.setattr(estimation, "STARTS", {})
    start = mixtura.fit(iris, 2, seed=0).mixture
    given = {"weights_init": start.weights, "means_init": start.means}
    precisions = np.linalg.inv(start.covariances.dense())
    fitted = GaussianMixture(2, **given, precisions_init=precisions).fit(iris)
    assert fitted.converged_
    with pytest.raises(KeyError):
        GaussianMixture(2, **given).fit(iris)


def test_array_api_dispatch_changes_nothing_for_rows_of_numpy(iris):
    plain = GaussianMixture(2, init_params="random", random_state=0).fit(iris)
    code = "import io, sys, sklearn, mixtura, numpy as np; X = np.load(io.BytesIO(sys.stdin.buffer.read()));"
    code += "sklearn.set_config(array_api_dispatch=True);"
    code += "print(mixtura.GaussianMixture(2, init_params='random', random_state=0).fit(X).means_.tolist())"
    stream = io.BytesIO()
    np.save(stream, iris)
    # SciPy reads its switch when it is imported, hence a process of its own.
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], input=stream.getvalue(), env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == plain.means_.tolist()


@kinds
def test_sample_weight_repeats_rows(kind, iris):
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 4, size=len(iris))
    start = GaussianMixture(2, covariance_type=kind, random_state=0).fit(iris)
    options = {
        "covariance_type": kind,
        "weights_init": start.weights_,
        "means_init": start.means_,
        "precisions_init": start.precisions_,
    }
    a = GaussianMixture(2, **options).fit(iris, sample_weight=weight)
    repeated = np.repeat(iris, weight, axis=0)
    b = GaussianMixture(2, **options).fit(repeated)
    np.testing.assert_allclose(a.means_, b.means_, rtol=1e-9)
    assert a.lower_bound_ == pytest.approx(b.lower_bound_)
    assert a.score(iris, sample_weight=weight) == pytest.approx(b.score(repeated))
    for criterion in ("bic", "aic", "icl"):
        assert getattr(a, criterion)(iris, sample_weight=weight) == pytest.approx(getattr(b, criterion)(repeated))
    np.testing.assert_array_equal(
        a.predict(iris), GaussianMixture(2, **options).fit_predict(iris, sample_weight=weight)
    )


def test_sample_weight_is_routed(iris):
    with sklearn.config_context(enable_metadata_routing=True):
        model = GaussianMixture(2, random_state=0).set_fit_request(sample_weight=True)
        model = model.set_score_request(sample_weight=True)
        weight = np.r_[np.ones(50), np.zeros(100)]
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=True), model).fit(
            iris, sample_weight=weight
        )
        assert pipeline[-1].weights_.sum() == pytest.approx(1)
        assert pipeline.predict(iris[:50]).tolist() != pipeline.predict(iris[50:100]).tolist()
        scores = cross_validate(model, iris, params={"sample_weight": np.ones(150)}, cv=3)["test_score"]
    assert np.isfinite(scores).all()


def test_icl_is_mclusts(iris):
    model = GaussianMixture(3, random_state=0, tol=1e-8, max_iter=500, reg_covar=0).fit(iris)
    posterior = model.predict_proba(iris)
    expected = model.bic(iris) - 2 * np.log(posterior.max(axis=1)).sum()
    assert model.icl(iris) == pytest.approx(expected)


def test_names_of_columns_are_kept_and_checked(iris):
    frame = pd.DataFrame(iris, columns=list("abcd"))
    model = GaussianMixture(2, random_state=0).fit(frame)
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model.n_features_in_ == 4
    assert model.score(frame) == pytest.approx(model.score_samples(frame).mean())  # without a warning about names
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"a": "z"}))


def test_grid_search_and_clone(iris):
    search = GridSearchCV(GaussianMixture(random_state=0), {"n_components": [1, 2, 3]}, cv=3).fit(iris)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()


def test_attributes_may_be_set_by_hand(iris):
    fitted = GaussianMixture(2, random_state=0).fit(iris)
    made = GaussianMixture(2)
    for name in ("weights_", "means_", "precisions_cholesky_"):
        setattr(made, name, getattr(fitted, name))
    np.testing.assert_array_equal(made.predict(iris), fitted.predict(iris))
    assert made.mixture_.n_components == 2


@pytest.mark.parametrize("verbose", [1, 2])
def test_verbose_lines(verbose, iris, capsys):
    model = GaussianMixture(3, random_state=0, verbose=verbose, verbose_interval=1).fit(iris)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Initialization 0"
    assert lines[-1].startswith("Initialization converged.")
    assert len(lines) == model.n_iter_ + 2
    detail = r"  Iteration 2\t time lapse \d+\.\d{5}s\t ll change \d+\.\d{5}"
    assert re.fullmatch("  Iteration 2" if verbose == 1 else detail, lines[2])


@pytest.mark.filterwarnings("ignore:Number of distinct clusters:sklearn.exceptions.ConvergenceWarning")
def test_ill_defined_covariances_have_scikit_learns_text():
    rows = np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0)
    for dtype, more in ((np.float64, False), (np.float32, True)):
        with pytest.raises(ValueError, match="ill-defined empirical covariance") as caught:
            GaussianMixture(4, reg_covar=0, random_state=0).fit(rows.astype(dtype))
        assert ("float64" in str(caught.value)) == more


def test_warm_start_goes_on():
    rows = np.random.default_rng(0).normal(size=(300, 2))
    options = {"n_components": 3, "random_state": 0, "tol": 1e-5}
    whole = GaussianMixture(**options, max_iter=500).fit(rows)
    steps = GaussianMixture(**options, max_iter=5, warm_start=True)
    total = 0
    for _ in range(200):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            steps.fit(rows)
        total += steps.n_iter_
        if steps.converged_:
            break
    assert total == whole.n_iter_
    np.testing.assert_allclose(steps.means_, whole.means_, rtol=1e-10)


def test_errors_of_use(iris):
    with pytest.raises(NotFittedError):
        GaussianMixture().predict(iris)
    with pytest.raises(ValueError, match="n_components"):
        GaussianMixture(0).fit(iris)
    with pytest.raises(ValueError, match="Negative values"):
        GaussianMixture().fit(iris, sample_weight=np.full(150, -1.0))
    with pytest.raises(ValueError, match="should be symmetric"):
        GaussianMixture(1, precisions_init=np.arange(16.0).reshape(1, 4, 4)).fit(iris)
    with pytest.raises(ValueError, match="at least one sample"):
        GaussianMixture().fit(iris).sample(0)


def test_samples_are_grouped_by_component(iris):
    rows, labels = GaussianMixture(3, random_state=0).fit(iris).sample(50)
    assert rows.shape == (50, 4)
    assert (np.diff(labels) >= 0).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weights_init": [0.5]}, r"'weights' should have the shape of \(2,\), but got \(1,\)"),
        ({"weights_init": [-0.5, 1.5]}, "max value -0.50000, min value 1.50000"),
        ({"weights_init": [0.5, 0.6]}, r"should be normalized, but got sum\(weights\) = 1.10000"),
        ({"means_init": [[0.0]]}, r"'means' should have the shape of \(2, 4\)"),
        ({"precisions_init": [1.0]}, r"'full precision' should have the shape of \(2, 4, 4\)"),
        ({"covariance_type": "diag", "precisions_init": -np.ones((2, 4))}, "'diag precision' should be positive"),
        ({"covariance_type": "tied", "precisions_init": -np.eye(4)}, "'tied precision' should be symmetric"),
        ({"n_components": 200}, "Expected n_samples >= n_components but got n_components = 200, n_samples = 150"),
        ({"init_params": "guess"}, "init_params"),
        ({"covariance_type": "VVX"}, "covariance_type"),
    ],
)
def test_bad_parameters_have_scikit_learns_words(iris, given, words):
    with pytest.raises(ValueError, match=words):
        GaussianMixture(**{"n_components": 2, **given}).fit(iris)
    with pytest.raises(ValueError, match=words):
        sklearn.mixture.GaussianMixture(**{"n_components": 2, **given}).fit(iris)


def test_auto_chooses_by_bic_as_select_does():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(120, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 40, axis=0)
    model = GaussianMixture("auto", covariance_type="auto", random_state=0).fit(rows)
    selection = model.selection_
    assert model.n_components_ == selection.best.mixture.n_components == 3
    assert model.bic(rows) == pytest.approx(selection.best.bic)
    assert selection.best.bic == min(row["bic"] for row in selection.records() if not row["trouble"])
    assert model.converged_
    assert model.lower_bound_ == pytest.approx(model.score(rows))
    assert (model.n_components, model.covariance_type) == ("auto", "auto")
    only = GaussianMixture(2, covariance_type="auto", random_state=0).fit(rows)
    assert only.n_components_ == 2
    assert len(only.selection_.n_components) == 1
    tied = GaussianMixture("auto", covariance_type="tied", random_state=0).fit(rows)
    assert (tied.n_components_, tied.covariance_type_, tied.covariances_.shape) == (3, "tied", (2, 2))
    tied.set_params(n_components=2).fit(rows)
    assert not hasattr(tied, "selection_")
    assert (tied.n_components_, tied.covariance_type_) == (2, "tied")
    with pytest.raises(ValueError, match="means_init"):
        GaussianMixture("auto", means_init=np.zeros((2, 2))).fit(rows)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_scikit_learns_attributes(model):
    rows = np.random.default_rng(1).normal(size=(60, 3))
    selection = mixtura.select(rows, 2, models=model, seed=0)
    estimator = GaussianMixture("auto", covariance_type="auto")
    estimator.n_features_in_ = 3
    set_attributes(estimator, as_start_result(selection), np.float64, covariance_type_of(model))
    assert estimator.mixture_.n_parameters == selection.best.n_parameters
    assert estimator.score(rows) == pytest.approx(selection.best.loglik / 60)
    assert estimator.covariances_.shape in {(2, 3, 3), (3, 3), (2, 3), (2,)}


def test_auto_in_a_pipeline_and_in_a_search():
    rows = np.random.default_rng(0).normal(size=(90, 2)) + np.repeat([[0, 0], [90, 0], [0, 9]], 30, axis=0)
    steps = make_pipeline(StandardScaler(), GaussianMixture("auto", covariance_type="auto", random_state=0))
    assert len(set(steps.fit(rows).predict(rows))) == 3
    search = GridSearchCV(GaussianMixture(random_state=0), {"n_components": [1, "auto"]}, cv=3).fit(rows)
    assert search.best_params_ == {"n_components": "auto"}
    assert clone(search.best_estimator_).n_components == "auto"


def test_transform_gives_posteriors_and_heeds_set_output(iris):
    frame = pd.DataFrame(iris, index=[f"flower {i}" for i in range(150)], columns=list("abcd"))
    model = GaussianMixture(3, random_state=0)
    posteriors = model.fit_transform(frame)
    assert type(posteriors) is np.ndarray
    np.testing.assert_array_equal(posteriors, model.predict_proba(frame))
    table = model.set_output(transform="pandas").transform(frame)
    assert table.index.equals(frame.index)
    assert list(table) == list(model.get_feature_names_out()) == [f"gaussianmixture{j}" for j in range(3)]
    np.testing.assert_array_equal(table, posteriors)
    assert model.set_output(transform="polars").transform(frame).shape == (150, 3)
    assert type(model.predict(frame)) is type(model.predict_proba(frame)) is np.ndarray
    steps = make_pipeline(StandardScaler(), GaussianMixture(3, random_state=0)).set_output(transform="pandas")
    assert steps.fit_transform(frame).index.equals(frame.index)
    chosen = GaussianMixture("auto", random_state=0).fit(frame)
    assert chosen.transform(frame).shape == (150, len(chosen.get_feature_names_out()))
