"""Rows that Dask holds: the array's numbers, whatever the partitions; workers that die change no bit."""

import os
import signal
import threading
import time

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from dask import delayed
from distributed import Client, LocalCluster

import mixtura
from mixtura import DataError, GaussianMixture
from mixtura.data import engine_of
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.errors import CellError
from mixtura.testing import check_source

ENDS = (0, 0, 1, 1000, 1000, 2999, 3000)  # of partitions of which two are empty and two have a single row
COUNTS = tuple(np.diff(ENDS).tolist())


@pytest.fixture(scope="module")
def cluster():
    """Two workers, each a process with one thread, which a nanny starts again if it dies."""
    slow_start = {"distributed.deploy.lost-worker-timeout": "10 minutes"}
    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0", "silence_logs": 50}
    with dask.config.set(slow_start), LocalCluster(2, **options) as started:
        yield started


@pytest.fixture
def client(cluster):
    """The client that is the default while a test runs."""
    with Client(cluster) as connected:
        connected.wait_for_workers(2, timeout=120)
        yield connected


def cloud(n=3000, seed=0):
    """Rows of two groups in three columns."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)) + np.where(rng.random(n) < 0.4, 0, 6)[:, None]


def source(X, sample_weight=None, weights_are=None, **options):
    """The source of a collection."""
    chosen = {name: options.pop(name) for name in ("columns", "exclude", "weights_column") if name in options}
    return engine_of(X).source(X, ChosenColumns(**chosen), sample_weight, weights_are=weights_are, **options)


def unknown(X):
    """The same array without the lengths of its partitions."""
    return X[da.ones(X.shape[0], chunks=(X.chunks[0],), dtype=bool)]


def from_array(rows, weight):
    """A source of uneven and empty partitions, of two blocks of columns."""
    weights = None if weight is None else da.from_array(weight, chunks=700)
    return source(da.from_array(rows, chunks=(COUNTS, 2)), weights, None if weight is None else "counts")


def from_unknown(rows, weight):
    """A source whose partitions' lengths Dask does not know."""
    X, weights = (
        unknown(da.from_array(each, chunks=1100)) for each in (rows, np.ones(3000) if weight is None else weight)
    )
    return source(X, None if weight is None else weights, None if weight is None else "counts")


def from_dataframe(rows, weight):
    """A source of the columns of a dataframe, one of which has text."""
    table = pd.DataFrame(rows, columns=["a", "b", "c"]).assign(name="x", w=1.0 if weight is None else weight)
    X = dd.from_pandas(table, npartitions=3)
    kind = {} if weight is None else {"weights_column": "w", "weights_are": "counts"}
    return source(X, columns=["a", "b", "c"], **kind)


def test_it_obeys_the_laws_of_sources_on_threads():
    with dask.config.set(scheduler="sync"):
        check_source(from_array)


@pytest.mark.parametrize("make", [from_unknown, from_dataframe])
def test_it_obeys_the_laws_however_the_rows_are_held(make):
    check_source(make, fits=False)


@pytest.mark.parametrize("make", [from_array, from_dataframe])
def test_it_obeys_the_laws_on_a_cluster(client, make):
    check_source(make, fits=False)


def near(rows):
    """A mixture near the groups, from which fits begin."""
    return mixtura.fit(rows[:500], 2, seed=0).mixture


@pytest.mark.filterwarnings("ignore::mixtura.ConvergenceWarning")
@pytest.mark.parametrize(
    "options", [{}, {"trim": 0.05}, {"noise": True}, {"prior": "conjugate", "model": "VEV"}], ids=str
)
def test_fits_on_a_cluster_are_those_of_the_array(client, options):
    rows = cloud()
    X = da.from_array(rows, chunks=(COUNTS, 3)).persist()
    ours, theirs = (mixtura.fit(x, start=near(rows), max_iter=10, **options) for x in (X, rows))
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-12)
    np.testing.assert_allclose(ours.mixture.means, theirs.mixture.means, rtol=1e-6)


