"""The strings of a page, from one catalogue for each language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mixtura.errors import ParameterError

# Languages of pages, by the names of their catalogues and of HTML's attribute lang.
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """Catalogue of one language.

    Attributes
    ----------
    name : str
        As in HTML's attribute lang.
    strings : mapping
        Texts by their keys; names in braces stand for values.
    """

    name: str
    strings: Mapping[str, str]

    @property
    def space(self) -> str:
        """What stands between two sentences: nothing after a Chinese full stop, which is wide."""
        return "" if self.name == "zh" else " "

    def text(self, key: str, **values: object) -> str:
        """The text of a key, with values in place of the names in braces.

        Examples
        --------
        >>> as_language("en").text("row_number", number=3)
        'Row 3'
        """
        return self.strings[key].format(**values)

    def count(self, key: str, number: float) -> str:
        """A count with its noun: the key has a text for one and one for other numbers.

        Examples
        --------
        >>> as_language("en").count("n_rows", 1), as_language("en").count("n_rows", 1200)
        ('1 row', '1,200 rows')
        """
        return self.text(f"{key}_{'one' if number == 1 else 'other'}", n=f"{number:,.10g}")


@cache
def as_language(name: str) -> Language:
    """Read the catalogue of a language.

    Raises
    ------
    ParameterError
        If there is no such language.

    Examples
    --------
    >>> as_language("fr")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: lang is 'fr'; expected one of en, zh
    """
    if name not in LANGUAGES:
        raise ParameterError(f"lang is {name!r}; expected one of {', '.join(LANGUAGES)}")
    text = files("mixtura.report").joinpath("languages", f"{name}.json").read_text(encoding="utf-8")
    return Language(name, json.loads(text))
