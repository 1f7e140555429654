"""Options of ``mixtura fit`` that say what is known of the rows' components."""

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura.cli import main

RNG = np.random.default_rng(0)
TRUE = np.repeat(["low", "high"], 60)
ROWS = RNG.normal(size=(120, 2)) + np.where(TRUE == "low", 0, 3)[:, None]


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = [name if i % 4 == 0 else None for i, name in enumerate(TRUE.tolist())]
    groups = [f"g{i // 3}" for i in range(120)]
    soft = np.where(TRUE == "low", 0.8, 0.2)
    frame = pl.DataFrame(ROWS, schema=["a", "b"]).with_columns(
        kind=pl.Series(known), thing=pl.Series(groups), p=pl.Series(soft), q=pl.Series(1 - soft)
    )
    frame.write_csv("rows.csv")
    return frame


def fitted(*options):
    assert main(["fit", "rows.csv", *options, "--output", "m.json"]) == 0
    return mixtura.load("m.json")


@pytest.mark.usefixtures("table")
def test_labels_groups_and_soft_labels(capsys):
    columns = ["--columns", "a,b"]
    found = fitted("--known-labels", "kind", "--model", "EEI", "--exclude", "p,q,thing")
    labels = np.where(np.arange(120) % 4 == 0, (TRUE == "low").astype(int), -1)
    expected = mixtura.fit(ROWS, 2, model="EEI", known_labels=labels)
    assert found.mixture.component_names == ("high", "low")
    assert found.loglik == pytest.approx(expected.loglik, rel=1e-12)
    grouped = fitted("--groups", "thing", "-k", "2", "--model", "EEI", *columns)
    own = mixtura.fit(ROWS, 2, model="EEI", groups=np.arange(120) // 3)
    assert grouped.loglik == pytest.approx(own.loglik, rel=1e-12)
    soft = fitted("--prior-responsibilities", "p,q", "-k", "2", "--model", "EEI", *columns)
    given = np.where(TRUE == "low", 0.8, 0.2)
    own = mixtura.fit(ROWS, 2, model="EEI", prior_responsibilities=np.column_stack([given, 1 - given]))
    assert soft.loglik == pytest.approx(own.loglik, rel=1e-12)
    how = ["-k", "2", "--model", "EEI", "--replicates", "9"]
    for option, value, known in (
        ("--groups", "thing", {"groups": [f"g{i // 3}" for i in range(120)]}),
        ("--prior-responsibilities", "p,q", {"prior_responsibilities": np.column_stack([given, 1 - given])}),
        ("--known-labels", "kind", {"known_labels": labels}),
    ):
        command = ["bootstrap", "rows.csv", *how, *columns, option, value, "--table", f"{value}.csv"]
        assert main(command) == 0
        own = mixtura.bootstrap(mixtura.fit(ROWS, 2, model="EEI", **known), ROWS, 9, **known)
        shown = pl.read_csv(f"{value}.csv").filter(pl.col("parameter") == "mean")["standard_error"]
        np.testing.assert_allclose(shown.to_numpy(), own.standard_errors["means"].ravel(), rtol=1e-6)
    capsys.readouterr()
    assert main(["fit", "rows.csv", "-k", "2", "--groups", "none"]) == 2
    assert "none" in capsys.readouterr().err
    assert main(["fit", "rows.csv", "-k", "2", "--groups", "thing", "--stream"]) == 2
    assert "is read whole" in capsys.readouterr().err
