"""Model-based agglomeration: mclust's partitions, and laws."""

import json
import os
import signal
import threading
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slips import merges

import mixtura
from mixtura.data import ArraySource
from mixtura.errors import ParameterError
from mixtura.kernels import current_kernel
from mixtura.kernels.agglomeration import agglomerate as on_numpy
from mixtura.starts.hierarchical import CRITERIA

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"
DATA = ("faithful", "iris", "diabetes")
COORDINATES = ("SVD", "VARS", "STD", "SPH", "PCS", "PCR")


def load(name):
    """Rows, and what mclust says of them."""
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    return rows, json.loads((REFERENCE / f"{name}.json").read_text())


def same_partition(one, other):
    """Whether two labellings differ by their numbers alone."""
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


@pytest.mark.parametrize("name", DATA)
def test_mclusts_start(name):
    """mclust's default: VVV on the SVD coordinates."""
    rows, reference = load(name)
    start = reference["start"]
    assert same_partition(mixtura.hierarchical(rows).labels(start["G"]).tolist(), start["labels"])


@pytest.mark.parametrize("criterion", ["EII", "VII", "EEE"])
@pytest.mark.parametrize("name", DATA)
def test_mclusts_partitions(name, criterion):
    rows, reference = load(name)
    tree = mixtura.hierarchical(rows, criterion=criterion, use="VARS")
    for k, labels in reference["hc"][criterion].items():
        assert same_partition(tree.labels(int(k)).tolist(), labels), k


@pytest.mark.parametrize(("name", "most"), [("faithful", 4), ("iris", 9), ("diabetes", 1)])
def test_mclusts_partitions_by_vvv(name, most):
    """Ours up to that many clusters; with the slip that mclust makes on these columns, all of them."""
    rows, reference = load(name)
    tree = mixtura.hierarchical(rows, use="VARS")
    slipping = replace(tree, merges=merges(rows))
    for k, labels in reference["hc"]["VVV"].items():
        assert same_partition(slipping.labels(int(k)).tolist(), labels), k
        assert int(k) > most or same_partition(tree.labels(int(k)).tolist(), labels), k


def term(criterion, rows, alpha):
    """What a cluster adds to the criterion, by the definition."""
    n, d = rows.shape
    centred = rows - rows.mean(axis=0)
    trace = (centred**2).sum()
    if criterion == "EII":
        return trace
    volume = np.linalg.det(centred.T @ centred / n) if criterion == "VVV" and n > d else 0.0
    return n * np.log(max(volume, 0) + (trace + alpha) / n)


def objective(criterion, rows, labels):
    """The criterion of a partition, by the definition."""
    n, d = rows.shape
    alpha = ((rows - rows.mean(axis=0)) ** 2).sum() / (n * d)
    clusters = [rows[labels == k] for k in np.unique(labels)]
    if criterion != "EEE":
        return sum(term(criterion, cluster, alpha) for cluster in clusters)
    centred = [cluster - cluster.mean(axis=0) for cluster in clusters]
    scatter = sum(c.T @ c for c in centred) / n
    return np.linalg.det(scatter) + np.trace(scatter)


@pytest.mark.parametrize("criterion", CRITERIA)
@given(seed=st.integers(0, 2**32), n=st.integers(2, 12), d=st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_each_merge_is_the_cheapest_by_the_definition(criterion, seed, n, d):
    rows = np.random.default_rng(seed).normal(size=(n, d)) * [1, 3, 0.5][:d]
    tree = mixtura.hierarchical(rows, criterion=criterion, use="VARS")
    for k in range(n, 1, -1):
        labels = tree.labels(k)
        unions = [np.where(labels == b, a, labels) for a, b in combinations(range(k), 2)]
        least = min(objective(criterion, rows, union) for union in unions)
        scale = abs(least) + np.abs(rows).max() ** 2
        assert objective(criterion, rows, tree.labels(k - 1)) <= least + 1e-9 * scale
        height = objective(criterion, rows, tree.labels(k - 1)) - objective(criterion, rows, labels)
        assert tree.heights[n - k] == pytest.approx(height, abs=1e-7 * scale)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("use", COORDINATES)
def test_cuts_are_nested_and_do_not_depend_on_the_order_of_rows(criterion, use):
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 3)) + np.repeat([[0], [3], [7]], 20, axis=0)
    tree = mixtura.hierarchical(rows, criterion=criterion, use=use)
    order = rng.permutation(60)
    shuffled = mixtura.hierarchical(rows[order], criterion=criterion, use=use)
    for k in range(1, 60):
        coarse, fine = tree.labels(k), tree.labels(k + 1)
        assert len(set(zip(coarse, fine, strict=True))) == k + 1 == fine.max() + 1
        assert same_partition(coarse[order].tolist(), shuffled.labels(k).tolist())


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_numpy_gives_the_same_tree(criterion, d):
    rng = np.random.default_rng(d)
    rows, weight = rng.normal(size=(80, d)), rng.integers(1, 4, size=80).astype(float)
    expected, heights = on_numpy(rows, weight, criterion, 0.7)
    found, found_heights = current_kernel().agglomerate(rows, weight, criterion, 0.7)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(found_heights, heights, rtol=1e-7, atol=1e-9)
    assert current_kernel().name in ("native", "numpy")


