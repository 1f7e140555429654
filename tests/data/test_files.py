"""Files that need not fit into memory: the same answers as for the array, whatever the format."""

import gzip
import importlib.util
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura import scan
from mixtura.data import ArraySource
from mixtura.data.files import RowsRead
from mixtura.data.files.reservoir import Reservoir
from mixtura.errors import DataError, ParameterError
from mixtura.kernels import summarise
from mixtura.testing import check_source

ROWS = np.random.default_rng(0).permutation(
    np.concatenate([np.random.default_rng(j).normal(6 * j, 1 + j / 2, (700, 3)) for j in range(3)])
)
NAMES = ["a", "b", "c"]
TABLE = pa.table({name: ROWS[:, j] for j, name in enumerate(NAMES)} | {"id": [f"r{i}" for i in range(len(ROWS))]})


def write(folder, kind):
    """A file, or a pattern of several, of the table."""
    path = folder / f"rows.{kind}"
    match kind:
        case "parquet":
            for part in range(3):
                pq.write_table(TABLE.slice(700 * part, 700), folder / f"part{part}.parquet", row_group_size=150)
            return folder / "part*.parquet"
        case "arrow":
            pl.DataFrame(TABLE).write_ipc(path)
        case "arrows":
            with pa.OSFile(str(folder / "rows.arrow"), "wb") as file, pa.ipc.new_stream(file, TABLE.schema) as stream:
                stream.write_table(TABLE)
            return folder / "rows.arrow"
        case "csv" | "tsv":
            pl.DataFrame(TABLE).write_csv(path, separator="," if kind == "csv" else "\t")
        case "csv.gz":
            path.write_bytes(gzip.compress(pl.DataFrame(TABLE).write_csv().encode()))
        case "ndjson":
            pl.DataFrame(TABLE).write_ndjson(path)
        case "npy":
            np.save(path, ROWS)
        case "fortran.npy":
            np.save(path, np.asfortranarray(ROWS))
    return path


KINDS = ["parquet", "arrow", "arrows", "csv", "tsv", "csv.gz", "ndjson", "npy", "fortran.npy"]


@pytest.fixture(params=[1, 4])
def small_blocks(monkeypatch, request):
    """Blocks of 100 rows, so that there are many; read by one thread, and by four."""
    monkeypatch.setattr("mixtura.data.stored.MOST_ROWS", 100)
    monkeypatch.setenv("MIXTURA_NUM_THREADS", str(request.param))


def start():
    return mixtura.Mixture([0.3, 0.3, 0.4], [[0.0] * 3, [6.0] * 3, [12.0] * 3], np.ones((3, 3)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spool", [None, 0])
def test_a_fit_is_that_of_the_array(tmp_path, small_blocks, kind, spool):
    source = scan(write(tmp_path, kind), spool=spool)
    assert (source.length, source.n_features, source.n_rows) == (2100, 3, 2100)
    ours, theirs = (mixtura.fit(X, start=start()) for X in (source, ROWS))
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-10)
    np.testing.assert_allclose(ours.mixture.means, theirs.mixture.means, rtol=1e-7)
    again = mixtura.fit(scan(write(tmp_path, kind), spool=spool), start=start())
    assert again.trace == ours.trace


@pytest.mark.parametrize(
    "options",
    [
        {"prior": "conjugate"},
        {"trim": 0.05},
        {"noise": 0.05},
        {"noise": mixtura.UniformNoise(0.05, region="hull")},
        {"fixed": {"means": [0]}},
        {"model": "VVE"},
    ],
    ids=str,
)
def test_every_option_works(tmp_path, small_blocks, options):
    source = scan(write(tmp_path, "csv"))
    ours, theirs = (mixtura.fit(X, start=start(), max_iter=20, **options) for X in (source, ROWS))
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-9)
    assert ours.bic == pytest.approx(theirs.bic, rel=1e-9)


