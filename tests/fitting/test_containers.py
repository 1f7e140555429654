"""Rows, weights and labels in containers of other libraries: taken or refused in one sentence, at every door alike."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from arrow import ArrowTable

import mixtura
from mixtura import DataError, GaussianMixture, MixtureClassifier

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 2)) + np.repeat([[0, 0], [8, 8]], 20, axis=0)
FRAME = pd.DataFrame(ROWS, columns=["a", "b"])
CLASSES = np.repeat(["u", "v"], 20)
MIXTURE = mixtura.fit(FRAME, 2, seed=0).mixture
ESTIMATOR = GaussianMixture(2, random_state=0).fit(ROWS)
CLASSIFIER = MixtureClassifier(covariance_type="diag").fit(ROWS, CLASSES)
DISCRIMINANT = mixtura.discriminant(FRAME, CLASSES, models="VVI")

# Each door by name, with a number that it makes of rows.
DOORS = {
    "fit": lambda X: mixtura.fit(X, 2, seed=0).loglik,
    "select": lambda X: mixtura.select(X, [1, 2], models="VVI", seed=0).best.bic,
    "assess": lambda X: mixtura.assess(MIXTURE, X).loglik,
    "logpdf": lambda X: MIXTURE.logpdf(X).sum(),
    "log_joint": lambda X: MIXTURE.log_joint(X).sum(),
    "posterior": lambda X: np.asarray(MIXTURE.posterior(X))[:, 0].sum(),
    "predict": lambda X: MIXTURE.predict(X).sum(),
    "hierarchical": lambda X: mixtura.fit(X, 2, start=mixtura.hierarchical(X)).loglik,
    "find_noise": lambda X: mixtura.find_noise(X).sum(),
    "discriminant": lambda X: mixtura.discriminant(X, CLASSES, models="VVI").loglik,
    "discriminant predicts": lambda X: (np.asarray(DISCRIMINANT.predict(X)) == "u").sum(),
    "estimator fits": lambda X: GaussianMixture(2, random_state=0).fit(X).lower_bound_,
    "estimator predicts": lambda X: ESTIMATOR.predict(X).sum(),
    "estimator scores": ESTIMATOR.score,
    "classifier fits": lambda X: MixtureClassifier(covariance_type="diag").fit(X, CLASSES).discriminant_.loglik,
    "classifier predicts": lambda X: (CLASSIFIER.predict(X) == "u").sum(),
}
doors = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)

TAKEN = {
    "list": ROWS.tolist(),
    "Fortran order": np.asfortranarray(ROWS),
    "masked array without masked values": np.ma.masked_array(ROWS, mask=np.zeros_like(ROWS, dtype=bool)),
    "pandas": FRAME,
    "pandas Float64": FRAME.convert_dtypes(),
    "pandas objects": FRAME.astype(object),
    "pandas sparse columns": FRAME.astype(pd.SparseDtype(float)),
    "decimals": FRAME.map(Decimal),
    "polars": pl.DataFrame(ROWS, schema=["a", "b"]),
    "arrow": ArrowTable({"a": ROWS[:, 0], "b": ROWS[:, 1]}),
}


def with_cell(value, dtype=None):
    """The table with another value in row 3 of column "b"."""
    frame = FRAME.astype(object)
    frame.loc[3, "b"] = value
    return frame if dtype is None else frame.astype(dtype)


MASKED = np.ma.masked_array(ROWS, mask=np.zeros_like(ROWS, dtype=bool))
MASKED[3, 1] = np.ma.masked
NULL = [None if row == 3 else float(value) for row, value in enumerate(ROWS[:, 1])]
CELL = 'row 3, column ("b"|1)'
REFUSED = {
    "masked": (MASKED, f"{CELL}: the value is masked"),
    "infinity": (with_cell(np.inf, float), f"{CELL}: inf is not a finite number"),
    "text": (with_cell("many"), f"{CELL}: 'many' is not a number; pass numeric columns only"),
    "time": (with_cell(pd.Timestamp("2020-01-01")), f"{CELL}: Timestamp.* is not a number"),
    "query": (pl.LazyFrame(ROWS, schema=["a", "b"]), r"X is a LazyFrame, whose rows .* yet; pass X.collect\(\)"),
    "dictionary": ({"a": ROWS[:, 0], "b": ROWS[:, 1]}, "X is of type dict; pass an array, a list or a table"),
    "records": (np.array([(1.0, 2.0)] * 40, dtype=[("a", float), ("b", float)]), "expected real numbers"),
}


MISSING = {
    "NaN": with_cell(np.nan, float),
    "pandas.NA": with_cell(pd.NA, "Float64"),
    "pandas.NA among objects": with_cell(pd.NA),
    "pandas.NA among integers": FRAME.round().astype("Int64").mask(FRAME.loc[3, "b"] == FRAME),
    "None": with_cell(None),
    "NaT": with_cell(pd.NaT),
    "polars null": pl.DataFrame({"a": ROWS[:, 0], "b": NULL}),
    "arrow null": ArrowTable({"a": ROWS[:, 0], "b": NULL}),
}
WITH_NAN = np.where((np.arange(40) == 3)[:, None] & (np.arange(2) == 1), np.nan, ROWS)


@doors
@pytest.mark.parametrize("rows", MISSING.values(), ids=MISSING)
@pytest.mark.filterwarnings("ignore:X has feature names:UserWarning")
def test_missing_values_are_nan_or_refused_at_every_door(door, rows):
    rounded = "Int64" in map(str, getattr(rows, "dtypes", ()))
    try:
        wanted = door(np.round(WITH_NAN) if rounded else WITH_NAN)
    except DataError:
        with pytest.raises(DataError, match=f"{CELL}: nan is"):
            door(rows)
    else:
        assert door(rows) == pytest.approx(wanted, rel=1e-9)


@doors
@pytest.mark.parametrize("rows", TAKEN.values(), ids=TAKEN)
@pytest.mark.filterwarnings("ignore:X has feature names:UserWarning")
def test_rows_are_taken_at_every_door(door, rows):
    assert door(rows) == pytest.approx(door(ROWS), rel=1e-9)


@doors
@pytest.mark.parametrize(("rows", "words"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore:X has feature names:UserWarning")
def test_rows_are_refused_in_one_sentence_at_every_door(door, rows, words):
    with pytest.raises(DataError, match=words) as caught:
        door(rows)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("door", list(DOORS)[2:7])
def test_columns_of_an_arrow_table_are_matched_by_name(door):
    swapped = ArrowTable({"b": ROWS[:, 1], "a": ROWS[:, 0]})
    assert DOORS[door](swapped) == pytest.approx(DOORS[door](ROWS))
    assert mixtura.fit(swapped, 2, seed=0).mixture.columns == ("b", "a")
    assert mixtura.discriminant(swapped, CLASSES, models="VVI").columns == ("b", "a")
    with pytest.raises(DataError, match="no column 'a'"):
        DOORS[door](ArrowTable({"b": ROWS[:, 1], "c": ROWS[:, 0]}))


WEIGHED = {
    "fit": lambda w: mixtura.fit(ROWS, 2, seed=0, sample_weight=w).loglik,
    "assess": lambda w: mixtura.assess(MIXTURE, ROWS, sample_weight=w).loglik,
    "discriminant": lambda w: mixtura.discriminant(ROWS, CLASSES, models="VVI", sample_weight=w).loglik,
    "estimator fits": lambda w: GaussianMixture(2, random_state=0).fit(ROWS, sample_weight=w).lower_bound_,
    "estimator scores": lambda w: ESTIMATOR.score(ROWS, sample_weight=w),
    "classifier fits": lambda w: CLASSIFIER.fit(ROWS, CLASSES, sample_weight=w).discriminant_.loglik,
}
WEIGHT = np.arange(40) % 3 + 1.0


@pytest.mark.parametrize("door", WEIGHED.values(), ids=WEIGHED)
def test_weights_are_taken_or_refused_by_row_at_every_door(door):
    for taken in (WEIGHT.tolist(), pd.Series(WEIGHT), pd.Series(WEIGHT, dtype="Int64"), pl.Series(WEIGHT)):
        assert door(taken) == pytest.approx(door(WEIGHT))
    missing = pd.Series(WEIGHT, dtype="Float64")
    missing[3] = pd.NA
    for refused in (missing, np.where(np.arange(40) == 3, np.nan, WEIGHT), pl.Series(missing.tolist(), strict=False)):
        with pytest.raises(DataError, match="sample_weight, row 3"):
            door(refused)
    with pytest.raises(DataError, match="sample_weight, row 3: the value is masked"):
        door(np.ma.masked_array(WEIGHT, mask=np.arange(40) == 3))
    with pytest.raises(DataError, match="sample_weight, row 0: 'a' is not a number"):
        door(["a"] * 40)


LABELS = {
    "list": CLASSES.tolist(),
    "pandas": pd.Series(CLASSES),
    "categorical": pd.Categorical(CLASSES),
    "categorical series": pd.Series(pd.Categorical(CLASSES)),
    "pandas string": pd.Series(CLASSES, dtype="string"),
    "index": pd.Index(CLASSES),
    "polars": pl.Series(CLASSES),
    "polars categorical": pl.Series(CLASSES, dtype=pl.Categorical),
    "polars enum": pl.Series(CLASSES, dtype=pl.Enum(["u", "v"])),
}
LABELLED = {
    "start": lambda y: mixtura.fit(ROWS, start=y).loglik,
    "Labels": lambda y: mixtura.fit(ROWS, 2, start=mixtura.Labels(y)).loglik,
    "discriminant": lambda y: mixtura.discriminant(ROWS, y, models="VVI").loglik,
    "error rate": lambda y: DISCRIMINANT.error(FRAME, y),
    "classifier": lambda y: MixtureClassifier(covariance_type="diag").fit(ROWS, y).discriminant_.loglik,
}


@pytest.mark.parametrize("door", LABELLED.values(), ids=LABELLED)
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_are_taken_at_every_door(door, labels):
    assert door(labels) == pytest.approx(door(CLASSES))


@pytest.mark.parametrize("door", LABELLED.values(), ids=LABELLED)
def test_missing_labels_are_unknown_or_refused_by_row(door):
    numbers = pd.Series(np.repeat([0, 1], 20), dtype="Int64")
    numbers[3] = pd.NA
    masked = np.ma.masked_array(np.repeat([0, 1], 20), mask=np.arange(40) == 3)
    said = []
    for labels in (numbers, masked, pl.Series(numbers.tolist(), strict=False), np.where(masked.mask, np.nan, masked)):
        try:
            said.append(round(door(labels), 9))
        except DataError as error:
            said.append(str(error)[: len("start, row 3")])
    assert len(set(said)) == 1
    assert said[0] == "start, row 3" if door in (LABELLED["start"], LABELLED["Labels"]) else np.isfinite(said[0])


def test_responsibilities_in_a_table_are_checked_by_row():
    share = pd.DataFrame({"u": CLASSES == "u", "v": CLASSES == "v"}) * 1.0
    assert mixtura.fit(ROWS, start=share).loglik == pytest.approx(mixtura.fit(ROWS, start=CLASSES).loglik)
    share = share.astype("Float64")
    share.loc[3, "v"] = pd.NA
    with pytest.raises(DataError, match="row 3"):
        mixtura.fit(ROWS, 2, start=mixtura.Responsibilities(share))


def test_classes_of_the_classifier_may_be_missing():
    numbers = pd.Series(np.repeat([0, 1], 20), dtype="Int64")
    numbers[3] = pd.NA
    found = MixtureClassifier(covariance_type="diag").fit(ROWS, numbers)
    expected = MixtureClassifier(covariance_type="diag", unlabelled=-1).fit(ROWS, numbers.fillna(-1).astype(int))
    assert found.discriminant_.loglik == expected.discriminant_.loglik


def test_a_text_is_quoted_in_part():
    with pytest.raises(DataError, match=r"'aaaa.*\.\.\. is not a number") as caught:
        mixtura.fit([["a" * 1000]], 1)
    assert len(str(caught.value)) < 120


def test_a_known_label_that_is_text_is_named():
    labels = pd.Series(np.where(np.arange(40) == 3, None, CLASSES))
    with pytest.raises(DataError, match="known_labels, row 0: 'u'; expected an integer"):
        mixtura.fit(ROWS, 2, known_labels=labels)


def test_scores_of_a_table_do_not_warn():
    model = GaussianMixture(2, random_state=0).fit(FRAME)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.score(FRAME)
        model.score(FRAME, sample_weight=WEIGHT)
        model.bic(FRAME), model.aic(FRAME), model.icl(FRAME)
        GaussianMixture(2, random_state=0).fit_predict(FRAME)
        MixtureClassifier(covariance_type="diag").fit(FRAME, CLASSES).score(FRAME, CLASSES)


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("extra", [[1.0] * 60, ["x"] * 60, [float("nan")] + [1.0] * 59], ids=["numbers", "text", "NaN"])
def test_unused_columns_of_later_tables_may_hold_anything(table, extra):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=60) + np.repeat([0, 6], 30), rng.normal(size=60)
    mixture = mixtura.fit(pl.DataFrame({"a": a, "b": b}), 2, seed=0).mixture
    found = mixture.predict(table({"b": b, "c": extra, "a": a}))
    np.testing.assert_array_equal(found, mixture.predict(np.column_stack([a, b])))


@pytest.mark.parametrize("call", [mixtura.fit, mixtura.select])
def test_names_that_columns_share_are_an_error_before_em(call, monkeypatch):
    monkeypatch.setattr("mixtura.em.Problem.evaluate", None)
    frame = pd.DataFrame(ROWS, columns=["a", "a"])
    with pytest.raises(DataError, match="columns are 'a', 'a'; expected 2 different strings"):
        call(frame, 2)
