"""What is held, equal proportions, noise and sizes in the scikit-learn layer and in the commands."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
import sklearn
from mixtura import GaussianMixture
from mixtura.cli import main


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_the_estimator_holds_what_init_gives(iris, kind, accelerate):
    means = np.array([iris[50 * j : 50 * j + 50].mean(axis=0) for j in range(3)]) + 0.05
    options = {"covariance_type": kind, "tol": 1e-9, "max_iter": 2000, "accelerate": accelerate, "random_state": 0}
    model = GaussianMixture(3, means_init=means, fixed="means", **options).fit(iris)
    np.testing.assert_array_equal(model.means_, means)
    assert (np.diff(model.lower_bounds_) >= -1e-9).all()
    free = GaussianMixture(3, means_init=means, **options).fit(iris)
    assert free.n_parameters_ - model.n_parameters_ == 12
    loglik = model.score(iris) * 150
    assert model.bic(iris) == pytest.approx(-2 * loglik + model.n_parameters_ * np.log(150))
    held = mixtura.fit(iris, start=model.mixture_, fixed="means", model=kind, tol=1e-9)
    assert loglik == pytest.approx(held.loglik, abs=0.05)  # both are at rest in the same place
    partly = GaussianMixture(3, means_init=means, fixed={"means": [1]}, **options).fit(iris)
    np.testing.assert_array_equal(partly.means_[1], means[1])
    assert (partly.means_[0] != means[0]).all()


def test_the_estimator_with_equal_weights(iris):
    model = GaussianMixture(3, equal_weights=True, random_state=0).fit(iris)
    np.testing.assert_allclose(model.weights_, 1 / 3)
    assert model.n_parameters_ == 42
    assert sklearn.clone(model).get_params()["equal_weights"] is True
    auto = GaussianMixture("auto", covariance_type="diag", equal_weights=True, random_state=0).fit(iris)
    np.testing.assert_allclose(auto.weights_, 1 / auto.n_components_)
    assert auto.bic(iris) == pytest.approx(auto.selection_.best.bic, rel=1e-9)


def test_an_estimator_of_before_counts_its_parameters(iris):
    model = GaussianMixture(2, random_state=0).fit(iris)
    before = model.bic(iris)
    del model.n_parameters_
    assert model.bic(iris) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fixed": "means"}, "give means_init"),
        ({"fixed": ["covariances", "weights"], "weights_init": [0.5, 0.5]}, "give precisions_init"),
        ({"fixed": "nothing"}, "expected some of"),
        ({"fixed": "weights", "weights_init": [0.5, 0.5], "equal_weights": True}, "leave one of them out"),
        ({"fixed": "means", "covariance_type": "auto"}, "where anything is 'auto'"),
    ],
)
def test_the_estimator_says_what_it_needs(iris, options, words):
    with pytest.raises(ValueError, match=words):
        GaussianMixture(2, **options).fit(iris)


@pytest.fixture
def files(iris, tmp_path, monkeypatch):
    """Rows with weights, and a model of them."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = np.concatenate([iris[:, 2:], rng.uniform([0, -1], [8, 4], size=(20, 2)).round(1)])
    weight = rng.integers(1, 4, size=len(rows))
    pl.DataFrame({"a": rows[:, 0], "b": rows[:, 1], "w": weight}).write_csv("rows.csv")
    fit = mixtura.fit(pl.DataFrame({"a": rows[:, 0], "b": rows[:, 1]}), 3, seed=0)
    Path("model.json").write_text(fit.mixture.to_json())
    return rows, weight, fit.mixture


def test_the_command_holds_what_the_model_file_has(files, capsys):
    rows, weight, mixture = files
    common = ["fit", "rows.csv", "--columns", "a,b", "--json"]
    assert main([*common, "--start", "model.json", "--fixed", "means,weights", "-o", "held.json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    held = mixtura.Mixture.from_json(Path("held.json").read_text())
    np.testing.assert_array_equal(held.means, mixture.means)
    assert shown["n_parameters"] == 9
    asked = ["-k", "2", "--equal-weights", "--noise", "0.1", "--noise-region", "hull", "--seed", "0"]
    sized = ["--weights-column", "w", "--weights-are", "sampling"]
    assert main([*common, *asked, *sized]) == 0
    shown = json.loads(capsys.readouterr().out)
    model = mixtura.Model(noise=mixtura.UniformNoise(0.1, region="hull"), equal_weights=True)
    fit = mixtura.fit(rows, 2, model=model, sample_weight=weight, weights_are="sampling", seed=0)
    assert shown["bic"] == pytest.approx(fit.bic)
    assert main([*common, "-k", "2", "--weights-are", "many"]) == 2
    assert "expected 'counts' or 'sampling'" in capsys.readouterr().err
    assert main([*common, "-k", "2", "--fixed", "means"]) == 2
    assert "the start does not give them" in capsys.readouterr().err


def test_the_command_selects_beside_noise(files, capsys):
    rows, *_ = files
    asked = ["--noise", "auto", "--noise-region", "hull", "--equal-weights", "--seed", "0"]
    assert main(["select", "rows.csv", "--columns", "a,b", "-k", "1:3", "--models", "EEE,VVV", "--json", *asked]) == 0
    shown = json.loads(capsys.readouterr().out)
    options = {"noise": mixtura.UniformNoise(region="hull"), "equal_weights": True, "seed": 0}
    chosen = mixtura.select(rows, range(1, 4), models=["EEE", "VVV"], **options)
    assert [row["bic"] for row in shown["table"]] == pytest.approx([row["bic"] for row in chosen.records()])
