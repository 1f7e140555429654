"""Confusion tables, cross-validation of classes, saved classifiers, and their commands."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import StratifiedKFold

import mixtura
from mixtura import Confusion, DataError, Discriminant
from mixtura.cli import main

NAMES = np.array(["setosa", "versicolor", "virginica"])
SPECIES = NAMES[load_iris().target]


@pytest.fixture(scope="module")
def found(iris):
    return mixtura.discriminant(iris, SPECIES)


def test_confusion_counts_rows_by_class_and_predicted_class(iris, found):
    table = found.confusion(iris, SPECIES)
    assert table.counts.tolist() == confusion_matrix(SPECIES, found.predict(iris)).tolist()
    assert table.error == pytest.approx(found.error(iris, SPECIES))
    weight = np.arange(len(iris)) % 4
    weighted = found.confusion(iris, SPECIES, weight)
    assert weighted.counts.tolist() == confusion_matrix(SPECIES, found.predict(iris), sample_weight=weight).tolist()
    some = np.where(np.arange(len(iris)) % 2, SPECIES, None)
    assert found.confusion(iris, some).counts.sum() == 75
    strange = np.where(np.arange(len(iris)) < 30, "rose", SPECIES)  # no class of the fit: always wrong
    assert found.error(iris, strange) == pytest.approx(np.mean(found.predict(iris) != strange))
    assert found.confusion(iris, strange).others == 30
    assert [list(row) for row in table.records()] == [["class", *NAMES]] * 3
    assert "error" in table._repr_html_()
    assert math.isnan(Confusion(NAMES, np.zeros((3, 3))).error)


def test_cross_validation_is_refitting_without_the_fold(iris, found):
    held = mixtura.cross_validate_classes(found, iris, SPECIES, 5)
    assert held.counts.sum(axis=1).tolist() == [50, 50, 50]
    errors = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(iris, SPECIES):
        again = mixtura.discriminant(iris[train], SPECIES[train], models=[found.models[0]])
        errors.append(again.error(iris[test], SPECIES[test]))
    assert held.error == pytest.approx(np.mean(errors), abs=0.03)
    every = mixtura.cross_validate_classes(found, iris, SPECIES, 50)  # as many folds as a class has rows
    assert abs(every.error - held.error) < 0.03
    weighted = mixtura.cross_validate_classes(found, iris, SPECIES, 5, sample_weight=np.full(len(iris), 2.0))
    assert weighted.counts.sum() == 300


def test_mixtures_of_classes_are_refitted_as_they_are(iris):
    several = mixtura.discriminant(iris, SPECIES, range(1, 3), models=["EEE", "VVI"])
    held = mixtura.cross_validate_classes(several, iris, SPECIES, 5)
    assert 0 < held.error < 0.1
    with pytest.raises(DataError, match="class 'setosa' has one row; cross-validation needs at least two of each"):
        mixtura.cross_validate_classes(several, iris[49:], SPECIES[49:])


def test_classifiers_come_back(iris, found, tmp_path):
    found.save(tmp_path / "c.json")
    again = mixtura.load(tmp_path / "c.json")
    assert isinstance(again, Discriminant)
    assert again.to_json() == found.to_json()
    assert again.predict(iris).tolist() == found.predict(iris).tolist()
    numbers = mixtura.discriminant(iris, load_iris().target, models=["EEE"])
    assert Discriminant.from_json(numbers.to_json()).predict(iris).tolist() == numbers.predict(iris).tolist()
    plain = json.loads(found.to_json())
    for name, value, message in (
        ("version", 9, "expected 'mixtura.classifier' of version 1"),
        ("priors", [1.0], "there are 3 classes, 1 priors"),
        ("loglik", None, "None is no float"),
        ("mixtures", [], "IndexError"),
        ("mixtures", [{}], "not a model file"),
    ):
        with pytest.raises(DataError, match=message):
            Discriminant.from_json(json.dumps(plain | {name: value}))
    for text in ("", "[]", "1", '{"a": 1}', "[" * 100_000):
        with pytest.raises(DataError, match="not a saved classifier"):
            Discriminant.from_json(text)


def test_selections_and_mixtures_are_loaded_too(iris, tmp_path):
    chosen = mixtura.select(iris, [2], models=["EEE"])
    for name, content, kind in (("s.json", chosen.to_json(), mixtura.Selection), ("x.json", "1", None)):
        (tmp_path / name).write_text(content)
        if kind:
            assert isinstance(mixtura.load(tmp_path / name), kind)
        else:
            with pytest.raises(DataError, match=r"x\.json: not a model file"):
                mixtura.load(tmp_path / name)
    (tmp_path / "y.json").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"y\.json: not a model file: it is not text"):
        mixtura.load(tmp_path / "y.json")


def test_the_command_saves_what_predict_takes(iris, found, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = pl.DataFrame(iris, schema=list("abcd")).with_columns(species=pl.Series(SPECIES), id=pl.int_range(150))
    table.write_csv("iris.csv")
    options = ["--classes", "species", "--exclude", "id", "--output", "c.json"]
    assert main(["classify", "iris.csv", *options, "--labels", "l.csv", "--id", "id"]) == 0
    shown = capsys.readouterr().out
    held = mixtura.cross_validate_classes(found, iris, SPECIES)
    assert f"cross-validated error        {held.error:.4f}" in shown
    assert "(rows of each class, in lines, by predicted class: cross-validated error)" in shown
    assert main(["predict", "c.json", "iris.csv", "--proba", "--id", "id", "-o", "p.csv"]) == 0
    predicted = pl.read_csv("p.csv")
    assert predicted.columns == ["row", "id", "label", "probability", "uncertainty", *(f"p_{name}" for name in NAMES)]
    assert predicted["label"].to_list() == found.predict(iris).tolist() == pl.read_csv("l.csv")["label"].to_list()
    np.testing.assert_allclose(predicted["probability"], found.posterior(iris).max(axis=1))
    assert main(["classify", "iris.csv", "iris.csv", *options[:4], "--folds", "0", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert list(values["errors"]) == ["training error", "error on NEW"]
    assert values["confusions"]["error on NEW"] == found.confusion(iris, SPECIES).counts.tolist()
    Path("c.json").write_text(Path("c.json").read_text().replace("priors", "prior"))
    assert main(["predict", "c.json", "iris.csv"]) == 2
    assert "c.json: not a saved classifier (KeyError: 'priors')" in capsys.readouterr().err
    Path("c.json").write_text(found.to_json(), encoding="utf-16")
    assert main(["predict", "c.json", "iris.csv"]) == 2
    assert capsys.readouterr().err == "c.json: not a classifier: it is not text in UTF-8\n"


def test_a_class_called_class_keeps_its_column():
    table = Confusion.of(np.array(["class", "other"]), ["class", "other"], ["other", "other"])
    wanted = [{"class": "class", "class_2": 0.0, "other": 1.0}, {"class": "other", "class_2": 0.0, "other": 1.0}]
    assert table.records() == wanted


def test_cross_validation_needs_rows_of_all_classes(iris, found):
    with pytest.raises(mixtura.DataError, match=f"y has no row of class '{NAMES[2]}'; pass the rows of all classes"):
        mixtura.cross_validate_classes(found, iris[:100], SPECIES[:100], 5)


def test_cross_validation_is_told_what_weights_are():
    rng = np.random.default_rng(0)
    rows, classes = np.concatenate([rng.normal(0, 1, 30), rng.normal(3, 1, 30)]), np.repeat(["a", "b"], 30)
    weights = rng.integers(1, 4, 60) / 2
    found = mixtura.discriminant(rows, classes, models=["E"], sample_weight=weights, weights_are="counts")
    counted = mixtura.cross_validate_classes(found, rows, classes, 3, sample_weight=weights, weights_are="counts")
    assert counted.n_rows == pytest.approx(weights.sum())
    sampled = mixtura.cross_validate_classes(found, rows, classes, 3, sample_weight=weights)
    assert sampled.n_rows == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    assert sampled.error == pytest.approx(counted.error)
    with pytest.raises(mixtura.ParameterError, match="weights_are is 'x'"):
        mixtura.cross_validate_classes(found, rows, classes, sample_weight=weights, weights_are="x")
