"""EM of several starts within the kernel: mclust's optima, EM's laws, and who goes on."""

import json
from pathlib import Path

import numpy as np
import pytest

from mixtura.covariance.models.names import MODELS
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.em.mstep.floor import floor_variances
from mixtura.kernels import Ending, accumulate, summarise
from mixtura.kernels.numpy import estep

pytest.importorskip("mixtura._native", reason="the extension could not be built")
from mixtura.kernels.fused import race

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"
FOURTEEN = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
OWN = {"EII": 1, "EEI": 1, "EEE": 1}


def scatter_kind(model):
    return "diagonal" if model[2] == "I" else "pooled" if model == "EEE" else "full"


def from_labels(model, rows, labels, weight=None, **options):
    """One start from a partition."""
    source = ArraySource.of(rows, weight)
    chunk = Chunk(source.array, source.sample_weight)
    members = np.eye(len(set(labels.tolist())))[np.unique(labels, return_inverse=True)[1]]
    floor = floor_variances(summarise(source).scale, 1e-10)
    start = accumulate(chunk, members, scatter_kind(model))
    settings = {"tol": 1e-13, "max_iter": 20_000, "least_points": OWN.get(model, 2 if model[2] == "I" else 4)}
    return race(model, chunk, [start], floor, **{**settings, **options})[0]


@pytest.mark.parametrize("name", ["faithful", "iris", "diabetes"])
@pytest.mark.parametrize("model", FOURTEEN)
def test_it_ends_in_mclusts_optima(name, model):
    """VVE aside, whose M-step in mclust is not the maximum: there ours ends higher."""
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    reference = json.loads((REFERENCE / f"{name}.json").read_text())
    top = from_labels(model, rows, np.array(reference["start"]["labels"]))
    expected = reference["per_model"][model]["em_tight"]["loglik"]
    assert top.ending is Ending.CONVERGED
    assert (np.diff(top.trace) >= 0).all()
    if model == "VVE":
        assert top.trace[-1] >= expected - 1e-5
    else:
        assert top.trace[-1] == pytest.approx(expected, abs=1e-5)


def problem(seed):
    """Rows, labels and weights that may be anything."""
    rng = np.random.default_rng(seed)
    d, k = int(rng.integers(1, 9)), int(rng.integers(1, 6))
    labels = np.concatenate([np.arange(k), rng.integers(k, size=40 * k)])
    mixing = rng.normal(size=(k, d, d))
    rows = np.einsum("nij,nj->ni", mixing[labels], rng.normal(size=(len(labels), d)))
    return rows + 3 * rng.random() * rng.normal(size=(k, d))[labels], labels, rng.integers(1, 4, size=len(labels))


@pytest.mark.parametrize("model", FOURTEEN)
def test_em_is_monotone_and_its_trace_is_the_mixtures_likelihood(model):
    for seed in range(12):
        rows, labels, _ = problem(seed)
        top = from_labels(model, rows, labels, tol=1e-9, max_iter=300)
        assert (np.diff(top.trace) >= 0).all()
        assert top.ending is not Ending.FELL
        assert np.linalg.eigvalsh(matrices(top)).min() > 0
        stats = estep(mixture(top), Chunk(rows), "full")
        assert stats.loglik == pytest.approx(top.trace[-1], rel=1e-9)
        np.testing.assert_allclose(stats.weight, top.stats.weight, rtol=1e-6, atol=1e-9)


def matrices(top):
    return top.covariances if top.covariances.ndim == 3 else top.covariances[:, :, None] * np.eye(top.means.shape[1])


def mixture(top):
    from mixtura import DenseCovariance, Mixture

    return Mixture(top.weights, top.means, DenseCovariance(matrices(top), len(top.weights)))


@pytest.mark.parametrize("model", FOURTEEN)
def test_covariances_have_the_models_shape(model):
    rows, labels, _ = problem(5)
    found = matrices(from_labels(model, rows, labels, tol=1e-9, max_iter=300))
    values, vectors = np.linalg.eigh(found)
    volume = np.exp(np.log(values).mean(axis=1))
    shape = values / volume[:, None]
    alike = {"I": lambda a: np.allclose(a, 1), "E": lambda a: np.allclose(a, a[0], rtol=1e-5), "V": lambda _: True}
    assert alike["V" if model[0] == "V" else "E"](volume)
    assert alike[model[1]](np.sort(shape, axis=1))
    if model[2] == "I":
        assert all(np.allclose(a, np.diag(np.diag(a))) for a in found)
    if model[2] == "E":
        turned = vectors[0].T @ found @ vectors[0]
        np.testing.assert_allclose(turned, np.einsum("kii->ki", turned)[:, :, None] * np.eye(len(turned[0])), atol=1e-4)


