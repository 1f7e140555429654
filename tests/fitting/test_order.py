"""Components are ordered by size unless the start gave an order; repairs, iterations and point masses follow."""

import warnings

import numpy as np
import pytest

import mixtura

SIZES = (20, 90, 50)
MEANS = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.repeat(MEANS, SIZES, axis=0) + rng.normal(size=(sum(SIZES), 2))


@pytest.mark.parametrize("start", ["small-em", "hierarchical", "kmeans"])
@pytest.mark.parametrize("options", [{}, {"noise": 0.05}, {"model": mixtura.Model("EEE", equal_weights=True)}])
def test_the_largest_is_first(rows, start, options):
    fit = mixtura.fit(rows, 3, start=start, **options)
    assert (np.diff(fit.sizes) <= 0).all()
    np.testing.assert_allclose(fit.mixture.means, MEANS[[1, 2, 0]], atol=1)
    again = fit.mixture.posterior(rows).sum(axis=0)[:3]
    np.testing.assert_allclose(fit.sizes, again, rtol=1e-4)
    assert fit.loglik == pytest.approx(fit.mixture.logpdf(rows).sum(), rel=1e-9)


def test_a_start_with_an_order_keeps_it(rows):
    labels = np.repeat([0, 1, 2], SIZES)
    for start in (labels, np.eye(3)[labels], mixtura.fit(rows, start=labels).mixture):
        np.testing.assert_allclose(mixtura.fit(rows, start=start).mixture.means, MEANS, atol=1)
    known = np.where(np.arange(len(labels)) % 2, labels, -1)
    np.testing.assert_allclose(mixtura.fit(rows, 3, known_labels=known).mixture.means, MEANS, atol=1)
    tree = mixtura.hierarchical(rows)
    np.testing.assert_allclose(mixtura.fit(rows, 3, start=tree).mixture.means, MEANS[[1, 2, 0]], atol=1)


def test_selections_are_ordered(rows):
    chosen = mixtura.select(rows, range(1, 5), models=["EII", "VVV"])
    for cell in chosen.cells:
        assert (np.diff(cell.fit.sizes) <= 0).all()


def test_iterations_have_the_numbers_of_the_result(rows):
    seen = []
    fit = mixtura.fit(rows, 3, start="identity", seed=4, record=True, on_iteration=lambda one: seen.append(one.loglik))
    assert [one.loglik for one in fit.history] == seen
    last = fit.history[-1]
    assert last.components == (0, 1, 2)
    assert last.mixture.means.tolist() == fit.mixture.means.tolist()
    for one in fit.history:
        assert one.loglik == pytest.approx(one.mixture.logpdf(rows).sum(), rel=1e-9)
        distances = np.linalg.norm(one.mixture.means[:, None] - fit.mixture.means, axis=2)
        assert one.number < 4 or distances.argmin(axis=1).tolist() == [0, 1, 2]


def test_removed_components_come_last():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(30, 2)), rng.normal(size=(60, 2)) + 50])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(40):
            fit = mixtura.fit(rows, 6, start="random_from_data", seed=seed, record=True, model="VII")
            removed = [one for one in fit.starts[0].repairs if one.action.name == "REMOVED"]
            k = fit.mixture.n_components
            assert fit.history[-1].components == tuple(range(k))
            assert {one.component for one in removed} == set(range(k, 6))


def test_point_masses_follow():
    rows = np.concatenate([np.zeros(30), np.random.default_rng(0).normal(9, 1, 70)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mixtura.fit(rows, 2)
    (mass,) = fit.point_masses
    assert (mass.component, mass.values) == (1, (0.0,))
    assert fit.starts[0].floored == (1,)
