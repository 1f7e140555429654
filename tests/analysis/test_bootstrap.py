"""The bootstrap: against known standard errors, mclust's numbers, and its own laws."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura import ParameterError

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"
FAITHFUL = np.loadtxt(REFERENCE / "faithful.csv", delimiter=",", skiprows=1)


@pytest.fixture(scope="module")
def two():
    return mixtura.fit(FAITHFUL, 2, seed=0)


@pytest.mark.parametrize("method", ["resample", "weights", "parametric"])
def test_standard_errors_of_one_gaussian_are_the_textbooks(method):
    rows = np.random.default_rng(0).normal(3, 2, 400)
    one = mixtura.fit(rows, 1)
    errors = mixtura.bootstrap(one, rows, 400, method=method, seed=0).standard_errors
    assert errors["means"].item() == pytest.approx(rows.std() / 20, rel=0.15)
    assert errors["covariances"].item() == pytest.approx(rows.var() * (2 / 400) ** 0.5, rel=0.2)
    assert errors["weights"].item() == 0


def test_standard_errors_agree_with_mclust_within_monte_carlo_error(two):
    reference = json.loads((REFERENCE / "extras.json").read_text())["bootstrap_se"]
    found = mixtura.bootstrap(two, FAITHFUL, 300, seed=0)
    expected = np.reshape(reference["mean"]["data"], reference["mean"]["dim"], order="F").T
    order = np.argsort(two.mixture.means[:, 0])[::-1]
    rank = np.argsort(expected[:, 0])  # the long eruptions vary less
    np.testing.assert_allclose(found.standard_errors["means"][order], expected[rank], rtol=0.3)
    np.testing.assert_allclose(found.standard_errors["weights"], reference["pro"], rtol=0.3)
    assert found.lost == 0


def test_intervals_hold_the_estimate_and_widen_with_their_level(two):
    found = mixtura.bootstrap(two, FAITHFUL, 99, seed=1)
    narrow, wide = found.intervals(0.5), found.intervals(0.99)
    for name, value in (("weights", two.mixture.weights), ("means", two.mixture.means)):
        assert (wide[name][0] <= narrow[name][0]).all()
        assert (narrow[name][1] <= wide[name][1]).all()
        assert ((wide[name][0] < value) & (value < wide[name][1])).all()
    with pytest.raises(ParameterError, match="between 0 and 1"):
        found.intervals(95)


def test_threads_change_no_bit_and_progress_is_told(two):
    told = []
    runs = [
        mixtura.bootstrap(two, FAITHFUL, 12, seed=3, threads=threads, on_replicate=told.append) for threads in (1, 3)
    ]
    np.testing.assert_array_equal(runs[0].means, runs[1].means)
    assert sorted(told) == sorted([*range(1, 13)] * 2)


def test_weights_stay_with_their_rows():
    rows = np.array([0.0, 1.0, 2.0, 50.0])
    weight = np.array([30.0, 30.0, 30.0, 0.0])
    one = mixtura.fit(rows, 1, sample_weight=weight)
    found = mixtura.bootstrap(one, rows, 20, sample_weight=weight, method="weights", seed=0)
    assert found.means.max() <= 2


def test_an_unknown_method_is_refused(two):
    with pytest.raises(ParameterError, match="'resample', 'weights', 'parametric'"):
        mixtura.bootstrap(two, FAITHFUL, 3, method="jackknife")


def test_likelihood_ratios_are_those_of_mclust():
    reference = json.loads((REFERENCE / "extras.json").read_text())["bootstrap_lrt"]
    tests = mixtura.likelihood_ratio_tests(FAITHFUL, [1, 2], 39, model="VVV", start="kmeans", seed=0)
    assert [test.n_components for test in tests] == [1, 2]
    assert tests[0].statistic == pytest.approx(reference["obs"][0], abs=0.01)
    assert tests[1].statistic >= reference["obs"][1] - 0.01
    assert tests[0].p_value == 1 / 40
    (own,) = mixtura.likelihood_ratio_tests(FAITHFUL, 2, 39, start="hierarchical", seed=0)  # as mclust starts
    assert own.p_value > 0.05


def test_observed_likelihood_ratios_by_mclusts_start_and_stop_rule_are_mclusts():
    reference = json.loads((REFERENCE / "extras.json").read_text())["bootstrap_lrt"]
    tol = 1e-5 * 1130 / len(FAITHFUL)  # mclust's is relative to the log-likelihood
    options = {"start": "hierarchical", "tol": tol, "em": mixtura.EM(accelerate=False), "seed": 0}
    tests = mixtura.likelihood_ratio_tests(FAITHFUL, [1, 2, 3], 3, level=1.0, **options)
    np.testing.assert_allclose([test.statistic for test in tests], reference["obs"], atol=1e-4)


def test_a_p_value_counts_ties_as_exceeding():
    test = mixtura.LikelihoodRatioTest(1, 2.0, np.array([1.0, 2.0, 3.0]))
    assert test.p_value == 0.75


@pytest.mark.parametrize("method", ["resample", "weights", "parametric"])
def test_noise_has_a_standard_error_too(method):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(-3, 0.3, 150), rng.normal(3, 0.3, 150), rng.uniform(-9, 9, 100)])
    fit = mixtura.fit(rows, 2, noise=True, seed=0)
    found = mixtura.bootstrap(fit, rows, 150, method=method, seed=0)
    share = fit.mixture.noise.weight
    assert found.lost == 0
    assert found.standard_errors["noise"] == pytest.approx((share * (1 - share) / 400) ** 0.5, rel=0.35)
    low, high = found.intervals()["noise"]
    assert low < share < high
    np.testing.assert_allclose(found.weights.sum(axis=1) + found.noise, 1)
    low, high = found.intervals(0.99)["means"]
    assert ((low < fit.mixture.means) & (fit.mixture.means < high)).all()


@pytest.mark.parametrize("method", ["resample", "weights", "parametric"])
@pytest.mark.parametrize("kind", ["counts", "sampling"])
def test_standard_errors_of_weighted_rows(kind, method):
    """Of a mean: of all rows that counts stand for, and of Horvitz and Thompson's mean under sampling weights."""
    weight = (1 + np.arange(len(FAITHFUL)) % 2) * (1 if kind == "counts" else 0.1)
    fit = mixtura.fit(FAITHFUL, 2, sample_weight=weight, seed=0)
    found = mixtura.bootstrap(fit, FAITHFUL, 99, method=method, sample_weight=weight, seed=0)
    assert np.abs(found.means.mean(axis=0) - fit.mixture.means).max() < 0.2
    one = mixtura.fit(FAITHFUL[:, 0], 1, sample_weight=weight)
    errors = mixtura.bootstrap(one, FAITHFUL[:, 0], 400, method=method, sample_weight=weight, seed=0).standard_errors
    delta = FAITHFUL[:, 0] - one.mixture.means.item()
    expected = np.sqrt(weight @ delta**2) if kind == "counts" else np.linalg.norm(weight * delta)
    assert errors["means"].item() == pytest.approx(expected / weight.sum(), rel=0.15)


