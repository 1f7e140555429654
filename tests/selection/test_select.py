"""`mixtura.select`: the grid, its order, what it hands over, what it keeps, and what it says."""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from problem_of import problem_of

import mixtura
from mixtura.covariance.models.names import MODELS, contains
from mixtura.em import Iterate, Run, is_thin, standing_of
from mixtura.em.outcome import Outcome
from mixtura.errors import ColumnsWarning, ConvergenceWarning, DataError, DegeneracyWarning, ParameterError
from mixtura.selection.cell_starts import as_starts, splits
from mixtura.selection.grid import as_models, as_numbers_of_components, batches
from mixtura.starts import Labels
from mixtura.stats import Stats

FEW = ("EEE", "VVV", "VVI")
OPTIONS = {"models": FEW, "start": ["seeds", "neighbours"], "seed": 3}
REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"

# After so many iterations EM within the kernel is accelerated.
ACCELERATED = 20


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(5)
    return rng.normal(size=(160, 2)) @ [[1, 0.5], [0, 1]] + np.repeat([[0, 0], [6, 0], [0, 7], [6, 6]], 40, axis=0)


@pytest.fixture(scope="module")
def chosen(rows):
    return mixtura.select(rows, range(1, 6), **OPTIONS)


def test_it_finds_what_made_the_data(chosen):
    assert (chosen.best.model.name, chosen.best.mixture.n_components) == ("EEE", 4)
    assert chosen.complete
    assert chosen.best_cell is chosen.ranked[0]
    values = [cell.measured("bic") for cell in chosen.ranked]
    assert values == pytest.approx(sorted(values), rel=1e-12)


def test_every_row_is_reproducible_by_fit_with_its_start(rows, chosen):
    for cell in chosen.cells:
        again = mixtura.fit(
            rows,
            cell.n_components,
            model=cell.model,
            start=cell.start,
            em=mixtura.EM(1e-6, accelerate=cell.accelerated),
        )
        accelerated = cell.fit.iterations > ACCELERATED  # then the kernel ends nearer to the optimum
        assert again.loglik == pytest.approx(cell.loglik, **({"abs": 0.01} if accelerated else {"rel": 1e-9}))
        assert again.n_parameters == cell.n_parameters
        assert accelerated or again.icl == pytest.approx(cell.fit.icl, rel=1e-6)
        assert accelerated or again.iterations == cell.fit.iterations


def test_models_that_are_one_with_one_component_come_in_their_order(iris):
    found = mixtura.select(iris, 1)
    tied = [cell.model for cell in found.ranked if cell.loglik == pytest.approx(found.best.loglik, abs=1e-6)]
    assert tied == ["EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"]
    assert found.best_cell.model == "EEE"


def test_climbs_that_were_accelerated_end_where_em_does_from_their_start(native):
    faithful = np.loadtxt(REFERENCE / "faithful.csv", delimiter=",", skiprows=1)
    found = mixtura.select(faithful, [2, 4, 6], models=["EEI", "VVI", "EEE", "VEV", "VVV"], start="hierarchical")
    long = [cell for cell in found.cells if cell.fit.iterations > ACCELERATED]
    assert len(long) >= 8
    plain = mixtura.EM(1e-6, accelerate=False)
    for cell in long:
        again = mixtura.fit(faithful, cell.n_components, model=cell.model, start=cell.start, em=plain)
        assert again.loglik == pytest.approx(cell.loglik, abs=0.01)
        stays = mixtura.fit(faithful, cell.n_components, model=cell.model, start=cell.fit.mixture, em=plain)
        assert -1e-9 <= stays.loglik - cell.loglik < 0.01


def same(a, b):
    assert a.records() == b.records() or [str(row) for row in a.records()] == [str(row) for row in b.records()]
    for one, other in zip(a.cells, b.cells, strict=True):
        assert one.fit.mixture.to_json() == other.fit.mixture.to_json()
        assert one.tried == other.tried


