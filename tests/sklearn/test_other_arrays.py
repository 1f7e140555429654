"""Rows of another array library under ``array_api_dispatch``, and integer rows."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits

from mixtura import GaussianMixture

KINDS = ("full", "tied", "diag", "spherical")
kinds = pytest.mark.parametrize("kind", KINDS)

DISPATCHED = """
import json
import array_api_strict, numpy as np, sklearn
from sklearn.mixture import GaussianMixture as Theirs
from mixtura import GaussianMixture as Ours

plain = np.random.RandomState(0).randn(100, 3)
rows = array_api_strict.asarray(plain)
numbers = lambda values: np.asarray(values).tolist()
calls = ("predict", "predict_proba", "score_samples", "score", "bic", "aic")
said = {}
with sklearn.config_context(array_api_dispatch=True):
    for kind in ("full", "tied", "diag", "spherical"):
        for cls in (Theirs, Ours):
            model = cls(2, covariance_type=kind, init_params="random", random_state=0).fit(rows)
            said[f"{kind} {cls.__module__.partition('.')[0]}"] = {
                "type": type(model.means_).__name__,
                **{name: numbers(getattr(model, name)) for name in ("weights_", "means_", "covariances_")},
                **{name: numbers(getattr(model, name)(rows)) for name in calls},
                "sample": numbers(model.sample(3)[0]),
            }
    weight = np.arange(100.0)
    said["weighted"] = [model.score(rows, sample_weight=weight), np.average(model.score_samples(rows), weights=weight)]
    for name, options in {"start": {}, "model": {"covariance_type": "VEE", "init_params": "random"}}.items():
        try: Ours(2, **options).fit(rows)
        except (NotImplementedError, ValueError) as error: said[name] = str(error)
print(json.dumps(said))
"""


def test_rows_of_another_library_give_what_scikit_learns_class_gives():
    pytest.importorskip("array_api_strict")
    # SciPy reads its switch when it is imported, hence a process of its own.
    command, environment = (
        [sys.executable, "-W", "ignore", "-c", DISPATCHED],
        {**os.environ, "SCIPY_ARRAY_API": "1"},
    )
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    for kind in KINDS:
        ours, theirs = said[f"{kind} mixtura"], said[f"{kind} sklearn"]
        assert ours.pop("type") == theirs.pop("type") == "Array"
        for name, value in theirs.items():
            np.testing.assert_allclose(ours[name], value, rtol=1e-9, err_msg=f"{kind} {name}")
    assert said["weighted"][0] == pytest.approx(said["weighted"][1], rel=1e-12)
    assert "init_params='kmeans', which are not implemented" in said["start"]
    assert "X is an array of array_api_strict" in said["model"]
    assert "it does not know covariance_type='VEE'" in said["model"]


@kinds
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, bool])
def test_integer_rows_are_not_rounded(kind, dtype):
    """scikit-learn 1.9 stores the squared distances of integer rows as integers, so its densities of them are wrong."""
    rows = load_digits().data[:400, 2:6].astype(dtype)
    model = GaussianMixture(3, covariance_type=kind, random_state=0, reg_covar=0.1).fit(rows)
    per_component = [model.covariances_] * 3 if kind == "tied" else model.covariances_
    covariances = [c if np.ndim(c) == 2 else c * np.eye(4) for c in per_component]
    densities = [
        multivariate_normal.logpdf(rows.astype(float), mean, covariance)
        for mean, covariance in zip(model.means_, covariances, strict=True)
    ]
    np.testing.assert_allclose(model._estimate_log_prob(rows), np.transpose(densities), rtol=1e-8)
    joint = np.transpose(densities) + np.log(model.weights_)
    np.testing.assert_allclose(model.score_samples(rows), np.logaddexp.reduce(joint, axis=1), rtol=1e-8)
    np.testing.assert_array_equal(model.predict(rows), joint.argmax(axis=1))
    np.testing.assert_array_equal(model.predict(rows), model.fit_predict(rows))


def test_integer_rows_are_not_rounded_where_a_subclass_overrides(iris):
    class Sub(GaussianMixture):
        def _estimate_log_weights(self, xp=None):
            return super()._estimate_log_weights(xp=xp)

    rows = (10 * iris).astype(int)
    model = Sub(3, random_state=0).fit(rows)
    np.testing.assert_array_equal(model.score_samples(rows), model.score_samples(rows.astype(float)))
