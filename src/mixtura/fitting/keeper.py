"""Keepers write the state of a fit to a file, from which the same fit goes on after its process was killed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from mixtura._support import Rng, atomic_write, digest_of, write_values
from mixtura.errors import ParameterError
from mixtura.fitting.checkpoint import Checkpoint
from mixtura.fitting.fit_state import FitState, read_state


class Keeper(Protocol):
    """Writes the state of a fit now and then, and reads it at the beginning."""

    def begin(self, rng: Rng) -> FitState:
        """The state from which the fit goes on, or in which it begins, with a random generator."""

    def keep(self, passes: int | None, make_state: Callable[[], FitState]) -> None:
        """Write the state if it is time to; ``passes`` are those of the run so far, None where it has ended."""

    def done(self) -> None:
        """Remove what was written, since the fit has ended."""


@dataclass(frozen=True, slots=True)
class NoKeeper:
    """Writes nothing."""

    def begin(self, rng: Rng) -> FitState:
        """The state before the first start."""
        return FitState.begin(rng)

    def keep(self, passes: int | None, make_state: Callable[[], FitState]) -> None:
        """Nothing."""

    def done(self) -> None:
        """Nothing."""


NO_KEEPER = NoKeeper()


@dataclass(frozen=True, slots=True, eq=False)
class FileKeeper:
    """Writes the state of a fit to the file of a `Checkpoint`.

    Attributes
    ----------
    checkpoint : Checkpoint
    parts : dict
        See `FitState`.
    last : dict
        When the state was last written, ``last["time"]``, and after how many passes, ``last["passes"]``.
    """

    checkpoint: Checkpoint
    parts: dict[str, str]
    last: dict[str, float] = field(default_factory=lambda: {"time": time.monotonic(), "passes": 0})

    def begin(self, rng: Rng) -> FitState:
        """The state in the file, or that before the first start, which is written.

        Raises
        ------
        DataError
            If the file is no checkpoint.
        ParameterError
            If it is that of another fit, or cannot be written.
        """
        path = Path(self.checkpoint.path)
        if not path.exists():
            state = replace(FitState.begin(rng), parts=self.parts)
            self._write(state)
            return state
        state = read_state(path)
        different = [name for name, digest in self.parts.items() if state.parts.get(name) != digest]
        if different:
            raise ParameterError(
                f"checkpoint: {path} is of another fit, with other {' and '.join(different)}; give another path, or "
                "remove the file to begin anew"
            )
        return state

    def keep(self, passes: int | None, make_state: Callable[[], FitState]) -> None:
        """Write the state if so many passes or minutes have passed, or the run has ended."""
        now, often = time.monotonic(), self.checkpoint
        if often.passes is not None:
            due = passes is None or passes - self.last["passes"] >= often.passes
        else:
            due = passes is None or now - self.last["time"] >= 60 * (often.minutes or 0.0)
        if due:
            self._write(replace(make_state(), parts=self.parts))
            self.last.update(time=now, passes=passes or 0)

    def _write(self, state: FitState) -> None:
        """Write a state to the file."""
        try:
            with atomic_write(os.fspath(self.checkpoint.path)) as temporary:
                temporary.write_bytes(write_values(state))
        except OSError as error:
            raise ParameterError(f"checkpoint: {self.checkpoint.path} cannot be written ({error.strerror})") from None

    def done(self) -> None:
        """Remove the file."""
        Path(self.checkpoint.path).unlink(missing_ok=True)


def keeper_of(checkpoint: Checkpoint | None, make_parts: Callable[[], Mapping[str, Any]]) -> Keeper:
    """The keeper for a checkpoint, or for none; the parts are values by which the fit is known again."""
    if checkpoint is None:
        return NO_KEEPER
    return FileKeeper(checkpoint, {name: digest_of(value) for name, value in make_parts().items()})
