"""The commands about a fitted mixture: bootstrap, test, combine, reduce, classify."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.cli import main
from mixtura.cli.live import replicate_progress

EXAMPLES = Path(__file__).parents[2] / "examples"
FOUR = "sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Old Faithful and iris, and a mixture of each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("faithful", "iris"):
        Path(f"{name}.csv").write_bytes((EXAMPLES / f"{name}.csv").read_bytes())
    faithful = pl.read_csv("faithful.csv")
    three = mixtura.fit(faithful, 3, model="EEE", start="kmeans", seed=0).mixture
    Path("three.json").write_text(three.to_json())
    return faithful, three


def read(path):
    return pl.read_csv(path).to_dicts()


def words(text):
    return " ".join(text.split())


def assert_png(path):
    assert Path(path).read_bytes()[1:4] == b"PNG"


def test_bootstrap(here, capsys):
    faithful, _ = here
    files = ["--table", "b.csv", "--picture", "b.png", "--output", "two.json"]
    how = ["-k", "2", "--start", "kmeans", "--seed", "0", "-n", "15"]
    assert main(["bootstrap", "faithful.csv", *how, *files]) == 0
    shown = capsys.readouterr()
    fit = mixtura.fit(faithful, 2, start="kmeans", seed=0)
    boot = mixtura.bootstrap(fit, faithful, 15, seed=0)
    table = boot.records()
    assert [row["standard_error"] for row in read("b.csv")] == [row["standard_error"] for row in table]
    assert [row["parameter"] for row in table] == ["weight", "mean", "mean", *["covariance"] * 3] * 2
    np.testing.assert_array_equal(
        [row["estimate"] for row in table if row["parameter"] == "weight"], fit.mixture.weights
    )
    below = [row for row in table if row["column"] != row["other_column"] and row["parameter"] == "covariance"]
    low, high = boot.intervals()["covariances"][:, :, 1, 0]
    assert [(row["lower"], row["upper"]) for row in below] == list(zip(low, high, strict=True))
    assert_png("b.png")
    assert mixtura.Mixture.from_json(Path("two.json").read_text()).means.tolist() == fit.mixture.means.tolist()
    assert "15 replicates" in shown.out
    assert f"mean eruption_minutes {fit.mixture.means[0, 0]:.4f} ± " in words(shown.out)
    assert "wrote b.png" in shown.err
    assert all(line.startswith("wrote ") for line in shown.err.splitlines())


def test_bootstrap_in_json_goes_on_from_a_file(here, capsys):
    how = ["--start", "three.json", "--model", "EEE", "--method", "weights", "-n", "9", "--seed", "1"]
    assert main(["bootstrap", "faithful.csv", *how, "--picture", "w.svg", "--what", "weights", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["replicates"] + found["lost"] == 9
    assert found["fit"]["iterations"] <= 2
    assert found["fit"]["files"] == {"picture": "w.svg"}
    assert len(found["table"]) == 3 * 6


def test_the_weight_of_noise_and_what_is_held(here, capsys):
    how = ["-k", "2", "--noise", "0.05", "--equal-weights", "--start", "kmeans", "--seed", "0", "-n", "9"]
    assert main(["bootstrap", "faithful.csv", *how, "--table", "n.csv"]) == 0
    shown = capsys.readouterr().out
    assert "noise" in shown.splitlines()[2]
    assert (read("n.csv")[-1]["parameter"], read("n.csv")[-1]["component"]) == ("weight", -1)
    held = ["--start", "three.json", "--model", "EEE", "--fixed", "means", "-n", "5", "--seed", "0"]
    assert main(["bootstrap", "faithful.csv", *held, "--table", "h.csv"]) == 0
    assert {row["standard_error"] for row in read("h.csv") if row["parameter"] == "mean"} == {0.0}


def test_likelihood_ratios(here, capsys):
    faithful, _ = here
    how = ["-k", "1:3", "--start", "kmeans", "--seed", "0", "-n", "19"]
    assert main(["test", "faithful.csv", *how, "--table", "t.csv", "--picture", "t.png"]) == 0
    shown = capsys.readouterr()
    tests = mixtura.likelihood_ratio_tests(faithful, [1, 2, 3], 19, start="kmeans", seed=0)
    assert [row["statistic"] for row in read("t.csv")] == [test.statistic for test in tests]
    assert [row["p_value"] for row in read("t.csv")] == [test.p_value for test in tests]
    last = tests[-1]
    assert f"({last.n_components} components not rejected at level 0.05)" in shown.out
    assert all(line.startswith("wrote ") for line in shown.err.splitlines())
    assert_png("t.png")
    assert main(["test", "faithful.csv", "-k", "1", *how[2:], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tests"] == [
        {"n_components": 1, "against": 2, "statistic": tests[0].statistic, "p_value": 0.05, "replicates": 19}
    ]
    assert main(["test", "faithful.csv", "-k", "1", *how[2:]]) == 0
    assert "(more than 1 component, at level 0.05)" in capsys.readouterr().out


def test_merging(here, capsys):
    faithful, three = here
    files = ["--labels", "l.csv", "--table", "t.csv", "--picture", "e.png"]
    assert main(["combine", "three.json", "faithful.csv", *files]) == 0
    shown = capsys.readouterr().out
    merged = mixtura.combine_components(three, faithful)
    assert [row["entropy"] for row in read("t.csv")] == list(merged.entropies[::-1])
    assert [row["label"] for row in read("l.csv")] == merged.predict(faithful, 2).to_list()
    assert "(2 clusters suggested)" in shown
    assert "; ".join(" ".join(map(str, group)) for group in merged.groups(2)) in shown
    assert_png("e.png")
    assert main(["combine", "three.json", "faithful.csv", "--clusters", "3", "--labels", "l.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["suggested"] == 2
    assert {row["label"] for row in read("l.csv")} == {0, 1, 2}
    assert main(["combine", "three.json", "faithful.csv", "--clusters", "4"]) == 2
    assert "--clusters is 4; the mixture has 3 components" in capsys.readouterr().err


def test_directions(here, capsys):
    four = pl.read_csv("iris.csv").drop("species")
    mixture = mixtura.fit(four, 3, start=np.repeat([0, 1, 2], 50)).mixture
    Path("iris.json").write_text(mixture.to_json())
    files = ["--output", "c.csv", "--table", "t.csv", "--picture", "r.png", "--show", "2,1"]
    assert main(["reduce", "iris.json", "iris.csv", *files]) == 0
    shown = capsys.readouterr().out
    reduction = mixtura.reduce_dimensions(mixture)
    assert [row["eigenvalue"] for row in read("t.csv")] == reduction.eigenvalues.tolist()
    assert [row["petal_width_cm"] for row in read("t.csv")] == reduction.basis[3].tolist()
    places = pl.read_csv("c.csv").select("direction_1", "direction_2").to_numpy()
    np.testing.assert_array_equal(places, reduction.transform(four))
    assert reduction.proportions.sum() == pytest.approx(1)
    assert "proportion 96.29 % 3.715 %" in words(shown)
    assert_png("r.png")
    assert main(["reduce", "iris.json", "--balance", "0.5", "--json", "--picture", "r.png", "--kind", "regions"]) == 0
    assert len(json.loads(capsys.readouterr().out)["directions"]) == 4
    assert main(["reduce", "iris.json", "--output", "c.csv"]) == 2
    assert "--output writes the rows of DATA" in capsys.readouterr().err
    assert main(["reduce", "iris.json", "--picture", "r.png", "--show", "5"]) == 2


def test_classes(here, capsys):
    iris = pl.read_csv("iris.csv")
    iris[::2].write_csv("odd.csv")
    iris[1::2].write_csv("even.csv")
    files = ["--labels", "l.csv", "--proba", "--picture", "c.png"]
    assert main(["classify", "odd.csv", "even.csv", "--classes", "species", *files]) == 0
    shown = capsys.readouterr().out
    found = mixtura.discriminant(iris[::2].drop("species"), iris["species"][::2].to_numpy())
    fresh = iris[1::2].drop("species")
    table = read("l.csv")
    assert [row["label"] for row in table] == found.predict(fresh).to_list()
    assert [row["p_virginica"] for row in table] == found.posterior(fresh)["virginica"].to_list()
    assert "error on NEW 0.0400" in words(shown)
    assert f"{found.bic:.4f}" in shown
    assert_png("c.png")
    assert main(["classify", "odd.csv", "--classes", "species", "-k", "1:2", "--models", "VVI,EEE", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    several = mixtura.discriminant(
        iris[::2].drop("species"), iris["species"][::2].to_numpy(), [1, 2], models=["VVI", "EEE"]
    )
    assert values["bic"] == pytest.approx(several.bic)
    assert [row["model"] for row in values["classes"]] == list(several.models)
    assert set(values["errors"]) == {"training error", "cross-validated error"}


def test_rows_without_a_class_help_and_new_rows_need_none(here, capsys):
    iris = pl.read_csv("iris.csv").with_row_index()
    some = iris.with_columns(
        species=pl.when(pl.col("index") % 3 == 0).then("species").when(pl.col("index") % 3 == 1).then(pl.lit("?"))
    )
    some.drop("index").write_csv("some.csv")
    iris.select(reversed(FOUR.split(","))).write_csv("bare.csv")
    how = ["--classes", "species", "--unlabelled", "?", "--models", "EEE"]
    assert main(["classify", "some.csv", "bare.csv", *how, "--labels", "l.csv"]) == 0
    shown = capsys.readouterr().out
    assert "error on NEW" not in shown
    labels = np.array([row["label"] for row in read("l.csv")])
    assert (labels == iris["species"].to_numpy()).mean() > 0.95
    told = np.where(iris["index"].to_numpy() % 3 == 0, iris["species"].to_numpy(), "")
    expected = mixtura.discriminant(iris.select(FOUR.split(",")), told, models=["EEE"], unlabelled="")
    assert labels.tolist() == expected.predict(iris.select(FOUR.split(","))).to_list()


WRONG = [
    (["bootstrap", "faithful.csv", "-k", "2", "--what", "colours"], "--what is 'colours'"),
    (["bootstrap", "faithful.csv", "-k", "2", "--method", "jackknife"], "--method is 'jackknife'"),
    (["bootstrap", "faithful.csv", "-k", "2", "--level", "95"], "--level is 95.0; expected a number between 0 and 1"),
    (["bootstrap", "faithful.csv", "-k", "2", "-n", "0"], "-n is 0; expected an integer of at least 1"),
    (["bootstrap", "faithful.csv", "-k", "2", "--table", "t.json"], "--table t.json: expected a name that ends in"),
    (["bootstrap", "faithful.csv", "-k", "2", "-n", "1", "--seed", "0"], "standard errors need two"),
    (["test", "faithful.csv", "-k", "a"], "--components is 'a'"),
    (["test", "faithful.csv", "--picture", "t.txt"], "--picture t.txt"),
    (["combine", "none.json", "faithful.csv"], "none.json: No such file"),
    (["reduce", "three.json", "--balance", "2"], "--balance is 2.0; expected a number from 0 to 1"),
    (["reduce", "three.json", "--picture", "a.png", "--probabilities", "2"], "--probabilities are [2.0]; expected"),
    (["select", "faithful.csv", "-k", "1", "--criterion", "BIC"], "--criterion is 'BIC'; expected one of bic"),
    (["classify", "iris.csv", "--classes", "kind"], 'iris.csv has no column "kind"'),
    (["classify", "iris.csv", "--classes", "species", "--models", "XXX"], "XXX"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_bad_input_is_one_line(here, capsys, arguments, message):
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)


def test_a_bar_counts_replicates_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with replicate_progress(20) as tell:
        tell(7)
    shown = capsys.readouterr().err
    assert "replicates" in shown
    assert "7/20" in shown


# A shell's background jobs ignore the signal, and hand that down.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from mixtura.cli import main
sys.exit(main())
"""


