"""Zarr stores: an array of rows, or a group of columns."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura.cli import main
from mixtura.data.files import RowsRead
from mixtura.errors import DataError, ParameterError

zarr = pytest.importorskip("zarr")

ROWS = np.random.default_rng(0).normal(size=(1000, 3)) + 5 * (np.arange(1000) % 2)[:, None]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 100 rows."""
    monkeypatch.setattr("mixtura.data.stored.MOST_ROWS", 100)


def array(path, rows=ROWS, **how):
    stored = zarr.create_array(str(path), shape=rows.shape, dtype=rows.dtype, chunks=(150, *rows.shape[1:]), **how)
    stored[:] = rows
    return path


def group(path, **columns):
    stored = zarr.open_group(str(path), mode="w")
    for name, values in columns.items():
        stored.create_array(name, shape=values.shape, dtype=values.dtype, chunks=(70, *values.shape[1:]))[:] = values
    return path


@pytest.mark.parametrize("how", [{}, {"zarr_format": 2}, {"shards": (300, 3)}], ids=str)
@pytest.mark.parametrize("spool", [None, 0])
def test_a_fit_is_that_of_the_array(tmp_path, how, spool):
    told = []
    source = mixtura.scan(array(tmp_path / "rows.zarr", **how), spool=spool, on_rows=told.append)
    assert (source.columns, source.name, told[0]) == (("x1", "x2", "x3"), "rows.zarr", RowsRead(0, 1000))
    np.testing.assert_array_equal(np.concatenate([chunk.rows for chunk in source.chunks()]), ROWS)
    assert mixtura.fit(source, 2).loglik == pytest.approx(mixtura.fit(ROWS, 2).loglik, rel=1e-9)
    assert mixtura.scan(tmp_path / "rows.zarr", ["x3", "1"]).sample.rows[4].tolist() == [ROWS[4, 2], ROWS[4, 0]]


def test_a_group_holds_columns(tmp_path):
    single = ROWS[:, 0].astype(np.float32)
    path = group(tmp_path / "g.zarr", b=single, a=np.arange(1000), square=ROWS, w=np.arange(1000) % 3)
    source = mixtura.scan(path, ["b", "a"], weights_column="w")
    assert (source.columns, source.n_rows, source.dtype) == (("b", "a"), 666, np.float64)
    np.testing.assert_array_equal(source.sample.rows[:, 1], np.flatnonzero(np.arange(1000) % 3))
    assert mixtura.scan(path, ["b"]).dtype == np.float32
    assert mixtura.scan(path).n_features == 3
    with pytest.raises(ParameterError, match='has no column "square"'):
        mixtura.scan(path, ["square"])
    mixed = group(tmp_path / "h.zarr", a=np.arange(9), b=np.arange(8.0), c=np.arange(9) * 1j)
    with pytest.raises(DataError, match=r"h\.zarr: the columns differ in their numbers of rows \(a 9, b 8\)"):
        mixtura.scan(mixed)
    with pytest.raises(DataError, match=r'h\.zarr, column "c": expected numbers, not complex128'):
        mixtura.scan(mixed, ["c"])
    assert mixtura.scan(mixed, exclude=["b"]).notes == ("h.zarr: left out 1 column without numbers: c",)


def test_addresses_and_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    array(tmp_path / "rows.zarr")
    assert mixtura.scan(f"file://{tmp_path}/rows.zarr").length == 1000
    array("memory://rows.zarr")
    assert mixtura.scan("memory://rows.zarr").length == 1000
    Path("rows.zarr").rename("rows")
    assert mixtura.scan("rows", file_format="zarr").length == 1000
    Path("rows").rename("rows.zarr")
    assert main(["fit", "rows.zarr", "-k", "2", "--labels", "l.csv"]) == 0
    assert "data: rows.zarr, 1000 rows" in capsys.readouterr().out
    assert len(Path("l.csv").read_text().splitlines()) == 1001


def test_bad_stores_are_named(tmp_path, monkeypatch):
    rows = ROWS.copy()
    rows[7, 1] = np.nan
    with pytest.raises(DataError, match=r'nan\.zarr, row 8, column "x2": the cell is empty'):
        mixtura.scan(array(tmp_path / "nan.zarr", rows), missing="error")
    with pytest.raises(DataError, match=r"no\.zarr: there is no Zarr array or group"):
        mixtura.scan(tmp_path / "no.zarr")
    with pytest.raises(DataError, match=r"one\.zarr: an array of shape \(1000,\); expected \(rows, columns\)"):
        mixtura.scan(array(tmp_path / "one.zarr", ROWS[:, 0]))
    source = mixtura.scan(array(tmp_path / "c.zarr"), spool=0)
    chunk = next(path for path in (tmp_path / "c.zarr" / "c" / "2").rglob("*") if path.is_file())
    content = chunk.read_bytes()
    chunk.write_bytes(content[:9])
    with pytest.raises(DataError, match="was changed while it was read"):
        mixtura.fit(source, 2)
    with pytest.raises(DataError, match=r"c\.zarr, rows from 301 on: "):
        mixtura.scan(tmp_path / "c.zarr")
    monkeypatch.setattr(
        "mixtura.data.files.zarr_store.find_spec",
        lambda name: None if name == "zarr" else importlib.util.find_spec(name),
    )
    with pytest.raises(mixtura.MissingExtraError, match=r"the package zarr, .* its extra zarr"):
        mixtura.scan(tmp_path / "c.zarr")
