"""The conjugate prior of Fraley & Raftery, beside mclust's numbers (tests/reference/mclust/README.md)."""

import json
from pathlib import Path

import numpy as np
import pytest
from problem_of import problem_of

import mixtura
from mixtura.covariance.models.names import MODELS
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.em.loop import iterate
from mixtura.em.mstep import with_data
from mixtura.em.run import Run as Track
from mixtura.em.steppers.base import em_iteration
from mixtura.em.stopping import LoglikRises
from mixtura.kernels import summarise

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"
DATA = ("faithful", "iris", "diabetes")

# mclust 6.0.0: x <- faithful[, 1]; z <- unmap(as.integer(x > median(x)));
# me(x, modelName = m, z = z, prior = priorControl(), control = emControl(tol = c(1e-14, 1e-14)))$loglik
ONE_DIMENSION = {"E": -287.3091511166, "V": -276.3963137579}


def load(name):
    rows = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)
    return rows, json.loads((REFERENCE / f"{name}.json").read_text())


def mclusts_bic(problem, start):
    """Where mclust stops: the log-likelihood, without the prior, changes by less than 1e-5 of itself."""
    here = problem.begin(start)
    last = np.inf
    while True:
        loglik = here.loglik - problem.mstep.penalty(here.mixture)
        if abs(last - loglik) <= 1e-5 * (1 + abs(loglik)):
            return 2 * loglik - here.mixture.n_parameters * np.log(problem.source.n_rows)
        here, last = em_iteration(problem, here), loglik


@pytest.fixture(scope="module")
def differences():
    """Of all cells of mclust's three tables: data set, model, components, our BIC less theirs."""
    found = []
    for name in DATA:
        rows, reference = load(name)
        tree = mixtura.hierarchical(rows)
        for model, values in reference["bic_prior"].items():
            problem = problem_of(rows, model, prior="conjugate")
            for k, theirs in zip(reference["G"], values, strict=True):
                if theirs is not None:
                    ours = mclusts_bic(problem, tree(problem, k, np.random.default_rng(0)))
                    found.append((name, model, k, ours - theirs))
    return found


def test_mclusts_tables_of_bic_with_the_prior(differences):
    """265 cells; mclust's EEI pulls scatter towards the prior mean, but not the means themselves, and differs."""
    far = [(name, model, k) for name, model, k, gap in differences if abs(gap) > 0.01]
    assert len(differences) == 265
    assert len(far) <= 0.05 * len(differences)
    assert {model for _, model, _ in far} <= {"EEI"}
    assert max(abs(gap) for *_, gap in differences) < 0.15


def test_a_sweep_with_a_prior_or_a_bound(iris, tmp_path):
    """Cells are fits with the same options; a saved sweep says which they were."""
    prior = mixtura.ConjugatePrior(scale=np.eye(4) / 10, mean=[5.8, 3.0, 3.8, 1.2])
    options = {"models": ["VVI", "EEE"], "start": "hierarchical", "seed": 0, "max_iter": 50}
    chosen = mixtura.select(iris, [1, 3], prior=prior, **options)
    cell = chosen[3, "VVI"]
    assert cell.fit.trace[-1] == pytest.approx(cell.loglik + cell.fit.log_prior)
    fit = mixtura.fit(iris, 3, model="VVI", start=cell.start, prior=prior, tol=1e-6)
    assert fit.loglik == pytest.approx(cell.loglik, abs=0.01)
    path = tmp_path / "sweep.json"
    path.write_text(chosen.to_json())
    again = mixtura.select(iris, [1, 3], prior=prior, resume=path, **options)
    assert [one.loglik for one in again.cells] == [one.loglik for one in chosen.cells]
    for other in ({}, {"prior": "conjugate"}, {"prior": prior, "constraint": mixtura.EigenvalueRatio(5)}):
        with pytest.raises(mixtura.ParameterError, match="differ from those of the earlier selection"):
            mixtura.select(iris, [1, 3], resume=path, **other, **options)
    with_constraint = mixtura.select(
        iris, 2, constraint=mixtura.DeterminantRatio(2), seed=0, start="kmeans", max_iter=20
    )
    assert with_constraint.models == ("VII", "VVI", "VVE", "VVV")
    cross = mixtura.select(iris, 2, criterion="cv", prior="conjugate", **options)
    assert np.isfinite([one.cv for one in cross.cells]).all()