def interrupted(*command, when):
    """Ctrl-C as soon as something is true."""
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "COLUMNS": "100"},
    )
    seen = ""
    while when not in seen and running.poll() is None:
        seen += running.stderr.read(1)
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    shown, said = running.communicate(timeout=60)
    return running.returncode, shown, said


def test_an_interrupt_keeps_the_replicates_that_are_done(here):
    how = ["faithful.csv", "-k", "2", "--start", "kmeans", "--seed", "0", "-n", "300000", "--table", "t.csv"]
    code, shown, said = interrupted("bootstrap", *how, when="/300000")
    assert code == 0
    assert "warning: interrupted; " in said
    assert "(estimate ± standard error, and interval)" in shown
    assert len(read("t.csv")) == 12


@pytest.mark.parametrize(("tests", "how_many"), [([1, 2], 2), ([1, 2, 3], 3)])
def test_an_interrupt_keeps_the_tests_that_are_done(here, capsys, monkeypatch, tests, how_many):
    """Ctrl-C within the search for the next mixture, before its test has anything to show."""
    real = mixtura.analysis.likelihood_ratio.fit

    def once(X, k, **options):
        if k == 3 and options.get("threads") != 1:
            raise KeyboardInterrupt
        return real(X, k, **options)

    monkeypatch.setattr("mixtura.analysis.likelihood_ratio.fit", once)
    found = mixtura.likelihood_ratio_tests(here[0], tests, 19, start="kmeans", seed=0, on_interrupt="keep")
    assert [test.n_components for test in found] == [1]
    with pytest.raises(KeyboardInterrupt):
        mixtura.likelihood_ratio_tests(here[0], tests, 19, start="kmeans", seed=0)
    how = ["-k", f"1:{how_many}", "--start", "kmeans", "--seed", "0", "-n", "19"]
    assert main(["test", "faithful.csv", *how]) == 0
    assert "warning: interrupted; 1 is the last number" in capsys.readouterr().err


