"""EM within the kernel, as far as nothing happens, is the loop's."""

from dataclasses import replace

import numpy as np
import pytest
from problem_of import problem_of

import mixtura
from mixtura import DegeneracyWarning
from mixtura.data.array import ArraySource
from mixtura.em.fused import advance
from mixtura.em.loop import iterate
from mixtura.em.repair import NoRepair, ReseedThenRemove
from mixtura.em.run import Run
from mixtura.em.stopping import LoglikChanges, LoglikRises
from mixtura.starts.names import as_initial


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "VII", "EEI", "EII"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_it_is_the_loop_without_python(model, weighted, ridge):
    """Same iterations, same numbers to rounding, same end; and what it does not know it leaves to the loop."""
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(80, 2)) + 3 * j for j in range(3)])
    weight = rng.integers(1, 4, size=len(rows)).astype(float) if weighted else None
    problem = problem_of(rows, model, weight, ridge=ridge, repair=NoRepair() if ridge else ReseedThenRemove())
    first = Run.started(problem.begin(as_initial("k-means++")(problem, 3, np.random.default_rng(0))))
    for stop, most in (([LoglikRises(1e-7)], 1000), ([LoglikChanges(0.0)], 7), ([LoglikRises(1e-3)] * 2, 50)):
        ended = [
            iterate(problem, path, stop=stop, max_iter=most, rng=np.random.default_rng(1))
            for path in (first, advance(problem, first, stop, most))
        ]
        slow, fast = ended
        assert (fast.outcome, fast.iterations, fast.passes) == (slow.outcome, slow.iterations, slow.passes)
        np.testing.assert_allclose(fast.trace, slow.trace, rtol=1e-12)
        np.testing.assert_allclose(fast.last.mixture.means, slow.last.mixture.means, atol=1e-9)
        ours, theirs = fast.last.mixture.covariances, slow.last.mixture.covariances
        np.testing.assert_allclose(ours.dense(), theirs.dense(), atol=1e-9)
        assert ours.n_parameters == theirs.n_parameters


def test_repairs_are_left_to_the_loop():
    """Components that collapse are repaired as ever."""
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(40, 2)), 1e-8 * rng.normal(size=(3, 2)) + 20])
    with pytest.warns(DegeneracyWarning):
        fits = [
            mixtura.fit(rows, 4, start="random", seed=0, on_iteration=call, em=mixtura.EM(accelerate=False))
            for call in (None, lambda _: None)
        ]
    assert fits[0].trace == pytest.approx(fits[1].trace, rel=1e-12)
    assert fits[0].starts[0].repairs == fits[1].starts[0].repairs


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI"])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
def test_threads_share_the_passes_and_change_no_bit(model, kind, weighted):
    """Chunks are added up as the loop does it, in their order, whoever worked on them."""
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(50_000, 2)) + 3 * j for j in range(3)]).astype(kind)
    weight = rng.integers(1, 4, size=len(rows)).astype(float) if weighted else None
    problem = problem_of(rows, model, weight)
    first = Run.started(problem.begin(as_initial("k-means++")(problem, 3, rng)))
    stop = [LoglikRises(0.0)]
    slow = iterate(problem, first, stop=stop, max_iter=4, rng=rng)
    fast = [
        iterate(shared, advance(shared, first, stop, 4), stop=stop, max_iter=4, rng=rng)
        for shared in (replace(problem, source=ArraySource(rows, weight, threads)) for threads in (1, 2, 5))
    ]
    assert [path.trace for path in fast] == [fast[0].trace] * 3
    for path in fast[1:]:
        np.testing.assert_array_equal(path.last.stats.scatter, fast[0].last.stats.scatter)
    loose = 1 if kind == np.float64 else 1e5  # float32 arithmetic rounds on different shifts
    np.testing.assert_allclose(fast[0].trace, slow.trace, rtol=1e-12 * loose)
    np.testing.assert_allclose(fast[0].last.mixture.means, slow.last.mixture.means, atol=1e-9 * loose)
