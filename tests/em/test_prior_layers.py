"""Priors and bounds in the scikit-learn layer and in the commands."""

import json

import numpy as np
import polars as pl
import pytest

import mixtura
import sklearn
from mixtura import ConjugatePrior, GaussianMixture
from mixtura.cli import main


def eigenvalues(model):
    return np.linalg.eigvalsh(model.mixture_.covariances.dense())


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_the_estimator_with_a_prior(iris, kind):
    options = {"covariance_type": kind, "tol": 1e-10, "max_iter": 5000, "reg_covar": 0, "random_state": 0}
    model = GaussianMixture(3, prior="conjugate", **options).fit(iris)
    assert (np.diff(model.lower_bounds_) >= -1e-12).all()
    fit = mixtura.fit(
        iris, start=model.mixture_, model=kind, prior="conjugate", tol=1e-12, em=mixtura.EM(accelerate=False)
    )
    assert fit.loglik == pytest.approx(150 * model.score(iris), abs=0.01)
    assert model.lower_bound_ * 150 == pytest.approx(fit.loglik + fit.log_prior, abs=0.01)
    assert model.score(iris) < GaussianMixture(3, means_init=model.means_, **options).fit(iris).score(iris)
    again = sklearn.clone(GaussianMixture(2, prior=ConjugatePrior(shrinkage=2.0)))
    assert again.prior.shrinkage == 2


def test_the_estimator_with_bounds(iris):
    options = {"random_state": 0, "reg_covar": 0, "max_iter": 1000}
    values = eigenvalues(GaussianMixture(3, constraint=mixtura.EigenvalueRatio(8), **options).fit(iris))
    assert values.max() <= 8 * values.min() * (1 + 1e-9)
    values = eigenvalues(GaussianMixture(3, constraint=mixtura.DeterminantRatio(2, 5), **options).fit(iris))
    assert np.ptp(np.log(values).sum(axis=1)) <= np.log(2) + 1e-9
    assert (values.max(axis=1) <= 5 * values.min(axis=1) * (1 + 1e-9)).all()
    auto = GaussianMixture(
        3, covariance_type="auto", constraint=mixtura.EigenvalueRatio(8), prior="conjugate", random_state=0
    )
    auto.fit(iris[::3])
    assert "VEV" not in auto.selection_.models
    assert eigenvalues(auto).max() <= 8 * eigenvalues(auto).min() * (1 + 1e-9)
    for wrong in ({"constraint": 0.5}, {"prior": "flat"}):
        with pytest.raises(ValueError, match=r"constraint|prior"):
            GaussianMixture(3, **wrong).fit(iris)


@pytest.fixture
def file(iris, tmp_path):
    path = tmp_path / "iris.csv"
    pl.DataFrame({name: iris[:, j] for j, name in enumerate("abcd")}).write_csv(path)
    return str(path)


def said(capsys, *words):
    assert main(list(words)) == 0
    return json.loads(capsys.readouterr().out)


def test_the_commands(file, iris, capsys):
    start = ["--start", "kmeans", "--seed", "0", "--json"]
    found = said(capsys, "fit", file, "-k", "3", "--prior", "conjugate", *start)
    fit = mixtura.fit(iris, 3, prior="conjugate", start="kmeans", seed=0)
    assert (found["loglik"], found["log_prior"]) == pytest.approx((fit.loglik, fit.log_prior))
    found = said(capsys, "fit", file, "-k", "3", "--determinant-ratio", "2", "--shape-ratio", "9", *start)
    fit = mixtura.fit(iris, 3, model=mixtura.Model(constraint=mixtura.DeterminantRatio(2, 9)), start="kmeans", seed=0)
    assert found["loglik"] == pytest.approx(fit.loglik)
    asked = ["--models", "all", "--eigenvalue-ratio", "9", "--prior", "conjugate", "--max-iter", "20"]
    found = said(capsys, "select", file, "-k", "2", *asked, *start)
    assert {row["model"] for row in found["table"]} == {"EII", "VII", "EEI", "VVI", "EEE", "VVE", "EEV", "VVV"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--prior", "flat"], "prior is 'flat'; expected None, 'conjugate'"),
        (["--eigenvalue-ratio", "0.5"], "--eigenvalue-ratio is 0.5; expected a number that is at least 1"),
        (["--eigenvalue-ratio", "5", "--model", "VEV"], "model VEV has no exact M-step under this constraint"),
    ],
)
def test_what_the_command_refuses(file, capsys, options, words):
    assert main(["fit", file, "-k", "2", *options]) == 2
    assert words in capsys.readouterr().err