@pytest.mark.parametrize("threads", [1, 3])
def test_neither_threads_nor_the_order_of_the_grid_matter(rows, chosen, threads):
    same(chosen, mixtura.select(rows, [5, 3, 1, 2, 4, 4], **OPTIONS, threads=threads))
    other = mixtura.select(rows, range(1, 6), **{**OPTIONS, "models": FEW[::-1]}, threads=threads)
    assert {cell.key: cell.loglik for cell in other.cells} == {cell.key: cell.loglik for cell in chosen.cells}


def test_an_interrupted_sweep_keeps_its_cells_and_can_be_resumed(rows, chosen, tmp_path):
    seen = []

    def stop_after_seven(cell):
        seen.append(cell)
        if len(seen) == 7:
            raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match="resume="):
        part = mixtura.select(rows, range(1, 6), **OPTIONS, on_cell=stop_after_seven, threads=1)
    assert len(part.cells) == 7
    assert not part.complete
    seen.clear()
    same(chosen, mixtura.select(rows, range(1, 6), **OPTIONS, resume=part, on_cell=seen.append))
    assert len(seen) == 15 - 7
    file = tmp_path / "part.json"
    file.write_text(part.to_json())
    same(chosen, mixtura.select(rows, range(1, 6), **{**OPTIONS, "seed": None}, resume=file))
    seen[:] = [None] * 6
    with pytest.raises(KeyboardInterrupt):
        mixtura.select(rows, 2, **OPTIONS, on_cell=stop_after_seven, em=mixtura.EM(on_interrupt="raise"))
    seen.clear()
    with pytest.warns(ConvergenceWarning, match="resume="):  # an EM that does not speak of Ctrl-C changes nothing
        part = mixtura.select(rows, range(1, 6), **OPTIONS, on_cell=stop_after_seven, threads=1, em=mixtura.EM())
    assert len(part.cells) == 7


def test_resuming_with_other_options_is_refused(rows, chosen):
    with pytest.raises(ParameterError, match=r"selection, tol was None and is now 0\.001; pass the same$"):
        mixtura.select(rows, 2, **OPTIONS, resume=chosen, tol=1e-3)
    with pytest.raises(ParameterError, match="of 2 columns, the data has 1"):
        mixtura.select(rows[:, :1], 2, **{**OPTIONS, "models": "VVV"}, resume=chosen)


@pytest.mark.parametrize("kind", ["labels", "responsibilities", "mixture", "parameters"])
def test_a_selection_from_given_values_is_resumed_with_equal_ones_only(rows, kind):
    halves = np.arange(len(rows)) % 2
    given = {
        "labels": halves.copy,
        "responsibilities": lambda: np.eye(2)[halves],
        "mixture": lambda: mixtura.Mixture([0.5, 0.5], [[0.0, 0.0], [3.0, 3.0]], np.stack([np.eye(2)] * 2)),
        "parameters": lambda: mixtura.Parameters(means=[[0.0, 0.0], [3.0, 3.0]]),
    }[kind]
    options = {"models": ["EII", "VVI"], "seed": 0}
    chosen = mixtura.select(rows, 2, start=[given()], **options)
    seen = []
    same(chosen, mixtura.select(rows, 2, start=[given()], **options, resume=chosen, on_cell=seen.append))
    assert seen == []
    with pytest.raises(ParameterError, match=r"selection, start was \(") as caught:
        mixtura.select(rows, 2, start=[1 - halves], **options, resume=chosen)
    assert len(str(caught.value)) < 160


def test_a_selection_reads_back_bit_for_bit(chosen):
    back = mixtura.Selection.from_json(chosen.to_json())
    same(chosen, back)
    assert back.settings == chosen.settings
    assert back.best.trace == chosen.best.trace
    for text in ("[]", "{}", "no", json.dumps({"format": "mixtura-selection", "version": 9, "cells": []})):
        with pytest.raises(DataError):
            mixtura.Selection.from_json(text)
    short = json.loads(chosen.to_json())
    del short["entropy"]
    with pytest.raises(DataError, match="expected"):
        mixtura.Selection.from_json(json.dumps(short))


