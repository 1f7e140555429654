"""Laws of a conjugate prior, for every covariance model."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_of import problem_of
from strategies import problems, random_mixture

import mixtura
from mixtura.covariance.models.names import MODELS
from mixtura.em.steppers.base import em_iteration

STRENGTHS = st.sampled_from([{}, {"shrinkage": 0}, {"shrinkage": 5.0, "dof": 40.0}])


def models(law):
    """A law for each of the fourteen models, each on some of the random problems."""
    return pytest.mark.parametrize("model", MODELS)(settings(max_examples=10)(law))


@models
@given(problem=problems(max_k=6, max_d=5, max_n=60), strength=STRENGTHS)
def test_every_em_step_raises_log_likelihood_plus_log_prior(model, problem, strength):
    rows, k, rng = problem
    problem = problem_of(rows, model, prior=mixtura.ConjugatePrior(**strength))
    here = problem.begin(random_mixture(rng, k, rows.shape[1]))
    for _ in range(8):
        new = em_iteration(problem, here)
        assert new.loglik >= here.loglik - 1e-9 * (abs(here.loglik) + len(rows))
        assert new.loglik == pytest.approx(
            new.mixture.logpdf(rows).sum() + problem.mstep.penalty(new.mixture), rel=1e-9
        )
        here = new


@models
@given(problem=problems(max_k=4, max_d=4), strength=STRENGTHS)
def test_the_m_step_finds_the_best_member_of_the_family(model, problem, strength):
    """No small change of the means or covariances has a higher expected log-likelihood plus log-prior."""
    rows, k, rng = problem
    d = rows.shape[1]
    problem = problem_of(rows, model, prior=mixtura.ConjugatePrior(**strength))
    first = problem.begin(random_mixture(rng, k, d))
    mixture, _ = problem.mstep(first.stats)
    share = first.mixture.posterior(rows)
    share[share < 2.0**-72] = 0  # as in the E-step, after which a component with no more than this has weight zero

    def expected(candidate):
        joint = candidate.log_joint(rows)
        return float((share * np.where(share > 0, joint, 0)).sum()) + problem.mstep.penalty(candidate)

    best = expected(mixture)
    for size in (1e-3, 1e-1):
        other = random_mixture(rng, k, d)
        blend = (1 - size) * mixture.covariances.dense() + size * other.covariances.dense()
        means = mixture.means + size * rng.standard_normal((k, d))
        for place in (mixture.means, means):
            candidate = mixtura.Mixture(mixture.weights, place, mixtura.DenseCovariance(blend, k))
            assert expected(problem.mstep.admit(candidate)[0]) <= best + 1e-8 * (abs(best) + 1)


@models
@given(problem=problems(max_k=5, max_d=4, max_n=60))
def test_a_trace_never_falls(model, problem):
    rows, k, rng = problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(rows, k, model=model, start="random", prior="conjugate", max_iter=30, seed=rng)
    assert (np.diff(fit.trace) >= 0).all()
    assert fit.loglik == pytest.approx(fit.mixture.logpdf(rows).sum(), rel=1e-9, abs=1e-7)
    assert fit.trace[-1] == pytest.approx(fit.loglik + fit.log_prior)
