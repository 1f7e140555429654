"""What remains to rise where values are missing: scores by finite differences, and where EM ends."""

import numpy as np
import pytest

import mixtura
from mixtura import Mixture
from mixtura.data import MISSING_VALUES, Chunk
from mixtura.em.coordinates import FisherCoordinates
from mixtura.em.information import _moments

RNG = np.random.default_rng(1)
ROWS = np.concatenate([RNG.normal(size=(150, 3)) @ RNG.normal(size=(3, 3)) + mean for mean in (0, 2.5)])
HOLES = RNG.random(ROWS.shape) < 0.3
HOLES[np.arange(300), RNG.integers(0, 3, 300)] = False
LACKING = np.where(HOLES, np.nan, ROWS)


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "EII"])
def test_scores_are_derivatives_of_the_log_density(model):
    mixture = mixtura.fit(LACKING, 2, model=model).mixture
    coordinates = FisherCoordinates(mixture)
    free = np.flatnonzero(coordinates.free)
    step, zero = 1e-5, np.zeros(len(coordinates.free))
    scores = np.empty((len(LACKING), len(free)))
    for column, place in enumerate(free):
        moved = [coordinates.at(np.where(np.arange(len(zero)) == place, sign * step, 0.0)) for sign in (1, -1)]
        scores[:, column] = (moved[0].logpdf(LACKING) - moved[1].logpdf(LACKING)) / (2 * step)
    chunk = Chunk(LACKING, measurement=MISSING_VALUES)
    squared = _moments(mixture, chunk, mixture.posterior(LACKING), np.ones(300), coordinates.free)[0]
    np.testing.assert_allclose(squared, scores.T @ scores / 300, rtol=1e-4, atol=1e-6)


def test_a_fit_ends_where_little_remains():
    short, long = mixtura.fit(LACKING, 2), mixtura.fit(LACKING, 2, tol=1e-13, max_iter=20000)
    assert long.loglik - short.loglik < 0.01
    assert isinstance(short.mixture, Mixture)