def test_a_comparison_fits_a_narrow_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "40")
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(mean, 0.3, (30, 2)) for mean in range(12)])
    pl.DataFrame(rows, schema=["a", "b"]).write_csv("rows.csv")
    names = [f"a long name of component {j}" for j in range(12)]
    mixtura.fit(rows, 12, model="EII", start=np.repeat(np.arange(12), 30)).named(*names).save("first.json")
    mixtura.fit(rows, 2, model="EII").save("second.json")
    assert main(["compare", "first.json", "second.json", "rows.csv"]) == 0
    first = capsys.readouterr().out
    assert main(["compare", "second.json", "first.json", "rows.csv"]) == 0
    for shown in (first, capsys.readouterr().out):
        tables = shown.split("(rows by their labels")[0].splitlines()
        assert max(map(len, tables)) <= 40
        assert all(any(name in line for line in tables) for name in ("held out", "component 11"))


def test_a_level_is_checked_before_any_replicate(here, monkeypatch):
    monkeypatch.setattr("mixtura.bootstrap", lambda *_, **__: pytest.fail("replicates were made"))
    assert main(["bootstrap", "faithful.csv", "-k", "2", "--level", "95"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reduce", "three.json", "--table", "t.csv", "--kind", "pie"], "--kind is 'pie'; expected one of"),
        (["reduce", "three.json", "--table", "t.csv", "--probabilities", "a"], "--probabilities is 'a'"),
        (["classify", "iris.csv", "--classes", "species", "--labels", "t.csv", "--kind", "pie"], "--kind is 'pie'"),
        (["replay", "faithful.csv", "-k", "2", "-o", "t.gif", "--fps", "0"], "--fps is 0; expected a positive"),
        (["replay", "faithful.csv", "-k", "2", "-o", "t.html", "--lang", "la"], "--lang is 'la'"),
        (["plot", "three.json", "none.csv", "-o", "t.png", "--kind", "pie"], "--kind is 'pie'"),
        (["plot", "three.json", "none.csv", "-o", "t.png", "--probabilities", "2"], "--probabilities are [2.0]"),
    ],
)
def test_how_to_draw_is_checked_before_any_work(here, capsys, monkeypatch, arguments, message):
    for name in ("fit", "discriminant", "reduce_dimensions"):
        monkeypatch.setattr(f"mixtura.{name}", lambda *_, **__: pytest.fail("work was done"))
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
    assert not list(Path().glob("t.*"))


