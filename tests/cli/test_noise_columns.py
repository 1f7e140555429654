"""Columns of standard deviations of errors, in files and on the command line."""

import json

import numpy as np
import pytest

import mixtura
from mixtura import DataError, Measured, ParameterError
from mixtura.cli import main
from mixtura.data.tables import Table

RNG = np.random.default_rng(0)
DEVIATIONS = np.sqrt(RNG.gamma(1.0, 0.5, size=(200, 2)))
ROWS = np.repeat([[0.0, 0.0], [6.0, 3.0]], 100, axis=0) + RNG.normal(size=(200, 2)) * np.hypot(0.3, DEVIATIONS)


@pytest.fixture
def stars(tmp_path):
    """A file of 200 rows and the deviations of their errors."""
    path = tmp_path / "stars.csv"
    cells = np.hstack([ROWS, DEVIATIONS, np.ones((200, 1))])
    np.savetxt(path, cells, delimiter=",", header="u,v,u_error,v_error,w", comments="", fmt="%.17g")
    return path


def run(capsys, *arguments):
    """What a command prints to standard output; it must end well."""
    assert main([*map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_table_has_the_errors_of_its_rows(stars):
    table = mixtura.read(stars, noise_columns=["u_error", "v_error"], weights_column="w")
    assert table.columns == ("u", "v")
    fit = mixtura.fit(table, 2)
    assert fit.trace == mixtura.fit(Measured(ROWS, DEVIATIONS**2), 2, sample_weight=np.ones(200)).trace
    assert mixtura.assess(fit, table).loglik == pytest.approx(fit.loglik)
    # A model with its columns in another order finds the errors of each.
    turned = fit.mixture.marginal(["v", "u"])
    np.testing.assert_allclose(turned.logpdf(table), fit.mixture.logpdf(table), rtol=1e-12)
    assert mixtura.assess(turned, table).loglik == pytest.approx(fit.loglik)
    assert isinstance(table.select(["v"]), Table)
    assert table.select(["v"]).noise_variance.shape == (200, 1)
    with pytest.raises(ParameterError, match="the table has columns of its errors"):
        mixtura.fit(table, 2, noise_covariance=1.0)
    with pytest.raises(ParameterError, match="errors of measurement"):
        mixtura.likelihood_ratio_tests(table, 2)


def test_as_many_rows_as_columns(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("a,b,sa,sb\n1,2,0.5,0.5\n3,5,1,2\n", encoding="utf-8")
    table = mixtura.read(path, noise_columns=["sa", "sb"])
    mixture = mixtura.Mixture([1.0], [[2.0, 3.0]], np.eye(2)[None])
    both = mixture.logpdf(Measured(table.rows, np.array([np.diag([0.25, 0.25]), np.diag([1.0, 4.0])])))
    np.testing.assert_allclose(mixture.logpdf(table), both, rtol=1e-12)


def test_missing_cells_and_bad_deviations(tmp_path):
    path = tmp_path / "holes.csv"
    path.write_text("a,s\n1,0.5\n,0.5\n3,1\n2,\n", encoding="utf-8")
    with pytest.raises(DataError, match='row 4, column "s": missing; expected the standard deviation'):
        mixtura.read(path, noise_columns=["s"], missing="model")
    assert len(mixtura.read(path, noise_columns=["s"], missing="drop").rows) == 2
    path.write_text("a,b,s,t\n1,2,0.5,1\n,3,,1\n", encoding="utf-8")
    table = mixtura.read(path, noise_columns=["s", "t"], missing="model")
    assert table.noise_variance.tolist() == [[0.25, 1.0], [0.0, 1.0]]
    path.write_text("a,s\n1,0.5\n3,-1\n", encoding="utf-8")
    with pytest.raises(DataError, match='row 2, column "s": -1; expected the standard deviation of an error, 0 or'):
        mixtura.read(path, noise_columns=["s"])
    with pytest.raises(ParameterError, match="noise_columns is 's'; expected a list"):
        mixtura.read(path, noise_columns="s")


def test_commands_take_them(stars, tmp_path, capsys):
    noise = ("--noise-columns", "u_error,v_error", "--exclude", "w")
    model, labels = tmp_path / "stars.json", tmp_path / "labels.csv"
    printed = run(capsys, "fit", stars, "-k", 2, *noise, "--output", model, "--labels", labels, "--json")
    own = mixtura.fit(Measured(ROWS, DEVIATIONS**2), 2)
    assert json.loads(printed)["loglik"] == pytest.approx(own.loglik, rel=1e-9)
    predicted = run(capsys, "predict", model, stars, *noise)
    assert predicted == labels.read_text(encoding="utf-8")
    assert "true" not in predicted  # a row with large errors is no outlier
    scored = json.loads(run(capsys, "score", model, stars, *noise, "--json"))
    assert scored["loglik"] == pytest.approx(own.loglik, rel=1e-9)
    best = json.loads(run(capsys, "select", stars, "-k", "1:2", "--models", "EII", *noise, "--json"))["best"]
    assert best["loglik"] == pytest.approx(mixtura.fit(Measured(ROWS, DEVIATIONS**2), 2, model="EII").loglik, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--noise-columns", "u_error", "--exclude", "w"), "noise_columns are u_error; expected one for each of u, v"),
        (("--noise-columns", "u_error,nothing"), 'has no column "nothing"'),
        (("--noise-columns", "u_error,v_error", "--stream"), "--noise-columns: this is for a single file"),
    ],
)
def test_wrong_columns(stars, capsys, arguments, message):
    assert main(["fit", str(stars), "-k", "2", *arguments]) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")
