"""DataFrames of Spark: the array's sums and fits, predictions as columns, errors in words; also with Connect."""

import gc
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from spark_rows import classic_session, groups, in_spark, named

import mixtura
from mixtura import DataError, ParameterError
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.engines import engine_of
from mixtura.data.spark import partitions
from mixtura.errors import MissingExtraError
from mixtura.testing import check_source

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")

ROWS = groups()


@pytest.fixture(scope="module")
def session():
    session = classic_session()
    yield session
    session.stop()


def source_of(X, weights_column=None, columns=None, **options):
    return engine_of(X).source(X, ChosenColumns(columns, (), weights_column), **options)


def run(script):
    """Run a script of this folder, which must not fail."""
    import pyspark

    home = str(Path(pyspark.__file__).parent)
    helpers = str(Path(sys.modules["spark_rows"].__file__).parent)
    paths = [helpers, str(Path(mixtura.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "SPARK_HOME": home}
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name(script))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]


def test_it_obeys_the_laws_of_sources(session):
    def make(rows, weight):
        kind = None if weight is None else "counts"
        return source_of(in_spark(session, named(rows, weight)), None if weight is None else "w", weights_are=kind)

    check_source(make)


def test_the_bits_do_not_depend_on_the_way_by_which_sums_are_added(session, monkeypatch):
    source = source_of(in_spark(session, named(ROWS), ends=range(500, 3000, 500)))
    options = {"start": "k-means++", "max_iter": 2, "em": mixtura.EM(accelerate=False)}
    trace = mixtura.fit(source, 2, **options).trace
    monkeypatch.setattr(partitions, "DRIVER_ADDS", 3)
    assert mixtura.fit(source, 2, **options).trace == trace
    monkeypatch.setattr(partitions, "TASK_BYTES", 10_000)
    assert mixtura.fit(source, 2, **options).trace == trace


def test_everything_takes_a_dataframe(session):
    X = in_spark(session, named(ROWS) | {"name": ["x"] * 3000})
    fit = mixtura.fit(X, 2)
    assert fit.mixture.columns == ("a", "b", "c")
    assert fit.loglik == pytest.approx(mixtura.fit(ROWS, 2).loglik, rel=1e-12)
    assert mixtura.assess(fit.mixture, X).loglik == pytest.approx(fit.loglik, rel=1e-12)
    with pytest.warns(mixtura.GridEdgeWarning):
        assert mixtura.select(X, [1, 2], models=["EEE"]).best_cell.n_components == 2
    assert mixtura.bootstrap(fit, X, 2, seed=0).standard_errors["means"].shape == (2, 3)


def test_the_estimator_takes_a_dataframe(session):
    X = in_spark(session, named(ROWS))
    estimator, local = (mixtura.GaussianMixture(2, random_state=0) for _ in range(2))
    local.fit(ROWS)
    assert estimator.fit(X).score(X) == pytest.approx(local.score(ROWS), rel=1e-9)
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]
    found = [row["label"] for row in estimator.predict(X).collect()]
    np.testing.assert_array_equal(found, estimator.mixture_.predict(ROWS))


def test_weights_are_a_column(session):
    weight = np.random.default_rng(0).integers(0, 3, 3000)
    X = in_spark(session, named(ROWS, weight))
    fit = mixtura.fit(X, 2, columns=["c", "a"], sample_weight="w")
    local = mixtura.fit(ROWS[:, [2, 0]], 2, sample_weight=weight)
    assert fit.mixture.columns == ("c", "a")
    assert fit.loglik == pytest.approx(local.loglik, rel=1e-12)
    with pytest.raises(ParameterError, match=r"sample_weight is a ndarray; .* give the name of a column"):
        mixtura.fit(X, 2, sample_weight=weight)
    bad = in_spark(session, named(ROWS, np.where(np.arange(3000) == 1500, -1.0, 1.0)))
    with pytest.raises(DataError, match=r'X, row 1500 .*, column "w": -1 is negative'):
        mixtura.fit(bad, 2, sample_weight="w")


