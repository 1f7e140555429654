"""Components can be told apart by people who see no red or no green."""

from itertools import combinations

import numpy as np
import pytest
from colour_vision import SIGHTS, distance, lab

import mixtura
from mixtura import DiagonalCovariance, Mixture
from mixtura.plotting import style
from mixtura.plotting.boundaries import BACKGROUND_ALPHA
from mixtura.plotting.plot import PLOT_KINDS

LEAST_DISTANCE = 10


def many(k):
    means = np.random.default_rng(0).uniform(0, 30, (k, 2))
    return Mixture(np.full(k, 1 / k), means, DiagonalCovariance(np.ones((1, 1)), k, 2))


def markers(axes):
    """Colour and marker of each mean."""
    return [(line.get_color(), line.get_marker()) for line in axes.lines if len(line.get_xdata()) == 1]


def test_simulated_sight_is_that_of_the_source():
    assert distance("white", "black", "protanopia") == pytest.approx(100, abs=0.1)
    assert distance("#888888", "#999999", "deuteranopia") == pytest.approx(distance("#888888", "#999999"), abs=0.1)
    red, green = "#c00000", "#5c7000"
    assert distance(red, green) > 80
    assert distance("#b04a00", "#7a7a00", "deuteranopia") < 30 < distance("#b04a00", "#7a7a00")


@pytest.mark.parametrize("sight", SIGHTS)
def test_up_to_ten_components_differ_by_colour(sight):
    pairs = combinations([*style.COLOURS], 2)
    assert min(distance(one, other, sight) for one, other in pairs) > LEAST_DISTANCE


@pytest.mark.parametrize("k", [2, 10, 11, 25])
@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_components_of_a_picture_differ_by_colour_or_number(k, sight):
    looks = markers(mixtura.plot(many(k)).axes[0])
    assert len(looks) == k
    for (colour, marker), (other, another) in combinations(looks, 2):
        assert marker != another
        numbered = marker.startswith("$") and another.startswith("$")
        assert numbered or distance(colour, other, sight) > LEAST_DISTANCE


@pytest.mark.parametrize("kind", ["boundaries", "classification", "uncertainty"])
def test_every_component_beyond_ten_has_its_number(kind):
    mixture = many(25)
    axes = mixtura.plot(mixture, mixture.sample(50, seed=0)[0], kind=kind).axes[0]
    assert [f"${j}$" for j in range(25)] == [marker for _, marker in markers(axes) if str(marker).startswith("$")]


def test_a_region_without_its_components_mean_has_its_number():
    """The broad component is the most probable on both sides of the narrow one, and has its mean within that."""
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [0.0, 0.0]], np.array([[1.0, 1.0], [30.0, 30.0]]))
    assert [text.get_text() for text in mixtura.plot(mixture, kind="boundaries").axes[0].texts] == ["1"]
    strips = mixtura.plot(mixture, kind="boundaries", columns=[0]).axes[0].texts
    assert [text.get_text() for text in strips] == ["1", "0", "1"]


@pytest.mark.parametrize("sight", SIGHTS)
def test_pale_backgrounds_of_neighbours_are_divided_by_a_line_that_can_be_seen(sight):
    for colour in style.COLOURS:
        line = lab("black", sight, opacity=0.5)
        assert np.linalg.norm(lab(colour, sight, opacity=BACKGROUND_ALPHA) - line) > LEAST_DISTANCE


def test_colours_of_the_user():
    mixture = many(3)
    figure = mixtura.plot(mixture, colors=["red", "C1", (0, 0, 1)])
    assert [colour for colour, _ in markers(figure.axes[0])] == ["#ff0000", "#ff7f0e", "#0000ff"]
    assert figure.legends[0].get_lines()[0].get_color() == "#ff0000"
    with pytest.raises(mixtura.ParameterError, match="'no colour' is no colour; expected colours such as"):
        mixtura.plot(mixture, colors=["red", "no colour", "blue"])
    with pytest.raises(mixtura.ParameterError, match="colors has 2 entries; expected 3, one for each component"):
        mixtura.plot(mixture, colors=["red", "blue"])


@pytest.mark.parametrize("kind", PLOT_KINDS)
def test_every_kind_takes_a_title_a_size_and_a_subfigure(kind):
    mixture = many(3)
    figure = mixtura.plot(mixture, kind=kind, title="mine", figsize=(5, 4))
    assert figure.axes[0].get_title(loc="left") == "mine"
    assert figure.get_size_inches().tolist() == [5, 4]
    part = mixtura.plot(mixture).subfigures(1, 2)[1]
    three = Mixture([1.0], [[0.0] * 3], np.ones((1, 3)))
    assert mixtura.plot(three, kind=kind, ax=part, title="") is part.figure
    assert len(part.axes) == 6


def test_small_panels_of_many_components_have_numbers_in_pairs_alone():
    means = np.random.default_rng(0).uniform(0, 30, (25, 3))
    noise = mixtura.Noise(0.2, [0.0] * 3, [30.0] * 3)
    mixture = Mixture(np.full(25, 0.8 / 25), means, DiagonalCovariance(np.ones((1, 1)), 25, 3), noise=noise)
    figure = mixtura.plot(mixture)
    visible = [
        sum(line.get_visible() and str(line.get_marker()).startswith("$") for line in axes.lines)
        for axes in figure.axes
    ]
    assert visible == [0, 25, 0, 25, 25, 0]
    assert [text.get_text() for text in figure.legends[0].get_texts()][:2] == [
        "component at its mean\n(3.2 % each)",
        "noise (20 %)",
    ]
