"""Noise over a convex hull: against SciPy's volumes, known shapes, and samples."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull, Delaunay

import mixtura
from mixtura import DataError, DenseCovariance, Mixture, Noise, ParameterError
from mixtura.data.array import ArraySource
from mixtura.kernels import summarise
from mixtura.mixture import hull
from mixtura.mixture.region import bounding_box, convex_hull


def noise_of(rows, weight=0.0, region=convex_hull):
    source = ArraySource.of(rows)
    return region(source, summarise(source, full=True)).with_weight(weight)


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (1e6, 1e-3)])
def test_the_volume_is_scipys(d, offset, scale):
    rows = offset + scale * np.random.default_rng(d).normal(size=(300, d))
    assert noise_of(rows).volume == pytest.approx(ConvexHull(rows - offset).volume, rel=1e-6)


@pytest.mark.parametrize("d", [2, 4])
def test_moments_are_those_of_the_sample_which_is_within(d):
    rows = np.random.default_rng(d).normal(size=(60, d)) * np.arange(1, d + 1)
    noise = noise_of(rows)
    drawn = noise.sample(100_000, seed=0)
    assert (Delaunay(rows).find_simplex(drawn) >= 0).mean() > 0.9999
    np.testing.assert_allclose(drawn.mean(axis=0), noise.mean, atol=0.05 * d)
    np.testing.assert_allclose(np.cov(drawn.T), noise.covariance, atol=0.03 * d**2)


def test_of_a_cube_it_is_the_box():
    corners = np.array(np.meshgrid(*[[0.0, 1.0, 2.0]] * 3)).reshape(3, -1).T
    noise = noise_of(corners)
    assert noise.corners.shape == (8, 3)
    assert noise.volume == pytest.approx(noise_of(corners, region=bounding_box).volume) == pytest.approx(8)
    np.testing.assert_allclose(noise.mean, 1)
    np.testing.assert_allclose(noise.covariance, np.eye(3) / 3, atol=1e-12)


def test_rows_in_chunks_have_the_same_hull():
    rows = np.random.default_rng(0).normal(size=(300_000, 2))
    noise = noise_of(rows)
    np.testing.assert_array_equal(noise.corners, rows[np.sort(ConvexHull(rows).vertices)])


def test_a_mixture_keeps_its_hull():
    rows = np.random.default_rng(0).normal(size=(40, 2))
    mixture = Mixture([0.8], [[0.0, 0.0]], DenseCovariance(np.eye(2)[None], 1), noise=noise_of(rows, 0.2))
    again = Mixture.from_json(mixture.to_json())
    np.testing.assert_array_equal(again.logpdf(rows), mixture.logpdf(rows))
    swapped = mixture.marginal([1, 0])
    np.testing.assert_allclose(swapped.logpdf(rows[:, ::-1]), mixture.logpdf(rows))
    for question in (lambda: mixture.marginal([0]), lambda: mixture.probability([0, 0], [1, 1])):
        with pytest.raises(ParameterError, match="convex hull"):
            question()
    upright = mixture.noise.axis_aligned()
    np.testing.assert_allclose(upright.mean, mixture.noise.mean)
    np.testing.assert_allclose(np.diag(upright.covariance), np.diag(mixture.noise.covariance))


def test_corners_are_checked():
    good = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    assert Noise(0.1, [0.0, 0.0], [1.0, 1.0], corners=good).volume == pytest.approx(0.5)
    for changes, words in (
        ({"corners": [0.0, 1.0]}, "corners have shape"),
        ({"corners": good, "axes": np.eye(2)}, "without axes"),
        ({"corners": good, "upper": [2.0, 1.0]}, "least and largest"),
        ({"corners": [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]}, "no volume"),
    ):
        with pytest.raises(DataError, match=words):
            Noise(**{"weight": 0.1, "lower": [0.0, 0.0], "upper": [1.0, 1.0], **changes})
    assert hull.hull_log_volume(np.array(good)) == pytest.approx(np.log(0.5))


@pytest.mark.filterwarnings("ignore::mixtura.DegeneracyWarning")
@pytest.mark.parametrize("scale", [1e-300, 1e-100, 1e60, 1e75, 1e100, 1e149])
def test_hulls_of_any_size(scale):
    rows = np.random.default_rng(0).uniform(-1, 1, (17, 4))
    corners, scaled = hull.hull_corners(rows), hull.hull_corners(rows * scale)
    np.testing.assert_allclose(scaled, corners * scale)
    expected = hull.hull_log_volume(corners) + 4 * np.log(scale)
    assert hull.hull_log_volume(scaled) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(hull.hull_centroid(scaled) / scale, hull.hull_centroid(corners), rtol=1e-9, atol=1e-12)
    rng = np.random.default_rng(1)
    inside = hull.sample_hull(scaled, 50, rng) / scale
    assert (np.abs(inside) <= 1).all()
    if scale > 1e-140:
        fit = mixtura.fit(rows * scale, 1, noise=mixtura.UniformNoise(0.05, region="hull"), seed=0, max_iter=30)
        assert np.isfinite(fit.loglik)
