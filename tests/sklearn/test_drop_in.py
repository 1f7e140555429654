"""In place of scikit-learn's class: same starts, fits, draws, errors, and methods that programs call or override."""

import itertools
import os
import pickle
import subprocess
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture
from sklearn.mixture import GaussianMixture as Theirs
from sklearn.mixture._base import BaseMixture

from mixtura import DegeneracyWarning, ParameterError
from mixtura import GaussianMixture as Ours

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from drop_in import tally

KINDS = ("full", "tied", "diag", "spherical")
kinds = pytest.mark.parametrize("kind", KINDS)
STARTS = ("kmeans", "k-means++", "random", "random_from_data")
ATTRIBUTES = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_", "lower_bounds_")
ill_defined = pytest.raises(ValueError, match="ill-defined empirical covariance")


def both(X, **options):
    """Both classes' estimators with the same parameters, fitted."""
    return [cls(**options).fit(X) for cls in (Theirs, Ours)]


def assert_same(theirs, ours, rtol=1e-8):
    assert (theirs.n_iter_, theirs.converged_) == (ours.n_iter_, ours.converged_)
    for name in ATTRIBUTES:
        one, other = getattr(theirs, name), getattr(ours, name)
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * np.abs(one).max(initial=0), err_msg=name)


def test_random_configurations_end_as_scikit_learns_do():
    said = []
    counts, gaps = tally(99, 40, say=said.append)
    assert counts["equal"] + counts["raise alike"] == 40, said
    assert np.median(gaps) < 1e-12


@kinds
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_starts_are_scikit_learns(kind, start, iris):
    for options in ({"max_iter": 0}, {"n_init": 3}, {"random_state": np.random.RandomState(7)}):
        given = {"covariance_type": kind, "init_params": start, "random_state": 5, **options}
        theirs = Theirs(3, **{**given, "random_state": pickle.loads(pickle.dumps(given["random_state"]))}).fit(iris)
        ours = Ours(3, **given).fit(iris)
        assert_same(theirs, ours)
        if options == {"max_iter": 0}:
            assert theirs.weights_.sum() == pytest.approx(ours.weights_.sum())
            np.testing.assert_allclose(theirs.score_samples(iris), ours.score_samples(iris), rtol=1e-9)


def test_a_generator_goes_on_where_scikit_learn_leaves_it(iris):
    ends = []
    for cls in (Theirs, Ours):
        rng = np.random.RandomState(3)
        model = cls(3, init_params="random", n_init=4, random_state=rng).fit(iris)
        ends.append((rng.uniform(), model.sample(3)[0].tolist(), rng.uniform()))
    assert ends[0][0] == ends[1][0]
    assert ends[0][2] == ends[1][2]
    np.testing.assert_allclose(ends[0][1], ends[1][1])


def test_ties_between_integers_fall_as_in_scikit_learn():
    X, y = load_digits(return_X_y=True)
    rows = X[y == 0][:, X[y == 0].std(axis=0) > 1]
    for column in range(0, rows.shape[1], 4):
        assert_same(*both(rows[:, [column]], n_components=3, random_state=0))


def test_k_means_sees_all_rows_however_many():
    rows = np.random.RandomState(0).exponential(size=(100_001, 2))
    start = Ours(5, random_state=0, max_iter=0).fit(rows)
    labels = KMeans(5, n_init=1, random_state=np.random.RandomState(0)).fit(rows).labels_
    np.testing.assert_allclose(start.means_, [rows[labels == j].mean(axis=0) for j in range(5)], rtol=1e-9)
    faster = Ours(5, random_state=0, init_params="kmeans-sample", max_iter=0).fit(rows)
    assert np.abs(faster.means_ - start.means_).max() > 1e-6
    with pytest.raises(ValueError, match="init_params"):
        Theirs(5, init_params="kmeans-sample").fit(rows)


def test_of_several_starts_the_same_is_kept(iris):
    """k-means finds one partition again and again, with its clusters in another order."""
    for seed in range(8):
        assert_same(*both(iris, n_components=3, random_state=seed, n_init=6))


