"""POT has no tests that fit a mixture: optimal transport between two that are fitted."""

import numpy as np
import pytest
from ot.gmm import gmm_ot_apply_map, gmm_ot_loss
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture

ROWS = load_iris().data


def parameters(rows, k):
    """Means, covariances and weights of a fit."""
    fitted = GaussianMixture(k, random_state=0).fit(rows)
    return fitted.means_, fitted.covariances_, fitted.weights_


def test_distance_between_two_mixtures():
    """The squared distance of a mixture to itself moved by (3, 0, 0, 0) is 9, and to itself zero."""
    m, c, w = parameters(ROWS, 3)
    m2, c2, w2 = parameters(ROWS + np.array([3.0, 0, 0, 0]), 3)
    assert gmm_ot_loss(m, m, c, c, w, w) == pytest.approx(0, abs=1e-6)
    assert gmm_ot_loss(m, m2, c, c2, w, w2) == pytest.approx(9, rel=1e-3)


def test_transport_moves_the_mean():
    """Rows moved by the optimal map have the target's mean."""
    m, c, w = parameters(ROWS, 3)
    m2, c2, w2 = parameters(ROWS + np.array([3.0, 0, 0, 0]), 3)
    moved = gmm_ot_apply_map(ROWS, m, m2, c, c2, w, w2, method="bary")
    np.testing.assert_allclose(moved.mean(axis=0), (ROWS + np.array([3.0, 0, 0, 0])).mean(axis=0), atol=0.05)