def test_select_assess_and_bootstrap_on_a_cluster(client):
    rows = cloud(600)
    X = da.from_array(rows, chunks=200).persist()
    ours, theirs = (mixtura.select(x, [1, 2], models=["EEE", "VVI"], seed=0) for x in (X, rows))
    assert ours.best_cell.key == theirs.best_cell.key
    assert mixtura.assess(theirs.best, X).bic == pytest.approx(mixtura.assess(theirs.best, rows).bic, rel=1e-12)
    errors = [mixtura.bootstrap(theirs.best, x, 3, seed=0).standard_errors["means"] for x in (X, rows)]
    np.testing.assert_allclose(*errors, rtol=0.05)


WEIGHT = np.random.default_rng(1).integers(0, 3, 3000)


@pytest.mark.parametrize(
    ("X", "sample_weight"),
    [
        (da.from_array(cloud(), chunks=(COUNTS, 3)), WEIGHT),
        (da.from_array(cloud(), chunks=1000), da.from_array(WEIGHT, chunks=700)),
        (unknown(da.from_array(cloud(), chunks=1000)), unknown(da.from_array(WEIGHT, chunks=1000))),
        (dd.from_array(cloud(), chunksize=1000), dd.from_array(WEIGHT, chunksize=1000)),
        (dd.from_pandas(pd.DataFrame(cloud(), columns=list("abc")).assign(w=WEIGHT), npartitions=3), "w"),
    ],
    ids=["NumPy", "other chunks", "unknown chunks", "Series", "column"],
)
def test_weights_may_lie_beside_the_rows(X, sample_weight):
    ours, theirs = mixtura.fit(X, 2, sample_weight=sample_weight), mixtura.fit(cloud(), 2, sample_weight=WEIGHT)
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-9)
    assert ours.n_rows == WEIGHT.sum()


def test_one_weight_is_that_of_all_rows():
    assert mixtura.fit(unknown(da.from_array(cloud(), chunks=1000)), 1, sample_weight=2).n_rows == 6000


@pytest.mark.parametrize(
    ("X", "sample_weight", "message"),
    [
        (da.ones((9, 2)), np.ones(8), r"has shape \(8,\); expected one weight for each row, \(9,\)"),
        (da.ones((9, 2)), da.ones(8), "sample_weight has 8 rows; X has 9"),
        (da.ones((9, 2)), da.ones((9, 2)), "sample_weight has 2 columns; expected one"),
        (unknown(da.ones((9, 2))), np.ones(9), "does not know the lengths of its partitions"),
        (
            unknown(da.ones((9, 2))),
            da.ones(9, chunks=3),
            "X has 1 partition and sample_weight 3 partitions, of unknown",
        ),
        (unknown(da.ones((9, 2))), da.ones(8), "sample_weight has 8 rows in a partition where X has 9"),
    ],
)
def test_weights_that_do_not_match_are_refused(X, sample_weight, message):
    with pytest.raises(DataError, match=message):
        mixtura.fit(X, 1, sample_weight=sample_weight)


def test_what_is_no_table_of_numbers_is_refused():
    table = dd.from_pandas(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), npartitions=1)
    for X, message in (
        (delayed(np.ones)((3, 2)), "X is a Delayed of Dask"),
        (da.ones((3, 2, 2)), "has shape"),
        (da.ma.masked_array(da.ones((3, 2))), "blocks of MaskedArray"),
        (dd.concat([table[["a"]], table[["a"]]], axis=1, ignore_unknown_divisions=True), 'two columns "a"'),
        (da.ones((3, 4), chunks=2)[:, da.array([1, 0, 1, 1]).astype(bool)], "does not know its number of columns"),
    ):
        with pytest.raises(DataError, match=message):
            source(X)
    for X, options in ((table, {"columns": ["a", "b"]}), (da.ones((3, 2), dtype=complex), {"columns": [0]})):
        with pytest.raises(CellError, match="expected numbers"):
            source(X, **options)


