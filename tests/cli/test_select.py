"""``mixtura select``: what is printed, written, resumed, and refused."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.cli import main
from mixtura.cli.files import read_model
from mixtura.cli.select import cell_line, cell_progress


@pytest.fixture
def three(tmp_path, monkeypatch):
    """Three far groups of rows in two columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    rows = np.random.default_rng(0).normal(size=(90, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 30, axis=0)
    pl.DataFrame(rows, schema=["a", "b"]).write_csv("three.csv")
    return rows


OPTIONS = ["-k", "1:4", "--models", "EEE,VVV", "--seed", "1", "--start", "seeds,neighbours"]


def test_the_best_is_shown_and_written(three, capsys):
    files = ["--output", "best.json", "--table", "table.csv", "--picture", "bic.png", "--labels", "labels.csv"]
    assert main(["select", "three.csv", *OPTIONS, *files]) == 0
    shown, said = capsys.readouterr()
    assert "(8 cells, 0 of them in trouble)" in shown
    assert "wrote bic.png" in said
    expected = mixtura.select(three, range(1, 5), models=["EEE", "VVV"], seed=1, start=["seeds", "neighbours"])
    best = read_model("best.json")
    assert best.columns == ("a", "b")
    assert best.means.tolist() == expected.best.mixture.means.tolist()
    table = pl.read_csv("table.csv")
    assert table["bic"].to_list() == [row["bic"] for row in expected.records()]
    assert table["cv"].null_count() == 8
    assert pl.read_csv("labels.csv")["label"].to_list() == expected.best.mixture.predict(three).tolist()
    assert Path("bic.png").stat().st_size > 10_000


def test_a_table_in_json_can_be_resumed(three, capsys):
    assert main(["select", "three.csv", *OPTIONS, "--table", "all.json"]) == 0
    capsys.readouterr()
    more = ["-k", "1:5", "--models", "EEE,VVV", "--start", "seeds,neighbours"]
    assert main(["select", "three.csv", *more, "--resume", "all.json", "--table", "all.json", "-v", "--json"]) == 0
    shown = capsys.readouterr()
    assert len(shown.err.splitlines()) == 2  # of ten cells eight were done
    content = json.loads(shown.out)
    assert content["best"]["model"] == "EEE"
    assert len(content["table"]) == 10
    assert len(mixtura.Selection.from_json(Path("all.json").read_text("utf-8")).cells) == 10


WRONG = (["-k", "a"], ["-k", "1:2:3"], ["-k", "4:1"], ["--models", "XXX"], ["--criterion", "x"])


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input_is_one_line(three, capsys, wrong):
    assert main(["select", "three.csv", *wrong]) == 2
    shown = capsys.readouterr()
    assert len(shown.err.splitlines()) == 1
    assert not shown.out


def test_files_are_checked_before_the_work(three, capsys):
    assert main(["select", "three.csv", "--table", "a.xyz"]) == 2
    assert main(["select", "three.csv", "--picture", "a.txt"]) == 2
    assert main(["select", "three.csv", "--resume", "none.json"]) == 2
    assert "none.json" in capsys.readouterr().err


def test_a_bar_counts_cells_on_a_terminal(three, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    chosen = mixtura.select(three, 2, models="EEE", seed=0)
    with cell_progress(1, verbose=False) as watch:
        watch(chosen.cells[0])
    assert "EEE,2" in capsys.readouterr().err
    assert "from" in cell_line(chosen.cells[0])
    monkeypatch.setenv("TTY_COMPATIBLE", "0")
    monkeypatch.delenv("FORCE_COLOR")
    with cell_progress(1, verbose=False) as watch:
        assert watch is None


def test_the_command_runs(three):
    command = [sys.executable, "-m", "mixtura.cli", "select", "three.csv", "-k", "2", "--models", "EEE"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.startswith("rank")


@pytest.mark.parametrize(
    ("criterion", "name"), [("bic", "BIC"), ("aicc", "AICc"), ("cv", "\N{MINUS SIGN}2 log-likelihood of rows held out")]
)
def test_criteria_have_the_names_of_reports_and_pictures(three, capsys, criterion, name):
    assert main(["select", "three.csv", "-k", "1:2", "--models", "EEE", "--criterion", criterion]) == 0
    assert f"\n{name} " in capsys.readouterr().out
