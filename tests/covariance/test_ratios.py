"""Bounds on the ratios of eigenvalues and determinants: exact, monotone, and as tclust's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_of import problem_of
from scipy import optimize
from strategies import problems, random_mixture

import mixtura
from mixtura.covariance.models.ratios import (
    DETERMINANT_MODELS,
    RATIO_MODELS,
    DeterminantRatio,
    EigenvalueRatio,
    clip_to_ratio,
    ratios_as_constraint,
)
from mixtura.em.steppers.base import em_iteration
from mixtura.errors import ParameterError

RATIOS = st.sampled_from([1.0, 1.5, 12.0, 1e4])


def cost(variances, values, weight):
    """What is minimised: -2 Q, up to a constant."""
    return float((weight[:, None] * (np.log(variances) + values / variances)).sum())


def spectra(seed, k, d):
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(scale=rng.choice([0.3, 2, 6]), size=(k, d)))
    return values, rng.uniform(0.1, 30, size=k)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 4), d=st.integers(1, 4), ratio=RATIOS)
def test_truncation_is_the_best_of_a_fine_grid(seed, k, d, ratio):
    values, weight = spectra(seed, k, d)
    found = clip_to_ratio(values, weight, ratio)
    assert found.max() <= ratio * found.min() * (1 + 1e-12)
    here = cost(found, values, weight)
    lowest = np.exp(np.linspace(np.log(values.min() / ratio), np.log(values.max()), 4001))
    best = min(cost(np.clip(values, m, ratio * m), values, weight) for m in lowest)
    assert here <= best + 1e-9 * (1 + abs(best))
    if values.max() <= ratio * values.min():
        np.testing.assert_array_equal(found, values)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 3), d=st.integers(1, 3), ratio=st.sampled_from([1.5, 12.0]))
def test_the_eigenvalue_bound_is_the_numerical_optimum(seed, k, d, ratio):
    values, weight = spectra(seed, k, d)
    m = values.size
    pairs = [(i, j) for i in range(m) for j in range(m) if i != j]
    rows = np.array([np.eye(m)[i] - np.eye(m)[j] for i, j in pairs]).reshape(-1, m)
    check(values, weight, rows, np.full(len(pairs), np.log(ratio)), EigenvalueRatio(ratio))


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 3), d=st.integers(2, 3), ratio=st.sampled_from([1.5, 12.0]))
def test_the_determinant_bound_is_the_numerical_optimum(seed, k, d, ratio):
    values, weight = spectra(seed, k, d)
    shape = 3.0
    place = np.eye(k * d).reshape(k, d, -1)
    sizes = [place[i].sum(axis=0) - place[j].sum(axis=0) for i in range(k) for j in range(k) if i != j]
    axes = [place[i, a] - place[i, b] for i in range(k) for a in range(d) for b in range(d) if a != b]
    limits = [np.log(ratio)] * len(sizes) + [np.log(shape)] * len(axes)
    check(values, weight, np.array(sizes + axes), np.array(limits), DeterminantRatio(ratio, shape))


def check(values, weight, rows, limits, bound):
    """The spectrum keeps to linear bounds on logarithms, and nothing that does costs less."""
    found = bound.variance_fit("VV")(weight[:, None] * values * 1e6, weight, None) / 1e6  # far above the floor of 1
    logs = np.log(found).ravel()
    assert (rows @ logs <= limits + 1e-9).all()
    here = cost(found, values, weight)
    solved = optimize.minimize(
        lambda x: cost(np.exp(x.reshape(values.shape)), values, weight) / weight.sum(),
        np.full(values.size, np.log(values.mean())),
        jac=lambda x: ((weight[:, None] * (1 - values / np.exp(x.reshape(values.shape)))) / weight.sum()).ravel(),
        method="SLSQP",
        constraints=[{"type": "ineq", "fun": lambda x: limits - rows @ x, "jac": lambda _: -rows}] if len(rows) else [],
        options={"maxiter": 500, "ftol": 1e-12},
    )
    feasible = not len(rows) or (rows @ solved.x <= limits + 1e-7).all()
    if feasible:
        assert here <= cost(np.exp(solved.x.reshape(values.shape)), values, weight) + 1e-5 * weight.sum()
    # A convex problem: no feasible direction from here may lead down.
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = logs + rng.normal(scale=0.1, size=logs.shape)
        if not len(rows) or (rows @ other <= limits).all():
            assert cost(np.exp(other.reshape(values.shape)), values, weight) >= here - 1e-9 * abs(here)


@pytest.mark.parametrize("lost", [1e-300, 1e-60, 1e-20])
def test_components_without_rows_leave_the_others_as_they_are(lost):
    """Their weights vanish beside the others' in a sum, and must not move what these need."""
    weight = np.array([19.0, lost, lost])
    assert clip_to_ratio(np.array([[5.0], [100.0], [5.0]]), weight, 2.0).tolist() == [[5.0], [10.0], [5.0]]
    found = clip_to_ratio(np.array([[5.0], [1.0], [0.5]]), weight, 2.0).ravel()
    np.testing.assert_allclose(found, [5.0, 2.5, 2.5], rtol=1e-12)