def test_types_and_names_of_columns():
    single = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [3.0, 1.0, 2.0]}, dtype=np.float32)
    assert source(dd.from_pandas(single, npartitions=2)).dtype == np.float32
    mixed = single.assign(n=pd.array([1, 2, 3], dtype="Int64"), t="x", on=[True, False, True])
    found = source(dd.from_pandas(mixed, npartitions=2))
    assert found.columns == ("a", "b", "n", "on")
    assert found.dtype == np.float64
    assert source(dd.from_pandas(mixed, npartitions=2)["n"]).columns == ("n",)
    assert source(da.ones((9, 4), dtype=int), columns=["2", "4"]).n_features == 2
    assert source(da.arange(9, chunks=4)).n_features == 1
    named = source(dd.from_pandas(single, npartitions=2), da.ones(3, chunks=2))
    assert named.partitions.columns == ("a", "b", "sample_weight")
    assert repr(named) == "<PartitionSource of 3 rows in 2 columns (a, b), in 2 partitions>"


def test_a_bad_cell_is_named_and_may_be_left_out():
    table = pd.DataFrame(cloud(30), columns=list("abc"))
    table.loc[25, "b"] = np.nan
    table["n"] = pd.array([None, *range(29)], dtype="Int64")
    X = dd.from_pandas(table, npartitions=3)
    with pytest.raises(DataError, match=r'X, row 25 \(row 5 of partition 2\), column "b": the cell is empty'):
        mixtura.scan(X[["a", "b"]], missing="error")
    assert source(X, missing="drop").n_rows == 28
    assert sum(source(X).holes) == 2


def never(*arguments, **options):
    """A scheduler that must not be asked."""
    raise AssertionError


def test_values_of_rows_are_computed_when_they_are_asked_for():
    rows = cloud()
    mixture = mixtura.fit(rows, 2, noise=True).mixture
    table = pd.DataFrame(rows[:, ::-1], columns=["c", "b", "a"], index=np.arange(3000)[::-1]).assign(t="x")
    named = mixture.relabelled(["a", "b", "c"], None, "records")
    with dask.config.set(scheduler=never):
        array = unknown(da.from_array(rows, chunks=(COUNTS, 2)))
        labels, posterior, logpdf = mixture.predict(array), mixture.posterior(array), mixture.logpdf(array)
        X = dd.from_pandas(table, npartitions=3, sort=False)
        series, frame = named.predict(X), named.posterior(X)
    assert (labels.dtype, posterior.shape[1]) == (np.int64, 3)
    np.testing.assert_array_equal(labels.compute(), mixture.predict(rows))
    np.testing.assert_array_equal(posterior.compute(), mixture.posterior(rows))
    np.testing.assert_array_equal(logpdf.compute(), mixture.logpdf(rows))
    assert (series.name, series.dtype, list(frame.columns)) == ("label", np.int64, [f"posterior_{j}" for j in range(3)])
    pd.testing.assert_series_equal(series.compute(), pd.Series(mixture.predict(rows), table.index, name="label"))
    np.testing.assert_array_equal(frame.compute().to_numpy(), mixture.posterior(rows))


def test_a_column_that_is_missing_is_named_at_once():
    X = dd.from_pandas(pd.DataFrame(cloud(30), columns=list("abc")), npartitions=3)
    fit = mixtura.fit(X[["a", "b"]], 1)
    with pytest.raises(DataError, match="X has no column 'b'; this mixture has a, b"):
        fit.predict(X[["a", "c"]])
    assert mixtura.fit(X["a"], 1).predict(X["a"]).compute().index.tolist() == list(range(30))


def test_values_of_empty_partitions():
    X = dd.from_pandas(pd.DataFrame(cloud(30), columns=list("abc")), npartitions=3)
    fit = mixtura.fit(X, 2)
    kept = X[X["a"] > 100]
    assert fit.mixture.posterior(kept).compute().shape == (0, 2)
    assert len(fit.predict(kept).compute()) == 0
    with pytest.raises(DataError, match="X has no rows"):
        mixtura.fit(kept, 1)


