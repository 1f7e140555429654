"""Pictures of a mixture: what is on them, and that files are whole or not there."""

import importlib
import pickle
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from PIL import Image

import mixtura
from mixtura import DenseCovariance, DiagonalCovariance, Mixture
from mixtura.data.array import ArraySource
from mixtura.plotting import style
from mixtura.plotting.plot import plot
from mixtura.plotting.ticks import write_log_numbers
from mixtura.plotting.view import View, axis_limits

mpl.use("agg")
drawing = importlib.import_module("mixtura.plotting.plot")

TILTED = np.array([[[4.0, 1.5], [1.5, 1.0]], [[1.0, 0.0], [0.0, 9.0]]])
PLANE = Mixture([0.25, 0.75], [[0.0, 0.0], [8.0, 2.0]], DenseCovariance(TILTED, 2), columns=("length", "width"))
LINE = Mixture([0.5, 0.5], [[0.0], [10.0]], DiagonalCovariance(np.ones((1, 1)), 2, 1))


def many(k, d):
    means = np.random.default_rng(0).uniform(0, 20, (k, d))
    return Mixture(np.full(k, 1 / k), means, DiagonalCovariance(np.ones((1, 1)), k, d))


def legend(figure):
    return [entry.get_text() for entry in figure.legends[0].get_texts()]


def ellipses(axes):
    return [patch for patch in axes.patches if isinstance(patch, Ellipse)]


def test_ellipses_are_curves_of_constant_mahalanobis_distance():
    figure = plot(PLANE)
    curves = ellipses(figure.axes[0])
    assert len(curves) == 4
    for component in range(2):
        for deviation, curve in zip((1, 2), curves[2 * component : 2 * component + 2], strict=True):
            vertices = curve.get_patch_transform().transform(curve.get_path().vertices[::3])
            delta = vertices - PLANE.means[component]
            distance = np.sqrt(np.einsum("ni,ij,nj->n", delta, np.linalg.inv(TILTED[component]), delta))
            np.testing.assert_allclose(distance[:-1], deviation, rtol=1e-3)


def test_points_have_the_colour_and_marker_of_their_most_probable_component():
    X, _ = PLANE.sample(300, seed=0)
    axes = plot(PLANE, X).axes[0]
    dots = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert [len(line.get_xdata()) for line in dots] == np.bincount(PLANE.predict(X)).tolist()
    assert {line.get_color() for line in dots} == set(style.COLOURS[:2])
    assert {line.get_marker() for line in dots} == set(style.MARKERS[:2])


def test_one_column_shows_histogram_components_and_their_sum():
    X, _ = LINE.sample(500, seed=0)
    axes = plot(LINE, X).axes[0]
    density, edges, _ = axes.patches[0].get_data()
    assert np.sum(density * np.diff(edges)) == pytest.approx(1)
    total, *curves = [line for line in axes.lines if len(line.get_xdata()) > 1]
    x = total.get_xdata()
    np.testing.assert_allclose(total.get_ydata(), np.exp(LINE.logpdf(x)))
    np.testing.assert_allclose(sum(curve.get_ydata() for curve in curves), total.get_ydata())
    assert axes.get_ylabel() == "density"


def test_a_component_narrower_than_a_pixel_keeps_its_peak():
    narrow = Mixture([0.5, 0.5], [[0.0], [10.0]], DiagonalCovariance(np.array([[1.0], [1e-10]]), 2, 1))
    total = plot(narrow).axes[0].lines[0]
    assert total.get_ydata().max() == pytest.approx(0.5 / np.sqrt(2 * np.pi * 1e-10))


def test_small_densities_fill_the_picture():
    wide = Mixture([1.0], [[0.0]], DiagonalCovariance(np.array([[1e20]]), 1, 1))
    assert plot(wide).axes[0].get_ylim()[1] == pytest.approx(1.08 / np.sqrt(2 * np.pi * 1e20), rel=1e-3)


def test_labels_are_names_and_weights():
    named = Mixture([0.25, 0.75], PLANE.means, PLANE.covariances, ("length", "width"), ("short", "long"))
    figure = plot(named)
    assert legend(figure) == ["short (25 %)", "long (75 %)", "1 standard deviation", "2 standard deviations"]
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("length", "width")
    assert legend(plot(LINE)) == ["component 0 (50 %)", "component 1 (50 %)", "sum of components"]


