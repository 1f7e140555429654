"""Counts are repetitions; of sampling weights only ratios matter, and criteria are those of Kish's number of rows."""

import warnings

import numpy as np
import pytest

import mixtura
from mixtura import GaussianMixture

MODELS = ("VVV", "VVI", "EVE", "EEE")
OPTIONS = ({}, {"noise": 0.05}, {"trim": 0.1}, {"prior": "conjugate"}, {"start": "hierarchical"}, {"start": "kmeans"})


@pytest.fixture(scope="module")
def two():
    draw = np.random.default_rng(0)
    return np.vstack([draw.normal(0, 1, (75, 2)), draw.normal(6, 1, (75, 2))])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("model", MODELS)
def test_fits_with_weights_of_any_size(two, model, options):
    """From sums of 1e-323 to 1e307."""
    weight = np.random.default_rng(1).uniform(0.5, 2, len(two))
    plain = mixtura.fit(two, 2, model=model, sample_weight=weight, seed=0, **options)
    for size in (1e-305, 1e-200, 1e-10, 1e100, 1e300):
        fit = mixtura.fit(two, 2, model=model, sample_weight=weight * size, seed=0, **options)
        assert (fit.outcome, fit.weights_are) == (plain.outcome, "sampling")
        assert fit.bic == pytest.approx(plain.bic, rel=1e-6)
        means = (np.sort(one.mixture.means, axis=0) for one in (fit, plain))
        np.testing.assert_allclose(*means, rtol=1e-4, atol=1e-4)
    tiny = np.where(np.arange(len(two)) % 2, 5e-324, 1e-323)
    assert mixtura.fit(two, 2, model=model, sample_weight=tiny, seed=0, **options).outcome.converged


@pytest.mark.parametrize("factor", [1 / 150, 0.37, 1.9e3 + 0.1])
def test_a_choice_does_not_depend_on_the_size_of_weights(two, factor):
    plain = mixtura.select(two, range(1, 5), seed=0)
    same = mixtura.select(two, range(1, 5), sample_weight=np.full(len(two), factor), seed=0)
    assert same.best_cell.key == plain.best_cell.key
    assert same.best.bic == pytest.approx(plain.best.bic)
    scaled = GaussianMixture("auto", random_state=0).fit(two, sample_weight=np.full(len(two), factor))
    assert scaled.n_components_ == 2


def test_survey_weights_choose_the_groups_that_are_there():
    draw = np.random.default_rng(2)
    group = draw.integers(0, 2, 500)
    rows = draw.normal(size=(500, 3)) + np.outer(3.5 * group, [1, 0, 0])
    weight = np.where(group == 1, 3000.0, 900.0) * draw.uniform(0.5, 1.5, 500)
    for weights, kind in ((weight, None), (weight / weight.mean(), None), (np.rint(weight), "sampling")):
        chosen = mixtura.select(rows, range(1, 5), sample_weight=weights, weights_are=kind, seed=0)
        assert chosen.best_cell.n_components == 2
        assert chosen.best.n_rows == pytest.approx(weight.sum() ** 2 / (weight**2).sum(), rel=1e-3)
        assert chosen.best.weights_are == "sampling"


def test_what_weights_are_is_said(two, tmp_path):
    counts = np.arange(len(two)) % 3
    taken = mixtura.fit(two, 2, sample_weight=counts, seed=0)
    assert (taken.weights_are, taken.n_rows) == ("counts", counts.sum())
    survey = mixtura.fit(two, 2, sample_weight=counts, weights_are="sampling", seed=0)
    kish = counts.sum() ** 2 / (counts**2).sum()
    assert (survey.weights_are, survey.n_rows) == ("sampling", pytest.approx(kish))
    assert survey.loglik / survey.n_rows == pytest.approx(taken.loglik / taken.n_rows, rel=1e-5)
    assert mixtura.fit(two, 2, seed=0).weights_are is None
    found = mixtura.assess(survey.mixture, two, counts, weights_are="sampling")
    assert (found.bic, found.n_rows) == (pytest.approx(survey.bic), pytest.approx(kish))
    chosen = mixtura.select(two, [2], models=["VVV"], sample_weight=counts / 7, seed=0)
    assert mixtura.Selection.from_json(chosen.to_json()).best.weights_are == "sampling"


def test_a_source_has_weights_of_its_own(two):
    source = mixtura.data.ArraySource.of(two, np.arange(len(two)) % 3, weights_are="sampling")
    assert mixtura.fit(source, 2, seed=0).weights_are == "sampling"
    with pytest.raises(mixtura.errors.ParameterError, match="give the weights to the Source"):
        mixtura.fit(source, 2, weights_are="counts")


@pytest.mark.parametrize("n_components", [1, range(1, 3)])
def test_classes_share_one_effective_number_of_rows(two, n_components):
    classes = np.repeat(["a", "b"], 75)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(two))
    one, other = (
        mixtura.discriminant(two, classes, n_components, models=["EEE", "VVV"], sample_weight=factor * weight)
        for factor in (1, 1e-9)
    )
    assert one.n_rows == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert (one.bic, one.n_rows) == (pytest.approx(other.bic), pytest.approx(other.n_rows))
    assert one.models == other.models


@pytest.mark.parametrize("weights", ["counts", "sampling"])
def test_likelihood_ratio_tests_draw_the_effective_number_of_rows(two, weights):
    """One normalised weight a row is one row a row; before, their sum was one row in all."""
    weight = np.full(len(two), 1 if weights == "counts" else 1 / len(two))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, weighted = (
            mixtura.likelihood_ratio_tests(two, [1, 2], 19, seed=0, start="kmeans", sample_weight=given)
            for given in (None, weight)
        )
    assert [test.statistic for test in plain] == pytest.approx([test.statistic for test in weighted])
    assert [test.p_value <= 0.05 for test in weighted] == [True, False]
