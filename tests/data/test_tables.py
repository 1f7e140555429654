"""Tables, models and outputs: every format, and what is said of every broken file."""

import bz2
import gzip
import io
import json
import lzma
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openpyxl
import polars as pl
import pytest

import mixtura
from mixtura._support import atomic_write, write_text
from mixtura.cli.files import check_paths, read_model, write_table
from mixtura.data import ArraySource
from mixtura.data.tables import Reading, read, read_as
from mixtura.errors import DataError, MissingExtraError, MixturaError, ParameterError
from mixtura.fitting.progress import FitProgress, format_duration

FRAME = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.5, 0.25, 4.0]})
CSV = "a,b\n1,0.5\n2,0.25\n3,4\n"

WRITE = {
    "t.csv": lambda path: path.write_text(CSV),
    "t.txt": lambda path: path.write_text(CSV.replace(",", " ; ")),
    "t.tsv": lambda path: path.write_text(CSV.replace(",", "\t")),
    "bom.csv": lambda path: path.write_text("\ufeff" + CSV + "\n,\n", encoding="utf-8"),
    "crlf.csv": lambda path: path.write_bytes(CSV.replace("\n", "\r\n").encode()),
    "cr.csv": lambda path: path.write_bytes(CSV.replace("\n", "\r").encode()),
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.encode())),
    "t.csv.bz2": lambda path: path.write_bytes(bz2.compress(CSV.encode())),
    "t.csv.xz": lambda path: path.write_bytes(lzma.compress(CSV.encode())),
    "t.parquet": FRAME.write_parquet,
    "t.arrow": FRAME.write_ipc,
    "t.feather": FRAME.write_ipc,
    "t.ipc": FRAME.write_ipc_stream,
    "t.ndjson": FRAME.write_ndjson,
    "T.JSONL": FRAME.write_ndjson,
}


@pytest.fixture
def stdin(monkeypatch):
    def give(content):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    return give


@pytest.mark.parametrize("name", WRITE)
def test_every_format_gives_the_same_table(name, tmp_path):
    path = tmp_path / name
    WRITE[name](path)
    table = read(str(path))
    assert table.columns == ("a", "b")
    assert table.rows.tolist() == FRAME.to_numpy().tolist()
    assert table.rows.flags.c_contiguous
    assert (table.rows.dtype, table.positions.tolist(), table.n_read, table.notes) == (np.float64, [0, 1, 2], 3, ())


@pytest.mark.parametrize(("name", "kind"), [("t.csv", "csv"), ("t.tsv", "tsv"), ("t.parquet", "parquet")])
def test_standard_input(name, kind, tmp_path, stdin):
    WRITE[name](tmp_path / name)
    stdin((tmp_path / name).read_bytes())
    assert read("-", file_format=kind).rows.tolist() == FRAME.to_numpy().tolist()


def test_numpy_arrays(tmp_path):
    path = str(tmp_path / "x.npy")
    np.save(path, np.arange(6.0, dtype=np.float32).reshape(3, 2))
    table = read(path)
    assert (table.columns, table.rows.dtype) == (None, np.float32)
    assert read(path, columns=["x2"]).columns == ("x2",)
    np.save(path, np.arange(3))
    assert read(path).rows.tolist() == [[0.0], [1.0], [2.0]]
    for array in (np.zeros((2, 2, 2)), np.array(["a"]), np.zeros((0, 2)), np.array([1j])):
        np.save(path, array)
        with pytest.raises(DataError, match=r"x.npy is an array of .* expected numbers"):
            read(path)
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read as npy"):
        read(path)


def test_float32_stays_only_when_every_column_is(tmp_path):
    path = str(tmp_path / "t.parquet")
    FRAME.cast(pl.Float32).write_parquet(path)
    assert read(path).rows.dtype == np.float32
    FRAME.with_columns(pl.col("a").cast(pl.Float32)).write_parquet(path)
    assert read(path).rows.dtype == np.float64


