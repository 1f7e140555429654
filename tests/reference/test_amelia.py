"""One Gaussian with missing values, by EM: the maximum that R's Amelia 1.8.1 finds (Honaker, King & Blackwell 2011).

``Rscript reference.R ../mclust/iris.csv`` in tests/reference/amelia wrote the numbers.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import mixtura

FOLDER = Path(__file__).parent


def test_one_gaussian_with_missing_values_is_amelias():
    rows = np.loadtxt(FOLDER / "mclust" / "iris.csv", delimiter=",", skiprows=1)
    expected = json.loads((FOLDER / "amelia" / "iris.json").read_text())
    i, j = np.arange(len(rows))[:, None], np.arange(4)
    rows[(7 * i + 3 * j + i // 4 * j) % 5 == 0] = np.nan
    rows = rows[~np.isnan(rows).all(axis=1)]
    fit = mixtura.fit(rows, 1, tol=1e-15, max_iter=5000)
    assert fit.missing.n_missing == expected["n_missing"]
    np.testing.assert_allclose(fit.mixture.means[0], expected["mean"], rtol=1e-7)
    np.testing.assert_allclose(fit.mixture.covariances.dense()[0], expected["covariance"], atol=2e-7)
    theirs = mixtura.Mixture([1.0], [expected["mean"]], [expected["covariance"]])
    assert fit.loglik == pytest.approx(theirs.logpdf(rows).sum(), abs=1e-9)
