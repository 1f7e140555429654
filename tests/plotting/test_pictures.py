"""Pictures beyond the classification: uncertainty, density, regions, boundaries."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import mixtura
from mixtura import DenseCovariance, DiagonalCovariance, Mixture, Noise
from mixtura.plotting import style
from mixtura.plotting.plot import PLOT_KINDS
from mixtura.plotting.uncertainty import point_areas

TILTED = np.array([[[4.0, 1.5], [1.5, 1.0]], [[1.0, 0.0], [0.0, 9.0]]])
PLANE = Mixture([0.25, 0.75], [[0.0, 0.0], [8.0, 2.0]], DenseCovariance(TILTED, 2), columns=("length", "width"))
LINE = Mixture([0.5, 0.5], [[0.0], [10.0]], DiagonalCovariance(np.ones((1, 1)), 2, 1))
NOISY = Mixture([0.2, 0.6], PLANE.means, PLANE.covariances, noise=Noise(0.2, [-9.0, -9.0], [20.0, 20.0]))
FOUR = Mixture(
    np.full(10, 0.1), np.random.default_rng(0).uniform(0, 20, (10, 4)), DiagonalCovariance(np.ones((1, 1)), 10, 4)
)


def legend(figure):
    return [entry.get_text() for entry in figure.legends[0].get_texts()]


def outline(collection, level):
    """Corners of one contour line."""
    return collection.get_paths()[level].vertices


@pytest.mark.parametrize("kind", PLOT_KINDS)
@pytest.mark.parametrize("mixture", [LINE, PLANE, NOISY, PLANE.select(np.array([0]))])
def test_every_kind_draws_every_mixture_with_and_without_rows(kind, mixture):
    for X in (None, mixture.sample(40, seed=0)[0]):
        assert len(mixtura.plot(mixture, X, kind=kind).axes) == 1


@pytest.mark.parametrize("kind", PLOT_KINDS)
def test_no_text_lies_on_other_text(kind):
    figure = mixtura.plot(FOUR, FOUR.sample(40, seed=0)[0], kind=kind)
    figure.draw_without_rendering()
    frame = figure.legends[0].get_window_extent()
    assert not any(frame.overlaps(axes.get_tightbbox()) for axes in figure.axes)


def test_points_are_as_large_as_they_are_uncertain():
    X, _ = PLANE.sample(400, seed=0)
    axes = mixtura.plot(PLANE, X, kind="uncertainty").axes[0]
    dots = [one for one in axes.collections if isinstance(one, PathCollection)]
    doubts = PLANE.uncertainty(X)
    for j, one in enumerate(dots):
        own = np.sort(doubts[PLANE.predict(X) == j])
        np.testing.assert_allclose(one.get_sizes(), point_areas(own, 1.0, 400))
        assert to_hex(one.get_facecolor()[0]) == style.component_colour(j)


def test_uncertainty_of_one_column_is_a_height_as_well():
    X = np.array([[5.0], [0.0]])
    figure = mixtura.plot(LINE, X, kind="uncertainty")
    axes = figure.axes[0]
    assert axes.get_ylabel() == "uncertainty"
    heights = np.concatenate([one.get_offsets()[:, 1] for one in axes.collections])
    np.testing.assert_allclose(np.sort(heights), np.sort(LINE.uncertainty(X)))
    curve = axes.lines[0]
    np.testing.assert_allclose(curve.get_ydata(), LINE.uncertainty(curve.get_xdata()[:, None]))
    assert "uncertainty 0.5" in legend(figure)
    assert "uncertainty 0.5" not in legend(mixtura.plot(LINE.select(np.array([0])), kind="uncertainty"))


def test_contours_are_curves_of_constant_density_and_say_which():
    figure = mixtura.plot(PLANE, kind="density")
    contours = figure.axes[0].collections[0]
    levels = [float(text.removeprefix("density ")) for text in legend(figure)]
    for level, value in enumerate(levels):
        np.testing.assert_allclose(np.exp(PLANE.logpdf(outline(contours, level))), value, rtol=0.07)
    assert np.ptp(np.diff(np.log(levels))) < 0.1  # equal ratios, but for two digits


def test_regions_end_where_their_probability_says():
    figure = mixtura.plot(PLANE, kind="regions", probabilities=(0.9, 0.5))
    assert legend(figure) == ["50 % of the probability", "90 % of the probability"]
    lines = figure.axes[0].collections[1]
    for level, wanted in zip(PLANE.hdr_levels([0.9, 0.5]), range(2), strict=True):
        np.testing.assert_allclose(PLANE.logpdf(outline(lines, wanted)), level, atol=0.02)


def test_regions_of_one_column_lie_under_its_density():
    figure = mixtura.plot(LINE, kind="regions", probabilities=[0.5])
    corners = figure.axes[0].collections[0].get_paths()[0].vertices
    half = 0.6744897501960817  # of a standard normal, which both components are
    away = [abs(x - round(x, -1)) for x in (corners[:, 0].min(), corners[:, 0].max())]
    np.testing.assert_allclose(away, half, atol=0.06)


def test_densities_are_those_of_the_components_alone():
    X, _ = NOISY.sample(50, seed=0)
    for kind in ("density", "regions"):
        assert "without the noise" in mixtura.plot(NOISY, X, kind=kind).axes[0].get_title(loc="left")
    assert "without" not in mixtura.plot(NOISY, X, kind="boundaries").axes[0].get_title(loc="left")


def test_boundaries_are_where_two_components_are_as_probable():
    axes = mixtura.plot(PLANE, kind="boundaries").axes[0]
    line = axes.collections[1].get_paths()[0].vertices
    share = PLANE.posterior(line)
    np.testing.assert_allclose(share[:, 0], share[:, 1], atol=0.01)
    strips = mixtura.plot(LINE, kind="boundaries").axes[0].patches
    assert strips[0].get_x() + strips[0].get_width() == pytest.approx(5.0, abs=0.05)
    assert [to_hex(strip.get_facecolor()) for strip in strips] == list(style.COLOURS[:2])


def test_noise_has_a_ground_of_its_own():
    axes = mixtura.plot(NOISY, kind="boundaries").axes[0]
    grounds = [to_hex(one.get_facecolor()[0]) for one in axes.collections if len(one.get_facecolor())]
    assert style.GREY in grounds


def test_a_picture_in_axes_of_the_user(tmp_path):
    axes = Figure().add_subplot()
    assert mixtura.plot(PLANE, kind="regions", ax=axes, path=tmp_path / "a.png") is axes.figure
    assert axes.get_legend() is not None


def test_errors_say_what_is_expected():
    with pytest.raises(mixtura.ParameterError, match=r"kind is 'hdr'; expected one of 'classification', 'uncert"):
        mixtura.plot(PLANE, kind="hdr")
    for wrong in ((), (0.5, 1.0), (-1,)):
        with pytest.raises(mixtura.ParameterError, match="expected numbers between 0 and 1"):
            mixtura.plot(PLANE, kind="regions", probabilities=wrong)