def test_other_kinds_of_columns(tmp_path):
    path = str(tmp_path / "t.parquet")
    kinds = {
        "flag": [True, False],
        "text": pl.Series(["1", " 2 "]),
        "category": pl.Series(["3", "4"], dtype=pl.Categorical),
        "decimal": pl.Series(["1.5", "2.5"]).cast(pl.Decimal(5, 2)),
    }
    pl.DataFrame(kinds).write_parquet(path)
    assert read(path).rows.tolist() == [[1, 1, 3, 1.5], [0, 2, 4, 2.5]]
    pl.DataFrame({"when": pl.Series([0, 1]).cast(pl.Date)}).write_parquet(path)
    with pytest.raises(DataError, match=r"no column holds numbers \(when\)"):
        read(path)


def test_header_is_guessed_and_can_be_told(file):
    numbers = file("1,2\n3,4\n")
    table = read(numbers)
    assert (table.columns, table.n_read) == (None, 2)
    assert table.notes == (f"{numbers} has no header; its columns are called x1 to x2",)
    assert read(numbers, header=True).columns == ("1", "2")
    assert read(numbers, header=False).notes == ()
    mixed = file("id,2019\n3,4\n")
    table = read(mixed)
    assert table.columns == ("id", "2019")
    assert table.notes == (f'{mixed}: the first row is taken as names, though "2019" is a number (--no-header)',)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("1 2\n3 4\n", None),
        ("  1   2  \r\n 3     4\r\n", None),
        ("a b\n1 2\n3 4\n", ("a", "b")),
        ('"a 1" "b"\n1 2\n3 4\n', ("a 1", "b")),
        ('"a" "b"\n"1" 1 2\n"2" 3 4\n', ("a", "b")),  # R's write.table, with the names of the rows
        ("\ufeffa b\n1 2\n3 4\n", ("a", "b")),
    ],
)
def test_blanks_separate_numbers(text, columns, file):
    table = read(file(text, "data.txt"))
    assert (table.columns, table.rows.tolist()) == (columns, [[1, 2], [3, 4]])
    notes = "".join(table.notes)
    assert ("no header" in notes, "names of the rows" in notes) == (columns is None, '"1"' in text)


def test_what_savetxt_writes(tmp_path):
    rows = np.random.default_rng(0).normal(size=(5, 3))
    np.savetxt(tmp_path / "rows.txt", rows)
    assert read(str(tmp_path / "rows.txt")).rows.tolist() == rows.tolist()


def test_names_that_python_reads_as_numbers(file):
    assert read(file("2020_1,2020_2\n1,2\n3,4\n")).columns == ("2020_1", "2020_2")


def test_a_single_column_without_a_name(file):
    path = file("1\n2\n")
    assert read(path).notes == (f"{path} has no header; its column is called x1",)


def test_blanks_in_a_name_separate_nothing(file):
    assert read(file("body height\n1.5\n1.8\n")).columns == ("body height",)


def test_columns_and_weights(file):
    path = file('a,w,"b,c"\n1,2,3\n4,0,6\n')
    table = read(path, ["b,c", "a"], weights_column="w")
    assert table.rows.tolist() == [[3, 1], [6, 4]]
    assert table.sample_weight.tolist() == [2, 0]
    assert read(path, weights_column="w").columns == ("a", "b,c")


def test_columns_of_a_model(file):
    def model(columns):
        return mixtura.Mixture([1.0], [[0.0, 0.0]], mixtura.DenseCovariance(np.eye(2)[None], 1), columns=columns)

    named, bare = file("b,a,c\n1,2,3\n"), file("1,2\n", "bare.csv")

    def rows(path, fitted, **options):
        return read_as(path, Reading(**options), model=model(fitted)).rows.tolist()

    assert rows(named, ("a", "b")) == [[2, 1]]
    assert rows(bare, ("a", "b")) == [[1, 2]]
    assert rows(bare, ("x2", "x1")) == [[2, 1]]
    assert rows(named, ("a", "b"), columns=["c", "b"]) == [[3, 1]]
    assert rows(named, None, exclude=["c"]) == [[1, 2]]
    with pytest.raises(ParameterError, match=r"the model has 2 columns, .* has 3 \(b, a, c\); pass --columns"):
        rows(named, None)
    with pytest.raises(ParameterError, match='has no column "d"; it has b, a, c'):
        rows(named, ("a", "d"))


