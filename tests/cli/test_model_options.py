"""Options that the commands which fit share: what they are, and that they reach the fit."""

from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest
from typer.main import get_command

import mixtura
from mixtura.cli import main
from mixtura.cli.app import app
from mixtura.cli.model_options import FitOptions

EXAMPLES = Path(__file__).parents[2] / "examples"
ASKED = ["--start", "kmeans", "--seed", "0", "--prior", "conjugate", "--equal-weights", "--eigenvalue-ratio", "3"]
MODEL = mixtura.Model(constraint=mixtura.EigenvalueRatio(3), prior=mixtura.ConjugatePrior(), equal_weights=True)
LACKING = {  # options that make no sense for a command
    "fit": set(),
    "test": {"k", "fixed"},
    "select": {"k", "model", "trim", "fixed", "starts", "stop", "accelerate"},
}


@pytest.fixture
def faithful(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("faithful.csv").write_bytes((EXAMPLES / "faithful.csv").read_bytes())
    return pl.read_csv("faithful.csv")


@pytest.fixture
def filmed(monkeypatch):
    """Fits that ``mixtura replay`` has drawn."""
    fits = []
    monkeypatch.setattr("mixtura.cli.fit.draw_replay", lambda fit, *_, **__: fits.append(fit))
    return fits


def options_of(command):
    """Name, flags, default and help of each option of a command."""
    found = get_command(app).commands[command].params
    return {option.name: (option.opts, option.secondary_opts, option.default, option.help) for option in found}


@pytest.mark.parametrize("command", LACKING)
def test_commands_that_fit_have_the_same_options(command):
    every, own = options_of("fit"), options_of(command)
    shared = [field.name for field in fields(FitOptions) if field.name not in {*LACKING[command], "given"}]
    assert set(shared) <= set(own)
    assert LACKING[command].isdisjoint(own)
    alike = [name for name in shared if name != "start"]  # that of a test or a selection is no model file
    assert {name: own[name] for name in alike} == {name: every[name] for name in alike}
    assert [name for name in own if name in alike] == alike


def test_the_fit_of_a_replay(faithful, filmed, capsys):
    assert main(["replay", "faithful.csv", "-k", "2", *ASKED, "-o", "em.gif"]) == 0
    fit = mixtura.fit(faithful, 2, model=MODEL, start="kmeans", seed=0)
    assert filmed[0].mixture.to_json() == fit.mixture.to_json()
    assert filmed[0].model == MODEL
    assert fit.loglik != mixtura.fit(faithful, 2, start="kmeans", seed=0).loglik


def test_a_replay_holds_parameters_and_has_noise_over_a_hull(faithful, filmed, capsys):
    start = mixtura.fit(faithful, 2, start="kmeans", seed=0).mixture
    Path("two.json").write_text(start.to_json())
    assert main(["replay", "faithful.csv", "--start", "two.json", "--fixed", "means", "-o", "em.gif"]) == 0
    assert filmed[0].mixture.means.tolist() == start.means.tolist()
    assert filmed[0].model.fixed is not None
    noise = ["--noise", "0.05", "--noise-region", "hull", "--start", "kmeans", "--seed", "0"]
    assert main(["replay", "faithful.csv", "-k", "2", *noise, "-o", "em.gif"]) == 0
    assert filmed[1].model.noise.region == "hull"


def test_t_components(faithful, capsys):
    asked = ["-k", "2", "--start", "kmeans", "--seed", "0"]
    assert main(["fit", "faithful.csv", *asked, "--tails", "t", "-o", "t.json"]) == 0
    assert "degrees of freedom" in capsys.readouterr().out
    fit = mixtura.fit(faithful, 2, start="kmeans", seed=0, tails="t")
    assert mixtura.load("t.json").mixture.to_json() == fit.mixture.to_json()
    assert main(["describe", "t.json"]) == 0
    assert "2 t components" in capsys.readouterr().out
    assert main(["fit", "faithful.csv", "--model", "t.json", *asked, "--tails", "4", "-o", "four.json"]) == 0
    assert mixtura.load("four.json").mixture.degrees_of_freedom.tolist() == [4.0, 4.0]
    grid = ["--components", "1:2", "--models", "EEE", "--start", "seeds"]
    assert main(["select", "faithful.csv", *grid, "--tails", "t-shared", "-o", "s.json"]) == 0
    assert mixtura.load("s.json").model.tails == "t-shared"
    assert main(["fit", "faithful.csv", *asked, "--tails", "fat"]) == 2
    assert "tails is 'fat'; expected 'normal', 't', 't-shared'" in capsys.readouterr().err


def test_the_fits_of_a_test(faithful, capsys):
    rules = ["--no-accelerate", "--stop", "parameters"]
    assert main(["test", "faithful.csv", "-k", "1", "-n", "9", *ASKED, *rules, "--table", "t.csv"]) == 0
    em = mixtura.EM(stop=["parameters"], accelerate=False)
    how = {"em": em, "start": "kmeans", "seed": 0}
    (expected,) = mixtura.likelihood_ratio_tests(faithful, [1], 9, model=MODEL, **how)
    assert pl.read_csv("t.csv")["statistic"].to_list() == [expected.statistic]
    (plain,) = mixtura.likelihood_ratio_tests(faithful, [1], 9, **how)
    assert plain.statistic != expected.statistic


def test_a_test_starts_by_a_rule_alone(faithful, capsys):
    Path("one.json").write_text(mixtura.fit(faithful, 1).mixture.to_json())
    assert main(["test", "faithful.csv", "-k", "1", "--start", "one.json"]) == 2
    assert "start is 'one.json'; expected one of small-em" in capsys.readouterr().err
