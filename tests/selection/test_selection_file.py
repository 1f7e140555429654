"""A saved selection that was changed by hand: an error that says so, never a traceback."""

import json
from copy import deepcopy

import numpy as np
import pytest

import mixtura
from mixtura.cli import main
from mixtura.errors import DataError, MixturaError

WRONG = (None, "x", [], {}, -1, 0.5, True, [[1]], [None], 10**400)


@pytest.fixture(scope="module")
def saved():
    """Rows, and their selection as plain values."""
    rows = np.random.default_rng(0).normal(size=(40, 2))
    rows[:20] += 6
    return rows, json.loads(mixtura.select(rows, [1, 2], models="VVI", seed=0).to_json())


def places(plain, at=()):
    """Keys that lead to each value; of a list, to the first entry."""
    yield at
    if isinstance(plain, dict):
        for key, value in plain.items():
            yield from places(value, (*at, key))
    elif isinstance(plain, list) and plain:
        yield from places(plain[0], (*at, 0))


def changed(plain, at, value):
    """The plain values with another one at a place."""
    plain = deepcopy(plain)
    where = plain
    for key in at[:-1]:
        where = where[key]
    where[at[-1]] = value
    return plain


def test_no_value_of_the_wrong_kind_ends_in_a_traceback(saved):
    rows, plain = saved
    for at in list(places(plain))[1:]:
        for value in WRONG:
            try:
                chosen = mixtura.Selection.from_json(json.dumps(changed(plain, at, value)))
                chosen.to_json()
                chosen._repr_html_()
                mixtura.select(rows, [1, 2], models="VVI", seed=0, resume=chosen)
            except MixturaError:
                pass


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (("cells", 0, "fit", "trace"), [], "trace is empty"),
        (("cells", 0, "fit", "sizes"), "x", "sizes cannot be read as an array of numbers"),
        (("cells", 0, "fit", "sizes"), [1.0, 2.0], r"sizes have shape \(2,\), weights \(1,\)"),
        (("cells", 0, "fit", "assignment_logprob"), None, "None is no float"),
        (("cells", 0, "fit", "n_rows"), 0.0, "n_rows is 0.0"),
        (("cells", 0, "begin", "stats", "scatter"), [1.0], "weight, mean and scatter have shapes"),
        (("criterion",), "x", "criterion is 'x'; expected one of bic"),
        (("entropy",), -1, "entropy is -1"),
    ],
)
def test_the_error_names_what_is_wrong(saved, at, value, message):
    with pytest.raises(DataError, match=message):
        mixtura.Selection.from_json(json.dumps(changed(saved[1], at, value)))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe", "is not text"), (b'{"a":' * 100_000, "RecursionError"), (b"1" * 5_000, "Exceeds the limit")],
)
def test_a_file_that_is_no_selection_is_one_line(content, message, tmp_path, capsys):
    path, data = tmp_path / "g.json", tmp_path / "d.csv"
    path.write_bytes(content)
    data.write_text("a\n1\n2\n4\n")
    assert main(["select", str(data), "-k", "1", "--resume", str(path)]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"resume: {path}")
    assert message in shown
    assert shown.count("\n") == 1


def test_starts_given_by_values_are_saved_by_name(saved):
    rows = saved[0]
    options = {"models": ["VVI"], "start": ["seeds", np.arange(len(rows)) % 2], "seed": 0}
    chosen = mixtura.select(rows, [2], **options)
    again = mixtura.Selection.from_json(chosen.to_json())
    assert again.settings["start"] == ("seeds", "given")
    assert again.best.loglik == chosen.best.loglik
    with pytest.raises(mixtura.ParameterError, match="does not keep a start"):
        mixtura.select(rows, [2], **options, resume=again)


def test_a_byte_order_mark_before_a_selection_is_no_error(saved, tmp_path):
    path = tmp_path / "chosen.json"
    path.write_text(json.dumps(saved[1]), encoding="utf-8-sig")
    chosen = mixtura.select(saved[0], [1, 2], models="VVI", seed=0, resume=path)
    assert chosen.best.loglik == mixtura.load(path).best.loglik


def test_the_seed_is_saved_and_resumed_and_files_without_one_are_read(saved):
    rows = saved[0]
    chosen = mixtura.select(rows, [1, 2], models="VVI", seed=np.int64(3))
    plain = json.loads(chosen.to_json())
    assert mixtura.Selection.from_json(json.dumps(plain)).seed == chosen.seed == 3
    assert mixtura.select(rows, [1, 2], models="VVI", seed=0, resume=chosen).seed == 3
    assert mixtura.select(rows, [1], models="VVI", seed=np.random.default_rng(0)).seed is None
    del plain["seed"]
    assert mixtura.Selection.from_json(json.dumps(plain)).seed is None
