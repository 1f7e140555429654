"""R mclust 6.0.0's numbers, from the same labels (tests/reference/mclust/README.md says how they were made)."""

import json
from pathlib import Path

import numpy as np
import pytest
from problem_of import problem_of

import mixtura
from mixtura.covariance.models.names import MODELS

REFERENCE = Path(__file__).parent / "mclust"
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


def cost(matrices, scatter, weight):
    """What the M-step minimises: -2 Q, up to a constant."""
    traces = np.trace(np.linalg.solve(matrices, scatter), axis1=1, axis2=2)
    return float(weight @ np.linalg.slogdet(matrices)[1] + traces.sum())


def labelled(rows, reference, model):
    """The task, and the statistics of mclust's starting partition."""
    problem = problem_of(rows, model)
    k = reference["start"]["G"]
    return problem, mixtura.Labels(reference["start"]["labels"])(problem, k, np.random.default_rng(0))


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("model", MODELS)
def test_one_m_step_from_labels(name, model):
    rows, reference = load(name)
    problem, stats = labelled(rows, reference, model)
    mixture, _ = problem.mstep(stats)
    weights, means, covariances = parameters(reference["per_model"][model]["mstep"])
    np.testing.assert_allclose(mixture.weights, weights, rtol=1e-6)
    np.testing.assert_allclose(mixture.means, means, rtol=1e-6)
    assert mixture.n_parameters == reference["per_model"][model]["npar"]
    found = mixture.covariances.dense()
    scatter = labelled(rows, reference, "VVV")[1].scatter
    gain = cost(covariances, scatter, stats.weight) - cost(found, scatter, stats.weight)
    if model == "VVE":
        assert gain > 0.1  # mclust's M-step leaves out the volumes
        return
    assert gain > -1e-9
    # mclust's search for common axes ends sooner; on iris it leaves a millionth of the largest element.
    spread = np.abs(covariances).max()
    np.testing.assert_allclose(found, covariances, rtol=1e-6, atol=(3e-6 if model == "EVE" else 1e-6) * spread)


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("model", MODELS)
def test_em_from_labels_to_the_end(name, model):
    rows, reference = load(name)
    # Plain EM, as mclust's: for VVI on diabetes the accelerated path leads to another optimum.
    options = {"tol": 1e-13, "max_iter": 20_000, "em": mixtura.EM(accelerate=False)}
    fit = mixtura.fit(rows, model=model, start=np.array(reference["start"]["labels"]), **options)
    expected = reference["per_model"][model]["em_tight"]
    assert fit.model.name == model
    if model == "VVE":
        assert fit.loglik > expected["loglik"] + 0.1
        return
    assert fit.loglik == pytest.approx(expected["loglik"], abs=1e-6)
    weights, means, covariances = parameters(expected)
    np.testing.assert_allclose(fit.mixture.weights, weights, rtol=1e-3)
    np.testing.assert_allclose(fit.mixture.means, means, rtol=1e-3)
    spread = np.abs(covariances).max()
    np.testing.assert_allclose(fit.mixture.covariances.dense(), covariances, rtol=1e-2, atol=1e-3 * spread)


@pytest.mark.parametrize(
    ("name", "k", "low", "high"),
    [
        ("iris", 3, -238.0596, -214.0532),
        ("diabetes", 3, -2362.7847, -2327.7839),
        ("diabetes", 4, -2321.5879, -2309.8178),
    ],
)
def test_vve_climbs_from_where_mclusts_falls(name, k, low, high):
    rows = load(name)[0]
    theirs = json.loads((REFERENCE / "vve.json").read_text())[name][str(k)]
    falls = int((np.diff(theirs["loglik_trace"]) < 0).sum())
    assert falls == theirs["decreases"] > 0
    weights, means, covariances = parameters(theirs)
    start = mixtura.Mixture(weights, means, mixtura.DenseCovariance(covariances, k))
    fit = mixtura.fit(rows, model="VVE", start=start, tol=1e-10, max_iter=10_000, em=mixtura.EM(accelerate=False))
    assert fit.trace[0] == pytest.approx(low, abs=0.1)
    assert fit.loglik == pytest.approx(high, abs=1e-2)
    assert (np.diff(fit.trace) >= 0).all()


@pytest.mark.parametrize(("name", "n_parameters"), [("faithful", 11), ("iris", 26), ("diabetes", 29)])
def test_criteria_at_mclusts_best_parameters(name, n_parameters):
    """mclust's criteria have the other sign, and belong to the E-step before its last M-step, hence the tolerance."""
    rows, reference = load(name)
    best = reference["best"]
    weights, means, covariances = parameters(best["parameters"])
    k = len(weights)
    mixture = mixtura.Mixture(weights, means, mixtura.DenseCovariance(covariances, k), n_parameters=n_parameters)
    found = mixtura.assess(mixture, rows)
    assert found.loglik == pytest.approx(best["loglik"], abs=1e-2)
    assert -found.bic == pytest.approx(best["bic"], abs=2e-2)
    icl = reference["icl"][best["model"]][reference["G"].index(k)]
    assert -found.icl == pytest.approx(icl, abs=0.1)
    agree = mixture.predict(rows) + 1 == np.array(best["classification"])
    assert agree.mean() > 0.995  # a row on a border may have crossed it in that last M-step


@pytest.mark.parametrize("model", ["EII", "VVI", "EEE", "VVV"])
def test_weighted_em(model):
    """mclust's `me.weighted` on Old Faithful, with the row's number over n as its weight."""
    rows, _ = load("faithful")
    reference = json.loads((REFERENCE / "extras.json").read_text())["weighted"]
    weight = np.arange(1, len(rows) + 1) / len(rows)
    options = {"tol": 1e-13, "max_iter": 20_000, "em": mixtura.EM(accelerate=False)}
    start = np.array(reference["start_labels"])
    fit = mixtura.fit(rows, model=model, start=start, sample_weight=weight, weights_are="counts", **options)
    expected = reference["models"][model]
    weights, means, covariances = parameters(expected["parameters"])
    assert fit.loglik == pytest.approx(expected["loglik"], rel=1e-9)
    np.testing.assert_allclose(fit.mixture.weights, weights, rtol=1e-6)
    np.testing.assert_allclose(fit.mixture.means, means, rtol=1e-6)
    np.testing.assert_allclose(fit.mixture.covariances.dense(), covariances, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_weighted_em_of_all_models(model):
    """`me.weighted` on iris from the species; its M-step of VVE is no maximum, so it ends lower."""
    rows, _ = load("iris")
    expected = json.loads((REFERENCE / "weighted.json").read_text())[model]
    weight, labels = np.arange(1, 151) / 150, np.repeat([0, 1, 2], 50)
    options = {"tol": 1e-13, "max_iter": 20_000, "em": mixtura.EM(accelerate=False)}
    fit = mixtura.fit(rows, 3, model=model, start=labels, sample_weight=weight, weights_are="counts", **options)
    if model == "VVE":
        assert fit.loglik > expected + 0.1
        return
    assert fit.loglik == pytest.approx(expected, abs=1e-6)
