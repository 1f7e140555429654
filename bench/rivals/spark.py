"""Spark MLlib's GaussianMixture in a local session, from a start of its own; full covariances only."""

import os
import shutil
import time
import warnings

import numpy as np
import resident

from rivals import Absent, NotInstalled, Run, refuse, refuse_float32

SEPARATE = True


def run(rows, start, problem) -> Run:  # noqa: ARG001 - it cannot be given a start
    """Seconds of as many iterations as the others run: the start is the same in both fits and cancels out."""
    if shutil.which("java") is None:
        raise NotInstalled("needs Java (Debian: default-jre-headless)")
    try:
        import pandas as pd
        import pyarrow as _  # noqa: F401, ICN001 - Spark needs it to read a table quickly
        from pyspark.sql import SparkSession
    except ImportError:
        raise NotInstalled("pip install pyspark pyarrow 'pandas<3'") from None
    refuse(problem, "tied", "diag", "spherical")
    refuse_float32(problem)
    if problem.reg_covar:
        raise Absent("no ridge")
    warnings.simplefilter("ignore")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    clock = time.perf_counter()
    builder = SparkSession.builder.master(f"local[{cores}]").config("spark.driver.memory", "4g")
    builder = builder.config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
    session = builder.config("spark.sql.execution.arrow.pyspark.enabled", "true").getOrCreate()
    ready = time.perf_counter() - clock
    try:
        frame = session.createDataFrame(pd.DataFrame(rows, columns=[f"x{i}" for i in range(rows.shape[1])]))
        return _fits(session, frame, problem, cores, ready)
    finally:
        session.stop()


def _fits(session, frame, problem, cores, ready) -> Run:
    from pyspark.ml.clustering import GaussianMixture
    from pyspark.ml.feature import VectorAssembler

    rows = VectorAssembler(inputCols=frame.columns, outputCol="features").transform(frame)
    rows = rows.select("features").repartition(cores).cache()
    rows.count()
    java = session._jvm.java.lang.ProcessHandle.current().pid()  # noqa: SLF001 - there is no public way

    def fit(iterations):
        clock = time.perf_counter()
        found = GaussianMixture(k=problem.k, maxIter=iterations, tol=0.0, seed=1).fit(rows)
        return time.perf_counter() - clock, found

    fit(1)
    before = resident.reset(java)
    (short, _), (long, model) = fit(1), fit(problem.iterations + 1)
    megabytes = resident.peak(java) - before if before is not None else None
    means = np.array([part.mean.toArray() for part in model.gaussians])
    covariances = np.array([part.cov.toArray() for part in model.gaussians])
    return Run(long - short, np.array(model.weights), means, covariances, megabytes, own_start=True, session=ready)
