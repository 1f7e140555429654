"""Ties, spikes and rounded values: point masses are found, few rows at the floor never win, rounding buys nothing."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import mixtura
from mixtura import Outcome
from mixtura.data import ArraySource, ColumnValues
from mixtura.fitting.plan import plan_fit

pytestmark = pytest.mark.filterwarnings("ignore::mixtura.errors.TiesWarning")


def zeros(rng):
    """Zeros beside two groups."""
    return np.r_[np.zeros(60), rng.normal(5, 1, 150), rng.normal(15, 1, 150)][:, None], [60, 150, 150]


def saturated(rng):
    """A sensor that shows no more than 40."""
    return np.r_[rng.normal(20, 1, 120), rng.normal(30, 1, 150), np.full(80, 40.0)][:, None], [120, 150, 80]


def spike_in_a_column(rng):
    """Zeros in one of two columns."""
    rows = rng.normal(size=(300, 2)) + np.repeat([[0, 0], [0, 6], [8, 6]], 100, axis=0)
    rows[:100, 1] = 0
    return rows, [100, 100, 100]


def equal_rows(rng):
    """The same row many times."""
    others = rng.normal(size=(240, 2)) + np.repeat([[8, 0], [0, 9]], 120, axis=0)
    return np.vstack([np.tile([[2.0, 3.0]], (40, 1)), others]), [40, 120, 120]


def two_spikes(rng):
    """Values at both ends of a scale."""
    return np.r_[np.zeros(50), np.full(50, 10.0), rng.normal(5, 0.7, 150)][:, None], [50, 50, 150]


KINDS = [zeros, saturated, spike_in_a_column, equal_rows, two_spikes]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [100, 101, 102])
def test_point_masses_are_found_beside_groups(kind, seed):
    rows, sizes = kind(np.random.default_rng(seed))
    truth = np.repeat(np.arange(len(sizes)), sizes)
    fit = mixtura.fit(rows, 3, seed=seed)
    assert adjusted_rand_score(truth, fit.mixture.predict(rows)) > 0.95
    assert fit.outcome is Outcome.FLOORED
    assert fit.outcome.converged
    chosen = mixtura.select(rows, range(1, 6), seed=seed)
    assert chosen.best.mixture.n_components == 3
    assert chosen.best_cell.sound


def test_the_least_rows_of_a_point_mass_are_those_of_the_rows_at_hand():
    draw = np.random.default_rng(0)
    rows = np.r_[draw.normal(3, 1, size=980_000), np.zeros(20_000)][:, None]
    problem = plan_fit(ArraySource.of(rows), 2, model=mixtura.Model(), start="small-em", em=mixtura.EM()).problem
    assert problem.point_mass_rows == pytest.approx(200)
    assert problem.on_sample(problem.source.rows(5_000, draw)).point_mass_rows == 4
    weighted = replace(problem.source, sample_weight=np.full(1_000_000, 2.0))
    assert replace(problem, source=weighted).point_mass_rows == pytest.approx(400)
    (mass,) = mixtura.fit(rows, 2, seed=0).point_masses  # the start is looked for on a sample, with 100 zeros
    assert mass.rows == pytest.approx(20_000, rel=0.01)


def test_a_point_mass_says_where_it_is_and_how_many_rows_it_holds():
    rows, _ = spike_in_a_column(np.random.default_rng(0))
    fit = mixtura.fit(rows, 3, seed=0)
    (mass,) = fit.point_masses
    assert mass.rows == pytest.approx(100)
    assert (mass.columns, mass.values) == ((1,), pytest.approx((0.0,), abs=1e-6))
    assert fit.starts[0].floored == (mass.component,)
    assert fit.starts[0].spurious == ()
    again = mixtura.Selection.from_json(mixtura.select(rows, [3], models="VVV", seed=0).to_json())
    assert again.best.point_masses[0].columns == (1,)


@pytest.mark.filterwarnings("ignore::mixtura.errors.StartsDisagreeWarning")
@pytest.mark.parametrize("n_init", [1, 8])
def test_few_rows_at_the_floor_never_win_however_many_starts(n_init):
    rng = np.random.default_rng(3)
    rows = np.vstack([rng.normal(size=(80, 2)), rng.normal(size=(80, 2)) + 8])
    rows[:3] = rows[80] + 1e-9 * rng.normal(size=(3, 2))
    fit = mixtura.fit(rows, 3, n_init=n_init, seed=1)
    assert fit.outcome is not Outcome.SPURIOUS
    labels = np.r_[np.full(3, 2), np.zeros(77), np.ones(80)]
    with pytest.warns(mixtura.DegeneracyWarning):
        assert mixtura.fit(rows, 3, start=labels, model="VII").outcome is Outcome.SPURIOUS


@pytest.mark.parametrize("unit", [0.01, 0.3, 1.0])
@pytest.mark.parametrize("seed", [200, 201, 202])
def test_rounding_does_not_change_the_choice(unit, seed):
    rng = np.random.default_rng(seed)
    d, k, n = rng.integers(1, 5), rng.integers(1, 4), rng.integers(200, 600)
    rows = rng.normal(size=(n, d)) + (4 * rng.normal(size=(k, d)))[rng.integers(k, size=n)]
    whole, rounded = (mixtura.select(each, range(1, 6), seed=0) for each in (rows, np.round(rows / unit) * unit))
    assert rounded.best.mixture.n_components == whole.best.mixture.n_components


def test_answers_on_a_scale_and_heaped_ages_get_no_slivers():
    rng = np.random.default_rng(2)
    ages = np.round(np.r_[rng.normal(20, 3, 300), rng.normal(32, 4, 300)] / 5) * 5
    group = rng.choice([-1.2, 0.3, 1.8], 600, p=[0.4, 0.35, 0.25])
    latent = group[:, None, None] + rng.normal(size=(600, 5, 1)) * 0.6
    answers = 1 + (latent > [0, 0.7, 1.4, 2.2]).sum(axis=2)
    for rows, unit, k in ((ages, 5, 2), (answers, 1, 3)):
        chosen = mixtura.select(rows, range(1, 10), seed=0)
        assert chosen.best.mixture.n_components == k
        narrowest = np.linalg.eigvalsh(chosen.best.mixture.covariances.dense()).min()
        assert np.sqrt(narrowest) >= 0.5 * unit * (1 - 1e-9)


@pytest.mark.parametrize("unit", [1e-3, 0.01, 0.25, 1 / 16, 1 / 3, 0.7, 1.0, 5.0, 250.0])
@pytest.mark.parametrize("shift", [0.0, 1000.0])
def test_the_rounding_unit_is_found(unit, shift):
    rng = np.random.default_rng(0)
    rows = unit * np.round(rng.normal(size=(400, 1)) * 8) + shift * unit
    (found,) = ColumnValues.of(ArraySource.of(rows)).unit
    assert found == pytest.approx(unit, rel=1e-6)
    rows[7] += unit * np.pi / 10
    assert ColumnValues.of(ArraySource.of(rows)).unit < unit / 100


def test_a_resolution_that_is_given_counts_and_nothing_else_is_taken():
    rng = np.random.default_rng(0)
    rows = np.round(rng.normal(size=(300, 2)), 1)
    fits = [mixtura.fit(rows, 1, em=mixtura.EM(resolution=given)) for given in ("auto", 0, 4.0, [0.0, 4.0])]
    variances = [fit.mixture.covariances.variances()[0] for fit in fits]
    np.testing.assert_allclose(variances[0], variances[1])
    np.testing.assert_allclose(variances[2], 4.0, rtol=1e-3)
    assert variances[3] == pytest.approx([variances[0][0], 4.0], rel=1e-2)
    for wrong in ("fine", -1, [1.0], None, [[1.0, 1.0]]):
        with pytest.raises(mixtura.errors.ParameterError, match="resolution"):
            mixtura.fit(rows, 1, em=mixtura.EM(resolution=wrong))


@pytest.mark.filterwarnings("ignore::mixtura.errors.MixturaWarning")
@pytest.mark.parametrize("model", ["VVV", "EEE", "VEV", "EVV"])
def test_rounding_near_singular_covariances_is_no_fall(model):
    outcomes = set()
    for seed in range(12):
        rng = np.random.default_rng(1000 + seed)
        d, n, k = rng.integers(2, 7), rng.integers(50, 400), rng.integers(1, 4)
        rows = rng.normal(size=(n, d)) + 3 * rng.normal(size=(k, d))[rng.integers(k, size=n)]
        fit = mixtura.fit(np.c_[rows, rows @ rng.normal(size=(d, 2))], k, model=model, seed=seed)
        outcomes.add(fit.outcome)
        assert (np.diff(fit.trace) >= 0).all()
    assert Outcome.STALLED not in outcomes