def written(folder):
    """A function that makes a source of rows and weights from a file."""

    def make(rows, weight):
        columns = {f"x{j}": rows[:, j] for j in range(rows.shape[1])} | ({} if weight is None else {"w": weight})
        pq.write_table(pa.table(columns), folder / "kit.parquet")
        kind = None if weight is None else "counts"
        return scan(folder / "kit.parquet", weights_column=None if weight is None else "w", weights_are=kind)

    return make


def test_the_kit_finds_nothing(tmp_path, small_blocks):
    check_source(written(tmp_path))


def test_statistics_are_those_of_the_array_to_rounding(tmp_path, small_blocks):
    source, array = scan(write(tmp_path, "parquet")), ArraySource.of(ROWS)
    ours, theirs = summarise(source), summarise(array)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-12)
    np.testing.assert_allclose(ours.scatter, theirs.scatter, rtol=1e-12)
    assert (ours.n_rows, ours.weight) == (theirs.n_rows, theirs.weight)


@pytest.mark.parametrize("weights", ["counts", "sampling"])
def test_weights_are_those_of_a_column(tmp_path, small_blocks, weights):
    rng = np.random.default_rng(1)
    weight = rng.integers(0, 4, len(ROWS)) if weights == "counts" else rng.exponential(size=len(ROWS)) * 7
    pq.write_table(TABLE.append_column("w", pa.array(weight)), tmp_path / "w.parquet")
    source = scan(tmp_path / "w.parquet", weights_column="w")
    assert source.columns == ("a", "b", "c")
    assert source.weights_are == weights
    assert source.n_rows == np.count_nonzero(weight)
    ours = mixtura.fit(source, start=start())
    theirs = mixtura.fit(ROWS, start=start(), sample_weight=weight)
    assert ours.loglik == pytest.approx(theirs.loglik, rel=1e-9)
    assert ours.n_rows == pytest.approx(theirs.n_rows, rel=1e-12)


def test_selections_assessments_and_bootstraps(tmp_path, small_blocks):
    source = scan(write(tmp_path, "npy"))
    ours, theirs = (mixtura.select(X, [2, 3], models=["EEE", "VVI"]) for X in (source, ROWS))
    assert ours.best_cell.key == theirs.best_cell.key
    assert mixtura.assess(ours.best, source).loglik == pytest.approx(ours.best.loglik, rel=1e-10)
    pairs = ((ours, source), (theirs, ROWS))
    errors = [mixtura.bootstrap(chosen.best, X, 5, seed=0).standard_errors["means"] for chosen, X in pairs]
    np.testing.assert_allclose(*errors, rtol=0.02)


def test_columns_are_chosen_as_in_tables(tmp_path):
    path = write(tmp_path, "parquet")
    assert scan(path).notes == ("part0.parquet: left out 1 column without numbers: id",)
    assert scan(path, ["c", "1"]).columns == ("c", "a")
    assert scan(path, exclude=["b"]).columns == ("a", "c")
    np.testing.assert_array_equal(scan(path, ["c"]).rows(10, np.random.default_rng(0)).rows.shape, (10, 1))
    with pytest.raises(ParameterError, match=r'has no column "z"; it has a, b, c, id'):
        scan(path, ["z"])
    with pytest.raises(DataError, match=r'part0.parquet: column "id": expected numbers, not string'):
        scan(path, ["id"])
    assert scan(write(tmp_path, "npy"), ["2"]).columns == ("x2",)


def test_single_precision_stays(tmp_path):
    np.save(tmp_path / "single.npy", ROWS.astype(np.float32))
    pl.DataFrame(ROWS.astype(np.float32), NAMES).write_parquet(tmp_path / "single.parquet")
    for name in ("single.npy", "single.parquet"):
        source = scan(tmp_path / name)
        assert source.dtype == np.float32
        np.testing.assert_array_equal(source.sample.rows, ROWS.astype(np.float32))


