"""What a result says of itself in one sentence, and as HTML in a notebook."""

import numpy as np
import pytest

import mixtura

ROWS = np.random.default_rng(0).normal(size=(120, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 40, axis=0)
FIT = mixtura.fit(ROWS, 3, seed=0)
CHOSEN = mixtura.select(ROWS, [1, 2, 3], models=["EEE", "VVV"], seed=0)
BOOT = mixtura.bootstrap(FIT, ROWS, 5, seed=0, threads=1)
DISCRIMINANT = mixtura.discriminant(ROWS, np.repeat(["a<b", "c", "d"], 40))
RESULTS = {
    "fit": FIT,
    "mixture": FIT.mixture,
    "noise": mixtura.fit(ROWS, 3, noise=0.05, seed=0),
    "selection": CHOSEN,
    "cell": CHOSEN[3, "EEE"],
    "bootstrap": BOOT,
    "assessment": FIT.assessment,
    "tests": mixtura.LikelihoodRatioTests((mixtura.LikelihoodRatioTest(1, 30.0, np.arange(99.0)),)),
    "test": mixtura.LikelihoodRatioTest(1, 30.0, np.arange(99.0)),
    "combination": mixtura.combine_components(FIT.mixture, ROWS),
    "reduction": mixtura.reduce_dimensions(FIT.mixture),
    "discriminant": DISCRIMINANT,
    "tree": mixtura.hierarchical(ROWS),
}


@pytest.mark.parametrize("name", [name for name in RESULTS if name != "assessment"])
def test_a_result_is_one_sentence(name):
    said = repr(RESULTS[name])
    assert said.startswith("<")
    assert said.endswith(">")
    assert "\n" not in said
    assert len(said) < 200


def test_sentences_have_the_figures():
    assert repr(FIT).startswith("<Fit of 3 VVV components to 120 rows in 2 dimensions: log-likelihood ")
    assert repr(CHOSEN).startswith("<Selection of 6 of 6 cells: E")
    assert repr(BOOT) == "<Bootstrap of 3 components in 2 dimensions: 5 replicates>"
    assert "statistic 30, p-value 0.7 from 99 replicates" in repr(RESULTS["test"])
    assert repr(DISCRIMINANT).startswith("<Discriminant of 3 classes in 2 dimensions (")


@pytest.mark.parametrize("name", [name for name in RESULTS if name != "cell"])
def test_a_notebook_shows_a_table(name):
    shown = RESULTS[name]._repr_html_()
    assert shown.startswith("<p>")
    assert shown.count("<table ") == shown.count("</table>") == 1
    assert shown.count("<tr>") == shown.count("</tr>") > 1


def test_names_are_escaped_and_long_tables_cut():
    assert ">a&lt;b</td>" in DISCRIMINANT._repr_html_()
    assert (
        "<p>and 10 more</p>" in mixtura.Mixture(np.full(30, 1 / 30), np.zeros((30, 1)), np.ones((30, 1)))._repr_html_()
    )
    assert ">noise</td>" in RESULTS["noise"]._repr_html_()


def test_numbers_are_aligned_and_what_is_missing_is_empty():
    shown = RESULTS["noise"]._repr_html_()
    assert "None" not in shown
    assert shown.count('text-align:right">') > 3 * 6
    assert "overflow-x:auto" in shown
    assert "color" not in shown.replace("border-collapse", "")  # a dark theme keeps its own
    assert repr(mixtura.fit(ROWS[:, 0], 1, seed=0)).startswith("<Fit of 1 V component to 120 rows in 1 dimension: ")
