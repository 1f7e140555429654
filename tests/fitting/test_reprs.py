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
    "test": mixtura.LikelihoodRatioTest(1, 30.0, np.arange(99.0)),
    "combination": mixtura.combine_components(FIT.mixture, ROWS),
    "reduction": mixtura.reduce_dimensions(FIT.mixture),
    "discriminant": DISCRIMINANT,
    "tree": mixtura.hierarchical(ROWS),
}


@pytest.mark.parametrize("name", RESULTS)
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


@pytest.mark.parametrize("name", ["fit", "mixture", "noise", "selection", "bootstrap", "test", "discriminant"])
def test_a_notebook_shows_a_table(name):
    shown = RESULTS[name]._repr_html_()
    assert shown.startswith("<p>")
    assert shown.count("<table>") == shown.count("</table>") == 1
    assert shown.count("<tr>") == shown.count("</tr>") > 1


def test_names_are_escaped_and_long_tables_cut():
    assert "<td>a&lt;b</td>" in DISCRIMINANT._repr_html_()
    assert (
        "<p>and 10 more</p>" in mixtura.Mixture(np.full(30, 1 / 30), np.zeros((30, 1)), np.ones((30, 1)))._repr_html_()
    )
    assert "<td>noise</td>" in RESULTS["noise"]._repr_html_()
