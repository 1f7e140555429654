"""Data that make components collapse: no error, no NaN, and a report of what was done."""

from dataclasses import replace

import numpy as np
import pytest
from problem_of import problem_of

import mixtura
from mixtura import DegeneracyWarning, Outcome
from mixtura._support import EPS
from mixtura.em.outcome import Action
from mixtura.em.problem import eigenvalue_rounding
from mixtura.em.repair import reseed_empty
from mixtura.em.run import Run
from mixtura.errors import ColumnsWarning
from mixtura.stats import Stats

MODELS = ("VVV", "EEE", "VVI", "VII")
OTHERS = ("EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV")
STARTS = ("small-em", "kmeans", "k-means++", "random", "random_from_data", "identity")


def cases():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(40, 3))
    constant = np.column_stack([cloud, np.full(40, 7.0)])
    line = np.outer(np.arange(30.0), [1.0, 2.0, 3.0])
    return {
        "one row": np.array([[1.0, 2.0]]),
        "all rows equal": np.ones((10, 3)),
        "all rows zero": np.zeros((10, 2)),
        "three distinct rows": np.repeat([[0.0, 0], [1, 1], [2, 0]], 10, axis=0),
        "fewer rows than components": rng.normal(size=(3, 2)),
        "a constant column": constant,
        "a constant column far away": constant * 1e9,
        "all on a line": line,
        "two equal columns": np.column_stack([cloud, cloud[:, 0]]),
        "more columns than rows": rng.normal(size=(8, 20)),
        "duplicates and an outlier": np.vstack([np.zeros((20, 2)), cloud[:, :2], [[1e6, 1e6]]]),
        "a pair of twins": np.vstack([cloud, cloud[:1], cloud[:1]]),
        "tiny numbers": cloud * 1e-150,
        "huge numbers": cloud * 1e140,
    }


CASES = cases()


@pytest.mark.parametrize(
    ("model", "start"),
    [*((model, start) for model in MODELS for start in STARTS), *((model, "kmeans") for model in OTHERS)],
)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_nothing_raises_and_nothing_is_nan(name, start, model):
    rows = CASES[name]
    fit = mixtura.fit(rows, 4, model=model, start=start, seed=1, max_iter=50)
    assert isinstance(fit.outcome, Outcome)
    assert np.isfinite(fit.trace).all()
    assert (np.diff(fit.trace) >= 0).all()
    mixture = fit.mixture
    for values in (mixture.weights, mixture.means, mixture.covariances.dense(), mixture.posterior(rows)):
        assert np.isfinite(values).all()
    assert mixture.weights.sum() == pytest.approx(1)
    assert 1 <= mixture.n_components <= 4
    assert np.linalg.eigvalsh(mixture.covariances.dense() / _units(rows)).min() > 0
    removed = [r for r in fit.starts[0].repairs if r.action is Action.REMOVED]
    assert mixture.n_components == 4 - len(removed)
    assert fit.n_parameters == mixture.n_parameters


def _units(rows):
    largest = np.abs(rows).max(axis=0)
    scale = np.where(largest > 0, largest, 1)
    return np.outer(scale, scale)


@pytest.mark.filterwarnings("ignore::mixtura.errors.TiesWarning")
def test_more_components_than_distinct_rows_are_removed():
    with pytest.warns(DegeneracyWarning, match=r"2 components re-seeded, 2 components removed\. Try fewer"):
        fit = mixtura.fit(CASES["three distinct rows"], 5, seed=0, em=mixtura.EM(resolution=0))
    assert fit.outcome is Outcome.REMOVED
    assert fit.mixture.n_components == 3
    assert {r.action for r in fit.starts[0].repairs} == {Action.RESEEDED, Action.REMOVED}
    np.testing.assert_allclose(sorted(fit.mixture.means[:, 0]), [0, 1, 2], atol=1e-9)


def test_a_constant_column_is_floored():
    with pytest.warns(ColumnsWarning, match="column 3 does not vary"):
        fit = mixtura.fit(CASES["a constant column"], 2, seed=0)
    assert fit.outcome is Outcome.FLOORED
    assert fit.outcome.converged
    assert fit.starts[0].floored == (0, 1)
    assert (fit.mixture.covariances.variances()[:, 3] < 1e-5).all()


def test_a_component_on_a_single_outlier_is_reseeded_then_removed_or_kept_elsewhere():
    rng = np.random.default_rng(1)
    rows = np.vstack([rng.normal(size=(100, 2)), [[50.0, 50.0]]])
    labels = np.r_[np.zeros(100), 1]
    with pytest.warns(DegeneracyWarning, match="component 1 re-seeded"):
        fit = mixtura.fit(rows, 2, start=labels)
    first = fit.starts[0].repairs[0]
    assert (first.component, first.action) == (1, Action.RESEEDED)
    assert first.rows == pytest.approx(1)
    assert str(first) == f"component 1 re-seeded at iteration {first.iteration} (1 rows)"
    assert len(fit.trace) <= fit.iterations  # the trace began anew
    assert fit.outcome in (Outcome.RESEEDED, Outcome.REMOVED)


