"""Tables that commands write: no cell is a formula, and no column is lost."""

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.cli import main
from mixtura.cli.files import table_text, write_table
from mixtura.data.tables import Reading, read, read_as

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "'=1", "＝1", '=HYPERLINK("http://x")']
HARMLESS = ["a", "-1", "+1.5e3", "'a'", "a=b", "1-1", ""]


@pytest.fixture
def named(tmp_path, monkeypatch):
    """Write a mixture of two components with these names of components and columns, and noise."""
    monkeypatch.chdir(tmp_path)

    def write(columns=("a", "b"), components=None):
        mixture = mixtura.Mixture(
            *([0.4, 0.4], [[0.0, 0.0], [5.0, 6.0]], np.ones((2, 2)), columns, components),
            noise=mixtura.Noise(0.2, [-9.0, -9.0], [9.0, 9.0]),
        )
        Path("model.json").write_text(mixture.to_json())
        rows, _ = mixture.sample(40, seed=0)
        write_table("rows.csv", dict(zip(columns, rows.T.tolist(), strict=True)))
        return mixture

    return write


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_no_cell_of_text_is_a_formula(name, tmp_path):
    path = str(tmp_path / name)
    columns = {cell: [index] for index, cell in enumerate(FORMULAS)}
    write_table(path, {**columns, "text": FORMULAS[:1], "none": [None], "number": [-1.0]})
    delimiter = "," if name == "t.csv" else "\t"
    head, cells = csv.reader(Path(path).read_text().splitlines(), delimiter=delimiter)
    assert head == [*(f"'{formula}" for formula in FORMULAS), "text", "none", "number"]
    assert cells[-3:] == ["'=1+1", "", "-1.0"]
    assert read(path, columns=FORMULAS[:4]).columns == tuple(FORMULAS[:4])


def test_what_is_no_formula_stays_as_it_is():
    assert table_text({"text": HARMLESS}) == pl.DataFrame({"text": HARMLESS}).write_csv()


@pytest.mark.parametrize("name", ["t.parquet", "t.ndjson"])
def test_other_formats_have_no_formulas(name, tmp_path):
    path = str(tmp_path / name)
    write_table(path, {"=a": ["=1"]})
    read = pl.read_parquet if name == "t.parquet" else pl.read_ndjson
    assert read(path).to_dict(as_series=False) == {"=a": ["=1"]}


def test_names_that_look_like_formulas_come_back(named, capsys):
    mixture = named(("=a", "'+b"), ("-one", "@two"))
    assert main(["predict", "model.json", "rows.csv", "--proba", "-o", "p.csv"]) == 0
    rows = list(csv.reader(Path("p.csv").read_text().splitlines()))
    assert rows[0] == ["row", "label", "probability", "uncertainty", "outlier", "p_-one", "p_@two", "p_noise"]
    assert {row[1] for row in rows[1:]} == {"'-one", "'@two", "noise"}
    assert main(["sample", "model.json", "-n", "9", "--seed", "0"]) == 0
    Path("sample.csv").write_text(capsys.readouterr().out)
    assert Path("sample.csv").read_text().startswith("'=a,''+b\n")
    table = read("sample.csv")
    assert table.columns == ("=a", "'+b")
    assert table.rows.tolist() == mixture.sample(9, seed=0)[0].tolist()


def test_classes_that_look_like_formulas_come_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).normal(size=40)
    rows[:20] += 9
    write_table("d.csv", {"x": rows.tolist(), "class": ["=a"] * 20 + ["b"] * 20})
    assert main(["classify", "d.csv", "--classes", "class", "--labels", "l.csv", "--proba"]) == 0
    assert pl.read_csv("l.csv").columns == ["row", "label", "probability", "uncertainty", "p_=a", "p_b"]
    assert read_as("l.csv", Reading(["p_b"]), labels_column="label").labels.tolist() == ["=a"] * 20 + ["b"] * 20


def test_a_column_called_label_is_not_lost(named, capsys):
    mixture = named(("label", "label_2"))
    assert main(["sample", "model.json", "-n", "5", "--labels", "--seed", "0"]) == 0
    table = pl.read_csv(capsys.readouterr().out.encode())
    assert table.columns == ["label", "label_2", "label_3"]
    assert table.select("label", "label_2").to_numpy().tolist() == mixture.sample(5, seed=0)[0].tolist()


def test_a_component_called_noise_is_not_the_noise(named, capsys):
    mixture = named(("a", "b"), ("noise", "other"))
    assert main(["predict", "model.json", "rows.csv", "--proba"]) == 0
    table = pl.read_csv(capsys.readouterr().out.encode())
    assert table.columns[5:] == ["p_noise", "p_other", "p_noise_2"]
    rows = pl.read_csv("rows.csv").to_numpy()
    assert table.select("p_noise", "p_other", "p_noise_2").to_numpy().tolist() == mixture.posterior(rows).tolist()
    assert main(["describe", "model.json"]) == 0
    assert capsys.readouterr().out.splitlines()[2].split() == ["component", "noise", "other", "noise_2"]


def test_columns_called_as_those_of_a_table_are_not_lost(named, capsys):
    named(("proportion", "proportion_2"))
    assert main(["reduce", "model.json", "--json"]) == 0
    (row, *_) = json.loads(capsys.readouterr().out)["directions"]
    assert list(row) == ["direction", "eigenvalue", "proportion", "proportion_3", "proportion_2"]
    assert main(["reduce", "model.json", "--table", "t.csv"]) == 0
    assert pl.read_csv("t.csv").columns == list(row)
    assert "proportion_3" in capsys.readouterr().out