def test_rows_with_missing_values_are_dropped_and_counted(file):
    path = file("a,b\n1,2\nn/a,3\n4,\n5,inf\n6,nan\n7,8\n")
    table = read(path, missing="drop")
    assert (table.rows.tolist(), table.positions.tolist(), table.n_read) == ([[1, 2], [7, 8]], [0, 5], 6)
    assert table.notes == (f"{path}: left out 4 of 6 rows, which have missing values",)
    assert table.align(["p", "q"]) == ["p", None, None, None, None, "q"]


def test_a_table_is_array_like():
    table = mixtura.data.tables.table.Table(np.ones((2, 1), dtype=np.float32), None, None, "t", np.arange(2), 2)
    assert np.asarray(table) is not None
    assert np.asarray(table, dtype=np.float64).dtype == np.float64


BAD = {
    "text": ("age\n" + "1\n" * 16 + "n/a\n", 'row 17, column "age": "n/a" stands for a missing value; pass --missing'),
    "empty": ("a,b\n1,2\n3,\n", 'row 2, column "b": the cell is empty; pass --missing drop'),
    "blank": ('a,b\n1,2\n3," "\n', 'row 2, column "b": the cell is empty'),
    "short": ("a,b\n1,2\n3\n4,5\n", 'row 2, column "b": the cell is empty'),
    "infinite": ("a\n1\ninf\n", 'row 2, column "a": "inf" is not a finite number'),
    "long": ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells; the first line has 2"),
    "quote": ('a,b\n"1,2\n3,4\n', "cannot be read as csv: could not parse"),
    "nothing": ("", "data.csv is empty"),
    "header": ("a,b\n", "has a header but no rows"),
    "lines": ("\n\n", "empty"),
    "twice": ("a,a\n1,2\n", '2 columns called "a"; rename them'),
    "unnamed": (",a\n7,2\n", "column 1 has no name; pass --columns or --exclude"),
    "huge": ("a\n1\n1e200\n", 'row 2, column "a": 1e+200 is too large to square'),
}


@pytest.mark.parametrize("case", BAD)
def test_broken_csv(case, file):
    content, message = BAD[case]
    path = file(content)
    with pytest.raises(DataError) as caught:
        read(path, missing="error")
    assert str(caught.value).startswith(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"garbage garbage", "t.parquet", "cannot be read as parquet"),
        (b"garbage garbage", "t.arrow", "cannot be read as arrow"),
        (b"garbage garbage", "t.npy", "cannot be read as npy"),
        (b'{"a": 1}\n{"a":\n', "t.ndjson", "cannot be read as ndjson"),
        (b"garbage", "t.csv.gz", "is broken"),
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "t.csv.gz", "is broken"),
        (b"", "t.csv.gz", "is empty"),
        (b"PK", "t.xlsx", "cannot be read as excel"),
        (b"PK", "t.npz", "cannot be read as npz"),
        (b"{", "t.json", "cannot be read as json"),
        (b"3", "t.json", "has no rows; expected an array of objects"),
        (b"[[1, 2], [3]]", "t.json", "row 2 has 1 cells; the first has 2"),
        (b"1", "t.doc", "the name does not tell the format; expected one of .csv"),
        (b"1", "noname", "or pass --format"),
    ],
)
def test_broken_files(content, name, message, file):
    with pytest.raises(DataError, match=message):
        read(file(content, name))


def test_numbers_that_are_missing_in_binary_files(tmp_path):
    path = str(tmp_path / "t.parquet")
    pl.DataFrame({"a": [1.0, float("inf")]}).write_parquet(path)
    with pytest.raises(DataError, match='row 2, column "a": inf is not a finite number'):
        read(path)


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(str(tmp_path / "none.csv"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        read(str(tmp_path / "folder.csv"))


def test_text_columns_are_left_out_and_named(file):
    path = file("a,species,b\n1,setosa,2\n3,virginica,4\n")
    table = read(path)
    assert (table.columns, table.rows.tolist()) == (("a", "b"), [[1, 2], [3, 4]])
    assert table.notes == (f"{path}: left out 1 column without numbers: species; used a, b",)
    assert read(path, ["a", "species"], numeric=True).columns == ("a",)
    with pytest.raises(DataError, match='row 1, column "species": "setosa" is not a number, as 1 more of the 2 cells'):
        read(path, ["a", "species"], missing="drop")
    with pytest.raises(DataError, match=r"no column holds numbers \(a\)"):
        read(file("a\nx\n", "b.csv"), missing="drop")
    with pytest.raises(DataError, match='no row is without missing values; column "b" has most: pass --exclude b'):
        read(file("a,b\n1,\n2,\n,\n", "c.csv"), missing="drop")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["c"]}, 'has no column "c"; it has a, b'),
        ({"columns": ["a", "a"]}, "columns a, a name a column twice"),
        ({"columns": []}, "no column is left to use"),
        ({"columns": "a"}, r"columns is 'a'; expected a list such as \['a'\]"),
        ({"weights_column": "w"}, 'has no column "w"'),
        ({"weights_column": "2"}, 'has no column "2"; it has a, b'),
        ({"weights_column": "b*"}, r'has no column "b\*"'),
        ({"missing": "mean"}, "missing is 'mean'; expected error, drop or model"),
        ({"file_format": "xml"}, "format is 'xml'; expected one of csv, tsv, parquet, arrow, ndjson, json"),
    ],
)
def test_options_that_do_not_fit(options, message, file):
    with pytest.raises(ParameterError, match=message):
        read(file(CSV), **options)