def test_what_a_selection_chose_is_bootstrapped():
    chosen = mixtura.select(FAITHFUL, [2, 3], models=["EEE", "VVV"], seed=0)
    found = mixtura.bootstrap(chosen.best, FAITHFUL, 30, seed=0)
    assert found.means.shape == (30 - found.lost, chosen.best.mixture.n_components, 2)
    beside = mixtura.select(FAITHFUL, [2], models="VVV", noise=0.05, seed=0).best
    assert mixtura.bootstrap(beside, FAITHFUL, 10, seed=0).noise.shape == (10,)


@pytest.mark.parametrize("method", ["resample", "weights", "parametric"])
def test_known_rows_keep_their_components(method):
    """Of two Gaussians in the same place, only what is known tells which is which."""
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(0, 1, 100), rng.normal(0.5, 1, 100)])
    known = np.repeat([0, 1], 100)
    known[::10] = -1
    fit = mixtura.fit(rows, 2, model="EEE", known_labels=known)
    found = mixtura.bootstrap(fit, rows, 200, method=method, known_labels=known, seed=0)
    assert found.lost == 0
    np.testing.assert_allclose(found.means.mean(axis=0), fit.mixture.means, atol=0.03)
    np.testing.assert_allclose(found.standard_errors["means"], fit.mixture.covariances[0].item() ** 0.5 / 10, rtol=0.3)