def test_the_estimator(client):
    rows = cloud(600)
    X = dd.from_pandas(pd.DataFrame(rows, columns=list("abc")), npartitions=3).persist()
    ours = GaussianMixture(2, random_state=0).fit(X)
    theirs = GaussianMixture(2, random_state=0).fit(rows)
    np.testing.assert_allclose(ours.mixture_.logpdf(rows), theirs.mixture_.logpdf(rows), rtol=1e-2)
    assert list(ours.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_array_equal(ours.predict(X).compute(), ours.mixture_.predict(rows))
    array = da.from_array(rows, chunks=200)
    np.testing.assert_array_equal(ours.predict(array).compute(), ours.mixture_.predict(rows))
    assert ours.score(array) == pytest.approx(ours.mixture_.logpdf(rows).mean(), rel=1e-12)


def slowly(value, seconds):
    """A task that returns a value of its rows, as a tuple of one, after a while."""

    def task(rows, _):  # a function of a function travels whole: workers need not import this module
        time.sleep(seconds)
        return (value(rows),)

    return task


def test_few_partitions_are_read_by_all_workers(client):
    partitions = source(da.random.default_rng(0).normal(size=(40, 2), chunks=(10, 2))).partitions
    assert len(set(partitions.reduce(slowly(lambda _: os.getpid(), 0.2), [None] * 4).total())) == 2


def kill_a_worker(cluster):
    """End the process of a worker, which its nanny starts again."""
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)


@pytest.mark.filterwarnings("ignore::mixtura.ConvergenceWarning")
def test_a_killed_worker_changes_no_bit(cluster, client):
    X = da.random.default_rng(0).normal(size=(3000, 3), chunks=(300, 3)).persist()
    options = {"start": "random", "seed": 0, "tol": 0.0, "max_iter": 8, "em": mixtura.EM(accelerate=False)}
    calm = mixtura.fit(X, 2, **options)
    iterations = iter(range(100))
    again = mixtura.fit(X, 2, on_iteration=lambda _: next(iterations) == 3 and kill_a_worker(cluster), **options)
    assert again.trace == calm.trace


def test_lost_rows_are_an_error_in_words(cluster, client):
    futures = client.scatter([cloud(100, seed) for seed in range(4)])
    X = da.concatenate([da.from_delayed(delayed(each), (100, 3), float) for each in futures])
    fitted = source(X)
    kill_a_worker(cluster)
    begun = time.monotonic()
    with pytest.raises(DataError, match=r"only scattered is gone with its worker; .* keep the rows by persist\(\)"):
        mixtura.fit(fitted, 2)
    assert time.monotonic() - begun < 60  # not for ever


def test_rows_that_are_lost_while_they_are_read(cluster, client):
    futures = client.scatter([cloud(100, seed) for seed in range(4)])
    X = da.concatenate([da.from_delayed(delayed(each), (100, 3), float) for each in futures])
    partitions = source(X).partitions
    threading.Timer(0.5, kill_a_worker, [cluster]).start()
    with pytest.raises(DataError, match="only scattered is gone"):
        partitions.reduce(slowly(len, 1), [None] * 4)


def test_an_interrupt_ends_the_computation(cluster, client):
    partitions = source(da.from_array(cloud(), chunks=100)).partitions
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        partitions.reduce(slowly(len, 1), [None] * 30)
    end = time.monotonic() + 30
    while cluster.scheduler.tasks and time.monotonic() < end:
        time.sleep(0.1)
    assert not cluster.scheduler.tasks


def test_only_sums_travel_and_nothing_is_scattered():
    X = da.from_array(cloud(), chunks=100)
    graphs = []

    def record(graph, keys, **options):
        graphs.append(graph)
        return dask.get(graph, keys, **options)

    with dask.config.set(scheduler=record):
        found = source(X)
        graphs.clear()
        assert found.sum(lambda chunk: len(chunk.rows)) == 3000
    (graph,) = graphs
    assert len([key for key in graph if key[0].startswith("mixtura-part")]) == 30
    assert len([key for key in graph if key[0].startswith("mixtura-sum")]) == 3