def test_tables_are_plain(chosen):
    assert chosen.table() == chosen.records()
    frame = pl.DataFrame(chosen.table())
    assert frame.shape == (15, len(chosen.table()[0]))
    assert frame.filter(pl.col("bic") == pl.col("bic").min())["model"].item() == "EEE"
    row = chosen.table()[0]
    assert row["bic"] == pytest.approx(-2 * row["loglik"] + row["n_parameters"] * math.log(160))
    assert (row["start"], row["outcome"], row["trouble"]) == ("all rows", "converged", "")
    assert "EEE with 4" in repr(chosen)
    assert chosen[4, "tied"] is chosen.best_cell
    with pytest.raises(ParameterError, match="no cell"):
        chosen[9, "EEE"]


@pytest.mark.parametrize("criterion", ["icl", "aic", "aicc", "cv"])
def test_other_criteria_find_it_too(rows, criterion):
    found = mixtura.select(rows, [3, 4, 5], models="EEE", start="seeds", criterion=criterion, seed=0)
    assert found.best.mixture.n_components == 4 or criterion in ("aic", "cv")
    assert math.isfinite(found.best_cell.measured(criterion))


def test_cross_validation_measures_rows_that_were_held_out(rows):
    found = mixtura.select(rows, [1], models="VVV", criterion="cv", seed=0)
    total = 0.0
    fold = np.random.default_rng(found.entropy).permutation(160) % 5
    for number in range(5):
        part = mixtura.fit(rows[fold != number], 1, seed=0).mixture
        total -= 2 * part.logpdf(rows[fold == number]).sum()
    assert found.best_cell.cv == pytest.approx(total, rel=1e-9)
    weighted = mixtura.select(rows, [1], models="VVV", criterion="cv", seed=0, sample_weight=np.ones(160))
    assert weighted.best_cell.cv == pytest.approx(total, rel=1e-9)


@pytest.mark.filterwarnings("ignore::mixtura.MixturaWarning")
@pytest.mark.parametrize("padding", [0, 9])
def test_few_rows_are_left_out_one_at_a_time(padding):
    rows = np.array([0.0, 1.0, 2.5])
    rows_and_others = np.r_[np.full(padding, 99.0), rows]
    weight = np.r_[np.zeros(padding), np.ones(3)]
    found = mixtura.select(rows_and_others, [1], models="E", criterion="cv", seed=0, sample_weight=weight)
    left = [mixtura.fit(np.delete(rows, j), 1).mixture.logpdf(rows[j : j + 1]).item() for j in range(3)]
    assert found.best_cell.cv == pytest.approx(-2 * sum(left), rel=1e-9)
    with pytest.raises(mixtura.DataError, match="with a single row"):
        mixtura.select([1.0], [1], criterion="cv")


def test_spurious_fits_do_not_win():
    rng = np.random.default_rng(0)
    near = np.tile([[4.0, 4.0]], (4, 1)) + 1e-9 * rng.normal(size=(4, 2))  # too few rows to be a group
    rows, labels = np.vstack([rng.normal(size=(60, 2)), near]), Labels(np.repeat([0, 1], [60, 4]))
    with pytest.warns(DegeneracyWarning, match="no cell is sound"):
        alone = mixtura.select(rows, [2], models="VVV", seed=0, start=labels).best_cell
    assert alone.fit.outcome is Outcome.SPURIOUS
    assert alone.tried[0].outcome == "spurious"
    assert "floor" in alone.trouble
    among_others = mixtura.select(rows, [2], models="VVV", seed=0, start=[labels, "seeds"]).best_cell
    assert among_others.sound
    assert {one.start: one.outcome for one in among_others.tried}["given"] == "spurious"
    assert among_others.measured("bic") > alone.measured("bic")
    ours = mixtura.fit(rows, 2, seed=0)
    assert ours.outcome is Outcome.CONVERGED
    assert ours.loglik < alone.loglik


