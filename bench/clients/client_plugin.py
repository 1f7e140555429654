"""A pytest plugin that puts Mixtura's class in scikit-learn's place, or leaves it there, and counts fits.

``CLIENT_CLASS`` says which: "mixtura" or "scikit-learn"; without it, importing this file changes nothing. The class is
replaced when this file is imported, which ``-p client_plugin`` does before any conftest.py, so before the client is
imported. Each test begins with the same seeds, since some clients' tests draw from global random numbers. At the end
the outcome, seconds and fits of each test are written to ``CLIENT_REPORT``, with the modules that still hold
scikit-learn's class.
"""

import functools
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import sklearn.mixture
from sklearn.mixture import GaussianMixture as Theirs

COUNTS, SECONDS = Counter(), Counter()
TESTS = {}
ORDER = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")


def counted(owner, name, kind):
    """Replace a method or function by one that counts its calls and the seconds within them."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def counting(*args, **kwargs):
        COUNTS[kind] += 1
        begin = time.perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            SECONDS[kind] += time.perf_counter() - begin

    setattr(owner, name, counting)


def replace():
    """Put our class in scikit-learn's place, and count below its public methods, which must stay as they are."""
    import mixtura
    from mixtura.sklearn import estimator, fit_rows

    # A replaced public method would count as overridden, and the fit would be scikit-learn's.
    counted(estimator, "fit_rows", "fits")
    counted(fit_rows, "fit_by_sklearn_loop", "by scikit-learn's loop")
    counted(fit_rows, "fit_with_sklearn", "by scikit-learn's class")
    sklearn.mixture.GaussianMixture = mixtura.GaussianMixture


if os.environ.get("CLIENT_CLASS") == "mixtura":
    replace()
elif os.environ.get("CLIENT_CLASS") == "scikit-learn":
    counted(Theirs, "fit_predict", "fits")


def pytest_runtest_setup():
    """Seed the global generators."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the one that clients draw from


def pytest_runtest_logstart(nodeid):
    """Note how many fits there were before a test."""
    TESTS[nodeid] = {"outcome": "passed", "seconds": 0.0, "before": COUNTS["fits"]}


def pytest_runtest_logreport(report):
    """Add a phase of a test: the worst outcome of all phases counts."""
    test = TESTS[report.nodeid]
    test["seconds"] += report.duration
    outcome = "error" if report.failed and report.when != "call" else report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if report.skipped else "xpassed"
    test["outcome"] = max(test["outcome"], outcome, key=ORDER.index)
    if report.failed:
        test["message"] = str(report.longrepr).strip().splitlines()[-1][:200]


def pytest_runtest_logfinish(nodeid):
    """Count the fits of a test."""
    test = TESTS[nodeid]
    test["fits"] = COUNTS["fits"] - test.pop("before")


def holders():
    """Modules outside scikit-learn and Mixtura that hold scikit-learn's class under any name."""
    own = ("sklearn", "mixtura", "client_plugin")
    modules = [(name, module) for name, module in list(sys.modules.items()) if name.partition(".")[0] not in own]
    return sorted(name for name, module in modules if any(value is Theirs for value in vars(module).values()))


def pytest_sessionfinish():
    """Write the report."""
    if "CLIENT_REPORT" in os.environ:
        report = {"tests": TESTS, "counts": COUNTS, "seconds in fits": SECONDS["fits"]}
        report["scikit-learn's class in"] = holders()
        Path(os.environ["CLIENT_REPORT"]).write_text(json.dumps(report), encoding="utf-8")
