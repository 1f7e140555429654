"""Threads: how many there are to use, and work done by several of them in a fixed order."""

from __future__ import annotations

import _thread
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache, partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import threadpoolctl

from mixtura.errors import ParameterError

Item = TypeVar("Item")
Result = TypeVar("Result")

VARIABLE = "MIXTURA_NUM_THREADS"

_CONTROL_GROUP = Path("/sys/fs/cgroup")

_default: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def using(threads: int | None) -> Iterator[None]:
    """Within, so many threads are the default; None leaves the default as it is.

    Examples
    --------
    >>> with using(3):
    ...     resolve()
    3
    """
    token = _default.set(_default.get() if threads is None else _as_threads(threads, "threads"))
    try:
        yield
    finally:
        _default.reset(token)


def resolve(threads: int | None = None) -> int:
    """How many threads to use: as given, or by `using`, or MIXTURA_NUM_THREADS, or the CPUs that this process may use.

    OMP_NUM_THREADS bounds the default, too: joblib sets it in its workers, so that they share the machine.

    Examples
    --------
    >>> resolve(3)
    3
    >>> resolve(0)
    Traceback (most recent call last):
    mixtura.errors.ParameterError: threads is 0; expected an integer of at least 1, or None
    """
    threads = _default.get() if threads is None else threads
    if threads is None:
        own = os.environ.get(VARIABLE)
        return _as_threads(own, VARIABLE) if own else max(1, min(_cpus(), _openmp() or _cpus()))
    return _as_threads(threads, "threads")


def _as_threads(value: Any, name: str) -> int:
    """Check a number of threads."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1 or isinstance(value, bool | float):
        raise ParameterError(f"{name} is {value!r}; expected an integer of at least 1, or None")
    return number


def _openmp() -> int:
    """What OMP_NUM_THREADS says; 0 for nothing that can be read."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() else 0


def _cpus() -> int:
    """CPUs that this process may use: its affinity, and the limit of its control group."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    usable = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(usable, _quota(_CONTROL_GROUP))


@cache
def _quota(root: Path) -> int:
    """CPUs that the control group's time limit is worth, rounded up; a large number where there is no limit."""
    try:
        quota, period = (root / "cpu.max").read_text(encoding="ascii").split()  # version 2
    except (OSError, ValueError):
        try:
            quota, period = ((root / "cpu" / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
        except OSError:
            return 1 << 20
    limited = quota.isdecimal() and int(period) > 0
    return max(1, math.ceil(int(quota) / int(period))) if limited else 1 << 20


def in_order(f: Callable[[Item], Result], items: Sequence[Item], threads: int | None = None) -> list[Result]:
    """``[f(item) for item in items]``, worked on by several threads.

    Threads live no longer than the call, so nothing is left that a fork could break. The calling thread works, too;
    Ctrl-C reaches it between two items, and the others then end after the item they are at.

    Examples
    --------
    >>> in_order(abs, [-1, 2, -3], threads=2)
    [1, 2, 3]
    """
    workers = min(resolve(threads), len(items)) if len(items) > 1 else 1
    if workers <= 1:
        return [f(item) for item in items]
    results: list[Any] = [None] * len(items)
    failures: list[BaseException] = []
    others: list[threading.Lock] = []
    numbers, places = count(), count(1)  # next() is atomic

    def work(ended: threading.Lock | None = None) -> None:
        try:
            # Each starts the next, which by then may find nothing left to do: short work pays for few threads.
            if next(places) < workers:
                others.append(_start(partial(copy_context().run, work)))
            while not failures and (number := next(numbers)) < len(items):
                results[number] = f(items[number])
        except BaseException as error:  # noqa: BLE001 the calling thread raises it
            failures.append(error)
        finally:
            if ended:
                ended.release()

    with one_blas_thread():
        work()
        for other in others:  # grows while those that are in it start others
            _await(other, failures)
    if failures:
        raise failures[0]
    return results


def _await(ended: threading.Lock, failures: list[BaseException]) -> None:
    """Wait until a thread ends; Ctrl-C makes that soon."""
    while True:
        try:
            ended.acquire()
        except BaseException as error:  # noqa: BLE001 the calling thread raises it
            failures.append(error)
        else:
            return


def _start(work: Callable[[threading.Lock], object]) -> threading.Lock:
    """Start a thread that releases the lock given to it when it ends.

    Unlike threading.Thread, this does not wait until the new thread runs, which takes as long as a small pass.
    """
    ended = threading.Lock()
    ended.acquire()
    _thread.start_new_thread(work, (ended,))
    return ended


# How many calls hold BLAS to one thread at the moment, and what undoes it.
_held = SimpleNamespace(lock=threading.Lock(), calls=0, limiter=None)
if hasattr(os, "register_at_fork"):  # a lock that another thread held at the fork would never be released
    os.register_at_fork(after_in_child=lambda: _held.__dict__.update(lock=threading.Lock(), calls=0))


@cache
def _controller() -> Any:
    """What controls the threads of BLAS; looking for the libraries takes milliseconds, so it is done once."""
    return threadpoolctl.ThreadpoolController().select(user_api="blas")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS from starting threads of its own in each of ours; the last of nested or parallel uses restores it."""
    with _held.lock:
        if not _held.calls:
            _held.limiter = _controller().limit(limits=1)
        _held.calls += 1
    try:
        yield
    finally:
        with _held.lock:
            _held.calls -= 1
            if not _held.calls:
                _held.limiter.restore_original_limits()
