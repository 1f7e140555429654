"""A mixture of a stream: the same bits however rows come, near the batch fit, following a change."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura.covariance.models import MODELS
from mixtura.errors import DataError, ParameterError
from mixtura.fitting import usual_start_rows

TRUTH = mixtura.Mixture(
    [0.3, 0.3, 0.4], [[0.0, 0.0], [6.0, 0.0], [0.0, 7.0]], np.array([np.eye(2), np.diag([2.0, 0.5]), 0.5 * np.eye(2)])
)
ROWS = TRUTH.sample(3000, seed=1)[0]
SMALL = {"start_rows": 400, "batch_rows": 100}


def online_after(rows, *, k=3, **options):
    return mixtura.OnlineMixture(k, **{**SMALL, **options}).update(rows)


def bits(online):
    return json.loads(online.to_json())


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_the_same_bits_however_rows_come_and_however_often_it_is_saved(model):
    whole = online_after(ROWS, model=model)
    parts = mixtura.OnlineMixture(3, model=model, **SMALL)
    for part in np.split(ROWS, [1, 7, 399, 401, 1000, 1001, 2950]):
        parts = mixtura.OnlineMixture.from_json(parts.update(part).to_json())
    assert bits(parts) == bits(whole)
    assert (whole.n_rows, whole.n_updates) == (3000, 26)
    behind = mixtura.fit(ROWS, 3, model=model).loglik / 3000 - whole.mixture.logpdf(ROWS).mean()
    assert behind < 0.01


@pytest.mark.parametrize(
    "model",
    [
        mixtura.Model("VVV", noise=0.05),
        mixtura.Model("EEE", noise=mixtura.UniformNoise(0.05, region="hull")),
        mixtura.Model("VEV", prior="conjugate"),
        mixtura.Model("VVI", equal_weights=True),
        mixtura.Model("VVV", constraint=mixtura.EigenvalueRatio(8)),
        mixtura.Model("EEI", noise=mixtura.Noise(0.05, [-20, -20], [20, 20])),
    ],
    ids=str,
)
def test_every_part_of_a_model_has_the_same_bits(model):
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.vstack([ROWS[:1500], rng.uniform(-20, 20, size=(75, 2))]))
    options = {"model": model, "start": TRUTH}
    whole, parts = online_after(rows, **options), mixtura.OnlineMixture(3, **options, **SMALL)
    for part in np.array_split(rows, 9):
        parts = mixtura.OnlineMixture.from_json(parts.update(part).to_json())
    assert bits(parts) == bits(whole)
    behind = mixtura.fit(rows, 3, **options).loglik / len(rows) - whole.mixture.logpdf(rows).mean()
    assert behind < 0.02
    assert (whole.mixture.noise is None) == (model.noise is None)


HOLES = np.where(np.random.default_rng(8).random(ROWS.shape) < 0.2, np.nan, ROWS)


@pytest.mark.parametrize(
    "model",
    [
        *(mixtura.Model(name) for name in ("VVV", "EEE", "VVI", "VEV")),
        mixtura.Model("VVV", noise=0.05),
        mixtura.Model("EEE", prior="conjugate"),
    ],
    ids=str,
)
def test_rows_with_missing_values_come_near_the_fit_to_all_of_them(model):
    """Rows without any value, four in a hundred, say nothing, and are left out."""
    some = ~np.isnan(HOLES).all(axis=1)
    options = {"model": model, "start": TRUTH}
    whole, parts = online_after(HOLES, **options), mixtura.OnlineMixture(3, **options, **SMALL)
    for part in np.split(HOLES, [1, 7, 399, 450, 1000, 1001, 2950]):
        parts = mixtura.OnlineMixture.from_json(parts.update(part).to_json())
    assert bits(parts) == bits(whole) == bits(online_after(HOLES[some], **options))
    assert whole.n_rows == some.sum()
    fit = mixtura.fit(HOLES, 3, **options)
    behind = (fit.loglik - np.sum(whole.mixture.logpdf(HOLES[some]))) / some.sum()
    assert behind < 0.005
    assert whole.loglik_per_row == pytest.approx(whole.mixture.logpdf(HOLES[some]).mean(), abs=0.15)


def test_missing_values_do_not_bias_the_means_as_leaving_out_their_rows_does():
    """The second value is missing where the first one is large: at random, given the first one."""
    correlated = mixtura.Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.9], [0.9, 1.0]]])
    rows = correlated.sample(20_000, seed=0)[0]
    rows[rows[:, 0] > 0, 1] = np.nan
    for kind in (np.float64, np.float32):
        online = mixtura.OnlineMixture(1).update(rows.astype(kind))
        np.testing.assert_allclose(online.mixture.means, 0.0, atol=0.05)
        np.testing.assert_allclose(online.mixture.covariances[0], [[1.0, 0.9], [0.9, 1.0]], atol=0.05)
    assert rows[~np.isnan(rows[:, 1]), 1].mean() < -0.6


def test_a_batch_may_lack_a_column_and_weights_and_births_heed_missing_values():
    online = online_after(ROWS[:400], batch_rows=50)
    lacking = ROWS[400:450].copy()
    lacking[:, 1] = np.nan
    after = online.update(lacking, np.full(50, 2.0))
    assert after.n_updates == 1
    np.testing.assert_allclose(after.mixture.means, online.mixture.means, atol=0.3)
    rng = np.random.default_rng(0)
    follows = mixtura.OnlineMixture(1, window=2000, spawn=True).update(rng.normal(size=(5000, 2)))
    away = np.concatenate([rng.normal(size=(2000, 2)), rng.normal(9, 1, size=(2000, 2))])[rng.permutation(4000)]
    away[rng.random(away.shape) < 0.1] = np.nan
    follows = follows.update(away)
    assert [event.action for event in follows.events] == ["added"]
    np.testing.assert_allclose(follows.mixture.means, [[0, 0], [9, 9]], atol=0.3)


@pytest.mark.parametrize("early", [[], [7], [7, 30]])
def test_the_start_waits_for_values_of_each_column_however_rows_come(early):
    """One component of two columns needs three values of the second, which it has after 603 rows at the latest."""
    rows = ROWS.copy()
    rows[np.setdiff1d(np.arange(600), early), 1] = np.nan
    em = mixtura.EM(tol=1e-2)  # from so few values EM takes many iterations
    whole, parts = online_after(rows, k=1, em=em), mixtura.OnlineMixture(1, em=em, **SMALL)
    count = 603 - len(early)
    assert parts.update(rows[: count - 1]).state is None
    assert parts.update(rows[:count]).state.n_rows == count
    for part in np.split(rows, [1, 399, 401, 500, count, 2000]):
        parts = mixtura.OnlineMixture.from_json(parts.update(part).to_json())
    assert bits(parts) == bits(whole)
    assert (whole.n_rows, whole.n_updates) == (3000, (3000 - count) // 100)


def test_a_column_that_stays_empty_is_an_error_that_loses_nothing():
    rows = np.tile(ROWS[:400], (20, 1))
    rows[:, 1] = np.nan
    for names, label in ((None, "1"), (["a", "b"], "b")):
        online = online_after(rows[:7999], columns=names)
        assert (online.n_rows, online.state) == (7999, None)
        words = (
            f"column {label}: 0 of the first 8,000 rows have a value, and the start needs 9.*start_rows larger than 400"
        )
        with pytest.raises(DataError, match=words):
            online.update(rows[:1])
        with pytest.raises(DataError, match=words):  # the values that come later change nothing
            online_after(np.vstack([rows, ROWS]), columns=names)
        assert online.n_rows == 7999


def test_hardly_any_value_of_a_column_at_the_start_does_not_spoil_the_mixture():
    rng = np.random.default_rng(5)
    rows = np.column_stack([rng.normal(0, 1, 6000), rng.normal(50, 2, 6000)])
    rows[1:300, 1] = np.nan
    found = mixtura.OnlineMixture(1, start_rows=100).update(rows).mixture
    np.testing.assert_allclose(found.means, [[0, 50]], atol=0.2)
    np.testing.assert_allclose(found.covariances[0], [[1, 0], [0, 4]], atol=0.3)


def test_fixed_parameters_stay():
    start = mixtura.fit(ROWS, 3, seed=0).mixture
    model = mixtura.Model("VVV", fixed={"means": [0]})
    online = online_after(TRUTH.sample(1500, seed=4)[0], model=model, start=start)
    assert online.mixture.means[0].tolist() == start.means[0].tolist()
    assert online.mixture.means[1].tolist() != start.means[1].tolist()
    again = mixtura.OnlineMixture.from_json(online.to_json())
    more = TRUTH.sample(500, seed=5)[0]
    assert bits(again.update(more)) == bits(online.update(more))


def test_threads_do_not_matter():
    assert bits(online_after(ROWS, threads=1)) == bits(online_after(ROWS, threads=2))


def test_batches_of_other_sizes_lead_near():
    found = [online_after(ROWS, batch_rows=size).mixture.logpdf(ROWS).mean() for size in (1, 20, 100, 1000)]
    assert np.ptp(found) < 0.002


def test_it_comes_close_to_the_batch_fit():
    rows = ROWS[:1000]
    rng, online = np.random.default_rng(0), mixtura.OnlineMixture(3, start_rows=1000)
    for _ in range(20):
        online = online.update(rows[rng.integers(0, 1000, 1000)])
    assert abs(mixtura.fit(rows, 3).loglik / 1000 - online.mixture.logpdf(rows).mean()) < 0.003
    assert online.loglik_per_row == pytest.approx(online.mixture.logpdf(rows).mean(), abs=0.1)


def test_update_changes_nothing_and_keeps_nothing_of_the_caller():
    rows = ROWS[:450].copy()
    online = mixtura.OnlineMixture(3, **SMALL)
    after = online.update(rows)
    assert (online.n_rows, after.n_rows, after.waiting.n_rows) == (0, 450, 50)
    before = bits(after)
    rows[:] = 0
    assert bits(after) == before
    after.update(ROWS)
    assert bits(after) == before


def test_the_mixture_is_that_of_all_rows_though_the_state_waits():
    online = online_after(ROWS[:450])
    assert online.mixture.means.tolist() == online.flush().mixture.means.tolist()
    assert online.n_updates == 0
    assert online.flush().n_updates == 1
    assert online.flush().flush().n_updates == 1
    assert online.mixture.means.tolist() != online_after(ROWS[:400]).mixture.means.tolist()


def test_before_the_start_the_mixture_is_a_fit_to_the_rows():
    online = mixtura.OnlineMixture(3).update(ROWS[:300])
    assert online.state is None
    assert math.isnan(online.loglik_per_row)
    assert online.components == online.events == ()
    assert repr(online) == "<OnlineMixture of 3 VVV components after 300 rows, before its start>"
    fit = mixtura.fit(ROWS[:300], 3)
    np.testing.assert_allclose(online.mixture.means, fit.mixture.means, atol=0.02)
    with pytest.raises(DataError, match="300 rows have come so far; the start has not been made"):
        online.stats  # noqa: B018


def test_too_few_rows_are_said():
    online = mixtura.OnlineMixture(3)
    with pytest.raises(DataError, match="no rows have come so far"):
        online.mixture  # noqa: B018
    with pytest.raises(DataError, match="2 rows have come so far; 3 components need as many"):
        online.update(ROWS[:2]).flush()


def test_a_file_before_the_start_holds_the_rows(tmp_path):
    path = tmp_path / "online.json"
    online = mixtura.OnlineMixture(3, **SMALL).update(ROWS[:2].astype(np.float32), [1, 2])
    online.save(path)
    assert json.loads(path.read_text())["format"] == "mixtura.online"
    again = mixtura.load(path)
    assert again.waiting.parts[0][0].dtype == np.float32
    assert bits(again.update(ROWS)) == bits(online.update(ROWS))


def test_a_file_is_a_model_file(tmp_path):
    path = tmp_path / "online.json"
    online = online_after(ROWS)
    online.save(path)
    assert isinstance(mixtura.load(path), mixtura.OnlineMixture)
    mixture = mixtura.Mixture.from_json(path.read_text())
    assert mixture.means.tolist() == online.mixture.means.tolist()
    assert mixtura.Model.from_json(path.read_text()) == online.model
    assert mixtura.EM.from_json(path.read_text()) == online.em


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "it is not JSON"),
        ('{"format": "mixtura.mixture"}', "not a file of a stream: OnlineMixture.save"),
        ('{"format": "mixtura.online", "version": 2, "online": {}}', "file of version 2"),
        ('{"format": "mixtura.online", "version": 1, "online": {}}', "not a valid file of a stream: KeyError"),
    ],
)
def test_other_files_are_refused(text, message):
    with pytest.raises(DataError, match=message):
        mixtura.OnlineMixture.from_json(text)


def test_a_weight_of_two_is_a_row_twice():
    start = mixtura.fit(ROWS, 3, seed=0).mixture
    first, more = ROWS[:400], ROWS[400:480]
    weight = np.arange(80) % 3
    one = mixtura.OnlineMixture(3, start=start).update(first).flush().update(more, weight).flush()
    two = mixtura.OnlineMixture(3, start=start).update(first).flush().update(np.repeat(more, weight, axis=0)).flush()
    np.testing.assert_allclose(one.mixture.means, two.mixture.means, rtol=1e-9)
    np.testing.assert_allclose(one.stats.scatter, two.stats.scatter, rtol=1e-9)
    assert one.stats.total == pytest.approx(400 + weight.sum())
    assert one.n_rows == 400 + (weight > 0).sum()


def test_weights_may_come_in_some_updates_alone():
    online = mixtura.OnlineMixture(3, **SMALL).update(ROWS[:300]).update(ROWS[300:350], 2.0).update(ROWS[350:])
    again = mixtura.OnlineMixture(3, **SMALL).update(ROWS, np.where((np.arange(3000) // 50) == 6, 2.0, 1.0))
    np.testing.assert_allclose(online.mixture.means, again.mixture.means, rtol=1e-9)


def test_columns_are_matched_by_name():
    frame = pd.DataFrame({"a": ROWS[:, 0], "b": ROWS[:, 1]})
    online = mixtura.OnlineMixture(3, **SMALL).update(frame[:1000]).update(frame[1000:][["b", "a"]].assign(c="x"))
    assert online.columns == online.mixture.columns == ("a", "b")
    assert online.mixture.table_kind == "pandas"
    assert online.mixture.means.tolist() == online_after(ROWS).mixture.means.tolist()
    with pytest.raises(DataError, match="X has no column 'b'"):
        online.update(frame[["a"]])
    with pytest.raises(DataError, match="X has 1 column; this mixture has 2 dimensions"):
        online.update(ROWS[:, :1])
    chosen = mixtura.OnlineMixture(2, columns=["b"], **SMALL).update(frame)
    assert (chosen.columns, chosen.n_features, chosen.model.name) == (("b",), 1, "V")
    by_start = mixtura.OnlineMixture(3, start=online.mixture, **SMALL).update(frame.assign(c=1.0))
    assert by_start.columns == ("a", "b")


def test_bad_values_change_nothing():
    online = online_after(ROWS[:500])
    with pytest.raises(DataError, match="row 0, column 1: inf is not a finite number"):
        online.update([[1.0, np.inf]])
    with pytest.raises(DataError, match="sample_weight, row 0: -1"):
        online.update([[1.0, 1.0]], [-1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": mixtura.Model(trim=0.1)}, "trim: it needs all rows at once"),
        ({"step": 0.5}, "step is 0.5; expected an exponent above 0.5"),
        ({"step": 1.2}, "step is 1.2; expected an exponent above 0.5"),
        ({"window": 0}, "window is 0"),
        ({"start": [0, 1]}, r"start is \[0, 1\]; expected the name of a start, or a Mixture"),
        ({"columns": "a"}, "columns is 'a'; expected a list of names"),
        ({"seed": -1}, "seed is -1"),
        ({"em": mixtura.EM(checkpoint="c.npz")}, "em has a checkpoint, which is of a fit"),
        ({"prune": -1}, "prune is -1"),
        ({"model": mixtura.Model(fixed="means"), "spawn": True}, "fixed: with fixed parameters no component"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ParameterError, match=message):
        mixtura.OnlineMixture(2, **options)


def moving(row, total):
    angle = np.pi * row / total
    means = np.array([[5 * np.cos(angle), 5 * np.sin(angle)], [-5 * np.cos(angle), -5 * np.sin(angle)]])
    return mixtura.Mixture([0.5, 0.5], means, np.array([np.eye(2)] * 2))


def test_a_window_follows_drift():
    streams = {window: mixtura.OnlineMixture(2, window=window, start_rows=500) for window in (400, None)}
    behind = {window: [] for window in streams}
    for part in range(100):
        truth = moving(part * 200, 20_000)
        rows = truth.sample(200, seed=part)[0]
        for window, online in streams.items():
            if part > 20:
                behind[window].append((truth.logpdf(rows) - online.mixture.logpdf(rows)).mean())
            streams[window] = online.update(rows)
    assert np.mean(behind[400]) < 0.15
    assert np.mean(behind[None]) > 1.0
    assert streams[400].stats.total == pytest.approx(400)


def test_the_window_bounds_start_and_batches():
    online = mixtura.OnlineMixture(2, window=400).update(ROWS[:419])
    assert (online.n_updates, online.waiting.n_rows) == (0, 19)
    assert online.update(ROWS[:1]).n_updates == 1
    assert usual_start_rows(3, 2) == 5000
    assert usual_start_rows(10_000, 1000) == 20_000  # no fewer than two for each component


@pytest.mark.parametrize(("model", "window"), [("VVV", 3000), ("EEE", 3000), ("VEV", 3000), ("VVI", None)])
def test_components_are_added_and_removed(model, window):
    rng = np.random.default_rng(0)
    two, one = np.array([[0.0, 0.0], [6.0, 0.0]]), np.array([[0.0, 0.0], [3.0, 9.0]])
    options = {"model": model, "window": window, "spawn": True, "prune": True, "start_rows": 1000}
    online = mixtura.OnlineMixture(2, **options).update(two[rng.integers(0, 2, 4000)] + rng.normal(size=(4000, 2)))
    assert online.events == ()
    rows = one[rng.integers(0, 2, 30_000)] + rng.normal(size=(30_000, 2))
    for part in np.array_split(rows, 3):
        online = mixtura.OnlineMixture.from_json(online.update(part).to_json())
    added = online.events[0]
    assert (added.component, added.action) == (2, "added")
    assert 4000 < added.row < 5500
    if window:
        assert [event.action for event in online.events] == ["added", "removed"]
        assert set(online.components) < {0, 1, 2}
        assert online.mixture.n_components == 2
    near = np.linalg.norm(online.mixture.means[:, None] - one, axis=2).min(axis=0)
    assert near.max() < 0.5


def test_no_more_components_are_added_than_allowed():
    rng = np.random.default_rng(0)
    online = mixtura.OnlineMixture(1, spawn=True, max_components=2, window=1000).update(rng.normal(size=(2000, 2)))
    for place in (9.0, -9.0, 18.0):
        online = online.update(rng.normal(size=(300, 2)) + place)
    assert online.mixture.n_components == 2


def test_stats_add_up_to_the_rows():
    online = online_after(ROWS[:900])
    assert online.stats.total == pytest.approx(900)
    assert online.stats.weight.shape == (3,)
    assert repr(online).startswith("<OnlineMixture of 3 VVV components after 900 rows: log-likelihood of new rows -")
    assert replace(online, threads=1).n_rows == 900


def test_a_start_that_loses_a_fixed_component_is_refused(monkeypatch):
    start = mixtura.fit(ROWS, 3, seed=0).mixture
    smaller = start.select(np.array([0, 1]))
    monkeypatch.setattr("mixtura.fitting.online_state.as_fit", lambda *_, **__: type("F", (), {"mixture": smaller}))
    monkeypatch.setattr("mixtura.fitting.online_state.warn_of_result", lambda *_: None)
    with pytest.raises(DataError, match="a component collapsed at the start"):
        online_after(ROWS, model=mixtura.Model("VVV", fixed={"means": [0]}), start=start)
