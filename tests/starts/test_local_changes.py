"""Likely changes of a mixture: their gains are exact, and they find what a mixture has missed."""

from __future__ import annotations

import numpy as np
import pytest
from problem_of import problem_of
from scipy.special import logsumexp
from sklearn.metrics import adjusted_rand_score

import mixtura
from mixtura.data import Chunk
from mixtura.em import Run
from mixtura.kernels import accumulate
from mixtura.starts.halves import halves
from mixtura.starts.local_changes import LocalChanges, join, refit
from mixtura.starts.neighbourhood import Neighbourhood
from mixtura.starts.search import search_score


def at(problem, labels) -> Neighbourhood:
    """The mixture of a partition of the problem's rows."""
    sample = problem.source.whole.chunk
    members = np.eye(labels.max() + 1)[labels]
    return Neighbourhood.of(problem, accumulate(sample, members, problem.mstep.scatter_kind), sample)


def three(seed=0, n=200, d=2):
    """Three groups, of which two are nearer to each other than to the third."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], n)
    return rng.normal(size=(3 * n, d)) + np.array([0.0, 6.0, 30.0])[labels, None], labels


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("components", "k"), [((0,), 2), ((0, 1), 1), ((0, 2), 2)])
def test_the_gain_is_the_change_of_the_log_likelihood(components, k, weighted):
    rows, labels = three()
    weight = np.random.default_rng(1).uniform(0.5, 2, len(rows)) if weighted else None
    problem = problem_of(rows, weight=weight)
    here = at(problem, labels)
    found = refit(problem, here, components, k, np.random.default_rng(0))
    own = problem.mstep(found.stats)[0]
    left = [j for j in range(3) if j not in components]
    joint = here.mixture.log_joint(rows)
    new = np.log(here.mixture.weights[list(components)].sum()) + own.log_joint(rows)
    after = logsumexp(np.hstack([joint[:, left], new]), axis=1)
    exact = here.weight @ (after - here.log_density)
    assert found.gain <= exact + 1e-9 * abs(exact)  # new components count where the old ones had rows
    assert found.gain == pytest.approx(exact, rel=1e-3, abs=0.5)


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "VII"])
def test_a_missed_group_is_found(model):
    """Two groups share a component and the third has two: the first change splits one and merges the others."""
    rows, labels = three()
    wrong = np.where(labels < 2, 0, np.where(rows[:, 0] > 30, 1, 2))
    problem = problem_of(rows, model)
    best = LocalChanges(problem, np.random.default_rng(0)).best(at(problem, wrong), 3)[0]
    assert best.components == {0, 1, 2}
    assert best.gain > 100
    fit = mixtura.fit(rows, 3, model=model, start=lambda *_: best.stats(at(problem, wrong).stats))
    assert adjusted_rand_score(labels, fit.mixture.predict(rows)) > 0.99


def test_components_that_lie_within_each_other_or_cross_are_told_apart():
    rng = np.random.default_rng(0)
    core, crossing = rng.normal(size=(600, 2)), rng.normal(size=(600, 2))
    core[300:] *= 8
    crossing[:300, 0] *= 10
    crossing[300:, 1] *= 10
    for rows in (core, crossing):
        truth = np.repeat([0, 1], 300)
        wrong = (rows[:, 0] + rows[:, 1] > 0).astype(int)
        problem = problem_of(rows)
        here = at(problem, wrong)
        found = refit(problem, here, (0, 1), 2, np.random.default_rng(0))
        right = at(problem, truth)
        assert found.gain > 0.95 * (right.weight @ (right.log_density - here.log_density))


def test_changes_are_joined_if_they_have_no_component_in_common():
    rows = np.vstack([three()[0], three(1)[0] + 100])
    labels = np.concatenate([three()[1], 3 + three()[1]])
    wrong = np.array([0, 0, 1, 3, 3, 4])[labels]
    wrong[(wrong == 1) & (rows[:, 0] > 30)] = 2
    wrong[(wrong == 4) & (rows[:, 0] > 130)] = 5
    problem = problem_of(rows)
    here = at(problem, wrong)
    changes = LocalChanges(problem, np.random.default_rng(0)).best(here, 4)
    assert changes[0].components == {0, 1, 2, 3, 4, 5}
    assert changes[0].gain > max(change.gain for change in changes[1:])
    assert join(here, []) is None


def test_only_components_that_have_moved_are_fitted_again():
    rows, labels = three()
    problem = problem_of(rows)
    changes, here = LocalChanges(problem, np.random.default_rng(0)), at(problem, labels)
    changes.best(here, 3)
    known = dict(changes.done)
    assert here.moved_since(here) == set()
    changes.forget({2})
    assert changes.done == {key: value for key, value in known.items() if 2 not in key[1]}
    mixed = np.where(labels == 0, np.arange(len(labels)) % 2, labels)
    assert at(problem, mixed).moved_since(here) == {0, 1}


def test_few_rows_or_equal_ones_are_no_two_components():
    rows = np.vstack([three(n=20)[0], np.full((20, 2), 90.0), [[200.0, 0.0], [201.0, 0.0], [200.0, 1.0]]])
    labels = np.concatenate([three(n=20)[1], np.full(20, 3), np.full(3, 4)])
    problem = problem_of(rows)
    here = at(problem, labels)
    assert refit(problem, here, (4,), 2, np.random.default_rng(0)) is None
    assert refit(problem, here, (3,), 2, np.random.default_rng(0)) is None
    for side in halves(Chunk(np.full((20, 2), 90.0)), problem.mstep.floor, problem.scale, np.random.default_rng(0)):
        assert side.shape == (20,)


def test_rows_that_a_component_may_fit_by_chance_count_less():
    """Of 60 rows, 4 of the nearest to a line have a higher likelihood than two halves, but not by more than chance."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    order = np.argsort(np.abs(rows[:, 0] - rows[:, 1]))
    few = np.isin(np.arange(60), order[:4]).astype(int)
    problem = problem_of(rows)

    def run_of(problem, labels):
        return Run.started(problem.begin(at(problem, labels).stats))

    halved = (rows[:, 0] > 0).astype(int)
    small, large = run_of(problem, few), run_of(problem, halved)
    assert small.loglik > large.loglik
    assert search_score(problem, small) < search_score(problem, large)
    assert search_score(problem, large) == large.loglik
    light = problem_of(rows, weight=np.full(60, 0.5))
    assert search_score(light, run_of(light, halved)) == pytest.approx(large.loglik)
