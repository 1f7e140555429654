"""A model file says what was fitted and how, and the commands that read it fit the same again."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura import EM, DataError, EigenvalueRatio, Mixture, Model, UniformNoise
from mixtura.cli import main

ROWS = np.random.default_rng(0).normal(size=(150, 2)) + np.repeat([[0, 0], [7, 0], [0, 7]], 50, axis=0)
SPECIES = np.repeat([0, 1, 2], 50)
MODELS = {
    "constraint": Model("VVV", EigenvalueRatio(1.5)),
    "prior": Model("VEE", prior="conjugate"),
    "noise": Model("EEE", noise=UniformNoise(0.1, region="hull")),
    "trim": Model("VVV", trim=0.1),
    "held": Model("VVV", fixed={"means": [0]}),
    "equal": Model("EEV", equal_weights=True),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame(ROWS, ["a", "b"]).write_csv("rows.csv")
    return tmp_path


@pytest.fixture
def fitted(monkeypatch):
    """Every fit that `mixtura.fit` makes."""
    monkeypatch.setattr("mixtura.cli.fit.draw_replay", lambda *_, **__: None)
    fits, real = [], mixtura.fit

    def fit(*args, **options):
        fits.append(real(*args, **options))
        return fits[-1]

    monkeypatch.setattr("mixtura.fit", fit)
    return fits


@pytest.mark.parametrize("name", MODELS)
def test_a_model_file_has_the_mixture_the_model_and_em(name):
    em = EM(tol=1e-8, floor=1e-6, stop=["loglik", "parameters"], on_interrupt="keep")
    fit = mixtura.fit(ROWS, model=MODELS[name], start=SPECIES, em=em)
    text = fit.to_json()
    assert Mixture.from_json(text).to_json() == fit.mixture.to_json()
    assert Model.from_json(text) == fit.model == MODELS[name]
    assert EM.from_json(text) == replace(em, on_interrupt=None)


def test_a_file_of_a_mixture_alone_says_so():
    text = Mixture([1.0], [[0.0]], [[[1.0]]]).to_json()
    for kind in (Model, EM):
        with pytest.raises(DataError, match=r"it does not say what was fitted; Fit\.to_json writes it"):
            kind.from_json(text)
    spoilt = json.loads(mixtura.fit(ROWS, 1).to_json())
    for part, value in (("model", {"name": "VVV"}), ("model", [1]), ("em", {"tol": -1}), ("em", {"speed": 1})):
        with pytest.raises(DataError, match=f'not a valid model file: "{part}" cannot be read'):
            {"model": Model, "em": EM}[part].from_json(json.dumps(spoilt | {part: value}))


@pytest.mark.parametrize("name", MODELS)
def test_commands_repeat_what_was_fitted(name, folder, fitted, capsys):
    start = mixtura.fit(pl.read_csv("rows.csv"), model=MODELS[name], start=SPECIES, em=EM(accelerate=False, floor=1e-6))
    Path("model.json").write_text(start.to_json())
    fitted.clear()
    for command in (["fit"], ["replay", "-o", "em.gif"], ["bootstrap", "-n", "2"]):
        assert main([command[0], "rows.csv", "--start", "model.json", *command[1:]]) == 0, capsys.readouterr().err
        assert fitted[-1].model == start.model
        assert replace(fitted[-1].em, on_interrupt=None) == start.em
    assert fitted[-1].loglik >= start.loglik - 1e-9


def test_an_option_beside_the_file_counts(folder, fitted, capsys):
    model = Model("VVV", EigenvalueRatio(2), equal_weights=True, trim=0.1)
    start = mixtura.fit(pl.read_csv("rows.csv"), model=model, start=SPECIES, em=EM(tol=1e-5))
    Path("model.json").write_text(start.to_json())
    told = ["--model", "VVI", "--trim", "0", "--eigenvalue-ratio", "3", "--max-iter", "7"]
    assert main(["fit", "rows.csv", "--start", "model.json", *told, "--output", "other.json"]) == 0
    expected = Model("VVI", EigenvalueRatio(3), equal_weights=True)
    assert fitted[-1].model == expected == Model.from_json(Path("other.json").read_text())
    assert fitted[-1].em == EM(tol=1e-5, max_iter=7, on_interrupt="keep")
    assert main(["fit", "rows.csv", "--start", "model.json", "--model", "VVV", "--trim", "0"]) == 0
    assert fitted[-1].model == replace(model, trim=0.0)


def test_a_model_file_is_a_model(folder, fitted, capsys):
    """``--model model.json`` fits the same model from any start, and tests it."""
    model, em = Model("VEE", equal_weights=True), EM(stop="parameters", tol=1e-4)
    start = mixtura.fit(pl.read_csv("rows.csv"), model=model, start=SPECIES, em=em)
    Path("model.json").write_text(start.to_json())
    assert main(["fit", "rows.csv", "-k", "2", "--model", "model.json", "--start", "kmeans", "--seed", "0"]) == 0
    assert (fitted[-1].model, fitted[-1].em) == (model, replace(em, on_interrupt="keep"))
    capsys.readouterr()
    assert main(["test", "rows.csv", "-k", "1", "--model", "model.json", "-n", "9", "--seed", "0", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (expected,) = mixtura.likelihood_ratio_tests(pl.read_csv("rows.csv"), [1], 9, model=model, em=em, seed=0)
    assert shown["tests"] == expected.records()
    Path("plain.json").write_text(start.mixture.to_json())
    assert main(["fit", "rows.csv", "--start", "plain.json"]) == 0
    assert fitted[-1].model == Model("VVV")
    assert main(["fit", "rows.csv", "-k", "2", "--model", "plain.json"]) == 2
    assert "plain.json: the file has no model" in capsys.readouterr().err
    assert main(["fit", "rows.csv", "-k", "2", "--model", "VXV"]) == 2
    assert "model is 'VXV'; expected one of EII" in capsys.readouterr().err


def test_a_selection_writes_the_model_of_its_best(folder, capsys):
    how = ["-k", "3", "--models", "EEE", "--prior", "conjugate", "--seed", "0"]
    assert main(["select", "rows.csv", *how, "--output", "best.json"]) == 0
    assert Model.from_json(Path("best.json").read_text()) == Model("EEE", prior="conjugate")
