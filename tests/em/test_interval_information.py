"""What remains to rise where values are censored, rows were not recorded, or are in bins: scores, and where EM ends."""

import numpy as np
import pytest

import mixtura
from mixtura import Histogram, Measured
from mixtura.data import Chunk, as_source
from mixtura.em.coordinates import FisherCoordinates
from mixtura.em.information import _moments

RNG = np.random.default_rng(1)
ROWS = np.concatenate([RNG.normal(size=(60, 2)) @ RNG.normal(size=(2, 2)) + mean for mean in (0, 3)])
HIGH = np.quantile(ROWS, 0.8, axis=0)
CODES = np.where(ROWS > HIGH, 1, 0).tolist()
WITHIN = ROWS[(ROWS < HIGH).all(axis=1)]
MEASURED = {
    "censored": Measured(np.minimum(ROWS, HIGH), censored=CODES),
    "within limits": Measured(WITHIN, limits=(None, HIGH)),
    "both": Measured(np.minimum(ROWS, HIGH), limits=(-9, 9), censored=CODES),
    "bins, some outside": Histogram(*np.histogramdd(ROWS, bins=4)[::-1], outside=8),
}


@pytest.mark.parametrize("how", MEASURED)
@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI"])
def test_scores_are_derivatives_of_the_log_density(how, model):
    X = MEASURED[how]
    mixture = mixtura.fit(ROWS, 2, model=model).mixture
    coordinates = FisherCoordinates(mixture)
    free = np.flatnonzero(coordinates.free)
    step, zero = 1e-4, np.zeros(len(coordinates.free))
    scores = np.empty((len(mixture.logpdf(X)), len(free)))
    for column, place in enumerate(free):
        moved = [coordinates.at(np.where(np.arange(len(zero)) == place, sign * step, 0.0)) for sign in (1, -1)]
        scores[:, column] = (moved[0].logpdf(X) - moved[1].logpdf(X)) / (2 * step)
    source = as_source(X)
    chunk = Chunk(source.given.array, measurement=source.measurement)
    n = len(chunk.rows)
    squared = _moments(mixture, chunk, mixture.posterior(X), np.ones(n), coordinates.free)[0]
    np.testing.assert_allclose(squared, scores.T @ scores / n, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("part", [0.1, 0.25])
def test_a_fit_to_a_truncated_sample_ends_where_little_remains(part):
    x = np.concatenate([RNG.normal(0, 1, 1000), RNG.normal(4, 1, 1000)])
    limit = np.quantile(x, 1 - part)
    short = mixtura.fit(x[x < limit], 2, limits=(None, limit))
    long = mixtura.fit(x[x < limit], 2, limits=(None, limit), em=mixtura.EM(tol=1e-11, max_iter=20_000))
    assert long.loglik - short.loglik < 0.02
