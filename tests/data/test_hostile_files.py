"""Files that are broken on purpose: an error that names the file, or the right rows, and never gigabytes."""

import bz2
import gzip
import io
import lzma
import os
import re
import struct
import sys
import zlib
from contextlib import suppress

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.cli import main
from mixtura.data.tables import FORMATS, arrow_stream, cells, unpack
from mixtura.data.tables.cells import rename_columns
from mixtura.data.tables.read_table import read
from mixtura.errors import DataError, ParameterError

BLANK = b"a,b\n" + b"1,2\n" * 50_000
FRAME = pl.DataFrame({"a": np.zeros(50_000)})


def packed(write, **options):
    memory = io.BytesIO()
    write(memory, **options)
    return memory.getvalue()


BOMBS = {
    "t.csv.gz": gzip.compress(BLANK),
    "t.csv.bz2": bz2.compress(BLANK),
    "t.csv.xz": lzma.compress(BLANK),
    "t.parquet": packed(FRAME.write_parquet),
    "t.arrow": packed(FRAME.write_ipc, compression="zstd"),
    "stream.arrow": packed(FRAME.write_ipc_stream, compression="zstd"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_does_not_become_a_large_one(name, file, monkeypatch, capsys):
    path, size = file(BOMBS[name], name), len(BOMBS[name])
    assert len(read(path).rows) == 50_000
    monkeypatch.setattr(unpack, "LEAST_LIMIT", 5_000)
    monkeypatch.setattr(unpack, "LARGEST_RATIO", 2)
    monkeypatch.setattr(unpack, "PIECE", 1_000)
    limit = max(5_000, 2 * size)
    with pytest.raises(DataError, match=f"{name} has {size:,} bytes and unpacks to more than {limit:,}: raise --max-"):
        read(path)
    assert len(read(path, max_unpacked=400_000).rows) == 50_000
    arguments = ["fit", path, "-k", "1", "--model", "EII"]
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main([*arguments, "--max-unpacked", "400000"]) == 0
    with pytest.raises(ParameterError, match="max_unpacked is 0; expected an integer of at least 1"):
        read(path, max_unpacked=0)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.ndjson", "t.csv.gz"])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "zlib"])
def test_polars_unpacks_nothing_by_itself(name, pack, file):
    path = file(gzip.compress(pack(BLANK)) if name.endswith("gz") else pack(BLANK), name)
    with pytest.raises(DataError, match=f"{name} is compressed; expected text, or a name that ends in .gz, .bz2, .xz"):
        read(path)


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("name", [*BOMBS, "t.npy"])
def test_files_that_are_cut_off(name, kept, file):
    content = {**BOMBS, "t.npy": packed(lambda memory: np.save(memory, np.ones((50, 2))))}[name]
    with pytest.raises(DataError, match=re.escape(name)):
        read(file(content[: round(kept * len(content))], name))


def npy(header):
    """An array of 64 zero bytes, with any header."""
    text = header.encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\0" * 64


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("(" * 500, "d.npy cannot be read as npy"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (True, 2)}", "d.npy cannot be read as npy"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (10**12, 2)}", "d.npy cannot be read as npy"),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2)}",
            r"d.npy is cut off: shape \(1000000000000, 2\) of float64 takes 16000000000000 bytes, and it has 64",
        ),
    ],
)
def test_headers_of_arrays_that_are_none(header, message, file):
    with pytest.raises(DataError, match=message):
        read(file(npy(header), "d.npy"))


def test_a_reader_that_panics_is_one_line(file, monkeypatch, capfd):
    def panic(_):
        os.write(2, b"thread panicked\nstack backtrace:\n")
        raise pl.exceptions.PanicException("index out of range")

    monkeypatch.setitem(FORMATS, "arrow", panic)
    assert main(["fit", file(b"ARROW1", "t.arrow"), "-k", "2"]) == 2
    shown = capfd.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert "t.arrow cannot be read as arrow: index out of range" in shown.err


def test_what_a_reader_says_without_an_error_is_kept(file, monkeypatch, capfd):
    def talkative(content):
        os.write(2, b"one word\n")
        return cells.Cells(FRAME[:9] + pl.DataFrame({"a": np.arange(9.0)}), has_names=True)

    monkeypatch.setitem(FORMATS, "arrow", talkative)
    assert main(["fit", file(b"ARROW1", "t.arrow"), "-k", "1"]) == 0
    assert capfd.readouterr().err == "one word\n"


@pytest.mark.parametrize("position", range(0, 200, 7))
def test_broken_streams_are_counted_or_refused(position):
    content = bytearray(packed(FRAME[:3].write_ipc_stream))
    assert arrow_stream.count_cells(bytes(content)) == 3
    content[position] ^= 0xFF
    with suppress(ValueError):
        arrow_stream.count_cells(bytes(content))


def test_a_long_cell_in_a_ragged_row(file):
    with pytest.raises(DataError, match=r"data\.csv cannot be read as csv") as caught:
        read(file('a,b\n1,2\n"' + "x" * 200_000 + '",2,3\n'))
    assert len(str(caught.value)) < 300


def test_messages_stay_short_whatever_the_file_has(file):
    many = ",".join(f"column{i}" for i in range(5_000))
    path = file(f"{many}\n{',' * 4_999}\n")
    for options in ({"columns": ["z"]}, {"weights_column": "z"}, {"columns": ["column1"] * 900}):
        with pytest.raises(ParameterError) as caught:
            read(path, **options)
        assert len(str(caught.value)) < 400
    with pytest.raises(DataError, match=r'row 1, column "a": "x{37}\.\.\." is not a number'):
        read(file("a,b\n" + "x" * 9_999 + ",1\n"), ["a"])


def test_standard_input_that_is_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="standard input is closed; give the name of a file"):
        read("-")


def test_halves_of_characters_are_no_names():
    text = mixtura.Mixture([1.0], [[0.0]], np.ones((1, 1)), columns=("a",)).to_json()
    for name in ('"columns": [\n  "a"\n ]', '"components": null'):
        assert name in text
        broken = text.replace(name, name.partition(":")[0] + ': ["\\ud800"]')
        with pytest.raises(DataError, match=r"'\\ud800' is half of a character, which no file can hold; rename it"):
            mixtura.Mixture.from_json(broken)
    with pytest.raises(DataError, match="half of a character"):
        mixtura.fit(FakeTable(), 1)


class FakeTable:
    """A table whose column has a name that cannot be written."""

    columns = ("\ud800",)

    def __array__(self, dtype=None, copy=None):
        return np.arange(9.0)[:, None]


def test_double_names_are_found_in_a_moment():
    """Each name is looked at once: with a count for each, 100,000 names would take minutes."""
    names = [f"c{i}" for i in range(100_000)]
    frame = pl.DataFrame({f"column_{i}": [1.0] for i in range(100_000)})
    assert rename_columns(frame, names, "x").columns == names
    with pytest.raises(DataError, match='x has 3 columns called "c7"; rename them'):
        rename_columns(frame, [*names[:-2], "c7", "c7"], "x")
