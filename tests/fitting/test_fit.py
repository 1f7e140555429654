"""`mixtura.fit`: what it accepts, what it returns, how it stops, what it says."""

import tracemalloc
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from problem_of import problem_of

import mixtura
from mixtura import (
    ConvergenceWarning,
    DataError,
    DenseCovariance,
    Mixture,
    Outcome,
    ParameterError,
    StartsDisagreeWarning,
)
from mixtura.data.array import ArraySource


def test_the_best_start_is_kept_and_all_are_reported(iris):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(iris, 5, start="random_from_data", n_init=6, seed=0)
    logliks = [start.loglik for start in fit.starts]
    assert len(logliks) == 6
    assert fit.loglik == max(logliks) == logliks[fit.best_start]
    assert all(start.outcome.converged for start in fit.starts)
    assert all(start.iterations > 0 for start in fit.starts)


@pytest.mark.filterwarnings("ignore::mixtura.DegeneracyWarning")
def test_disagreeing_starts_are_told(iris):
    with pytest.warns(StartsDisagreeWarning, match=r"raise n_init"):
        mixtura.fit(iris, 5, start="random_from_data", n_init=2, seed=4, em=mixtura.EM(floor=1e-3))


def test_agreeing_starts_are_silent(iris):
    fit = mixtura.fit(iris, 2, n_init=3, seed=0)
    assert len({round(start.loglik, 3) for start in fit.starts}) == 1


def test_same_seed_same_bits(iris):
    a, b = (mixtura.fit(iris, 3, start="random", seed=5, max_iter=500) for _ in range(2))
    assert a.trace == b.trace
    np.testing.assert_array_equal(a.mixture.means, b.mixture.means)
    c = mixtura.fit(iris, 3, start="random", seed=np.random.default_rng(5), max_iter=500)
    assert a.trace == c.trace


def test_mclusts_log_likelihoods(iris):
    """VVV at G = 2 and EEE at G = 3 on iris, from R mclust 6.0.0."""
    assert mixtura.fit(iris, 2, seed=0, tol=1e-9).loglik == pytest.approx(-214.3547, abs=1e-3)
    assert mixtura.fit(iris, 3, model="tied", seed=0, tol=1e-9).loglik == pytest.approx(-256.354, abs=1e-2)


def test_a_fit_and_its_mixture_describe_themselves(iris):
    fit = mixtura.fit(iris, 2, seed=0)
    assert repr(fit).startswith("<Fit of 2 VVV components to 150 rows in 4 dimensions: log-likelihood -214.355 after")
    assert repr(fit).endswith("Converged.>")
    assert repr(fit.mixture) == "<Mixture of 2 components in 4 dimensions, dense covariances>"


def test_criteria(iris):
    fit = mixtura.fit(iris, 2, seed=0)
    assert fit.n_parameters == 1 + 2 * 4 + 2 * 10
    assert fit.bic == pytest.approx(-2 * fit.loglik + 29 * np.log(150))
    assert fit.aic == pytest.approx(-2 * fit.loglik + 58)
    certain = np.log(fit.mixture.posterior(iris).max(axis=1)).sum()
    assert fit.icl == pytest.approx(fit.bic - 2 * certain)
    again = mixtura.assess(fit.mixture, iris)
    assert again.icl == pytest.approx(fit.icl)
    assert again.mean == pytest.approx(fit.loglik / 150)


def test_stop_rules(iris):
    by_loglik = mixtura.fit(iris, 3, start="kmeans", seed=0, tol=1e-4)
    rises = np.diff(by_loglik.trace) / 150
    assert rises[-1] < 1e-4 <= rises[:-1].min()
    moves = []
    path = []
    by_move = mixtura.fit(
        iris,
        3,
        start="kmeans",
        seed=0,
        tol=1e-2,
        on_iteration=lambda i: path.append(i.mixture),
        em=mixtura.EM(stop="parameters"),
    )
    for a, b in pairwise(path):
        parts = [b.weights - a.weights, b.means - a.means, b.covariances.dense() - a.covariances.dense()]
        moves.append(np.sqrt(sum((part**2).sum() for part in parts)))
    assert moves[-1] < 1e-2 <= min(moves[:-1])
    both = mixtura.fit(iris, 3, start="kmeans", seed=0, tol=1e-2, em=mixtura.EM(stop=("loglik", "parameters")))
    assert both.iterations <= min(by_move.iterations, by_loglik.iterations)