@kinds
def test_samples_are_scikit_learns_draws(kind, iris):
    theirs, ours = both(iris, n_components=3, covariance_type=kind, random_state=0)
    for count in (1, 50):
        (rows, labels), (own, own_labels) = theirs.sample(count), ours.sample(count)
        np.testing.assert_allclose(rows, own, rtol=1e-6)
        np.testing.assert_array_equal(labels, own_labels)
        assert (rows.dtype, labels.dtype) == (own.dtype, own_labels.dtype)


@kinds
@pytest.mark.parametrize("value", [0.0, 3.0, 1e3 + 0.1])
def test_a_collapse_raises_where_it_does_in_scikit_learn(kind, value):
    rows = np.array([[value]] * 4 + [[value + 5], [value + 6], [value + 7]])
    one = {"full": np.ones((2, 1, 1)), "tied": np.ones((1, 1)), "diag": np.ones((2, 1)), "spherical": np.ones(2)}[kind]
    given = {"weights_init": [0.5, 0.5], "means_init": [[value], [value + 6]], "precisions_init": one}
    found = []
    for cls in (Theirs, Ours):
        try:
            found.append(cls(2, covariance_type=kind, reg_covar=0, random_state=0, **given).fit(rows))
        except ValueError as error:
            found.append(str(error))
    if isinstance(found[0], str):
        assert found[0] == found[1]
    else:
        assert_same(*found, rtol=1e-6)
        np.testing.assert_array_equal(found[0].predict(rows), found[1].predict(rows))
        np.testing.assert_allclose(found[0].score_samples(rows), found[1].score_samples(rows), rtol=1e-6)


def test_a_search_that_leaves_out_fits_that_raise_chooses_as_with_scikit_learn(iris):
    """graspologic's AutoGMMCluster searches so, with reg_covar=0; without the errors it would choose a spike."""
    found = {Theirs: {}, Ours: {}}
    for k, kind, cls in itertools.product(range(2, 13), KINDS, found):
        try:
            model = cls(k, covariance_type=kind, reg_covar=0, random_state=0).fit(iris)
            found[cls][kind, k] = model.bic(iris)
        except ValueError as error:
            found[cls][kind, k] = str(error)
    for cell, value in found[Theirs].items():
        assert found[Ours][cell] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-8)), cell
    fitted = {cell: value for cell, value in found[Ours].items() if not isinstance(value, str)}
    assert 0 < len(fitted) < len(found[Ours])
    assert min(fitted, key=fitted.get) == ("full", 2)
    assert fitted["full", 2] == pytest.approx(574.0, abs=0.1)


def test_a_collapse_raises_also_beyond_what_scikit_learn_knows():
    rows = np.array([[0.0], [1.0], [2.0], [50.0]])
    given = {"weights_init": [0.75, 0.25], "means_init": [[1.0], [50.0]], "precisions_init": [[[1.0]], [[1.0]]]}
    for options in ({"accelerate": True}, {"equal_weights": True, "weights_init": [0.5, 0.5]}):
        with ill_defined:
            Ours(2, reg_covar=0, **{**given, **options}).fit(rows)
    with ill_defined:
        Ours(2, reg_covar=0, **given).fit(rows, sample_weight=np.full(4, 2.0))


def test_a_collapse_is_repaired_on_request():
    rng = np.random.default_rng(0)
    rows = np.r_[rng.normal(size=(60, 2)), np.full((4, 2), 9.0)]
    options = {"reg_covar": 0, "random_state": 0, "on_collapse": "repair"}
    with pytest.warns(DegeneracyWarning, match=r"component \d (is at the floor|re-seeded).*Increase reg_covar"):
        model = Ours(3, **options).fit(rows)
    assert np.isfinite(model.score(rows))
    empty = np.repeat(rows[:2], 30, axis=0)  # two values for three components
    with pytest.warns(DegeneracyWarning):
        assert np.isfinite(Ours(3, **options).fit(empty).means_).all()
    with pytest.raises(ValueError, match="on_collapse"):
        Ours(on_collapse="ignore").fit(rows)


