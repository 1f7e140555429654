"""Sessions of Spark for the tests, and DataFrames whose partitions end where a test wants."""

import os
import shutil
import sys

import numpy as np
import pyarrow as pa

OPTIONS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.log.level": "OFF",
    "spark.python.unix.domain.socket.enabled": "true",  # tasks are twice as fast
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def has_java():
    """Whether there is a Java, which Spark needs."""
    return "JAVA_HOME" in os.environ or shutil.which("java") is not None


def classic_session(master="local[2]"):
    """A session whose workers are this Python."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master)
    for name, value in OPTIONS.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def in_spark(session, columns, ends=(0, 1, 1000, 1000, 2999)):
    """A DataFrame of columns, arrays or lists, in partitions that end at given rows, always the same ones."""
    batch = pa.record_batch(columns)
    ends = (*(end for end in ends if end < batch.num_rows), batch.num_rows)
    starts = (0, *ends[:-1])

    def parts(batches):  # within a function, so that it travels by value: workers cannot import this file
        for each in batches:
            for number in each.column("id").to_pylist():
                yield batch.slice(starts[number], ends[number] - starts[number])

    from pyspark.sql.pandas.types import from_arrow_schema

    schema = from_arrow_schema(batch.schema)
    return session.range(0, len(ends), 1, len(ends)).mapInArrow(parts, schema)


def groups(n=3000, d=3, seed=0):
    """Rows of two groups, (n, d)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) + 6.0 * rng.integers(0, 2, n)[:, None]


def named(rows, weight=None, names="abcdefgh"):
    """Rows as columns by name, and their weights as the column w."""
    columns = {names[j]: np.ascontiguousarray(column) for j, column in enumerate(rows.T)}
    return columns if weight is None else columns | {"w": weight}