def test_defaults_are_mclusts():
    for name in DATA:
        rows, reference = load(name)
        prior = with_data("conjugate", summarise(ArraySource.of(rows), full=True))
        theirs = reference["default_prior"]
        k = reference["best"]["G"]  # for which the reference was written
        np.testing.assert_allclose(prior.mean, theirs["mean"], rtol=1e-12)
        assert (prior.shrinkage, prior.dof) == (theirs["shrinkage"], theirs["dof"])
        scale = prior.root.T @ prior.root
        ratio = scale / np.array(theirs["scale"])
        np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-9)
        assert ratio[0, 0] == pytest.approx(max(k, 2) ** (2 / rows.shape[1]))


@pytest.mark.parametrize("model", ["E", "V"])
def test_one_dimension(model):
    """mclust's `me` on the lengths of Old Faithful's eruptions, from the rows above and below the median."""
    rows = load("faithful")[0][:, :1]
    start = (rows[:, 0] > np.median(rows)).astype(int)
    fit = mixtura.fit(
        rows, start=start, model=model, prior="conjugate", tol=1e-13, max_iter=5000, em=mixtura.EM(accelerate=False)
    )
    assert fit.loglik == pytest.approx(ONE_DIMENSION[model], abs=1e-5)


def test_relative_weights_are_relative():
    """Weights that sum to one say the same as weights that sum to the number of rows; repetitions count."""
    rows = load("faithful")[0]
    weight = np.random.default_rng(0).integers(1, 4, size=len(rows))
    options = {"start": (rows[:, 0] > 3).astype(int), "prior": "conjugate"}
    a = mixtura.fit(rows, sample_weight=weight / weight.mean(), **options)
    b = mixtura.fit(rows, sample_weight=weight / weight.sum(), **options)
    np.testing.assert_allclose(b.mixture.means, a.mixture.means, rtol=1e-9)
    np.testing.assert_allclose(b.mixture.covariances.dense(), a.mixture.covariances.dense(), rtol=1e-9)
    c = mixtura.fit(rows, sample_weight=weight, **options)
    d = mixtura.fit(np.repeat(rows, weight, axis=0), **options | {"start": np.repeat(options["start"], weight)})
    assert c.trace == pytest.approx(d.trace, rel=1e-9)