def test_fewer_values_than_components_end_as_in_scikit_learn():
    rows = np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0)
    for kind in KINDS:
        with pytest.warns(ConvergenceWarning, match="Number of distinct clusters"):
            theirs = Theirs(4, covariance_type=kind, random_state=0).fit(rows)
        with pytest.warns(ConvergenceWarning, match="Number of distinct clusters") as caught:
            ours = Ours(4, covariance_type=kind, random_state=0).fit(rows)
        assert len(caught) == 1
        assert_same(theirs, ours, rtol=1e-12)


@kinds
def test_criteria_count_the_model_as_it_stands(kind, iris):
    models = both(iris, n_components=3, covariance_type=kind, random_state=0)
    for model in models:
        for name in ATTRIBUTES[:-1]:
            if kind != "tied" or name in ("weights_", "means_"):
                setattr(model, name, getattr(model, name)[:2])
        for weights in (model.weights_, model.weights_ / model.weights_.sum()):
            model.weights_, model.n_components = weights, 2
            model.found = [model.bic(iris), model.aic(iris), model.score(iris), model._n_parameters()]
    np.testing.assert_allclose(models[0].found, models[1].found, rtol=1e-12)
    assert models[1].mixture_.n_parameters == models[1]._n_parameters()


def test_held_and_equal_parameters_do_not_count_after_pruning(iris):
    fitted = Ours(3, covariance_type="VEE", equal_weights=True, random_state=0).fit(iris)
    assert fitted._n_parameters() == fitted.n_parameters_ == 12 + 3 + 9
    fitted.weights_, fitted.means_ = np.full(2, 0.5), fitted.means_[:2]
    fitted.precisions_cholesky_, fitted.n_components = fitted.precisions_cholesky_[:2], 2
    assert fitted._n_parameters() == fitted.mixture_.n_parameters == 8 + 2 + 9


@kinds
def test_attributes_set_by_hand_are_used_as_in_scikit_learn(kind, iris):
    models = both(iris, n_components=2, covariance_type=kind, random_state=0)
    for model in models:
        model.covariances_ = model.covariances_ * 100
        model.wide = model.sample(20)[0]
        model.weights_ = np.array([0.5, 1.5])  # do not sum to one
        model.found = [model.score_samples(iris), model.predict(iris), model.predict_proba(iris)[:, 0]]
        by_hand = type(model)(2, covariance_type=kind, random_state=0)
        by_hand.weights_, by_hand.means_, by_hand.covariances_ = np.full(2, 0.5), model.means_, model.covariances_
        model.drawn = by_hand.sample(5)[0]
    for name in ("wide", "found", "drawn"):
        np.testing.assert_allclose(getattr(models[0], name), getattr(models[1], name), rtol=1e-6)


def test_precisions_may_be_lower_triangular_or_singular_up_to_rounding(iris):
    theirs, ours = both(iris, n_components=2, random_state=0)
    for model in (theirs, ours):
        model.precisions_cholesky_ = np.linalg.cholesky(model.precisions_)
    np.testing.assert_allclose(theirs.score_samples(iris), ours.score_samples(iris), rtol=1e-9)
    for model in (theirs, ours):
        model.precisions_cholesky_ = np.array([np.diag([1e12, 1.0, 1e-12, 1.0])] * 2)
        model.precisions_cholesky_[:, 0, 2] = 1e12
    np.testing.assert_array_equal(theirs.predict(iris), ours.predict(iris))


@kinds
def test_private_methods_return_what_scikit_learns_do(kind, iris):
    theirs, ours = both(iris, n_components=3, covariance_type=kind, random_state=0)
    theirs._set_parameters(ours._get_parameters())
    for name in ("_estimate_log_prob", "_estimate_weighted_log_prob", "_estimate_log_prob_resp", "_e_step"):
        for one, other in (
            zip(*(np.atleast_1d(getattr(each, name)(iris)) for each in (theirs, ours)), strict=True)
            if (name in ("_estimate_log_prob", "_estimate_weighted_log_prob"))
            else zip(*(getattr(each, name)(iris) for each in (theirs, ours)), strict=True)
        ):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(theirs._estimate_log_weights(), ours._estimate_log_weights())
    assert ours._compute_lower_bound(None, 1.5) == 1.5
    _, log_resp = ours._e_step(iris)
    for each in (theirs, ours):
        each._m_step(iris, log_resp)
        each._set_parameters(each._get_parameters())
    assert_same(theirs, ours, rtol=1e-12)
    started = [cls(3, covariance_type=kind) for cls in (Theirs, Ours)]
    for each in started:
        each._initialize_parameters(iris, np.random.RandomState(0))
        each._print_verbose_msg_init_beg(0)
    np.testing.assert_array_equal(*(each.means_ for each in started))
    np.testing.assert_array_equal(*(each.precisions_cholesky_ for each in started))


