"""``mixtura stream``: a real process that is fed, stopped and resumed; and the same in this one."""

import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura.cli import main
from mixtura.cli import stream as command
from mixtura.cli.stream_run import LONGEST_LINE, StreamState, WritePlan, follow, lines_of
from mixtura.cli.stream_signals import StopSignals, stop_signals
from mixtura.data.stream import LineParser

RNG = np.random.default_rng(0)
ROWS = np.concatenate([RNG.normal(0, 1, (1200, 2)), RNG.normal(6, 1, (800, 2))])[RNG.permutation(2000)]
BAD = {100: b"1\n", 500: b"x,1\n", 900: b",1\n", 1300: b"\n"}
LINES = [b"a,b\n"] + [
    line for i, (a, b) in enumerate(ROWS) for line in (f"{a},{b}\n".encode(), BAD.get(i, b"")) if line
]
OPTIONS = ["-k", "2", "--start-rows", "300", "--batch-rows", "64"]


def run(monkeypatch, lines, *arguments, code=0):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"".join(lines))))
    assert main(["stream", "-o", "m.json", *arguments]) == code


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def test_one_run_counts_and_leads_to_the_mixture_of_the_rows(monkeypatch, capsys):
    run(monkeypatch, LINES, *OPTIONS, "--missing", "drop")
    told = capsys.readouterr().err
    assert (
        "2,000 rows, 3 bad lines left out (1 with another number of cells, 1 with a missing or infinite value" in told
    )
    online = mixtura.load("m.json")
    own = mixtura.OnlineMixture(2, columns=["a", "b"], start_rows=300, batch_rows=64).update(ROWS)
    assert online.mixture.means.tolist() == own.mixture.means.tolist()
    assert json.loads(Path("m.json").read_text())["stream"]["n_lines"] == len(LINES)
    assert main(["describe", "m.json"]) == 0
    Path("new.csv").write_text("b,a\n0,0\n6,6\n")
    assert main(["predict", "m.json", "new.csv"]) == 0
    assert len(set(online.mixture.predict([[0, 0], [6, 6]]).tolist())) == 2


def test_missing_values_are_modelled(monkeypatch, capsys):
    holes = np.where(np.random.default_rng(3).random(ROWS.shape) < 0.1, np.nan, ROWS)
    cells = [",".join("" if np.isnan(x) else f"{x!r}" for x in row) for row in holes.tolist()]
    objects = [json.dumps({"a": a, "b": b}).replace("NaN", "null") for a, b in holes.tolist()]
    own = mixtura.OnlineMixture(2, columns=["a", "b"], start_rows=300, batch_rows=64).update(holes)
    empty = int(np.isnan(holes).all(axis=1).sum())
    for lines, more in ((["a,b", *cells], []), (objects, ["--format", "ndjson"])):
        encoded = [f"{line}\n".encode() for line in lines]
        run(monkeypatch, encoded[:1000], *OPTIONS, "--columns", "a,b", *more)
        run(monkeypatch, encoded[1000:], "--resume", "m.json", *more)
        assert mixtura.load("m.json").mixture.means.tolist() == own.mixture.means.tolist()
        assert f"{2000 - empty:,} rows, {empty} bad lines left out" in capsys.readouterr().err
    run(monkeypatch, LINES, "-k", "2", "--missing", "error", code=2)
    assert "--missing is 'error'; expected model or drop" in capsys.readouterr().err


def test_a_missing_cell_in_the_first_row_does_not_lose_its_column(monkeypatch, capsys):
    cells = [("", "x", ROWS[0, 1]), *((a, "y", b) for a, b in ROWS[1:500].tolist())]
    objects = [{"a": a if a != "" else None, "word": word, "b": b} for a, word, b in cells]
    lines = [f"{a},{word},{b}\n".encode() for a, word, b in cells]
    own = mixtura.OnlineMixture(2, columns=["a", "b"], start_rows=300, batch_rows=64)
    own = own.update(np.vstack([[np.nan, ROWS[0, 1]], ROWS[1:500]])).mixture.means.tolist()
    inputs = {
        "csv": ([b"a,word,b\n", *lines], []),
        "NA": ([b"a,word,b\n", lines[0].replace(b",x", b" NA,x"), *lines[1:]], []),
        "ndjson": ([f"{json.dumps(each)}\n".encode() for each in objects], ["--format", "ndjson"]),
    }
    for given, more in inputs.values():
        run(monkeypatch, given, *OPTIONS, *more)
        assert mixtura.load("m.json").mixture.means.tolist() == own
        told = capsys.readouterr().err
        assert "standard input: left out column without numbers in the first row: word; used a, b" in told
        run(monkeypatch, given, *OPTIONS, *more, "--missing", "drop")
        assert mixtura.load("m.json").columns == ("b",)
        assert "left out columns without numbers in the first row: a, word; used b" in capsys.readouterr().err
        run(monkeypatch, given, *OPTIONS, *more, "--columns", "b")
        assert "left out" not in capsys.readouterr().err


