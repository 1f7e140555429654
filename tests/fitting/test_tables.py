"""Tables of results are of the kind that the rows came in; what is said of rows has their index."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mixtura
from mixtura import ParameterError

RNG = np.random.default_rng(0)
ARRAY = RNG.normal(size=(120, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 40, axis=0)
CLASSES = np.repeat(["a", "b", "c"], 40)
INDEX = [f"row {i}" for i in RNG.permutation(120)]
PANDAS = pd.DataFrame(ARRAY, INDEX, ["width", "height"])
POLARS = pl.DataFrame(ARRAY, ["width", "height"])
KINDS = {"records": (ARRAY, list), "pandas": (PANDAS, pd.DataFrame), "polars": (POLARS, pl.DataFrame)}
LABELS = np.repeat([0, 1, 2], 40)


def results(rows):
    fit = mixtura.fit(rows, 3, start=LABELS)
    chosen = mixtura.select(rows, [2, 3], models=["EEE", "VVV"], seed=0)
    tests = mixtura.likelihood_ratio_tests(rows, [2], 3, model="EII", start="hierarchical", seed=0)
    return {
        "fit": fit,
        "noise": mixtura.fit(rows, 3, start=LABELS, noise=0.05),
        "mixture": fit.mixture,
        "marginal": fit.mixture.marginal([0]),
        "conditional": fit.mixture.condition([0], [0.0]),
        "part": fit.mixture.select(np.array([0])),
        "assessment": fit.assessment,
        "assessed": mixtura.assess(mixtura.fit(ARRAY, 1).mixture, rows),
        "selection": chosen,
        "best": chosen.best,
        "cell": chosen[3, "EEE"],
        "bootstrap": mixtura.bootstrap(mixtura.fit(ARRAY, 1), rows, 5, seed=0, threads=1),
        "tests": tests,
        "test": tests[0],
        "combination": mixtura.combine_components(fit.mixture, rows),
        "reduction": mixtura.reduce_dimensions(fit.mixture),
        "discriminant": mixtura.discriminant(rows, CLASSES),
        "classes": mixtura.discriminant(rows, CLASSES).mixture,
        "tree": mixtura.hierarchical(rows),
    }


RESULTS = {kind: results(rows) for kind, (rows, _) in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", RESULTS["records"])
def test_a_table_is_of_the_kind_that_the_user_brought(kind, name):
    result = RESULTS[kind][name]
    table = result.table()
    assert type(table) is KINDS[kind][1]
    records = result.records()
    assert len(table) == len(records) > 0
    if kind != "records":
        assert list(table.columns) == list(records[0])
        numbers = [key for key, value in records[0].items() if isinstance(value, float)]
        for key in numbers:
            np.testing.assert_array_equal(
                np.array(table[key], dtype=float), np.array([row[key] for row in records], dtype=float)
            )


def test_the_components_of_a_fit():
    fit, noise = RESULTS["pandas"]["fit"], RESULTS["pandas"]["noise"]
    table = fit.table()
    assert list(table) == ["component", "weight", "size", "mean width", "mean height", "sd width", "sd height"]
    assert table["component"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(table["weight"], fit.mixture.weights)
    np.testing.assert_array_equal(table["size"], fit.sizes)
    np.testing.assert_array_equal(table[["mean width", "mean height"]], fit.mixture.means)
    table = noise.table()
    assert table["component"].tolist() == [0, 1, 2, -1]
    assert table["size"].sum() == pytest.approx(120)
    assert table["weight"].iloc[-1] == noise.mixture.noise.weight
    assert table.iloc[-1, 3:].isna().all()
    assert RESULTS["polars"]["noise"].table()[-1, "mean width"] is None
    assert mixtura.fit(ARRAY, 2, seed=0).records()[0]["mean x1"] == mixtura.fit(ARRAY, 2, seed=0).mixture.means[0, 0]


def test_labels_and_posteriors_have_the_index_of_the_rows():
    fit = RESULTS["pandas"]["fit"]
    shuffled = PANDAS.sample(frac=0.5, random_state=0)
    labels, posterior = fit.labels(shuffled), fit.posterior(shuffled)
    assert labels.index.equals(shuffled.index)
    assert posterior.index.equals(shuffled.index)
    assert (labels.name, list(posterior.columns)) == ("component", [0, 1, 2])
    np.testing.assert_array_equal(labels, fit.mixture.predict(shuffled))
    np.testing.assert_array_equal(posterior, fit.mixture.posterior(shuffled))
    pd.testing.assert_series_equal(posterior.idxmax(axis=1), labels, check_names=False)
    assert shuffled.assign(component=labels)["component"].notna().all()


def test_labels_and_posteriors_follow_the_table_they_are_asked_for():
    for results_of_kind in RESULTS.values():
        fit = results_of_kind["fit"]
        assert type(fit.labels(ARRAY)) is type(fit.posterior(ARRAY)) is np.ndarray
        labels, posterior = fit.labels(POLARS), fit.posterior(POLARS)
        assert (type(labels), type(posterior)) == (pl.Series, pl.DataFrame)
        assert (labels.name, posterior.columns) == ("component", ["0", "1", "2"])
        np.testing.assert_array_equal(labels, fit.labels(ARRAY))
    column = mixtura.fit(PANDAS["width"], 2, seed=0)
    assert column.labels(PANDAS["width"]).index.equals(PANDAS.index)
    assert type(column.table()) is pd.DataFrame


def test_names_of_components_are_labels():
    start = mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 0.0]], np.ones((2, 2)), component_names=["left", "right"])
    fit = mixtura.fit(PANDAS, start=start, noise=0.3)
    assert set(fit.labels(PANDAS)) <= {"left", "right", "noise"}
    assert list(fit.posterior(PANDAS)) == ["left", "right", "noise"] == fit.table()["component"].tolist()
    assert fit.posterior(POLARS).columns == ["left", "right", "noise"]
    assert fit.labels(ARRAY).dtype.kind == "U"


def test_what_comes_after_a_fit_has_the_index_too():
    found = RESULTS["records"]
    calls = {
        "class": (found["discriminant"].predict, found["discriminant"].posterior),
        "cluster": (
            lambda rows: found["combination"].predict(rows, 2),
            lambda rows: found["combination"].posterior(rows, 2),
        ),
    }
    for name, (predict, posterior) in calls.items():
        assert predict(PANDAS).index.equals(PANDAS.index)
        assert (predict(PANDAS).name, predict(POLARS).name) == (name, name)
        np.testing.assert_array_equal(predict(PANDAS), predict(ARRAY))
        assert posterior(PANDAS).index.equals(PANDAS.index)
        np.testing.assert_array_equal(posterior(POLARS), posterior(ARRAY))
        assert (posterior(PANDAS).idxmax(axis=1) == predict(PANDAS)).all()
    assert list(found["discriminant"].posterior(PANDAS)) == ["a", "b", "c"]
    assert found["discriminant"].error(PANDAS, CLASSES) == found["discriminant"].error(ARRAY, CLASSES)
    directions = found["reduction"].transform(PANDAS)
    assert directions.index.equals(PANDAS.index)
    assert list(directions) == ["direction 1", "direction 2"]
    np.testing.assert_array_equal(directions, found["reduction"].transform(ARRAY))
    merged = mixtura.combine_components(RESULTS["pandas"]["noise"].mixture, PANDAS)
    assert list(merged.posterior(PANDAS, 2)) == [0, 1, -1]


def test_a_path_and_a_selection_from_a_file_give_lists(tmp_path):
    path = tmp_path / "rows.csv"
    POLARS.write_csv(path)
    assert type(mixtura.fit(path, 2, seed=0).table()) is list
    chosen = RESULTS["pandas"]["selection"]
    back = mixtura.Selection.from_json(chosen.to_json())
    assert back.table() == back.records() != []
    resumed = mixtura.select(PANDAS, [2, 3], models=["EEE", "VVV"], seed=0, resume=back)
    pd.testing.assert_frame_equal(resumed.table(), chosen.table())
    assert type(resumed.best.table()) is pd.DataFrame
    bad = chosen[3, "EEE"].__class__(9, "VVV", None, None, (), error="none")
    assert bad.table() == []


def test_a_kind_is_kept_and_checked():
    fit = RESULTS["pandas"]["fit"]
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(fit)).table(), fit.table())
    assert fit.assessment == RESULTS["polars"]["fit"].assessment
    assert mixtura.Mixture.from_json(fit.to_json()).table_kind == "records"
    with pytest.raises(ParameterError, match="table_kind is 'arrow'; expected pandas, polars, records"):
        mixtura.Mixture([1.0], [[0.0]], [[[1.0]]], table_kind="arrow").table()


def test_neither_library_is_imported_for_arrays():
    code = "import mixtura, sys; fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2, seed=0); fit.table(); "
    code += "fit.labels([[0.0]]); print({'pandas', 'polars'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
