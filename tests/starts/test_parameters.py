"""Starts from given parameters take what a mixture takes."""

from __future__ import annotations

import numpy as np
import pytest

import mixtura
from mixtura.errors import ParameterError

MATRICES = np.array([[[1.0]], [[4.0]]])
ROWS = np.r_[np.random.default_rng(0).normal(0, 1, 300), np.random.default_rng(1).normal(2.5, 2, 150)]


@pytest.mark.parametrize(
    "covariances",
    [MATRICES, MATRICES.tolist(), MATRICES[:, :, 0], mixtura.DenseCovariance(MATRICES, 2)],
    ids=["array", "list", "variances", "covariance"],
)
def test_covariances_are_given_as_to_a_mixture(covariances):
    start = mixtura.Parameters(means=[[0.0], [3.0]], covariances=covariances)
    held = {"means": [0], "covariances": [0]}
    fit = mixtura.fit(ROWS, start=start, fixed=held)
    assert fit.loglik == pytest.approx(-854.484, abs=0.01)
    assert fit.mixture.covariances.dense()[0].item() == 1.0
    alone = mixtura.fit(ROWS, 2, start=mixtura.Parameters(covariances=covariances), seed=0)
    assert alone.mixture.n_components == 2


def test_covariances_of_no_shape_are_refused():
    with pytest.raises(mixtura.DataError, match=r"covariances have shape \(2,\); expected \(k, d, d\)"):
        mixtura.Parameters(covariances=[1.0, 2.0])


def test_covariances_are_given_once():
    with pytest.raises(ParameterError, match="covariances and precisions are both given"):
        mixtura.Parameters(covariances=[[1.0]], precisions=[[[1.0]]])
