"""The conjugate prior of Fraley & Raftery, beside mclust's numbers (tests/reference/mclust/README.md)."""

import json
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura.adjust import floor_variances, moments, scales
from mixtura.em import Task
from mixtura.families import family_named
from mixtura.prior import as_penalty
from mixtura.sources import ArraySource
from mixtura.steppers import em

REFERENCE = Path(__file__).parent / "reference" / "mclust"
DATA = ("faithful", "iris", "diabetes")


def load(name):
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    return rows, json.loads((REFERENCE / f"{name}.json").read_text())


def task_for(rows, model, prior="conjugate", sample_weight=None):
    source = ArraySource.of(rows, sample_weight)
    scale = scales(moments(source))
    return Task(source, family_named(model), scale, floor_variances(scale, 1e-10), prior=as_penalty(prior, source))


def mclusts_bic(task, start):
    """Where mclust stops: the log-likelihood, without the prior, changes by less than 1e-5 of itself."""
    here = task.begin(start)
    last = np.inf
    while True:
        loglik = here.loglik - task.log_prior(here.mixture)
        if abs(last - loglik) <= 1e-5 * (1 + abs(loglik)):
            return 2 * loglik - here.mixture.n_parameters * np.log(task.source.n_rows)
        here, last = em(task, here), loglik


@pytest.fixture(scope="module")
def differences():
    """Of all cells of mclust's three tables: data set, model, components, our BIC less theirs."""
    found = []
    for name in DATA:
        rows, reference = load(name)
        tree = mixtura.hierarchical(rows)
        for model, values in reference["bic_prior"].items():
            task = task_for(rows, model)
            for k, theirs in zip(reference["G"], values, strict=True):
                if theirs is not None:
                    ours = mclusts_bic(task, tree(task, k, np.random.default_rng(0)))
                    found.append((name, model, k, ours - theirs))
    return found


def test_mclusts_tables_of_bic_with_the_prior(differences):
    """265 cells; mclust's EEI pulls scatter towards the prior mean, but not the means themselves, and differs."""
    far = [(name, model, k) for name, model, k, gap in differences if abs(gap) > 0.01]
    assert len(differences) == 265
    assert len(far) <= 0.05 * len(differences)
    assert {model for _, model, _ in far} <= {"EEI"}
    assert max(abs(gap) for *_, gap in differences) < 0.15
