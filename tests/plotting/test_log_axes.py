"""Logarithmic axes show the mixture of the original values."""

import numpy as np
import pytest

import mixtura
from mixtura import DenseCovariance, Mixture
from mixtura.plotting.plot import PLOT_KINDS

MATRICES = np.array([[[1.0, 0.3], [0.3, 1.0]], [[400.0, 100.0], [100.0, 900.0]]])
MIXTURE = Mixture([0.5, 0.5], [[5.0, 6.0], [200.0, 300.0]], DenseCovariance(MATRICES, 2), columns=("mass", "price"))
X = np.abs(MIXTURE.sample(300, seed=0)[0]) + 0.1


@pytest.mark.parametrize("kind", PLOT_KINDS)
@pytest.mark.parametrize("columns", [["mass"], ["mass", "price"]])
@pytest.mark.parametrize("rows", [None, X, np.tile(X, (20, 1))])
def test_every_kind_has_logarithmic_axes(kind, columns, rows):
    axes = mixtura.plot(MIXTURE, rows, kind=kind, columns=columns, log=True).axes[0]
    assert axes.get_xscale() == "log"
    assert axes.get_yscale() == ("log" if len(columns) == 2 else "linear")
    low, high = axes.get_xlim()
    assert 0 < low < 5
    assert high > 200


def test_columns_are_named_or_numbered():
    three = Mixture([1.0], [[9.0] * 3], np.ones((1, 3)), ("a", "b", "c"))
    for log in ("b", ["b"], [1]):
        scales = [(axes.get_xscale(), axes.get_yscale()) for axes in mixtura.plot(three, log=log).axes]
        assert scales == [
            ("linear", "linear"),
            ("linear", "log"),
            ("log", "linear"),
            ("linear", "linear"),
            ("log", "linear"),
            ("linear", "linear"),
        ]


def test_curves_are_those_of_the_original_values():
    axes = mixtura.plot(MIXTURE, X, columns=["mass"], log=True).axes[0]
    total = axes.lines[0]
    np.testing.assert_allclose(
        total.get_ydata(), np.exp(MIXTURE.marginal(["mass"]).logpdf(total.get_xdata()[:, None])), rtol=1e-10
    )
    lines = mixtura.plot(MIXTURE, kind="regions", probabilities=[0.9, 0.5], log=True).axes[0].collections[1]
    for path, level in zip(lines.get_paths(), MIXTURE.hdr_levels([0.9, 0.5]), strict=True):
        np.testing.assert_allclose(MIXTURE.logpdf(path.vertices), level, atol=0.05)


def test_ellipses_are_bent_and_end_at_zero():
    axes = mixtura.plot(MIXTURE, X, log=True).axes[0]
    curves = [line for line in axes.lines if len(line.get_xdata()) == 181]
    assert len(curves) == 4
    for number, curve in enumerate(curves):
        j, deviations = divmod(number, 2)
        delta = curve.get_xydata() - MIXTURE.means[j]
        distance = np.sqrt(np.einsum("ni,ij,nj->n", delta, np.linalg.inv(MATRICES[j]), delta))
        np.testing.assert_allclose(distance[~np.isnan(distance)], deviations + 1)
    wide = Mixture([1.0], [[1.0, 1.0]], np.ones((1, 2)))
    assert np.isnan(mixtura.plot(wide, log=True).axes[0].lines[1].get_xdata()).any()


def test_rows_that_have_no_logarithm_are_counted_and_columns_without_any_refused():
    rows = np.vstack([X, [[-1.0, 5.0], [0.0, 5.0]]])
    title = mixtura.plot(MIXTURE, rows, log=["mass"]).axes[0].get_title(loc="left")
    assert "2 rows with values ≤ 0 lie outside the log axes" in title
    title = mixtura.plot(MIXTURE, rows[:-1], log=["mass"]).axes[0].get_title(loc="left")
    assert "1 row with values ≤ 0 lies outside the log axes" in title
    with pytest.raises(mixtura.ParameterError, match="'mass' has no positive values; leave it out of log="):
        mixtura.plot(MIXTURE, -X, log="mass")
    with pytest.raises(mixtura.ParameterError, match="column 'height' is not one of mass, price"):
        mixtura.plot(MIXTURE, X, log="height")


def test_one_distinct_value_has_a_histogram():
    assert mixtura.plot(MIXTURE, np.full((9, 2), 7.0), columns=[0], log=True).axes[0].get_xlim()[0] > 0


def test_many_rows_are_shaded_by_their_number():
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 9.0]], np.ones((2, 2)))
    rows, _ = mixture.sample(6000, seed=0)
    axes = mixtura.plot(mixture, rows, colors=["red", "blue"]).axes[0]
    shades = axes.collections[0].get_array()
    drawn = shades[shades[..., 3] > 0]
    assert (drawn[:, 1] == 0).all()
    assert {(1.0, 0.0), (0.0, 1.0)} == {tuple(pair) for pair in drawn[:, [0, 2]].round(6).tolist()}
    assert shades[..., 3].max() == pytest.approx(0.7)
    assert not [line for line in axes.lines if len(line.get_xdata()) > 1]
