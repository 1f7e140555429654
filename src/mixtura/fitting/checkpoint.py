"""Where and how often a fit writes its state: the option ``checkpoint`` of `EM`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from mixtura._support import as_amount, as_count
from mixtura.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where and how often a fit writes its state: the option ``checkpoint`` of `EM`.

    If the file is there, the same fit goes on from its state; the result has the same bits as without interruption. A
    fit that ends removes the file; one that Ctrl-C interrupted, or that was killed, leaves it.

    Parameters
    ----------
    path : str or path
        Of the file, which is replaced at once, so that it is never half written.
    passes : int, optional
        Write after so many passes over the data.
    minutes : float, optional
        Write when so many minutes have passed since the last time. Default: 1, unless ``passes`` is given.

    Raises
    ------
    ParameterError
        If both are given, or one is not positive.

    Examples
    --------
    >>> import mixtura
    >>> mixtura.EM(checkpoint=mixtura.Checkpoint("fit.checkpoint", passes=10))
    EM(checkpoint=Checkpoint(path='fit.checkpoint', passes=10, minutes=None))
    """

    path: str | os.PathLike[str]
    passes: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.passes is not None and self.minutes is not None:
            raise ParameterError("passes and minutes are given; give one of them")
        if self.passes is not None:
            object.__setattr__(self, "passes", as_count(self.passes, "passes"))
        else:
            minutes = 1.0 if self.minutes is None else as_amount(self.minutes, "minutes")
            object.__setattr__(self, "minutes", minutes)


def as_checkpoint(value: Any) -> Checkpoint | None:
    """Check the option ``checkpoint`` of `EM`: None, a path, or a `Checkpoint`.

    Examples
    --------
    >>> as_checkpoint("fit.checkpoint").minutes
    1.0
    """
    if value is None or isinstance(value, Checkpoint):
        return value
    if not isinstance(value, str | os.PathLike):
        raise ParameterError(f"checkpoint is {value!r}; expected a path, or a mixtura.Checkpoint")
    return Checkpoint(value)