@pytest.mark.parametrize("criterion", ["EII", "VII", "VVV"])  # in EEE rounding decides
def test_numpy_breaks_ties_alike(criterion):
    rows = np.array([[x, y] for x in range(5) for y in range(4)], dtype=float)
    one, other = (
        on_numpy(rows, np.ones(20), criterion, 1.0),
        current_kernel().agglomerate(rows, np.ones(20), criterion, 1.0),
    )
    np.testing.assert_allclose(one[1], other[1], atol=1e-12)


def test_a_row_of_weight_three_is_a_cluster_of_three():
    rng = np.random.default_rng(0)
    rows, weight = rng.normal(size=(30, 2)), rng.integers(0, 4, size=30)
    once = mixtura.hierarchical(rows, criterion="EII", sample_weight=weight)
    often = mixtura.hierarchical(np.repeat(rows, weight, axis=0), criterion="EII")
    for k in range(1, 12):
        assert same_partition(np.repeat(once.labels(k), weight[weight > 0]).tolist(), often.labels(k).tolist())


@pytest.mark.parametrize("criterion", CRITERIA)
def test_relative_weights_are_scaled(criterion):
    rows = np.random.default_rng(0).normal(size=(30, 2))
    equal = mixtura.hierarchical(rows, criterion=criterion, sample_weight=np.full(30, 1 / 30))
    np.testing.assert_array_equal(equal.merges, mixtura.hierarchical(rows, criterion=criterion).merges)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_degenerate_rows(criterion):
    for rows in (np.zeros((5, 2)), [[1.0, 2.0]], np.c_[np.arange(6.0), np.ones(6), 2 * np.arange(6.0)], np.eye(3, 7)):
        for use in COORDINATES:
            tree = mixtura.hierarchical(rows, criterion=criterion, use=use)
            assert len(tree.merges) == len(tree.heights) == len(tree.rows) - 1
            assert np.isfinite(tree.heights).all()
            assert tree.labels(1).tolist() == [0] * len(tree.rows)


def test_units_do_not_matter():
    rows, _ = load("diabetes")
    assert (mixtura.hierarchical(rows * [1e-9, 1, 1e9] + 5).merges == mixtura.hierarchical(rows).merges).all()


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "VII"])
def test_one_tree_starts_every_model_and_size(model):
    rows, _ = load("iris")
    tree = mixtura.hierarchical(rows)
    for k in (1, 2, 3):
        fit = mixtura.fit(rows, k, model=model, start=tree)
        by_name = mixtura.fit(rows, k, model=model, start="hierarchical")
        by_labels = mixtura.fit(rows, k, model=model, start=tree.labels(k))
        assert fit.trace == by_name.trace
        assert fit.loglik == pytest.approx(by_labels.loglik, abs=1e-6)


def test_larger_data_are_represented_by_a_sample():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3000, 2)) + np.repeat([[0], [8]], 1500, axis=0)
    tree = mixtura.hierarchical(rows, subset=100, seed=1)
    assert tree.rows.shape == (100, 2)
    fit = mixtura.fit(rows, 2, start=tree)
    assert sorted(fit.mixture.weights.round(2).tolist()) == [0.5, 0.5]
    assert mixtura.fit(rows, 2, start="hierarchical", seed=0).loglik == pytest.approx(fit.loglik, abs=0.1)


def test_ctrl_c_stops_it():
    rows = np.random.default_rng(0).normal(size=(4000, 4))

    def interrupted():
        signal.signal(signal.SIGINT, signal.default_int_handler)  # shells tell what runs in the background to ignore it
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        mixtura.hierarchical(rows, subset=4000)

    with pytest.raises(KeyboardInterrupt):
        interrupted()


def test_errors_say_what_to_do():
    with pytest.raises(mixtura.ParameterError, match="criterion is 'VVI'; expected one of EII, VII, EEE, VVV"):
        mixtura.hierarchical([[1.0]], criterion="VVI")
    with pytest.raises(mixtura.ParameterError, match="use is 'svd'; expected one of VARS"):
        mixtura.hierarchical([[1.0]], use="svd")
    tree = mixtura.hierarchical([[1.0], [2.0]])
    with pytest.raises(mixtura.ParameterError, match="k is 3; the tree has only 2 rows"):
        tree.labels(3)
    with pytest.raises(mixtura.DataError, match="the tree has 1 columns; the data has 2"):
        mixtura.fit(np.eye(4, 2), 2, start=tree)


def test_weights_beside_a_source_are_refused():
    source = ArraySource.of(np.arange(6.0))
    with pytest.raises(ParameterError, match="sample_weight or weights_are is given beside a Source"):
        mixtura.hierarchical(source, sample_weight=np.ones(6))
    assert mixtura.hierarchical(source).labels(2).tolist() == mixtura.hierarchical(np.arange(6.0)).labels(2).tolist()
