"""Laws of the value that EM adds up."""

from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import problems, random_mixture

from mixtura.data.chunk import Chunk
from mixtura.kernels import accumulate, current_kernel
from mixtura.stats import Stats

OFFSETS = st.sampled_from([0.0, 1.0, 1e4, 1e8])
NEEDS = st.sampled_from(["full", "pooled", "diagonal"])


def assert_same(a, b, rtol=1e-9, scale=1.0):
    """Equal up to rounding, in units of the data's spread."""
    np.testing.assert_allclose(a.weight, b.weight, rtol=rtol, atol=1e-12)
    alive = a.weight > 1e-9
    np.testing.assert_allclose(a.mean[alive], b.mean[alive], rtol=1e-12, atol=rtol * scale)
    np.testing.assert_allclose(a.scatter, b.scatter, rtol=rtol, atol=rtol * scale**2 * (1 + a.weight.sum()))
    assert a.loglik == pytest.approx(b.loglik, rel=rtol, abs=1e-9)
    assert a.assignment_logprob == pytest.approx(b.assignment_logprob, rel=rtol, abs=1e-9)


def tolerance(offset):
    """Rows at 1e8 have lost half their digits before any sum."""
    return 1e-9 + 1e-15 * offset


@st.composite
def three_stats(draw):
    rows, k, rng = draw(problems(max_n=60))
    offset, scatter_kind = draw(OFFSETS), draw(NEEDS)
    share = rng.dirichlet(np.ones(k), size=len(rows))
    cuts = sorted(rng.integers(1, len(rows) + 1, size=2))
    parts = [slice(0, cuts[0]), slice(cuts[0], cuts[1]), slice(cuts[1], len(rows))]
    stats = [
        replace(
            accumulate(Chunk(rows[p] + offset), share[p], scatter_kind),
            loglik=float(rng.normal()),
            assignment_logprob=-1.0,
        )
        if len(rows[p])
        else Stats.empty(k, rows.shape[1], scatter_kind)
        for p in parts
    ]
    return *stats, offset


@given(three_stats())
def test_merge_is_associative_and_commutative_with_a_zero(stats):
    a, b, c, offset = stats
    rtol = tolerance(offset)
    assert_same((a + b) + c, a + (b + c), rtol)
    assert_same(a + b, b + a, rtol)
    zero = Stats.empty(*a.mean.shape, a.scatter_kind)
    assert_same(a + zero, a, rtol)
    assert_same(zero + a, a, rtol)


@given(three_stats(), st.floats(0.01, 100))
def test_scaling_distributes_over_merge(stats, number):
    a, b, _, offset = stats
    assert_same((a + b) * number, a * number + b * number, tolerance(offset) * max(1, number))
    assert_same(number * a, a * number)


@given(problems(), OFFSETS, NEEDS, st.booleans())
def test_chunks_add_up_to_the_whole(problem, offset, scatter_kind, weighted):
    rows, k, rng = problem
    mixture = random_mixture(rng, k, rows.shape[1])
    moved = mixture.__class__(mixture.weights, mixture.means + offset, mixture.covariances)
    weight = rng.uniform(0.1, 3, size=len(rows)) if weighted else None
    whole = current_kernel().estep(moved, Chunk(rows + offset, weight), scatter_kind)
    cuts = np.array_split(np.arange(len(rows)), min(5, len(rows)))
    parts = [
        current_kernel().estep(moved, Chunk(rows[c] + offset, None if weight is None else weight[c]), scatter_kind)
        for c in cuts
    ]
    assert_same(reduce(add, parts), whole, rtol=1e-8 + 1e-14 * offset)


@given(problems(), NEEDS)
def test_scatter_is_exact_far_from_the_origin(problem, scatter_kind):
    rows, k, rng = problem
    share = rng.dirichlet(np.ones(k), size=len(rows))
    far = (rows + 1e8) - 1e8  # what is left of the rows at 1e8
    near, moved = accumulate(Chunk(far), share, scatter_kind), accumulate(Chunk(far + 1e8), share, scatter_kind)
    np.testing.assert_allclose(moved.scatter, near.scatter, rtol=1e-7, atol=1e-7)


@given(problems(), NEEDS)
def test_statistics_match_direct_sums(problem, scatter_kind):
    rows, k, rng = problem
    share = rng.dirichlet(np.ones(k), size=len(rows))
    stats = accumulate(Chunk(rows), share, scatter_kind)
    scatters = []
    for j in range(k):
        mean = np.average(rows, axis=0, weights=share[:, j])
        delta = rows - mean
        scatters.append((share[:, j, None] * delta).T @ delta)
        np.testing.assert_allclose(stats.mean[j], mean, atol=1e-10)
    expected = {
        "full": scatters,
        "pooled": [sum(scatters)],
        "diagonal": [np.diag(scatter) for scatter in scatters],
    }[scatter_kind]
    np.testing.assert_allclose(stats.scatter, expected, atol=1e-9)
    assert stats.total == pytest.approx(len(rows))
    kept = stats.select(np.array([k - 1]))
    assert kept.weight.shape == (1,)
    assert kept.scatter.shape == (1, *stats.scatter.shape[1:])
    if stats.scatter_kind == "pooled":  # a component's part of what all share is its weight's
        assert np.trace(kept.scatter[0]) == pytest.approx(kept.total / len(rows) * np.trace(stats.scatter[0]))
