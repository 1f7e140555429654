"""Limits, censored values and histograms that cannot be used, or not with other options: what the errors say."""

import numpy as np
import pytest

import mixtura
from mixtura import DataError, Histogram, Measured, ParameterError

RNG = np.random.default_rng(0)
TWO = np.concatenate([RNG.normal(0, 1, (120, 2)), RNG.normal(4, 1, (120, 2))])
CENSORED = Measured(np.minimum(TWO, 4.5), censored=np.where(TWO > 4.5, 1, 0).tolist())
WITHIN = Measured(TWO[(TWO < 5).all(axis=1)], limits=(None, 5.0))
BINS = Histogram(*np.histogramdd(TWO, bins=8)[::-1])


SEVEN = Measured(np.zeros((9, 7)), censored=(np.full((9, 7), -1.0), np.full((9, 7), 1.0)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixtura.fit(CENSORED, 2, noise=0.1), "noise: it is not possible with rows with censored"),
        (lambda: mixtura.select(BINS, 2, noise=0.1), "noise: it is not possible with rows with censored"),
        (lambda: mixtura.fit(WITHIN, 2, trim=0.1), "trim: it is not possible with censored values"),
        (
            lambda: mixtura.fit(TWO, 2, limits=(-9, 9), known_labels=np.arange(240) // 120),
            "known_labels: not possible with limits",
        ),
        (lambda: mixtura.select(BINS, 2, criterion="cv"), "criterion is 'cv': the rows of a histogram"),
        (lambda: mixtura.fit(SEVEN, 1), "model is VVV, and a row has 7 values with intervals"),
        (lambda: mixtura.Mixture([1.0], np.zeros((1, 7)), np.eye(7)[None]).logpdf(SEVEN), "a row has 7 values with"),
        (
            lambda: mixtura.Mixture([1.0], np.zeros((1, 7)), np.eye(7)[None]).logpdf(
                Measured(np.zeros((1, 7)), limits=(-1, 1))
            ),
            "limits: 7 columns have limits",
        ),
        (
            lambda: mixtura.Mixture(
                [0.8], [[0.0, 0.0]], np.eye(2)[None], noise=mixtura.Noise(0.2, [-9.0, -9.0], [9.0, 9.0])
            ).logpdf(CENSORED),
            "the mixture has a noise component",
        ),
        (lambda: mixtura.fit(BINS, 2, limits=(0, 1)), "X is a Histogram, whose edges are limits"),
        (lambda: mixtura.fit(TWO, 2, limits=3), "limits is 3; expected"),
        (lambda: mixtura.fit(TWO, 2, limits=(1, 0)), "limits, column 0: low is 1, high is 0"),
        (lambda: mixtura.fit(TWO, 2, limits=([1, 2, 3], 4)), "for 2 columns; expected numbers"),
        (lambda: mixtura.fit(TWO, 2, limits={"a": (0, 1)}), "there is no column 'a'; expected 0 to 1"),
        (lambda: mixtura.fit(TWO, 2, censored=["above"]), r"censored has shape \(1, 1\); expected that of X"),
        (lambda: mixtura.fit([1.0, 2.0], 1, censored=["over", ""]), "censored has a value 'over'; expected for each"),
        (lambda: mixtura.fit([1.0, 2.0], 1, censored=([1], [2], [3])), "censored is a tuple of 3"),
    ],
)
def test_what_cannot_be_had_is_refused(call, message):
    with pytest.raises(ParameterError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixtura.fit([1.0, 7.0, 2.0], 1, limits=(0, 5)), "X, row 1, column 0: 7 lies outside of the limits"),
        (
            lambda: mixtura.fit([1.0, 2.0], 1, limits=(0, 5), censored=([6, np.nan], [7, np.nan])),
            "X, row 0, column 0: the interval from 6 to 7 lies outside of the limits",
        ),
        (lambda: mixtura.fit([1.0, 2.0], 1, censored=([3, 1], [2, 2])), "censored, row 0, column 0: low is 3"),
        (lambda: mixtura.fit([1.0, 2.0], 1, censored=([3, 1], [3, 2])), "low and high are 3, but X has 1"),
        (lambda: mixtura.fit([1.0, np.nan], 1, censored=["", "above"]), "row 1, column 0: a missing value cannot be"),
        (lambda: Histogram([0, 1, 2], [1, 2, 3]), r"edges has shape \(3,\); expected \(4,\)"),
        (lambda: Histogram([0, 1, 1, 2], [1, 2, 3]), "edges, bin 1: from 1 to 1"),
        (lambda: Histogram([0, 1, 2], [1, -2]), "counts, bin 1: -2; expected the number of its rows"),
        (lambda: Histogram([0, 1, 2], [0, 0]), "counts are all zero"),
        (lambda: Histogram([0, 1, 2], ["a", 0]), "counts are not numbers"),
        (lambda: Histogram(["a", 1, 2], [1, 0]), "edges are not numbers"),
        (lambda: Histogram([0, 1, 2], np.ones((1, 1, 1))), r"counts has shape \(1, 1, 1\)"),
    ],
)
def test_data_that_cannot_be_used_is_named(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_errors_of_measurement_and_t_components_are_refused():
    with pytest.raises(ParameterError, match="errors of measurement are not possible with limits or censored values"):
        mixtura.fit(TWO, 2, noise_covariance=0.1, limits=(-9, 9))
    with pytest.raises(ParameterError, match="tails"):
        mixtura.fit(CENSORED, 2, tails="t")
