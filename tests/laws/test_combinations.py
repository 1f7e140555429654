"""Every pair of what a fit can be given: it works and the log-likelihood never falls, or one sentence refuses it."""

import itertools
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura import DataError, EigenvalueRatio, MixturaWarning, Model, ParameterError

RNG = np.random.default_rng(0)
N = 60
TRUE = np.repeat([0, 1], N // 2)
ROWS = RNG.normal(size=(N, 2)) * [1, 0.7] + np.array([[0, 0], [4, 2]])[TRUE]
HOLED = np.where((RNG.random(ROWS.shape) < 0.1) & (ROWS <= 5), np.nan, ROWS)
HOLED[np.isnan(HOLED).all(axis=1), 0] = 0.0
START = mixtura.Mixture([0.5, 0.5], [[0, 0], [4, 2]], [np.eye(2)] * 2)

# What a fit can be given: other rows, how they were measured, parts of the model, and further arguments.
FEATURES = {
    "sample weights": {"fit": {"sample_weight": RNG.integers(1, 4, N)}},
    "missing values": {"rows": HOLED},
    "errors of measurement": {"how": {"noise_covariance": RNG.gamma(1, 0.05, (N, 2))}},
    "censored values": {"how": {"censored": np.where(ROWS > 5, 1, 0)}},
    "limits": {"how": {"limits": (-4.0, 8.0)}},
    "known labels": {"fit": {"known_labels": np.where(np.arange(N) % 4 == 0, TRUE, -1)}},
    "prior responsibilities": {"fit": {"prior_responsibilities": 0.1 + 0.8 * np.eye(2)[TRUE]}},
    "groups": {"fit": {"groups": np.arange(N) // 2}},
    "noise component": {"model": {"noise": 0.05}},
    "trimming": {"model": {"trim": 0.05}},
    "prior": {"model": {"prior": "conjugate"}},
    "ratio constraint": {"model": {"constraint": EigenvalueRatio(20)}},
    "fixed parameters": {"model": {"fixed": {"means": [0]}}, "fit": {"start": START}},
    "t components": {"model": {"tails": "t"}},
}

# Pairs that are refused, with words of the sentence that says so.
REFUSED = {
    ("errors of measurement", "censored values"): "leave one out",
    ("errors of measurement", "limits"): "leave one out",
    ("errors of measurement", "t components"): "t components take exact values and missing ones",
    ("censored values", "noise component"): "leave noise out",
    ("censored values", "trimming"): "probabilities cannot be compared with densities",
    ("censored values", "t components"): "t components take exact values and missing ones",
    ("limits", "known labels"): "nothing is known of rows beyond",
    ("limits", "prior responsibilities"): "nothing is known of rows beyond",
    ("limits", "groups"): "nothing is known of rows beyond",
    ("limits", "noise component"): "leave noise out",
    ("limits", "trimming"): "probabilities cannot be compared with densities",
    ("limits", "t components"): "t components take exact values and missing ones",
    ("known labels", "trimming"): "cannot be trimmed",
    ("prior responsibilities", "trimming"): "cannot be trimmed",
    ("groups", "noise component"): "groups are drawn as a whole",
    ("groups", "trimming"): "cannot be trimmed",
}

# What `select` and `bootstrap` have no argument for.
NOT_SELECTED = {"known labels", "prior responsibilities", "groups", "trimming", "fixed parameters"}
NOT_BOOTSTRAPPED = {"prior responsibilities", "groups"}

PAIRS = list(itertools.combinations(FEATURES, 2))
PAGE = Path(__file__).parents[2] / "docs" / "imperfect-data.md"


def joined(pair, name):
    """A part of both features."""
    return {key: value for feature in pair for key, value in FEATURES[feature].get(name, {}).items()}


def rows_of(pair):
    """The rows of a pair of features."""
    return next((FEATURES[feature]["rows"] for feature in pair if "rows" in FEATURES[feature]), ROWS)


def fitted(pair, name):
    """A short fit; its log-likelihood must not fall."""
    model, arguments = Model(name, **joined(pair, "model")), {**joined(pair, "how"), **joined(pair, "fit")}
    fit = mixtura.fit(rows_of(pair), 2, model=model, max_iter=6, **arguments)
    assert (np.diff(fit.trace) >= -1e-8 * abs(fit.loglik) - 1e-9).all()
    assert np.isfinite(fit.bic)
    return fit


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        yield


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_a_pair_works_or_is_refused(pair):
    if pair in REFUSED:
        for model in ("VVV", "VVI"):
            with pytest.raises((ParameterError, DataError), match=REFUSED[pair]):
                fitted(pair, model)
        return
    fit = fitted(pair, "VVV")
    for model in ("EEE", "VVI"):
        fitted(pair, model)
    measured, arguments = joined(pair, "how"), joined(pair, "fit")
    if not NOT_BOOTSTRAPPED & set(pair):
        X = mixtura.Measured(rows_of(pair), **measured) if measured else rows_of(pair)
        given = {key: value for key, value in arguments.items() if key in ("sample_weight", "known_labels")}
        found = mixtura.bootstrap(fit, X, 2, **given)
        assert len(found.weights) + found.lost == 2
    if not NOT_SELECTED & set(pair):
        options = {**measured, **joined(pair, "model"), **arguments}
        chosen = mixtura.select(rows_of(pair), [2], models=["VVI"], max_iter=6, **options)
        assert np.isfinite(chosen.best.bic)


@pytest.mark.parametrize("pair", [pair for pair in REFUSED if not NOT_SELECTED & set(pair)], ids=" and ".join)
def test_a_selection_refuses_what_a_fit_refuses(pair):
    with pytest.raises((ParameterError, DataError), match=REFUSED[pair]):
        mixtura.select(rows_of(pair), [2], models=["VVI"], **joined(pair, "how"), **joined(pair, "model"))


def test_the_page_has_the_table():
    """A row for each feature, with a dot where the pair is refused."""
    names = list(FEATURES)
    table = {
        cells[0]: cells[1:]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] in names and len(cells) == len(names) + 1
    }
    for first, second in itertools.product(names, names):
        shown, pair = table[first][names.index(second)], tuple(sorted((first, second), key=names.index))
        assert shown == ("" if first == second else "no" if pair in REFUSED else "yes"), (first, second)
    assert re.search(r"`select` has no", PAGE.read_text(encoding="utf-8"))