def test_columns_of_numbers_of_any_kind_are_taken(session):
    X = in_spark(session, {"a": np.arange(10), "b": np.arange(10) % 3 == 0, "c": np.arange(10, dtype=np.float32)})
    X = X.selectExpr("a as `a.b`", "b", "cast(c as decimal(9, 2)) as c")
    source = source_of(X)
    assert source.columns == ("a.b", "b", "c")
    expected = np.column_stack([np.arange(10), np.arange(10) % 3 == 0, np.arange(10)])
    np.testing.assert_array_equal(source.take(np.arange(10)).array, expected)


def test_single_precision_stays(session):
    source = source_of(in_spark(session, named(ROWS.astype(np.float32))))
    assert source.dtype == np.float32
    np.testing.assert_array_equal(source.take(np.array([5, 2])).array, ROWS[[5, 2]].astype(np.float32))


def test_a_column_of_vectors_stands_for_its_elements(session):
    from pyspark.ml.feature import VectorAssembler

    columns = VectorAssembler(inputCols=["a", "b", "c"], outputCol="features")
    X = columns.transform(in_spark(session, named(ROWS, np.arange(3000) % 3)))
    fit = mixtura.fit(X, 2, sample_weight="w")
    assert fit.mixture.columns is None
    assert fit.loglik == pytest.approx(mixtura.fit(ROWS, 2, sample_weight=np.arange(3000) % 3).loglik, rel=1e-12)
    found = fit.mixture.logpdf(X)
    assert found.columns == ["a", "b", "c", "w", "features", "logpdf"]
    assert found.schema["features"] == X.schema["features"]
    np.testing.assert_array_equal([row["logpdf"] for row in found.collect()], fit.mixture.logpdf(ROWS))


def test_vectors_may_be_sparse_and_arrays_are_as_good(session):
    from pyspark.ml.linalg import Vectors

    data = [(Vectors.sparse(2, [1], [2.0]), [0.0, 2.0]), (Vectors.dense([3.0, 4.0]), [3.0, 4.0])]
    X = session.createDataFrame(data, ["vector", "array"])
    for column in ("vector", "array"):
        source = source_of(X, columns=[column])
        assert source.columns is None
        np.testing.assert_array_equal(source.take(np.arange(2)).array, [[0.0, 2.0], [3.0, 4.0]])
    with pytest.raises(DataError, match='"vector" holds vectors; give it alone'):
        source_of(X, columns=["vector", "array"])
    mixture = mixtura.Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    assert mixture.posterior(X).collect()[0]["posterior"] == [1.0]


def test_vectors_that_cannot_be_used_are_told(session):
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.types import StructField, StructType

    schema = StructType([StructField("v", VectorUDT())])
    with pytest.raises(DataError, match=r"row 1 .*: the cell is empty"):
        source_of(session.createDataFrame([(Vectors.dense([1.0]),), (None,)], schema), missing="error")
    with pytest.raises(DataError, match="X has vectors of 1 elements, and one of 2"):
        source_of(session.createDataFrame([(Vectors.dense([1.0]),), (Vectors.dense([1.0, 2.0]),)], schema))
    with pytest.raises(DataError, match="X has no rows"):
        source_of(session.createDataFrame([(None,)], schema))


def test_a_bad_cell_is_named_and_may_be_left_out(session):
    a = np.arange(30.0)
    a[25] = np.nan
    X = in_spark(session, {"a": a, "b": [None if i == 27 else float(i) for i in range(30)]}, ends=(10, 20))
    with pytest.raises(DataError, match=r'X, row 25 \(row 5 of partition 2\), column "a": the cell is empty'):
        mixtura.scan(X, missing="error")
    assert source_of(X, missing="drop").length == 28
    lacking = np.column_stack([a, [np.nan if i == 27 else float(i) for i in range(30)]])
    mixture = mixtura.Mixture([1.0], [[15.0, 15.0]], [[[80.0, 10.0], [10.0, 80.0]]])
    assert mixtura.assess(mixture, X).loglik == pytest.approx(mixtura.assess(mixture, lacking).loglik, rel=1e-9)
    with pytest.raises(DataError, match="X has no rows"):
        mixtura.fit(X.limit(0), 1)


