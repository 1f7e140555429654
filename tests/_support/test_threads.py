"""Threads: how many, and that they change nothing but the time."""

import multiprocessing
import os
import signal
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_info

import mixtura
from mixtura import kernels
from mixtura._support import threads
from mixtura._support.slices import chunk_slices
from mixtura.data import array
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.errors import ParameterError
from mixtura.kernels import numpy as reference
from mixtura.selection import sweep
from mixtura.stats import Stats


def test_as_many_as_given_then_as_the_environment_says_then_as_may_be_used(monkeypatch):
    monkeypatch.setenv("MIXTURA_NUM_THREADS", "5")
    assert (threads.thread_count(3), threads.thread_count()) == (3, 5)
    monkeypatch.delenv("MIXTURA_NUM_THREADS")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads.thread_count() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert 1 <= threads.thread_count() <= os.cpu_count()


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "many", True])
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(ParameterError, match="threads is"):
        mixtura.fit([0.0, 1.0, 2.0], 1, threads=wrong)


def test_wrong_environment_is_refused(monkeypatch):
    monkeypatch.setenv("MIXTURA_NUM_THREADS", "lots")
    with pytest.raises(ParameterError, match="MIXTURA_NUM_THREADS is 'lots'"):
        threads.thread_count()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "max 100000\n"}, 1 << 20),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1 << 20),
        ({}, 1 << 20),
    ],
)
def test_control_groups(tmp_path, files, expected):
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert threads._quota(tmp_path) == expected


def test_work_is_done_in_order_and_shared():
    seen = set()
    together = threading.Barrier(3, timeout=30)

    def square(number):
        if number < 3:
            together.wait()  # passes only if three threads are at work
        seen.add(threading.get_ident())
        return number**2

    assert threads.map_in_order(square, range(20), threads=3) == [n**2 for n in range(20)]
    assert len(seen) >= 2
    assert threads.map_in_order(square, [], threads=3) == []


def test_threads_take_over_the_default_of_their_caller():
    together = threading.Barrier(3, timeout=30)

    def default(_):
        together.wait()
        return threads.thread_count()

    with threads.using_threads(7):
        assert threads.map_in_order(default, range(3), threads=3) == [7, 7, 7]


@pytest.mark.parametrize("n_components", [2, "auto"])
def test_estimators_pass_their_threads_on(n_components, monkeypatch):
    seen = set()

    def spy(f, items, threads=None):
        seen.add(resolve(threads))
        return [f(item) for item in items]

    resolve = threads.thread_count
    for module in (array, reference, sweep):
        monkeypatch.setattr(module, "map_in_order", spy)
    rows, labels = rows_of(300), np.arange(300) % 2
    model = mixtura.GaussianMixture(n_components, covariance_type="tied", threads=3).fit(rows)
    model.predict(rows)
    classifier = mixtura.MixtureClassifier(covariance_type="tied", threads=3).fit(rows, labels)
    classifier.predict_proba(rows)
    assert seen <= {1, 3}  # cells of a selection share the threads out
    assert 3 in seen


def test_errors_reach_the_caller():
    def fail(number):
        if number == 7:
            raise ValueError("seven")
        return number

    with pytest.raises(ValueError, match="seven"):
        threads.map_in_order(fail, range(50), threads=3)


