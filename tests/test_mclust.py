"""R mclust 6.0.0's numbers, from the same labels (tests/reference/mclust/README.md says how they were made)."""

import json
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura.adjust import floor_variances, moments, scales
from mixtura.em import Task
from mixtura.families import MODELS, family_named
from mixtura.sources import ArraySource

REFERENCE = Path(__file__).parent / "reference" / "mclust"
DATA = ("faithful", "iris", "diabetes")


def load(name):
    """Rows, and what mclust says of them."""
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    return rows, json.loads((REFERENCE / f"{name}.json").read_text())


def as_array(value):
    """R's {dim, data}, column-major."""
    return np.reshape(value["data"], value["dim"], order="F")


def parameters(reference):
    """Weights, means and covariances as (k,), (k, d), (k, d, d)."""
    return np.array(reference["pro"]), as_array(reference["mean"]).T, np.moveaxis(as_array(reference["sigma"]), -1, 0)


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("model", MODELS)
def test_one_m_step_from_labels(name, model):
    rows, reference = load(name)
    k = reference["start"]["G"]
    source = ArraySource.of(rows)
    scale = scales(moments(source))
    task = Task(source, family_named(model), scale, floor_variances(scale, 0))
    stats = mixtura.Labels(reference["start"]["labels"])(task, k, np.random.default_rng(0))
    mixture, _ = task.mstep(stats)
    weights, means, covariances = parameters(reference["per_model"][model]["mstep"])
    np.testing.assert_allclose(mixture.weights, weights, rtol=1e-6)
    np.testing.assert_allclose(mixture.means, means, rtol=1e-6)
    np.testing.assert_allclose(mixture.covariances.dense(), covariances, rtol=1e-6, atol=1e-9)
    assert mixture.n_parameters == reference["per_model"][model]["npar"]


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("model", MODELS)
def test_em_from_labels_to_the_end(name, model):
    rows, reference = load(name)
    fit = mixtura.fit(
        rows, model=model, start=np.array(reference["start"]["labels"]), tol=1e-13, max_iter=20_000, accelerate=False
    )
    expected = reference["per_model"][model]["em_tight"]
    assert fit.loglik == pytest.approx(expected["loglik"], abs=1e-6)
    assert fit.model == model
    weights, means, covariances = parameters(expected)
    np.testing.assert_allclose(fit.mixture.weights, weights, rtol=1e-3)
    np.testing.assert_allclose(fit.mixture.means, means, rtol=1e-3)
    spread = np.abs(covariances).max()
    np.testing.assert_allclose(fit.mixture.covariances.dense(), covariances, rtol=1e-2, atol=1e-3 * spread)


@pytest.mark.parametrize(("name", "n_parameters"), [("faithful", 11), ("iris", 26), ("diabetes", 29)])
def test_criteria_at_mclusts_best_parameters(name, n_parameters):
    """mclust's criteria have the other sign, and belong to the E-step before its last M-step, hence the tolerance."""
    rows, reference = load(name)
    best = reference["best"]
    weights, means, covariances = parameters(best["parameters"])
    k = len(weights)
    mixture = mixtura.Mixture(weights, means, mixtura.Dense(covariances, k), n_parameters=n_parameters)
    found = mixtura.assess(mixture, rows)
    assert found.loglik == pytest.approx(best["loglik"], abs=1e-2)
    assert -found.bic == pytest.approx(best["bic"], abs=2e-2)
    icl = reference["icl"][best["model"]][reference["G"].index(k)]
    assert -found.icl == pytest.approx(icl, abs=0.1)
    agree = mixture.predict(rows) + 1 == np.array(best["classification"])
    assert agree.mean() > 0.995  # a row on a border may have crossed it in that last M-step
