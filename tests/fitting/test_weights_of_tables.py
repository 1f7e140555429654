"""A table that was read with a column of weights brings them along, wherever rows are taken with weights."""

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura import ParameterError

DRAW = np.random.default_rng(0)
ROWS = DRAW.normal(size=(80, 2)) + np.repeat([[0, 0], [7, 3]], 40, axis=0)
COUNTS = DRAW.integers(0, 4, 80)
CLASSES = np.repeat(["a", "b"], 40)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "rows.csv"
    pd.DataFrame({"x": ROWS[:, 0], "y": ROWS[:, 1], "w": COUNTS}).to_csv(path, index=False)
    return mixtura.read(path, weights_column="w")


def results(X, **weights):
    """What every function that takes rows and weights says of them."""
    fit = mixtura.fit(X, 2, seed=0, **weights)
    found = mixtura.discriminant(X, CLASSES, models=["EEE"], **weights)
    tests = mixtura.likelihood_ratio_tests(X, [1], 19, start="kmeans", seed=0, **weights)
    return {
        "fit": (fit.loglik, fit.n_rows),
        "select": mixtura.select(X, [1, 2], models=["VVV"], seed=0, **weights).best.loglik,
        "assess": mixtura.assess(fit, X, **weights).loglik,
        "compare": mixtura.compare(fit, fit, X, **weights).held_out,
        "bootstrap": mixtura.bootstrap(fit, X, 5, seed=0, **weights).means.tolist(),
        "tests": (tests[0].statistic, tests[0].replicates.tolist()),
        "combine": mixtura.combine_components(fit, X, **weights).entropies,
        "discriminant": (found.loglik, found.n_rows),
        "confusion": found.confusion(X, CLASSES, **weights).counts.tolist(),
        "folds": mixtura.cross_validate_classes(found, X, CLASSES, 4, **weights).counts.tolist(),
        "recorded": fit.recorded(X, **weights).loglik,
        "tree": mixtura.hierarchical(X, **weights).heights.tolist(),
        "report": fit.report(X, **weights).html,
        "replay": mixtura.replay(fit, X, start="random", **weights).html,
    }


def test_weights_of_a_table_are_used(table):
    own, told = results(table), results(table, sample_weight=table.sample_weight)
    assert own["fit"][1] == COUNTS.sum()
    assert own == told
    plain = results(table.rows, sample_weight=COUNTS)
    for name in set(own) - {"report", "replay"}:  # which know the names of the columns
        assert own[name] == plain[name], name


def test_other_weights_beside_those_of_a_table_are_an_error(table):
    for call in (
        lambda: mixtura.fit(table, 2, sample_weight=COUNTS),
        lambda: mixtura.hierarchical(table, sample_weight=1),
    ):
        with pytest.raises(ParameterError, match="beside a table with weights of its own; leave sample_weight out"):
            call()


def test_a_column_called_sample_weight_is_a_column():
    frame = pd.DataFrame({"x": ROWS[:, 0], "sample_weight": ROWS[:, 1]})
    assert mixtura.fit(frame, 2, seed=0).loglik == mixtura.fit(ROWS, 2, seed=0).loglik


def test_estimators_use_the_weights_of_a_table(table):
    for estimator in (mixtura.GaussianMixture(2, random_state=0), mixtura.MixtureClassifier()):
        own = estimator.fit(table, CLASSES).predict_proba(table)
        told = estimator.fit(table.rows, CLASSES, sample_weight=COUNTS).predict_proba(table.rows)
        np.testing.assert_array_equal(own, told)
    model = mixtura.GaussianMixture(2, random_state=0).fit(table.rows)
    for method in (model.score, model.bic, model.icl):
        assert method(table) == method(table.rows, sample_weight=COUNTS)