def test_bad_cells_are_named_or_left_out(tmp_path, small_blocks):
    frame = pl.DataFrame(TABLE).with_row_index()
    frame = frame.with_columns(b=pl.when(pl.col("index") % 500 == 499).then(None).otherwise(pl.col("b"))).drop("index")
    frame.write_csv(tmp_path / "gaps.csv")
    with pytest.raises(
        DataError,
        match=r'gaps.csv, row 500, column "b": the cell is empty; row 1000.*2000, column "b": the cell is empty '
        r"\(4 such rows in all\); leave such rows out by missing='drop' \(--missing drop\)",
    ):
        scan(tmp_path / "gaps.csv", missing="error")
    for spool in (None, 0):
        source = scan(tmp_path / "gaps.csv", missing="drop", spool=spool)
        assert (
            source.notes[-1] == 'gaps.csv: left out 4 rows with missing values (row 500, column "b": the cell is empty)'
        )
        kept = np.delete(ROWS, [499, 999, 1499, 1999], axis=0)
        assert mixtura.fit(source, start=start()).loglik == pytest.approx(mixtura.fit(kept, start=start()).loglik)
    rows = ROWS.copy()
    rows[7, 1] = np.inf
    np.save(tmp_path / "inf.npy", rows)
    with pytest.raises(DataError, match=r'inf.npy, row 8, column "x2": inf is not a finite number'):
        scan(tmp_path / "inf.npy")
    assert scan(tmp_path / "inf.npy", missing="drop").length == 2099
    rows[7, 1] = 1e200
    np.save(tmp_path / "huge.npy", rows)
    with pytest.raises(DataError, match=r'row 8, column "x2": 1e\+200 is too large to square'):
        scan(tmp_path / "huge.npy", missing="drop")


def test_files_that_change_are_refused(tmp_path, small_blocks):
    path = write(tmp_path, "csv")
    source = scan(path, spool=0)
    with path.open("a") as file:
        file.write("1,2,3,more\n")
    with pytest.raises(DataError, match="was changed while it was read; scan it again"):
        mixtura.fit(source, start=start())


def test_the_temporary_copy_has_a_limit(tmp_path):
    with pytest.raises(DataError, match="larger than 1,000 bytes: give a larger spool="):
        scan(write(tmp_path, "csv"), spool=1000)
    with pytest.raises(DataError, match=r"cannot be written|No such file"):
        scan(write(tmp_path, "csv"), folder=str(tmp_path / "none"))


def test_addresses(tmp_path, monkeypatch):
    path = write(tmp_path, "csv")
    assert scan(f"file://{path}").length == 2100
    monkeypatch.chdir(tmp_path)
    assert scan("rows.csv").length == 2100
    (tmp_path / "nested/_temporary").mkdir(parents=True)
    pq.write_table(TABLE, "nested/a.parquet")
    pq.write_table(TABLE, "nested/_temporary/b.parquet")
    assert scan("nested").length == 2100
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://rows.csv", "wb") as file:
        file.write(path.read_bytes())
    assert scan("memory://rows.csv").length == 2100
    with pytest.raises(DataError, match=r"none\*\.csv: there is no such file"):
        scan("none*.csv")
    (tmp_path / "a.xlsx").write_bytes(b"")
    with pytest.raises(DataError, match=r"the format is excel; expected Parquet"):
        scan("a.xlsx")


def test_tables_of_other_packages(small_blocks):
    for table in (TABLE, pl.DataFrame(TABLE), TABLE.to_reader()):
        assert mixtura.fit(scan(table), start=start()).loglik == pytest.approx(mixtura.fit(ROWS, start=start()).loglik)
    with pytest.raises(ParameterError, match="may be read once only"):
        scan(TABLE, spool=0)


def test_samples_are_random_and_know_their_positions(tmp_path, small_blocks, monkeypatch):
    monkeypatch.setattr(sys.modules["mixtura.data.stored"], "SAMPLE_ROWS", 500)
    source = scan(write(tmp_path, "npy"))
    for n in (100, 500, 900, 5000):
        chunk = source.rows(n, np.random.default_rng(0))
        places = np.arange(len(ROWS))[chunk.positions]
        np.testing.assert_array_equal(chunk.rows, ROWS[places])
        assert len(set(places.tolist())) == min(n, len(ROWS))
        assert abs(places.mean() - 1050) < 150
    taken = source.take(np.array([5, 2000, 5, 0]))
    np.testing.assert_array_equal(taken.array, ROWS[[5, 2000, 5, 0]])


