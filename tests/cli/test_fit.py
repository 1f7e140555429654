"""``mixtura fit`` and ``mixtura replay``: what is printed, written, and returned."""

import json
import math
import signal
import subprocess
import sys
import warnings

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.cli import main
from mixtura.cli.files import read_model
from mixtura.cli.live import iteration_line, progress_line
from mixtura.cli.options import EM
from mixtura.fitting.progress import FitProgress
from mixtura.fitting.result import Iteration
from mixtura.mixture import mean_and_deviation

SIX = "x,y\n1,2\n1.5,1.8\n5,8\n8,8\n1,0.6\n9,11\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def six(folder):
    """The textbook's six points and start."""
    weights = np.random.RandomState(42).uniform(size=2)
    start = mixtura.Mixture(weights / weights.sum(), [[8, 8], [1.5, 1.8]], mixtura.DenseCovariance(np.eye(2)[None], 2))
    (folder / "start.json").write_text(start.to_json())
    (folder / "six.csv").write_text(SIX)


@pytest.fixture
def two(folder):
    """Two far groups of rows in three columns."""
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(40, 3)), rng.normal(size=(60, 3)) + 9])
    pl.DataFrame(rows, schema=["a", "b", "c"]).write_csv("two.csv")
    return rows


@pytest.mark.parametrize("tol", [[], ["--tol", "1e-4"]])
def test_the_textbook_example(six, capsys, tol):
    assert main(["fit", "six.csv", "-k", "2", "--start", "start.json", "--floor", "0", "--verbose", *tol]) == 0
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        "iteration 0  log-likelihood -26.304683248933",
        "iteration 1  log-likelihood -16.820282356425  rise 9.484400892508",
        "iteration 2  log-likelihood -16.820282356317  rise 0.000000000108",
        "warning: 11 parameters for 6 rows: try fewer components, or a simpler model",
    ]
    assert shown.out.splitlines()[:2] == ["2 components, model VVV, 2 columns, 6 rows", "Converged. 2 iterations"]


def test_the_summary(two, capsys):
    assert main(["fit", "two.csv", "-k", "2", "--seed", "0", "--starts", "2"]) == 0
    shown = capsys.readouterr()
    fit = mixtura.fit(two, 2, seed=0, n_init=2)
    assert shown.err == ""
    lines = shown.out.splitlines()
    assert lines[0] == "2 components, model VVV, 3 columns, 100 rows"
    assert lines[1].endswith("the best of 2 starts, of which 2 ended there")
    assert lines[2].startswith(f"data: two.csv, 100 rows, fingerprint {fit.data.fingerprint}; fitted ")
    table = {line.split("  ")[0]: line for line in lines[4:]}
    assert table["size"].split()[1:] == [f"{size:.1f}" for size in fit.sizes]
    deviations = np.sqrt(fit.mixture.covariances.variances())
    for column, name in enumerate("abc"):
        for j in range(2):
            assert mean_and_deviation(fit.mixture.means[j, column], deviations[j, column]) in table[name]
    assert table["log-likelihood"].split() == ["log-likelihood", f"{fit.loglik:.6f}"]
    assert table["BIC"].split()[1] == f"{fit.bic:.4f}"
    assert table["ICL"].split()[1] == f"{fit.icl:.4f}"


