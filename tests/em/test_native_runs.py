"""EM of several starts within the kernel: mclust's optima, EM's laws, and who goes on."""

import gc
import json
import signal
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from problem_of import problem_of

from mixtura.covariance.models.names import MODELS
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.em.mstep.floor import floor_variances
from mixtura.kernels import Ending, accumulate, summarise
from mixtura.kernels.numpy import estep
from mixtura.starts.hierarchical import CRITERIA

pytest.importorskip("mixtura._native", reason="the extension could not be built")
from fused_results import fused_results

from mixtura.em import Outcome
from mixtura.em.fused import has_kernel_iteration
from mixtura.kernels.fused import FusedRuns
from mixtura.starts import Limits, successive_halving

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"
MODEL_NAMES = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
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
    settings = {"tol": 1e-13, "max_iter": 20_000, "least_rows": OWN.get(model, 2 if model[2] == "I" else 4)}
    return fused_results(model, chunk, [start], floor, **{**settings, **options})[0]


@pytest.mark.parametrize("name", ["faithful", "iris", "diabetes"])
@pytest.mark.parametrize("model", MODEL_NAMES)
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


@pytest.mark.parametrize("model", MODEL_NAMES)
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


@pytest.mark.parametrize("model", MODEL_NAMES)
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


@pytest.mark.parametrize("model", MODEL_NAMES)
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


def test_the_best_and_the_protected_go_on():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(90, 2)) + np.repeat([[0, 0], [5, 0], [0, 5]], 30, axis=0)
    chunk = Chunk(rows)
    starts = [accumulate(chunk, np.eye(3)[rng.integers(3, size=90)], "full") for _ in range(5)]
    starts.append(accumulate(chunk, np.eye(3)[np.repeat([0, 1, 2], 30)], "full"))
    limits = Limits(1e-12, 500, accelerate_after=1000, rounds=[(2, 1)])
    found = successive_halving(problem_of(rows), starts, limits, protected=[True, *[False] * 5]).runs
    assert [at.iterations for at in found.standings(range(1, 5))] == [2] * 4
    assert found.run(5).outcome is Outcome.CONVERGED
    assert len(found.run(0).trace) > 3
    free = successive_halving(problem_of(rows), starts, replace(limits, rounds=()), protected=[True] * 6).runs
    assert free.run(0).trace == found.run(0).trace
    assert free.run(5).trace == found.run(5).trace


@pytest.mark.parametrize("model", MODEL_NAMES)
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
    options = {"tol": 1e-13, "max_iter": 500, "least_rows": 3}
    ends = fused_results("VVV", chunk, [start, start], np.full(rows.shape[1], 1e-9), **options, plain=5)
    assert ends[0].ending is Ending.CONVERGED
    assert (ends[1].ending, len(ends[1].trace)) == (Ending.OUT_OF_STEPS, 6)


def test_a_lost_component_and_a_floored_one_are_told_apart():
    rows = np.vstack([np.random.default_rng(0).normal(size=(40, 2)), np.tile([[9.0, 9.0]], (8, 1))])
    labels = np.repeat([0, 1], [40, 8])
    assert from_labels("VVV", rows, labels, tol=1e-9).at_floor.tolist() == [False, True]
    few = from_labels("VVV", rows[:42], labels[:42], tol=1e-9)
    assert few.ending is Ending.COLLAPSED


def test_arrays_of_other_shapes_are_refused():
    chunk = Chunk(np.zeros((4, 2)))
    for floor, scatter_kind in ((np.ones(3), "full"), (np.ones(2), "diagonal")):
        start = accumulate(chunk, np.ones((4, 1)), scatter_kind)
        with pytest.raises(ValueError, match=r"shape|dimension"):
            fused_results("VVV", chunk, [start], floor, tol=0.1, max_iter=1, least_rows=1)


def test_every_family_has_three_letters_or_runs_without_the_kernel():
    assert all(len(name) == 3 for name in MODELS)


def iris_runs(count=3, **options):
    """Runs of VVV with three components, from random partitions of iris."""
    rows = np.loadtxt(REFERENCE / "iris.csv", delimiter=",", skiprows=1)
    rng, chunk = np.random.default_rng(0), Chunk(rows)
    starts = [accumulate(chunk, np.eye(3)[rng.integers(3, size=len(rows))], "full") for _ in range(count)]
    settings = {"tol": 1e-9, "least_rows": 5, "accelerate_after": 10, **options}
    return FusedRuns.begin("VVV", chunk, starts, np.full(rows.shape[1], 1e-9), **settings)


def test_a_run_in_rounds_is_the_run_in_one_go():
    """Acceleration and inner iterations go on where they were left."""
    whole, parts = iris_runs(), iris_runs()
    whole.advance(range(3), 300)
    for most in (0, 1, 2, 7, 13, 14, 50, 300):
        parts.advance([2, 0, 1], most)
    for number in range(3):
        one, other = whole.result(number), parts.result(number)
        assert (one.ending, one.trace, one.passes) == (other.ending, other.trace, other.passes)
        np.testing.assert_array_equal(one.covariances, other.covariances)
        np.testing.assert_array_equal(one.stats.scatter, other.stats.scatter)