def test_weights_that_are_none(file):
    with pytest.raises(DataError, match='row 2, column "w": -1 is negative'):
        read(file("a,w\n1,1\n2,-1\n"), weights_column="w")
    with pytest.raises(DataError, match='column "w": every weight is zero'):
        read(file("a,w\n1,0\n2,0\n"), weights_column="w")


def test_polars_that_does_not_start_is_one_line(monkeypatch, file, capsys):
    def refuse(_):
        raise PanicException("failed to spawn a thread")

    class PanicException(BaseException):
        pass

    monkeypatch.setattr("mixtura.data.tables.cells.importlib.import_module", refuse)
    with pytest.raises(MixturaError, match=r"polars does not start: failed to spawn a thread; is there a limit"):
        read(file(CSV))


def test_polars_is_asked_for(monkeypatch, file):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtraError, match="or Mixtura with its extra cli"):
        read(file(CSV))


def test_models(tmp_path, stdin):
    path = str(tmp_path / "m.json")
    text = mixtura.Mixture([1.0], [[0.1]], mixtura.DenseCovariance(np.ones((1, 1, 1)), 1)).to_json()
    write_text(path, text)
    assert read_model(path).to_json() == text
    stdin(text.encode())
    assert read_model("-").to_json() == text
    for content in (b"\xff\xfe", b"{}", b""):
        (tmp_path / "m.json").write_bytes(content)
        with pytest.raises(DataError, match=r"m\.json: not a model file"):
            read_model(path)


def test_outputs_are_checked(tmp_path, monkeypatch):
    good = str(tmp_path / "a.csv")
    assert check_paths({"--output": good, "--labels": None}, {}) == {"--output": good}
    assert check_paths({"--film": str(tmp_path)}, {"--film": (".gif", "")})
    cases = [
        (str(tmp_path / "none" / "a.csv"), "there is no folder"),
        (str(tmp_path), "expected the name of a file"),
        ("-", "expected the name of a file"),
    ]
    for path, message in cases:
        with pytest.raises(ParameterError, match=message):
            check_paths({"--output": path}, {})
    with pytest.raises(ParameterError, match=r"ends in \.gif, or a folder"):
        check_paths({"--film": good}, {"--film": (".gif", "")})
    with pytest.raises(ParameterError, match="--output, --labels: two of them name the same file"):
        check_paths({"--output": good, "--labels": good}, {})
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ParameterError, match="no permission"):
        check_paths({"--output": good}, {})