@pytest.mark.parametrize("model", FOURTEEN)
def test_a_weight_of_three_is_three_rows(model):
    rows, labels, weight = problem(3)
    heavy = from_labels(model, rows, labels, weight, tol=1e-10)
    copies = np.repeat(np.arange(len(rows)), weight)
    assert heavy.trace[-1] == pytest.approx(
        from_labels(model, rows[copies], labels[copies], tol=1e-10).trace[-1], rel=1e-9
    )


def test_single_precision_rows_give_the_same_but_for_rounding():
    rows, labels, _ = problem(2)
    single = rows.astype(np.float32)
    a, b = (from_labels("VVV", each, labels, tol=1e-9) for each in (single, single.astype(np.float64)))
    assert a.trace[-1] == pytest.approx(b.trace[-1], rel=1e-6)


def test_the_best_and_the_named_go_on():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(90, 2)) + np.repeat([[0, 0], [5, 0], [0, 5]], 30, axis=0)
    chunk = Chunk(rows)
    starts = [accumulate(chunk, np.eye(3)[rng.integers(3, size=90)], "full") for _ in range(5)]
    starts.append(accumulate(chunk, np.eye(3)[np.repeat([0, 1, 2], 30)], "full"))
    named = [True, *[False] * 5]
    options = {"tol": 1e-12, "max_iter": 500, "least_points": 3}
    ends = race("VVV", chunk, starts, np.full(2, 1e-9), **options, rounds=[(2, 1)], named=named)
    assert [len(end.trace) for end in ends[1:5]] == [3] * 4
    assert ends[5].ending is Ending.CONVERGED
    assert len(ends[0].trace) > 3
    free = race("VVV", chunk, starts, np.full(2, 1e-9), **options)
    assert free[0].trace == ends[0].trace
    assert free[5].trace == ends[5].trace


@pytest.mark.parametrize("model", FOURTEEN)
def test_accelerated_it_ends_where_em_does_after_fewer_iterations(model):
    rows = np.loadtxt(REFERENCE / "faithful.csv", delimiter=",", skiprows=1)
    labels = np.array(json.loads((REFERENCE / "faithful.json").read_text())["start"]["labels"])
    slow, fast = (from_labels(model, rows, labels, tol=1e-12, plain=plain) for plain in (None, 5))
    assert fast.ending is Ending.CONVERGED
    assert (np.diff(fast.trace) >= 0).all()
    assert fast.trace[:6] == slow.trace[:6]
    assert fast.trace[-1] == pytest.approx(slow.trace[-1], abs=1e-4)
    assert len(fast.trace) <= len(slow.trace)
    assert estep(mixture(fast), Chunk(rows), "full").loglik == pytest.approx(fast.trace[-1], rel=1e-9)


def test_of_starts_that_have_come_to_one_place_one_goes_on():
    rows = np.loadtxt(REFERENCE / "iris.csv", delimiter=",", skiprows=1)
    chunk = Chunk(rows)
    start = accumulate(chunk, np.eye(3)[np.repeat([0, 1, 2], 50)], "full")
    options = {"tol": 1e-13, "max_iter": 500, "least_points": 3, "named": [True, True]}
    ends = race("VVV", chunk, [start, start], np.full(rows.shape[1], 1e-9), **options, plain=5)
    assert ends[0].ending is Ending.CONVERGED
    assert (ends[1].ending, len(ends[1].trace)) == (Ending.OUT_OF_STEPS, 6)


def test_a_lost_component_and_a_floored_one_are_told_apart():
    rows = np.vstack([np.random.default_rng(0).normal(size=(40, 2)), np.tile([[9.0, 9.0]], (8, 1))])
    labels = np.repeat([0, 1], [40, 8])
    assert from_labels("VVV", rows, labels, tol=1e-9).low.tolist() == [False, True]
    few = from_labels("VVV", rows[:42], labels[:42], tol=1e-9)
    assert few.ending is Ending.COLLAPSED


def test_arrays_of_other_shapes_are_refused():
    chunk = Chunk(np.zeros((4, 2)))
    for floor, scatter_kind in ((np.ones(3), "full"), (np.ones(2), "diagonal")):
        start = accumulate(chunk, np.ones((4, 1)), scatter_kind)
        with pytest.raises(ValueError, match=r"shape|dimension"):
            race("VVV", chunk, [start], floor, tol=0.1, max_iter=1, least_points=1)


def test_every_family_has_three_letters_or_runs_without_the_kernel():
    assert all(len(name) == 3 for name in MODELS)
