"""Lines of a stream: which hold rows, and what is wrong with the others."""

import io
import json
import os
import threading
import time

import pytest

from mixtura.data.stream import LineLayout, LineParser, arriving_blocks
from mixtura.data.stream.arrival import BLOCK_BYTES
from mixtura.errors import ParameterError


def parser(kind="csv", wanted=None, weight=None, header=None):
    return LineParser(kind, wanted, weight, header, "standard input")


def parsed(lines, most=100, **options):
    return parser(**options).parse(lines, most)


def test_bad_lines_are_counted_by_what_is_wrong():
    lines = ["a,b,t", "1,2,x", "1,2", "1,2,x,y", "u,2,x", "1,,x", "1,NA,x", "1,inf,x", "nan,1,x", "1e200,1,x", "", "  "]
    after, found = parsed([*lines, "1_0,2,x", '"3","4","a,b"', "5,6,"])
    assert found.rows.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert dict(found.bad) == {"cells": 2, "text": 2, "missing": 5}
    assert found.used == 15
    assert (after.layout.used, found.weight) == (("a", "b"), None)


def test_reading_ends_when_there_are_enough_rows():
    after, found = parsed(["a", "1", "x", "2", "3"], most=2)
    assert (found.rows.ravel().tolist(), found.used) == ([1.0, 2.0], 4)
    assert after.parse(["3"], 5)[1].rows.tolist() == [[3.0]]


@pytest.mark.parametrize(
    ("lines", "options", "names", "rows"),
    [
        (["1,2", "3,4"], {}, ("x1", "x2"), [[1, 2], [3, 4]]),
        (["1,NA", "3,4"], {"wanted": ("1",)}, ("x1",), [[1], [3]]),
        (["\ufeffa;b", "1;2"], {}, ("a", "b"), [[1, 2]]),
        (["a\tb", "1\t2"], {"wanted": ("b",)}, ("b",), [[2]]),
        (["1,2", "3,4"], {"header": True}, ("1", "2"), [[3, 4]]),
        (["a,1", "b,2"], {"header": False}, ("x2",), [[1], [2]]),
        (["x,width1,width2", "q,1,2"], {"wanted": ("width*",)}, ("width1", "width2"), [[1, 2]]),
    ],
)
def test_columns_and_header(lines, options, names, rows):
    after, found = parsed(lines, **options)
    assert (after.layout.used, found.rows.tolist()) == (names, rows)
    assert after.layout.named == (names[0] not in ("x1", "x2"))


def test_a_first_row_that_is_bad_does_not_tell_the_columns():
    after, found = parsed(["a,b", "x,y", "1", "2,z", "3,4"])
    assert after.layout.used == ("a",)
    assert found.rows.ravel().tolist() == [2.0, 3.0]
    assert dict(found.bad) == {"text": 1, "cells": 1}


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(ParameterError, match='standard input has no column "c"; it has a, b'):
        parsed(["a,b", "1,2"], wanted=("c",))


def test_weights_are_apart_and_not_negative():
    _, found = parsed(["w,a", "2,5", "-1,6", "x,7", "0,8"], weight="w")
    assert (found.rows.tolist(), found.weight.tolist()) == ([[5.0], [8.0]], [2.0, 0.0])
    assert dict(found.bad) == {"weight": 1, "text": 1}
    assert parsed([], weight="w")[1].rows.shape[0] == 0


def test_json_lines():
    lines = ["[1]", "{bad", '{"s": "x"}', '{"a": 1, "s": "x", "b": 2.5, "t": true}', '{"b": 1, "a": 0}']
    after, found = parsed([*lines, '{"a": 1}', '{"a": "1", "b": 1}', '{"a": NaN, "b": 1}'], kind="ndjson")
    assert found.rows.tolist() == [[1.0, 2.5], [0.0, 1.0]]
    assert dict(found.bad) == {"json": 2, "text": 2, "missing": 2}
    assert after.layout.used == ("a", "b")


def test_json_columns_that_the_first_object_lacks():
    after, found = parsed(['{"a": 1}', '{"a": 1, "b": 2, "w": 3}'], kind="ndjson", wanted=("b",), weight="w")
    assert (found.rows.tolist(), found.weight.tolist()) == ([[2.0]], [3.0])
    assert after.layout.used == ("b",)


def test_quotes_that_do_not_end_are_a_bad_line():
    layout = LineLayout("csv", ("a", "b"), ("a",), None, ",", named=True)
    assert layout.numbers('1,"2') == [1.0]  # the end of the line ends the cell
    assert layout.numbers(f'1,"{"x" * 200_000}"') == "cells"  # longer than the reader of CSV takes
    assert LineLayout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout


def test_a_known_layout_meets_its_header_again_or_not():
    layout = LineLayout("csv", ("a", "b", "c"), ("c", "a"), None, ",", named=True)
    known = LineParser("csv", None, None, None, "standard input", layout=layout)
    assert known.parse(["1,2,3"], 9)[1].rows.tolist() == [[3.0, 1.0]]
    assert known.parse(["a,b,c", "1,2,3"], 9)[1].rows.tolist() == [[3.0, 1.0]]
    assert known.parse(["c,a", "1,2"], 9)[1].rows.tolist() == [[1.0, 2.0]]  # now in another order
    assert dict(known.parse(["u,v,w", "1,2,3"], 9)[1].bad) == {"text": 1}
    named = LineParser("csv", None, None, None, "standard input", names=("a", "b"))
    assert named.parse(["1,2"], 9)[0].layout.used == ("a", "b")


def test_blocks_come_as_they_arrive():
    reader, writer = os.pipe()
    wake_reader, wake_writer = os.pipe()

    def write():
        os.write(writer, b"1")
        time.sleep(0.05)
        os.write(wake_writer, b"!")
        time.sleep(0.05)
        os.read(wake_reader, 1)
        os.close(writer)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reader, "rb") as stream:
        blocks = list(arriving_blocks(stream, (wake_reader,), lambda: 0.02))
    thread.join()
    os.close(wake_reader)
    os.close(wake_writer)
    assert blocks[0] == b"1"
    assert b"" in blocks
    assert set(blocks) == {b"1", b""}


def test_a_stream_in_memory_is_read_in_blocks():
    blocks = list(arriving_blocks(io.BytesIO(b"x" * (BLOCK_BYTES + 1)), (), lambda: None))
    assert [len(block) for block in blocks] == [BLOCK_BYTES, 1]
