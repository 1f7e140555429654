"""What weights of rows are, and what they count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura._support import as_row_weights
from mixtura.errors import DataError, ParameterError

SIZES = (5e-324, 1e-310, 1e-200, 1e-3, 0.3, 7.5, 1e150, 1e200, 1e306)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20), st.floats(1e-150, 1e150))
def test_only_ratios_of_sampling_weights_matter(weights, factor):
    one = as_row_weights(weights, len(weights), "sampling").values
    other = as_row_weights(np.multiply(weights, factor), len(weights), "sampling").values
    np.testing.assert_allclose(one, other, rtol=1e-9)
    assert one.sum() == pytest.approx((one**2).sum())
    assert one.sum() == pytest.approx(sum(weights) ** 2 / np.square(weights).sum())


@pytest.mark.parametrize("size", SIZES)
def test_equal_weights_of_any_size_are_no_weights(size):
    weights = as_row_weights(np.full(60, size), 60)
    assert weights.kind == "sampling"
    np.testing.assert_array_equal(weights.values, 1)


@pytest.mark.parametrize("size", SIZES)
def test_weights_of_any_size_keep_their_ratios(size):
    weights = as_row_weights([0.0, size, size], 3, "sampling").values
    np.testing.assert_array_equal(weights, [0, 1, 1])


def test_whole_numbers_are_counts_unless_there_are_too_many_to_tell():
    assert as_row_weights([1, 2, 0], 3).kind == "counts"
    assert as_row_weights(3, 2).values.tolist() == [3, 3]
    assert as_row_weights([1.0, 2.5, 0.0], 3).kind == "sampling"
    assert as_row_weights([1e16, 2e16, 0.0], 3).kind == "sampling"
    assert as_row_weights([1, 2, 0], 3, "sampling").kind == "sampling"
    assert as_row_weights([0.5, 2.5], 2, "counts").values.tolist() == [0.5, 2.5]
    assert as_row_weights(None, 3, "sampling").kind is None


@pytest.mark.parametrize(
    ("weights", "kind", "error", "words"),
    [
        ([0.0, 0.0], None, DataError, "zero for every row"),
        ([1.0, -1.0], None, DataError, r"sample_weight, row 1: -1; expected a finite number"),
        ([np.inf, 1.0], None, DataError, r"sample_weight, row 0: inf"),
        ([1.0], None, DataError, r"shape \(1,\); expected one weight for each row, \(2,\)"),
        ([1e308, 1e308], "counts", DataError, "too large; divide them"),
        ([1e-300, 0.0], "counts", DataError, "too small for counts; multiply them"),
        ([1e155, 1.0], "counts", DataError, "squared weights is too large; divide them"),
        ([1.0, 1.0], "survey", ParameterError, "weights_are is 'survey'; expected 'counts' or 'sampling'"),
    ],
)
def test_what_cannot_be_used_is_named(weights, kind, error, words):
    with pytest.raises(error, match=words):
        as_row_weights(weights, 2, kind)