def test_predictions_are_computed_when_asked_for_and_keep_all_columns(session):
    X = in_spark(session, named(ROWS) | {"label": np.arange(3000), "a.b": [["x"]] * 3000})
    mixture = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [6.0, 6.0]], [np.eye(2), np.eye(2)], columns=["c", "a"])
    tracker = session.sparkContext.statusTracker()
    before = tracker.getJobIdsForGroup(None)
    found = mixture.predict(mixture.uncertainty(mixture.posterior(X)))
    assert tracker.getJobIdsForGroup(None) == before
    assert found.columns == ["a", "b", "c", "label", "a.b", "posterior", "uncertainty", "label_2"]
    rows = found.collect()
    assert rows[7]["a.b"] == ["x"]
    assert rows[7]["label"] == 7
    chosen = ROWS[:, [2, 0]]
    np.testing.assert_array_equal([row["label_2"] for row in rows], mixture.predict(chosen))
    np.testing.assert_array_equal([row["posterior"] for row in rows], mixture.posterior(chosen))
    np.testing.assert_array_equal([row["uncertainty"] for row in rows], mixture.uncertainty(chosen))
    with pytest.raises(DataError, match="X has 2 columns; this mixture has 1 dimension"):
        mixtura.Mixture([1.0], [[0.0]], [[[1.0]]]).predict(X.select("a", "b"))


def test_what_is_no_table_of_numbers_is_refused(session):
    X = in_spark(session, named(ROWS[:5]) | {"name": list("vwxyz")})
    with pytest.raises(DataError, match='X, column "name": expected numbers, not string'):
        mixtura.fit(X, 1, columns=["a", "name"])
    with pytest.raises(ParameterError, match='X has no column "age"; it has a, b, c, name'):
        mixtura.fit(X, 1, columns=["age"])
    with pytest.raises(ParameterError, match=r"X is a pyspark.*RDD; expected a pyspark.sql.DataFrame"):
        mixtura.fit(X.rdd, 1)


def test_failures_of_workers_are_told_in_words(session):
    source = source_of(in_spark(session, named(ROWS[:50])))

    def without_mixtura(rows, argument):
        raise ModuleNotFoundError("No module named 'mixtura.stats'")

    with pytest.raises(MissingExtraError, match="Spark's workers have no package mixtura; install it on all nodes"):
        source.partitions.reduce(without_mixtura, [None] * source.partitions.count)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        source.partitions.reduce(lambda _rows, argument: 1 // argument, [0] * source.partitions.count)
    other = {key: length + 1 for key, length in source.partitions.lengths.items()}
    with pytest.raises(DataError, match=r"partition . of X has other rows than in the first pass"):
        replace(source.partitions, lengths=other).reduce(lambda _rows, argument: argument, [1] * len(other))


def test_blocks_are_forgotten_with_the_source(session):
    kept = session.sparkContext._jsc.getPersistentRDDs
    source = source_of(in_spark(session, named(ROWS)))
    assert repr(source) == "<PartitionSource of 3,000 rows in 3 columns (a, b, c), in 4 partitions>"
    number = source.partitions.blocks.rdd.id()
    assert kept().containsKey(number)
    del source
    gc.collect()
    while kept().containsKey(number):  # another thread tells Spark
        time.sleep(0.05)


def test_it_works_through_connect():
    run("spark_connect.py")


def test_a_fit_survives_the_end_of_an_executor_with_the_same_bits():
    run("spark_kill.py")
