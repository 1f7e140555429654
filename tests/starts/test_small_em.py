"""The default start: the best of many short runs."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura import kernels
from mixtura.data.array import ArraySource
from mixtura.starts.small_em import SmallEM

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"


def standardised(name):
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


# The best of 500 random starts, found by bench/starts.py.
@pytest.mark.parametrize(
    ("name", "k", "best"), [("iris", 3, -290.531), ("faithful", 3, -369.637), ("diabetes", 3, -170.596)]
)
def test_it_finds_what_500_random_starts_find(name, k, best):
    found = [mixtura.fit(standardised(name), k, seed=seed, em=mixtura.EM(floor=1e-3)).loglik for seed in range(3)]
    assert np.median(found) >= best - 0.5


def test_the_same_seed_gives_the_same_fit(iris):
    a, b = (mixtura.fit(iris, 3, seed=3, em=mixtura.EM(floor=1e-3)) for _ in range(2))
    assert a.trace == b.trace
    c = mixtura.fit(ArraySource.of(iris), 3, seed=3, em=mixtura.EM(floor=1e-3))
    assert a.trace == c.trace


def test_large_data_are_represented_by_a_sample():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20_000, 2)) + 6 * rng.integers(0, 3, size=(20_000, 1))
    weight = rng.uniform(0.5, 1.5, size=20_000)
    seen = []

    class Watched(ArraySource):
        def sum(self, f):
            seen.append(1)
            return super().sum(f)

    fit = mixtura.fit(Watched(rows, weight), 3, seed=0)
    assert sorted(fit.mixture.means[:, 0].round().tolist()) == [0, 6, 12]
    assert len(seen) == fit.starts[0].passes + 1  # and one for the moments: short runs did not read it


def test_runs_that_lost_components_do_not_win_and_the_fit_tells_of_them():
    rows = np.repeat([[0.0, 0], [1, 1], [2, 0]], 10, axis=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = mixtura.fit(rows, 5, seed=0)
    assert fit.outcome is mixtura.Outcome.REMOVED
    assert [type(one.message) for one in caught] == [mixtura.errors.TiesWarning, mixtura.DegeneracyWarning]


def test_a_spurious_likelihood_does_not_win(iris):
    """Ten rows on a line would have the highest likelihood that there is."""
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(200, 2)) + 4 * rng.integers(0, 2, size=(200, 1))
    rows = np.vstack([cloud, cloud[:4] + 1e-9])
    fit = mixtura.fit(rows, 2, start=SmallEM(n_runs=20), seed=0)
    assert fit.sizes.min() > 50


def test_without_the_kernel_the_loop_takes_the_same_way():
    rows = standardised("faithful")
    fast = mixtura.fit(rows, 3, seed=0, em=mixtura.EM(floor=1e-3))
    with kernels.using_kernel(replace(kernels.current_kernel(), begin_runs=None)):
        slow = mixtura.fit(rows, 3, seed=0, em=mixtura.EM(floor=1e-3))
    assert slow.loglik == pytest.approx(fast.loglik, abs=1e-3)
    np.testing.assert_allclose(*(np.sort(one.mixture.means, axis=0) for one in (slow, fast)), atol=1e-2)


def test_the_number_of_threads_changes_no_bit():
    rows = np.random.default_rng(0).normal(size=(9000, 8)) + 4 * np.arange(9000)[:, None] // 3000
    one, two = (mixtura.fit(rows, 4, seed=0, threads=threads) for threads in (1, 2))
    assert one.trace == two.trace


@pytest.mark.filterwarnings("ignore::mixtura.DegeneracyWarning")
def test_moves_only_lead_higher():
    rows = standardised("diabetes")
    starts = SmallEM(n_runs=3, effort=0, effort_if_agreed=0), SmallEM(n_runs=3)
    still, moved = np.array(
        [
            [mixtura.fit(rows, 4, start=start, seed=seed, em=mixtura.EM(floor=1e-3)).loglik for seed in range(6)]
            for start in starts
        ]
    )
    assert (moved > still - 0.2).all()
    assert (moved > still + 1).any()


def test_axes_that_only_covariances_show_are_found():
    """Two long thin clouds side by side, whose nearest rows on standardised columns lie in both."""
    rng = np.random.default_rng(0)
    side = np.repeat([0, 1], 150)
    along = rng.normal(size=300)
    rows = np.column_stack([along, along + 0.1 * rng.normal(size=300) + side])
    for seed in range(3):
        labels = mixtura.fit(rows, 2, seed=seed).mixture.predict(rows)
        assert max((labels == side).mean(), (labels != side).mean()) > 0.99
