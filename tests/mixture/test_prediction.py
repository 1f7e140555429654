"""The scikit-learn layer keeps what prediction needs at hand; nobody may notice."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixtura import GaussianMixture
from mixtura.sklearn.attributes import is_valid_array

ROWS = np.random.default_rng(0).normal(size=(60, 2))


def fitted():
    return GaussianMixture(2, random_state=0).fit(ROWS)


def test_the_distribution_is_made_once():
    model = fitted()
    assert model.mixture_ is model.mixture_


def test_attributes_that_are_written_to_count():
    model = fitted()
    model.score_samples(ROWS)
    model.weights_[:] = [1.0, 0.0]
    model.means_[0] = [5.0, 5.0]
    expected = multivariate_normal([5.0, 5.0], model.covariances_[0]).logpdf(ROWS)
    np.testing.assert_allclose(model.score_samples(ROWS), expected, rtol=1e-9)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS.tolist(),
        ROWS.astype(np.int64),
        ROWS[:, :1],
        ROWS[:0],
        ROWS[0],
        np.full((2, 2), np.nan),
        np.array([[1e200, 0.0]]),
        ROWS.astype(">f8"),
    ],
)
def test_what_is_not_plain_goes_through_validation(rows):
    assert not is_valid_array(rows, 2)


def test_prediction_is_the_same_for_any_layout():
    model = fitted()
    expected = model.predict_proba(ROWS)
    for rows in (
        np.asfortranarray(ROWS),
        ROWS.tolist(),
        np.repeat(ROWS, 2, axis=0)[::2],
        ROWS[:, ::-1].copy()[:, ::-1],
    ):
        np.testing.assert_array_equal(model.predict_proba(rows), expected)