def test_out_of_steps_warns_and_returns(iris):
    with pytest.warns(ConvergenceWarning, match="raise max_iter"):
        fit = mixtura.fit(iris, 3, start="kmeans", seed=0, max_iter=2)
    assert fit.outcome is Outcome.OUT_OF_STEPS
    assert not fit.outcome.converged
    assert len(fit.trace) == 3
    with pytest.warns(ConvergenceWarning):
        start = mixtura.fit(iris, 3, start="kmeans", seed=0, max_iter=0)
    assert start.trace == fit.trace[:1]


def test_tolerance_zero_runs_to_the_last_bit(iris):
    fit = mixtura.fit(iris, 2, seed=0, tol=0)
    assert fit.outcome is Outcome.CONVERGED
    assert (np.diff(fit.trace) >= 0).all()


def test_recording_and_reporting_show_the_same(iris):
    seen = []
    fit = mixtura.fit(iris, 3, seed=0, record=True, on_iteration=seen.append)
    assert [i.loglik for i in fit.history] == list(fit.trace) == [i.loglik for i in seen]
    assert [i.number for i in seen] == list(range(len(seen)))
    assert np.isnan(seen[0].rise)
    assert seen[1].rise == pytest.approx(fit.trace[1] - fit.trace[0])
    assert fit.history[-1].mixture.means.tolist() == fit.mixture.means.tolist()
    assert mixtura.fit(iris, 3, seed=0).history == ()


def interrupt_at(number, start=0):
    def interrupt(iteration):
        if (iteration.start, iteration.number) == (start, number):
            raise KeyboardInterrupt

    return interrupt


def test_interrupts(iris):
    with pytest.raises(KeyboardInterrupt):
        mixtura.fit(iris, 3, start="kmeans", seed=0, on_iteration=interrupt_at(3))
    fit = mixtura.fit(iris, 3, start="kmeans", seed=0, on_iteration=interrupt_at(3), em=mixtura.EM(on_interrupt="keep"))
    assert fit.outcome is Outcome.INTERRUPTED
    assert len(fit.trace) == 4
    later = mixtura.fit(
        iris,
        2,
        start="kmeans",
        seed=0,
        n_init=5,
        on_iteration=interrupt_at(1, start=2),
        em=mixtura.EM(on_interrupt="keep"),
    )
    assert later.outcome is Outcome.INTERRUPTED
    assert len(later.starts) == 3
    assert later.starts[0].outcome is Outcome.CONVERGED


