"""Tables, models and outputs: every format, and what is said of every broken file."""

import bz2
import gzip
import io
import lzma
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura._support import atomic_write, write_text
from mixtura.cli.files import check_paths, read_model, write_table
from mixtura.cli.progress import FitProgress, format_duration
from mixtura.data.tables.table import read_table
from mixtura.errors import DataError, MissingExtraError, MixturaError, ParameterError

FRAME = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.5, 0.25, 4.0]})
CSV = "a,b\n1,0.5\n2,0.25\n3,4\n"

WRITE = {
    "t.csv": lambda path: path.write_text(CSV),
    "t.txt": lambda path: path.write_text(CSV.replace(",", " ; ")),
    "t.tsv": lambda path: path.write_text(CSV.replace(",", "\t")),
    "bom.csv": lambda path: path.write_text("\ufeff" + CSV + "\n,\n", encoding="utf-8"),
    "crlf.csv": lambda path: path.write_bytes(CSV.replace("\n", "\r\n").encode()),
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
    table = read_table(str(path))
    assert table.columns == ("a", "b")
    assert table.rows.tolist() == FRAME.to_numpy().tolist()
    assert table.rows.flags.c_contiguous
    assert (table.rows.dtype, table.positions.tolist(), table.n_read, table.notes) == (np.float64, [0, 1, 2], 3, ())


@pytest.mark.parametrize(("name", "kind"), [("t.csv", "csv"), ("t.tsv", "tsv"), ("t.parquet", "parquet")])
def test_standard_input(name, kind, tmp_path, stdin):
    WRITE[name](tmp_path / name)
    stdin((tmp_path / name).read_bytes())
    assert read_table("-", file_format=kind).rows.tolist() == FRAME.to_numpy().tolist()


def test_numpy_arrays(tmp_path):
    path = str(tmp_path / "x.npy")
    np.save(path, np.arange(6.0, dtype=np.float32).reshape(3, 2))
    table = read_table(path)
    assert (table.columns, table.rows.dtype) == (None, np.float32)
    assert read_table(path, columns=["x2"]).columns == ("x2",)
    np.save(path, np.arange(3))
    assert read_table(path).rows.tolist() == [[0.0], [1.0], [2.0]]
    for array in (np.zeros((2, 2, 2)), np.array(["a"]), np.zeros((0, 2)), np.array([1j])):
        np.save(path, array)
        with pytest.raises(DataError, match=r"x.npy is an array of .* expected numbers"):
            read_table(path)
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read as npy"):
        read_table(path)


def test_float32_stays_only_when_every_column_is(tmp_path):
    path = str(tmp_path / "t.parquet")
    FRAME.cast(pl.Float32).write_parquet(path)
    assert read_table(path).rows.dtype == np.float32
    FRAME.with_columns(pl.col("a").cast(pl.Float32)).write_parquet(path)
    assert read_table(path).rows.dtype == np.float64


def test_other_kinds_of_columns(tmp_path):
    path = str(tmp_path / "t.parquet")
    kinds = {
        "flag": [True, False],
        "text": pl.Series(["1", " 2 "]),
        "category": pl.Series(["3", "4"], dtype=pl.Categorical),
        "decimal": pl.Series(["1.5", "2.5"]).cast(pl.Decimal(5, 2)),
    }
    pl.DataFrame(kinds).write_parquet(path)
    assert read_table(path).rows.tolist() == [[1, 1, 3, 1.5], [0, 2, 4, 2.5]]
    pl.DataFrame({"when": pl.Series([0, 1]).cast(pl.Date)}).write_parquet(path)
    with pytest.raises(DataError, match=r'column "when" holds Date, not numbers; pass --columns'):
        read_table(path)


def test_header_is_guessed_and_can_be_told(file):
    numbers = file("1,2\n3,4\n")
    table = read_table(numbers)
    assert (table.columns, table.n_read) == (None, 2)
    assert table.notes == (f"{numbers} has no header; its columns are called x1 to x2",)
    assert read_table(numbers, header=True).columns == ("1", "2")
    assert read_table(numbers, header=False).notes == ()
    mixed = file("id,2019\n3,4\n")
    table = read_table(mixed)
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
    table = read_table(file(text, "data.txt"))
    assert (table.columns, table.rows.tolist()) == (columns, [[1, 2], [3, 4]])
    notes = "".join(table.notes)
    assert ("no header" in notes, "names of the rows" in notes) == (columns is None, '"1"' in text)


def test_what_savetxt_writes(tmp_path):
    rows = np.random.default_rng(0).normal(size=(5, 3))
    np.savetxt(tmp_path / "rows.txt", rows)
    assert read_table(str(tmp_path / "rows.txt")).rows.tolist() == rows.tolist()


def test_blanks_in_a_name_separate_nothing(file):
    assert read_table(file("body height\n1.5\n1.8\n")).columns == ("body height",)


def test_columns_and_weights(file):
    path = file('a,w,"b,c"\n1,2,3\n4,0,6\n')
    table = read_table(path, ["b,c", "a"], "w")
    assert table.rows.tolist() == [[3, 1], [6, 4]]
    assert table.sample_weight.tolist() == [2, 0]
    assert read_table(path, weights_column="w").columns == ("a", "b,c")


def test_columns_of_a_model(file):
    def model(columns):
        return mixtura.Mixture([1.0], [[0.0, 0.0]], mixtura.DenseCovariance(np.eye(2)[None], 1), columns=columns)

    named, bare = file("b,a,c\n1,2,3\n"), file("1,2\n", "bare.csv")
    assert read_table(named, model=model(("a", "b"))).rows.tolist() == [[2, 1]]
    assert read_table(bare, model=model(("a", "b"))).rows.tolist() == [[1, 2]]
    assert read_table(bare, model=model(("x2", "x1"))).rows.tolist() == [[2, 1]]
    assert read_table(named, ["c", "b"], model=model(("a", "b"))).rows.tolist() == [[3, 1]]
    with pytest.raises(ParameterError, match=r"the model has 2 columns, .* has 3 \(b, a, c\); pass --columns"):
        read_table(named, model=model(None))
    with pytest.raises(ParameterError, match='has no column "d"; it has b, a, c'):
        read_table(named, model=model(("a", "d")))


def test_rows_with_missing_values_are_dropped_and_counted(file):
    path = file("a,b\n1,2\nn/a,3\n4,\n5,inf\n6,nan\n7,8\n")
    table = read_table(path, missing="drop")
    assert (table.rows.tolist(), table.positions.tolist(), table.n_read) == ([[1, 2], [7, 8]], [0, 5], 6)
    assert table.notes == (f"{path}: left out 4 of 6 rows, which have missing values",)
    assert table.align(["p", "q"]) == ["p", None, None, None, None, "q"]


def test_a_table_is_array_like():
    table = mixtura.data.tables.table.Table(np.ones((2, 1), dtype=np.float32), None, None, "t", np.arange(2), 2)
    assert np.asarray(table) is not None
    assert np.asarray(table, dtype=np.float64).dtype == np.float64


BAD = {
    "text": ("age\n" + "1\n" * 16 + "n/a\n", 'row 17, column "age": "n/a" is not a number; pass --columns, or --miss'),
    "empty": ("a,b\n1,2\n3,\n", 'row 2, column "b": the cell is empty; pass --columns, or --missing drop'),
    "blank": ('a,b\n1,2\n3," "\n', 'row 2, column "b": the cell is empty'),
    "short": ("a,b\n1,2\n3\n4,5\n", 'row 2, column "b": the cell is empty'),
    "infinite": ("a\n1\ninf\n", 'row 2, column "a": "inf" is not a number'),
    "long": ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells; the first line has 2"),
    "quote": ('a,b\n"1,2\n3,4\n', "cannot be read as csv: could not parse"),
    "nothing": ("", "data.csv is empty"),
    "header": ("a,b\n", "has a header but no rows"),
    "lines": ("\n\n", "empty"),
    "twice": ("a,a\n1,2\n", '2 columns called "a"; rename them'),
    "unnamed": (",a\n1,2\n", "column 1 has no name; pass --columns to say which to use"),
    "huge": ("a\n1\n1e200\n", 'row 2, column "a": 1e+200 is too large to square'),
}


@pytest.mark.parametrize("case", BAD)
def test_broken_csv(case, file):
    content, message = BAD[case]
    path = file(content)
    with pytest.raises(DataError) as caught:
        read_table(path)
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
        (b"PK", "t.xlsx", "the name does not tell the format; expected one of .csv"),
        (b"1", "noname", "or pass --format"),
    ],
)
def test_broken_files(content, name, message, file):
    with pytest.raises(DataError, match=message):
        read_table(file(content, name))