def test_writing_is_all_or_nothing(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with atomic_write(str(path)) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    write_text(str(link), "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    write_text("/dev/null", "nothing")  # and /dev/null is still there
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.parquet", "t.arrow", "t.ndjson"])
def test_tables_are_written_in_the_format_of_their_name(name, tmp_path):
    path = str(tmp_path / name)
    write_table(path, {"row": [1, 2], "x": [0.1, 1e-300]})
    assert read(path).rows.tolist() == [[1, 0.1], [2, 1e-300]]


def test_pace():
    progress = FitProgress(starts=2, max_iter=10, began=1.0)
    assert progress.rate == 0
    assert format_duration(0) == "0 s"
    progress = progress.with_iteration(0, 0, 1.0, math.nan).with_iteration(0, 1, 2.0, 1.0)
    progress = progress.with_iteration(1, 0, 3.0, math.nan)
    assert (progress.done, progress.rate, progress.seconds_at_most, progress.seconds_left) == (1, 0.5, 20.0, None)


def test_the_time_left_is_that_of_the_factor_by_which_rises_shrink():
    """Against the iterations of a real fit; the factor of the last rises is that of EM."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=2_000), rng.normal(size=2_000) + 2.5])
    rises = []
    start = mixtura.Mixture([0.5, 0.5], [[-0.5], [3.0]], np.ones((2, 1, 1)))
    em = mixtura.EM(accelerate=False)
    fit = mixtura.fit(rows, start=start, em=em, on_iteration=lambda one: rises.append(one.rise))
    progress = FitProgress(starts=1, max_iter=1000, began=0.0).with_iteration(0, 0, 0.0, math.nan)
    estimates = []
    for number, rise in enumerate(rises[1:], start=1):
        progress = progress.with_iteration(0, number, float(number), rise)
        estimates.append(progress.seconds_left)
    halfway = fit.iterations // 2
    assert estimates[halfway] == pytest.approx(fit.iterations - halfway - 1, rel=0.25)


# How people write tables: the text, and what is read of it.
WRITTEN = {
    "thousands": ('price,carat\n"1,234",0.3\n326,0.4\n', [[1234, 0.3], [326, 0.4]]),
    "millions": ("price;n\n1,234,567;1\n2,000;2\n", [[1234567, 1], [2000, 2]]),
    "german": ("price;carat\n1.234,5;0,3\n326;0,4\n", [[1234.5, 0.3], [326, 0.4]]),
    "swiss": ("price;n\n1'234.5;1\n2’000;2\n", [[1234.5, 1], [2000, 2]]),
    "french": ("price;n\n1\u202f234,5;1\n2\u00a0000;2\n", [[1234.5, 1], [2000, 2]]),
    "indian": ("price;n\n12,34,567.5;1\n2;2\n", [[1234567.5, 1], [2, 2]]),
    "headless": ("1,5;2,5\n3,5;4\n", [[1.5, 2.5], [3.5, 4]]),
    "blanks": ("x y\n1,5 2,5\n3,5 4\n", [[1.5, 2.5], [3.5, 4]]),
    "tabs": ("x\ty\n1,5\t2,5\n3,5\t4\n", [[1.5, 2.5], [3.5, 4]]),
    "exponents": ("x;y\n1,5e3;2\n-2,5E-1;+4\n", [[1500, 2], [-0.25, 4]]),
    "comments": ("# hello\n\n# units\na,b\n1,2\n\n3,4\n\n", [[1, 2], [3, 4]]),
    "savetxt": ("# x y\n1 2\n3 4\n", [[1, 2], [3, 4]]),
    "colours": ("colour,n\n#ff0000,1\n#00ff00,2\n", [[1], [2]]),
    "pandas": (",a,b\n0,1,2\n1,3,4\n", [[1, 2], [3, 4]]),
    "quoted lines": ('a,b,c\n"x\n\ny",1,2\nz,3,4\n', [[1, 2], [3, 4]]),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_tables_as_people_write_them(case, file):
    text, rows = WRITTEN[case]
    assert read(file(text, "data.txt")).rows.tolist() == rows


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_encodings(encoding, file):
    path = file("größe,b\n1,2\n3,4\n".encode(encoding))
    table = read(path)
    assert (table.columns, table.rows.tolist()) == (("größe", "b"), [[1, 2], [3, 4]])
    assert "is not UTF-8; it is read as" in table.notes[0]
    assert read(path, encoding=encoding).notes == ()


def test_what_was_guessed_is_told(file):
    path = file('price,carat\n"1,234",0.3\n326,?\n')
    assert read(path, missing="drop").notes == (
        f'{path}: "1,234" is read as 1234 (column price)',
        f'{path}, column "carat": "?" is taken for a missing value (--na)',
        f"{path}: left out 1 of 2 rows, which have missing values",
    )
    path = file("# made by hand\na,b\n1,2\n", "b.csv")
    assert read(path).notes == (f"{path}: left out 1 comment before the first row",)
    path = file("latin,é\n1,2\n".encode("latin-1"), "c.csv")
    assert read(path).notes == (f"{path} is not UTF-8; it is read as cp1252 (--encoding)",)
    path = file(b"a,b\n1,\x81\n2,3\n", "d.csv")  # a byte that cp1252 does not have
    assert read(path, ["a"]).notes == (f"{path} is not UTF-8; it is read as latin-1 (--encoding)",)
    path = file("latin,é\n1,2\n".encode("latin-1"), "c.csv")
    with pytest.raises(DataError, match="byte 6 cannot be read as ascii; pass another --encoding, or none"):
        read(path, encoding="ascii")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price;carat\n1,234;3\n2,326;4\n", 'row 1, column "price": "1,234" may be 1234 or 1.234; pass --thousands'),
        ("a;b\n1,5;1.234\n2,5;2.345\n", 'row 1, column "b": other columns have decimal commas, so "1.234" may have'),
        ("a,b\n1,12%\n2,3%\n", 'row 1, column "b": "12%" is not a number, as 1 more of the 2 cells are not; if it is'),
        ("a,b\n1,oops\n2,3\n3,4\n", '"oops" is not a number; pass --na oops if it means a missing value, or --exclude'),
        ("a,b\n1,oops\n2,no\n3,4\n4,5\n5,6\n", "as 1 more of the 5 cells are not; pass --na TEXT if it means"),
    ],
)
@pytest.mark.parametrize("missing", ["error", "drop"])
def test_text_that_is_no_number_is_never_missing(text, message, missing, file):
    with pytest.raises(DataError) as caught:
        read(file(text), missing=missing)
    assert message in str(caught.value)


def test_numbers_as_told(file):
    path = file("a;b\n1,5;1.234\nnone here;2.345\n")
    table = read(path, decimal=",", thousands=".", na=["none here"], missing="drop")
    assert table.rows.tolist() == [[1.5, 1234]]
    assert read(file("price;n\n1,234;1\n", "p.csv"), thousands=",").rows.tolist() == [[1234, 1]]
    assert read(file("price;n\n1,234;1\n", "p.csv"), decimal=",").rows.tolist() == [[1.234, 1]]
    codes = file("a,b\n1,-99\n2,3\n,4\nNan,5\n", "codes.csv")
    assert read(codes, na=["-99"], missing="drop").rows.tolist() == [[2, 3]]
    with pytest.raises(DataError, match='row 1, column "b": "-99" stands for a missing value; pass --missing drop'):
        read(codes, na=["-99"], missing="error")
    with pytest.raises(DataError, match=r'"2\.5" is not a number'):
        read(file("a;b\n1,5;2.5\n", "c.csv"), decimal=",")


@pytest.mark.parametrize("write", ["write_parquet", "write_ipc", "write_ndjson", "write_json"])
def test_codes_of_missing_values_in_files_with_types(write, tmp_path):
    path = tmp_path / {"write_parquet": "t.parquet", "write_ipc": "t.arrow", "write_ndjson": "t.ndjson"}.get(
        write, "t.json"
    )
    getattr(pl.DataFrame({"a": [1, -999, 3, 4], "b": [1.5, 2.5, -999.0, 4.5]}), write)(path)
    assert read(path, na=["-999", "none"], missing="drop").rows.tolist() == [[1, 1.5], [4, 4.5]]
    assert len(read(path).rows) == 4
    with pytest.raises(DataError, match='row 2, column "a": -999 stands for a missing value; pass --missing drop'):
        read(path, na=["-999"], missing="error")


def test_columns_by_name_position_range_and_pattern(file):
    path = file("id,a1,a2,b,2\n7,1,2,3,4\n")
    for wanted, found in {
        "2:4": ("a1", "a2", "b"),
        "a1:b": ("a1", "a2", "b"),
        ":2": ("id", "a1"),
        "b:": ("b", "2"),
        "a*": ("a1", "a2"),
        "2": ("2",),  # a name comes before a position
        "3": ("a2",),
    }.items():
        assert read(path, [wanted]).columns == found
    assert read(path, [-1, 0]).columns == ("2", "id")
    assert read(path, exclude=["a*", "id"]).columns == ("b", "2")
    assert read(path, ["1:4"], exclude=["id"], weights_column="2").columns == ("a1", "a2", "b")
    for wrong in ("z*", "9", "0", "a1:z", "0:3", "0:5", "3:1", 5, -6, 1.5, True):
        with pytest.raises(ParameterError, match=f'has no column "?{str(wrong)[0]}'):
            read(path, [wrong])
    numbered = file("a,b,1,c\n1,2,3,4\n", "numbered.csv")
    assert read(numbered, [":c"]).columns == ("a", "b", "1", "c")
    for wrong in ("a", 1):
        with pytest.raises(ParameterError, match=rf"columns is {wrong!r}; expected a list .*\[{wrong!r}\]"):
            mixtura.fit(pl.DataFrame({"a": [0.0, 1.0]}), 1, columns=wrong)


def test_spreadsheets(tmp_path):
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    book.active.append([])
    for row in (["name", "age", "height"], ["Ada", 31, 1.75], [None, None, None], ["Bob", "45", 1.5]):
        book.active.append(row)
    for row in ((1, 2), (3, 4)):
        book.create_sheet("bare").append(row) if "bare" not in book.sheetnames else book["bare"].append(row)
    book.save(path)
    table = read(path)
    assert (table.columns, table.rows.tolist()) == (("age", "height"), [[31, 1.75], [45, 1.5]])
    assert table.notes[0] == f'{path}: read sheet "Sheet"; it also has bare (--sheet)'
    bare = read(path, sheet="bare")
    assert (bare.columns, bare.rows.tolist()) == (None, [[1, 2], [3, 4]])
    with pytest.raises(ParameterError, match='has no sheet "x"; it has Sheet, bare'):
        read(path, sheet="x")


def test_json(file):
    frame = [{"a": 1, "b": "x"}, {"a": 2.5, "b": "y"}]
    assert read(file(json.dumps(frame), "t.json")).rows.tolist() == [[1], [2.5]]
    assert read(file(json.dumps({"a": [1, 2], "b": [3, 4]}), "t.json")).columns == ("a", "b")
    assert read(file("[[1, 2], [3, 4]]", "t.json")).columns is None
    assert read(file("[1, 2, 3]", "t.json")).rows.tolist() == [[1], [2], [3]]
    late = [*([i, 1] for i in range(200)), [0.5, None], [None, 2.5]]
    assert read(file(json.dumps(late), "t.json"), missing="drop").rows[-1].tolist() == [199, 1]
    assert read(file(json.dumps([row[:1] for row in late[:-1]]), "t.json")).rows[-1].tolist() == [0.5]
    with pytest.raises(DataError, match='row 151, column "x1": "x" is not a number'):
        read(file(json.dumps([*([i] for i in range(150)), ["x"]]), "t.json"))
    model = mixtura.Mixture([1.0], [[0.0]], np.ones((1, 1))).to_json()
    with pytest.raises(DataError, match="is a model file; expected a table of data"):
        read(file(model, "t.json"))


def test_archives_of_arrays(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, X=np.arange(6.0).reshape(3, 2), y=np.arange(3), more=np.arange(9))
    table = read(path)
    assert (table.columns, table.rows.tolist()) == (("X1", "X2", "y"), [[0, 1, 0], [2, 3, 1], [4, 5, 2]])
    assert table.notes == (f"{path}: left out more, which have not 3 rows",)
    np.savez(path, X=np.arange(6.0).reshape(3, 2), X1=np.ones(3))
    with pytest.raises(DataError, match=r't\.npz has 2 columns called "X1"; rename them'):
        read(path)
    np.savez(path, X=np.arange(6.0).reshape(3, 2))
    assert read(path).columns is None
    np.savez(path, X=np.zeros((2, 2, 2)))
    with pytest.raises(DataError, match="has no arrays of numbers"):
        read(path)


def test_fit_and_select_take_paths_and_columns(file):
    rows = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0, 0], [9, 9]], 30, axis=0)
    path = file("id,a,b\n" + "".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(rows.tolist())))
    fit = mixtura.fit(path, 2, columns=["a", "b"])
    assert fit.mixture.columns == ("a", "b")
    for X, columns in ((pl.read_csv(path), ["a:b"]), (np.column_stack([np.arange(60), rows]), [1, 2])):
        assert mixtura.fit(X, 2, columns=columns).mixture.means.tolist() == fit.mixture.means.tolist()
    assert mixtura.select(Path(path), [2], models=["VVV"], columns=["2:3"]).best.loglik == pytest.approx(fit.loglik)
    with pytest.raises(ParameterError, match="X has no column"):
        mixtura.fit(rows, 2, columns=["a"])
    table = read(path)
    chosen = mixtura.fit(table, 2, columns=["a", "b"])
    assert (chosen.mixture.columns, chosen.data.file) == (("a", "b"), path)
    assert chosen.loglik == fit.loglik


def test_columns_of_what_has_none():
    rows = np.arange(12.0).reshape(6, 2)
    masked = np.ma.masked_array(rows, mask=rows == 3)
    with pytest.raises(DataError, match="X, row 1, column 1: the value is masked"):
        mixtura.fit(masked, 1, columns=[1])
    with pytest.raises(ParameterError, match="columns is given beside a Source"):
        mixtura.fit(ArraySource.of(rows), 1, columns=[0])
    bins = mixtura.Histogram([0.0, 1.0, 2.0, 3.0], [10, 20, 10], outside=0)
    for X, kind in ((mixtura.Measured(rows, noise_covariance=0.1), "Measured"), (bins, "Histogram")):
        for estimate in (mixtura.fit, mixtura.select):
            with pytest.raises(ParameterError, match=f"columns is given beside a {kind}; make a {kind} of these"):
                estimate(X, 1, columns=[0])
    with pytest.raises(DataError, match=r"X has shape \(3, 2, 2\)"):
        mixtura.fit(rows.reshape(3, 2, 2), 1, columns=[0])


def test_spreadsheets_need_a_package(monkeypatch, file):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(
        MissingExtraError,
        match=r"fastexcel, which is not installed: pip install fastexcel, or Mixtura with its extra excel",
    ):
        read(file(b"PK", "t.xlsx"))


def test_spreadsheets_without_cells(tmp_path):
    path = tmp_path / "t.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(DataError, match=r"t\.xlsx has no cells"):
        read(path)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n\u22121,2\n3,\u22124.5\n",
        "\u22121,2\n3,\u22124.5\n",
        "a;b\n\u22121;2\n3;\u22124,5\n",
        "\u22121;2\n3;\u22124,5\n",
        "a b\r\u22121 2\r3 \u22124.5\r",
    ],
)
def test_a_printed_minus_is_a_sign(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    assert read(path).rows.tolist() == [[-1.0, 2.0], [3.0, -4.5]]
    path.write_text("a,b\n1,2\n\u22129,3\n4,5\n", encoding="utf-8")
    for code in ("\u22129", "-9"):
        assert read(path, na=[code], missing="drop").rows.tolist() == [[1.0, 2.0], [4.0, 5.0]]


def test_quotes_protect_carriage_returns_where_lines_end_with_line_feeds(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'a,"b\rc"\n1,2\n')
    assert read(path).columns == ("a", "b\rc")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n# mid\n3,4\n#,5\n", "error"),
        ("a,b\n1,2\n# mid\n\n3,4\n#end", [[1, 2], [3, 4]]),
        ("a b\n1 2\n# a comment\n3 4\n", [[1, 2], [3, 4]]),
        ("a;b\n1,5;2\n# one, two\n3;4\n", [[1.5, 2], [3, 4]]),
        ("colour,b\n#ff0000,2\n#00ff00,4\n", [[2], [4]]),
        ("colour\n#ff0000\n", "error"),
    ],
)
def test_comments_among_the_rows(tmp_path, text, rows):
    path = tmp_path / "a.csv"
    path.write_text(text)
    if rows == "error":
        with pytest.raises(DataError):
            read(path)
        return
    assert read(path).rows.tolist() == rows
    assert any("among the rows" in note for note in read(path).notes) == ("colour" not in text)


def test_missing_cells_stay_if_they_are_modelled(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n,3\n4,\n,\n2,9\n")
    table = read(path, missing="model")
    np.testing.assert_array_equal(table.rows, [[1, 2], [np.nan, 3], [4, np.nan], [2, 9]])
    assert table.notes[-1].endswith("a.csv: 2 of 8 cells are missing, and are modelled")
    assert table.positions.tolist() == [0, 1, 2, 4]
    path.write_text("a,b\n1,inf\n2,\n")
    with pytest.raises(DataError, match=r'a\.csv, row 1, column "b": "inf" is not a finite number'):
        read(path, missing="model")
