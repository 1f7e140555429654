"""Comparisons of two models: criteria, held-out log-likelihood, agreement of labels; and the command."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score, confusion_matrix

import mixtura
from mixtura import DataError, ParameterError
from mixtura.cli import main


@pytest.fixture(scope="module")
def two(iris):
    return mixtura.fit(iris, 3, noise=0.05), mixtura.fit(iris, 2, model="EEE")


def test_criteria_and_agreement(iris, two):
    found = mixtura.compare(*two, iris)
    for fit, one in zip(two, found.assessments, strict=True):
        assert (one.loglik, one.bic, one.icl) == pytest.approx((fit.loglik, fit.bic, fit.icl))
    labels = [fit.predict(iris) for fit in two]
    assert found.adjusted_rand_index == pytest.approx(adjusted_rand_score(*labels))
    numbered = np.where(labels[0] < 0, 3, labels[0])
    assert found.counts.tolist() == confusion_matrix(numbered, labels[1], labels=range(4))[:, :2].tolist()
    assert found.labels == ([0, 1, 2, -1], [0, 1])
    assert [row["bic"] for row in found.records()] == pytest.approx([fit.bic for fit in two])
    assert "adjusted Rand index" in found._repr_html_()


def test_rows_that_are_left_out(iris, two):
    found = mixtura.compare(*two, iris)
    for held, one in zip(found.held_out, found.assessments, strict=True):
        assert one.mean - 1 < held < one.mean
    half = mixtura.fit(iris[::2], 2)
    other = mixtura.compare(half, half.mixture, iris[1::2])
    assert other.held_out[0] == pytest.approx(half.mixture.logpdf(iris[1::2]).mean())
    assert math.isnan(other.held_out[1])
    known = mixtura.fit(iris, 2, known_labels=[0] * 20 + [-1] * 110 + [1] * 20)
    assert math.isnan(mixtura.compare(known, half, iris).held_out[0])
    weight = np.arange(len(iris)) % 3 + 1
    weighted = mixtura.fit(iris, 2, sample_weight=weight)
    repeated = mixtura.fit(np.repeat(iris, weight, axis=0), start=weighted.mixture)
    pair = [
        mixtura.compare(weighted, weighted, iris, weight),
        mixtura.compare(repeated, repeated, np.repeat(iris, weight, axis=0)),
    ]
    assert pair[0].assessments[0].loglik == pytest.approx(pair[1].assessments[0].loglik)


def test_all_kinds_of_models_are_taken(iris, two):
    ours = mixtura.GaussianMixture(2, covariance_type="tied", random_state=0).fit(iris)
    for covariance_type in ("full", "tied", "diag", "spherical"):
        sklearn_mixture = pytest.importorskip("sklearn.mixture")
        model = sklearn_mixture.GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(iris)
        (first, _) = mixtura.compare(model, ours, iris).assessments
        assert first.mean == pytest.approx(model.score(iris))
    chosen = mixtura.select(iris, [2], models=["EEE"])
    assert mixtura.compare(chosen, two[1].mixture, iris).adjusted_rand_index == 1
    for wrong, shown in (([1], r"\[1\]"), (mixtura.GaussianMixture(2), "an estimator that is not fitted")):
        with pytest.raises(
            ParameterError, match=f"second is {shown}.*expected a Fit, a Mixture, a Selection or a fitted"
        ):
            mixtura.compare(two[0], wrong, iris)
    with pytest.raises(ParameterError, match="the models have 4 and 2 columns; expected models of the same columns"):
        mixtura.compare(two[0], mixtura.fit(iris[:, :2], 2), iris)


def test_one_cluster_agrees_with_itself(iris):
    one = mixtura.fit(iris, 1)
    assert mixtura.compare(one, one, iris).adjusted_rand_index == 1


def test_the_command(iris, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame(iris, schema=list("abcd")).write_csv("iris.csv")
    for k in (2, 3):
        assert main(["fit", "iris.csv", "-k", str(k), "-o", f"m{k}.json", "--json"]) == 0
    assert main(["name", "m2.json", "big", "small"]) == 0
    fits = [mixtura.Fit.from_json(Path(f"m{k}.json").read_text()) for k in (2, 3)]
    found = mixtura.compare(*fits, pl.read_csv("iris.csv"))
    capsys.readouterr()
    assert main(["compare", "m2.json", "m3.json", "iris.csv"]) == 0
    shown = capsys.readouterr().out
    for text in (f"{fits[0].bic:.4f}", f"{found.held_out[1]:.6f}", "big", f"index {found.adjusted_rand_index:.4f}"):
        assert text in shown
    assert main(["compare", "m2.json", "m3.json", "iris.csv", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["counts"] == found.counts.tolist()
    assert values["labels"] == [["big", "small"], [0, 1, 2]]


def test_fits_come_back_whole(iris, tmp_path):
    fit = mixtura.fit(iris, 1, n_init=2, trim=0.05, sample_weight=np.full(len(iris), 0.5)).named("a")
    fit.save(tmp_path / "m.json")
    again = mixtura.load(tmp_path / "m.json")
    assert again.to_json() == fit.to_json()
    assert again.summary() == fit.summary()
    assert (again.starts, again.trace, again.cutoff, again.data) == (fit.starts, fit.trace, fit.cutoff, fit.data)
    fit.mixture.named("x")
    (tmp_path / "n.json").write_text(fit.mixture.to_json())
    assert isinstance(mixtura.load(str(tmp_path / "n.json")), mixtura.Mixture)
    broken = fit.to_json().replace('"best_start": 0', '"best_start": 9').replace('"best_start": 1', '"best_start": 9')
    with pytest.raises(DataError, match=r'"fit" cannot be read .*best_start is 9, of 2 starts'):
        mixtura.Fit.from_json(broken)
    with pytest.raises(DataError, match=r"component_names are .* expected 1 different strings"):
        fit.named("one", "too many")


@pytest.mark.filterwarnings("ignore")
def test_the_fingerprint_is_that_of_the_rows_alone(iris):
    ways = [
        {},
        {"noise": 0.05},
        {"trim": 0.1},
        {"prior": "conjugate"},
        {"model": "EII"},
        {"known_labels": np.arange(150) % 3},
    ]
    rows = [iris, np.asfortranarray(iris), iris.tolist(), pl.DataFrame(iris, schema=list("abcd"))]
    found = {
        mixtura.fit(X, 3, max_iter=1, threads=t, **way).data.fingerprint for X in rows for t in (1, 3) for way in ways
    }
    assert len(found) == 1
    others = [iris[:-1], iris[::-1][:149], iris + 1e-3, iris * 2, iris[:, ::-1]]
    assert len(found | {mixtura.fit(X, 3, max_iter=1).data.fingerprint for X in others}) == 6
    centred = iris - iris.mean(axis=0)
    assert mixtura.fit(centred, 2).data.fingerprint == mixtura.fit(centred[::-1], 2).data.fingerprint


def test_the_time_of_a_fit_can_be_told(iris, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    one, two = (mixtura.fit(iris, 2) for _ in range(2))
    assert one.data.time == "1970-01-02 00:00 UTC"
    assert one.to_json() == two.to_json()


@pytest.mark.parametrize("weight", [None, [1, 1, 1, 1, *[0] * 30]])
def test_without_a_row_in_each_fold_nothing_is_held_out(weight):
    values = np.append(np.arange(4.0), np.zeros(0 if weight is None else 30))
    fit = mixtura.fit(values, 1, sample_weight=weight)
    found = mixtura.compare(fit, fit, values, weight)
    assert all(map(math.isnan, found.held_out))
    assert found.assessments[0].loglik == pytest.approx(fit.loglik)