def test_only_the_given_runs_go_on_and_results_stay_as_they_were():
    runs = iris_runs()
    assert len(runs) == 3
    assert runs.result(1).trace == ()
    assert np.isnan(runs.result(1).means).all()
    runs.advance([0, 2], 4)
    before = runs.result(0)
    means, trace = before.means.copy(), before.trace
    assert [runs.result(number).iterations for number in range(3)] == [4, 0, 4]
    runs.advance([0], 1000)
    assert before.trace == trace
    np.testing.assert_array_equal(before.means, means)
    assert runs.result(0).ending is Ending.CONVERGED
    assert [runs.result(number).ending is Ending.OUT_OF_STEPS for number in range(3)] == [False, True, True]
    ended = runs.result(0)
    runs.advance([0], 2000)
    assert runs.result(0).passes == ended.passes


def test_results_outlive_their_runs():
    runs = iris_runs(1)
    runs.advance([0], 5)
    result = runs.result(0)
    means = result.means
    copy = means.copy()
    del runs, result
    gc.collect()
    np.testing.assert_array_equal(means, copy)


def test_runs_that_are_none_are_refused():
    runs = iris_runs()
    for number in (-1, 3):
        with pytest.raises(IndexError, match="no such run"):
            runs.advance([number], 5)
        with pytest.raises(IndexError, match="no such run"):
            runs.result(number)


def test_different_threads_may_continue_different_runs():
    alone, together = iris_runs(6, tol=0.0), iris_runs(6, tol=0.0)
    for number in range(6):
        alone.advance([number], 400)
    threads = [threading.Thread(target=together.advance, args=([number], 400)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together.result(n).trace for n in range(6)] == [alone.result(n).trace for n in range(6)]


def test_ctrl_c_leaves_runs_where_their_last_iteration_led():
    rng = np.random.default_rng(0)
    chunk = Chunk(rng.normal(size=(50_000, 3)))  # one group, so that three components take thousands of iterations
    start = accumulate(chunk, np.eye(3)[rng.integers(3, size=50_000)], "full")
    runs = FusedRuns.begin("VVV", chunk, [start], np.full(3, 1e-9), tol=-np.inf, least_rows=4)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            runs.advance([0], 10**7)
    finally:
        signal.signal(signal.SIGINT, handler)
        timer.join()
    stopped = runs.result(0)
    assert stopped.ending is Ending.OUT_OF_STEPS
    assert stopped.iterations > 0
    runs.advance([0], stopped.iterations + 3)
    assert runs.result(0).trace[: len(stopped.trace)] == stopped.trace
    assert runs.result(0).iterations == stopped.iterations + 3


def test_the_native_enumerations_have_the_names_that_python_uses():
    from mixtura.kernels.native import _native

    assert [ending.name for ending in _native.Ending] == [ending.name for ending in Ending]
    assert [form.name for form in _native.Form] == ["DENSE", "SHARED", "DIAGONAL"]
    assert {criterion.name for criterion in _native.Criterion} == set(CRITERIA)


def test_singular_covariances_of_many_columns_are_left_to_lapack():
    """150 rows in 301 columns, one-hot codes: the kernel's rotations would take fifteen times as long."""
    rows = np.c_[np.linspace(-1.7, 1.7, 150), np.eye(150), np.eye(150)]
    for model, kernel_iterates in (("VVV", False), ("VVI", True)):
        assert has_kernel_iteration(problem_of(rows, model)) == kernel_iterates


def endings(rows, floor):
    """How runs of three components end that go on until the log-likelihood falls, from 10 random partitions."""
    rng, chunk = np.random.default_rng(0), Chunk(rows)
    starts = [accumulate(chunk, np.eye(3)[rng.integers(3, size=len(rows))], "full") for _ in range(10)]
    found = []
    for model in ("VVV", "EEE", "VVI"):
        runs = FusedRuns.begin(
            model, chunk, starts, floor, tol=-np.inf, least_rows=rows.shape[1] + 1, accelerate_after=10
        )
        runs.advance(range(len(starts)), 3000)
        found += [runs.result(number) for number in range(len(starts))]
    return found


def test_a_fall_by_rounding_of_single_precision_is_no_failure():
    """`Problem.rounding` allows it, too."""
    rng = np.random.default_rng(2)
    rows = (rng.normal(size=(400, 3)) + rng.choice([0, 3, 100], size=(400, 1))).astype(np.float32)
    assert Ending.FELL not in {run.ending for run in endings(rows, np.full(3, 1e-9))}


def test_a_fall_by_rounding_at_the_floor_is_no_failure():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    rows[:, 2] = rows[:, 0] * 1e3
    found = endings(rows, 1e-10 * rows.var(axis=0))
    assert any(run.any_at_floor for run in found)
    assert Ending.FELL not in {run.ending for run in found}