def test_private_methods_know_every_covariance_model(iris):
    model = Ours(2, covariance_type="VEV", random_state=0).fit(iris)
    density = [multivariate_normal(m, s).logpdf(iris) for m, s in zip(model.means_, model.covariances_, strict=True)]
    np.testing.assert_allclose(model._estimate_log_prob(iris), np.transpose(density), rtol=1e-9)
    np.testing.assert_allclose(np.exp(model._estimate_log_prob_resp(iris)[1]), model.predict_proba(iris), atol=1e-12)
    before = model.precisions_
    model._set_parameters(model._get_parameters())
    np.testing.assert_allclose(model.precisions_, before, rtol=1e-9)
    for call in (lambda: model._m_step(iris, None), lambda: model._initialize(iris, None)):
        with pytest.raises(ParameterError, match="does not know covariance_type='VEV'"):
            call()
    with pytest.raises(ParameterError, match="accelerate=True"):
        Ours(2, accelerate=True)._check_parameters(iris, xp=np)


@kinds
def test_private_methods_work_on_objects_of_other_classes(kind, iris):
    """StepMix calls the class's methods on emissions that only have the attributes that scikit-learn's use."""
    resp = np.random.default_rng(0).dirichlet([1, 1, 1], size=len(iris))
    given = {"covariance_type": kind, "n_components": 3, "reg_covar": 1e-6}
    given |= dict.fromkeys(("weights_init", "means_init", "precisions_init"))
    emissions = []
    for cls in (Theirs, Ours):
        emission = types.SimpleNamespace(**given)
        cls._check_parameters(emission, iris)
        cls._initialize(emission, iris, resp)
        cls._m_step(emission, iris, np.log(resp))
        cls._set_parameters(emission, cls._get_parameters(emission))
        emission.log_prob = cls._estimate_log_prob(emission, iris)
        emission.n_parameters = cls._n_parameters(emission)
        emissions.append(vars(emission))
    assert emissions[0].keys() == emissions[1].keys()
    for name, value in emissions[0].items():
        np.testing.assert_array_equal(emissions[1][name], value, err_msg=name)


def test_instances_are_those_of_scikit_learns_class():
    assert Theirs.__module__ == "sklearn.mixture._gaussian_mixture"
    assert isinstance(Ours(), Theirs)
    assert isinstance(Ours(), BaseMixture)
    assert issubclass(Ours, Theirs)
    assert not isinstance(Ours(), BayesianGaussianMixture)


# Methods that a subclass may override, and calls that have to hear of it.
FIT_HOOKS = ("_initialize_parameters", "_initialize", "_check_parameters", "_e_step", "_m_step", "_compute_lower_bound")
FIT_HOOKS += ("_get_parameters", "_set_parameters", "_estimate_log_prob_resp", "_print_verbose_msg_init_beg")
FIT_HOOKS += ("_print_verbose_msg_iter_end", "_print_verbose_msg_init_end", "fit_predict")
DENSITY_HOOKS = ("_estimate_log_prob", "_estimate_log_weights", "_estimate_weighted_log_prob")
CALLS = {
    "fit": lambda model, X: model.fit(X),
    "fit_predict": lambda model, X: model.fit_predict(X),
    "predict": lambda model, X: model.predict(X),
    "predict_proba": lambda model, X: model.predict_proba(X),
    "score_samples": lambda model, X: model.score_samples(X),
    "score": lambda model, X: model.score(X),
    "bic": lambda model, X: model.bic(X),
    "aic": lambda model, X: model.aic(X),
}
HEARD = [(hook, call) for hook in FIT_HOOKS for call in ("fit", "fit_predict")]
HEARD += [(hook, call) for hook in DENSITY_HOOKS for call in CALLS]
HEARD += [("_estimate_log_prob_resp", "predict_proba"), ("score_samples", "score"), ("score", "bic"), ("score", "aic")]
HEARD += [("score_samples", "bic"), ("_n_parameters", "bic"), ("_n_parameters", "aic")]


