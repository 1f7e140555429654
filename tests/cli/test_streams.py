"""What reaches a terminal, and what happens where a standard stream is closed, full, or its program ended."""

import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura._support import atomic_write
from mixtura.cli import main
from mixtura.cli.run import _end_by_sigterm
from mixtura.errors import DataError, MixturaWarning, visible

WILD = "\x1b[2J\x07\x9b31m"
SHOWN = r"\x1b[2J\x07\x9b31m"
PROGRAM = f"{sys.executable} -m mixtura.cli"


@pytest.fixture
def wild(tmp_path, monkeypatch):
    """Rows, and a model of them, whose names of columns and components would change a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    X = np.random.default_rng(0).normal(size=(60, 2))
    for path, name in (("wild.csv", WILD + "a"), ("tame.csv", "p")):
        np.savetxt(path, X, delimiter=",", header=f"{name},b", comments="", encoding="utf-8")
    names = (WILD + "one", "two")
    parts = [0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], np.ones((2, 2))
    Path("model.json").write_text(mixtura.Mixture(*parts, columns=(WILD + "a", "b"), component_names=names).to_json())
    fit = mixtura.fit(mixtura.read("wild.csv"), 2, start=np.arange(60) % 2).named(*names)
    assert not set("\x1b\x07\x9b") & set(fit.summary())
    fit.save("fit.json")


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "wild.csv", "-k", "2"],
        ["fit", "wild.csv", "-k", "2", "--columns", "z"],
        ["select", "wild.csv", "-k", "1:2", "--models", "VVV,EEE"],
        ["describe", "model.json"],
        ["describe", "fit.json"],
        ["compare", "model.json", "fit.json", "wild.csv"],
        ["predict", "model.json", "tame.csv"],
        ["reduce", "model.json"],
        ["combine", "model.json", "wild.csv"],
        ["bootstrap", "wild.csv", "-k", "1", "-n", "3"],
        ["plot", "model.json", "--show", "z", "--output", "p.png"],
    ],
)
def test_names_never_change_a_terminal(wild, capsys, arguments):
    main(arguments)
    shown = "".join(capsys.readouterr())
    assert SHOWN in shown
    assert not set("\x1b\x07\x9b") & set(shown)


def test_tables_on_a_terminal_show_control_characters_and_in_a_pipe_keep_them(wild):
    command = [*PROGRAM.split(), "predict", "model.json", "wild.csv", "--proba"]
    piped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert WILD in piped
    ours, its = pty.openpty()
    subprocess.run(command, stdout=its, check=True)
    os.close(its)
    shown = b""
    while b"\x1b" not in shown:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # the other end is closed
            break
        shown += part
    os.close(ours)
    assert b"\x1b" not in shown
    assert SHOWN.encode() in shown


def test_errors_and_warnings_show_control_characters():
    assert str(DataError(WILD)) == str(MixturaWarning(WILD)) == SHOWN
    assert visible("é\tüß 漢字 😀\n") == "é\\tüß 漢字 😀\\n"
    assert visible("a\u202eb\ud800") == r"a\u202eb\ud800"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("fit tame.csv -k 2 --output m.json >&-", 0, "wrote m.json\n"),
        ("fit tame.csv -k 2 --output m.json <&- >&- 2>&-", 0, ""),
        ("fit - -k 2 <&-", 2, "standard input is empty\n"),
        ("describe - <&-", 2, "standard input: not a model file: line 1 is not JSON (Expecting value)\n"),
        ("fit tame.csv -k 2 >/dev/full", 2, "No space left on device\n"),
        ("sample model.json -n 9999 >/dev/full", 2, "No space left on device\n"),
        ("describe none.json 2>/dev/full", 2, ""),
        ("describe none.json 2>&-", 2, ""),
    ],
)
def test_closed_and_full_streams_are_one_line_or_none(wild, command, code, said):
    done = subprocess.run(f"{PROGRAM} {command}", shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)
    assert Path("m.json").exists() == ("m.json" in command)


def test_sigterm_removes_unfinished_files(tmp_path):
    def terminated():
        with _end_by_sigterm(), atomic_write(str(tmp_path / "m.json")) as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit, match="143"):
        terminated()
    assert not list(tmp_path.iterdir())
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_live_line_needs_a_thread(wild, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setattr("mixtura.cli.live.can_start_thread", lambda: False)
    assert main(["fit", "tame.csv", "-k", "2"]) == 0
    assert main(["select", "tame.csv", "-k", "1", "--models", "VVV"]) == 0
    assert capsys.readouterr().err == ""


def on_a_terminal(*arguments):
    """What a command writes to a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen([*PROGRAM.split(), *arguments], stdout=its, stderr=its) as process:
        os.close(its)
        shown = b""
        with suppress(OSError):  # the other end is closed
            while part := os.read(ours, 1 << 16):
                shown += part
        os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def test_rows_and_passes_are_shown_on_a_terminal_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    rng = np.random.default_rng(0)
    pl.DataFrame(rng.normal(size=(200_000, 2)) + 4 * rng.integers(0, 2, (200_000, 1)), ["a", "b"]).write_parquet(
        "a.parquet"
    )
    stream = ["a.parquet", "--stream"]
    shown = on_a_terminal("fit", *stream, "-k", "2", "-o", "m.json")
    assert re.search(r"reading: [\d,]+ of 200,000 rows", shown)
    assert re.search(r"pass \d+: [\d,]+ of 200,000 rows", shown)
    assert re.search(r"writing: [\d,]+ of 200,000 rows", on_a_terminal("predict", "m.json", *stream, "-o", "p.csv"))
    command = f"{PROGRAM} score m.json {' '.join(stream)}"
    assert subprocess.run(command, shell=True, capture_output=True, check=True).stderr == b""


def test_warnings_have_lines_of_their_own_above_the_progress(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    rows = np.round(np.random.default_rng(0).normal(size=(5_000, 3)))
    np.savetxt("tied.csv", rows, delimiter=",", header="a,b,c", comments="")
    shown = on_a_terminal("fit", "tied.csv", "-k", "3", "--max-iter", "2")
    before = [shown[: found.start()] for found in re.finditer("warning: ", shown)]
    assert len(before) >= 2
    lines = [re.split("\n|\x1b\\[2K", text)[-1] for text in before]
    assert all(re.fullmatch(r"(\x1b\[\?25[lh]|\r)*", line) for line in lines), lines


def test_a_reader_that_leaves_early_gets_its_files(wild):
    done = subprocess.run(
        f"bash -c '{PROGRAM} fit tame.csv -k 2 --output m.json --labels l.csv | head -0; exit ${{PIPESTATUS[0]}}'",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (141, "wrote m.json\nwrote l.csv\n")
    assert Path("m.json").exists()
    assert Path("l.csv").exists()
