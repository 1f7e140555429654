"""Rows in partitions, wherever they are: the array's sums, the same bits in any order, errors that name rows."""

import numpy as np
import pytest
from remote_rows import RemoteRows, in_partitions

import mixtura
from mixtura import DataError
from mixtura.data.partitions import TreeSum
from mixtura.testing import check_source


def test_it_obeys_the_laws_of_sources():
    check_source(in_partitions)


@pytest.mark.parametrize("ends", [(3000,), (1500, 3000), tuple(range(0, 3001, 100))])
def test_it_obeys_the_laws_in_other_partitions(ends):
    check_source(lambda rows, weight: in_partitions(rows, weight, ends), fits=False)


def test_the_order_in_which_parts_arrive_does_not_matter():
    rows = np.random.default_rng(0).normal(size=(5000, 3))
    fits = [mixtura.fit(in_partitions(rows, ends=tuple(range(0, 5000, 300)), seed=seed), 2) for seed in range(3)]
    assert len({fit.trace for fit in fits}) == 1


def test_a_sum_of_any_number_of_parts_is_complete():
    for count in range(1, 40):
        parts = [TreeSum.of(number, [number]) for number in range(count)]
        shuffled = np.random.default_rng(count).permutation(count)
        total = parts[shuffled[0]]
        for number in shuffled[1:]:
            total += parts[number]
        assert total.total() == list(range(count))


def test_a_bad_cell_is_named_by_row_and_partition():
    rows = np.zeros((30, 2))
    rows[25, 1] = np.inf
    with pytest.raises(DataError, match=r'X, row 25 \(row 5 of partition 2\), column "b": inf is not a finite'):
        in_partitions(rows, ends=(10, 20, 30), columns=("a", "b"))
    with pytest.raises(DataError, match=r"X, row 3 \(row 3 of partition 0\), column 2: -1 is negative"):
        in_partitions(np.zeros((30, 2)), np.where(np.arange(30) == 3, -1.0, 1.0), ends=(10, 30))


def test_an_engine_that_loses_a_partition_is_found_out(monkeypatch):
    source = in_partitions(np.arange(30.0)[:, None], ends=(10, 20, 30))
    monkeypatch.setattr(RemoteRows, "reduce", lambda *_: TreeSum.of(0, 1.0) + TreeSum.of(2, 1.0))
    with pytest.raises(DataError, match="X: a pass added 2 partitions of 3"):
        mixtura.fit(source, 1)


def test_rows_with_missing_cells_are_left_out():
    rows = np.random.default_rng(0).normal(size=(300, 2))
    rows[::7, 0] = np.nan
    rows[100:200] = np.nan
    source = in_partitions(rows, ends=(100, 200, 300), missing="drop")
    kept = rows[np.isfinite(rows).all(axis=1)]
    assert source.length == len(kept)
    np.testing.assert_array_equal(source.take(np.arange(len(kept))).array, kept)
    assert mixtura.fit(source, 2).loglik == pytest.approx(mixtura.fit(kept, 2).loglik, rel=1e-12)
    with pytest.raises(DataError, match="has no rows"):
        in_partitions(rows[100:200], ends=(50, 100), missing="drop")


@pytest.mark.parametrize("start", ["small-em", "hierarchical", "kmeans", "k-means++", "random", "labels"])
def test_every_start_sends_functions_and_no_rows(start):
    rows = np.random.default_rng(0).normal(size=(300, 2)) + 6.0 * (np.arange(300) % 2)[:, None]
    labels = np.arange(300) % 2
    options = {"start": mixtura.Labels(labels) if start == "labels" else start, "seed": 0}
    fit = mixtura.fit(in_partitions(rows, ends=(100,)), 2, **options)
    assert fit.loglik == pytest.approx(mixtura.fit(rows, 2, **options).loglik, rel=1e-12)
    known = np.where(np.arange(300) % 3, -1, labels)
    fit = mixtura.fit(in_partitions(rows, ends=(100,)), 2, known_labels=known)
    assert fit.loglik == pytest.approx(mixtura.fit(rows, 2, known_labels=known).loglik, rel=1e-12)


def test_single_precision_stays():
    rows = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    source = in_partitions(rows, ends=(100, 300))
    assert source.dtype == np.float32
    assert source.rows(10, np.random.default_rng(0)).rows.dtype == np.float32


def test_it_says_what_it_is():
    source = in_partitions(np.zeros((30, 2)) + np.arange(30)[:, None], ends=(10, 30), columns=("a", "b"))
    assert repr(source) == "<PartitionSource of 30 rows in 2 columns (a, b), in 2 partitions>"