def test_a_component_of_a_few_rows_is_thin():
    at_floor = np.zeros(2, dtype=bool)
    sums = (Stats(np.array([20 - n, n]), np.zeros((2, 3)), np.zeros((2, 3, 3)), 0.0, 0.0) for n in (3.9, 4.1))
    rows = problem_of(np.random.default_rng(0).normal(size=(20, 3)))
    few, enough = (standing_of(rows, Run.started(Iterate(None, stats, at_floor))) for stats in sums)
    assert is_thin(few, needed=4)
    assert not is_thin(enough, needed=4)


def test_a_cell_that_fails_is_told_of(rows):
    with pytest.warns(DegeneracyWarning, match="no cell is sound"):
        found = mixtura.select(rows[:4], [2, 6], models=["VVI"], seed=0, start="seeds")
    assert [cell.n_components for cell in found.failed][-1] == 6
    assert "4 rows" in found[6, "VVI"].trouble
    assert found[2, "VVI"].fit is not None
    none = mixtura.select(rows[:4], [6], models=["VVI"], seed=0)
    with pytest.raises(ParameterError, match="there is no fit"):
        _ = none.best
    assert "none has a fit" in repr(none)
    with pytest.raises(ParameterError, match="nothing to draw"):
        none.plot()


def test_weights_and_whole_numbers_of_copies_are_the_same(rows):
    weight = np.arange(160) % 3
    weighted = mixtura.select(rows, [2], models=FEW, start=[mixtura.Labels(np.arange(160) % 2)], sample_weight=weight)
    copies = np.repeat(np.arange(160), weight)
    repeated = mixtura.select(rows[copies], [2], models=FEW, start=[mixtura.Labels(copies % 2)])
    for one, other in zip(weighted.cells, repeated.cells, strict=True):
        assert one.loglik == pytest.approx(other.loglik, rel=1e-9)


def test_large_data_is_searched_on_a_sample(monkeypatch, rows):
    from mixtura.selection import samples as start_samples

    monkeypatch.setattr(start_samples, "MAX_VALUES", 10)
    monkeypatch.setattr(start_samples, "SAMPLE_SIZE", 100)
    found = mixtura.select(rows, [4], models="EEE", seed=0)
    assert found.best_cell.accelerated
    again = mixtura.fit(rows, 4, model="EEE", start=found.best_cell.start)
    assert again.loglik == pytest.approx(found.best.loglik, rel=1e-9)
    assert found.best.n_rows == 160
    monkeypatch.setattr(start_samples, "MAX_VALUES", 1000)
    monkeypatch.setattr(start_samples, "MAX_ROWS", 100)
    middle = mixtura.select(rows, [4], models="EEE", seed=0)
    assert not middle.best_cell.accelerated
    assert middle.best.loglik == pytest.approx(found.best.loglik, abs=0.01)
    again = mixtura.fit(rows, 4, model="EEE", start=middle.best_cell.start, em=mixtura.EM(accelerate=False))
    assert again.loglik == pytest.approx(middle.best.loglik, rel=1e-9)


def test_without_the_native_kernel_the_result_is_the_same(by_the_loop, rows, chosen):
    plain = mixtura.select(rows, range(1, 6), **OPTIONS)
    for one, other in zip(plain.cells, chosen.cells, strict=True):
        # Two ways to accelerate stop at different distances from the optimum.
        assert one.loglik == pytest.approx(other.loglik, abs=0.01 if other.fit.iterations > ACCELERATED else 1e-4)


