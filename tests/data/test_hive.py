"""Keys of Hive partitions are columns of the files in the folders, for those who ask for them."""

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.errors import DataError, ParameterError

WRITERS = {
    "parquet": pl.DataFrame.write_parquet,
    "csv": pl.DataFrame.write_csv,
    "arrow": pl.DataFrame.write_ipc,
    "ndjson": pl.DataFrame.write_ndjson,
}


def written(folder, kind, towns=("x", "y%20z")):
    """Four files of ten rows."""
    rows = np.arange(80.0).reshape(40, 2)
    for number in range(4):
        path = folder / f"year={2020 + number // 2}" / f"town={towns[number % 2]}" / "part-0"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = pl.DataFrame(rows[10 * number : 10 * number + 10], ["a", "b"])
        WRITERS[kind](frame, path.with_suffix(f".{kind}"))
    return rows


@pytest.mark.parametrize("kind", WRITERS)
def test_keys_are_columns_if_asked_for(tmp_path, kind):
    rows = written(tmp_path, kind)
    assert mixtura.scan(tmp_path).columns == ("a", "b")
    assert mixtura.scan(tmp_path, ["*"]).columns == ("a", "b")
    source = mixtura.scan(f"{tmp_path}/*/*/*.{kind}", ["b", "year", "a"])
    assert source.columns == ("b", "year", "a")
    years = np.repeat([2020.0, 2021.0], 20)
    np.testing.assert_array_equal(source.sample.rows, np.column_stack([rows[:, 1], years, rows[:, 0]]))
    weighted = mixtura.scan(tmp_path, weights_column="year")
    assert (weighted.columns, weighted.weights_are) == (("a", "b"), "counts")
    assert source.lengths[0] == (f"year=2020/town=x/part-0.{kind}", 10)


def test_text_is_refused_and_empty_keys_are_missing(tmp_path):
    written(tmp_path, "parquet")
    with pytest.raises(DataError, match=r'part-0\.parquet, column "town": "x", the name of a folder, is not a number'):
        mixtura.scan(tmp_path, ["a", "town"])
    with pytest.raises(ParameterError, match=r"year: these are names of folders, .*; give columns of the files, too"):
        mixtura.scan(tmp_path, ["year"])
    empty = tmp_path / "year=__HIVE_DEFAULT_PARTITION__"
    empty.mkdir()
    pl.DataFrame({"a": [1.0], "b": [2.0]}).write_parquet(empty / "part.parquet")
    with pytest.raises(DataError, match=r'part\.parquet, row 1, column "year": the cell is empty'):
        mixtura.scan(tmp_path, ["a", "year"], missing="error")
    assert mixtura.scan(tmp_path, ["a", "year"]).holes == (0, 1)
    assert mixtura.scan(tmp_path, ["a", "year"], missing="drop").length == 40
    pl.DataFrame({"a": [1.0], "b": [2.0]}).write_parquet(tmp_path / "zero.parquet")
    with pytest.raises(DataError, match=r'zero\.parquet: no folder gives "year"'):
        mixtura.scan(tmp_path, ["a", "year"])


def test_a_column_of_the_files_goes_before_a_key(tmp_path):
    (tmp_path / "a=7").mkdir()
    pl.DataFrame({"a": [1.0, 2.0]}).write_parquet(tmp_path / "a=7" / "part.parquet")
    assert mixtura.scan(tmp_path).sample.rows.ravel().tolist() == [1, 2]