def blas_threads(_=None):
    return max((library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"), default=1)


def test_where_there_are_no_more_threads_the_caller_does_the_work(monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    rows = np.random.default_rng(0).normal(size=(20_000, 2))
    alone = mixtura.fit(rows, 2, start="random", seed=0, threads=1, tol=0.1)
    monkeypatch.setattr(threads._thread, "start_new_thread", refuse)
    assert threads.map_in_order(str, range(9), threads=4) == list("012345678")
    assert not threads.can_start_thread()
    fit = mixtura.fit(rows, 2, start="random", seed=0, threads=4, tol=0.1)
    assert fit.mixture.to_json() == alone.mixture.to_json()
    with pytest.raises(ZeroDivisionError):
        threads.map_in_order(lambda number: 1 // number, range(9), threads=4)


def test_blas_keeps_to_one_thread_meanwhile_and_gets_them_back():
    before = blas_threads()
    assert set(threads.map_in_order(blas_threads, range(4), threads=2)) == {1}
    assert blas_threads() == before


def rows_of(n=30_000, d=4, k=3):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)) + 4 * rng.integers(k, size=n)[:, None]


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "VII"])
def test_the_number_of_threads_changes_no_bit(model):
    rows = rows_of(140_000)
    assert len(chunk_slices(*rows.shape)) == 16
    fits = [mixtura.fit(rows, 3, model=model, seed=0, max_iter=3, tol=1e6, threads=t) for t in (1, 2, 5)]
    for other in fits[1:]:
        assert other.trace == fits[0].trace
        assert other.mixture.to_json() == fits[0].mixture.to_json()


def test_chunks_cover_all_rows_once():
    for n, d in ((0, 1), (1, 1), (40_000, 2), (1_000_003, 7), (5000, 600)):
        cuts = chunk_slices(n, d)
        assert [i for cut in cuts for i in (cut.start, cut.stop)] == sorted(i for c in cuts for i in (c.start, c.stop))
        assert sum(cut.stop - cut.start for cut in cuts) == n
        assert len(cuts) == 0 or cuts[-1].stop == n


@pytest.mark.parametrize("estep", [kernels.current_kernel().estep, reference.estep])
def test_chunks_add_up_to_the_whole(estep):
    rows = rows_of(70_000)
    mixture = mixtura.fit(rows[:500], 3, seed=0).mixture
    parts = ArraySource.of(rows, threads=2).sum(lambda chunk: estep(mixture, chunk, "full"))
    whole = reference.estep(mixture, Chunk(rows), "full")
    np.testing.assert_allclose(parts.scatter, whole.scatter, rtol=1e-9, atol=1e-6)
    assert parts.loglik == pytest.approx(whole.loglik, rel=1e-12)


@pytest.mark.parametrize("scatter_kind", ["full", "pooled", "diagonal"])
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_kernels_own_threads_add_up_what_chunks_do(native, scatter_kind, single, order):
    rows = np.asarray(rows_of(70_000), dtype=np.float32 if single else float, order=order)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(rows))
    mixture = mixtura.fit(rows[:500], 3, seed=0).mixture
    source = ArraySource(rows, weight)
    assert source.whole is not None
    chunks = source.sum(lambda chunk: kernels.current_kernel().estep(mixture, chunk, scatter_kind))
    passed = kernels.current_kernel().estep_pass(mixture, scatter_kind)
    threaded = [ArraySource(rows, weight, t).sum(passed) for t in (1, 2, 7)]
    for one in threaded:
        np.testing.assert_allclose(one.weight, chunks.weight, rtol=1e-12)
        np.testing.assert_allclose(one.mean, chunks.mean, rtol=1e-12)
        np.testing.assert_allclose(one.scatter, chunks.scatter, rtol=1e-10, atol=1e-6)
        assert (one.loglik, one.assignment_logprob) == (threaded[0].loglik, threaded[0].assignment_logprob)
        assert one.loglik == pytest.approx(chunks.loglik, rel=1e-14)
        assert one.scatter.tobytes() == threaded[0].scatter.tobytes()


@pytest.mark.parametrize("ends", [[500, 400, 1000], [500, 1001], [0, 1000]])
def test_chunks_that_are_none_are_refused(native, ends):
    from mixtura.kernels import native as cpp

    rows = rows_of(1000)
    mixture = mixtura.fit(rows, 3, seed=0).mixture
    with pytest.raises(ValueError, match="the chunks do not make up the rows"):
        cpp.estep_by_threads(mixture, Chunk(rows), "full", ends, 2)


