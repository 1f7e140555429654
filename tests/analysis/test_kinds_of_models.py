"""Every function takes a mixture, a fit, a selection or a fitted estimator alike, and says what it wanted otherwise."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture

import mixtura
from mixtura import ParameterError

FUNCTIONS = {
    "assess": lambda model, X: mixtura.assess(model, X).bic,
    "combine_components": lambda model, X: mixtura.combine_components(model, X).entropies,
    "reduce_dimensions": lambda model, _: mixtura.reduce_dimensions(model).eigenvalues,
    "compare": lambda model, X: mixtura.compare(model, model, X).assessments[0].bic,
}


@pytest.fixture(scope="module")
def models(iris):
    fit = mixtura.fit(iris, 3)
    sklearn = SklearnGaussianMixture(3, weights_init=fit.mixture.weights, means_init=fit.mixture.means, max_iter=1)
    sklearn.fit(iris)
    for name, value in {
        "weights_": fit.mixture.weights,
        "means_": fit.mixture.means,
        "covariances_": fit.mixture.covariances.dense(),
    }.items():
        setattr(sklearn, name, value)
    chosen = mixtura.select(iris, [3], models=["VVV"])
    own = mixtura.GaussianMixture(3, random_state=0).fit(iris)
    return {"fit": fit, "mixture": fit.mixture, "selection": chosen, "ours": own, "scikit-learn's": sklearn}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_all_kinds_of_models(function, models, iris):
    call = FUNCTIONS[function]
    expected = call(models["mixture"], iris)
    for kind in ("fit", "scikit-learn's"):
        np.testing.assert_allclose(call(models[kind], iris), expected, rtol=1e-9)
    np.testing.assert_allclose(call(models["selection"], iris), call(models["selection"].best.mixture, iris))
    np.testing.assert_allclose(call(models["ours"], iris), call(models["ours"].mixture_, iris))
    with pytest.raises(ParameterError, match="expected a Fit, a Mixture"):
        call("model.json", iris)


def test_a_bootstrap_needs_a_fit(models, iris):
    best = mixtura.bootstrap(models["selection"], iris, 5)
    assert best.weights.tolist() == mixtura.bootstrap(models["selection"].best, iris, 5).weights.tolist()
    with pytest.raises(ParameterError, match=r"fitted is <Mixture of 3 components.*expected a Fit, which says"):
        mixtura.bootstrap(models["mixture"], iris)


@pytest.mark.parametrize("seed", [0, 2, 20])
def test_equal_components_differ_in_no_direction(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(60, 3)) + np.repeat(rng.normal(size=(3, 3)) * 5, 20, axis=0)
    fit = mixtura.fit(rows, 3, model="EEE", seed=0)
    with pytest.raises(mixtura.ParameterError, match="the components have the same covariances"):
        mixtura.reduce_dimensions(fit, balance=0.0)
    assert len(mixtura.reduce_dimensions(fit).eigenvalues) == 2


def test_numbers_of_clusters_are_checked():
    values = np.repeat([0.0, 9.0], 20) + np.tile([-0.5, 0.0, 0.2, 0.5], 10)
    merged = mixtura.combine_components(mixtura.fit(values, 2), values)
    with pytest.raises(mixtura.ParameterError, match="n_clusters is '2'"):
        merged.posterior(values, "2")
    assert "into 1 cluster or" in repr(mixtura.combine_components(mixtura.fit(values, 1), values))
