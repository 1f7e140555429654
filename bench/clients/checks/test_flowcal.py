"""FlowCal's tests do not cluster: its `clustering_gmm` finds eight populations of beads."""

import numpy as np
import pytest
from FlowCal.mef import clustering_gmm


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_eight_populations(scale):
    """Each population has a cluster of its own."""
    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(8), 500)
    rows = np.exp(0.9 * true[:, None] + 2 + 0.08 * rng.normal(size=(len(true), 2)))
    labels = np.asarray(clustering_gmm(np.log(rows) if scale == "linear" else rows, 8, scale=scale))
    counts = np.array([np.bincount(labels[true == j], minlength=8) for j in range(8)])
    assert (counts.max(axis=1) >= 495).all()
    assert len(set(counts.argmax(axis=1))) == 8
