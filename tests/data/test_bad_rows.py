"""Rows that cannot be read: named by file, row, column and text, counted, refused or left out."""

import gzip
import json

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura.data.files import delimited, text
from mixtura.data.files.text import numbers_in_cells, text_blocks
from mixtura.errors import DataError, ParameterError

ROWS = np.random.default_rng(0).normal(size=(1000, 2)).round(6)
LINES = {
    "csv": ("a,b\n", [f"{a},{b}\n" for a, b in ROWS.tolist()]),
    "tsv": ("a\tb\n", [f"{a}\t{b}\n" for a, b in ROWS.tolist()]),
    "ndjson": ("", [json.dumps({"a": a, "b": b}) + "\n" for a, b in ROWS.tolist()]),
}
BAD = {
    "csv": {
        6: ("3,x\n", 'row 7, column "b": "x" is not a number'),
        300: ("4,5,6\n", 'row 301: 3 cells, where the header has 2 ("4,5,6")'),
        999: ("7\n", 'row 1000: 1 cell, where the header has 2 ("7")'),
    },
    "ndjson": {
        6: ('{"a": 3, "b": "x"}\n', 'row 7, column "b": "x" is not a number'),
        300: ('{"a": 4, \n', 'row 301: "{"a": 4," is no object of JSON'),
        999: ('{"a": [7], "b": true}\n', 'row 1000, column "a": "[7]" is not a number'),
    },
}
BAD["tsv"] = {
    row: (line.replace(",", "\t"), reason.replace("4,5,6", "4\\t5\\t6")) for row, (line, reason) in BAD["csv"].items()
}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Text in blocks of 1,000 bytes, rows in blocks of 100."""
    monkeypatch.setattr(text, "TEXT_BYTES", 1000)
    monkeypatch.setattr("mixtura.data.stored.MOST_ROWS", 100)


def spoiled(kind):
    """A file with three bad rows in place of good ones."""
    header, lines = LINES[kind]
    changed = {row: line for row, (line, _) in BAD[kind].items()}
    return header + "".join(changed.get(i, line) for i, line in enumerate(lines))


@pytest.mark.parametrize("kind", LINES)
def test_bad_rows_are_all_named_and_counted(tmp_path, kind):
    (tmp_path / f"bad.{kind}").write_text(spoiled(kind))
    with pytest.raises(DataError) as caught:
        mixtura.scan(tmp_path / f"bad.{kind}")
    reasons = "; ".join(reason for _, reason in BAD[kind].values())
    assert str(caught.value) == (
        f"bad.{kind}, {reasons} (3 such rows in all); leave such rows out by bad_rows='drop' (--bad-rows drop)"
    )


@pytest.mark.parametrize("spool", [None, 0])
@pytest.mark.parametrize("kind", [*LINES, "csv.gz"])
def test_bad_rows_are_left_out(tmp_path, kind, spool):
    path, plain = tmp_path / f"bad.{kind}", kind.removesuffix(".gz")
    content = spoiled(plain).encode()
    path.write_bytes(gzip.compress(content) if kind.endswith("gz") else content)
    source = mixtura.scan(path, bad_rows="drop", spool=spool)
    kept = np.delete(np.arange(1000), list(BAD[plain]))
    np.testing.assert_array_equal(np.concatenate([chunk.rows for chunk in source.chunks()]), ROWS[kept])
    assert source.notes == (f"bad.{kind}: left out 3 rows that cannot be read ({BAD[plain][6][1]})",)
    places = [table.positions for table in source.tables()]
    starts = np.cumsum([0, *(table.n_read for table in source.tables())])
    np.testing.assert_array_equal(np.concatenate([p + s for p, s in zip(places, starts, strict=False)]), kept)
    assert (starts[-1], source.lengths) == (1000, ((f"bad.{kind}", 1000),))


def test_bad_and_missing_rows_are_two_things(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.csv").write_text(f"a,b\n1,2\n3,x\n,5\n6,inf\n{number},8\n")
    with pytest.raises(DataError) as caught:
        mixtura.scan(tmp_path, missing="error")
    bad = "; ".join(f'{number}.csv, row 2, column "b": "x" is not a number' for number in range(3))
    assert str(caught.value).startswith(f"{bad} (3 such rows in all of 3 files); leave such rows out by bad_rows=")
    assert '; 0.csv, row 3, column "a": the cell is empty; row 4, column "b": inf is not a' in str(caught.value)
    with pytest.raises(DataError, match=r"^0\.csv, row 3, .* \(6 such rows in all of 3 files\); leave .* by missing="):
        mixtura.scan(tmp_path, bad_rows="drop", missing="error")
    with pytest.raises(DataError, match=r"^0\.csv, row 2, .* by bad_rows='drop' \(--bad-rows drop\)$"):
        mixtura.scan(tmp_path, missing="drop")
    source = mixtura.scan(tmp_path, missing="drop", bad_rows="drop")
    assert source.length == 6
    assert source.notes[0] == '0.csv: left out 1 row that cannot be read (row 2, column "b": "x" is not a number)'
    assert source.notes[-1] == "left out 9 of 15 rows in all"


def test_twenty_rows_and_files_are_shown_and_all_counted(tmp_path):
    for number in range(25):
        (tmp_path / f"{number:02}.csv").write_text("a\n1\nx\ny\n2\n3\n")
    with pytest.raises(DataError) as caught:
        mixtura.scan(tmp_path)
    message = str(caught.value)
    assert message.count("is not a number") == 20
    assert "; ... (50 such rows in all of 25 files); leave" in message
    notes = mixtura.scan(tmp_path, bad_rows="drop").notes
    assert notes[-2:] == ("left out rows that cannot be read of 5 more files", "left out 50 of 125 rows in all")
    assert len(notes) == 22


def test_a_column_with_some_text_is_one_of_numbers(tmp_path):
    (tmp_path / "some.csv").write_text("a,b,c\n" + "1,2,x\n" * 3 + "1,x,3\n2,y,z\n" + "2,n/a,None\n" * 4)
    with pytest.raises(DataError, match=r'row 4, column "b": "x" is not a number; row 5, column "b": "y"'):
        mixtura.scan(tmp_path / "some.csv", missing="drop")
    (tmp_path / "more.csv").write_text("a,b,c,d\n" + "1,true,2024-01-01,\n" * 3)
    with pytest.raises(DataError, match=r'row 1, column "d": the cell is empty'):
        mixtura.scan(tmp_path / "more.csv", missing="error")
    with pytest.raises(DataError, match=r'column "d": all values are missing; leave the column out'):
        mixtura.scan(tmp_path / "more.csv")
    source = mixtura.scan(tmp_path / "more.csv", exclude=["d"])
    assert (source.columns, source.notes) == (("a",), ("more.csv: left out 2 columns without numbers: b, c",))


def test_numbers_are_read_as_by_others(tmp_path):
    cells = ["1", " 2 ", "+3", "1e2", ".5", "-7.", '"8"', "1e400", "NaN", "None"]
    for more in ([], ["x"]):
        (tmp_path / "n.csv").write_text("a,b\n" + "".join(f"{cell},1\n" for cell in cells + more))
        source = mixtura.scan(tmp_path / "n.csv", missing="drop", bad_rows="drop")
        assert source.sample.rows[:, 0].tolist() == [1, 2, 3, 100, 0.5, -7, 8]
    lines = ["1", "2.5", "1e2", "NaN", "null", "9" * 400, "-1" + "0" * 400]
    for more in ([], ['"1"']):
        (tmp_path / "n.ndjson").write_text("".join(f'\n{{"a": {cell}, "b": 1}}\n' for cell in lines + more))
        source = mixtura.scan(tmp_path / "n.ndjson", missing="drop", bad_rows="drop")
        assert source.sample.rows[:, 0].tolist() == [1, 2.5, 100]


def test_quotes_and_ends_of_lines(tmp_path):
    cells = [f'{i},"a{chr(10) * (i % 3)}b","1{"" if i % 5 else "x"}"' for i in range(1, 400)]
    for end in ("\n", "\r\n", "\r"):
        content = '\ufeffi,"te\nxt",n\n\n' + "\n".join(cells) + "\n\n"
        (tmp_path / "q.csv").write_text(content, newline=end)
        source = mixtura.scan(tmp_path / "q.csv", ["i", "n"], bad_rows="drop")
        assert source.sample.rows[:, 0].tolist() == [i for i in range(1, 400) if i % 5]
        assert source.gaps.tolist() == [i - 1 for i in range(1, 400) if not i % 5]


def test_a_quote_without_an_end_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(text, "LONGEST_QUOTED", 5000)
    lines = [f'{i},5" pipe\n'.encode() if i == 20 else b"%d,pipe\n" % i for i in range(5000)]
    found = list(text_blocks(FakeFile(b"".join(lines)), quoted=True))
    assert b"".join(found) == b"".join(lines)
    assert max(map(len, found)) < 7000
    monkeypatch.setattr(text, "LONGEST_LINE", 3000)
    with pytest.raises(DataError, match="a line has more than 3,000 bytes"):
        list(text_blocks(FakeFile(b"1" * 9000), quoted=False))


class FakeFile:
    """Bytes to read."""

    def __init__(self, content):
        self.content = content

    def read(self, count):
        part, self.content = self.content[:count], self.content[count:]
        return part


def test_cells_as_numbers():
    numbers, wrong = numbers_in_cells([b"1", b"x", None, b"1_000", b"\xff"])
    assert numbers[0] == 1
    assert (np.isnan(numbers[1:]).all(), wrong) == (True, [1, 3, 4])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.csv", "", "e.csv: there are no rows"),
        ("e.csv", "a,b\n", "e.csv has no rows that can be used"),
        ("e.ndjson", "[1]\n", "e.ndjson: there are no rows"),
        ("d.csv", "a,a,b\n1,2,3\n", 'd.csv has 2 columns called "a"; rename them'),
        ("f.csv.gz", "nothing packed", r"f.csv.gz: "),
    ],
)
def test_files_without_rows(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        mixtura.scan(tmp_path / name)


def test_files_that_differ(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("b,c,a\n4,x,3\n")
    assert mixtura.scan(tmp_path).sample.rows.tolist() == [[1, 2], [3, 4]]
    (tmp_path / "3.csv").write_text("a,c\n1,2\n")
    with pytest.raises(DataError, match=r'3\.csv: there is no column "b", which the files before it have'):
        mixtura.scan(tmp_path)
    for number, names in enumerate(("ab", "ac")):
        pq.write_table(pl.DataFrame({name: [1.0] for name in names}).to_arrow(), tmp_path / f"{number}.parquet")
    with pytest.raises(DataError, match=r'1\.parquet: there is no column "b"'):
        mixtura.scan(f"{tmp_path}/*.parquet")


def test_words_are_checked(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(ParameterError, match="bad_rows is 'skip'; expected error or drop"):
        mixtura.scan(tmp_path / "a.csv", bad_rows="skip")


def test_negative_weights_have_their_row(tmp_path):
    (tmp_path / "w.csv").write_text("a,w\nx,1\n1,2\n2,-3\n3,1\n4,1\n")
    with pytest.raises(DataError, match=r'w\.csv, row 3, column "w": -3 is negative'):
        mixtura.scan(tmp_path / "w.csv", weights_column="w", bad_rows="drop")


def test_the_delimiters_are_those_of_what_is_written():
    assert set(delimited.DELIMITED) == {"csv", "tsv"}