def eigenvalues(mixture):
    return np.linalg.eigvalsh(mixture.covariances.dense())


@pytest.mark.parametrize("model", RATIO_MODELS)
@settings(max_examples=12)
@given(problem=problems(max_k=5, max_d=4, max_n=60), ratio=RATIOS)
def test_em_climbs_within_the_eigenvalue_bound(model, problem, ratio):
    rows, k, rng = problem
    problem = problem_of(rows, model, constraint=EigenvalueRatio(ratio))
    here = problem.begin(random_mixture(rng, k, rows.shape[1]))
    for _ in range(8):
        new = em_iteration(problem, here)
        assert new.loglik >= here.loglik - 1e-9 * (abs(here.loglik) + len(rows))
        values = eigenvalues(new.mixture)
        assert values.max() <= ratio * values.min() * (1 + 1e-6)
        here = new


@pytest.mark.parametrize("model", DETERMINANT_MODELS)
@settings(max_examples=12)
@given(problem=problems(max_k=5, max_d=4, max_n=60), ratio=RATIOS, shape=st.sampled_from([None, 2.0, 50.0]))
def test_em_climbs_within_the_determinant_bound(model, problem, ratio, shape):
    rows, k, rng = problem
    problem = problem_of(rows, model, constraint=ratios_as_constraint(None, ratio, shape))
    here = problem.begin(random_mixture(rng, k, rows.shape[1]))
    for _ in range(8):
        new = em_iteration(problem, here)
        assert new.loglik >= here.loglik - 1e-9 * (abs(here.loglik) + len(rows))
        values = eigenvalues(new.mixture)
        sizes = np.log(values).sum(axis=1)
        assert np.ptp(sizes) <= np.log(ratio) + 1e-6
        if shape:
            assert (values.max(axis=1) <= shape * values.min(axis=1) * (1 + 1e-6)).all()
        here = new


@pytest.mark.parametrize("model", ["VII", "VVI", "EEE", "EEV", "VVV"])
@pytest.mark.parametrize("bound", [EigenvalueRatio(3.0), DeterminantRatio(3.0, 5.0)])
@settings(max_examples=10)
@given(problem=problems(max_k=4, max_d=4))
def test_the_m_step_finds_the_best_member_within_the_bound(model, bound, problem):
    if model not in bound.models:
        return
    rows, k, rng = problem
    problem = problem_of(rows, model, constraint=bound)
    first = problem.begin(random_mixture(rng, k, rows.shape[1]))
    mixture, _ = problem.mstep(first.stats)
    share = first.mixture.posterior(rows)
    share[share < 2.0**-72] = 0  # as in the E-step, after which a component with no more than this has weight zero

    def expected(candidate):
        joint = candidate.log_joint(rows)
        return float((share * np.where(share > 0, joint, 0)).sum())

    best = expected(mixture)
    for size in (1e-3, 1e-1, 0.5):
        other = random_mixture(rng, k, rows.shape[1]).covariances
        blend = (1 - size) * mixture.covariances.dense() + size * other.dense()
        candidate = mixtura.Mixture(mixture.weights, mixture.means, mixtura.DenseCovariance(blend, k))
        assert expected(problem.mstep.admit(candidate)[0]) <= best + 1e-8 * (abs(best) + 1)