def test_a_column_that_begins_empty_is_waited_for(monkeypatch, capsys):
    late = [b"a,b\n", *(f"{a},{b if i >= 300 else ''}\n".encode() for i, (a, b) in enumerate(ROWS))]
    options = ["-k", "2", "--columns", "a,b", "--start-rows", "100"]
    run(monkeypatch, late, *options)
    assert mixtura.load("m.json").mixture.n_components == 2
    capsys.readouterr()
    empty = [b"a,b\n"] + [f"{a},\n".encode() for a in ROWS[:, 0]] + [b"1,2\n"]
    run(monkeypatch, empty, *options, "--every", "600", code=2)
    assert "column b: 0 of the first 2,000 rows have a value" in capsys.readouterr().err
    kept = json.loads(Path("m.json").read_text())
    assert (kept["stream"]["n_lines"], len(kept["online"]["waiting"][1])) == (1801, 1800)


@pytest.mark.parametrize("cut", [0, 1, 50, 500, 1700])
@pytest.mark.parametrize("header", [True, False])
def test_a_run_that_is_resumed_has_the_bits_of_one_run(monkeypatch, cut, header):
    run(monkeypatch, LINES, *OPTIONS)
    whole = json.loads(Path("m.json").read_text())
    Path("m.json").unlink()
    run(monkeypatch, LINES[:cut], *OPTIONS, "--resume", "m.json")
    again = LINES[:1] if header and cut else []
    run(monkeypatch, [*again, *LINES[cut:]], "--resume", "m.json", "--every", "333")
    resumed = json.loads(Path("m.json").read_text())
    assert resumed.pop("stream")["n_lines"] == whole.pop("stream")["n_lines"] + len(again)
    assert resumed == whole


def start(*arguments):
    program = [sys.executable, "-m", "mixtura.cli", "stream", "-o", "m.json", *OPTIONS, *arguments]
    return subprocess.Popen(program, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def wait_for(n_rows):
    for _ in range(2000):
        if Path("m.json").exists() and mixtura.load("m.json").n_rows == n_rows:
            return
        time.sleep(0.01)
    pytest.fail(f"no file with {n_rows} rows")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_process_that_is_stopped_by_a_signal_goes_on_to_the_same_bits(monkeypatch, number, code):
    process = start("--every-seconds", "0.05", "--verbose")
    process.stdin.write(b"".join(LINES[:701]) + b"0.5,")  # a line that is not complete
    process.stdin.flush()
    wait_for(698)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == code, told
    assert b"698 rows, 2 bad lines left out" in told
    run(monkeypatch, LINES[701:], "--resume", "m.json")
    resumed = Path("m.json").read_text()
    Path("m.json").unlink()
    run(monkeypatch, LINES, *OPTIONS)
    assert Path("m.json").read_text() == resumed


def test_weights_json_lines_and_a_last_line_without_an_end(monkeypatch, capsys):
    objects = [{"a": a, "b": b, "w": 1 + i % 3} for i, (a, b) in enumerate(ROWS[:400].tolist())]
    text = "\n".join(map(json.dumps, objects)).encode()
    options = ["--format", "ndjson", "--columns", "a,b", "--weights-column", "w", "--json"]
    run(monkeypatch, [b"{bad\n", text], *OPTIONS, *options)
    values = json.loads(capsys.readouterr().out)
    assert (values["n_rows"], values["bad_lines"]["json"], values["n_components"]) == (400, 1, 2)
    own = mixtura.OnlineMixture(2, columns=["a", "b"], start_rows=300, batch_rows=64)
    own = own.update(ROWS[:400], [each["w"] for each in objects])
    assert mixtura.load("m.json").mixture.means.tolist() == own.mixture.means.tolist()


def test_before_the_start_there_is_a_mixture_as_soon_as_rows_are_enough(monkeypatch, capsys):
    run(monkeypatch, LINES[:2], "-k", "2", "--json")
    assert json.loads(capsys.readouterr().out)["loglik_per_row"] is None
    assert json.loads(Path("m.json").read_text())["format"] == "mixtura.online"
    run(monkeypatch, LINES[2:90], "--resume", "m.json")
    assert "89 rows; not enough for the start yet" in capsys.readouterr().err
    assert main(["describe", "m.json"]) == 0


def test_drift_options_reach_the_mixture(monkeypatch):
    options = ["--window", "500", "--spawn", "--prune", "--model", "VVI", "--noise", "0.05", "--seed", "3"]
    run(monkeypatch, LINES, "-k", "1", "--no-header", *options)
    online = mixtura.load("m.json")
    assert (online.window, online.spawn, online.prune, online.model.name, online.seed) == (500, True, True, "VVI", 3)
    assert online.mixture.noise is not None
    assert online.columns is None


def test_a_start_from_a_model_file_gives_the_number_of_components(monkeypatch):
    mixtura.fit(ROWS, 2, seed=0).save("start.json")
    run(monkeypatch, LINES, "--start", "start.json", "--start-rows", "300")
    assert mixtura.load("m.json").mixture.n_components == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--components is missing; give the number of components"),
        (["-k", "2", "--format", "xml"], "--format is 'xml'; expected one of csv, ndjson"),
        (["-k", "2", "--every", "0"], "--every is 0, --every-seconds 10; expected positive numbers"),
        (["-k", "2", "--columns", "q"], 'standard input has no column "q"'),
        (["--resume", "other.json"], "other.json: not a file of a stream"),
        (["--resume", "broken.json"], 'broken.json: "stream" cannot be read (KeyError'),
        (["--resume", "m.json", "-k", "3"], "made with other values of --components"),
        (["--resume", "m.json", "--model", "VVI"], "made with other values of name"),
        (["--resume", "m.json", "--columns", "b", "--window", "9"], "made with other values of window, columns"),
    ],
)
def test_what_is_wrong_is_said(monkeypatch, capsys, arguments, message):
    run(monkeypatch, LINES, *OPTIONS)
    content = json.loads(Path("m.json").read_text())
    Path("broken.json").write_text(json.dumps({**content, "stream": {"bad": 3}}))
    Path("other.json").write_text(mixtura.fit(ROWS, 1).to_json())
    run(monkeypatch, LINES[:100], *arguments, code=2)
    assert message in capsys.readouterr().err


