"""What a person asks of a fit on the page, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixtura._support import format_list
from mixtura.covariance.models import ALIASES, MODELS
from mixtura.errors import ParameterError
from mixtura.starts import STARTS

# Stands for all covariance models, of which a selection takes the best.
ALL_MODELS = "all"

# Limits of what the page asks for.
MOST_COMPONENTS, MOST_STARTS = 100, 100

# Python reads a number of thousands of digits slowly, or refuses it.
MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What is to be fitted.

    Attributes
    ----------
    columns : tuple of str
    n_components : int
    most_components : int, or None
        Largest number of a selection by BIC; None for one fit.
    model : str
        Name of a covariance model, or "all" for a selection.
    start : str
    n_init : int
    seed : int
    accelerate : bool
    """

    columns: tuple[str, ...]
    n_components: int = 2
    most_components: int | None = None
    model: str = "VVV"
    start: str = "k-means++"
    n_init: int = 1
    seed: int = 0
    accelerate: bool = False

    @property
    def selects(self) -> bool:
        """Whether the number of components or the model is to be chosen."""
        return self.most_components is not None or self.model == ALL_MODELS

    @property
    def counts(self) -> range:
        """Numbers of components to try."""
        return range(self.n_components, (self.most_components or self.n_components) + 1)


def parse_settings(given: Mapping[str, Any], available: Sequence[str]) -> FitSettings:
    """Check what the page sent; ``available`` are the columns that hold numbers.

    Raises
    ------
    ParameterError
        If a value cannot be used.

    Examples
    --------
    >>> parse_settings({"columns": ["a"], "n_components": "3"}, ["a", "b"]).n_components
    3
    >>> parse_settings({"columns": ["a"], "n_components": "three"}, ["a", "b"])
    Traceback (most recent call last):
    mixtura.errors.ParameterError: the number of components is 'three'; expected a whole number from 1 to 100
    """
    most = given.get("most_components")
    settings = FitSettings(
        _as_columns(given.get("columns"), available),
        _as_whole(given.get("n_components", 2), "the number of components", 1, MOST_COMPONENTS),
        None if most in (None, "") else _as_whole(most, "the largest number of components", 1, MOST_COMPONENTS),
        _as_name(given.get("model", "VVV"), "the covariance model", [*MODELS, *ALIASES, "E", "V", ALL_MODELS]),
        _as_name(given.get("start", "k-means++"), "the start", list(STARTS)),
        _as_whole(given.get("n_init", 1), "the number of starts", 1, MOST_STARTS),
        _as_whole(given.get("seed", 0), "the seed", 0, 2**32 - 1),
        given.get("accelerate") is True,
    )
    if settings.most_components is not None and settings.most_components < settings.n_components:
        raise ParameterError(
            f"the numbers of components are {settings.n_components} to {settings.most_components}; "
            "expected the smaller one first"
        )
    return settings


def _as_columns(given: Any, available: Sequence[str]) -> tuple[str, ...]:
    """Check the names of columns."""
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise ParameterError("no column is chosen; choose one or more columns of numbers")
    text = [name for name in given if name not in available]
    if text:
        raise ParameterError(
            f"{format_list(text)}: no column of numbers has this name; choose among {format_list(available)}"
        )
    return tuple(dict.fromkeys(given))


def _as_whole(given: Any, name: str, least: int, most: int) -> int:
    """Check a whole number, which may be text."""
    text = str(given).strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS and not isinstance(given, bool)
    if not is_number or not least <= int(text) <= most:
        raise ParameterError(f"{name} is {given!r}; expected a whole number from {least} to {most}")
    return int(text)


def _as_name(given: Any, what: str, known: Sequence[str]) -> str:
    """Check one of several names."""
    if given not in known:
        raise ParameterError(f"{what} is {given!r}; expected one of {format_list(known)}")
    return str(given)
