"""The commands that use a model, and the program itself."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import mixtura
from mixtura.cli import main
from mixtura.cli.app import app

# Columns of predictions.
ABOUT = ["row", "label", "probability", "uncertainty", "outlier"]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A mixture in model.json, 50 rows of it in rows.csv."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    covariances = mixtura.DenseCovariance(np.array([np.eye(2), 4 * np.eye(2)]), 2)
    mixture = mixtura.Mixture([0.25, 0.75], [[0, 0], [5, 5]], covariances, columns=("a", "b"))
    Path("model.json").write_text(mixture.to_json())
    rows, _ = mixture.sample(50, seed=0)
    pl.DataFrame(rows, schema=["a", "b"]).select("b", "a").write_csv("rows.csv")
    return mixture


def rows_of(path="rows.csv"):
    return pl.read_csv(path).select("a", "b").to_numpy()


def csv_of(capsys):
    return pl.read_csv(capsys.readouterr().out.encode())


def test_predict(model, capsys):
    assert main(["predict", "model.json", "rows.csv"]) == 0
    table = csv_of(capsys)
    assert table["row"].to_list() == list(range(1, 51))
    assert table["label"].to_list() == model.predict(rows_of()).tolist()
    assert main(["predict", "model.json", "rows.csv", "--proba", "-o", "p.parquet"]) == 0
    assert capsys.readouterr().out == ""
    assert pl.read_parquet("p.parquet").select("p_0", "p_1").to_numpy().tolist() == model.posterior(rows_of()).tolist()


def test_predict_uses_the_names_of_components(model, capsys):
    named = mixtura.Mixture(model.weights, model.means, model.covariances, component_names=("low", "high"))
    Path("named.json").write_text(named.to_json())
    Path("gap.csv").write_text("b,a\n5,5\n,\n0,0\n")
    assert main(["predict", "named.json", "gap.csv", "--missing", "drop", "--proba", "-o", "-"]) == 0
    shown = capsys.readouterr()
    table = pl.read_csv(shown.out.encode())
    assert table["label"].to_list() == ["high", None, "low"]
    assert table.columns == [*ABOUT, "p_low", "p_high"]
    assert shown.err.startswith("note: gap.csv: left out 1 of 3 rows")
    assert main(["sample", "named.json", "-n", "3", "--labels", "--seed", "0"]) == 0
    assert set(csv_of(capsys)["label"]) <= {"low", "high"}


def test_threads(model, capsys, monkeypatch):
    monkeypatch.setenv("MIXTURA_NUM_THREADS", "of no use")  # unless the option is heeded
    fit = ["fit", "rows.csv", "-k", "2", "--start", "kmeans", "--seed", "0"]
    for command in (["predict", "model.json", "rows.csv"], ["score", "model.json", "rows.csv"], fit):
        shown = []
        for number in ("1", "3"):
            assert main([*command, "--threads", number]) == 0
            shown.append(capsys.readouterr().out)
        assert shown[0] == shown[1]
        assert main([*command, "--threads", "0"]) == 2
        assert "threads is 0" in capsys.readouterr().err


def test_score(model, capsys):
    expected = mixtura.assess(model, rows_of())
    assert main(["score", "model.json", "rows.csv", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values == {
        "loglik": expected.loglik,
        "mean_loglik": expected.mean,
        "bic": expected.bic,
        "icl": expected.icl,
        "aic": expected.aic,
        "n_parameters": 11,
        "n_rows": 50.0,
    }
    assert main(["score", "model.json", "rows.csv"]) == 0
    lines = dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["log-likelihood"] == f"{expected.loglik:.6f}"
    assert lines["mean log-likelihood"] == f"{expected.mean:.6f}"
    assert (lines["BIC"], lines["rows"]) == (f"{expected.bic:.4f}", "50")
    assert main(["score", "model.json", "rows.csv", "--per-row"]) == 0
    assert csv_of(capsys)["loglik"].to_list() == model.logpdf(rows_of()).tolist()


def test_score_with_weights(model, capsys):
    pl.read_csv("rows.csv").with_columns(w=pl.int_range(50) % 4).write_csv("w.csv")
    assert main(["score", "model.json", "w.csv", "--weights-column", "w", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loglik"] == mixtura.assess(model, rows_of(), np.arange(50) % 4).loglik


def test_sample(model, capsys):
    assert main(["sample", "model.json", "-n", "7", "--seed", "1", "--labels"]) == 0
    rows, labels = model.sample(7, seed=1)
    table = csv_of(capsys)
    assert table.columns == ["a", "b", "label"]
    assert table.select("a", "b").to_numpy().tolist() == rows.tolist()
    assert table["label"].to_list() == labels.tolist()
    assert main(["sample", "model.json", "--output", "s.ndjson"]) == 0
    assert len(pl.read_ndjson("s.ndjson")) == 100


def test_describe(model, capsys):
    assert main(["describe", "model.json"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 components, 2 columns, 11 free parameters",
        "",
        "component             0             1",
        "weight           0.2500        0.7500",
        "a           0.00 ± 1.00   5.00 ± 2.00",
        "b           0.00 ± 1.00   5.00 ± 2.00",
        "(mean ± standard deviation)",
        "",
    ]
    assert main(["describe", "model.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(model.to_json())


def test_plot(model, capsys):
    assert main(["plot", "model.json", "rows.csv", "--output", "p.png"]) == 0
    assert main(["plot", "model.json", "--output", "q.svg", "--show", "b"]) == 0
    assert capsys.readouterr().err == "wrote p.png\nwrote q.svg\n"
    assert Path("p.png").read_bytes()[1:4] == b"PNG"
    assert main(["plot", "model.json", "--output", "q.svg", "--show", "z"]) == 2
    assert 'there is no column "z"; expected a, b' in capsys.readouterr().err
    assert main(["plot", "model.json", "-o", "r.png", "--kind", "regions", "--probabilities", "0.5,0.9"]) == 0
    assert main(["plot", "model.json", "-o", "r.png", "--kind", "regions", "--probabilities", "half"]) == 2
    assert "--probabilities is 'half'; expected numbers such as 0.5,0.95" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "none.json", "rows.csv"], "none.json: No such file or directory"),
        (["predict", "rows.csv", "rows.csv"], "rows.csv: not a model file: line 1 is not JSON"),
        (["predict", "model.json", "one.csv"], 'one.csv has no column "b"; it has a'),
        (["score", "model.json", "rows.csv", "-o", "s.xlsx"], "--output s.xlsx: expected a name that ends in .csv"),
        (["sample", "model.json", "-n", "0"], "n is 0; expected an integer of at least 1"),
        (["sample", "model.json", "--seed", "-1"], "seed is -1; expected None, an int that is not negative"),
        (["plot", "model.json", "--output", "p.txt"], "--output p.txt: expected a name that ends in .png"),
        (["describe"], "See mixtura describe --help."),
    ],
)
def test_bad_input(model, capsys, arguments, message):
    Path("one.csv").write_text("a\n1\n")
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "rows.csv", "-k", "1" + "0" * 30], "--components is 1e+30; expected an integer from 1 to 1000000"),
        (["fit", "rows.csv", "-k", "2", "--threads", "1" + "0" * 30], "threads is 1e+30; expected an integer from 1"),
        (["fit", "rows.csv", "-k", "2", "--columns", "a\nb"], "cannot be split into names"),
        (["sample", "model.json", "-n", "1" + "0" * 30], "n is 1e+30; expected an integer from 1 to 1099511627776"),
        (["select", "rows.csv", "-k", "1" * 5000], "expected numbers such as 3, 1:9 or 2,4,8"),
        (["describe", "long.json"], "long.json: not a model file: Exceeds the limit"),
        (["describe", "loop.json"], "loop.json: Too many levels of symbolic links"),
        (["fit", "loop.csv", "-k", "2"], "loop.csv: Too many levels of symbolic links"),
        (["fit", "rows.csv", "-k", "2", "--output", "loop.json"], "loop.json: Too many levels of symbolic links"),
    ],
)
def test_absurd_input_is_one_line(model, capsys, arguments, message):
    text = Path("model.json").read_text()
    Path("long.json").write_text(text.replace('"weights": [', '"weights": [' + "1" * 5000 + ","))
    for name in ("loop.json", "loop.csv"):
        Path(name).symlink_to(name)
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert len(shown.err) < 400


def test_memory_that_is_not_there_is_one_line(model, capsys, monkeypatch):
    def refuse(*_):
        raise MemoryError("Unable to allocate 7.28 TiB")

    monkeypatch.setattr(mixtura.Mixture, "sample", refuse)
    assert main(["sample", "model.json", "-n", "1000000000000"]) == 2
    assert capsys.readouterr().err.startswith("not enough memory (Unable to allocate 7.28 TiB): give fewer rows")


def test_pipes(model):
    """A sample goes through a pipe into a score; a reader that has enough is no error."""
    program = f"{sys.executable} -m mixtura.cli"
    piped = f"{program} sample model.json -n 40 --seed 0 | {program} score model.json - --json"
    done = subprocess.run(piped, shell=True, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["n_rows"] == 40
    done = subprocess.run(
        f"{program} sample model.json -n 100000 | head -1", shell=True, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("a,b\n", "")


def test_an_ascii_terminal(model):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "mixtura.cli", "describe", "model.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "5.00 +- 2.00" in done.stdout


def test_the_program_itself(capsys, monkeypatch):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mixtura {mixtura.__version__}\n"
    assert main([]) == 0
    without = capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["mixtura", "--help"])
    assert main() == 0
    assert capsys.readouterr().out == without
    assert CliRunner().invoke(app, ["fit", "--help"]).exit_code == 0


def test_missing_packages_are_one_line(capsys, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("mixtura.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["--help"]) == 2
    assert capsys.readouterr().err == (
        "this needs the package typer, which is not installed: pip install typer, or Mixtura with its extra cli\n"
    )
    monkeypatch.setitem(sys.modules, "mixtura.cli.run", None)
    with pytest.raises(ImportError, match=r"mixtura\.cli\.run"):
        main(["--help"])


def test_importing_mixtura_imports_no_extra():
    # scikit-learn may bring rich along; that is not our doing.
    code = (
        "import sys, sklearn.cluster, sklearn.utils; before = set(sys.modules); import mixtura, mixtura.cli; "
        "print({'typer', 'rich', 'polars', 'matplotlib'} & (set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_manual_is_what_the_program_says(tmp_path, capsys, monkeypatch):
    specification = importlib.util.spec_from_file_location("cli_reference", ROOT / "docs" / "cli_reference.py")
    reference = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(reference)
    assert reference.main(["--check"]) == 0, "run python docs/cli_reference.py"
    monkeypatch.setattr(reference, "PAGE", tmp_path / "cli.md")
    assert reference.main(["--check"]) == 1
    assert "is stale" in capsys.readouterr().err
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0


def test_info_says_where_the_kernel_was_not_built(capsys, monkeypatch):
    monkeypatch.setattr("mixtura.cli.use.kernels.NATIVE_BUILT", False)
    assert main(["info"]) == 0
    assert "install GCC or Clang, then Mixtura again" in capsys.readouterr().out
    monkeypatch.setattr("mixtura.cli.use.kernels.NATIVE_BUILT", True)
    assert main(["info"]) == 0
    assert "install" not in capsys.readouterr().out


@pytest.fixture
def noisy(model):
    """The same mixture with noise, named in one file and not in the other."""
    noise = mixtura.Noise(0.2, [-9.0, -9.0], [19.0, 19.0])
    for path, names in (("noisy.json", None), ("named.json", ("left", "right"))):
        mixture = mixtura.Mixture([0.2, 0.6], model.means, model.covariances, ("a", "b"), names, noise=noise)
        Path(path).write_text(mixture.to_json())
    return mixture


def test_predictions_name_noise(noisy, capsys):
    assert main(["predict", "noisy.json", "rows.csv", "--proba"]) == 0
    table = csv_of(capsys)
    assert table.columns == [*ABOUT, "p_0", "p_1", "p_noise"]
    assert table["label"].to_list() == noisy.predict(rows_of()).tolist()
    assert main(["sample", "named.json", "-n", "200", "--labels", "--seed", "0"]) == 0
    assert set(csv_of(capsys)["label"]) == {"left", "right", "noise"}
    assert main(["describe", "noisy.json"]) == 0
    shown = capsys.readouterr().out
    assert "2 components and noise" in shown
    assert "0.2000" in shown


def test_fit_takes_noise_and_trim(noisy, capsys):
    mixtura_rows, _ = noisy.sample(300, seed=0)
    pl.DataFrame(mixtura_rows, schema=["a", "b"]).write_csv("many.csv")
    for noise in ("auto", "neighbours", "0.1"):
        assert main(["fit", "many.csv", "-k", "2", "--noise", noise, "--seed", "0", "-o", f"{noise}.json"]) == 0
        assert "2 components and noise" in capsys.readouterr().out
        assert 0.1 < mixtura.Mixture.from_json(Path(f"{noise}.json").read_text()).noise.weight < 0.3
    assert main(["fit", "many.csv", "-k", "2", "--trim", "0.1", "--seed", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_rows"] == pytest.approx(270)
    assert found["cutoff"] < 0
    assert main(["fit", "many.csv", "-k", "2", "--noise", "much"]) == 2
    assert "noise is 'much'; expected auto, neighbours, or a fraction" in capsys.readouterr().err


def test_predictions_beside_the_whole_table(model, capsys):
    Path("mine.csv").write_text('name,a,b,label\nAda,0,0,x\n"Bob, Jr",,5,y\nCem,5.50,5,z\nDee,99,99,\n')
    assert main(["predict", "model.json", "mine.csv", "--missing", "drop", "--append", "-o", "mine2.csv"]) == 0
    lines = Path("mine2.csv").read_text().splitlines()
    assert lines[0] == "name,a,b,label,label_2,probability,uncertainty,outlier"
    table = pl.read_csv("mine2.csv")
    assert table.select("name", "a", "b", "label").equals(pl.read_csv("mine.csv"))
    assert table["outlier"].to_list() == [False, None, False, True]
    assert main(["predict", "model.json", "mine.csv", "--missing", "drop", "--id", "name", "-o", "p.parquet"]) == 0
    table = pl.read_parquet("p.parquet")
    assert table.columns == ["row", "name", *ABOUT[1:]]
    assert table["name"].to_list() == ["Ada", "Bob, Jr", "Cem", "Dee"]
    assert (table["probability"] + table["uncertainty"]).drop_nulls().to_list() == pytest.approx([1, 1, 1])
    assert main(["predict", "model.json", "mine.csv", "--missing", "drop", "--append", "-o", "p.parquet"]) == 0
    assert pl.read_parquet("p.parquet")["a"].to_list() == [0, None, 5.5, 99]
    assert main(["predict", "model.json", "mine.csv", "--missing", "drop", "--id", "nobody"]) == 2
    assert 'mine.csv has no column "nobody"; it has name, a, b, label' in capsys.readouterr().err


def test_cells_are_copied_as_they_are_written(model):
    text = 'name,a,b\nAda,0,-3.10\n"Bob, Jr",3,5\n'
    Path("mine.csv").write_text(text)
    assert main(["predict", "model.json", "mine.csv", "--append", "-o", "mine2.csv"]) == 0
    assert [line.rsplit(",", 4)[0] for line in Path("mine2.csv").read_text().splitlines()] == text.splitlines()
    assert main(["predict", "model.json", "mine.csv", "--append", "-o", "mine2.parquet"]) == 0
    table = pl.read_parquet("mine2.parquet")
    assert table.schema["a"] == pl.Int64
    assert table["b"].to_list() == [-3.1, 5.0]


def test_the_column_that_tells_rows_apart_is_no_data(model, capsys):
    Path("mine.csv").write_text("number,a,b\n" + "".join(f"{7 + 3 * i},{i % 2 * 5},{i}\n" for i in range(40)))
    assert main(["fit", "mine.csv", "-k", "2", "--id", "number", "--labels", "l.csv", "-o", "two.json"]) == 0
    assert mixtura.Mixture.from_json(Path("two.json").read_text()).columns == ("a", "b")
    assert pl.read_csv("l.csv")["number"].to_list() == list(range(7, 127, 3))
    assert main(["predict", "model.json", "mine.csv", "--id", "number", "-o", "p.csv"]) == 0
    capsys.readouterr()
    assert main(["fit", "mine.csv", "-k", "2", "-o", "three.json", "--columns", "number,a", "--id", "number"]) == 0
    assert "column 'number' looks like an identifier" in capsys.readouterr().err
    assert main(["predict", "three.json", "mine.csv", "--id", "number", "-o", "p.csv"]) == 0


def test_trimmed_rows_are_marked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).normal(size=(100, 2))
    rows[:5] += 50
    pl.DataFrame(rows, schema=["a", "b"]).with_columns(id=pl.int_range(100)).write_csv("d.csv")
    fit = ["fit", "d.csv", "-k", "1", "--columns", "a,b", "--trim", "0.05", "--output", "m.json"]
    assert main([*fit, "--labels", "l.csv", "--append"]) == 0
    labels = pl.read_csv("l.csv")
    assert labels.columns == ["a", "b", "id", *ABOUT[1:]]
    assert labels["outlier"].arg_true().to_list() == [0, 1, 2, 3, 4]
    assert main(["predict", "m.json", "d.csv", "--columns", "a,b", "-o", "p.csv"]) == 0
    assert pl.read_csv("p.csv")["outlier"].to_list() == labels["outlier"].to_list()


def test_names_are_given_in_the_words_of_the_command(model, capsys):
    assert main(["name", "model.json", "low"]) == 2
    assert capsys.readouterr().err == "model.json has 2 components; give 2 different names, not 1\n"
    assert main(["name", "model.json", "low", "low"]) == 2
    assert capsys.readouterr().err == "model.json has 2 components; give 2 different names, not low, low\n"
    assert main(["name", "model.json", "low", "high", "-o", "n.json"]) == 0
    assert mixtura.Mixture.from_json(Path("n.json").read_text()).component_names == ("low", "high")
    assert mixtura.Mixture.from_json(Path("model.json").read_text()).component_names is None
    assert repr(mixtura.read("rows.csv")).startswith("<Table of ")
    assert len(repr(mixtura.read("rows.csv"))) < 100
    assert main(["fit", "rows.csv", "-k", "2:3"]) == 2
    assert ". See mixtura fit --help." in capsys.readouterr().err


def test_pictures_take_logarithmic_axes_a_title_and_colours(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    drawn = []
    monkeypatch.setattr("mixtura.cli.use.draw_plot", lambda what, _, **how: drawn.append((what, how)))
    mixtura.fit(pl.DataFrame({"a": [1.0, 1.2, 5.0, 5.3], "b": [1.0, 2.0, 3.0, 4.5]}), 2, model="EII").save("m.json")
    look = ["--title", "Mine", "--colors", "#0072B2,black"]
    assert main(["plot", "m.json", "-o", "p.png", "--log", "b", *look]) == 0
    what, how = drawn[0]
    assert isinstance(what, mixtura.Fit)
    assert (how["log"], how["title"], how["colors"]) == ([1], "Mine", ["#0072B2", "black"])
    assert main(["plot", "m.json", "-o", "p.png", "--log", "all"]) == 0
    assert drawn[1][1]["log"] is True
    assert main(["plot", "m.json", "-o", "p.png", "--log", "c"]) == 2
    assert 'there is no column "c"; expected a, b' in capsys.readouterr().err


def test_scores_of_rows_beside_the_whole_table_and_with_criteria_in_json(model, capsys):
    Path("mine.csv").write_text("name,a,b\nAda,0,0\nBob,,5\nCem,5.50,5\n")
    drop = ["mine.csv", "--missing", "drop"]
    assert main(["score", "model.json", *drop, "--append"]) == 0
    table = csv_of(capsys)
    assert table.columns == ["name", "a", "b", "loglik"]
    assert table["loglik"].to_list()[1] is None
    assert main(["score", "model.json", *drop, "--id", "name", "--json", "-o", "s.parquet"]) == 0
    shown = capsys.readouterr()
    values = json.loads(shown.out)
    assert values["files"] == {"output": "s.parquet"}
    assert values["loglik"] == pytest.approx(pl.read_parquet("s.parquet")["loglik"].sum())
    assert pl.read_parquet("s.parquet").columns == ["row", "name", "loglik"]
    assert main(["score", "model.json", *drop, "--per-row", "--json"]) == 2
    assert "give a file for --output" in capsys.readouterr().err


def test_describe_in_json_has_the_fit(model, capsys):
    fit = mixtura.fit(pl.read_csv("rows.csv"), 2, seed=0)
    fit.save("fit.json")
    assert main(["describe", "fit.json", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["means"] == fit.mixture.means.tolist()
    assert values["fit"]["seed"] == 0
    assert values["criteria"]["bic"] == fit.bic


def test_rows_that_lack_cells_are_predicted_by_those_that_they_have(model, tmp_path, capsys):
    (tmp_path / "holes.csv").write_text("a,b\n0,\n,5\n,\n5,5\n900,\n")
    assert main(["predict", "model.json", "holes.csv", "--missing", "model", "--output", "labels.csv"]) == 0
    assert "note: holes.csv: 3 of 8 cells are missing, and are modelled" in capsys.readouterr().err
    found = pl.read_csv(tmp_path / "labels.csv")
    assert found["label"].to_list()[:4] == [0, 1, None, 1]
    assert found["outlier"].to_list()[4] is False  # densities of one column say nothing about the cutoff of two
    assert main(["fit", "holes.csv", "-k", "1", "--missing", "model", "--output", "own.json"]) == 0
    assert mixtura.load(str(tmp_path / "own.json")).n_rows == 4
