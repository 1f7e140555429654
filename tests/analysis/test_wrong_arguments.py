"""Arguments of the wrong kind end in an error that says what was expected, not in one of Python's own."""

import numpy as np
import pytest

import mixtura


@pytest.fixture(scope="module")
def made():
    """Rows, a selection, its best fit and a bootstrap of that."""
    rows = np.concatenate([np.random.default_rng(0).normal(m, 1, (30, 2)) for m in (0, 6)])
    chosen = mixtura.select(rows, [1, 2, 3], models=["VVI"])
    return rows, chosen, chosen.best, mixtura.bootstrap(chosen.best, rows, 5)


CALLS = {
    "criterion": (
        lambda rows, *_: mixtura.select(rows, 1, criterion=["bic"]),
        r"criterion is \['bic'\]; expected one of bic",
    ),
    "by": (lambda _, chosen, *__: chosen.by(["bic"]), r"criterion is \['bic'\]"),
    "key": (lambda _, chosen, *__: chosen["VVV"], r"the key is 'VVV'; expected a number of components and a model"),
    "number": (lambda _, chosen, *__: chosen[2], "the key is 2"),
    "balance": (lambda *given: mixtura.reduce_dimensions(given[2], "a"), "balance is 'a'; expected a number from 0"),
    "level": (lambda *given: given[3].intervals("a"), "level is 'a'; expected a number between 0 and 1"),
    "no level": (lambda *given: given[3].records(None), "level is None"),
    "test": (lambda rows, *_: mixtura.likelihood_ratio_tests(rows, 1, level="a"), "level is 'a'; expected a number"),
    "method": (lambda rows, *given: mixtura.bootstrap(given[1], rows, 5, method=["a"]), r"method is \['a'\]"),
    "colors": (lambda rows, *given: given[1].plot(rows, colors=3), "colors is 3; expected a sequence of 2 colours"),
    "kind": (lambda rows, *given: given[1].plot(rows, kind=["a"]), r"kind is \['a'\]; expected one of"),
    "regions": (lambda *given: given[2].mixture.hdr_levels(["a"]), r"probabilities are \['a'\]; expected numbers"),
    "ragged": (lambda *given: given[2].mixture.hdr_levels([[0.5], [0.5, 0.1]]), "probabilities are"),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_error_says_what_was_expected(made, name):
    call, message = CALLS[name]
    with pytest.raises(mixtura.ParameterError, match=message):
        call(*made)