def test_lost_components_are_repaired_and_told_of():
    iris = np.loadtxt(REFERENCE / "iris.csv", delimiter=",", skiprows=1)
    found = mixtura.select(iris, [1, 5], models="VEE", start="hierarchical")
    cell = found[5, "VEE"]
    assert cell.accelerated
    assert (cell.fit.outcome, cell.fit.mixture.n_components) == (Outcome.REMOVED, 4)
    assert not cell.sound
    assert (np.diff(cell.fit.trace) >= 0).all()
    assert cell.fit.loglik == pytest.approx(cell.fit.mixture.logpdf(iris).sum(), rel=1e-12)
    stays = mixtura.fit(iris, 4, model="VEE", start=cell.fit.mixture)
    assert stays.loglik == pytest.approx(cell.loglik, abs=0.01)


def test_a_start_that_was_given_up_does_not_win_before_it_is_at_rest():
    rng = np.random.default_rng(0)  # rounded so that starts that lead early fall onto the floor later
    near, far = rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) + 6
    rounded = np.round(np.vstack([near, far, near[:10]]))
    found = mixtura.select(rounded, [1, 8, 9], models=["VII", "VEI"], seed=0)
    assert Outcome.OUT_OF_STEPS not in {cell.fit.outcome for cell in found.cells}


def test_a_column_that_does_not_vary_is_named(rows):
    table = pl.DataFrame({"x": rows[:, 0], "y": rows[:, 1], "unit": np.ones(len(rows))})
    with pytest.warns(ColumnsWarning, match="column 'unit' does not vary"):
        mixtura.select(table, [1, 2], models="EII", seed=0)


def test_models_hold_what_is_nested_in_them(chosen):
    for cell in chosen.cells:
        for other in chosen.cells:
            if cell.n_components == other.n_components and contains(cell.model, other.model) and other.sound:
                assert cell.loglik >= other.loglik - 1e-6
    for k in range(2, 6):
        assert chosen[k, "VVV"].loglik > chosen[k - 1, "VVV"].loglik


@pytest.mark.parametrize("seed", range(3))
def test_all_models_nest_and_all_rows_are_reproducible(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(70, 3)) @ rng.normal(size=(3, 3)) + 3 * rng.normal(size=(3, 3))[rng.integers(3, size=70)]
    found = mixtura.select(rows, [2, 3], seed=seed)
    assert {cell.model for cell in found.cells} == set(MODELS)
    for cell in found.cells:
        options = {"model": cell.model, "start": cell.start, "em": mixtura.EM(accelerate=cell.accelerated)}
        if cell.sound:
            assert mixtura.fit(rows, cell.n_components, **options).loglik == pytest.approx(cell.loglik, abs=0.01)
        for other in found.cells:
            if (
                cell.n_components == other.n_components
                and contains(cell.model, other.model)
                and cell.sound
                and other.sound
            ):
                assert cell.loglik >= other.loglik - 1e-6


@pytest.mark.parametrize(("model", "kind"), [("VVV", "full"), ("VVI", "full"), ("VVI", "diagonal")])
def test_halves_of_a_component_have_its_moments(rows, model, kind):
    mixture = mixtura.fit(rows, 2, model=model, seed=0).mixture
    for begin in splits(mixture, 160.0, kind):
        weight = begin.stats.weight / 160
        assert weight.sum() == pytest.approx(1)
        assert weight @ begin.stats.mean == pytest.approx(mixture.mean)
        delta = begin.stats.mean - mixture.mean
        between, whole = (weight[:, None] * delta).T @ delta, mixture.covariance
        if kind == "diagonal":
            between, whole = np.diag(between), np.diag(whole)
        np.testing.assert_allclose((begin.stats.scatter / 160).sum(axis=0) + between, whole, rtol=1e-9, atol=1e-9)


def test_bad_input_is_refused(rows):
    for wrong in ({"n_components": []}, {"n_components": 0}, {"models": []}, {"models": "XXX"}, {"criterion": "BIC"}):
        with pytest.raises(ParameterError):
            mixtura.select(rows, **wrong)
    for wrong in ({"start": "neighbours"}, {"start": "none"}, {"em": mixtura.EM(accelerate=False)}, {"start": []}):
        with pytest.raises(ParameterError):
            mixtura.select(rows, 2, **wrong)