def test_an_interrupt_while_a_later_start_is_sought_keeps_the_earlier(iris):
    calls = []

    def start(problem, k, rng):
        calls.append(k)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return mixtura.Labels(np.arange(150) // 50)(problem, k, rng)

    fit = mixtura.fit(iris, 3, start=start, n_init=3, em=mixtura.EM(on_interrupt="keep"))
    assert fit.outcome is Outcome.INTERRUPTED
    assert len(fit.starts) == 1
    calls.clear()
    calls.append(0)
    with pytest.raises(KeyboardInterrupt):
        mixtura.fit(iris, 3, start=start, em=mixtura.EM(on_interrupt="keep"))


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_names_of_columns_reach_the_mixture(iris, table):
    frame = table({name: iris[:, j] for j, name in enumerate("abcd")})
    fit = mixtura.fit(frame, 2, seed=0)
    assert fit.mixture.columns == tuple("abcd")
    assert fit.mixture.marginal(["b"]).columns == ("b",)
    assert mixtura.fit(iris, 2, seed=0).mixture.columns is None


def test_one_column_may_be_a_vector():
    fit = mixtura.fit(np.r_[np.zeros(5), np.ones(5)] + np.arange(10) / 100, 2, seed=0)
    assert fit.mixture.n_features == 1
    for name in ("V", "E"):
        assert mixtura.fit(np.arange(10.0), 1, model=name).mixture.n_features == 1


def test_starts_that_tell_k(iris):
    labels = np.repeat(["a", "b", "c"], 50)
    assert mixtura.fit(iris, start=labels).mixture.n_components == 3
    share = np.random.default_rng(0).dirichlet(np.ones(2), size=150)
    assert mixtura.fit(iris, start=share).mixture.n_components == 2
    start = mixtura.fit(iris, 2, seed=0).mixture
    named = Mixture(start.weights, start.means, start.covariances, tuple("wxyz"), ("small", "large"))
    again = mixtura.fit(iris, start=named)
    assert again.mixture.component_names == ("small", "large")
    assert again.mixture.columns == tuple("wxyz")
    assert again.iterations <= 2


def test_labels_and_responsibilities_start_alike(iris):
    labels = np.arange(150) // 50
    a = mixtura.fit(iris, 3, start=labels)
    b = mixtura.fit(iris, 3, start=np.eye(3)[labels])
    c = mixtura.fit(iris, 3, start=mixtura.Responsibilities(np.eye(3)[labels]))
    assert a.trace == b.trace == c.trace


def test_one_weight_for_all_rows(iris):
    single = mixtura.fit(iris, 2, seed=0, sample_weight=2)
    assert single.n_rows == 300


@pytest.mark.parametrize("wrong", [np.nan, None, -1, "masked"])
def test_a_start_may_say_anything_of_rows_of_weight_zero(iris, wrong):
    weight, labels = np.ones(150), np.repeat([0, 1, 2], 50)
    weight[[0, 50, 149]] = 0
    kept = weight > 0
    given = [label if known else wrong for label, known in zip(labels.tolist(), kept, strict=True)]
    if wrong == "masked":
        given = np.ma.masked_array(labels, ~kept)
    alone = mixtura.fit(iris[kept], start=labels[kept])
    assert mixtura.fit(iris, start=given, sample_weight=weight).loglik == pytest.approx(alone.loglik)
    with pytest.raises(DataError, match="start, row 0: "):
        mixtura.fit(iris, start=given)
    weight[50] = 1
    with pytest.raises(DataError, match="start, row 50: "):
        mixtura.fit(iris, start=given, sample_weight=weight)


def test_responsibilities_of_rows_of_weight_zero_may_be_missing(iris):
    weight, share = np.ones(150), np.eye(3)[np.repeat([0, 1, 2], 50)]
    weight[[0, 50]], share[[0, 50]] = 0, np.nan
    alone = mixtura.fit(iris[weight > 0], start=share[weight > 0])
    assert mixtura.fit(iris, start=share, sample_weight=weight).loglik == pytest.approx(alone.loglik)
    weight[50] = 1
    with pytest.raises(DataError, match="start, row 50: responsibilities"):
        mixtura.fit(iris, start=share, sample_weight=weight)


def test_rows_of_weight_zero_are_absent_from_starts_too(iris):
    weight = np.r_[np.ones(100), np.zeros(50)]
    labels = np.arange(150) // 50
    a = mixtura.fit(iris, 2, start=labels, sample_weight=weight)
    b = mixtura.fit(iris[:100], 2, start=labels[:100])
    assert a.trace == b.trace
    assert mixtura.fit(iris, 2, seed=0, sample_weight=weight).trace == mixtura.fit(iris[:100], 2, seed=0).trace


def test_a_start_outside_the_family_is_brought_into_it(iris):
    full = mixtura.fit(iris, 3, seed=0).mixture
    for model in ("EEE", "VVI", "VII"):
        fit = mixtura.fit(iris, model=model, start=full)
        assert (np.diff(fit.trace) >= 0).all()
        assert fit.model.name == model


def test_a_source_is_taken_as_it_is(iris):
    fit = mixtura.fit(ArraySource.of(iris), 2, seed=0)
    assert fit.trace == mixtura.fit(iris, 2, seed=0).trace


def test_a_family_whose_m_step_fails_is_stopped(iris):
    from mixtura.covariance.models.names import as_covariance_model
    from mixtura.em.loop import iterate
    from mixtura.em.run import Run

    class Worse(type(as_covariance_model("VVV"))):
        def fit(self, stats, floor, previous=None):
            k = len(stats.weight)
            return DenseCovariance(np.stack([np.eye(4) * 1000.0] * k), k), np.zeros(k, dtype=bool)

    problem = problem_of(iris, Worse("VVV"))
    start = mixtura.fit(iris, 2, seed=0).mixture
    first = problem.evaluate(start, np.zeros(2, dtype=bool))
    path = iterate(problem, Run.started(first), stop=[], max_iter=10, rng=np.random.default_rng(0))
    assert path.outcome is Outcome.STALLED
    assert path.trace == (first.loglik,)


def test_nothing_of_the_size_of_rows_times_components_is_held():
    """200,000 x 16 responsibilities would take 26 MB."""
    rows = np.random.default_rng(0).normal(size=(200_000, 8))
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        mixtura.fit(rows, 16, start="random", max_iter=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 13e6


def test_the_log_density_needs_little_memory():
    """The answer alone takes 8 MB, a matrix of rows times components 128 MB."""
    rows = np.zeros((1_000_000, 2), dtype=np.float32)
    mixture = Mixture(np.full(16, 1 / 16), np.zeros((16, 2)), DenseCovariance(np.eye(2)[None], 16))
    tracemalloc.start()
    mixture.logpdf(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"n_components": 0}, ParameterError, "n_components is 0; expected an integer of at least 1"),
        ({"n_components": 2.5}, ParameterError, "n_components is 2.5"),
        ({"n_components": None}, ParameterError, "n_components is missing"),
        ({"model": "oval"}, ParameterError, "model is 'oval'; expected one of EII, VII"),
        ({"model": 3}, ParameterError, "model is 3"),
        ({"start": "kmean"}, ParameterError, "start is 'kmean'; expected one of small-em, hierarchical, kmeans"),
        ({"start": np.zeros((2, 2, 2))}, ParameterError, "start is"),
        ({"tol": -1}, ParameterError, "tol is -1"),
        ({"tol": "x"}, ParameterError, "tol is 'x'"),
        ({"max_iter": -1}, ParameterError, "max_iter is -1"),
        ({"n_init": 0}, ParameterError, "n_init is 0"),
        ({"em": 5}, ParameterError, "em is 5; expected a mixtura.EM"),
        ({"seed": -1}, ParameterError, "seed is -1"),
        ({"seed": "a"}, ParameterError, "seed is 'a'"),
        ({"sample_weight": np.ones(3)}, DataError, r"sample_weight has shape \(3,\)"),
        ({"sample_weight": -np.ones(150)}, DataError, "sample_weight, row 0: -1"),
        ({"sample_weight": np.zeros(150)}, DataError, "zero for every row"),
        ({"start": np.zeros(149)}, ParameterError, "the start has 1 components"),
        ({"start": np.arange(149) % 2}, DataError, r"labels have shape \(149,\)"),
        ({"start": mixtura.Labels(np.zeros(150))}, DataError, "1 different values; expected k = 2"),
        ({"start": np.ones((150, 2))}, DataError, "start, row 0: responsibilities"),
        ({"start": mixtura.Responsibilities(np.ones((3, 2)))}, DataError, r"expected \(150, 2\)"),
        ({"start": mixtura.Parameters(precisions=np.eye(4))}, ParameterError, "precisions have shape"),
        ({"start": mixtura.Parameters(precisions=-np.stack([np.eye(4)] * 2))}, DataError, "not positive definite"),
        ({"start": mixtura.Parameters(means=np.zeros((2, 3)))}, DataError, "dimensions"),
    ],
)
def test_bad_arguments_are_named(iris, arguments, error, words):
    with pytest.raises(error, match=words):
        mixtura.fit(iris, **{"n_components": 2, **arguments})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"stop": "never"}, "stop is 'never'; expected 'remaining', 'loglik'"),
        ({"stop": ()}, r"stop is \(\)"),
        ({"floor": -1e-3}, "floor is -0.001"),
        ({"on_interrupt": "die"}, "on_interrupt is 'die'"),
        ({"tol": -1}, "tol is -1"),
        ({"max_iter": -1}, "max_iter is -1"),
    ],
)
def test_bad_arguments_of_em_are_named(arguments, words):
    with pytest.raises(ParameterError, match=words):
        mixtura.EM(**arguments)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1.0, np.nan]], "X, column 1: all values are missing"),
        ([[1.0, 2.0], [np.inf, 0.0]], "X, row 1, column 0: inf"),
        ([[1.0, 1e200]], "too large to square"),
        ([["a", "b"]], "row 0, column 0: 'a' is not a number"),
        ([[1.0], [1.0, 2.0]], "cannot be read as numbers"),
        ([[1j]], "complex"),
        (np.zeros((0, 2)), r"shape \(0, 2\)"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (np.float32([[np.inf]]), "inf is not a finite number"),
        (pd.DataFrame({"age": [1.0, np.inf]}), 'X, row 1, column "age"'),
        (pd.DataFrame({"age": [None, np.nan], "size": [1.0, 2.0]}), 'X, column "age": all values are missing'),
    ],
)
def test_bad_rows_are_named(rows, words):
    with pytest.raises(DataError, match=words):
        mixtura.fit(rows, 1)


def test_sparse_rows_are_refused():
    import scipy.sparse

    with pytest.raises(DataError, match="toarray"):
        mixtura.fit(scipy.sparse.eye(3), 1)


def test_large_data_start_from_a_sample():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(120_000, 2)) + 20 * rng.integers(0, 3, size=(120_000, 1))
    weight = rng.uniform(0.5, 1.5, size=120_000)
    for start in ("kmeans", "k-means++", "random_from_data"):
        fit = mixtura.fit(rows, 3, start=start, n_init=3, seed=1, sample_weight=weight, tol=1e-4)
        assert sorted(fit.mixture.means[:, 0].round().tolist()) == [0, 20, 40]
