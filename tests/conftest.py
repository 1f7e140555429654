"""Data and helpers that several tests share."""

import os
from dataclasses import replace

# Two test processes share the machine: more threads in BLAS only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import matplotlib as mpl
import pytest
from hypothesis import HealthCheck, settings
from sklearn.datasets import load_digits, load_iris, load_wine, make_blobs
from sklearn.decomposition import PCA

from mixtura import kernels

mpl.use("Agg")

# Deadlines would make slow machines fail; derandomised so that a failure comes back.
settings.register_profile(
    "mixtura", deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mixtura")

MODELS = ("VVV", "EEE", "VVI", "VII")


@pytest.fixture(params=["native"] if kernels.current_kernel().begin_runs else [])
def native(request):
    """EM within the kernel; tests of it are left out where there is no compiler."""
    return kernels.current_kernel()


@pytest.fixture
def by_the_loop():
    """The kernel without EM iterations of its own, as if there were no compiler."""
    with kernels.using_kernel(replace(kernels.current_kernel(), begin_runs=None)):
        yield


@pytest.fixture(scope="session")
def iris():
    return load_iris().data


@pytest.fixture(scope="session")
def data_sets(iris):
    """Name -> (rows, number of components)."""
    digits = PCA(10, random_state=0).fit_transform(load_digits().data)
    blobs = make_blobs(500, centers=4, n_features=3, random_state=1)[0]
    return {"iris": (iris, 3), "wine": (load_wine().data, 3), "digits": (digits, 10), "blobs": (blobs, 4)}