def test_groups_are_resampled_as_wholes():
    """Of rows that are equal within a group, there is as much information as there are groups."""
    rng = np.random.default_rng(2)
    centres, groups = rng.normal(3, 2, 100), np.repeat(np.arange(100), 6)
    rows = np.repeat(centres, 6) + 1e-3 * rng.normal(size=600)
    order = rng.permutation(600)
    rows, groups = rows[order], groups[order]
    fit = mixtura.fit(rows, 1, groups=groups)
    found = mixtura.bootstrap(fit, rows, 400, groups=groups, seed=0)
    assert found.standard_errors["means"].item() == pytest.approx(centres.std() / 10, rel=0.15)
    named = [f"thing {number}" for number in groups]
    again = mixtura.bootstrap(fit, rows, 400, groups=named, seed=0, threads=2)
    assert again.standard_errors["means"].item() == pytest.approx(found.standard_errors["means"].item(), rel=0.2)


def test_a_group_that_is_drawn_twice_is_two_groups(monkeypatch):
    rows = np.random.default_rng(3).normal(size=(60, 2)) + 4 * np.repeat([0, 1], 30)[:, None]
    groups = [None, *np.repeat(np.arange(20), 3)[1:].tolist()]  # the first row is a group of its own
    weight = np.where(np.arange(60) >= 57, 0, 2)  # the last group has no weight
    soft = np.where(np.arange(60)[:, None] < 30, [0.7, 0.3], [0.3, 0.7])
    options = {"groups": groups, "prior_responsibilities": soft, "sample_weight": weight}
    fit = mixtura.fit(rows, 2, **options)
    module = sys.modules["mixtura.analysis.bootstrap"]
    real, fitted = module.fit, []
    monkeypatch.setattr(
        module, "fit", lambda drawn, *given, **told: fitted.append((drawn, told)) or real(drawn, *given, **told)
    )
    found = mixtura.bootstrap(fit, rows, 20, seed=0, **options)
    np.testing.assert_allclose(found.means.mean(axis=0), fit.mixture.means, atol=0.4)
    for drawn, told in fitted:
        numbers = told["groups"]
        assert len(set(numbers.tolist())) == 20
        for number in set(numbers.tolist()):
            own = np.flatnonzero(numbers == number)
            places = [int(np.flatnonzero((rows == row).all(axis=1))[0]) for row in drawn.array[own]]
            assert len({groups[place] for place in places}) == 1
            assert len(places) == (1 if places[0] == 0 else 2 if places[0] in (1, 2) else 3)
            soft_first = 1 if places[0] < 30 else 3 / 7
            assert told["prior_responsibilities"][own, 0] == pytest.approx(soft_first)
            assert (drawn.sample_weight[own] == 2).all()


@pytest.mark.parametrize("method", ["resample", "weights"])
def test_prior_responsibilities_go_with_their_rows(method):
    """Of two Gaussians in the same place, only what is known tells which is which."""
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(0, 1, 100), rng.normal(0.5, 1, 100)])
    soft = np.repeat([[0.99, 0.01], [0.01, 0.99]], 100, axis=0)
    fit = mixtura.fit(rows, 2, model="EEE", prior_responsibilities=soft)
    found = mixtura.bootstrap(fit, rows, 200, method=method, prior_responsibilities=soft, seed=0)
    assert found.lost == 0
    np.testing.assert_allclose(found.means.mean(axis=0), fit.mixture.means, atol=0.03)
    np.testing.assert_allclose(found.standard_errors["means"], fit.mixture.covariances[0].item() ** 0.5 / 10, rtol=0.3)


