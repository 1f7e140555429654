"""Rows on a Dask cluster: ``python bench/dask_cluster.py [overhead] [kills] [--times N]``.

``overhead``: CPU time of the client and the scheduler for each partition, and wall time of a pass, at 400 partitions of
1,000 rows and at 8, read from Parquet or persisted, with two workers on this machine. ``kills``: fits during
which a worker is killed at a random moment, and whether they end with the bits of the undisturbed one; the longest
time without an iteration is printed.
"""

import argparse
import os
import random
import signal
import tempfile
import threading
import time
from contextlib import contextmanager

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
from distributed import Client, LocalCluster, wait

import mixtura
from mixtura.data import engine_of
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.kernels import current_kernel

K, COLUMNS = 10, 8


@contextmanager
def two_workers():
    """A cluster of two processes; the scheduler is in this one, so that its CPU time counts with the client's."""
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"}),  # also where processes start slowly
        LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        yield client


def rows_in(partitions, rows, seed=0):
    """Ten normal components in two halves of the columns, which every pass computes anew unless they are persisted."""
    normal = da.random.default_rng(seed).normal(size=(partitions * rows, COLUMNS), chunks=(rows, COLUMNS))
    centres = np.random.default_rng(seed).normal(0, 3, (K, COLUMNS))
    return normal.map_blocks(lambda block: block + centres[np.arange(len(block)) % K], dtype=float)


def overhead(times):
    """Time what passes cost besides the computation."""
    means = np.random.default_rng(0).normal(0, 3, (K, COLUMNS))
    estep = current_kernel().estep_pass(mixtura.Mixture(np.full(K, 1 / K), means, np.ones((K, COLUMNS))), "full")
    print("| Partitions | rows are | CPU of client and scheduler a partition | a pass |\n|---|---|---|---|")
    with two_workers(), tempfile.TemporaryDirectory() as folder:
        for partitions, rows in ((400, 1000), (8, 1000)):
            path = f"{folder}/{partitions}"
            dd.from_dask_array(rows_in(partitions, rows), columns=list("abcdefgh")).to_parquet(path)
            lazy = dd.read_parquet(path, split_row_groups=True, aggregate_files=False, blocksize=None)
            for name, X in {"read again": lazy, "persisted": lazy.persist()}.items():
                wait(X)
                source = engine_of(X).source(X, ChosenColumns())
                assert source.partitions.count == partitions
                measured = []
                for _ in range(times):
                    cpu, wall = time.process_time(), time.perf_counter()
                    source.sum(estep)
                    measured.append((time.process_time() - cpu, time.perf_counter() - wall))
                cpu, wall = 1000 * np.median(measured, axis=0)
                least_cpu, least_wall = 1000 * np.min(measured, axis=0)
                print(
                    f"| {partitions} | {name} | {cpu / partitions:.2f} ms, least {least_cpu / partitions:.2f} | "
                    f"{wall:.0f} ms, least {least_wall:.0f} |",
                    flush=True,
                )


def live_workers(client):
    """Processes of the workers, once there are two."""
    client.wait_for_workers(2, timeout=600)
    return list(client.run(os.getpid).values())


def fit_with_kill(X, pids=(), after=None):
    """Fit; after so many seconds kill a worker. The trace, the time, and the longest time without an iteration."""
    moments = [time.perf_counter()]
    if after is not None:
        timer = threading.Timer(after, os.kill, (random.choice(pids), signal.SIGKILL))
        timer.start()
    fit = mixtura.fit(
        X,
        K,
        start="random",
        seed=0,
        tol=0.0,
        max_iter=40,
        em=mixtura.EM(accelerate=False),
        on_iteration=lambda _: moments.append(time.perf_counter()),
    )
    moments.append(time.perf_counter())
    if after is not None:
        assert not timer.is_alive(), "the fit ended before a worker was killed"
    return fit.trace, moments[-1] - moments[0], max(np.diff(moments))


def kills(times):
    """Kill a worker at random moments of fits."""
    random.seed(0)
    with two_workers() as client:
        lazy = rows_in(16, 20_000)
        for name, X in {"persisted": lazy.persist(), "computed anew": lazy}.items():
            calm, took, stall = fit_with_kill(X)
            print(f"{name}, undisturbed: {took:.1f} s, longest time without an iteration {stall:.1f} s", flush=True)
            same, longest = 0, 0.0
            for _ in range(times):
                after = random.uniform(0, 0.7 * took)  # so that it ends later
                trace, whole, stall = fit_with_kill(X, live_workers(client), after)
                same, longest = same + (trace == calm), max(longest, stall)
                print(
                    f"  killed after {after:.2f} s: same bits {trace == calm}, {whole:.1f} s, stall {stall:.1f} s",
                    flush=True,
                )
            print(
                f"{name}: {same} of {times} fits have the same bits; longest time without an iteration {longest:.1f} s"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["overhead", "kills"], default=["overhead", "kills"])
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    for what in given.what:
        {"overhead": overhead, "kills": kills}[what](given.times)