@pytest.mark.parametrize("width", [80, 120])
def test_wide_tables_stay_readable(folder, capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    rng = np.random.default_rng(0)
    names = [f"a rather long name of a column {number}" for number in range(50)]
    pl.DataFrame(rng.normal(size=(90, 50)) * 1e6, schema=names).write_parquet("wide.parquet")
    assert main(["fit", "wide.parquet", "-k", "7", "--model", "VII", "--seed", "0", "--max-iter", "0"]) == 0
    shown = capsys.readouterr()
    assert max(map(len, shown.out.splitlines()[3:])) <= width
    assert shown.out.count("component  ") > 1
    assert "and 10 columns more, which --json and the model file have" in shown.out
    assert shown.err.splitlines() == [
        "warning: 363 parameters for 90 rows: try fewer components, or a simpler model",
        "warning: Out of steps before it converged: raise --max-iter, or --tol.",
    ]


def test_json_is_all_there_is_on_standard_output(two, capsys):
    assert main(["fit", "two.csv", "-k", "2", "--seed", "0", "--json", "--output", "m.json", "--verbose"]) == 0
    values = json.loads(capsys.readouterr().out)
    fit = mixtura.fit(pl.read_csv("two.csv"), 2, seed=0)
    for name in ("iterations", "loglik", "bic", "icl", "aic", "n_parameters", "n_rows", "best_start"):
        assert values[name] == getattr(fit, name)
    assert values["model"] == fit.model.name
    assert (values["outcome"], values["converged"], values["message"]) == ("CONVERGED", True, "Converged.")
    assert values["trace"] == list(fit.trace)
    assert [start["loglik"] for start in values["starts"]] == [fit.loglik]
    assert values["mixture"] == json.loads(fit.mixture.to_json())
    assert values["files"] == {"output": "m.json"}
    assert read_model("m.json").to_json() == fit.mixture.to_json()


def test_every_file_is_written_and_said(two, folder, capsys):
    files = ["--output", "m.json", "--labels", "l.csv", "--picture", "p.png", "--replay", "r.gif"]
    assert main(["fit", "two.csv", "-k", "2", "--columns", "a,b", "--seed", "0", *files]) == 0
    assert capsys.readouterr().err.splitlines()[-4:] == [f"wrote {name}" for name in files[1::2]]
    assert (
        pl.read_csv("l.csv")["label"].to_list()
        == mixtura.fit(two[:, :2], 2, seed=0).mixture.predict(two[:, :2]).tolist()
    )
    assert sorted(path.name for path in folder.iterdir()) == ["l.csv", "m.json", "p.png", "r.gif", "two.csv"]


def test_labels_stay_with_their_rows(folder, capsys):
    (folder / "gaps.csv").write_text("a,b\n0,0\n,1\n0.1,0\n0,0.1\n9,9\nn/a,9\n9.1,9\n9,9.1\n")
    assert main(["fit", "gaps.csv", "-k", "2", "--missing", "drop", "--seed", "0", "--labels", "l.csv"]) == 0
    assert "note: gaps.csv: left out 2 of 8 rows, which have missing values" in capsys.readouterr().err
    labels = pl.read_csv("l.csv")["label"].to_list()
    assert [label is None for label in labels] == [False, True, False, False, False, True, False, False]
    assert labels[0] == labels[2] == labels[3] != labels[4] == labels[6] == labels[7]


def test_weights_and_other_options_reach_the_fit(two, capsys):
    pl.read_csv("two.csv").with_columns(w=pl.int_range(100) % 3).write_csv("w.csv")
    options = [
        "--model",
        "diag",
        "--start",
        "random",
        "--stop",
        "loglik,parameters",
        "--tol",
        "1e-3",
        "--floor",
        "0.01",
    ]
    args = ["fit", "w.csv", "-k", "2", "--weights-column", "w", "--seed", "3", "--json", *options]
    assert main(args) == 0
    values = json.loads(capsys.readouterr().out)
    weights = np.arange(100) % 3
    stop = ["loglik", "parameters"]
    fit = mixtura.fit(
        two,
        2,
        model="diag",
        start="random",
        tol=1e-3,
        seed=3,
        sample_weight=weights,
        em=mixtura.EM(stop=stop, floor=0.01),
    )
    assert values["loglik"] == fit.loglik
    assert values["mixture"]["columns"] == ["a", "b", "c"]


def test_a_start_from_a_file_brings_k_and_columns(two, capsys):
    assert main(["fit", "two.csv", "-k", "2", "--columns", "c,a", "--seed", "0", "--output", "m.json"]) == 0
    capsys.readouterr()
    assert main(["fit", "two.csv", "--start", "m.json", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["mixture"]["columns"] == ["c", "a"]
    assert values["iterations"] <= 2


def test_replay(two, folder, capsys):
    assert main(["replay", "two.csv", "-k", "2", "--seed", "0", "-o", "em.gif", "--show", "c,a", "--fps", "9"]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("Converged.\n", "wrote em.gif\n")
    assert (folder / "em.gif").read_bytes()[:4] == b"GIF8"


BAD = [
    (["fit", "none.csv", "-k", "2"], "none.csv: No such file or directory"),
    (["fit", "two.csv"], "--components is missing; give the number of components"),
    (["fit", "two.csv", "-k", "0"], "--components is 0; expected an integer of at least 1"),
    (["fit", "two.csv", "-k", "two"], "See mixtura fit --help."),
    (["fit", "two.csv", "-k", "2", "--model", "round"], "model is 'round'; expected one of EII"),
    (["fit", "two.csv", "-k", "2", "--start", "k-mean"], "start is 'k-mean'; expected one of small-em, hierarchical"),
    (["fit", "two.csv", "-k", "2", "--start", "none.json"], "none.json: No such file or directory"),
    (["fit", "two.csv", "-k", "2", "--start", "two.csv"], "two.csv: not a model file"),
    (
        ["fit", "two.csv", "-k", "2", "--stop", "never"],
        "stop is ['never']; expected 'remaining', 'loglik', 'parameters', or several",
    ),
    (["fit", "two.csv", "-k", "2", "--tol", "-1"], "tol is -1.0; expected a finite number"),
    (["fit", "two.csv", "-k", "2", "--columns", "a,z"], 'two.csv has no column "z"; it has a, b, c'),
    (["fit", "two.csv", "-k", "2", "--missing", "mean"], "missing is 'mean'; expected error, drop or model"),
    (["fit", "two.csv", "-k", "2", "--format", "xml"], "format is 'xml'; expected one of csv"),
    (["fit", "two.csv", "-k", "2", "--output", "no/m.json"], "--output no/m.json: there is no folder no"),
    (["fit", "two.csv", "-k", "2", "--picture", "p.bmp"], "--picture p.bmp: expected a name that ends in .png"),
    (["fit", "two.csv", "-k", "2", "--replay", "p.avi"], "--replay p.avi: expected a name that ends in .gif"),
    (["fit", "two.csv", "-k", "2", "--labels", "l.xlsx"], "--labels l.xlsx: expected a name that ends in .csv"),
    (["fit", "two.csv", "-k", "2", "--colour", "red"], "See mixtura fit --help."),
    (["replay", "two.csv", "-k", "2", "-o", "em.gif", "--show", "z"], 'there is no column "z"; expected a, b, c'),
    (["replay", "two.csv", "-k", "2"], "--output"),
    (["fits"], "See mixtura --help."),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(case[0][1:]) for case in BAD])
def test_bad_input_is_one_line_and_exit_code_2(two, folder, capsys, arguments, message):
    before = sorted(folder.iterdir())
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_the_missing_cell_is_named_as_the_issue_says(folder, capsys):
    (folder / "data.csv").write_text("age\n" + "1\n" * 16 + "n/a\n")
    assert main(["fit", "data.csv", "-k", "1", "--missing", "error"]) == 2
    expected = 'data.csv, row 17, column "age": "n/a" stands for a missing value; pass --missing drop\n'
    assert capsys.readouterr().err == expected


def test_what_pictures_need_is_checked_before_the_fit(two, capsys, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert main(["fit", "two.csv", "-k", "2", "--replay", "em.mp4"]) == 2
    assert "needs the program ffmpeg" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert main(["fit", "two.csv", "-k", "2", "--picture", "p.png"]) == 2
    assert "pip install matplotlib, or Mixtura with its extra plot" in capsys.readouterr().err


def test_a_live_line_on_a_terminal(two, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["fit", "two.csv", "-k", "2", "--seed", "0"]) == 0
    shown = capsys.readouterr()
    assert "log-likelihood" in shown.err
    assert "/1000" in shown.err
    assert "iteration 0" not in shown.out


def test_lines_of_an_iteration():
    start, later = Iteration(1, 0, None, -5.0, math.nan, (0, 1)), Iteration(1, 3, None, -4.5, 0.25, (0, 1))
    assert iteration_line(start, 1) == "iteration 0  log-likelihood -5.000000000000"
    progress = FitProgress(starts=3, max_iter=50, began=0.0).with_iteration(1, 0, 1.0, math.nan)
    assert progress_line(start, progress, words=True) == "start 2/3  iteration 0/50  log-likelihood -5.0000"
    progress = progress.with_iteration(1, 3, 2.0, 0.25)
    assert (
        progress_line(later, progress, words=False)
        == "start 2/3  3/50  loglik -4.5000  rise 0.25  0.5/s  at most 4 min"
    )
    progress = progress.with_iteration(1, 4, 3.0, 0.125)
    assert progress_line(later, progress, words=True).endswith("0.667/s  about 21 s left")


def test_interrupted_before_there_is_anything(two, capsys, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("mixtura.fit", interrupted)
    assert main(["fit", "two.csv", "-k", "2", "--output", "m.json"]) == 130
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "Interrupted.\n")


def test_ctrl_c_keeps_the_best_so_far(folder):
    np.save("x.npy", np.random.default_rng(0).normal(size=(20_000, 4)))
    options = ["-k", "6", "--tol", "0", "--max-iter", "1000000", "--verbose", "--output", "m.json", "--json"]
    command = [sys.executable, "-m", "mixtura.cli", "fit", "x.npy", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("iteration 3 "):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    values = json.loads(out)
    assert values["outcome"] == "INTERRUPTED"
    assert values["iterations"] >= 3
    written = json.loads((folder / "m.json").read_text())
    assert values["mixture"] == {name: written[name] for name in written if name not in ("model", "em", "fit")}
    assert written["em"]["on_interrupt"] is None
    assert err.splitlines()[-1] == "warning: Interrupted: this is the best so far."


def test_other_warnings_and_errors_stay_pythons(two, capsys, monkeypatch):
    def warns(*args, **kwargs):
        warnings.warn("not ours", RuntimeWarning, stacklevel=1)

    monkeypatch.setattr("mixtura.fit", warns)
    with pytest.raises(RuntimeWarning):
        main(["fit", "two.csv", "-k", "2"])
    seen = []
    monkeypatch.setattr("warnings.showwarning", lambda message, *_, **__: seen.append(str(message)))
    warnings.simplefilter("always")  # pytest restores its filters after each test
    with pytest.raises(AttributeError):  # since what warns returns is no fit
        main(["fit", "two.csv", "-k", "2"])
    assert seen == ["not ours"]


def test_defaults_are_those_of_the_library():
    assert EM.tol is None
    assert EM.max_iter == 1000


def test_a_killed_fit_goes_on_from_its_checkpoint(folder):
    rows = np.random.default_rng(0).normal(size=(3000, 3)) + np.arange(3000)[:, None] // 1000
    pl.DataFrame(rows, schema=["a", "b", "c"]).write_csv(folder / "rows.csv")
    arguments = [
        "fit",
        "rows.csv",
        "-k",
        "6",
        "--tol",
        "1e-12",
        "--max-iter",
        "400",
        "--no-accelerate",
        "--start",
        "random",
    ]
    assert main([*arguments, "--output", "undisturbed.json"]) == 0
    kept = [*arguments, "--output", "fit.json", "--checkpoint", "fit.checkpoint", "--checkpoint-every", "1"]
    process = subprocess.Popen([sys.executable, "-m", "mixtura.cli", *kept], stderr=subprocess.DEVNULL)
    sizes = set()
    while len(sizes) < 3 and process.poll() is None:
        sizes |= {(folder / "fit.checkpoint").stat().st_size} if (folder / "fit.checkpoint").exists() else set()
    process.kill()
    process.wait()
    assert main(kept) == 0
    assert not (folder / "fit.checkpoint").exists()
    fits = [mixtura.load(str(folder / name)) for name in ("undisturbed.json", "fit.json")]
    assert fits[0].trace == fits[1].trace


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--checkpoint-every", "3"], "--checkpoint-every is given without --checkpoint; name the file, too"),
        (
            ["--checkpoint", "a", "--checkpoint-every", "soon"],
            "--checkpoint-every is 'soon'; expected a number",
        ),
        (
            ["--checkpoint", "a", "--checkpoint-every", "1.5"],
            "--checkpoint-every is '1.5'; expected a number",
        ),
        (["--checkpoint", "missing/a"], "--checkpoint: missing/a cannot be written (No such file or directory)"),
        (["--checkpoint", "six.csv"], "--checkpoint: six.csv is no checkpoint of this version"),
    ],
)
def test_options_of_checkpoints_are_checked(six, folder, capsys, options, message):
    assert main(["fit", "six.csv", "-k", "2", *options]) == 2
    assert message in capsys.readouterr().err
