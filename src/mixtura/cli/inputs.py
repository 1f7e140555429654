"""Parse the values of options."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mixtura import UniformNoise
from mixtura._support import shortened
from mixtura.cli.files import ModelFile, read_model_file
from mixtura.em.mstep import as_tails
from mixtura.errors import ParameterError
from mixtura.plotting import as_plot_kind, as_probabilities


def parse_names(columns: list[str] | None) -> list[str] | None:
    """Split the values of ``--columns a,b``, which may be repeated, into names; quotes protect commas.

    Examples
    --------
    >>> parse_names(["a,b", '"c,d"'])
    ['a', 'b', 'c,d']
    """
    if columns is None:
        return None
    try:
        return [name.strip() for line in csv.reader(columns, skipinitialspace=True) for name in line]
    except csv.Error as error:
        raise ParameterError(f"{shortened(columns)} cannot be split into names ({error}); expected a,b") from None


def parse_name_or_file(option: str, given: str, names: Iterable[str]) -> ModelFile | None:
    """The model file that an option gives, or None where it gives one of the names.

    Examples
    --------
    >>> parse_name_or_file("start", "kmean", ["kmeans", "random"])
    Traceback (most recent call last):
    mixtura.errors.ParameterError: start is 'kmean'; expected one of kmeans, random, or a model file
    """
    names = list(names)
    if given in names:
        return None
    if not given.endswith(".json") and not Path(given).is_file():
        raise ParameterError(f"{option} is {given!r}; expected one of {', '.join(names)}, or a model file")
    return read_model_file(given)


def parse_noise(noise: str | None, region: str) -> UniformNoise | None:
    """The argument ``noise`` of `mixtura.fit` from ``--noise`` and ``--noise-region``.

    Examples
    --------
    >>> parse_noise("auto", "box"), parse_noise("0.1", "hull")
    (UniformNoise(begin=True, region='box'), UniformNoise(begin=0.1, region='hull'))
    """
    if noise is None:
        return None
    known = {"auto": True, "neighbours": "neighbours"}
    if noise in known:
        return UniformNoise(known[noise], region)
    try:
        return UniformNoise(float(noise), region)
    except ValueError:
        raise ParameterError(f"noise is {noise!r}; expected auto, neighbours, or a fraction such as 0.05") from None


def parse_tails(tails: str) -> str | float:
    """The argument ``tails`` of `mixtura.fit` from ``--tails``, in which numbers are text.

    Examples
    --------
    >>> parse_tails("t"), parse_tails("4")
    ('t', 4.0)
    """
    try:
        return float(tails)
    except ValueError:
        return as_tails(tails)


def parse_limits(low: list[str] | None, high: list[str] | None) -> dict[str, tuple[float | None, float | None]]:
    """The argument ``limits`` of `mixtura.fit` from the values of ``--low-limit`` and ``--high-limit``.

    Examples
    --------
    >>> parse_limits(["a=1"], ["a=2.5", "b=3"])
    {'a': (1.0, 2.5), 'b': (None, 3.0)}
    """
    found: dict[str, list[float | None]] = {}
    for side, (option, values) in enumerate({"--low-limit": low, "--high-limit": high}.items()):
        for value in values or []:
            name, equals, text = value.rpartition("=")
            try:
                found.setdefault(name, [None, None])[side] = float(text)
            except ValueError:
                equals = ""
            if not (name and equals):
                raise ParameterError(f"{option} is {value!r}; expected a column and a number, such as width=2.5")
    return {name: (ends[0], ends[1]) for name, ends in found.items()}


def parse_censored(given: list[str] | None) -> dict[str, str]:
    """For columns with censored values, by name, the columns that say which values are, from ``--censored``.

    Examples
    --------
    >>> parse_censored(["width=status"])
    {'width': 'status'}
    """
    found: dict[str, str] = {}
    for value in given or []:
        name, _, status = value.partition("=")
        if not (name and status):
            raise ParameterError(f"--censored is {value!r}; expected two columns, such as width=width_status")
        if name in found:
            raise ParameterError(f"--censored: {name!r} is given {found[name]!r} and {status!r}; expected one column")
        found[name] = status
    return found


def parse_numbers(option: str, text: str) -> list[float]:
    """Split the value of an option into numbers.

    Examples
    --------
    >>> parse_numbers("--probabilities", "0.5,0.95")
    [0.5, 0.95]
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"{option} is {text!r}; expected numbers such as 0.5,0.95") from None


def parse_drawing(kind: str, probabilities: str) -> dict[str, Any]:
    """The arguments ``kind`` and ``probabilities`` of `mixtura.plot`, checked before the work whose result is drawn.

    Examples
    --------
    >>> parse_drawing("regions", "0.95,0.5")
    {'kind': 'regions', 'probabilities': (0.5, 0.95)}
    """
    as_plot_kind(kind)
    return {"kind": kind, "probabilities": as_probabilities(parse_numbers("--probabilities", probabilities))}
