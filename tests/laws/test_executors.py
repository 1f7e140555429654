"""The kernel's runs are the loop's: the same log-likelihoods until something happens, for all fourteen models."""

import numpy as np
import pytest
from problem_of import problem_of

from mixtura.covariance.models import MODELS
from mixtura.em import LoglikRises, Run, begin_runs, iterate, runs_in_kernel
from mixtura.em.executor import LoopExecutor
from mixtura.starts import Labels

# Models whose M-step is itself iterated: the two end their searches in places that differ by this much.
TOLERANCE = {"VEI": 1e-9, "VEE": 1e-9, "VEV": 1e-9, "EVE": 1e-5, "VVE": 1e-5}
ITERATIONS = 12


def example(seed):
    """Rows of three groups that overlap, labels of which one in six is wrong, and weights."""
    rng = np.random.default_rng(seed)
    turns = rng.normal(size=(3, 4, 4)) / 2 + np.eye(4)
    groups = rng.integers(3, size=160)
    rows = np.einsum("nij,nj->ni", turns[groups], rng.normal(size=(160, 4))) + 2 * rng.normal(size=(3, 4))[groups]
    return rows, (groups + (rng.random(160) < 1 / 6)) % 3, rng.integers(1, 4, size=160).astype(float)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("prior", [None, "conjugate"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_executors_have_the_same_trace(model, weighted, prior, seed):
    rows, labels, weight = example(seed)
    problem = problem_of(rows, model, weight if weighted else None, prior=prior)
    assert runs_in_kernel(problem)
    start = Labels(labels)(problem, 3, np.random.default_rng(0))
    runs = begin_runs(problem, [start], tol=0, accelerate_after=None)
    runs.advance([0], ITERATIONS)
    fast, first = runs.run(0), Run.started(problem.begin(start))
    slow = iterate(problem, first, stop=[LoglikRises(0)], max_iter=ITERATIONS, rng=np.random.default_rng(0))
    length = min(len(fast.trace), len(slow.trace))
    assert length > ITERATIONS / 2
    np.testing.assert_allclose(fast.trace[:length], slow.trace[:length], rtol=TOLERANCE.get(model, 1e-12))


@pytest.mark.parametrize("model", ["VVV", "EEE", "VII", "EVI", "EEV"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_executors_halve_the_same_runs(model, seed):
    rows, labels, _ = example(seed)
    problem, rng = problem_of(rows, model), np.random.default_rng(seed)
    moved = [np.where(rng.random(160) < part, rng.integers(3, size=160), labels) for part in np.linspace(0, 1, 7)]
    starts = [Labels(each)(problem, 3, rng) for each in moved]
    firsts = [Run.started(problem.begin(start.reduced(problem.mstep.scatter_kind))) for start in starts]
    fast, slow = begin_runs(problem, starts, tol=1e-7), LoopExecutor(problem, 1e-7, None, firsts)
    needed, protected = [5.0] * 7, [False] * 6 + [True]
    for executor in (fast, slow):
        executor.search([(3, 4), (6, 2)], needed, protected, 12)
    assert fast.best_first(range(7), needed) == slow.best_first(range(7), needed)
    for one, other in zip(fast.standings(range(7)), slow.standings(range(7)), strict=True):
        assert (one.iterations, one.finished, one.lost) == (other.iterations, other.finished, other.lost)
        assert one.loglik == pytest.approx(other.loglik, rel=1e-12)
        assert one.least_weight == pytest.approx(other.least_weight, rel=1e-9)
