"""qp's tests do not convert samples to mixtures: moments stay when it does."""

import numpy as np
import pytest
import qp


def test_converted_distributions_keep_their_moments():
    """Means and standard deviations of mixtures are those of the normal distributions that they were fitted to."""
    loc, scale = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [1.0], [2.0]])
    normal = qp.stats.norm.create_ensemble(data={"loc": loc, "scale": scale})
    mixtures = qp.convert(normal, "mixmod", ncomps=3, nsamples=4000, random_state=0)
    weights, means, stds = (mixtures.objdata[name] for name in ("weights", "means", "stds"))
    mean = (weights * means).sum(axis=1)
    second = (weights * (means**2 + stds**2)).sum(axis=1)
    assert mean == pytest.approx(loc.ravel(), abs=0.1)
    assert np.sqrt(second - mean**2) == pytest.approx(scale.ravel(), rel=0.1)
