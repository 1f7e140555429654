"""Commands on files that are read in parts."""

from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of three Parquet files of 500 rows; blocks of 100 rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("mixtura.data.stored.MOST_ROWS", 100)
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"a": rng.normal(size=1500), "b": rng.normal(size=1500), "kind": ["x", "y", "z"] * 500})
    frame = frame.with_columns(a=pl.col("a") + 9 * (pl.int_range(pl.len()) % 2))
    (tmp_path / "logs").mkdir()
    for part in range(3):
        frame.slice(500 * part, 500).write_parquet(f"logs/{part}.parquet")
    return frame


def test_a_folder_is_fitted_and_labelled(folder, capsys):
    files = ["-o", "m.json", "--labels", "l.csv", "--picture", "p.png"]
    assert main(["fit", "logs/*.parquet", "-k", "2", *files]) == 0
    shown = capsys.readouterr()
    assert "2 components, model VVV, 2 columns, 1500 rows" in shown.out
    assert "data: 0.parquet and 2 more, 1500 rows" in shown.out
    assert shown.err.splitlines()[0] == "note: 0.parquet: left out 1 column without numbers: kind"
    labels = pl.read_csv("l.csv")
    assert labels["row"].to_list() == 3 * list(range(1, 501))
    assert labels["file"].to_list() == [f"{part}.parquet" for part in range(3) for _ in range(500)]
    fit = mixtura.load("m.json")
    assert labels["label"].to_list() == fit.predict(folder.select("a", "b")).tolist()
    for target in ("p.csv", "p.tsv", "p.parquet"):
        assert main(["predict", "m.json", "logs", "--proba", "-o", target]) == 0
        read = {"csv": pl.read_csv, "tsv": partial(pl.read_csv, separator="\t"), "parquet": pl.read_parquet}
        table = read[target.partition(".")[2]](target)
        assert table["label"].to_list() == labels["label"].to_list()
        assert table.columns[-2:] == ["p_0", "p_1"]
    capsys.readouterr()
    assert main(["predict", "m.json", "logs"]) == 0
    lines = Path("p.csv").read_text().splitlines()
    assert capsys.readouterr().out.splitlines() == [line.rsplit(",", 2)[0] for line in lines]


def test_files_of_one_name_in_several_folders_are_told_apart(folder, capsys):
    for number, name in enumerate(("x", "y")):
        Path("days", name).mkdir(parents=True)
        folder.slice(500 * number, 500 + number).write_parquet(f"days/{name}/part.parquet")
    assert main(["fit", "days", "-k", "2", "--labels", "l.csv"]) == 0
    labels = pl.read_csv("l.csv")
    assert labels["file"].to_list() == ["x/part.parquet"] * 500 + ["y/part.parquet"] * 501
    assert labels["row"].to_list() == [*range(1, 501), *range(1, 502)]


def test_rows_that_were_left_out_have_lines(folder, capsys):
    gaps = folder.with_columns(b=pl.when(pl.int_range(pl.len()) % 7 == 6).then(None).otherwise(pl.col("b")))
    gaps.write_csv("gaps.csv")
    assert main(["fit", "gaps.csv", "-k", "2", "--stream", "--missing", "error", "-o", "m.json"]) == 2
    assert 'gaps.csv, row 7, column "b": the cell is empty' in capsys.readouterr().err
    assert main(["fit", "gaps.csv", "-k", "2", "--stream", "--labels", "all.csv"]) == 0
    assert main(["fit", "gaps.csv", "-k", "2", "--labels", "all_whole.csv"]) == 0
    assert "gaps.csv: 214 of 3,000 cells are missing, and are modelled" in capsys.readouterr().err
    assert pl.read_csv("all.csv")["label"].null_count() == 0
    assert pl.read_csv("all.csv")["label"].equals(pl.read_csv("all_whole.csv")["label"])
    how = ["gaps.csv", "--missing", "drop"]
    assert main(["fit", *how, "-k", "2", "--stream", "--labels", "streamed.csv"]) == 0
    assert main(["fit", *how, "-k", "2", "--labels", "whole.csv"]) == 0
    streamed, whole = pl.read_csv("streamed.csv"), pl.read_csv("whole.csv")
    assert streamed["row"].equals(whole["row"])
    assert streamed["label"].null_count() == 1500 // 7
    assert streamed["label"].equals(whole["label"])


def test_selections_and_scores(folder, capsys):
    assert main(["select", "logs", "-k", "1:3", "--models", "EII,VVV", "--labels", "l.csv", "-o", "m.json"]) == 0
    assert pl.read_csv("l.csv").height == 1500
    capsys.readouterr()
    assert main(["score", "m.json", "logs"]) == 0
    streamed = capsys.readouterr().out
    folder.write_parquet("all.parquet")
    assert main(["score", "m.json", "all.parquet"]) == 0
    assert capsys.readouterr().out == streamed
    for target, data in (("s.csv", "logs"), ("w.csv", "all.parquet")):
        assert main(["score", "m.json", data, "-o", target]) == 0
    np.testing.assert_allclose(*(pl.read_csv(path)["loglik"] for path in ("s.csv", "w.csv")), rtol=1e-12)