def test_a_small_component_that_its_model_can_describe_is_left_alone():
    rng = np.random.default_rng(1)
    rows = np.vstack([rng.normal(size=(100, 2)), [[50.0, 50.0]]])
    fit = mixtura.fit(rows, 2, model="EEE", start=np.r_[np.zeros(100), 1])
    assert fit.outcome is Outcome.CONVERGED
    assert fit.sizes.tolist() == pytest.approx([100, 1])


def test_too_few_rows_for_so_many_components_are_floored_not_shuffled():
    rows = np.random.default_rng(0).normal(size=(30, 10))
    with pytest.warns(DegeneracyWarning, match="is at the floor"):
        fit = mixtura.fit(rows, 3, seed=0)
    assert fit.outcome is Outcome.SPURIOUS
    assert not fit.starts[0].repairs
    assert fit.mixture.n_components == 3


def test_relative_weights_do_not_look_like_dead_components(iris):
    whole = mixtura.fit(iris, 2, seed=0)
    parts = mixtura.fit(iris, 2, seed=0, sample_weight=np.full(150, 1 / 150))
    means = [np.sort(fit.mixture.means, axis=0) for fit in (parts, whole)]  # rounding may number components otherwise
    np.testing.assert_allclose(*means, rtol=1e-6)
    assert not parts.starts[0].repairs


def test_a_larger_floor_is_respected(iris):
    fit = mixtura.fit(iris, 3, seed=0, em=mixtura.EM(floor=0.1))
    assert fit.outcome is Outcome.FLOORED
    least = 0.1 * iris.var(axis=0)
    relative = fit.mixture.covariances.dense() / np.sqrt(np.outer(least, least))
    assert np.linalg.eigvalsh(relative).min() > 1 - 1e-9


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
@pytest.mark.parametrize("model", ["EVE", "VVE"])
@pytest.mark.parametrize("k", [15, 16, 24])
def test_many_components_without_scatter(model, k):
    rows = np.repeat(np.random.default_rng(0).normal(size=(k, 3)), 4, axis=0)
    fit = mixtura.fit(rows, start=np.repeat(np.arange(k), 4), model=model)
    assert np.isfinite(fit.loglik)
    few = np.repeat([[0.0, 0], [1, 1], [2, 0]], 20, axis=0)
    for start in ("hierarchical", "k-means++"):
        assert np.isfinite(mixtura.fit(few, k, model=model, start=start, seed=0).loglik)


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
@pytest.mark.parametrize("far", [1.0, 1e6, 1e16, 1e60])
@pytest.mark.parametrize("model", MODELS + OTHERS)
def test_rows_that_vary_by_rounding_alone(model, far):
    rows = far + np.random.default_rng(0).normal(size=(62, 2)) * far * 1e-16
    for start in ("identity", "kmeans", "small-em", "hierarchical"):
        assert np.isfinite(mixtura.fit(rows, 4, model=model, start=start, seed=0, max_iter=3).loglik)


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
@pytest.mark.parametrize("model", ["EEV", "VEV", "EVE", "VVE"])
@pytest.mark.parametrize("seed", [1, 3])
def test_falls_that_are_rounding_end_a_fit_to_a_line_as_converged(model, seed):
    rng = np.random.default_rng(seed)
    fit = mixtura.fit(rng.normal(size=(58, 1)) @ rng.normal(size=(1, 6)), 1, model=model)
    assert fit.outcome is Outcome.FLOORED


def test_rounding_grows_with_the_condition_number():
    mixtures = [mixtura.Mixture([1.0], [[0.0, 0.0]], [np.diag([1.0, least])]) for least in (1e-3, 1e-9, 1e-300)]
    np.testing.assert_allclose(
        [eigenvalue_rounding(mixture).item() for mixture in mixtures], [EPS * 1e3, EPS * 1e9, 1], rtol=1e-12
    )


def test_where_all_is_noise_components_begin_far_from_the_mean_of_the_rows():
    rows = np.array([[0.0], [1.0], [2.0], [9.0], [30.0]])
    problem = problem_of(rows, "VVV", floor=1e-6)
    empty = replace(Stats.empty(2, 1, "full"), noise_weight=5.0)
    stats, repairs = reseed_empty(problem, empty, np.random.default_rng(0))
    assert [repair.action for repair in repairs] == [Action.RESEEDED] * 2
    assert stats.mean.ravel().tolist() == [30.0, 0.0]  # the mean is 8.4
    np.testing.assert_allclose(stats.weight, 2.5)


def test_what_is_known_of_the_floor_is_of_the_last_iterate_alone():
    problem = problem_of(np.random.default_rng(0).normal(size=(40, 2)), "VVV")
    first = problem.begin(Stats(np.array([40.0]), np.zeros((1, 2)), 40 * np.eye(2)[None], 0.0, 0.0))
    run = Run.started(first)
    told = run.with_any_at_floor(any_at_floor=True)
    assert (run.any_at_floor, told.any_at_floor, told.extended(first).any_at_floor) == (False, True, False)
