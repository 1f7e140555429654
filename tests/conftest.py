"""Data and helpers that several tests share."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

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

# What tests in tests/report and tests/app need besides Python's packages.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(__file__).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def pytest_report_header():
    """What is left out here, and why; an empty list of parameters leaves tests out."""
    missing = []
    if CHROMIUM is None:
        missing.append("no Chromium: the tests of pages in a browser are left out (Debian: apt install chromium)")
    if not AXE.exists():
        missing.append("no axe-core: the test of accessibility is left out (npm install --prefix frontend)")
    return missing


@pytest.fixture(scope="session", params=[CHROMIUM] if CHROMIUM else [])
def play(request):
    """Playwright, where there is a browser; once in a process, since it runs an event loop in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started, request.param


@pytest.fixture(scope="session")
def browser(play):
    """Chromium with WebGL2 by software."""
    launched = play[0].chromium.launch(executable_path=play[1], args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture(params=[AXE] if AXE.exists() else [])
def axe(request):
    """The script of axe-core, which looks for barriers."""
    return request.param.read_text(encoding="utf-8")


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
