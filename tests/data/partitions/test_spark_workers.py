"""What Spark's workers run, here in this process: blocks, sums over them, and columns of predictions."""

import pickle
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

import mixtura
from mixtura import DataError
from mixtura.data.partitions import RowOutput, TreeSum
from mixtura.data.spark.batches import MatrixOfBatch
from mixtura.data.spark.blocks import MakeBlocks, Sent, SumOfBatches, SumOfPartitions, Work
from mixtura.data.spark.partitions import BlocksOfFrame, BlocksOfRDD, SparkPartitions
from mixtura.data.spark.predictions import AddColumn

ROWS = np.random.default_rng(0).normal(size=(200_000, 3))
MATRIX = MatrixOfBatch(None, ("a", "b", "c"), "float64")


class Frame:
    """A table in this process that does what is needed of a DataFrame and of an RDD."""

    def __init__(self, parts):
        self.parts, self.context = parts, SimpleNamespace(defaultParallelism=1, broadcast=self.broadcast)
        self.kept, self.destroyed = 0, 0

    def broadcast(self, value):
        return SimpleNamespace(value=pickle.loads(pickle.dumps(value)), destroy=self.destroy)

    def destroy(self):
        self.destroyed += 1

    def persist(self, _level):
        self.kept += 1
        return self

    def unpersist(self):
        self.kept -= 1

    @property
    def rdd(self):
        return Frame([[row for batch in part for row in rows_of(batch)] for part in self.parts])

    def getNumPartitions(self):  # noqa: N802 as Spark calls it
        return len(self.parts)

    def coalesce(self, _count):
        return Frame([[row for part in self.parts for row in part]])

    def map(self, f):
        return Frame([list(map(f, part)) for part in self.parts])

    def mapPartitions(self, f):  # noqa: N802
        return Frame([list(f(iter(part))) for part in self.parts])

    def mapInArrow(self, f, _schema):  # noqa: N802
        return Frame([list(f(iter(part))) for part in self.parts])

    def reduceByKey(self, f, _count):  # noqa: N802
        found = {}
        for part in self.parts:
            for key, value in part:
                found[key] = f(found[key], value) if key in found else value
        return Frame([list(found.items())])

    def select(self, *names):
        return Frame([[batch.select(names) for batch in part] for part in self.parts])

    def collect(self):
        return [row for part in self.parts for each in part for row in rows_of(each)]


def rows_of(each):
    return list(zip(*each.to_pydict().values(), strict=True)) if isinstance(each, pa.RecordBatch) else [each]


def batches(part, rows, size=10_000):
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        columns = {name: np.ascontiguousarray(piece[:, j]) for j, name in enumerate("abc")}
        yield pa.record_batch({"part": np.full(len(piece), part, np.int32)} | columns)


def in_blocks(cuts=(120_000,)):
    parts = np.split(ROWS, cuts)
    return Frame([list(MakeBlocks(MATRIX, 65_536)(batches(part, rows))) for part, rows in enumerate(parts)])


def partitions_of(kind, cuts=(120_000,)):
    blocks = kind.of(in_blocks(cuts))
    return SparkPartitions(blocks, dict(sorted(blocks.lengths().items())), ("a", "b", "c"), 3, np.dtype(float))


def test_blocks_hold_all_rows_in_their_order():
    found = [batch.to_pylist()[0] for part in in_blocks().parts for batch in part]
    assert [(block["part"], block["number"]) for block in found] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert sum(block["length"] for block in found) == len(ROWS)
    rows = [np.frombuffer(block["rows"]).reshape(3, -1).T for block in found]
    np.testing.assert_array_equal(np.concatenate(rows), ROWS)
    assert list(MakeBlocks(MATRIX, 65_536)(iter([]))) == []


def test_a_large_batch_is_cut():
    (batch,) = batches(0, ROWS, len(ROWS))
    lengths = [block.to_pylist()[0]["length"] for block in MakeBlocks(MATRIX, 65_536)([batch])]
    assert len(lengths) == 4
    assert sum(lengths) == len(ROWS)


@pytest.mark.parametrize("kind", [BlocksOfRDD, BlocksOfFrame])
def test_sums_over_blocks_are_those_over_rows(kind):
    partitions = partitions_of(kind)
    assert partitions.count == 4
    sums = partitions.reduce(lambda rows, weight: weight * rows.sum(axis=0), [2.0] * 4)
    np.testing.assert_allclose(sums.total(), 2 * ROWS.sum(axis=0), rtol=1e-9)
    partitions.blocks.release()
    with pytest.raises(DataError, match="partition 0 of X has other rows"):
        SparkPartitions(partitions.blocks, {(0, 0): 1}, None, 3, np.dtype(float)).reduce(len, [None])


def test_many_partitions_are_added_by_neighbourhoods_to_the_same_bits(monkeypatch):
    cuts = tuple(range(1000, 100_000, 1000))
    partitions = partitions_of(BlocksOfRDD, cuts)

    def total():
        return partitions.reduce(lambda rows, argument: rows.sum() / argument, [3.0] * partitions.count).total()

    direct = total()
    monkeypatch.setattr("mixtura.data.spark.partitions.DRIVER_ADDS", 1000)
    assert total() == direct
    monkeypatch.setattr("mixtura.data.spark.partitions.TASK_BYTES", 10_000)
    assert total() == direct


def test_a_worker_yields_nothing_for_no_blocks():
    work = Work.of(len, {}, [], 3, "float64")
    assert list(SumOfPartitions(Sent(work), 1)(iter([]))) == []
    assert list(SumOfBatches(Sent(work))(iter([]))) == []
    assert TreeSum({}).count == 0


def test_predictions_come_after_the_columns_that_stay():
    mixture = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], [np.eye(3), np.eye(3)])
    output = RowOutput("posterior", float, 2)
    add = AddColumn(mixture.posterior, output, MATRIX, ("part", "x", "y", "z", "posterior"))
    (found,) = add(batches(0, ROWS[:100]))
    assert found.schema.names == ["part", "x", "y", "z", "posterior"]
    np.testing.assert_array_equal(np.array(found["posterior"].to_pylist()), mixture.posterior(ROWS[:100]))
    (empty,) = add([next(batches(0, ROWS[:1])).slice(0, 0)])
    assert empty.num_rows == 0


def test_lists_become_columns():
    lists = pa.record_batch({"v": [[1.0, None], None], "w": pa.array([2**60 + 1, None])})
    found = MatrixOfBatch("v", ("w",), "float32", 2)(lists)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[1.0, np.nan, 2.0**60], [np.nan] * 3])
    with pytest.raises(DataError, match="X has vectors of 2 elements, and one of 3"):
        MatrixOfBatch("v", (), "float64")(pa.record_batch({"v": [[1.0, 2.0], [1.0, 2.0, 3.0]]}))
    nothing = pa.array([None], pa.list_(pa.float64()))
    assert MatrixOfBatch("v", (), "float64")(pa.record_batch({"v": nothing})).shape == (1, 1)