def test_a_file_of_python_is_gone_on_with(monkeypatch, capsys):
    mixtura.OnlineMixture(2, columns=["b"], start_rows=300).update(ROWS[:500, 1:]).save("m.json")
    run(monkeypatch, LINES, "--resume", "m.json")
    assert mixtura.load("m.json").n_rows == 2502  # two of the bad lines have a number there
    assert "resumed m.json after 0 lines, 500 rows" in capsys.readouterr().err
    run(monkeypatch, LINES, "-k", "2", "--resume", "none.json")
    assert "there is no none.json yet; starting anew" in capsys.readouterr().err


def test_lines_are_put_together_from_blocks():
    rest = [b""]
    blocks = [b"a\r\nb", b"", b"c\nd\n", b"\xff\n", b"e"]
    assert list(lines_of(blocks, rest)) == [["a"], [], ["bc", "d"], ["\ufffd"], [], ["e"]]


def test_a_line_without_end_is_bad_and_takes_no_memory():
    rest, sizes = [b""], []
    blocks = (b"1" * 65_536 if i < 40 else b"\n7\n" for i in range(41))
    lines = []
    for some in lines_of(blocks, rest):
        lines += some
        sizes.append(len(rest[0]))
    assert max(sizes) <= LONGEST_LINE + 65_536
    _, found = LineParser("csv", None, None, False, "standard input").parse(lines, 9)
    assert found.rows.ravel().tolist() == [7.0]
    assert found.bad.total() == 1


def fresh_state():
    online = mixtura.OnlineMixture(1, start_rows=5, batch_rows=5)
    return StreamState(online, LineParser("csv", None, None, None, "standard input"), Counter(), 0)


def test_the_file_is_written_after_so_many_rows_and_seconds(monkeypatch):
    written = []
    plan = WritePlan("m.json", 10, 60.0, lambda state: written.append(state.online.n_rows))
    lines = [["a"], [str(i) for i in range(25)], [], [str(i) for i in range(3)]]
    follow(fresh_state(), lines, plan, stops=lambda: False, due=[time.monotonic() + 60])
    assert written == [10, 20, 28]
    written.clear()
    follow(fresh_state(), lines, WritePlan("m.json", 1000, 1e-9, plan.tell), stops=lambda: False, due=[0.0])
    assert written == [0, 25, 28, 28]  # nothing came with the empty block


def test_it_stops_between_writes():
    stops = iter([False, True, True])
    state = follow(
        fresh_state(),
        [[*"a123"], [*"456"]],
        WritePlan("m.json", 2, 60.0, lambda _: None),
        stops=lambda: next(stops),
        due=[time.monotonic() + 60],
    )
    assert (state.online.n_rows, state.n_lines) == (2, 3)


def test_a_second_interrupt_is_not_waited_for():
    signals = StopSignals()
    signals.note(signal.SIGTERM, None)
    signals.note(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        signals.note(signal.SIGINT, None)


def test_signals_are_for_the_main_thread():
    found = []

    def look():
        with stop_signals() as signals:
            found.append(signals.wake)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [()]
    before = signal.getsignal(signal.SIGTERM)
    with stop_signals() as signals:
        assert signal.getsignal(signal.SIGTERM) == signals.note
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_terminal_gets_one_line_in_place(monkeypatch, capsys):
    console = command.messages_console()
    monkeypatch.setattr(command, "messages_console", lambda: console)
    monkeypatch.setattr(type(console), "is_terminal", property(lambda _: True))
    run(monkeypatch, LINES[:600], *OPTIONS, "--every", "200")
    assert capsys.readouterr().err.count("\r") >= 3
