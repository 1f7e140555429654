"""Labels that are missing, or mark noise, in discriminant analysis, semi-supervised fits and starts."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mixtura
from mixtura import DataError, DegeneracyWarning, Outcome

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 2)) + np.repeat([[0], [3]], 30, axis=0)
NUMBERS = np.where(np.arange(60) % 3 == 0, np.nan, np.repeat([0.0, 1.0], 30))
NAMES = pd.Series([None if np.isnan(y) else "ab"[int(y)] for y in NUMBERS], dtype=object)
MARKED = np.where(np.isnan(NUMBERS), -1, np.nan_to_num(NUMBERS)).astype(int)

CONTAINERS = {
    "floats": NUMBERS,
    "list of numbers": NUMBERS.tolist(),
    "pandas Int64": pd.Series(NUMBERS).astype("Int64"),
    "masked": np.ma.masked_invalid(NUMBERS),
    "polars numbers": pl.Series(NUMBERS.tolist()).fill_nan(None),
}
NAMED = {
    "objects": NAMES,
    "list": NAMES.tolist(),
    "pandas string": NAMES.astype("string"),
    "categories": NAMES.astype("category"),
    "polars strings": pl.Series(NAMES.tolist()),
}


@pytest.mark.parametrize("y", [*CONTAINERS.values(), *NAMED.values()], ids=[*CONTAINERS, *NAMED])
@pytest.mark.parametrize("unlabelled", [None, np.nan, pd.NA])
def test_missing_classes_are_unknown(y, unlabelled):
    expected = mixtura.discriminant(ROWS, MARKED, models=["EEE"], unlabelled=-1)
    found = mixtura.discriminant(ROWS, y, models=["EEE"], unlabelled=unlabelled)
    assert found.classes.tolist() in ([0, 1], ["a", "b"])
    assert found.loglik == pytest.approx(expected.loglik, rel=1e-12)
    known = MARKED >= 0
    assert found.error(ROWS, y) == expected.error(ROWS[known], MARKED[known])


@pytest.mark.parametrize("known", CONTAINERS.values(), ids=CONTAINERS)
def test_missing_known_labels_are_unknown(known):
    expected = mixtura.fit(ROWS, 2, known_labels=MARKED)
    assert mixtura.fit(ROWS, 2, known_labels=known).trace == expected.trace


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([None] * 60, "expected at least two"),
        (["a"] * 30 + [1] * 30, "cannot be sorted|expected"),
        ([["a"]] * 60, "has shape"),
    ],
)
def test_classes_that_are_none_are_refused(y, words):
    with pytest.raises(DataError, match=words):
        mixtura.discriminant(ROWS, y)


def test_an_error_rate_needs_a_class():
    found = mixtura.discriminant(ROWS, np.repeat(["a", "b"], 30))
    with pytest.raises(DataError, match="all classes are missing"):
        found.error(ROWS, [None] * 60)


@pytest.mark.parametrize("seed", range(6))
def test_rows_known_to_belong_to_a_component_keep_it(seed):
    rows = np.random.default_rng(seed).normal(size=(40, 2))
    rows[0] = 30.0
    known = np.full(40, -1)
    known[0], known[1:4] = 1, 0
    with pytest.warns(DegeneracyWarning, match="component 1 is at the floor"):
        fit = mixtura.fit(rows, 2, known_labels=known, seed=0)
    assert fit.outcome is Outcome.SPURIOUS
    assert np.isfinite(fit.loglik)
    assert fit.mixture.predict(rows)[:4].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ([0] * 30 + [1] * 29 + [-1], "row 59: label -1, which marks noise"),
        (np.array([0.0] * 30 + [1.0] * 29 + [-1.0]), "row 59: label -1.0"),
        ([0.0] * 30 + [float("nan")] + [1.0] * 29, "row 30: label nan"),
        (NAMES, "row 0: label None"),
        (pl.Series(NAMES.tolist()), "row 0: label None"),
    ],
)
def test_a_start_needs_a_label_for_each_row(start, words):
    with pytest.raises(DataError, match=words):
        mixtura.fit(ROWS, 2, start=start)


@pytest.mark.parametrize(
    "kind", [list, pd.Series, pl.Series, np.array, lambda labels: pd.Series(labels, dtype="category")]
)
@pytest.mark.parametrize("names", [[0, 1], ["u", "v"], [-1, 1]])
def test_a_start_from_labels_in_any_container(kind, names):
    labels = np.repeat(names, 30)
    assert (
        mixtura.fit(ROWS, start=kind(labels.tolist())).trace == mixtura.fit(ROWS, 2, start=np.repeat([0, 1], 30)).trace
    )


@pytest.mark.filterwarnings("ignore::mixtura.TiesWarning")
def test_classes_at_the_floor_are_named():
    y = np.repeat(["low", "high"], [60, 40])
    rows = np.c_[RNG.normal(size=(100, 2)) + 6 * (y == "high")[:, None], y == "high"]
    with pytest.warns(DegeneracyWarning, match="class 'high', 'low' is at the floor"):
        mixtura.discriminant(rows, y, models="VVV")
    with pytest.warns(DegeneracyWarning, match="is at the floor"):
        mixtura.discriminant(rows, y, [1, 2], models="VVV", seed=0)
