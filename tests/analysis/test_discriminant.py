"""Discriminant analysis and dimension reduction: scikit-learn's, mclust's numbers, and laws."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.utils.estimator_checks import parametrize_with_checks

import mixtura
from mixtura import DataError, MixtureClassifier, ParameterError
from mixtura.analysis.class_gaussians import _folds

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "mclust" / "extras.json").read_text())
IRIS = np.loadtxt(Path(__file__).parents[1] / "reference" / "mclust" / "iris.csv", delimiter=",", skiprows=1)
SPECIES = np.repeat(["setosa", "versicolor", "virginica"], 50)
HALF_UNIT = mixtura.EM(resolution=0.05)  # rows are rounded to 0.1; mclust lets components be narrower than ours


@pytest.mark.filterwarnings("ignore::mixtura.DegeneracyWarning")  # their rows are few and tied
@parametrize_with_checks([MixtureClassifier()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("kind", "rival"), [("tied", LinearDiscriminantAnalysis()), ("full", QuadraticDiscriminantAnalysis())]
)
def test_one_gaussian_a_class_is_linear_or_quadratic_discriminant_analysis(kind, rival):
    X, y = load_iris(return_X_y=True)
    ours = MixtureClassifier(covariance_type=kind).fit(X, y).predict_proba(X)
    theirs = rival.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(ours, theirs, atol=0.02)  # they divide by n - 1, or n - k


def test_mclusts_eigenvalue_decomposition_discriminant_analysis():
    expected = REFERENCE["discriminant"]["EDDA"]
    found = mixtura.discriminant(IRIS[::2], SPECIES[::2])
    assert found.models == tuple(expected["models"][name]["model"] for name in found.classes)
    assert found.loglik == pytest.approx(expected["loglik"], abs=1e-3)
    assert found.n_parameters == expected["df"]
    assert found.bic == pytest.approx(-expected["bic"], abs=2e-3)
    assert (found.predict(IRIS[::2]) != SPECIES[::2]).mean() == pytest.approx(expected["train_error"])
    assert (found.predict(IRIS[1::2]) != SPECIES[1::2]).mean() == pytest.approx(expected["test_error"])


def test_a_mixture_for_each_class_is_mclusts():
    expected = REFERENCE["discriminant"]["MclustDA"]
    found = mixtura.discriminant(IRIS[::2], SPECIES[::2], range(1, 6), seed=0, em=HALF_UNIT)
    assert found.loglik == pytest.approx(expected["loglik"], abs=1e-3)
    assert found.n_parameters == expected["df"]
    assert found.bic == pytest.approx(-expected["bic"], abs=1e-3)
    assert (found.predict(IRIS[::2]) != SPECIES[::2]).mean() == pytest.approx(expected["train_error"])
    assert (found.predict(IRIS[1::2]) != SPECIES[1::2]).mean() == pytest.approx(expected["test_error"])
    assert [mixture.n_components for mixture in found.mixtures] == [expected["models"][c]["G"] for c in found.classes]
    names = [expected["models"][c]["model"].replace("XXX", "EEE") for c in found.classes]  # one Gaussian
    assert list(found.models) == names


def test_each_class_may_have_its_own_components_and_models():
    expected = REFERENCE["discriminant"]["MclustDA"]
    components = {name: each["G"] for name, each in expected["models"].items()}
    models = {name: each["model"].replace("XXX", "EEE") for name, each in expected["models"].items()}
    found = mixtura.discriminant(IRIS[::2], SPECIES[::2], components, models=models, em=HALF_UNIT)
    assert found.loglik == pytest.approx(expected["loglik"], abs=1e-3)
    assert (found.predict(IRIS[1::2]) != SPECIES[1::2]).mean() == pytest.approx(expected["test_error"])
    numbered = mixtura.discriminant(
        IRIS, np.repeat([0, 1, 2], 50), {0: 1, 1: [1, 2], 2: 1}, models={0: "EII", 1: "VVV", 2: "all"}
    )
    assert numbered.models[0] == "EII"
    one = mixtura.discriminant(IRIS, SPECIES, models=dict.fromkeys(set(SPECIES), "VVI"))
    assert one.models == ("VVI",) * 3
    with pytest.raises(ParameterError, match="expected each of the classes"):
        mixtura.discriminant(IRIS, SPECIES, {"setosa": 1})
    with pytest.raises(ParameterError, match="must be 1"):
        mixtura.discriminant(IRIS, SPECIES, unlabelled="virginica", models=dict.fromkeys(set(SPECIES), "VVI"))


def test_the_classifier_chooses_components_itself():
    model = MixtureClassifier("auto", random_state=0, threads=1).fit(IRIS, SPECIES)
    assert model.score(IRIS, SPECIES) > 0.97
    np.testing.assert_allclose(np.exp(model.predict_log_proba(IRIS)), model.predict_proba(IRIS), atol=1e-12)


def test_weights_are_repetition():
    counts = 1 + np.arange(150) % 3
    weighted = mixtura.discriminant(IRIS, SPECIES, models=["VVV"], sample_weight=counts)
    repeated = mixtura.discriminant(np.repeat(IRIS, counts, axis=0), np.repeat(SPECIES, counts), models=["VVV"])
    assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-12)
    np.testing.assert_allclose(weighted.posterior(IRIS), repeated.posterior(IRIS), atol=1e-10)


def test_columns_are_matched_by_name():
    table = pl.DataFrame(dict(zip("abcd", IRIS.T, strict=True)))
    found = mixtura.discriminant(table, SPECIES, models=["VVV"])
    assert (found.predict(table.select("d", "c", "b", "a")) == found.predict(IRIS)).all()


def test_priors_move_the_boundary():
    even, never = (mixtura.discriminant(IRIS, SPECIES, priors=p) for p in (None, [0, 0.5, 0.5]))
    assert (even.predict(IRIS) == "setosa").sum() == 50
    assert (never.predict(IRIS) == "setosa").sum() == 0


@pytest.mark.parametrize(
    ("y", "options", "error", "message"),
    [
        (SPECIES[:3], {}, DataError, "one class for each row"),
        (np.zeros(150), {}, DataError, "at least two"),
        (SPECIES, {"priors": [0.5, 0.5]}, ParameterError, "3 probabilities"),
        (SPECIES, {"sample_weight": SPECIES != "setosa"}, DataError, "'setosa' have weight zero"),
    ],
)
def test_bad_input_is_named(y, options, error, message):
    with pytest.raises(error, match=message):
        mixtura.discriminant(IRIS, y, **options)


def test_directions_are_those_of_mclust():
    expected = REFERENCE["reduction"]
    labels = json.loads((Path(__file__).parents[1] / "reference" / "mclust" / "iris.json").read_text())
    start = np.array(labels["hc"]["VVV"]["3"])
    found = mixtura.reduce_dimensions(mixtura.fit(IRIS, 3, start=start, tol=1e-8).mixture)
    assert len(found.eigenvalues) == 2
    np.testing.assert_allclose(found.eigenvalues, expected["evalues"][:2], rtol=3e-3)
    basis = np.reshape(expected["basis"]["data"], expected["basis"]["dim"], order="F")
    cosines = (basis * found.basis).sum(axis=0)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-5)
    # mclust's standardised basis is multiplied by variances; ours by standard deviations, whose rows it is for.
    theirs = np.reshape(expected["std_basis"]["data"], expected["std_basis"]["dim"], order="F")
    spread = IRIS.std(axis=0)[:, None]
    multiplied = found.basis * spread**2
    cosines = (theirs * multiplied / np.linalg.norm(multiplied, axis=0)).sum(axis=0)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-5)
    turned = (IRIS / spread.T) @ found.std_basis
    assert np.abs(np.corrcoef(turned[:, 0], found.transform(IRIS)[:, 0])[0, 1]) > 0.95
    standardised = mixtura.fit(IRIS / spread.T, 3, start=start, tol=1e-8).mixture
    np.testing.assert_allclose(mixtura.reduce_dimensions(standardised).basis, found.std_basis, atol=1e-2)


def test_a_reduction_that_keeps_all_directions_keeps_all_probabilities():
    mixture = mixtura.fit(IRIS, 3, seed=0).mixture
    found = mixtura.reduce_dimensions(mixture, 0.5)
    assert found.basis.shape == (4, 4)
    np.testing.assert_allclose(found.mixture.posterior(found.transform(IRIS)), mixture.posterior(IRIS), atol=1e-9)


def test_directions_follow_a_change_of_units():
    scale = np.array([1.0, 10.0, 0.1, 5.0])
    one = mixtura.fit(IRIS, 3, start=SPECIES)
    other = mixtura.fit(IRIS * scale, 3, start=SPECIES)
    here, there = mixtura.reduce_dimensions(one.mixture), mixtura.reduce_dimensions(other.mixture)
    np.testing.assert_allclose(here.eigenvalues, there.eigenvalues, rtol=1e-6)
    turned = there.basis * scale[:, None]
    cosines = (here.basis * turned / np.linalg.norm(turned, axis=0)).sum(axis=0)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-8)


@pytest.mark.parametrize("balance", [-0.1, 1.1])
def test_balance_is_a_share(balance):
    with pytest.raises(ParameterError, match="from 0 to 1"):
        mixtura.reduce_dimensions(mixtura.fit(IRIS, 2, seed=0).mixture, balance)


def test_one_component_has_no_directions():
    with pytest.raises(ParameterError, match="differences need at least two"):
        mixtura.reduce_dimensions(mixtura.fit(IRIS, 1).mixture)


@pytest.mark.filterwarnings("ignore::mixtura.errors.TiesWarning", "ignore::mixtura.errors.ColumnsWarning")
def test_where_gaussians_rest_on_the_floor_it_is_chosen_by_cross_validation():
    """Digits: columns that are constant within classes; any floor decides BIC, and a large one predicts."""
    X, y = load_digits(return_X_y=True)
    train, test = np.arange(len(y)) % 2 == 0, np.arange(len(y)) % 2 == 1
    with pytest.warns(mixtura.DegeneracyWarning, match=r"which 5-fold cross-validation \(.*errors\) chose"):
        found = mixtura.discriminant(X[train], y[train], models=["VII", "EEE", "VVI", "VVV"], seed=0)
    assert found.floor > 1e-3
    assert (found.predict(X[test]) == y[test]).mean() > 0.97
    with pytest.warns(mixtura.DegeneracyWarning, match="0.1 of the data's variances, so the log"):
        asked = mixtura.discriminant(X[train], y[train], models="VVV", em=mixtura.EM(floor=0.1))
    assert asked.floor == 0.1
    with pytest.warns(mixtura.MixturaWarning):
        alone = mixtura.discriminant(X[train], y[train], models="VVV", seed=0)
    assert alone.models == ("VVV",) * 10
    assert (alone.predict(X[test]) == y[test]).mean() > 0.97


def test_the_default_floor_stays_where_no_gaussian_rests_on_it():
    found = mixtura.discriminant(IRIS, SPECIES, em=HALF_UNIT)
    assert found.floor == mixtura.EM().floor


@pytest.mark.filterwarnings("ignore::mixtura.errors.TiesWarning")
def test_a_column_that_is_constant_within_classes_is_told():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 40])
    X = np.c_[rng.normal(size=(100, 2)) + 6 * y[:, None], y]
    with pytest.warns(mixtura.DegeneracyWarning, match="a covariance of class 0, 1 is at the floor"):
        weighted = mixtura.discriminant(X, y, models="VVV", sample_weight=np.full(100, 2), seed=0)
    with pytest.warns(mixtura.DegeneracyWarning):
        plain = mixtura.discriminant(X, y, models="VVV", seed=0)
    assert (weighted.predict(X) == y).all()
    assert weighted.floor == plain.floor


def test_folds_hold_equal_parts_of_each_class():
    codes = np.repeat([0, 1, 2], [23, 11, 5])
    folds = _folds(codes, 5, np.random.default_rng(0))
    for c in range(3):
        counts = np.bincount(folds[codes == c], minlength=5)
        assert counts.max() - counts.min() <= 1


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_rows_of_weight_zero_are_in_no_fold():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [30, 20])
    X = np.c_[rng.normal(size=(50, 2)) + 2 * y[:, None], y]
    more, labels = np.r_[X, rng.normal(size=(300, 3))], np.r_[y, rng.integers(0, 2, 300)]
    weight = np.repeat([1, 0], [50, 300])
    alone = mixtura.discriminant(X, y, models="VVV", seed=0)
    among = mixtura.discriminant(more, labels, models="VVV", seed=0, sample_weight=weight)
    assert among.floor == alone.floor
    np.testing.assert_allclose(among.posterior(X), alone.posterior(X), rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_cross_validation_takes_counts_as_repetitions_in_any_order():
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], [30, 20])
    X, counts = np.c_[rng.normal(size=(50, 2)) + 2 * y[:, None], y], rng.integers(1, 5, 50)
    weighted = mixtura.discriminant(X, y, seed=0, sample_weight=counts)
    order = rng.permutation(counts.sum())
    rows, labels = np.repeat(X, counts, axis=0)[order], np.repeat(y, counts)[order]
    repeated = mixtura.discriminant(rows, labels, seed=0)
    assert (weighted.models, weighted.floor) == (repeated.models, repeated.floor)
    np.testing.assert_allclose(weighted.posterior(X), repeated.posterior(X), rtol=1e-7, atol=1e-12)


def test_priors_that_are_no_numbers_are_refused():
    with pytest.raises(mixtura.ParameterError, match=r"priors are \['x', 'y'\]; expected 2 probabilities"):
        mixtura.discriminant([0.0, 0.2, 5.0, 5.2], [1, 1, 2, 2], priors=["x", "y"])
