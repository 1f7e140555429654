"""Known labels, prior responsibilities and groups of rows: special cases of each other, direct formulas, and laws."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.metrics import adjusted_rand_score

import mixtura
from mixtura import DataError, MixturaWarning, ParameterError
from mixtura.covariance.models import MODELS
from mixtura.data import ArraySource
from mixtura.em.estep import Groups, KnownLabels, Plain, PriorResponsibilities

RNG = np.random.default_rng(0)
TRUE = np.repeat([0, 1, 2], 60)
ROWS = RNG.normal(size=(180, 3)) @ np.diag([1, 2, 0.5]) + np.array([[0, 0, 0], [3, 1, 0], [0, 4, 1]])[TRUE]
LABELS = np.where(np.arange(180) % 5 == 0, TRUE, -1)
PRIOR = np.where(RNG.random((180, 1)) < 0.4, 0.2 + 0.6 * np.eye(3)[TRUE], 1 / 3)
GROUPS = np.concatenate([np.repeat(np.arange(20), 3) + 20 * j for j in range(3)])


def fitted(X, *args, **options):
    """A fit whose warnings do not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return mixtura.fit(X, *args, **options)


def holed(rows):
    """Rows of which a tenth of the values is missing."""
    return np.where(np.random.default_rng(1).random(rows.shape) < 0.1, np.nan, rows)


def same_stats(one, other, rtol=1e-10):
    for name in ("weight", "mean", "scatter", "loglik", "assignment_logprob", "noise_weight"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, atol=1e-9, err_msg=name)


@pytest.mark.parametrize(("model", "kind"), [("VVV", "full"), ("EEE", "pooled"), ("VVI", "diagonal")])
@pytest.mark.parametrize("missing", [False, True])
def test_esteps_agree_where_they_say_the_same(model, kind, missing):
    mixture = fitted(ROWS, 3, model=model).mixture
    source = mixtura.data.as_source(holed(ROWS) if missing else ROWS, RNG.integers(0, 3, len(ROWS)))
    plain = Plain()(source, mixture, kind)[0]
    same_stats(PriorResponsibilities(np.zeros((180, 3)))(source, mixture, kind)[0], plain)
    alone = Groups(np.arange(180))(source, mixture, kind)[0]
    np.testing.assert_allclose(alone.mean[0].shape, (3,))
    known = KnownLabels(LABELS)(source, mixture, kind)[0]
    one_hot = np.where((LABELS < 0)[:, None], 1.0, np.eye(3)[LABELS])
    same_stats(PriorResponsibilities.of(one_hot)(source, mixture, kind)[0], known)


def test_groups_of_one_row_are_rows():
    mixture, source = fitted(ROWS, 3).mixture, ArraySource.of(ROWS)
    alone, plain = Groups(np.arange(180))(source, mixture, "full")[0], Plain()(source, mixture, "full")[0]
    same_stats(alone, plain)
    np.testing.assert_allclose(alone.fractions, plain.fractions, rtol=1e-12)
    assert fitted(ROWS, 3, groups=np.arange(180)).loglik == pytest.approx(fitted(ROWS, 3).loglik, abs=0.02)


