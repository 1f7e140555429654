"""How many threads to use, and functions applied to many items by several threads."""

from __future__ import annotations

import _thread
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache, partial, reduce
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import threadpoolctl

from mixtura._support.containers import shortened
from mixtura._support.lazy import LazyModule
from mixtura.errors import ParameterError

futures = LazyModule("concurrent.futures")

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS_VARIABLE = "MIXTURA_NUM_THREADS"

# More threads than any machine has CPUs.
MOST_THREADS = 1 << 16

_CONTROL_GROUP = Path("/sys/fs/cgroup")

_default: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def using_threads(threads: int | None) -> Iterator[None]:
    """A context in which the default number of threads is ``threads``; None leaves the default as it is.

    Examples
    --------
    >>> with using_threads(3):
    ...     thread_count()
    3
    """
    token = _default.set(_default.get() if threads is None else _as_threads(threads, "threads"))
    try:
        yield
    finally:
        _default.reset(token)


def thread_count(threads: int | None = None) -> int:
    """How many threads to use.

    The first of these that is given: ``threads``, `using_threads`, MIXTURA_NUM_THREADS, and else the number of CPUs
    that this process may use, limited by OMP_NUM_THREADS, by which joblib divides the CPUs among its workers.

    Examples
    --------
    >>> thread_count(3)
    3
    >>> thread_count(0)
    Traceback (most recent call last):
    mixtura.errors.ParameterError: threads is 0; expected an integer of at least 1, or None
    """
    threads = _default.get() if threads is None else threads
    if threads is None:
        own = os.environ.get(THREADS_VARIABLE)
        return _as_threads(own, THREADS_VARIABLE) if own else max(1, min(_cpus(), _openmp() or _cpus()))
    return _as_threads(threads, "threads")


def _as_threads(value: Any, name: str) -> int:
    """Check a number of threads; ``name`` is how the message calls it."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if number < 1 or isinstance(value, bool | float):
        raise ParameterError(f"{name} is {shortened(value)}; expected an integer of at least 1, or None")
    if number > MOST_THREADS:
        given = f"{number:.3g}" if number < 1e300 else "more than 1e300"
        raise ParameterError(f"{name} is {given}; expected an integer from 1 to {MOST_THREADS}, or None")
    return number


def _openmp() -> int:
    """The number in the environment variable OMP_NUM_THREADS; 0 if it is not set or not a number."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() else 0


