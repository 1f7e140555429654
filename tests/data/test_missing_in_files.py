"""Missing values of rows in files, with an engine, and in sources of a user's own."""

import warnings

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura import DataError, MixturaWarning
from mixtura.data.files import blocks

RNG = np.random.default_rng(0)
ROWS = np.concatenate([RNG.normal(mean, 1, (300, 3)) for mean in (0, 5)])
ROWS[RNG.random(ROWS.shape) < 0.2] = np.nan
ROWS = ROWS[~np.isnan(ROWS).all(axis=1)]
START = mixtura.Mixture([0.5, 0.5], [[0.0] * 3, [4.0] * 3], [np.eye(3)] * 2)


def fitted(X, *args, **options):
    """A fit whose warnings do not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return mixtura.fit(X, *args, **options)


IN_MEMORY = fitted(ROWS, 2, start=START)


def written(folder, kind, rows=ROWS):
    """The path of a file with some rows."""
    path = folder / f"rows.{kind}"
    if kind == "npy":
        np.save(path, rows)
        return path
    frame = pl.DataFrame(rows, schema=list("abc")).fill_nan(None)
    {"csv": frame.write_csv, "parquet": frame.write_parquet, "ndjson": frame.write_ndjson}[kind](path)
    return path


@pytest.fixture
def small_blocks(monkeypatch):
    for module in ("mixtura.data.stored", "mixtura.data.files.blocks"):
        monkeypatch.setattr(f"{module}.rows_per_block", lambda _: 100)
    return blocks


@pytest.mark.parametrize("kind", ["csv", "parquet", "ndjson", "npy"])
@pytest.mark.parametrize("spool", [None, 0])
def test_files_give_the_fit_of_rows_in_memory(tmp_path, small_blocks, kind, spool):
    source = mixtura.scan(written(tmp_path, kind), spool=spool)
    holes = int(np.isnan(ROWS).sum())
    assert source.notes == (f"rows.{kind}: {holes} of {ROWS.size:,} cells are missing, and are modelled",)
    assert source.holes == tuple(np.isnan(ROWS).sum(axis=0).tolist())
    found = fitted(source, 2, start=START)
    assert found.loglik == pytest.approx(IN_MEMORY.loglik, rel=1e-10)
    assert fitted(source, 2).loglik == pytest.approx(fitted(ROWS, 2).loglik, abs=0.02)
    assert mixtura.assess(found.mixture, source).bic == pytest.approx(found.bic, rel=1e-10)
    np.testing.assert_array_equal(found.mixture.predict(source), IN_MEMORY.mixture.predict(ROWS))
    assert (found.missing.by_column, found.missing.n_rows) == (source.holes, len(ROWS))
    assert found.missing.patterns == IN_MEMORY.missing.patterns


def test_everything_else_takes_them(tmp_path, small_blocks):
    source = mixtura.scan(written(tmp_path, "parquet"))
    chosen = mixtura.select(source, [1, 2], models=["EEI", "VVI"])
    assert chosen.best.mixture.n_components == 2
    errors = mixtura.bootstrap(IN_MEMORY, source, 20).standard_errors
    np.testing.assert_allclose(
        errors["means"], mixtura.bootstrap(IN_MEMORY, ROWS, 20).standard_errors["means"], rtol=0.2
    )
    with pytest.raises(mixtura.ParameterError, match="lacks values and is not in memory"):
        mixtura.bootstrap(IN_MEMORY, source, 20, method="parametric")
    assert fitted(source, 2, noise=0.05, trim=0.0).mixture.noise is not None
    assert fitted(source, 2, trim=0.05).n_rows == pytest.approx(0.95 * len(ROWS))
    assert fitted(source, 2, prior="conjugate", model="VVI").log_prior != 0
    assert IN_MEMORY.plot(source) is not None


def test_rows_without_any_value_are_left_out_and_others_are_not(tmp_path):
    rows = np.vstack([ROWS, np.full((2, 3), np.nan)])
    for kind in ("csv", "npy"):
        source = mixtura.scan(written(tmp_path, kind, rows))
        assert source.length == len(ROWS)
        assert f"rows.{kind}: left out 2 rows without any value" in source.notes[0]
    rows[0, 1] = np.inf
    with pytest.raises(DataError, match=r'row 1, column "x2": inf is not a finite number'):
        mixtura.scan(written(tmp_path, "npy", rows))
    with pytest.raises(DataError, match=r'column "b": all values are missing; leave the column out'):
        mixtura.scan(written(tmp_path, "csv", np.where([[0, 1, 0]], np.nan, ROWS)))
    weights = np.where(np.arange(len(ROWS)) == 4, np.nan, 1.0)
    frame = pl.DataFrame(ROWS, schema=list("abc")).with_columns(w=pl.Series(weights)).fill_nan(None)
    frame.write_csv(tmp_path / "w.csv")
    with pytest.raises(DataError, match=r'row 5, column "w": the cell is empty'):
        mixtura.scan(tmp_path / "w.csv", weights_column="w")
    with pytest.raises(DataError, match=r'row 5, column "w"'):
        mixtura.read(tmp_path / "w.csv", weights_column="w")


def test_an_engine_gives_the_fit_of_rows_in_memory():
    array = pytest.importorskip("dask.array").from_array(ROWS, chunks=(130, 3))
    found = fitted(array, 2, start=START)
    assert found.loglik == pytest.approx(IN_MEMORY.loglik, rel=1e-10)
    assert found.missing.by_column == IN_MEMORY.missing.by_column
    assert fitted(array, 2).loglik == pytest.approx(fitted(ROWS, 2).loglik, abs=0.02)
    np.testing.assert_array_equal(found.mixture.predict(array).compute(), IN_MEMORY.mixture.predict(ROWS))
    with pytest.raises(DataError, match="the cell is empty"):
        mixtura.scan(array, missing="error")
    assert mixtura.scan(array, missing="drop").n_rows == int((~np.isnan(ROWS).any(axis=1)).sum())
