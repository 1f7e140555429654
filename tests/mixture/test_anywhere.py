"""Densities, responsibilities and labels of rows that are not in memory."""

import numpy as np
import pytest
from halves import Halves
from remote_rows import in_partitions

import mixtura
from mixtura import DataError

RNG = np.random.default_rng(0)
ROWS = np.concatenate([RNG.normal(mean, 1, (400, 2)) for mean in (0, 3)])
MIXTURE = mixtura.fit(ROWS, 2, noise=0.05).mixture
METHODS = ["logpdf", "posterior", "predict", "uncertainty", "log_joint"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("make", [Halves, in_partitions])
def test_the_values_are_those_of_the_array(method, make):
    found, wanted = (getattr(MIXTURE, method)(X) for X in (make(ROWS), ROWS))
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_the_values_of_files_are_those_of_the_array(method, tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    found = getattr(MIXTURE, method)(mixtura.scan(tmp_path / "rows.npy", ["x1", "x2"]))
    np.testing.assert_allclose(found, getattr(MIXTURE, method)(ROWS), rtol=1e-12)


def test_rows_of_weight_zero_have_values_too():
    weight = (np.arange(len(ROWS)) % 3).astype(float)
    np.testing.assert_array_equal(MIXTURE.predict(in_partitions(ROWS, weight)), MIXTURE.predict(ROWS))
    with pytest.raises(DataError, match="rows of weight zero"):
        MIXTURE.predict(Halves(ROWS, weight))


def test_columns_are_found_by_name_and_counted():
    named = mixtura.Mixture(MIXTURE.weights / MIXTURE.weights.sum(), MIXTURE.means, MIXTURE.covariances, ["a", "b"])
    swapped = in_partitions(ROWS[:, ::-1].copy(), columns=("b", "a"))
    np.testing.assert_array_equal(named.predict(swapped), named.predict(ROWS))
    with pytest.raises(DataError, match="X has 1 column; this mixture has 2 dimensions"):
        named.predict(in_partitions(ROWS[:, :1].copy()))
