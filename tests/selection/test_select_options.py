"""`mixtura.select` with weights, noise, equal proportions, and an effective number of rows."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura
from mixtura import DataError, ParameterError

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"


@pytest.fixture(scope="module")
def chevron():
    rows = np.loadtxt(REFERENCE / "chevron.csv", delimiter=",", skiprows=1, usecols=(1, 2))
    reference = json.loads((REFERENCE / "extras.json").read_text())["noise"]
    return rows, np.array(reference["noise_start_rows"]) - 1, reference


@pytest.fixture(scope="module")
def blobs():
    """Two clusters among rows that are uniform over a square."""
    rng = np.random.default_rng(1)
    return np.concatenate([*(rng.normal(centre, 1, size=(80, 2)) for centre in (-5, 5)), rng.uniform(-15, 15, (40, 2))])


@pytest.mark.parametrize("criterion", ["bic", "icl", "aic", "aicc"])
def test_integer_weights_are_repetition(blobs, criterion):
    """Each number of components, several models; all cells and the choice are the same."""
    weight = 1 + np.arange(len(blobs)) % 3
    copies = np.repeat(np.arange(len(blobs)), weight)
    options = {"models": ["EII", "VVI", "EEE", "VEV", "VVV"], "criterion": criterion}
    means = blobs[[0, 90, 170]]

    def started(problem, k, rng):
        return mixtura.Parameters(means=means[:k])(problem, k, rng)

    weighted = mixtura.select(blobs, [1, 2, 3], start=[started], sample_weight=weight, **options)
    repeated = mixtura.select(blobs[copies], [1, 2, 3], start=[started], **options)
    for one, other in zip(weighted.cells, repeated.cells, strict=True):
        assert one.loglik == pytest.approx(other.loglik, rel=1e-7)
        assert one.measured(criterion) == pytest.approx(other.measured(criterion), rel=1e-7)
    assert (weighted.best.model, weighted.best_cell.n_components) == (
        repeated.best.model,
        repeated.best_cell.n_components,
    )
    assert weighted.best.n_rows == len(copies)


def test_the_chevron_sweep_is_mclusts_or_better(chevron):
    """From the rows that mclust is given; mclust's EM ends some tenths below where it climbs to."""
    rows, start, reference = chevron
    chosen = mixtura.select(rows, range(1, 6), noise=start, start="hierarchical", seed=0)
    assert (chosen.best.model.name, chosen.best_cell.n_components) == (reference["model"], reference["G"])
    assert chosen.best.n_parameters == reference["df"]
    assert chosen.best.loglik == pytest.approx(reference["loglik"], abs=0.2)
    for model, values in reference["bic_table"].items():
        for k, expected in enumerate(values, 1):
            assert -chosen[k, model].fit.bic >= expected - 0.01
    assert all(cell.fit.mixture.noise.volume == pytest.approx(reference["hypvol"]) for cell in chosen.cells)


@pytest.mark.parametrize("noise", [True, "neighbours", 0.2, "rows", "given"])
def test_every_way_to_begin_noise(blobs, noise):
    asked = {"rows": np.arange(len(blobs)) >= 160, "given": mixtura.Noise(0.2, [-15.0, -15.0], [15.0, 15.0])}
    beginning = asked.get(noise, noise) if isinstance(noise, str) else noise
    options = {"models": ["EII", "VVV"], "seed": 0}
    chosen = mixtura.select(blobs, [1, 2, 3], noise=beginning, **options)
    assert (chosen.best.model.name, chosen.best_cell.n_components) == ("EII", 2)
    assert chosen.best.mixture.noise.weight == pytest.approx(0.2, abs=0.04)
    for cell in chosen.cells:
        again = mixtura.fit(blobs, cell.n_components, model=cell.model, start=cell.start, noise=cell.fit.mixture.noise)
        assert again.loglik == pytest.approx(cell.loglik, abs=1e-2)
    part = mixtura.select(blobs, [1, 2], noise=beginning, **options)
    saved = mixtura.Selection.from_json(part.to_json())
    resumed = mixtura.select(blobs, [1, 2, 3], noise=beginning, resume=saved, **options)
    for one, other in zip(resumed.cells, part.cells, strict=False):
        assert one.fit.mixture.to_json() == other.fit.mixture.to_json()
    with pytest.raises(ParameterError, match="selection, noise was"):
        mixtura.select(blobs, [1, 2, 3], resume=part, **options)


def test_rows_of_noise_are_left_out_of_starts_on_a_sample_too(blobs, monkeypatch):
    from mixtura.selection import samples as start_samples

    monkeypatch.setattr(start_samples, "MAX_ROWS", 100)
    monkeypatch.setattr(start_samples, "SAMPLE_SIZE", 90)
    chosen = mixtura.select(blobs, [2], models="EII", noise=np.arange(160, 200), seed=0)
    assert chosen.best.mixture.noise.weight == pytest.approx(0.2, abs=0.04)
    assert chosen.best.n_rows == pytest.approx(200)


def test_noise_and_cross_validation(blobs):
    chosen = mixtura.select(
        blobs, [1, 2], models="EII", noise=np.arange(160, 200), criterion="cv", start="seeds", seed=0
    )
    assert chosen.best_cell.n_components == 2
    assert np.isfinite([cell.cv for cell in chosen.cells]).all()