def test_log_likelihoods_are_those_of_the_formulas():
    mixture, source = fitted(ROWS, 3).mixture, ArraySource.of(ROWS)
    joint = mixture.log_joint(ROWS)
    stats = PriorResponsibilities.of(PRIOR)(source, mixture, "full")[0]
    assert stats.loglik == pytest.approx(logsumexp(joint + np.log(PRIOR), axis=1).sum(), rel=1e-12)
    densities = joint - np.log(mixture.weights)
    of_groups = [densities[g == GROUPS].sum(axis=0) + np.log(mixture.weights) for g in range(60)]
    stats = Groups(GROUPS)(source, mixture, "full")[0]
    assert stats.loglik == pytest.approx(logsumexp(of_groups, axis=1).sum(), rel=1e-12)
    resp = np.exp(of_groups - logsumexp(of_groups, axis=1, keepdims=True))
    np.testing.assert_allclose(stats.fractions, resp.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(stats.weight, 3 * resp.sum(axis=0), rtol=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("how", ["prior_responsibilities", "groups", "both"])
def test_the_log_likelihood_never_falls(model, how):
    given = {"prior_responsibilities": PRIOR, "groups": GROUPS}
    rows = holed(ROWS) if how == "both" else ROWS
    fit = fitted(rows, 3, model=model, max_iter=40, **(given if how == "both" else {how: given[how]}))
    assert (np.diff(fit.trace) >= -1e-8 * abs(fit.loglik)).all()


def test_a_fit_is_the_maximum():
    x = np.concatenate([RNG.normal(0, 1, 30), RNG.normal(2.5, 1, 30)])
    groups = np.repeat(np.arange(20), 3)
    fit = mixtura.fit(x, 2, groups=groups, tol=1e-12, max_iter=5000)

    def loss(p):
        w = np.array([1 / (1 + np.exp(-p[0])), 1 / (1 + np.exp(p[0]))])
        logs = norm.logpdf(x[:, None], p[1:3], np.exp(p[3:5]))
        return -logsumexp(np.add.reduceat(logs, np.arange(0, 60, 3)) + np.log(w), axis=1).sum()

    best = min(minimize(loss, [0, m, 2.5, 0, 0], method="BFGS").fun for m in (-1, 0, 1))
    assert fit.loglik == pytest.approx(-best, abs=1e-5)


def test_groups_and_soft_labels_help():
    rng = np.random.default_rng(3)
    true = np.repeat(rng.integers(0, 2, 60), 8)
    rows = rng.normal(size=(480, 2)) + 1.2 * true[:, None]
    groups, soft = np.repeat(np.arange(60), 8), np.where(true[:, None] == [0, 1], 0.9, 0.1)
    alone, known = fitted(rows, 2, model="EEI"), fitted(rows, 2, model="EEI", groups=groups)
    told = fitted(rows, 2, model="EEI", prior_responsibilities=soft)
    target = np.array([[0, 0], [1.2, 1.2]])
    error = [np.abs(np.sort(each.mixture.means, axis=0) - target).max() for each in (alone, known, told)]
    assert error[1] < error[0]
    assert error[2] < error[0]
    assert np.abs(told.mixture.means - target).max() < 0.25  # its components keep the numbers of the columns


def test_combinations():
    both = fitted(ROWS, 3, prior_responsibilities=PRIOR, known_labels=LABELS, groups=GROUPS)
    assert np.isfinite(both.loglik)
    noisy = fitted(ROWS, 3, prior_responsibilities=PRIOR, noise=0.05)
    assert noisy.mixture.noise is not None
    weighted = fitted(ROWS, 3, groups=GROUPS, sample_weight=np.full(180, 2.0), model="EEI", tol=1e-10)
    doubled = fitted(np.repeat(ROWS, 2, axis=0), 3, groups=np.repeat(GROUPS, 2), model="EEI", tol=1e-10)
    assert weighted.loglik == pytest.approx(doubled.loglik, rel=1e-6)
    held = fitted(ROWS, 3, start=both.mixture, fixed={"means": [0]}, groups=GROUPS)
    np.testing.assert_array_equal(held.mixture.means[0], both.mixture.means[0])
    accelerated = fitted(ROWS, 3, groups=GROUPS, em=mixtura.EM(accelerate=True))
    assert accelerated.loglik == pytest.approx(fitted(ROWS, 3, groups=GROUPS, tol=1e-9).loglik, abs=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": np.zeros((2, 2))}, "groups has shape"),
        ({"groups": [None] * 179}, "groups has shape"),
        ({"groups": [1, "a", *[2] * 178]}, "several kinds"),
        ({"prior_responsibilities": np.ones((180, 2))}, "prior_responsibilities has shape"),
        ({"prior_responsibilities": -np.ones((180, 3))}, "prior_responsibilities, row 0"),
        ({"prior_responsibilities": np.full((180, 3), "a")}, "no numbers"),
        ({"prior_responsibilities": np.tile([1, 1, 0], (180, 1))}, "component 2, whose column is zero"),
        ({"known_labels": TRUE, "groups": np.zeros(180)}, "rows .* share a group"),
    ],
)
def test_what_cannot_be_used_is_named(options, message):
    with pytest.raises(DataError, match=message):
        fitted(ROWS, 3, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": GROUPS, "trim": 0.1}, "leave groups out, or trim"),
        ({"prior_responsibilities": PRIOR, "trim": 0.1}, "leave prior_responsibilities out, or trim"),
        ({"groups": GROUPS, "noise": 0.1}, "groups are drawn as a whole"),
        ({"prior_responsibilities": PRIOR, "start": "random"}, "does not match components"),
    ],
)
def test_what_does_not_go_together_is_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        fitted(ROWS, 3, **options)


