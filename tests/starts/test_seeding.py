import numpy as np
import pytest
from sklearn.cluster import kmeans_plusplus

from mixtura.starts.seeding import squared_distances


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weighted", [False, True])
def test_seeding_draws_the_rows_that_scikit_learn_draws(seed, weighted):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(100, 3))
    weight = rng.uniform(size=100) if weighted else None
    state = np.random.RandomState(seed)
    centres, _ = kmeans_plusplus(rows, 5, sample_weight=weight, random_state=state, n_local_trials=1)
    distances = squared_distances(rows, 5, weight, np.random.RandomState(seed))
    np.testing.assert_allclose(distances, ((rows[:, None] - centres) ** 2).sum(axis=2), atol=1e-12)
