"""autogmm's package holds no tests: the clusters that it chooses."""

from autogmm import AutoGMM
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score


def test_separate_clusters():
    """As many components as there are clusters, and their labels."""
    rows, true = make_blobs(180, centers=3, n_features=3, cluster_std=0.5, random_state=4)
    model = AutoGMM(1, 4, n_init_kmeans=1, random_state=0).fit(rows)
    assert model.n_components_ == 3
    assert adjusted_rand_score(true, model.labels_) == 1
