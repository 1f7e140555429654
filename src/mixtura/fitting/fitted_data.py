"""What a fit says about the rows to which it was fitted: their file, their number, a fingerprint, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np

from mixtura._support import as_kind, time_to_tell
from mixtura.data import MissingCounts, Summary

# Characters of a fingerprint.
DIGITS = 12

# Digits of the moments that count.
DECIMALS = 8


@dataclass(frozen=True, slots=True)
class FittedData:
    """The rows to which a mixture was fitted, without the rows.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    fingerprint : str
        Twelve hexadecimal digits from number, weights, means and variances of the columns: the same for the same
        rows, whatever their file.
    time : str
        When it was fitted, in UTC; the time in the environment variable SOURCE_DATE_EPOCH, if it is set.
    file : str or None
        Name of the file, if the rows were read by `mixtura.read`.
    missing : MissingCounts or None
        How many values are missing, by column and pattern, if some are.
    known : tuple of str
        The arguments of `mixtura.fit` that said something of the rows' components, such as ``"groups"``.

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> one, two = (mixtura.fit(rows, k).data for k in (1, 2))
    >>> one.n_rows, one.fingerprint == two.fingerprint
    (6, True)
    """

    n_rows: int
    fingerprint: str
    time: str
    file: str | None = None
    missing: MissingCounts | None = None
    known: tuple[str, ...] = ()

    @classmethod
    @lru_cache(maxsize=1)  # the cells of a selection have the same rows
    def of(cls, summary: Summary) -> FittedData:
        """Of rows, given their summary."""
        digest = hashlib.sha256(_rounded(summary).encode()).hexdigest()
        return cls(summary.n_rows, digest[:DIGITS], f"{time_to_tell():%Y-%m-%d %H:%M} UTC")

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `dataclasses.asdict` made."""
        file = plain["file"]
        missing = None if plain.get("missing") is None else MissingCounts.from_dict(plain["missing"])
        texts = (as_kind(str, plain["fingerprint"]), as_kind(str, plain["time"]))
        known = tuple(as_kind(str, name) for name in plain.get("known", ()))
        return cls(as_kind(int, plain["n_rows"]), *texts, None if file is None else as_kind(str, file), missing, known)

    def __str__(self) -> str:
        where = f"{self.file}, " if self.file else ""
        return f"{where}{self.n_rows} rows, fingerprint {self.fingerprint}; fitted {self.time}"


def _rounded(summary: Summary) -> str:
    """Number, weight, means and variances of the columns to eight digits, without rounding errors."""
    widths = np.sqrt(np.where(summary.variances > 0, summary.variances, 1.0))
    means = np.round(summary.mean / widths, DECIMALS) + 0.0  # no negative zero
    numbers = [summary.weight, *means.tolist(), *summary.variances.tolist()]
    return " ".join([str(summary.n_rows), *(f"{number:.{DECIMALS}g}" for number in numbers)])
