"""How a run of EM ended, and what was done to its components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from mixtura._support import format_count


class Action(Enum):
    """What was done to a collapsed component."""

    RESEEDED = "re-seeded"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair of a collapsed component.

    Attributes
    ----------
    iteration : int
        Number of the EM iteration that was the repair, from 1; 0 at the start.
    component : int
        Number of the component at the start, from 0.
    action : Action
    rows : float
        Number of rows that the component held before.
    """

    iteration: int
    component: int
    action: Action
    rows: float

    def __str__(self) -> str:
        return f"component {self.component} {self.action.value} at iteration {self.iteration} ({self.rows:.3g} rows)"


# So many repairs are told one by one; of more, their numbers.
MOST_TOLD = 3


def describe_repairs(repairs: Sequence[Repair], floored: Sequence[str]) -> str:
    """A clause for each repair and for each component at the floor, or the numbers of both if there are many.

    Examples
    --------
    >>> describe_repairs([], ["component 3 rests on the floor"])
    'component 3 rests on the floor'
    >>> describe_repairs([Repair(1, j, Action.RESEEDED, 0.0) for j in range(9)], ["component 3 rests on the floor"])
    '9 components re-seeded, 1 component at the floor'
    """
    one_by_one = [*map(str, repairs), *floored]
    if len(one_by_one) <= MOST_TOLD:
        return "; ".join(one_by_one)
    counts = {action.value: sum(repair.action is action for repair in repairs) for action in Action}
    counts["at the floor"] = len(floored)
    return ", ".join(f"{format_count(number, 'component')} {what}" for what, number in counts.items() if number)


class Outcome(Enum):
    """How a fit ended; the value is the sentence that the user reads."""

    CONVERGED = "Converged."
    FLOORED = (
        "Converged with a component at the floor, where many rows coincide: the log-likelihood depends on the floor."
    )
    SPURIOUS = (
        "Converged, but a component of few rows is at the floor, so the log-likelihood says nothing: "
        "try fewer components, a simpler model, or another floor."
    )
    RESEEDED = "Converged after a collapsed component was re-seeded: compare with more starts."
    REMOVED = (
        "Converged with fewer components than asked for, because one kept collapsing: "
        "try fewer components, a simpler model, or more starts."
    )
    OUT_OF_STEPS = "Out of steps before it converged: raise max_iter, or tol."
    INTERRUPTED = "Interrupted: this is the best so far."
    COLLAPSED = "Stopped because a component holds too few rows: try fewer components, or other starts."
    STALLED = "Stopped where the log-likelihood began to fall: try another start or a larger floor."

    @property
    def converged(self) -> bool:
        """Whether EM converged, with or without qualification.

        Examples
        --------
        >>> Outcome.FLOORED.converged, Outcome.OUT_OF_STEPS.converged
        (True, False)
        """
        qualified = (Outcome.FLOORED, Outcome.SPURIOUS, Outcome.RESEEDED, Outcome.REMOVED)
        return self is Outcome.CONVERGED or self in qualified

    def qualified(self, repairs: Sequence[Repair], *, floored: bool, spurious: bool) -> Outcome:
        """The gravest outcome that holds of a converged fit with these repairs; other outcomes stay.

        From the gravest on: a component removed, a spurious one, one re-seeded, one at the floor.

        Examples
        --------
        >>> Outcome.CONVERGED.qualified((), floored=True, spurious=False).name
        'FLOORED'
        """
        if self is not Outcome.CONVERGED:
            return self
        actions = {repair.action for repair in repairs}
        gravest = {
            Outcome.REMOVED: Action.REMOVED in actions,
            Outcome.SPURIOUS: spurious,
            Outcome.RESEEDED: Action.RESEEDED in actions,
            Outcome.FLOORED: floored,
        }
        return next((outcome for outcome, holds in gravest.items() if holds), self)
