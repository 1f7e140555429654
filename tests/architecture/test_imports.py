"""What importing mixtura brings, and what waits until it is wanted."""

import subprocess
import sys

import pytest

import mixtura


def after(code):
    """Which slow packages a fresh process has imported."""
    slow = ["sklearn", "scipy", "pandas", "polars", "matplotlib"]
    code += f"; import sys; print([name for name in {slow} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_mixtura_needs_numpy_alone():
    assert after("import mixtura") == "[]"


def test_a_fit_needs_no_scikit_learn():
    assert after("import mixtura; mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2, seed=0)") == "[]"


def test_the_estimator_comes_when_asked_for():
    assert "sklearn" in after("from mixtura import GaussianMixture")
    assert "GaussianMixture" in dir(mixtura)
    with pytest.raises(AttributeError, match="no attribute 'GaussMixture'"):
        mixtura.GaussMixture  # noqa: B018