def test_a_replicate_without_a_row_that_tells_of_a_component_is_lost():
    rng = np.random.default_rng(1)
    rows, groups = rng.normal(size=40) + np.repeat([0, 4], 20), np.repeat(np.arange(20), 2)
    known = np.full(40, -1)
    known[[0, 39]] = 0, 1
    fit = mixtura.fit(rows, 2, model="E", groups=groups, known_labels=known)
    found = mixtura.bootstrap(fit, rows, 60, groups=groups, known_labels=known, seed=0)
    assert 20 < found.lost < 50  # either group is missing with probability 0.64 x 0.64, about
    assert found.means.shape == (60 - found.lost, 2, 1)


def test_what_was_known_is_given_again_or_refused():
    rows, groups = FAITHFUL[:60], np.repeat(np.arange(20), 3)
    soft = np.full((60, 2), 0.5)
    grouped = mixtura.fit(rows, 2, groups=groups)
    assert grouped.data.known == mixtura.Fit.from_json(grouped.to_json()).data.known == ("groups",)
    with pytest.raises(ParameterError, match="the fit was given groups; give the same groups to the bootstrap"):
        mixtura.bootstrap(grouped, rows, 2)
    for method in ("weights", "parametric", "imputation"):
        with pytest.raises(ParameterError, match=f"method is '{method}', but rows have groups.*take 'resample'"):
            mixtura.bootstrap(grouped, rows, 2, method=method, groups=groups)
    told = mixtura.fit(rows, 2, prior_responsibilities=soft)
    with pytest.raises(ParameterError, match="nothing says what would be known of drawn rows"):
        mixtura.bootstrap(told, rows, 2, method="parametric", prior_responsibilities=soft)
    with pytest.raises(ParameterError, match="the fit was given prior_responsibilities"):
        mixtura.bootstrap(told, rows, 2)


def test_what_the_fit_did_not_know_is_refused():
    rows, labels = FAITHFUL[:60], np.where(FAITHFUL[:60, 0] > 3, 0, 1)
    extra = {"known_labels": labels, "prior_responsibilities": np.full((60, 2), 0.5), "groups": np.arange(60) // 2}
    fit = mixtura.fit(rows, 2)
    for name, value in extra.items():
        with pytest.raises(ParameterError, match=f"the fit was not given {name}; fit with the same {name}, or leave"):
            mixtura.bootstrap(fit, rows, 2, **{name: value})
    told = mixtura.fit(rows, 2, known_labels=labels)
    with pytest.raises(ParameterError, match="the fit was not given prior_responsibilities, groups"):
        mixtura.bootstrap(told, rows, 2, **extra)


def test_fewer_than_two_groups_are_refused():
    """All replicates of one group are the same rows, whose standard errors would be zero."""
    rows, weight = FAITHFUL[:60], np.repeat([1, 0], 30)
    for groups, weights in ((np.zeros(60, int), None), (np.repeat([0, 1], 30), weight)):
        fit = mixtura.fit(rows, 1, groups=groups, sample_weight=weights)
        with pytest.raises(ParameterError, match="groups: 1 group with a positive weight; expected two at least"):
            mixtura.bootstrap(fit, rows, 2, groups=groups, sample_weight=weights)


def test_what_a_fit_held_is_held_in_replicates():
    start = mixtura.Parameters(means=[[2.0, 55.0], [4.3, 80.0]])
    fit = mixtura.fit(FAITHFUL, 2, start=start, fixed="means")
    found = mixtura.bootstrap(fit, FAITHFUL, 20, seed=0)
    assert (found.means == fit.mixture.means).all()
    assert (found.standard_errors["covariances"] > 0).all()
    equal = mixtura.fit(FAITHFUL, 2, model=mixtura.Model(equal_weights=True), seed=0)
    found = mixtura.bootstrap(equal, FAITHFUL, 20, seed=0)
    np.testing.assert_allclose(found.weights, 0.5)


def test_components_are_tested_beside_noise():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) + 8, rng.uniform(-20, 20, (20, 2))])
    tests = mixtura.likelihood_ratio_tests(rows, [1, 2], 19, seed=0, model="EII", noise=0.1, start="hierarchical")
    assert [test.p_value <= 0.05 for test in tests] == [True, False]