def recording(cls, hook):
    """A subclass that records calls of a method and passes them on."""
    calls = []

    def recorded(self, *args, **kwargs):
        calls.append(hook)
        return getattr(super(sub, self), hook)(*args, **kwargs)

    sub = type("Recording", (cls,), {hook: recorded})
    return sub, calls


@pytest.mark.parametrize(("hook", "call"), HEARD)
def test_what_a_subclass_overrides_is_called(hook, call, iris):
    counts, results = [], []
    for cls in (Theirs, Ours):
        sub, calls = recording(cls, hook)
        model = sub(2, random_state=0, verbose=0).fit(iris)
        if call not in ("fit", "fit_predict"):
            calls.clear()
        result = CALLS[call](model, iris)
        counts.append(len(calls))
        results.append(model.means_ if call == "fit" else result)
    assert counts[0] == counts[1] > 0
    np.testing.assert_allclose(results[0], results[1], rtol=1e-9, atol=1e-12)


def test_what_is_replaced_on_an_instance_or_on_our_class_is_called(iris, monkeypatch):
    model = Ours(2, random_state=0)
    model._m_step = lambda X, log_resp, xp=None: calls.append("instance") or Ours._m_step(model, X, log_resp, xp=xp)
    calls = []
    model.fit(iris)
    assert calls.count("instance") == model.n_iter_
    own = Ours.score_samples
    monkeypatch.setattr(Ours, "score_samples", lambda self, X: calls.append("class") or own(self, X))
    plain = Ours(2, random_state=0).fit(iris)
    plain.bic(iris)
    assert calls[-1] == "class"


def test_a_floor_in_an_overridden_m_step_holds(iris):
    class Floored(Ours):
        def _m_step(self, X, log_resp, xp=None):
            super()._m_step(X, log_resp, xp=xp)
            self.covariances_ = self.covariances_ + np.eye(4)
            self.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(self.covariances_)).swapaxes(1, 2)

    model = Floored(3, random_state=0).fit(iris)
    assert np.linalg.eigvalsh(model.covariances_).min() > 1
    assert (model.n_components_, model.covariance_type_, model.n_parameters_) == (3, "full", 44)


@pytest.mark.parametrize(
    ("options", "sample_weight", "words"),
    [
        ({"accelerate": True}, None, "accelerate=True"),
        ({"covariance_type": "VEE"}, None, "covariance_type='VEE'"),
        ({"n_components": "auto"}, None, "n_components='auto'"),
        ({"on_collapse": "repair"}, None, "on_collapse='repair'"),
        ({"fixed": "means", "means_init": np.zeros((2, 4))}, None, "fixed='means'"),
        ({"prior": "conjugate"}, None, "prior='conjugate'"),
        ({"tails": "t"}, None, "tails='t'"),
        ({"init_params": "kmeans-sample"}, None, "init_params='kmeans-sample'"),
        ({}, np.ones(150), "sample_weight"),
    ],
)
def test_what_an_overridden_method_cannot_know_is_refused(options, sample_weight, words, iris):
    sub, _ = recording(Ours, "_m_step")
    with pytest.raises(ParameterError, match=f"Recording overrides _m_step.*{words}"):
        sub(**{"n_components": 2, **options}).fit(iris, sample_weight=sample_weight)