def test_numbers_that_are_missing_in_binary_files(tmp_path):
    path = str(tmp_path / "t.parquet")
    pl.DataFrame({"a": [1.0, float("inf")]}).write_parquet(path)
    with pytest.raises(DataError, match='row 2, column "a": inf is not a finite number'):
        read_table(path)


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_table(str(tmp_path / "none.csv"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        read_table(str(tmp_path / "folder.csv"))


def test_text_columns_are_named_when_dropping_leaves_nothing(file):
    path = file("a,species,b\n1,setosa,2\n3,virginica,4\n")
    with pytest.raises(DataError, match='column "species" holds no number: pass --columns a,b'):
        read_table(path, missing="drop")
    with pytest.raises(DataError, match=r"no row is without missing values$"):
        read_table(file("a\nx\n", "b.csv"), missing="drop")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["c"]}, 'has no column "c"; it has a, b'),
        ({"columns": ["a", "a"]}, "columns a, a name a column twice"),
        ({"columns": []}, "no column is left to use"),
        ({"weights_column": "w"}, 'has no column "w"'),
        ({"missing": "mean"}, "missing is 'mean'; expected error or drop"),
        ({"file_format": "xml"}, "format is 'xml'; expected one of csv, tsv, parquet, arrow, ndjson, npy"),
    ],
)
def test_options_that_do_not_fit(options, message, file):
    with pytest.raises(ParameterError, match=message):
        read_table(file(CSV), **options)