def test_parametric_replicates_are_rounded_as_the_rows_are(monkeypatch):
    """On rounded rows that are compared with rows that are not, a component on a single value would seem remarkable."""
    fitted = []
    module = sys.modules["mixtura.analysis.bootstrap"]
    real = module.fit
    monkeypatch.setattr(
        module, "fit", lambda rows, *given, **told: fitted.append(rows.array) or real(rows, *given, **told)
    )
    product = FAITHFUL[:, 0] * FAITHFUL[:, 1]
    rows = np.column_stack([np.round(FAITHFUL[:, 0] * 2) / 2, FAITHFUL[:, 1] + 0.25, np.sin(product)])
    fit = mixtura.fit(rows, 2, seed=0)
    mixtura.bootstrap(fit, rows, 2, method="parametric", seed=0)
    for drawn in fitted:
        np.testing.assert_array_equal(drawn[:, 0] * 2 % 1, 0)
        np.testing.assert_allclose((drawn[:, 1] - 0.25) % 1, 0, atol=1e-9)
        assert len(np.unique(drawn[:, 2])) == len(drawn)


@pytest.mark.filterwarnings("ignore::mixtura.DegeneracyWarning")
def test_a_test_of_the_number_of_components_rounds_what_it_draws():
    rows = np.round(np.random.default_rng(4).normal(size=(200, 1)), 1)
    (test,) = mixtura.likelihood_ratio_tests(rows, [1], 19, seed=0, start="kmeans")
    assert test.p_value > 0.05


def test_other_rows_or_weights_than_those_of_the_fit_are_refused():
    rng = np.random.default_rng(0)
    rows = np.r_[rng.normal(size=(60, 2)), rng.normal(size=(12, 2)) * 0.4 + 4]
    counts = np.repeat([1, 5], [60, 12])
    fit = mixtura.fit(rows, 2, seed=0, sample_weight=counts)
    with pytest.raises(
        mixtura.DataError, match="X has 72 rows by weight, but 120 were fitted; pass the rows of the fit"
    ):
        mixtura.bootstrap(fit, rows, 9, seed=0)
    record = mixtura.bootstrap(fit, rows, 99, seed=0, sample_weight=counts).records()[0]
    assert record["lower"] <= record["estimate"] <= record["upper"]
    halves = mixtura.fit(rows, 2, seed=0, sample_weight=counts / 7, weights_are="sampling")
    assert mixtura.bootstrap(halves, rows, 9, seed=0, sample_weight=counts / 7).weights.shape == (9, 2)


def test_replicates_of_a_trimmed_fit_are_trimmed():
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(-5, 1, (100, 2)), rng.normal(5, 1, (100, 2)), rng.uniform(-20, 20, (50, 2))])
    fit = mixtura.fit(rows, 2, trim=0.2, seed=0)
    errors = mixtura.bootstrap(fit, rows, 50, seed=0).standard_errors["means"]
    assert (errors < 0.25).all()  # 0.1 for 100 rows of variance 1; without trimming 0.4 and more


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("n", "d"), [(12, 2), (10, 1), (16, 3)])
def test_replicates_in_which_a_component_collapses_do_not_count(n, d):
    """Few rows, drawn with replacement, are often few different ones, which a component then holds at the floor."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(n // 2, d)), rng.normal(size=(n // 2, d)) + 6])
    fit = mixtura.fit(rows, 2)
    assert not fit.starts[0].floored
    found = mixtura.bootstrap(fit, rows, 200)
    assert found.lost > 5
    assert np.linalg.eigvalsh(found.covariances).min() > 1e-9 * rows.var()


@pytest.mark.filterwarnings("ignore")
def test_point_masses_of_the_fit_are_those_of_replicates():
    rows = np.concatenate([np.zeros(30), np.random.default_rng(0).normal(9, 1, 70)])
    fit = mixtura.fit(rows, 2)
    assert fit.point_masses
    assert mixtura.bootstrap(fit, rows, 50).lost == 0


@pytest.mark.parametrize("level", [0, 95, float("nan")])
def test_a_level_that_no_p_value_can_exceed_is_refused(level):
    with pytest.raises(mixtura.ParameterError, match=r"level is .*; expected a number above 0 and at most 1"):
        mixtura.likelihood_ratio_tests(FAITHFUL, [1], 3, level=level)
