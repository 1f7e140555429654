"""The tests of other programs: the class is replaced in time, fits are counted, the page shows the results."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench" / "clients"))
from table import BEGIN, END, compare, conditions, table

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "bench" / "clients"

CONFTEST = "from sklearn.mixture import GaussianMixture as Held\n"
TESTS = """
import numpy as np, pytest
from sklearn.mixture import GaussianMixture

def test_fits():
    rows = np.random.normal(size=(60, 2))
    GaussianMixture(2).fit(rows)
    assert (GaussianMixture(2).fit_predict(rows) >= 0).all()

def test_fails():
    assert GaussianMixture.__module__.startswith("sklearn")

class Sub(GaussianMixture):
    def _m_step(self, *args, **kwargs): super()._m_step(*args, **kwargs)

def test_a_subclass_fits():
    Sub(2).fit(np.random.normal(size=(60, 2)))
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_client.py").write_text(TESTS)
    found = {}
    for cls in ("scikit-learn", "mixtura"):
        report = folder / f"{cls}.json"
        path = os.pathsep.join([str(CLIENTS), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path, "CLIENT_CLASS": cls, "CLIENT_REPORT": str(report)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "client_plugin", "-p", "no:cacheprovider"]
        command += ["-c", os.devnull, "--rootdir", str(folder), str(folder)]
        subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=False)
        found[cls] = json.loads(report.read_text())
    return found


def test_the_class_is_replaced_before_a_conftest_imports_it(reports):
    assert [report["counts"]["fits"] for report in reports.values()] == [3, 3]
    assert reports["mixtura"]["counts"]["by scikit-learn's loop"] == 1
    assert reports["mixtura"]["scikit-learn's class in"] == []
    assert reports["scikit-learn"]["scikit-learn's class in"] != []


def test_what_differs_is_found(reports):
    found = compare(reports)
    ((name, ends),) = found["differ"].items()
    assert name.endswith("test_fails")
    assert ends == ["passed", "failed"]
    assert (found["tests"], found["tests that fit"], found["passed"]) == (3, 2, [3, 2])


def test_the_page_shows_the_results():
    results = json.loads((CLIENTS / "results.json").read_text(encoding="utf-8"))
    clients = tomllib.loads((CLIENTS / "clients.toml").read_text(encoding="utf-8"))
    assert set(results["clients"]) == set(clients)
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    shown = page.partition(BEGIN)[2].partition(END)[0]
    assert shown.strip() == f"{table(results, clients)}\n\n{conditions(results)}"


def test_every_client_has_fitted_by_our_class_alone():
    results = json.loads((CLIENTS / "results.json").read_text(encoding="utf-8"))
    for name, result in results["clients"].items():
        assert min(result["fits"]) > 0, name
        assert result["still scikit-learn's class in"] == [], name
