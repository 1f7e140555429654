"""Whatever holds the rows, the answers are the same; and it is read no more often than it must be."""

from dataclasses import replace

import numpy as np
import pytest
from halves import Halves
from problem_of import problem_of

import mixtura
from mixtura import ParameterError
from mixtura.data import ArraySource, Chunk, as_source
from mixtura.kernels import NUMPY_KERNEL, kernel_of, summarise
from mixtura.mixture.region import NOISE_REGIONS
from mixtura.testing import check_source


def cloud(n, seed=0):
    """Three groups, and a few rows of noise."""
    rng = np.random.default_rng(seed)
    groups = rng.normal(size=(n, 3)) + np.repeat(
        [[0, 0, 0], [6, 0, 0], [0, 6, 0]], [n // 3, n // 3, n - 2 * (n // 3)], axis=0
    )
    groups[: n // 20] = rng.uniform(-8, 14, size=(n // 20, 3))
    return rng.permutation(groups)


# Below and above 262,144 values, from where on a selection has its rows in pieces.
SIZES = {"few": 300, "many": 90_000}
ROWS = {name: cloud(n) for name, n in SIZES.items()}
OPTIONS = {
    "plain": {},
    "prior": {"prior": "conjugate"},
    "trim": {"trim": 0.05},
    "share of noise": {"noise": 0.05},
    "rows of noise": {"noise": [0, 1, 2]},
    "hull": {"noise": mixtura.UniformNoise(0.05, region="hull")},
    "held": {"fixed": {"means": [0]}},
    "equal": {"model": mixtura.Model("EEE", equal_weights=True)},
}


def start(rows):
    """A mixture near the groups."""
    means = np.array([[0.0, 0, 0], [6, 0, 0], [0, 6, 0]])
    return mixtura.Mixture([0.3, 0.3, 0.4], means, mixtura.DenseCovariance(np.eye(3)[None], 3))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("option", OPTIONS)
def test_a_fit_is_that_of_the_array(size, option):
    rows = ROWS[size]
    ours, theirs = (mixtura.fit(X, start=start(rows), max_iter=30, **OPTIONS[option]) for X in (Halves(rows), rows))
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-9)
    np.testing.assert_allclose(ours.mixture.means, theirs.mixture.means, atol=1e-5)
    assert ours.bic == pytest.approx(theirs.bic, rel=1e-9)


def test_neighbours_begin_noise_in_any_source():
    rows = ROWS["few"]
    ours, theirs = (mixtura.fit(X, 3, noise=True, seed=0) for X in (Halves(rows), rows))
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_a_selection_is_that_of_the_array(size):
    rows = ROWS[size]
    options = {"n_components": [2, 3], "models": ["EEE", "VVV"], "seed": 0}
    ours, theirs = (mixtura.select(X, **options) for X in (Halves(rows), rows))
    assert ours.best_cell.key == theirs.best_cell.key
    for one, other in zip(ours.cells, theirs.cells, strict=True):
        assert one.loglik == pytest.approx(other.loglik, abs=0.05 + 1e-6 * len(rows))


def test_a_selection_with_noise_a_prior_and_folds():
    rows = ROWS["few"]
    for options in ({"noise": True}, {"prior": "conjugate"}, {"criterion": "cv"}):
        ours, theirs = (mixtura.select(X, [2, 3], models=["EEE"], seed=0, **options) for X in (Halves(rows), rows))
        measured = [[cell.measured(chosen.criterion) for cell in chosen.cells] for chosen in (ours, theirs)]
        np.testing.assert_allclose(*measured, rtol=1e-5)


def test_an_assessment_is_that_of_the_array():
    rows, weight = ROWS["few"], np.arange(300) % 3
    mixture = start(rows)
    ours = mixtura.assess(mixture, Halves(rows, weight))
    theirs = mixtura.assess(mixture, rows, weight)
    assert ours.bic == pytest.approx(theirs.bic, rel=1e-12)
    assert ours.n_rows == weight.sum()
    with pytest.raises(ParameterError, match="give the weights to the Source"):
        mixtura.assess(mixture, Halves(rows), weight)


@pytest.mark.parametrize("region", NOISE_REGIONS)
def test_regions_are_those_of_the_array(region):
    rows = ROWS["few"]
    ours, theirs = (
        NOISE_REGIONS[region](source, summarise(source, full=True)) for source in map(as_source, (Halves(rows), rows))
    )
    assert ours.volume == pytest.approx(theirs.volume, rel=1e-12)


@pytest.mark.filterwarnings("ignore::mixtura.ConvergenceWarning")
@pytest.mark.parametrize("option", ["plain", "prior", "share of noise", "rows of noise"])
def test_rows_are_read_at_most_twice_before_em_begins(option):
    source = Halves(ROWS["few"])
    seen = []
    mixtura.fit(
        source, start=start(None), max_iter=1, on_iteration=lambda _: seen.append(source.passes), **OPTIONS[option]
    )
    assert seen[0] - 1 <= 2  # the first E-step is EM's own


@pytest.mark.filterwarnings("ignore::mixtura.ConvergenceWarning")
def test_everything_at_once_is_read_at_most_twice_before_em_begins():
    source, seen = Halves(ROWS["few"]), []
    options = {"prior": "conjugate", "noise": [0, 1, 2]}
    mixtura.fit(source, start=start(None), max_iter=1, on_iteration=lambda _: seen.append(source.passes), **options)
    assert seen[0] - 1 == 2


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_summaries_are_those_of_numpy(full, weighted):
    rows = ROWS["few"] + 1e4
    weight = np.arange(300) % 4 if weighted else np.ones(300)
    for source in (ArraySource.of(rows, weight), Halves(rows, weight)):
        found = summarise(source, full=full)
        mean = np.average(rows, axis=0, weights=weight)
        centred = (rows - mean) * np.sqrt(weight)[:, None]
        assert (found.n_rows, found.weight) == (np.count_nonzero(weight), weight.sum())
        np.testing.assert_allclose(found.mean, mean, rtol=1e-12)
        np.testing.assert_allclose(found.variances, np.square(centred).sum(axis=0) / weight.sum(), rtol=1e-10)
        if full:
            np.testing.assert_allclose(found.scatter, centred.T @ centred, rtol=1e-9, atol=1e-7)
            counted = rows[weight > 0]
            assert found.extent.least.tolist() == counted.min(axis=0).tolist()
            assert found.extent.largest.tolist() == counted.max(axis=0).tolist()
            assert found.effective_n_rows == pytest.approx(weight.sum() ** 2 / (weight**2).sum())


def test_parts_of_a_source_keep_weights_and_positions():
    rows, weight = np.arange(12.0).reshape(6, 2), np.array([1.0, 0, 2, 3, 0, 4])
    source = ArraySource.of(rows, weight)
    assert source.take(np.array([5, 2])).sample_weight.tolist() == [4, 2]
    halved = source.reweighted(np.array([1, 1, 0.5, 0, 1, 1]))
    assert (halved.n_rows, halved.rows(9, None).positions.tolist()) == (3, [0, 2, 5])
    assert source.reweighted(np.ones(6)).sample_weight.tolist() == weight.tolist()
    assert ArraySource.of(rows).reweighted(weight).n_rows == 4
    chunk = Chunk(rows, weight, 10).take(np.array([1, 3, 4])).take(np.array([False, True, True]))
    assert (chunk.positions.tolist(), chunk.first, chunk.rows[:, 0].tolist()) == ([13, 14], 13, [6, 8])
    assert [part.positions for part in Chunk(rows).parts([slice(1, 3), slice(3, 6)])] == [slice(1, 3), slice(3, 6)]
    assert chunk.reweighted(np.array([7.0, 8.0])).sample_weight.tolist() == [7, 8]


def test_the_kit_for_sources_of_ones_own_finds_what_is_wrong():
    check_source(Halves)

    class Careless(Halves):
        def rows(self, n, rng):
            return super().rows(n, rng).take(slice(0, max(n - 1, 1)))

    with pytest.raises(AssertionError, match=r"rows\(100\) gave 99 rows; expected 100"):
        check_source(Careless)

    class Wrong(Halves):
        def sum(self, f):
            return f(self._counted.take(slice(0, self.n_rows - 1)))

    with pytest.raises(AssertionError, match=r"the summary's weight differs from the array's"):
        check_source(Wrong)


def test_a_sample_of_a_source_is_computed_as_the_source_is():
    """By its kernel, with the kind of its weights."""
    calls = []

    def estep(*arguments):
        calls.append(arguments)
        return NUMPY_KERNEL.estep(*arguments)

    kernel = replace(NUMPY_KERNEL, estep=estep)
    rows, weight = np.random.default_rng(0).normal(size=(50, 2)), np.arange(1.0, 51.0)
    source = ArraySource(rows, weight, weights_are="sampling", kernel=kernel)
    problem = problem_of(source, "VVV").on_sample(source.rows(20, np.random.default_rng(1)))
    assert kernel_of(problem.source) is kernel
    assert problem.source.weights_are == "sampling"
    assert problem.source.n_rows == 20
    for changed in (source.take(np.arange(9)), source.reweighted(np.full(50, 2.0))):
        assert kernel_of(changed) is kernel
    assert mixtura.fit(source, 2, seed=0).weights_are == "sampling"
    assert calls
