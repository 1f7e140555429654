"""Stepwise EM: step sizes, the state after batches, and components that appear and vanish."""

import math
from dataclasses import replace

import numpy as np
import pytest

import mixtura
from mixtura.data import ArraySource
from mixtura.em import (
    LowDensityRows,
    StepSchedule,
    begin_stepwise,
    estimated_mixture,
    in_rows,
    remove_dead,
    state_of_stats,
    take_step,
    try_birth,
)
from mixtura.em.birth_death import chi_squared_quantile, mahalanobis_squares
from mixtura.em.stepwise import LEAST_WEIGHT
from mixtura.fitting import Model
from mixtura.fitting.plan import plan_fit

TRUTH = mixtura.Mixture([0.4, 0.6], [[0.0, 0.0], [6.0, 3.0]], np.array([np.eye(2), np.diag([2.0, 0.5])]))
FAR, CORNER = np.array([6.0, 3.0]), np.array([-9.0, 9.0])


def problem_of(rows, model="VVV", weight=None):
    source = ArraySource.of(rows, weight)
    return plan_fit(source, 2, model=Model(model), start=TRUTH, em=mixtura.EM()).problem


def state_after(rows, model="VVV"):
    return begin_stepwise(problem_of(rows, model), TRUTH)


@pytest.mark.parametrize("exponent", [0.51, 0.6, 1.0])
@pytest.mark.parametrize("window", [math.inf, 700.0])
def test_many_small_batches_replace_as_much_as_a_large_one(exponent, window):
    schedule = StepSchedule(1000.0, exponent, window)
    for first in (1000.0, 50_000.0):
        kept = [1 - schedule.fraction(first + m, 10.0) for m in range(0, 500, 10)]
        assert math.prod(kept) == pytest.approx(1 - schedule.fraction(first, 500.0), rel=0.02)


def test_before_the_start_has_all_its_rows_they_count_alike():
    schedule = StepSchedule(1000.0, 0.6)
    assert schedule.fraction(100.0, 50.0) == pytest.approx(1 / 3)
    assert schedule.memory(100.0) == 100.0
    assert schedule.memory(1000.0) == 300.0
    assert StepSchedule(1000.0, 0.6, 50.0).memory(100.0) == 50.0


def test_the_memory_is_the_inverse_of_the_step():
    schedule = StepSchedule(1000.0, 0.6)
    for seen in (1e3, 1e5, 1e7):
        assert schedule.fraction(seen, 1.0) == pytest.approx(1 / schedule.memory(seen), rel=0.01)


def test_a_step_is_a_weighted_mean_of_statistics():
    rows, more = TRUTH.sample(2000, seed=0)[0], TRUTH.sample(300, seed=1)[0]
    problem, schedule = problem_of(rows), StepSchedule(2000.0, 0.6)
    before = begin_stepwise(problem, TRUTH)
    after = take_step(replace(problem, source=ArraySource.of(more)), before, schedule)
    part = schedule.fraction(before.seen, 300.0)
    batch, _ = problem.estep(ArraySource.of(more), before.mixture, "full")
    raw = [(1 - part) * s.weight[:, None] * s.mean for s in (before.stats,)]
    expected = raw[0] + part / 300 * batch.weight[:, None] * batch.mean
    np.testing.assert_allclose(after.stats.weight[:, None] * after.stats.mean, expected)
    assert after.stats.total == pytest.approx(1.0)
    assert after.stats.loglik == pytest.approx((1 - part) * before.stats.loglik + part * batch.loglik / 300)
    assert (after.seen, after.n_updates) == (2300.0, 1)
    assert after.average.mean.tolist() == after.stats.mean.tolist()  # the first of the averages


def test_the_estimate_is_that_of_the_average_but_with_a_window():
    rows, more = TRUTH.sample(2000, seed=0)[0], TRUTH.sample(300, seed=1)[0]
    problem = problem_of(rows)
    state = begin_stepwise(problem, TRUTH)
    for _ in range(3):
        state = take_step(replace(problem, source=ArraySource.of(more)), state, StepSchedule(2000.0, 0.6))
    averaged = estimated_mixture(problem.mstep, state, StepSchedule(2000.0, 0.6))
    assert (averaged.means != state.mixture.means).any()
    assert estimated_mixture(problem.mstep, state, StepSchedule(2000.0, 0.6, 500.0)) is state.mixture
    assert in_rows(state.stats, state.seen, StepSchedule(2000.0, 0.6)).total == pytest.approx(2900.0)
    assert in_rows(state.stats, state.seen, StepSchedule(2000.0, 0.6, 500.0)).total == pytest.approx(500.0)


@pytest.mark.parametrize("model", ["VVV", "VVI", "EEE"])
def test_a_component_without_rows_keeps_its_place_and_can_come_back(model):
    rows = TRUTH.sample(2000, seed=0)[0]
    problem, schedule = problem_of(rows, model), StepSchedule(2000.0, 0.6, 100.0)
    state = begin_stepwise(problem, TRUTH)
    own = np.random.default_rng(1).normal(size=(60, 50, 2))
    for part in own:
        state = take_step(replace(problem, source=ArraySource.of(part)), state, schedule)
    assert state.stats.weight[1] < 1e-6
    assert np.linalg.norm(state.mixture.means[1] - FAR) < 1.0
    assert np.isfinite(state.mixture.covariances.dense()).all()
    for part in own[:20]:
        state = take_step(replace(problem, source=ArraySource.of(part + FAR)), state, schedule)
    assert state.mixture.weights[1] > 0.8