def test_clusters_and_directions_beside_the_whole_table(here):
    Path("mine.csv").write_text("name,eruptions,waiting\nAda,2.0,50\nBob,,80\nCem,4.50,85\n")
    text = Path("three.json").read_text()
    names = json.loads(text)["columns"]
    Path("mine.csv").write_text(Path("mine.csv").read_text().replace("eruptions,waiting", ",".join(names)))
    given = ["three.json", "mine.csv", "--missing", "drop"]
    assert main(["combine", *given, "--labels", "l.csv", "--append"]) == 0
    assert Path("l.csv").read_text().splitlines()[0] == ",".join(["name", *names, "label"])
    assert main(["combine", *given, "--labels", "l.csv", "--id", "name"]) == 0
    assert [row["name"] for row in read("l.csv")] == ["Ada", "Bob", "Cem"]
    assert main(["reduce", *given, "--output", "c.csv", "--append"]) == 0
    table = read("c.csv")
    assert list(table[0])[:4] == ["name", *names, "direction_1"]
    assert table[1]["direction_1"] is None
    assert main(["reduce", *given, "--output", "c.csv", "--id", "name"]) == 0
    assert list(read("c.csv")[0])[:3] == ["row", "name", "direction_1"]


def test_a_replay_in_chinese(here):
    assert main(["replay", "faithful.csv", "-k", "2", "-o", "r.html", "--lang", "zh"]) == 0
    assert 'lang="zh' in Path("r.html").read_text(encoding="utf-8")