def test_tables_keep_their_names(rows, tmp_path):
    frame = pl.DataFrame({"a": rows[:, 0], "b": rows[:, 1]})
    assert mixtura.select(frame, 2, models="VVI", seed=0).best.mixture.columns == ("a", "b")
    frame.write_csv(tmp_path / "rows.csv")
    assert mixtura.select(tmp_path / "rows.csv", 2, models="VVI", seed=0).best.mixture.columns == ("a", "b")


def test_the_picture_shows_every_model(chosen, tmp_path):
    figure = chosen.plot(path=tmp_path / "bic.png")
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert set(FEW) <= texts
    assert "EEE, 4 components: BIC" in figure.axes[0].get_title("left")
    assert (tmp_path / "bic.png").stat().st_size > 10_000
    assert "ICL" in chosen.plot(criterion="icl", path=tmp_path / "icl.svg").axes[0].get_title("left")
    with pytest.raises(ParameterError, match="ends in"):
        chosen.plot(path="bic.txt")


def test_orders_of_the_grid():
    every = as_models("all", 3)
    assert set(every) == set(MODELS)
    steps = {key: number for number, wave in enumerate(batches([1, 2, 4], every)) for key in wave}
    for key, step in steps.items():
        for other, before in steps.items():
            if key.n_components == other.n_components and contains(key.model, other.model):
                assert before < step
    assert as_numbers_of_components(3) == (3,)
    assert as_starts(["kmeans", "neighbours"]) == ("kmeans", "neighbours")


def test_nothing_is_warned_of_when_all_is_well(rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mixtura.select(rows, range(1, 6), models="VVV", seed=0)


def test_no_cell_ends_below_the_start_that_was_named():
    """A sound place that is lower does not win over it, and the cell says what is wrong."""
    rng = np.random.default_rng(0)
    few = np.vstack([rng.normal(size=(40, 2)), rng.normal(size=(2, 2)) * 0.3 + 9, rng.normal(size=(2, 2)) * 0.3 - 9])
    options = {"n_components": range(1, 7), "models": ["VII", "VVI", "VEV", "VVV"], "seed": 0}
    alone = mixtura.select(few, start="hierarchical", **options)
    every = mixtura.select(few, **options)
    for cell in alone.cells:
        if cell.fit.outcome is Outcome.CONVERGED:
            assert every[cell.key.n_components, cell.model].loglik >= cell.loglik - 0.01
    assert every.best_cell.sound


def test_one_column_starts_from_quantiles_too():
    column = np.loadtxt(REFERENCE / "faithful.csv", delimiter=",", skiprows=1)[:, 1:]
    found = mixtura.select(column, [1, 2, 3], start="hierarchical", seed=0)
    assert {one.start for one in found[3, "V"].tried} == {"hierarchical", "quantiles"}


def test_a_criterion_that_was_not_computed_ranks_nothing(rows):
    chosen = mixtura.select(rows, [1, 2], models="EEE", seed=0)
    for use in (chosen.by, lambda name: chosen.plot(criterion=name)):
        with pytest.raises(ParameterError, match="criterion is 'cv', which no cell has; select again"):
            use("cv")


def test_a_selection_without_a_sound_cell_is_reported_and_drawn(tmp_path):
    values = np.repeat([0.0, 1.0, 2.0], 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        chosen = mixtura.select(values, [3], models="V", seed=0)
        assert not any(cell.sound for cell in chosen.cells)
        report = chosen.report(values)
    assert "Choice of the model" in report.html
    chosen.plot(path=tmp_path / "a.png")
    without = mixtura.Selection(chosen.cells, (3,), ("V",), "cv", 0, chosen.settings)
    with pytest.raises(ParameterError, match="the criterion 'cv' of no cell is finite"):
        without.plot()
    assert "Choice of the model" in without.report(values).html
