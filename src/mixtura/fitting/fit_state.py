"""The state of a fit between two iterations, as values that can be written to a file and read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rng, read_values
from mixtura.em import Iterate, Outcome, Repair, Run
from mixtura.errors import DataError
from mixtura.fitting.start import Iteration
from mixtura.mixture import Mixture
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class RunState:
    """The fields of a run, with its last iterate as values.

    Attributes
    ----------
    mixture, stats, at_floor, memory
        Those of the last iterate.
    trace, iterations, passes, outcome, repairs, components, known_at_floor
        Those of the run.
    """

    mixture: Mixture
    stats: Stats
    at_floor: NDArray[np.bool_]
    memory: Any
    trace: tuple[float, ...]
    iterations: int
    passes: int
    outcome: Outcome
    repairs: tuple[Repair, ...]
    components: tuple[int, ...]
    known_at_floor: bool | None

    @classmethod
    def of(cls, run: Run) -> RunState:
        """The state of a run."""
        last = run.last
        own = (run.trace, run.iterations, run.passes, run.outcome, run.repairs, run.components, run.known_at_floor)
        return cls(last.mixture, last.stats, last.at_floor, last.memory, *own)

    def run(self) -> Run:
        """The run in this state."""
        last = Iterate.at(self.mixture, self.stats, self.at_floor, self.memory)
        own = (self.trace, self.iterations, self.passes, self.outcome, self.repairs, self.components)
        return Run(lambda: last, *own, self.known_at_floor)


@dataclass(frozen=True, slots=True, eq=False)
class FitState:
    """The state of a fit between two iterations.

    Attributes
    ----------
    parts : dict
        Digests of data, model, start and options, by which the fit is known again.
    done : tuple of RunState
        The runs that have ended.
    histories : tuple
        The recorded iterations of these runs, and of the current one.
    current : RunState or None
        The run under way; None between two runs.
    stepper_state : object
        That of the stepper after the last iteration.
    rng : Generator or RandomState
    """

    parts: Mapping[str, str]
    done: tuple[RunState, ...]
    histories: tuple[tuple[Iteration, ...], ...]
    current: RunState | None
    stepper_state: Any
    rng: Rng

    @classmethod
    def begin(cls, rng: Rng) -> FitState:
        """The state before the first start."""
        return cls({}, (), (), None, None, rng)

    def at(
        self,
        done: Sequence[Run],
        histories: Sequence[tuple[Iteration, ...]],
        current: Run | None,
        stepper_state: Any,
        rng: Rng,
    ) -> FitState:
        """The state of the same fit somewhere else."""
        ended = tuple(RunState.of(run) for run in done)
        return FitState(
            self.parts, ended, tuple(histories), None if current is None else RunState.of(current), stepper_state, rng
        )


def read_state(path: Path) -> FitState:
    """Read the state of a fit from a file.

    Raises
    ------
    DataError
        If the file is no checkpoint.
    """
    try:
        state = read_values(path.read_bytes())
    except DataError as error:
        raise DataError(f"checkpoint: {path} is no checkpoint of this version ({error})") from None
    if not isinstance(state, FitState):
        raise DataError(f"checkpoint: {path} is no checkpoint of this version")
    return state
