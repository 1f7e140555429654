"""Rows whose component is known: EM takes their responsibilities as given."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

import mixtura
from mixtura import DataError, MixtureClassifier, ParameterError
from mixtura.covariance.models.names import MODELS
from mixtura.em.estep import as_known_labels
from mixtura.starts.small_em import SmallEM

FOLDER = Path(__file__).parents[1] / "reference" / "mclust"
IRIS = np.loadtxt(FOLDER / "iris.csv", delimiter=",", skiprows=1)
SPECIES = np.repeat([0, 1, 2], 50)
HALF = np.where(np.random.default_rng(0).random(150) < 0.5, SPECIES, -1)


def direct_em(rows, known, k, steps):
    """Semi-supervised EM as the textbook has it, with full covariances."""
    share = np.full((len(rows), k), 1 / k)
    trace = []
    mixture = None
    for step in range(steps + 1):
        if step:
            joint = np.stack(
                [w * multivariate_normal(m, s).pdf(rows) for w, m, s in zip(*mixture, strict=True)], axis=1
            )
            own = joint[np.arange(len(rows)), np.maximum(known, 0)]
            trace.append(np.log(np.where(known >= 0, own, joint.sum(axis=1))).sum())
            share = joint / joint.sum(axis=1, keepdims=True)
        share[known >= 0] = np.eye(k)[known[known >= 0]]
        weight = share.sum(axis=0)
        means = share.T @ rows / weight[:, None]
        spread = [(share[:, j, None] * (rows - means[j])).T @ (rows - means[j]) / weight[j] for j in range(k)]
        mixture = weight / len(rows), means, np.array(spread)
    return trace


def test_each_iteration_is_the_textbooks():
    start = np.full((150, 3), 1 / 3)
    start[HALF >= 0] = np.eye(3)[HALF[HALF >= 0]]
    options = {"em": mixtura.EM(accelerate=False), "tol": 0, "max_iter": 5}
    with pytest.warns(mixtura.ConvergenceWarning):
        fit = mixtura.fit(IRIS, 3, known_labels=HALF, start=start, **options)
    np.testing.assert_allclose(fit.trace, direct_em(IRIS, HALF, 3, 6), rtol=1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_all_rows_known_leave_nothing_to_infer(model):
    fit = mixtura.fit(IRIS, 3, model=model, known_labels=SPECIES)
    labelled = mixtura.fit(IRIS, 3, model=model, start=SPECIES, max_iter=1, tol=1e9, record=True).history[0]
    np.testing.assert_allclose(fit.mixture.means, labelled.mixture.means, rtol=1e-9)
    np.testing.assert_allclose(fit.sizes, [50, 50, 50])
    assert fit.assignment_logprob == 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("accelerate", [True, False])
def test_the_trace_never_falls_and_labels_keep_their_number(model, accelerate):
    fit = mixtura.fit(IRIS, 3, model=model, known_labels=HALF, em=mixtura.EM(accelerate=accelerate))
    assert (np.diff(fit.trace) >= -1e-9 * abs(fit.trace[-1])).all()
    assert (fit.mixture.predict(IRIS) == SPECIES).mean() > 0.85


def test_weights_are_repetition():
    counts = np.arange(150) % 3
    weighted = mixtura.fit(IRIS, 3, known_labels=HALF, sample_weight=counts, tol=1e-10)
    repeated = mixtura.fit(np.repeat(IRIS, counts, axis=0), 3, known_labels=np.repeat(HALF, counts), tol=1e-10)
    assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-8)


@pytest.mark.parametrize(
    ("known", "options", "error", "message"),
    [
        (HALF[:9], {}, DataError, r"shape \(9,\)"),
        (np.where(HALF == 2, 7, HALF), {}, DataError, "row [0-9]+: 7; expected an integer from 0 to 2"),
        (HALF + 0.5, {}, DataError, "expected an integer"),
        (np.where(HALF == 2, -1, HALF), {}, DataError, "component 2"),
        (HALF, {"start": "kmeans"}, ParameterError, "does not match components to labels"),
        (HALF, {"sample_weight": HALF != 1}, ParameterError, "component 1 have weight zero"),
    ],
)
def test_bad_input_is_named(known, options, error, message):
    with pytest.raises(error, match=message):
        mixtura.fit(IRIS, 3, known_labels=known, **options)


def test_mclusts_semi_supervised_classification():
    reference = json.loads((FOLDER / "extras.json").read_text())["semi_supervised"]
    y = np.array([label or "?" for label in reference["labels"]])
    found = mixtura.discriminant(IRIS, y, unlabelled="?")
    assert found.models == (reference["model"],) * 3
    assert found.loglik == pytest.approx(reference["loglik"], abs=0.01)
    assert found.bic == pytest.approx(-reference["bic"], abs=0.02)
    truth = np.repeat(["setosa", "versicolor", "virginica"], 50)
    predicted = np.where(y == "?", found.predict(IRIS), y)
    assert (predicted != truth).mean() == pytest.approx(reference["error"])


def test_a_start_from_a_sample_reads_the_labels_of_its_rows():
    """Labels were once read at the positions that rows have in the sample."""
    rng = np.random.default_rng(0)
    truth = rng.permutation(np.repeat([0, 1, 2], 1000))
    rows = rng.normal(size=(3000, 2)) + 3.0 * truth[:, None]
    seen = []

    def watched(problem, k, rng):
        small = problem.on_sample(problem.source.rows(400, rng))
        seen.append((small.estep.labels, small.source.array))
        return SmallEM(sample_rows=400, rows_per_component=100)(problem, k, rng)

    fit = mixtura.fit(rows, 3, start=watched, known_labels=truth, seed=0)
    labels, sampled = seen[0]
    assert len(labels) == len(sampled) == 400
    at = {tuple(row): label for row, label in zip(rows, truth, strict=True)}
    assert [at[tuple(row)] for row in sampled] == labels.tolist()
    np.testing.assert_allclose(fit.mixture.means, [rows[truth == j].mean(axis=0) for j in range(3)], atol=1e-8)


def test_the_classifier_learns_from_rows_without_a_label():
    few = np.where(np.arange(150) % 10 == 0, SPECIES, -1)
    model = MixtureClassifier(covariance_type="tied", unlabelled=-1).fit(IRIS, few)
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.score(IRIS, SPECIES) > 0.95


def test_unlabelled_rows_go_with_one_gaussian_a_class():
    with pytest.raises(ParameterError, match="must be 1"):
        mixtura.discriminant(IRIS, HALF, range(1, 3), unlabelled=-1)


@pytest.mark.parametrize("label", [0.5, "b", True, 1e30, 10**30, np.inf, 2, -2])
def test_the_label_that_cannot_be_used_is_named(label):
    labels = pd.Series([0, None, 1, label, "c"], dtype=object)
    with pytest.raises(DataError, match=f"known_labels, row 3: {re.escape(repr(label))}; expected an integer from 0"):
        as_known_labels(labels, 5, 2)