def test_names_come_from_the_table_or_are_made_up():
    mixture = Mixture(PLANE.weights, PLANE.means, PLANE.covariances)
    table = pd.DataFrame(PLANE.sample(20, seed=0)[0], columns=["a $x$", "b"])
    assert plot(mixture, table).axes[0].get_xlabel() == r"a \$x\$"
    assert plot(mixture, table, columns=["b"]).axes[0].get_xlabel() == "b"
    assert plot(mixture).axes[0].get_xlabel() == "x1"


def test_a_fit_says_how_good_it_is():
    fit = mixtura.fit(PLANE.sample(100, seed=0)[0], 2, seed=0)
    title = plot(fit).axes[0].get_title(loc="left")
    assert title.startswith("2 components, VVV, log-likelihood −")
    assert plot(many(1, 2)).axes[0].get_title(loc="left") == "1 component"


def test_pairs_fill_the_lower_triangle():
    mixture = many(3, 4)
    figure = plot(mixture, mixture.sample(50, seed=0)[0])
    assert len(figure.axes) == 10
    assert [len(ellipses(axes)) for axes in figure.axes] == [0, 6, 0, 6, 6, 0, 6, 6, 6, 0]
    assert [axes.get_xlabel() for axes in figure.axes[-4:]] == ["x1", "x2", "x3", "x4"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["", "x2", "", "x3", "", "", "x4", "", "", ""]


def test_pairs_share_limits_along_columns():
    axes = plot(many(3, 3)).axes
    assert axes[0].get_xlim() == axes[1].get_xlim() == axes[3].get_xlim()
    assert axes[3].get_ylim() == axes[4].get_ylim() == axes[5].get_xlim()


def test_of_many_columns_those_that_separate_are_drawn():
    means = np.zeros((2, 9))
    means[1, [0, 2, 3, 5, 7, 8]] = 5.0
    mixture = Mixture([0.5, 0.5], means, DiagonalCovariance(np.ones((1, 1)), 2, 9))
    figure = plot(mixture)
    assert [axes.get_xlabel() for axes in figure.axes[-6:]] == ["x1", "x3", "x4", "x6", "x8", "x9"]
    assert "6 of 9 columns: those in which the components differ most" in figure.get_suptitle()
    assert "6 of 9 columns" in plot(many(1, 9)).get_suptitle()
    assert len(plot(mixture, columns=range(3)).axes) == 6


def test_points_keep_the_component_that_all_columns_give_them():
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 9.0]], DiagonalCovariance(np.ones((1, 1)), 2, 2))
    X = np.array([[0.0, 0.0], [0.1, 9.0], [0.2, 9.0]])
    view = View.from_data(mixture, X, [0], max_columns=6, max_rows=10)
    assert (view.columns, view.labels(mixture).tolist()) == ((0,), [0, 1, 1])


def test_many_points_are_thinned_alike_every_time_and_the_picture_says_so(monkeypatch):
    monkeypatch.setattr(drawing, "MAX_DRAWN_ROWS", 100)
    X, _ = PLANE.sample(1500, seed=0)
    first, second = plot(PLANE, X).axes[0], plot(PLANE, ArraySource.of(X)).axes[0]
    assert "100 of 1,500 rows drawn" in first.get_title(loc="left")
    assert sum(len(line.get_xdata()) for line in first.lines) == 100 + 2  # and the means
    for one, other in zip(first.lines, second.lines, strict=True):
        np.testing.assert_array_equal(one.get_xdata(), other.get_xdata())


def test_ten_components_differ_and_more_share_colours_but_not_markers():
    looks = [(style.component_colour(j), style.component_marker(j)) for j in range(20)]
    assert len({look[0] for look in looks[:10]}) == len({look[1] for look in looks[:10]}) == 10
    assert len(set(looks)) == 20
    assert legend(plot(many(10, 2)))[9] == "component 9 (10 %)"
    assert legend(plot(many(15, 2)))[0] == "component at its mean\n(6.7 % each)"