def test_weights_are_those_of_a_column(folder, capsys):
    weighted = folder.with_columns(w=pl.int_range(pl.len()) % 3)
    weighted.write_parquet("w.parquet")
    how = ["w.parquet", "-k", "2", "--weights-column", "w", "--columns", "a,b", "--json"]
    assert main(["fit", *how]) == 0
    whole = capsys.readouterr().out
    assert main(["fit", *how, "--stream"]) == 0
    streamed = capsys.readouterr().out
    assert [line for line in whole.splitlines() if '"n_rows"' in line] == [
        line for line in streamed.splitlines() if '"n_rows"' in line
    ]


def test_what_only_whole_files_have_is_refused(folder, capsys):
    folder.write_csv("a.csv")
    assert main(["fit", "a.csv", "-k", "2", "--stream", "--decimal", ",", "--append", "--labels", "l.csv"]) == 2
    assert "--decimal, --append: this is for a single file that is read whole" in capsys.readouterr().err
    mixtura.fit(folder["a"], 2).save("one.json")
    assert main(["predict", "one.json", "logs", "-o", "l.ndjson", "--columns", "a"]) == 2
    assert "rows that are read in parts are written as CSV, TSV or Parquet" in capsys.readouterr().err
    assert main(["predict", "one.json", "logs", "--columns", "a,b"]) == 2
    assert "the model has 1 columns, 0.parquet and 2 more has 2; pass --columns" in capsys.readouterr().err
    assert not Path("l.ndjson").exists()


def test_numbers_with_marks_are_not_left_out_in_silence(folder, capsys):
    Path("shops").mkdir()
    for part in range(2):
        Path(f"shops/{part}.csv").write_text("price,days,town\n" + f'"1,{part}34.50",{part},X\n' * 3)
    Path("shops/README.txt").write_text("what this is")
    assert main(["fit", "shops", "-k", "1"]) == 2
    error = capsys.readouterr().err
    assert "0.csv, column \"price\": '1,034.50' is not a plain number" in error
    assert main(["fit", "shops", "-k", "1", "--exclude", "price"]) == 0
    assert main(["predict", "none.json", "shops", "--id", "days"]) == 2
    Path("one.csv").write_text("price,days\n" + '"1,234.50",3\n' * 3)
    assert main(["fit", "one.csv", "-k", "1", "--stream", "--id", "days"]) == 2
    assert (
        "--id: this is for a single file that is read whole; leave it out, or pass --no-stream"
        in capsys.readouterr().err
    )


def test_bad_rows_are_refused_or_left_out(folder, capsys):
    lines = folder.select("a", "b").write_csv().splitlines()
    good = [lines[0], *(line for i, line in enumerate(lines[1:]) if i % 400 != 7)]
    bad = ["a,b", *(line if i % 400 != 7 else ("oops,1", "1,2,3")[i % 800 > 400] for i, line in enumerate(lines[1:]))]
    Path("good.csv").write_text("\n".join(good))
    Path("bad.csv").write_text("\n".join(bad))
    assert main(["fit", "bad.csv", "-k", "2", "--stream"]) == 2
    assert capsys.readouterr().err == (
        'bad.csv, row 8, column "a": "oops" is not a number; row 408: 3 cells, where the header has 2 ("1,2,3"); row '
        '808, column "a": "oops" is not a number; row 1208: 3 cells, where the header has 2 ("1,2,3") (4 such rows in '
        "all); leave such rows out by bad_rows='drop' (--bad-rows drop)\n"
    )
    how = ["-k", "2", "--stream", "--labels"]
    assert main(["fit", "bad.csv", *how, "bad.labels.csv", "--bad-rows", "drop", "-o", "m.json"]) == 0
    shown = capsys.readouterr()
    first = 'bad.csv: left out 4 rows that cannot be read (row 8, column "a": "oops" is not a number)'
    assert f"note: {first}" in shown.err
    assert main(["fit", "good.csv", *how, "good.labels.csv"]) == 0
    ours, theirs = pl.read_csv("bad.labels.csv"), pl.read_csv("good.labels.csv")
    assert ours["row"].to_list() == list(range(1, 1501))
    assert ours.filter(pl.col("label").is_null())["row"].to_list() == [8, 408, 808, 1208]
    assert ours["label"].drop_nulls().equals(theirs["label"])
    assert main(["predict", "m.json", "bad.csv", "--stream", "--bad-rows", "drop", "-o", "p.csv"]) == 0
    assert pl.read_csv("p.csv")["label"].equals(ours["label"])
    capsys.readouterr()
    assert main(["fit", "bad.csv", "-k", "2", "--bad-rows", "drop"]) == 2
    assert (
        "--bad-rows drop: only files that are read in parts can do without rows; pass --stream, too"
        in capsys.readouterr().err
    )
    assert main(["fit", "bad.csv", "-k", "2", "--stream", "--bad-rows", "skip"]) == 2
    assert "--bad-rows is 'skip'; expected error or drop" in capsys.readouterr().err


def test_rows_that_are_printed_on_a_terminal_are_progress_enough(folder, capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("mixtura.cli.live.live_lines", lambda _, rows_are="": nullcontext(shown.append(rows_are)))
    monkeypatch.setattr("mixtura.cli.live.shows_on_terminal", lambda: True)
    mixtura.fit(folder.select("a", "b"), 2).save("m.json")
    assert main(["predict", "m.json", "logs"]) == 0
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["predict", "m.json", "logs"]) == 0
    assert main(["score", "m.json", "logs"]) == 0
    assert shown == ["reading: ", "writing: ", "reading: ", "reading: ", "scoring: "]