def _cpus() -> int:
    """Number of CPUs that this process may use, given its affinity and the limit of its control group."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    usable = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(usable, _quota(_CONTROL_GROUP))


@cache
def _quota(root: Path) -> int:
    """CPU time limit of a control group, as a number of CPUs, rounded up; 2^20 where there is no limit."""
    try:
        quota, period = (root / "cpu.max").read_text(encoding="ascii").split()  # version 2
    except (OSError, ValueError):
        try:
            quota, period = ((root / "cpu" / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
        except OSError:
            return 1 << 20
    limited = quota.isdecimal() and int(period) > 0
    return max(1, math.ceil(int(quota) / int(period))) if limited else 1 << 20


def map_in_order(f: Callable[[Item], Result], items: Sequence[Item], threads: int | None = None) -> list[Result]:
    """``[f(item) for item in items]``, computed by several threads.

    Threads end with the call, so that a later fork of the process is safe. The calling thread works, too; Ctrl-C
    reaches it between two items, and the others then end after their current item.

    Examples
    --------
    >>> map_in_order(abs, [-1, 2, -3], threads=2)
    [1, 2, 3]
    """
    workers = min(thread_count(threads), len(items)) if len(items) > 1 else 1
    if workers <= 1:
        return [f(item) for item in items]
    results: list[Any] = [None] * len(items)
    failures: list[BaseException] = []
    others: list[threading.Lock] = []
    numbers, started = count(), count(1)  # next() is atomic

    def work(ended: threading.Lock | None = None) -> None:
        try:
            # Each thread starts the next one, so that work that is done at once costs the start of few threads.
            if next(started) < workers and (other := _start(partial(copy_context().run, work))):
                others.append(other)
            while not failures and (number := next(numbers)) < len(items):
                results[number] = f(items[number])
        except BaseException as error:  # noqa: BLE001 the calling thread raises it
            failures.append(error)
        finally:
            if ended:
                ended.release()

    with one_blas_thread():
        work()
        for other in others:  # the list grows while its threads start further ones
            _await(other, failures)
    if failures:
        raise failures[0]
    return results


def reduce_in_order(
    f: Callable[[Item], Result],
    items: Iterable[Item],
    combine: Callable[[Result, Result], Result],
    threads: int | None = None,
) -> Result:
    """``reduce(combine, map(f, items))``, of which several threads compute ``f`` while the caller makes the items.

    Only a few items are alive at a time, and the results are combined in their order.

    Raises
    ------
    ValueError
        If there is no item.

    Examples
    --------
    >>> reduce_in_order(abs, iter([-1, 2, -3]), lambda one, other: one + other, threads=2)
    6
    """
    workers = thread_count(threads)
    if workers <= 1 or not can_start_thread():
        return reduce(combine, map(f, items))
    with one_blas_thread(), futures.ThreadPoolExecutor(workers) as pool:
        return reduce(combine, _results(pool, f, items, workers))


def map_ahead(f: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None) -> Iterator[Result]:
    """``map(f, items)``, of which several threads compute the next few results while the caller uses the last one.

    Examples
    --------
    >>> list(map_ahead(abs, iter([-1, 2, -3]), threads=2))
    [1, 2, 3]
    """
    workers = thread_count(threads)
    if workers <= 1 or not can_start_thread():
        yield from map(f, items)
        return
    with futures.ThreadPoolExecutor(workers) as pool:
        yield from _results(pool, f, items, workers)


def _results(pool: Any, f: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """Results in order; at most one item more than there are workers waits."""
    waiting: deque[Any] = deque()
    for item in items:
        waiting.append(pool.submit(copy_context().run, f, item))
        if len(waiting) > workers + 1:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _await(ended: threading.Lock, failures: list[BaseException]) -> None:
    """Wait until a thread ends; Ctrl-C is recorded as a failure, after which threads end with their current item."""
    while True:
        try:
            ended.acquire()
        except BaseException as error:  # noqa: BLE001 the calling thread raises it
            failures.append(error)
        else:
            return


def _start(work: Callable[[threading.Lock], object]) -> threading.Lock | None:
    """Start a thread and return a lock that it releases when it ends; None if the system gives no more threads.

    Unlike threading.Thread, this does not wait until the new thread runs, which takes as long as a small pass.
    """
    ended = threading.Lock()
    ended.acquire()
    try:
        _thread.start_new_thread(work, (ended,))
    except RuntimeError:  # a limit on processes; those that run do the work
        return None
    return ended


def can_start_thread() -> bool:
    """Whether the system gives one more thread."""
    return _start(lambda ended: ended.release()) is not None


# ``calls`` is the number of contexts that limit BLAS to one thread at the moment; ``limiter`` lifts the limit.
_blas_limit = SimpleNamespace(lock=threading.Lock(), calls=0, limiter=None)
if hasattr(os, "register_at_fork"):  # a lock that another thread held at the fork would never be released
    os.register_at_fork(after_in_child=lambda: _blas_limit.__dict__.update(lock=threading.Lock(), calls=0))


@cache
def _controller() -> Any:
    """The controller of BLAS's threads, made once, since finding the loaded libraries takes milliseconds."""
    return threadpoolctl.ThreadpoolController().select(user_api="blas")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """A context in which BLAS uses one thread; the last of nested or parallel contexts to end lifts the limit."""
    with _blas_limit.lock:
        if not _blas_limit.calls:
            _blas_limit.limiter = _controller().limit(limits=1)
        _blas_limit.calls += 1
    try:
        yield
    finally:
        with _blas_limit.lock:
            _blas_limit.calls -= 1
            if not _blas_limit.calls:
                _blas_limit.limiter.restore_original_limits()