def test_missing_priors_and_groups_say_nothing():
    prior = PRIOR.copy()
    prior[:50] = np.nan
    told = np.where(np.arange(180)[:, None] < 50, 1.0, PRIOR)
    one, other = (fitted(ROWS, 3, prior_responsibilities=each) for each in (prior, told))
    assert one.loglik == other.loglik
    groups = [None if i < 90 else GROUPS[i] for i in range(180)]
    own = np.where(np.arange(180) < 90, 1000 + np.arange(180), GROUPS)
    assert fitted(ROWS, 3, groups=groups).loglik == pytest.approx(fitted(ROWS, 3, groups=own).loglik, rel=1e-9)


def test_a_prior_that_tells_of_some_components_only_starts_from_all_rows():
    prior = np.where((TRUE == 0)[:, None], [1.0, 0.1, 0.1], 1.0)
    assert np.isfinite(fitted(ROWS, 3, prior_responsibilities=prior).loglik)


def test_groups_of_new_rows_share_their_label():
    fit = fitted(ROWS, 3, groups=GROUPS)
    shared = fit.mixture.posterior(ROWS, groups=GROUPS)
    own = Groups(GROUPS).responsibilities(mixtura.data.Chunk(ROWS), fit.mixture)[0]
    np.testing.assert_allclose(shared, own, rtol=1e-10)
    np.testing.assert_allclose(fit.mixture.posterior(ROWS, groups=np.arange(180)), fit.mixture.posterior(ROWS))
    labels = fit.mixture.predict(ROWS, groups=GROUPS)
    assert all(len(set(labels[g == GROUPS])) == 1 for g in range(60))
    alone = fit.mixture.predict(ROWS)
    assert adjusted_rand_score(labels, TRUE) > adjusted_rand_score(alone, TRUE)
    noisy = fitted(ROWS, 3, noise=0.05).mixture
    with pytest.raises(ParameterError, match="the mixture has noise"):
        noisy.posterior(ROWS, groups=GROUPS)
    absent = mixtura.Mixture([1.0, 0.0], fit.mixture.means[:2], fit.mixture.covariances.select(np.arange(2)))
    assert (absent.predict(ROWS, groups=GROUPS) == 0).all()


@pytest.mark.parametrize("row", [[0.5, 0.5, 0.5], [np.nan] * 3, [0.3, 0.6, 0.1]], ids=["equal", "missing", "constant"])
@pytest.mark.parametrize("groups", [None, GROUPS], ids=["rows", "groups"])
def test_prior_responsibilities_that_are_the_same_in_all_rows_make_no_start(row, groups):
    """A start from them would have equal components, in which EM ends at once."""
    apart = ROWS + 20 * TRUE[:, None]
    soft = RNG.uniform(0.1, 1, (180, 1)) * np.array([row])
    told = mixtura.fit(apart, 3, prior_responsibilities=soft, groups=groups)
    assert adjusted_rand_score(told.predict(apart), TRUE) == 1
    if row != [0.3, 0.6, 0.1]:  # which also multiplies the weights
        assert told.loglik == pytest.approx(mixtura.fit(apart, 3, groups=groups).loglik)
    own = mixtura.GaussianMixture(3, random_state=0).fit(apart, prior_responsibilities=soft, groups=groups)
    assert adjusted_rand_score(own.predict(apart), TRUE) == 1
