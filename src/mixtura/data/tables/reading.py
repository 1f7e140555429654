"""Options of reading a file as a table of numbers, as a value."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from mixtura.data.usable_rows import check_missing_action
from mixtura.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read; the fields are the parameters of `mixtura.read`, which describes them.

    Examples
    --------
    >>> Reading(missing="mean")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: missing is 'mean'; expected error, drop or model
    """

    columns: Sequence[str | int] | None = None
    exclude: Sequence[str | int] = ()
    numeric: bool = False
    weights_column: str | None = None
    noise_columns: Sequence[str | int] | None = None
    missing: str = "model"
    file_format: str | None = None
    header: bool | None = None
    decimal: str | None = None
    thousands: str | None = None
    na: Sequence[str] = ()
    encoding: str | None = None
    sheet: str | None = None
    max_unpacked: int | None = None

    def __post_init__(self) -> None:
        check_missing_action(self.missing)
        for name in ("columns", "exclude", "noise_columns", "na"):
            given = getattr(self, name)
            if isinstance(given, str):
                raise ParameterError(f"{name} is {given!r}; expected a list such as [{given!r}]")
        for name, mark in {"decimal": self.decimal, "thousands": self.thousands}.items():
            if mark is not None and (len(mark) != 1 or mark.isalnum() or mark in "+-"):
                raise ParameterError(f"{name} is {mark!r}; expected one character such as ',' or '.'")
        if (self.decimal or ".") == self.thousands:
            raise ParameterError(f"decimal and thousands are both {self.thousands!r}; give two characters")
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError:
                known = "utf-8, utf-16, latin-1 or cp1252"
                raise ParameterError(f"encoding is {self.encoding!r}; expected a name such as {known}") from None


# Everything is found out.
DEFAULT_READING = Reading()
