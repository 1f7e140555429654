"""RAPTOR has no tests: its sweep over numbers of components by BIC, taken from its source without its other imports."""

import ast
from pathlib import Path

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.mixture import GaussianMixture

NAMES = ("get_optimal_clusters", "GMM_cluster")


def functions():
    """The functions of the clone that cluster."""
    tree = ast.parse(Path("raptor/cluster_utils.py").read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if getattr(node, "name", "") in NAMES]
    found = {"np": np, "GaussianMixture": GaussianMixture, "RANDOM_SEED": 224}
    exec(compile(tree, "cluster_utils.py", "exec"), found)
    return found


def test_bic_sweep():
    """Six separate clusters are found, and each row is in one of them."""
    rows, true = make_blobs(600, centers=6, n_features=10, random_state=0)
    labels, k = functions()["GMM_cluster"](rows, 0.1)
    assert k == 6
    assert all(len(each) == 1 for each in labels)
    assert len({(int(a), int(b[0])) for a, b in zip(true, labels, strict=True)}) == 6