def test_no_text_overlaps_in_pairs_with_long_names():
    names = tuple(f"a_name_that_is_far_too_long_for_its_picture_{j} in metres per second" for j in range(6))
    mixture = many(10, 6)
    figure = plot(Mixture(mixture.weights, mixture.means, mixture.covariances, names))
    figure.draw_without_rendering()
    texts = [label for axes in figure.axes for label in (axes.xaxis.label, axes.yaxis.label) if label.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert len(boxes) == 11
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    frame = figure.legends[0].get_window_extent()
    assert not any(frame.overlaps(axes.get_tightbbox()) for axes in figure.axes)


def test_limits_hold_all_points_but_not_far_components():
    wide = Mixture([0.5, 0.5], [[0.0], [1e6]], DiagonalCovariance(np.ones((1, 1)), 2, 1))
    low, high = axis_limits(wide, np.array([-1.0, 9.0]), 0)
    assert low < -1
    assert 9 < high < 12
    constant = axis_limits(wide.select(np.array([0])), np.zeros(5), 0)
    assert constant[0] < 0 < constant[1]


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_pictures_are_saved(tmp_path, suffix, start):
    path = tmp_path / f"picture{suffix}"
    figure = plot(PLANE, path=path)
    assert isinstance(figure, Figure)
    assert path.read_bytes().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_size_in_pixels(tmp_path):
    plot(PLANE, path=str(tmp_path / "a.PNG"))
    with Image.open(tmp_path / "a.PNG") as image:
        assert image.size == (1125, 675)


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    path.write_text("old")

    def savefig(figure, file):
        file.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Figure, "savefig", savefig)
    with pytest.raises(KeyboardInterrupt):
        plot(PLANE, path=path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_axes_of_the_user(tmp_path):
    whole = Figure()
    left, right = whole.subfigures(1, 2)
    axes = left.add_subplot(), right.add_subplot()
    assert plot(PLANE, ax=axes[0]) is whole
    assert plot(PLANE, columns=["width"], ax=axes[1], path=tmp_path / "both.png") is whole
    assert len(ellipses(axes[0])) == 4
    assert axes[1].get_legend().get_texts()[-1].get_text() == "sum of components"


def test_figures_belong_to_pyplot_unless_they_are_saved_or_drawn_into_the_users_axes(tmp_path):
    pyplot = importlib.import_module("matplotlib.pyplot")
    for _ in range(30):  # pyplot warns of more than twenty open figures
        plot(PLANE, path=tmp_path / "picture.png")
    plot(PLANE, ax=Figure().add_subplot())
    assert pyplot.get_fignums() == []
    figure = plot(PLANE)
    assert pyplot.gcf() is figure


def test_a_figure_that_a_notebook_displays_is_closed_so_that_pyplot_does_not_display_it_again(monkeypatch):
    pyplot = importlib.import_module("matplotlib.pyplot")
    figure, other = plot(PLANE), plot(LINE)
    with pytest.raises(NotImplementedError):  # which makes a notebook display it as any figure
        figure._ipython_display_()
    assert len(pyplot.get_fignums()) == 2
    monkeypatch.setattr(style, "display_kind", lambda: "notebook")
    for _ in range(2):
        with pytest.raises(NotImplementedError):
            figure._ipython_display_()
        assert [pyplot.figure(number) for number in pyplot.get_fignums()] == [other]
    assert len(pickle.loads(pickle.dumps(figure)).axes) == 1


@pytest.mark.parametrize(
    ("backend", "where"), [("agg", "nowhere"), ("inline", "notebook"), ("QtAgg", "window"), ("svg", "nowhere")]
)
def test_screens(monkeypatch, backend, where):
    monkeypatch.setattr("matplotlib.pyplot.get_backend", lambda: backend)
    assert style.display_kind() == where


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(mixtura.DataError, match="X has 3 columns; this mixture has 2"):
        plot(PLANE, np.zeros((4, 3)))
    with pytest.raises(mixtura.ParameterError, match=r"ends in \.png, \.svg, \.pdf"):
        plot(PLANE, path=tmp_path / "picture.bmp")
    with pytest.raises(mixtura.ParameterError, match="does not exist"):
        plot(PLANE, path=tmp_path / "no" / "picture.png")
    with pytest.raises(mixtura.ParameterError, match="column 'height' is not one of length, width"):
        plot(PLANE, columns=["height"])
    for wrong in (0.5, ["a"], [], [1.0]):
        with pytest.raises(mixtura.ParameterError, match=r"probabilities are .*expected numbers between 0 and 1"):
            plot(PLANE, kind="regions", probabilities=wrong)
    with pytest.raises(mixtura.ParameterError, match="ax has room for one panel, but 3 columns"):
        plot(many(2, 3), ax=Figure().add_subplot())


def test_a_missing_matplotlib_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(mixtura.MissingExtraError, match="or Mixtura with its extra plot"):
        plot(PLANE)


def test_long_words_are_wrapped_and_cut():
    assert style.wrap_text("one two three four", width=8, lines=2) == "one two\nthree…"
    assert style.wrap_text("") == ""
    assert style.format_number(-1234.56) == "−1,234.6"


def test_noise_is_grey_and_smaller():
    noise = mixtura.Noise(0.5, [-30.0, -30.0], [30.0, 30.0], np.array([[0.6, -0.8], [0.8, 0.6]]))
    mixture = Mixture([0.125, 0.375], PLANE.means, PLANE.covariances, noise=noise)
    X, _ = mixture.sample(300, seed=0)
    figure = plot(mixture, X)
    dots = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    grey = [line for line in dots if line.get_color() == style.GREY]
    assert [len(line.get_xdata()) for line in grey] == [(mixture.predict(X) == -1).sum()]
    assert grey[0].get_markersize() < dots[1].get_markersize()
    assert "noise (50 %)" in [entry.get_text() for entry in figure.legends[0].get_texts()]


def test_noise_lies_under_marginals_even_where_its_box_is_turned():
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    three = many(2, 3)
    mixture = Mixture([0.4, 0.4], three.means, three.covariances, noise=mixtura.Noise(0.2, [0.0] * 3, [20.0] * 3, axes))
    panel = plot(mixture, mixture.sample(50, seed=0)[0]).axes[0]
    flat = [line for line in panel.lines if line.get_color() == style.GREY]
    assert len(flat) == 1
    assert np.ptp(flat[0].get_ydata()) == 0


def test_a_component_as_grey_as_noise_is_not_called_noise():
    rows = np.repeat([0.0, 9.0], 20) + np.tile([-0.5, 0.0, 0.2, 0.5], 10)
    figure = plot(mixtura.fit(rows, 2, seed=0), kind="boundaries", colors=["red", style.GREY])
    assert {text.get_text() for text in figure.axes[0].texts} == {"0", "1"}


def test_a_selection_says_how_good_its_best_fit_is():
    rows = np.repeat([0.0, 9.0], 20) + np.tile([-0.5, 0.0, 0.2, 0.5], 10)
    chosen = mixtura.select(rows, [1, 2], models="E", seed=0)
    assert plot(chosen).axes[0].get_title(loc="left") == plot(chosen.best).axes[0].get_title(loc="left")


def test_numbers_at_logarithmic_axes_are_plain():
    axes = Figure().add_subplot()
    for limits, numbers in {
        (20, 120): ["20", "50", "100"],
        (300, 900): ["300", "400", "500", "600", "800"],
        (1, 90_000): ["1", "10", "100", "1,000", "10,000"],
        (0.003, 0.03): ["0.005", "0.01", "0.02"],
        (2e6, 3e7): [r"$2 \times 10^{6}$", r"$5 \times 10^{6}$", "$10^{7}$", r"$2 \times 10^{7}$"],
    }.items():
        axes.set_xscale("log")
        axes.set_xlim(*limits)
        write_log_numbers(axes.xaxis)
        axes.figure.draw_without_rendering()
        texts = [*axes.get_xticklabels(), *axes.get_xticklabels(minor=True)]
        shown = sorted((text.get_position()[0], text.get_text()) for text in texts if text.get_text())
        assert [text for place, text in shown if limits[0] <= place <= limits[1]] == numbers


def test_numbers_over_a_histogram_do_not_overlap():
    k = 25
    mixture = Mixture(np.full(k, 1 / k), 4.0 * np.arange(k)[:, None], np.ones((k, 1)))
    axes = plot(mixture, mixture.sample(2000, seed=0)[0]).axes[0]
    peaks = np.array([line.get_data() for line in axes.lines if str(line.get_marker()).startswith("$")])[:, :, 0]
    assert len(peaks) == k
    places = axes.transData.transform(peaks)
    gaps = np.abs(places[:, None] - places[None])
    assert ((gaps[..., 0] > 25) | (gaps[..., 1] > 10) | np.eye(k, dtype=bool)).all()
