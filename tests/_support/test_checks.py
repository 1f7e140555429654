"""Checks of arguments: what they refuse, and what the errors say."""

import json

import numpy as np
import pytest

import mixtura
from mixtura._support import as_column_positions, as_kind, thread_count, time_to_tell, without_missing
from mixtura.errors import DataError, ParameterError

MIXTURE = mixtura.Mixture([1.0], [[0.0, 5.0]], [[1.0, 1.0]])


@pytest.mark.parametrize("columns", [[True, False], [1.0], [None]])
def test_column_positions_are_integers(columns):
    with pytest.raises(ParameterError, match=f"column {columns[0]} is not one of 0 to 1"):
        MIXTURE.marginal(columns)


@pytest.mark.parametrize("columns", ["a", 1, 1.5, None])
def test_column_positions_are_a_list(columns):
    with pytest.raises(ParameterError, match=f"columns is {columns!r}; expected a list of names or numbers"):
        as_column_positions(columns, ("a", "b"), 2)


@pytest.mark.parametrize("threads", [np.inf, np.nan, 2.0, True, "many", 0])
def test_numbers_of_threads_are_integers(threads):
    with pytest.raises(ParameterError, match="expected an integer of at least 1"):
        thread_count(threads)


@pytest.mark.parametrize("epoch", ["yesterday", "", "1" * 30])
def test_a_time_that_is_none_is_named(epoch, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(ParameterError, match=f"SOURCE_DATE_EPOCH is '{epoch}'; expected seconds since 1970"):
        time_to_tell()


def test_plain_numbers_that_no_float_holds():
    with pytest.raises(TypeError, match=r"1000.* is no float"):
        as_kind(float, 10**400)
    plain = json.loads(mixtura.fit([0.0, 1.0, 2.0], 1).to_json())
    plain["fit"]["log_prior"] = 10**400
    with pytest.raises(DataError, match='not a valid model file: "fit" cannot be read'):
        mixtura.Fit.from_json(json.dumps(plain))


def test_labels_are_missing_by_mask_or_by_value():
    labels = np.ma.masked_array([1.0, np.nan, 2.0], mask=[True, False, False])
    assert without_missing(labels)[1].tolist() == [True, True, False]


def test_parameters_with_masked_values_are_refused():
    with pytest.raises(DataError, match="means, row 0, column 1: the value is masked"):
        mixtura.Mixture([1.0], np.ma.masked_array([[0.0, 5.0]], mask=[[False, True]]), [[1.0, 1.0]])


def test_what_is_counted_is_in_the_singular():
    with pytest.raises(DataError, match=r"X has 1 column; this mixture has 2 dimensions$"):
        MIXTURE.predict([1.0, 2.0])


def test_a_mixture_keeps_a_component():
    with pytest.raises(ParameterError, match="components is empty"):
        MIXTURE.select(np.zeros(1, dtype=bool))