def test_criteria_of_our_own_refuse_overridden_densities(iris):
    sub, _ = recording(Ours, "_estimate_log_prob")
    model = sub(2, random_state=0).fit(iris)
    with pytest.raises(ValueError, match="row 0, column 0: the value is masked"):
        model.predict(np.ma.masked_array(iris, mask=iris == iris[0, 0]))
    for call in (model.icl, lambda X: model.bic(X, np.ones(150)), lambda X: model.aic(X, np.ones(150))):
        with pytest.raises(ParameterError, match="_estimate_log_prob, which Recording overrides"):
            call(iris)
    weighted, _ = recording(Ours, "fit_predict")
    assert weighted(2, random_state=0).fit(iris, sample_weight=np.ones(150)).converged_


def test_warm_start_and_weights_of_each_row_go_the_way_of_scikit_learn(iris):
    models = [cls(2, random_state=0, warm_start=True, max_iter=2) for cls in (Theirs, Ours)]
    for model in models:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(4):
                model.fit(iris)
    assert_same(*models)
    weights = np.random.default_rng(0).dirichlet([1, 1], size=150)  # SimPEG sets such
    for model in models:
        model.weights_ = weights
    np.testing.assert_allclose(models[0].predict_proba(iris), models[1].predict_proba(iris), rtol=1e-9)


def test_verbose_prints_scikit_learns_lines(iris, capsys):
    both(iris, n_components=3, random_state=0, verbose=1, verbose_interval=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]


def test_an_array_of_another_library_is_scikit_learns_to_compute():
    code = """
import numpy as np, sklearn, mixtura
class Foreign:
    def __array_namespace__(self, api_version=None): return np
with sklearn.config_context(array_api_dispatch=True):
    try: mixtura.GaussianMixture(2, accelerate=True).fit(Foreign())
    except mixtura.ParameterError as error: print(error)
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "X is an array of __main__, so scikit-learn's loop runs EM; it does not know accelerate=True" in done.stdout


class Scope:
    """What `onnx_parser` asks of skl2onnx's scope."""

    def __init__(self):
        self.options, self.replaced, self.declared = {}, None, []

    def replace_raw_operator(self, old, new, alias):
        self.replaced = (old, new, alias)

    def add_options(self, model, options):
        self.options.setdefault(model, {}).update(options or {})

    def get_options(self, model, default):
        return {**default, **self.options.get(id(model), {})}

    def declare_local_variable(self, name, kind):
        self.declared.append(name)
        return name


@pytest.mark.parametrize("score_samples", [False, True])
def test_skl2onnx_is_given_scikit_learns_estimator(score_samples, iris, monkeypatch):
    parse, kinds_of_tensors = types.ModuleType("skl2onnx._parse"), types.ModuleType("skl2onnx.common.data_types")
    parse.GaussianMixture = Theirs
    kinds_of_tensors.guess_tensor_type, kinds_of_tensors.Int64TensorType = (lambda kind: kind), int
    for module in (parse, kinds_of_tensors):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    model = Ours("auto", covariance_type="VEV", random_state=0).fit(iris)
    scope = Scope()
    scope.options[id(model)] = {"score_samples": score_samples}
    outputs = model.onnx_parser()(scope, [types.SimpleNamespace(type=float)])
    assert outputs == ["label", "probabilities", "score_samples"][: 2 + score_samples]
    old, twin, alias = scope.replaced
    assert (old, type(twin), alias) == (model, Theirs, "SklearnGaussianMixture")
    np.testing.assert_allclose(twin.score_samples(iris), model.score_samples(iris), rtol=1e-9)
    assert (twin.n_components, twin.covariance_type) == (model.n_components_, "full")
    heavy = Ours(2, tails=4.0, random_state=0).fit(iris)
    with pytest.raises(ParameterError, match="conversion to ONNX is scikit-learn's, which has no t components"):
        heavy.onnx_parser()(Scope(), [types.SimpleNamespace(type=float)])
    parse.GaussianMixture = Ours  # put in the place of scikit-learn's
    assert model.onnx_parser() is None


def test_feature_names_stay_after_a_fit_by_scikit_learns_arithmetic():
    frame = pd.DataFrame(np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0), columns=["a", "b"])
    with pytest.warns(ConvergenceWarning):
        model = Ours(4, random_state=0).fit(frame)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert model.n_components_ == 4
    assert model.predict(frame).shape == (10,)
