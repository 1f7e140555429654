"""The estimator takes every covariance model, and means by it what `mixtura.fit` does."""

import pickle

import numpy as np
import pytest

import mixtura
from mixtura.covariance.models import MODELS

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(200, 3)) * [1, 2, 3] + np.repeat([[0, 0, 0], [9, 0, 0]], 100, axis=0)


@pytest.mark.parametrize("model", MODELS)
def test_the_estimator_fits_every_covariance_model(model):
    options = {"covariance_type": model, "random_state": 0}
    found = mixtura.GaussianMixture(2, reg_covar=1e-9, tol=1e-9, max_iter=500, **options).fit(ROWS)
    fit = mixtura.fit(ROWS, model=model, start=found.mixture_, tol=1e-10)
    assert found.score(ROWS) == pytest.approx(fit.loglik / len(ROWS), abs=1e-7)
    assert found.n_parameters_ == fit.n_parameters
    assert found.covariances_.shape == (2, 3, 3)
    parameters = {"weights_init": found.weights_, "means_init": found.means_, "precisions_init": found.precisions_}
    again = mixtura.GaussianMixture(2, **options, **parameters).fit(ROWS)
    assert again.score(ROWS) == pytest.approx(found.score(ROWS), abs=1e-5)
    assert (pickle.loads(pickle.dumps(found)).predict(ROWS) == found.predict(ROWS)).all()
