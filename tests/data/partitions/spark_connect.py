"""Sums, a fit and predictions through Spark Connect, which cannot share a process with a classic session."""

import os
import sys

os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["SPARK_TESTING"] = "1"  # any free port

import numpy as np
import pytest
from pyspark.sql import SparkSession
from spark_rows import groups, in_spark, named

import mixtura
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.engines import engine_of
from mixtura.testing import check_source

session = SparkSession.builder.remote("local[2]").getOrCreate()


def make(rows, weight):
    """The source of rows in Spark."""
    X = in_spark(session, named(rows, weight))
    kind, column = (None, None) if weight is None else ("counts", "w")
    return engine_of(X).source(X, ChosenColumns(None, (), column), weights_are=kind)


check_source(make, fits=False)
rows = groups()
X = in_spark(session, named(rows))
fit, local = (mixtura.fit(each, 2, em=mixtura.EM(accelerate=False)) for each in (X, rows))
np.testing.assert_allclose(fit.loglik, local.loglik, rtol=1e-12)
found = fit.mixture.predict(X)
assert type(found).__module__.startswith("pyspark.sql.connect")
assert found.columns == ["a", "b", "c", "label"]
np.testing.assert_array_equal([row["label"] for row in found.collect()], fit.mixture.predict(rows))
missing = np.where(np.arange(30)[:, None] == 20, np.nan, rows[:30])
with pytest.raises(mixtura.DataError, match="X, row 20"):
    mixtura.scan(in_spark(session, named(missing)), missing="error")
session.stop()