def test_ctrl_c_ends_a_pass_of_the_kernel(native):
    rows = rows_of(100_000)
    mixture = mixtura.fit(rows[:500], 3, seed=0).mixture

    def passes(count, t=2):
        source = ArraySource(rows, threads=t)
        return [source.sum(kernels.current_kernel().estep_pass(mixture, "full")).loglik for _ in range(count)]

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupted_after(0.2)
    with pytest.raises(KeyboardInterrupt):
        passes(1_000_000)
    signal.signal(signal.SIGINT, handler)
    assert passes(1, 1) == passes(1, 2)


def interrupted_after(seconds):
    timer = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
    timer.daemon = True
    timer.start()


def test_ctrl_c_ends_the_work_between_chunks():
    def slow(_):
        time.sleep(0.05)
        return Stats.empty(1, 1, "full")

    # A process started in the background ignores Ctrl-C.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupted_after(0.2)
    before = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        threads.map_in_order(slow, range(10_000), threads=2)
    signal.signal(signal.SIGINT, handler)
    assert time.perf_counter() - before < 60  # it would take four minutes
    assert all(thread.name == "MainThread" or thread.daemon for thread in threading.enumerate())


def loglik(rows):
    return mixtura.fit(rows, 2, seed=0, max_iter=2, tol=1e6, threads=2).loglik


def in_child(rows, pipe):
    pipe.send(loglik(rows))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_after_a_fork():
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    rows = rows_of(70_000, 2)
    expected = loglik(rows)  # threads have been at work before the fork
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=in_child, args=(rows, there))
    child.start()
    assert here.poll(120)
    assert here.recv() == expected
    child.join(30)
    assert child.exitcode == 0


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_inside_joblib(backend):
    rows = rows_of(70_000, 2)
    found = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(loglik)(rows) for _ in range(3))
    assert set(found) == {loglik(rows)}


def test_a_default_for_a_while(monkeypatch):
    monkeypatch.setenv("MIXTURA_NUM_THREADS", "5")
    with threads.using_threads(2):
        assert threads.thread_count() == 2
        with threads.using_threads(None):
            assert (threads.thread_count(), threads.thread_count(3)) == (2, 3)
    assert threads.thread_count() == 5
    with pytest.raises(ParameterError, match="threads is 0"), threads.using_threads(0):
        pass


def test_the_estimator_has_threads_and_the_same_bits_with_any_number(monkeypatch):
    rows = rows_of(70_000, 2)
    monkeypatch.setenv("MIXTURA_NUM_THREADS", "of no use")  # unless the parameter is heeded everywhere
    one, three = (mixtura.GaussianMixture(2, random_state=0, max_iter=3, tol=9, threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one.fit_predict(rows), three.fit_predict(rows))
    np.testing.assert_array_equal(one.means_, three.means_)
    for method in ("predict", "predict_proba", "score_samples", "score", "bic", "aic", "icl"):
        np.testing.assert_array_equal(getattr(one, method)(rows), getattr(three, method)(rows))
    assert clone(three).get_params()["threads"] == 3
    with pytest.raises(ValueError, match="'threads' parameter"):
        clone(three).set_params(threads=0).fit(rows)


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
def test_ctrl_c_is_not_lost_in_a_search_for_different_rows():
    """NumPy's unique turns it into TypeError where it comes while rows are compared."""
    rows = np.random.default_rng(0).integers(0, 3, size=(1000, 4)).astype(float)
    reached = []

    def interrupt(frame, event, arg):
        if event == "call" and frame.f_code.co_name == "_promote_fields":
            reached.append(1)
            raise KeyboardInterrupt

    sys.setprofile(interrupt)
    try:
        for start in ("identity", "random_from_data", "random", "kmeans", "small-em"):
            mixtura.fit(rows, 3, start=start, seed=0, max_iter=3)
    finally:
        sys.setprofile(None)
    assert not reached