def test_weights_that_are_none(file):
    with pytest.raises(DataError, match='row 2, column "w": -1 is negative'):
        read_table(file("a,w\n1,1\n2,-1\n"), weights_column="w")
    with pytest.raises(DataError, match='column "w": every weight is zero'):
        read_table(file("a,w\n1,0\n2,0\n"), weights_column="w")


def test_polars_that_does_not_start_is_one_line(monkeypatch, file, capsys):
    def refuse(_):
        raise PanicException("failed to spawn a thread")

    class PanicException(BaseException):
        pass

    monkeypatch.setattr("mixtura.data.tables.cells.importlib.import_module", refuse)
    with pytest.raises(MixturaError, match=r"polars does not start: failed to spawn a thread; is there a limit"):
        read_table(file(CSV))


def test_polars_is_asked_for(monkeypatch, file):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mixtura\[cli\]'"):
        read_table(file(CSV))


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
    assert read_table(path).rows.tolist() == [[1, 0.1], [2, 1e-300]]


def test_pace():
    progress = FitProgress(starts=2, max_iter=10, began=1.0)
    assert progress.rate == 0
    assert format_duration(0) == "0 s"
    progress = progress.with_iteration(0, 0, 1.0).with_iteration(0, 1, 2.0).with_iteration(1, 0, 3.0)
    assert (progress.done, progress.rate, progress.seconds_left) == (1, 0.5, 20.0)