def test_weights_of_thin_components_do_not_vanish():
    problem, state = problem_of(TRUTH.sample(2000, seed=0)[0]), state_after(TRUTH.sample(2000, seed=0)[0])
    far = np.full((100, 2), 0.0) + np.random.default_rng(0).normal(size=(100, 2))
    for _ in range(60):
        state = take_step(replace(problem, source=ArraySource.of(far)), state, StepSchedule(2000.0, 0.6, 10.0))
    assert state.stats.weight.min() == LEAST_WEIGHT


def test_a_state_of_given_statistics_has_their_m_step():
    state = state_after(TRUTH.sample(500, seed=0)[0])
    again = state_of_stats(problem_of(TRUTH.sample(500, seed=0)[0]).mstep, state.stats * 500, None)
    np.testing.assert_allclose(again.mixture.means, state.mixture.means)
    assert again.seen == pytest.approx(500)


@pytest.mark.parametrize(("d", "tabled"), [(1, 15.137), (2, 18.421), (10, 35.564)])
def test_the_quantile_is_near_that_of_tables(d, tabled):
    assert chi_squared_quantile(d, 3.719016) == pytest.approx(tabled, rel=0.08)


def test_distances_are_mahalanobis_distances_and_infinite_without_weight():
    mixture = mixtura.Mixture([1.0, 0.0], [[0.0], [5.0]], np.array([[[4.0]], [[1.0]]]))
    found = mahalanobis_squares(mixture, np.array([[2.0], [5.0]]))
    np.testing.assert_allclose(found[:, 0], [1.0, 6.25])
    assert np.isinf(found[:, 1]).all()


def low_rows(rows):
    state = state_after(TRUTH.sample(2000, seed=0)[0])
    return LowDensityRows.none(2).extended(state.mixture, rows, None, 2000.0, 5000.0)


@pytest.mark.parametrize("model", ["VVV", "VVI", "EEE", "VEV"])
def test_rows_that_concentrate_become_a_component(model):
    rows = TRUTH.sample(2000, seed=0)[0]
    mstep, state = problem_of(rows, model).mstep, state_after(rows, model)
    low = low_rows(np.random.default_rng(3).normal(size=(40, 2)) + CORNER)
    assert len(low.rows) == 40
    born, left, count = try_birth(mstep, state, low, 1000.0)
    assert count >= 35
    assert len(left.rows) == 40 - count
    assert born.mixture.n_components == 3
    assert np.linalg.norm(born.mixture.means[2] - CORNER) < 0.7
    assert born.mixture.weights[2] == pytest.approx(count / 1000)
    assert born.stats.total == pytest.approx(1.0)
    assert born.averaged_from == state.seen


@pytest.mark.parametrize("spread", [30.0, 300.0])
def test_scattered_rows_become_none(spread):
    rows = TRUTH.sample(2000, seed=0)[0]
    low = low_rows(np.random.default_rng(3).uniform(-spread, spread, size=(40, 2)))
    _, left, count = try_birth(problem_of(rows).mstep, state_after(rows), low, 1000.0)
    assert count == 0
    assert left.untried == 0
    assert try_birth(problem_of(rows).mstep, state_after(rows), left, 1000.0)[1] is left  # not tried again


@pytest.mark.parametrize("d", [2, 5])
def test_outliers_among_the_rows_add_no_component(d):
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(40_000, d)) + 6 * rng.integers(0, 2, (40_000, 1))
    outliers = (rng.random(40_000) < 0.02) & (np.arange(40_000) > 5000)
    rows[outliers] = rng.uniform(-30, 30, (outliers.sum(), d))
    assert mixtura.OnlineMixture(2, window=5000, spawn=True).update(rows).events == ()


def test_a_group_among_scattered_rows_is_found():
    rows = TRUTH.sample(2000, seed=0)[0]
    rng = np.random.default_rng(3)
    both = np.vstack([rng.uniform(-40, 40, size=(30, 2)), rng.normal(size=(50, 2)) + CORNER])
    born, left, count = try_birth(problem_of(rows).mstep, state_after(rows), low_rows(both), 2000.0)
    assert 45 <= count <= 55
    assert len(left.rows) >= 20
    assert np.linalg.norm(born.mixture.means[2] - CORNER) < 0.7


def test_only_the_latest_rows_of_low_density_are_kept():
    mixture = state_after(TRUTH.sample(2000, seed=0)[0]).mixture
    far = np.full((600, 2), 50.0)
    low = LowDensityRows.none(2)
    for seen in (0.0, 600.0, 1200.0):
        low = low.extended(mixture, far, np.full(600, 2.0), seen, 1000.0)
    assert len(low.rows) == 1000
    assert low.position.min() == 600.0
    assert low.weight.sum() == 2000.0
    assert len(low.extended(mixture, far[:9], None, 9000.0, 1000.0).rows) == 9


def test_components_without_rows_are_removed_but_the_last():
    state = state_after(TRUTH.sample(2000, seed=0)[0])
    mstep = problem_of(TRUTH.sample(2000, seed=0)[0]).mstep
    same, removed, _ = remove_dead(mstep, state, 6.0, 1000.0)
    assert same is state
    assert not len(removed)
    light = replace(state, stats=replace(state.stats, weight=np.array([0.001, 0.999])))
    left, removed, rows = remove_dead(mstep, light, 6.0, 1000.0)
    assert (removed.tolist(), rows.tolist()) == ([0], [1.0])
    assert left.mixture.weights.tolist() == [1.0]
    none_left, removed, _ = remove_dead(mstep, light, 5000.0, 1000.0)
    assert removed.tolist() == [0]
    assert none_left.mixture.n_components == 1
