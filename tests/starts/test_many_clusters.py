"""The default start finds every one of many separated clusters, in any order of rows and rotation of columns."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import mixtura


@pytest.mark.parametrize("seed", range(5))
def test_twenty_clusters_in_twelve_columns(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 20, 3000)
    rows = rng.normal(size=(3000, 12)) + (rng.normal(size=(20, 12)) * 3)[labels]
    assert adjusted_rand_score(labels, mixtura.fit(rows, 20, seed=seed).mixture.predict(rows)) > 0.98
    order, axes = rng.permutation(3000), np.linalg.qr(rng.normal(size=(12, 12)))[0]
    turned = rows[order] @ axes
    assert adjusted_rand_score(labels[order], mixtura.fit(turned, 20, seed=seed).mixture.predict(turned)) > 0.98


def test_fifteen_clusters_in_fifty_columns():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 15, 5000)
    rows = rng.normal(size=(5000, 50)) + 1.2 * rng.normal(size=(15, 50))[labels]
    assert adjusted_rand_score(labels, mixtura.fit(rows, 15, seed=0).mixture.predict(rows)) > 0.98


@pytest.mark.parametrize(("model", "loglik"), [("EVI", -338.7888), ("VVV", -180.1855)])
def test_iris_reaches_the_best_optimum_known_from_any_order_of_rows(iris, model, loglik):
    for seed in range(5):
        rows = iris[np.random.default_rng(seed).permutation(len(iris))]
        assert mixtura.fit(rows, 3, model=model, seed=seed).loglik == pytest.approx(loglik, abs=0.01)
