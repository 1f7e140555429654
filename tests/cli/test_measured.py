"""``mixtura fit`` and ``mixtura select`` with limits of recording, and with histograms."""

import json

import numpy as np
import pytest

import mixtura
from mixtura.cli import main

BINS = ["--counts-column", "n", "--low-column", "low", "--high-column", "high"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with rows within a limit, and a histogram whose last bin is open."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, 300), rng.normal(5, 1, 200)])
    rows = x[x < 6]
    (tmp_path / "rows.csv").write_text("width\n" + "".join(f"{value!r}\n" for value in rows.tolist()))
    edges = np.arange(-4, 9.0)
    counts = np.histogram(np.minimum(x, 7.5), edges)[0]
    ends = [*edges[1:-1], None]
    lines = [
        f"{a:g},{b:g},{c}\n" if b is not None else f"{a:g},,{c}\n" for a, b, c in zip(edges, ends, counts, strict=False)
    ]
    (tmp_path / "bins.csv").write_text("low,high,n\n" + "".join(lines))
    return rows, edges, counts


def shown(capsys, *arguments):
    """What a command prints as JSON."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_limits_are_those_of_the_function(folder, capsys):
    rows, _, _ = folder
    found = shown(capsys, "fit", "rows.csv", "-k", "2", "--high-limit", "width=6", "--low-limit", "width=-99")
    assert found["loglik"] == pytest.approx(mixtura.fit(rows, 2, limits=(-99, 6)).loglik)
    chosen = shown(capsys, "select", "rows.csv", "--components", "1:3", "--high-limit", "width=6")
    assert len(chosen["best"]["sizes"]) == 2


def test_censored_values_are_those_of_the_function(folder, capsys, tmp_path):
    rows, _, _ = folder
    seen, above = np.minimum(rows, 4.0), rows > 4
    other = np.arange(len(rows)) % 7
    lines = [f"{x!r},{'above' if a else ''},{y}\n" for x, a, y in zip(seen.tolist(), above, other, strict=True)]
    (tmp_path / "seen.csv").write_text("width,status,depth\n" + "".join(lines))
    censored = np.column_stack([np.where(above, "above", ""), np.full(len(rows), "")])
    own = mixtura.fit(np.column_stack([seen, other]), 2, model="VVI", censored=censored)
    command = ["fit", "seen.csv", "-k", "2", "--model", "VVI"]
    assert shown(capsys, *command, "--censored", "width=status")["loglik"] == pytest.approx(own.loglik)
    (tmp_path / "seen.csv").write_text("width,status,depth\n" + "".join(lines).replace("above", "1"))
    assert shown(capsys, *command, "--censored", "width=status")["loglik"] == pytest.approx(own.loglik)
    for code, exact in (("1.0", "0.0"), (" 1", "NA"), ("true", "nan"), ("ABOVE", "exact"), ("1", "-99")):
        rows_of_text = [line.replace(",,", f",{exact},").replace("above", code) for line in lines]
        (tmp_path / "coded.csv").write_text("width,status,depth\n" + "".join(rows_of_text))
        coded = ["fit", "coded.csv", *command[2:], "--na=-99", "--censored", "width=status"]
        if code == "true":
            assert main(coded) == 2
            assert (
                f"coded.csv, row {above.argmax() + 1}, column \"status\": 'true'; expected above or 1"
                in capsys.readouterr().err
            )
        else:
            assert shown(capsys, *coded)["loglik"] == pytest.approx(own.loglik)
    one = ["--columns", "width", "--censored", "width=status"]
    chosen = shown(capsys, "select", "seen.csv", "--components", "1:2", *one)["best"]
    own = mixtura.select(seen, [1, 2], censored=censored[:, :1]).best
    assert chosen["loglik"] == pytest.approx(own.loglik)
    limited = shown(capsys, *command, "--censored", "width=status", "--high-limit", "width=6")
    both = mixtura.Measured(np.column_stack([seen, other]), censored=censored, limits=(None, [6.0, None]))
    assert limited["loglik"] == pytest.approx(mixtura.fit(both, 2, model="VVI").loglik)


def test_a_histogram_is_fitted_and_selected(folder, capsys, tmp_path):
    _, edges, counts = folder
    found = shown(capsys, "fit", "bins.csv", "-k", "2", *BINS, "--output", "model.json")
    bins = mixtura.Histogram([*edges[:-1], np.inf], counts)
    assert found["loglik"] == pytest.approx(mixtura.fit(bins, 2).loglik)
    assert mixtura.load(tmp_path / "model.json").n_rows == 500
    chosen = shown(capsys, "select", "bins.csv", "--components", "1:3", *BINS)
    assert len(chosen["best"]["sizes"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rows.csv", "--high-limit", "6"], "--high-limit is '6'; expected a column and a number, such as width=2.5"),
        (["rows.csv", "--high-limit", "w=x"], "--high-limit is 'w=x'; expected a column and a number"),
        (["rows.csv", "--high-limit", "depth=6"], "limits: there is no column 'depth'; expected width"),
        (["rows.csv", "--high-limit", "width=6", "--stream"], "rows that are read in parts cannot have them"),
        (["rows.csv", "--censored", "width"], "--censored is 'width'; expected two columns, such as width=width_stat"),
        (["gap.csv", "--censored", "depth=n"], "--censored: there is no column 'depth'; expected one of low, high"),
        (["gap.csv", "--censored", "low=m"], 'has no column "m"'),
        (["gap.csv", "--censored", "low=n"], "gap.csv, row 1, column \"n\": '5'; expected above or 1, below or -1, or"),
        (
            ["gap.csv", "--censored", "low=n", "--censored", "low=high"],
            "--censored: 'low' is given 'n' and 'high'; exp",
        ),
        (
            ["gap.csv", "--censored", "low=n", "--columns", "low,n"],
            "column 'n' says which values of 'low' are censored",
        ),
        (["gap.csv", "--censored", "low=n", "--stream"], "--censored: rows that are read in parts cannot have it"),
        (["gap.csv", "--censored", "low=n", "--labels", "l.csv"], "--labels: values are taken as exact there"),
        (["bins.csv", *BINS, "--censored", "low=n"], "the edges of a histogram are its limits"),
        (["rows.csv", "--outside", "3"], "--outside: this is for a histogram; pass --counts-column, too"),
        (["bins.csv", "--counts-column", "n"], "the ends of the bins are not known; pass --low-column and --high"),
        (["bins.csv", *BINS, "--low-limit", "x=1"], "the edges of a histogram are its limits"),
        (["bins.csv", *BINS, "--labels", "labels.csv"], "--labels: a histogram has no rows to label or to draw"),
        (["gap.csv", *BINS], "the bins leave a gap or overlap: one ends at 1, the next begins at 2"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_makes_no_sense_is_said(capsys, tmp_path, arguments, message):
    (tmp_path / "gap.csv").write_text("low,high,n\n0,1,5\n2,3,5\n")
    assert main(["fit", *arguments, "-k", "1"]) == 2
    assert message in capsys.readouterr().err
