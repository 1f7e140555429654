"""Pictures of what was found out about a fit: replicates, tests, merged clusters, directions."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import mixtura
from mixtura._support.replicates import run_replicates
from mixtura.analysis.bootstrap_result import Bootstrap
from mixtura.analysis.likelihood_ratio import LikelihoodRatioTest
from mixtura.errors import ParameterError
from mixtura.plotting.criteria import value_limits


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.vstack([rng.normal(place, 1, size=(40, 3)) for place in (0, 5, 10)])


@pytest.fixture(scope="module")
def fit(rows):
    return mixtura.fit(rows, 3, start="kmeans", seed=0)


@pytest.fixture(scope="module")
def boot(fit, rows):
    return mixtura.bootstrap(fit, rows, 12, seed=0, threads=1)


@pytest.mark.parametrize(("what", "panels"), [("weights", 3), ("means", 9), ("variances", 9)])
def test_each_parameter_has_a_histogram_with_its_estimate(boot, what, panels, tmp_path):
    figure = boot.plot(what, path=tmp_path / "boot.png")
    assert (tmp_path / "boot.png").stat().st_size > 0
    assert len(figure.axes) == panels
    estimates = {"weights": boot.mixture.weights, "means": boot.mixture.means}
    estimates["variances"] = boot.mixture.covariances.variances()
    for axes, value in zip(figure.axes, np.ravel(estimates[what]), strict=True):
        assert axes.lines[0].get_xdata()[0] == value


def test_the_heaviest_components_are_drawn_where_there_are_many():
    many = mixtura.Mixture(
        np.full(12, 1 / 12), np.arange(12.0)[:, None], mixtura.DiagonalCovariance(np.ones((1, 1)), 12, 1)
    )
    found = np.random.default_rng(0).dirichlet(np.ones(12), 20)
    means = many.means + np.random.default_rng(1).normal(size=(20, 12, 1))
    drawn = Bootstrap(many, found, means, np.ones((20, 12, 1, 1)), 0)
    for what in ("weights", "means"):
        figure = drawn.plot(what)
        assert len(figure.axes) == 10
        assert "10 of 12 components" in figure.get_suptitle()


def test_errors_of_the_bootstrap_s_picture(boot):
    with pytest.raises(ParameterError, match="expected 'weights', 'means' or 'variances'"):
        boot.plot("covariances")
    nothing = Bootstrap(boot.mixture, *(each[:0] for each in (boot.weights, boot.means, boot.covariances)), 12)
    with pytest.raises(ParameterError, match="nothing to draw"):
        nothing.plot()


@pytest.mark.parametrize(("seen", "marked"), [(5.0, 1), (9.0, 1), (400.0, 0)])
def test_what_was_observed_is_marked_or_pointed_at(seen, marked):
    test = LikelihoodRatioTest(2, seen, np.linspace(1, 10, 30))
    axes = test.plot().axes[0]
    assert len(axes.lines) == marked
    assert f"observed: {seen:g}" in axes.texts[0].get_text()
    assert axes.get_title(loc="left").startswith("2 against 3 components: p = ")


def test_a_likelihood_ratio_in_axes_of_the_user():
    figure = mixtura.plot(mixtura.Mixture([1.0], [[0.0]], mixtura.DiagonalCovariance(np.ones((1, 1)), 1, 1)))
    axes = figure.add_subplot()
    assert LikelihoodRatioTest(1, 3.0, np.arange(20.0)).plot(ax=axes) is figure


@pytest.mark.parametrize("k", [2, 6])
def test_the_entropy_plot_rings_what_is_suggested(rows, k):
    combined = mixtura.combine_components(mixtura.fit(rows, k, start="kmeans", seed=0).mixture, rows)
    left, right = combined.plot().axes
    ring = left.lines[1]
    assert ring.get_xdata()[0] == combined.suggested
    assert ring.get_ydata()[0] == combined.entropies[combined.suggested - 1]
    assert [text.get_text() for text in right.texts][:1] == ["1"]


def test_rows_in_the_directions_are_coloured_by_all_columns(fit, rows):
    reduced = mixtura.reduce_dimensions(fit.mixture, balance=0.5)
    figure = reduced.plot(rows, kind="classification")
    axes = figure.axes[0]
    assert axes.get_xlabel().startswith("direction 1 (")
    drawn = np.concatenate([line.get_xdata() for line in axes.lines if len(line.get_xdata()) > 1])
    np.testing.assert_allclose(np.sort(drawn), np.sort(reduced.transform(rows)[:, 0]))


def test_an_interrupt_keeps_what_is_done_where_that_is_asked():
    def again(_):
        if len(told) == 3:
            raise KeyboardInterrupt
        return 7

    told = []
    assert run_replicates(again, 9, 0, on_replicate=told.append, threads=1, on_interrupt="keep") == [7, 7, 7]
    told = []
    with pytest.raises(KeyboardInterrupt):
        run_replicates(again, 9, 0, on_replicate=told.append, threads=1)
    with pytest.raises(ParameterError, match="expected 'raise' or 'keep'"):
        run_replicates(again, 9, 0, on_interrupt="stop")


def test_loadings_are_those_of_standardised_columns(fit, rows, tmp_path):
    found = mixtura.reduce_dimensions(fit.mixture)
    figure = found.plot_loadings(path=tmp_path / "loadings.svg")
    bars = [[bar.get_width() for bar in axes.patches] for axes in figure.axes]
    np.testing.assert_allclose(np.transpose(bars), found.std_basis)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["x1", "x2", "x3"]
    for record, wanted in zip(found.records(standardised=True), found.std_basis.T, strict=True):
        assert [record["x1"], record["x2"], record["x3"]] == wanted.tolist()
    assert found.table(standardised=True) == found.records(standardised=True)
    means = np.random.default_rng(0).normal(size=(6, 30))
    wide = mixtura.reduce_dimensions(mixtura.Mixture(np.full(6, 1 / 6), means, np.ones((6, 30)))).plot_loadings()
    assert [len(axes.patches) for axes in wide.axes] == [20] * 4
    assert "20 of 30 columns" in wide.get_suptitle()
    assert "4 of 5 directions: those in which components differ most" in wide.get_suptitle()
    assert "directions" not in figure.get_suptitle()


def test_the_axis_of_a_criterion_shows_the_models_near_the_best():
    values = {
        name: [(1, 5000.0), (2, 100.0 + 10 * i), (3, 130.0 + 10 * i), (4, 140.0)] for i, name in enumerate("abcde")
    }
    low, high = value_limits(values | {"far": [(1, 9000.0), (2, 7000.0), (3, 6000.0)]})
    assert low < 100
    assert 170 < high < 300
    curve = [(k, 100.0 + abs(k - 3)) for k in range(1, 10)]
    assert value_limits({"only": curve})[1] > 106
    assert value_limits({"only": [(1, 7.0)]}) == (5.4, 8.0)


def test_names_of_lines_do_not_overlap():
    rng = np.random.default_rng(0)
    chosen = mixtura.select(
        np.vstack([rng.normal(m, [1, 5], size=(60, 2)) for m in (0, 6)]), range(1, 5), models="all", seed=0
    )
    figure = chosen.plot()
    figure.draw_without_rendering()
    names = figure.axes[0].texts
    boxes = [Text.get_window_extent(text) for text in names]  # without the lines that lead to them
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    title = figure.axes[0].get_title(loc="left")
    outside = title.partition("above the axes: ")[2].split(", ") if "above the axes" in title else []
    assert sorted([*(text.get_text().removesuffix(" ↑") for text in names), *outside]) == sorted(
        {cell.model for cell in chosen.ranked}
    )


def test_results_are_drawn_where_and_as_the_user_says(tmp_path):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(mean, 1, (40, 2)) for mean in (0, 6)])
    chosen, path = mixtura.select(rows, [1, 2, 3], models=["EII", "VVI", "VVV"]), tmp_path / "all.png"
    fit, whole = chosen.best, Figure(figsize=(12, 12), layout="constrained")
    parts = whole.subfigures(3, 2).ravel()
    tests = mixtura.likelihood_ratio_tests(rows, model="VVI", n=20, seed=0)
    pictures = [
        chosen.plot,
        mixtura.combine_components(fit, rows).plot,
        mixtura.bootstrap(fit, rows, 5).plot,
        tests.plot,
        tests[0].plot,
        mixtura.reduce_dimensions(fit).plot_loadings,
    ]
    for draw, part in zip(pictures, parts, strict=True):
        assert draw(ax=part, title="My title", path=path) is whole
        texts = [text.get_text() for text in part.findobj(Text)]
        assert any(text.startswith("My title") for text in texts)
        assert path.stat().st_size
        assert draw(figsize=(5, 4), path=path).get_size_inches().tolist() == [5, 4]
    axes = whole.add_subplot()
    assert chosen.plot(ax=axes) is whole
    assert tests[0].plot(ax=axes) is whole
    for draw in pictures[1:4:2] if len(tests) > 1 else pictures[1:3]:
        with pytest.raises(mixtura.ParameterError, match="ax has room for one panel"):
            draw(ax=axes)