def test_few_rows_in_many_columns():
    """Fewer rows than columns: the scale matrix is the diagonal, and no covariance is singular."""
    rows = np.random.default_rng(0).normal(size=(8, 12))
    fit = mixtura.fit(rows, start=[0] * 4 + [1] * 4, prior="conjugate")
    assert fit.outcome is mixtura.Outcome.CONVERGED
    assert not fit.starts[0].floored
    scale = with_data("conjugate", summarise(ArraySource.of(rows), full=True)).root
    np.testing.assert_allclose(scale.T @ scale, np.diag(rows.var(axis=0, ddof=1)), atol=1e-12)


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI"])
@pytest.mark.parametrize(
    "other",
    [
        {"noise": 0.05},
        {"trim": 0.05},
        {"fixed": {"means": [0]}},
        {"fixed": {"covariances": [1]}},
        {"equal_weights": True},
        {"constraint": mixtura.EigenvalueRatio(4)},
        {"em": mixtura.EM(accelerate=False)},
    ],
)
def test_a_prior_goes_with_everything_else(model, other):
    rows = load("diabetes")[0]
    first = mixtura.fit(rows, 3, model=model, seed=0, max_iter=3, tol=0.1)
    em = other.get("em", mixtura.EM())
    options = {name: value for name, value in other.items() if name != "em"}
    asked = mixtura.Model(model, prior="conjugate", **options)
    fit = mixtura.fit(rows, start=first.mixture, model=asked, tol=1e-8, em=em, seed=0)
    assert (np.diff(fit.trace) >= 0).all()
    assert fit.outcome.converged
    if "fixed" in other and "means" in other["fixed"]:
        np.testing.assert_array_equal(fit.mixture.means[0], first.mixture.means[0])


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        (3, "prior is 3; expected None, 'conjugate', or a mixtura.ConjugatePrior"),
        (mixtura.ConjugatePrior(shrinkage=-1), "prior: shrinkage is -1; expected a finite number that is not negative"),
        (mixtura.ConjugatePrior(dof="x"), "prior: dof is 'x'"),
        (mixtura.ConjugatePrior(mean=[1.0]), r"prior: mean is \[1.0\]; expected 4 finite numbers"),
        (mixtura.ConjugatePrior(mean="x"), "prior: mean is 'x'; expected 4 finite numbers"),
        (mixtura.ConjugatePrior(scale=-1.0), "prior: scale is -1.0; expected a number"),
        (mixtura.ConjugatePrior(scale=[[1.0, 2.0]]), r"prior: scale is \[\[1.0, 2.0\]\]; expected a number"),
    ],
)
def test_what_is_no_prior_is_refused(iris, prior, words):
    with pytest.raises(mixtura.ParameterError, match=words):
        mixtura.fit(iris, 2, prior=prior)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_the_kernel_climbs_as_the_loop_does(native, model, weighted):
    from fused_results import fused_results

    rows = load("diabetes")[0]
    weight = np.random.default_rng(0).uniform(0, 0.1, size=len(rows)) if weighted else None
    problem = problem_of(rows, model, weight, prior=mixtura.ConjugatePrior(shrinkage=2.0))
    start = mixtura.Labels(np.arange(len(rows)) % 3)(problem, 3, np.random.default_rng(0))
    path = iterate(
        problem, Track.started(problem.begin(start)), stop=[LoglikRises(0)], max_iter=12, rng=np.random.default_rng(0)
    )
    source = problem.source
    (top,) = fused_results(
        model,
        Chunk(source.array, source.sample_weight),
        [start],
        problem.mstep.floor,
        tol=0,
        max_iter=12,
        least_rows=1,
        pseudo_rows=problem.mstep.pseudo_rows_for_kernel(3),
    )
    assert (np.diff(top.trace) >= 0).all()
    if model != "EVI":  # here the loop's ceiling on variances binds, which the kernel has not
        np.testing.assert_allclose(top.trace, path.trace, rtol=1e-6)
        np.testing.assert_allclose(top.means, path.last.mixture.means, rtol=1e-3)
    (fast,) = fused_results(
        model,
        Chunk(source.array, source.sample_weight),
        [start],
        problem.mstep.floor,
        tol=1e-9,
        max_iter=500,
        least_rows=1,
        plain=3,
        pseudo_rows=problem.mstep.pseudo_rows_for_kernel(3),
    )
    assert (np.diff(fast.trace) >= 0).all()
    assert fast.trace[-1] >= top.trace[-1] - 1e-6 * abs(top.trace[-1])


def test_the_kernel_refuses_pseudo_rows_of_another_dimension(native, iris):
    from fused_results import fused_results

    start = mixtura.Labels(np.arange(150) % 2)(problem_of(iris, prior="conjugate"), 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="the pseudo-rows have another dimension than the rows"):
        fused_results(
            "VVV",
            Chunk(iris),
            [start],
            np.full(4, 1e-9),
            tol=0,
            max_iter=1,
            least_rows=1,
            pseudo_rows=(0.0, 1.0, np.zeros(3), np.eye(3)),
        )


@pytest.mark.filterwarnings("ignore::mixtura.errors.StartsDisagreeWarning")
@pytest.mark.parametrize(("model", "bic"), [("VVV", 605.86), ("VEV", 587.40)])
def test_the_search_compares_log_likelihoods_without_the_prior(iris, model, bic):
    """By posterior density the search ends at BIC 622.7 and 598.0; mclust's start leads to 605.9 and 587.4."""
    fits = [mixtura.fit(iris, 3, model=model, prior="conjugate", n_init=n_init) for n_init in (1, 5)]
    assert [fit.bic for fit in fits] == pytest.approx([bic, bic], abs=0.05)


def test_replicates_have_the_prior(iris):
    fit = mixtura.fit(iris, 2, prior="conjugate", seed=0)
    boot = mixtura.bootstrap(fit, iris, 5, seed=0, threads=1)
    assert (boot.standard_errors["means"] > 0).all()


@pytest.mark.filterwarnings("ignore::mixtura.errors.StartsDisagreeWarning")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_more_starts_never_give_a_worse_criterion(seed):
    """The posterior density of a component of two rows is higher, since the prior keeps it off the floor."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(400, 6))
    rows[:, 0] += 4 * rng.integers(0, 2, 400)
    fits = [mixtura.fit(rows, 2, prior="conjugate", n_init=n_init, seed=0) for n_init in (1, 10)]
    assert min(fit.sizes.min() for fit in fits) > 7
    assert fits[1].bic <= fits[0].bic + 1e-6