def test_the_reservoir_is_fair():
    counts = np.zeros(60)
    for seed in range(2000):
        sample = Reservoir.of_size(12, 1, np.dtype(float), np.random.default_rng(seed))
        for start in range(0, 60, 7):
            sample.add(np.arange(start, min(start + 7, 60), dtype=float)[:, None])
        counts[sample.in_order()[1]] += 1
    assert np.abs(counts - 400).max() < 5 * np.sqrt(400 * 0.8)


def test_errors_say_what_is_wrong(tmp_path):
    path = write(tmp_path, "npy")
    with pytest.raises(ParameterError, match="missing is 'mean'; expected error, drop or model"):
        scan(path, missing="mean")
    np.save(tmp_path / "whole.npy", np.arange(5))
    with pytest.raises(DataError, match=r"shape \(5,\) and type int64; expected \(rows, columns\) of float64"):
        scan(tmp_path / "whole.npy")
    (tmp_path / "no.npy").write_bytes(b"nothing at all")
    with pytest.raises(DataError, match=r"this is no \.npy file"):
        scan(tmp_path / "no.npy")
    (tmp_path / "no.parquet").write_bytes(b"nothing at all")
    with pytest.raises(DataError, match=r"no\.parquet: "):
        scan(tmp_path / "no.parquet")
    pq.write_table(
        TABLE.append_column("w", pa.array(np.where(np.arange(2100) == 3, -1.0, 1.0))), tmp_path / "w.parquet"
    )
    with pytest.raises(DataError, match=r'w.parquet, row 4, column "w": -1 is negative'):
        scan(tmp_path / "w.parquet", weights_column="w")


@pytest.mark.parametrize(("kind", "total"), [("parquet", 2100), ("csv", None), ("npy", 2100)])
@pytest.mark.parametrize("spool", [None, 0])
def test_rows_are_told_in_each_pass(tmp_path, small_blocks, kind, total, spool):
    told = []
    source = scan(write(tmp_path, kind), on_rows=told.append, spool=spool)
    assert (told[0], told[-1]) == (RowsRead(0, total), RowsRead(2100, total))
    first = len(told)
    summarise(source)
    assert told[first:] == [RowsRead(rows, 2100) for rows in range(0, 2101, 100)]
    with pytest.raises(KeyboardInterrupt):
        mixtura.fit(scan(write(tmp_path, kind), on_rows=interrupted), 2)
    assert scan(TABLE, on_rows=told.append).length == 2100


def interrupted(_read):
    raise KeyboardInterrupt


class Counted:
    """Blocks that count how often they are read."""

    def __init__(self, stored):
        self.stored, self.shape, self.dtype, self.passes = stored, stored.shape, stored.dtype, 0

    def __iter__(self):
        self.passes += 1
        return iter(self.stored)


def test_em_converges_on_a_sample_before_it_reads_all_rows(tmp_path):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(2 * j, 1, (40_000, 2)) for j in range(3)])  # close enough for many iterations
    np.save(tmp_path / "rows.npy", rng.permutation(rows))
    source = scan(tmp_path / "rows.npy")
    counted = Counted(source.blocks)
    fit = mixtura.fit(replace(source, blocks=counted), 3, seed=0)
    assert fit.loglik == pytest.approx(mixtura.fit(rows, 3, seed=0).loglik, abs=0.5)
    assert counted.passes <= 20


@pytest.mark.parametrize(
    ("address", "package"),
    [
        ("rows.csv", "pyarrow"),
        ("s3://bucket/rows.csv", "pyarrow"),
        ("memory://rows.csv", "pyarrow"),
        ("memory://rows.csv", "fsspec"),
    ],
)
def test_a_missing_package_is_named(address, package, monkeypatch):
    monkeypatch.setattr(
        "mixtura.data.files.locate.find_spec", lambda name: None if name == package else importlib.util.find_spec(name)
    )
    with pytest.raises(mixtura.MissingExtraError, match=f"the package {package}, .* its extra files"):
        scan(address)