def test_more_components_than_rows_that_are_not_noise():
    rows = np.random.default_rng(0).normal(size=(30, 2))
    chosen = mixtura.select(rows, [1, 12], models="EII", noise=np.arange(20), seed=0)
    assert chosen[12, "EII"].error == "There are only 10 rows."


def test_equal_weights_in_every_cell(blobs):
    options = {"models": ["EII", "VVV"], "seed": 0}
    free, equal = (mixtura.select(blobs, [1, 2, 3], equal_weights=asked, **options) for asked in (False, True))
    for one, other in zip(equal.cells, free.cells, strict=True):
        np.testing.assert_allclose(one.fit.mixture.weights, 1 / one.n_components)
        assert one.n_parameters == other.n_parameters - (one.n_components - 1)
    with pytest.raises(ParameterError, match="selection, equal_weights was False and is now True"):
        mixtura.select(blobs, [1, 2], equal_weights=True, resume=free, **options)


def test_noise_over_the_hull(blobs):
    boxed, hulled = (
        mixtura.fit(blobs, 2, noise=mixtura.UniformNoise(region=region), seed=0) for region in ("box", "hull")
    )
    assert hulled.mixture.noise.volume < boxed.mixture.noise.volume
    assert hulled.loglik > boxed.loglik
    assert hulled.mixture.predict([[1e6, 1e6]]).tolist() == [-1]
    assert (
        mixtura.select(blobs, 2, models="EII", noise=mixtura.UniformNoise(0.2, region="hull"), seed=0).best.bic
        < boxed.bic
    )
    assert mixtura.fit(blobs[:, 0], 2, noise=mixtura.UniformNoise(region="hull"), seed=0).mixture.noise.corners is None
    with pytest.raises(ParameterError, match="region is 'ball'"):
        mixtura.fit(blobs, 2, noise=mixtura.UniformNoise(region="ball"))
    flat = np.stack([blobs[:, 0], 2 * blobs[:, 0] + 1], axis=1)
    with pytest.raises(DataError, match="no volume"):
        mixtura.fit(flat, 2, noise=mixtura.UniformNoise(region="hull"))
    with pytest.raises(DataError, match="at most 6"):
        mixtura.fit(np.random.default_rng(0).normal(size=(90, 7)), 2, noise=mixtura.UniformNoise(region="hull"))
    with pytest.raises(DataError, match="3 rows in 3 dimensions"):
        mixtura.fit(np.eye(3), 1, noise=mixtura.UniformNoise(0.1, region="hull"))


@pytest.mark.parametrize("kind", ["labels", "list", "responsibilities", "mixture", "several", "wrapped"])
def test_any_start_of_a_fit_starts_a_selection(kind):
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 50)
    rows = rng.normal(size=(150, 2)) + labels[:, None] * 4
    fit = mixtura.fit(rows, 3, model="EEE", start=labels)
    start = {
        "labels": labels,
        "list": labels.tolist(),
        "responsibilities": np.eye(3)[labels],
        "mixture": fit.mixture,
        "several": ["hierarchical", labels],
        "wrapped": mixtura.Labels(labels),
    }[kind]
    found = mixtura.select(rows, [3], models=["EEE"], start=start).best_cell
    assert found.loglik == pytest.approx(fit.loglik, abs=1e-3)


def test_a_start_that_is_none_is_named():
    with pytest.raises(mixtura.ParameterError, match=r"start is 3\.5"):
        mixtura.select(np.arange(9.0), [2], start=3.5)


def test_labels_of_no_component_are_refused_as_a_start():
    rows, labels = np.arange(9.0), np.array([0, 0, 0, -1, 1, 1, 1, 1, 1])
    with pytest.raises(mixtura.DataError, match="start, row 3: label -1, which marks noise"):
        mixtura.select(rows, [2], models="E", start=labels)
    with pytest.raises(mixtura.ParameterError, match="the start describes 2 columns; the data has 1 columns"):
        mixtura.select(rows, [1], models="E", start=mixtura.Mixture([1.0], [[0.0, 0.0]], [[1.0, 1.0]]))


def test_columns_of_a_starting_mixture_are_matched_by_name():
    rng = np.random.default_rng(0)
    table = pl.DataFrame({"a": np.r_[rng.normal(size=50), rng.normal(size=50) + 9], "b": rng.normal(size=100)})
    mixture = mixtura.fit(table, 2, seed=0).mixture.marginal(["b", "a"])
    found = mixtura.select(table, [2], models="VVV", start=mixture)
    assert found.best_cell.start.stats.mean.round(3).tolist() == mixture.means[:, ::-1].round(3).tolist()


def test_t_components_in_every_cell(blobs):
    options = {"models": ["EEE", "VVV"], "start": "seeds", "seed": 0}
    chosen = mixtura.select(blobs, [1, 2], tails="t", **options)
    for cell in chosen.cells:
        assert cell.fit.model.tails == "t"
        assert len(cell.fit.mixture.degrees_of_freedom) == cell.n_components
        assert cell.n_parameters == mixtura.Model(cell.model, tails="t").n_parameters(cell.n_components, blobs.shape[1])
    back = mixtura.Selection.from_json(chosen.to_json())
    assert back.settings["tails"] == "t"
    assert mixtura.select(blobs, [1, 2], tails="t", resume=back, **options).best.bic == chosen.best.bic
    with pytest.raises(ParameterError, match="selection, tails was 't' and is now 'normal'"):
        mixtura.select(blobs, [1, 2], resume=chosen, **options)