@settings(max_examples=20)
@given(problem=problems(max_k=3, max_d=3))
def test_units_change_nothing_where_the_bound_does_not_know_them(problem):
    """A turn and one factor for all columns with a bound on eigenvalues; any linear map with one on determinants."""
    rows, k, rng = problem
    d = rows.shape[1]
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0] * 7.0
    stretch = turn @ np.diag(np.exp(rng.normal(size=d)))
    for bound, change in ((EigenvalueRatio(3.0), turn), (DeterminantRatio(3.0), stretch)):
        start = random_mixture(rng, k, d)
        moved = mixtura.DenseCovariance(change.T @ start.covariances.dense() @ change, k)
        a = problem_of(rows, constraint=bound)
        b = problem_of(rows @ change, constraint=bound)
        x, y = (
            a.evaluate(start, np.zeros(k, bool)),
            b.evaluate(mixtura.Mixture(start.weights, start.means @ change, moved), np.zeros(k, bool)),
        )
        for _ in range(3):
            x, y = em_iteration(a, x), em_iteration(b, y)
        shift = len(rows) * np.linalg.slogdet(change)[1]
        assert y.loglik == pytest.approx(x.loglik - shift, rel=1e-6, abs=1e-5)


def test_a_spurious_maximum_is_gone():
    """Six rows that nearly lie on a line hold a component as flat as they are, unless it may not be."""
    rng = np.random.default_rng(0)
    line = np.linspace(3, 4, 6)[:, None] * [1, -1] + 1e-4 * rng.normal(size=(6, 2))
    rows = np.vstack([rng.normal(size=(200, 2)), line])
    start = np.r_[np.zeros(200, int), np.ones(6, int)]
    free = mixtura.fit(rows, start=start)
    assert np.ptp(np.log(eigenvalues(free.mixture))) > np.log(1e6)
    for bound in (EigenvalueRatio(12), DeterminantRatio(12, 12)):
        held = mixtura.fit(rows, start=start, model=mixtura.Model(constraint=bound))
        values = eigenvalues(held.mixture)
        assert (values.max(axis=1) <= 12 * values.min(axis=1) * (1 + 1e-9)).all()
        assert held.outcome is mixtura.Outcome.CONVERGED
        assert (np.diff(held.trace) >= 0).all()
        assert held.loglik < free.loglik - 20


@pytest.mark.parametrize("bound", [EigenvalueRatio(5), DeterminantRatio(5, 10)])
@pytest.mark.parametrize(
    "other",
    [{"trim": 0.1}, {"noise": 0.1}, {"fixed": {"means": [0]}}, {"equal_weights": True}, {"prior": "conjugate"}],
)
def test_a_bound_goes_with_everything_else(iris, bound, other):
    """Trimming within a bound on eigenvalues is tclust."""
    first = mixtura.fit(iris, 3, start="kmeans", seed=0, tol=0.1)
    fit = mixtura.fit(iris, start=first.mixture, tol=1e-9, model=mixtura.Model(constraint=bound, **other))
    assert (np.diff(fit.trace) >= 0).all()
    assert fit.outcome.converged
    values = eigenvalues(fit.mixture)
    if isinstance(bound, EigenvalueRatio):
        assert values.max() <= 5 * values.min() * (1 + 1e-9)
    else:
        assert np.ptp(np.log(values).sum(axis=1)) <= np.log(5) + 1e-9
        assert (values.max(axis=1) <= 10 * values.min(axis=1) * (1 + 1e-9)).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"constraint": 12}, "constraint is 12; expected"),
        (
            {"constraint": EigenvalueRatio(2), "name": "VEV"},
            "model VEV has no exact M-step under this constraint; .* EII",
        ),
        (
            {"constraint": DeterminantRatio(2), "name": "EEE"},
            "model EEE has no exact M-step under this constraint; .* VII",
        ),
    ],
)
def test_what_cannot_be_bounded_is_refused(options, words):
    with pytest.raises(ParameterError, match=words):
        mixtura.Model(**options)


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ((0.5, None, None), "eigenvalue_ratio is 0.5; expected a number that is at least 1"),
        (("x", None, None), "eigenvalue_ratio is 'x'; expected a finite number"),
        ((2, 2, None), "both given; expected one of them"),
        ((None, None, 2), "shape_ratio is given without determinant_ratio"),
        ((None, 2, 0.5), "shape_ratio is 0.5; expected a number that is at least 1"),
    ],
)
def test_ratios_that_are_none_are_refused(ratios, words):
    with pytest.raises(ParameterError, match=words):
        ratios_as_constraint(*ratios)
