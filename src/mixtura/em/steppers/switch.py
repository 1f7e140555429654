"""Accelerated EM: SQUAREM far from an optimum, a quasi-Newton method near one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura.em.run import Iterate
from mixtura.em.steppers.base import EMMap, PlainEM, Step, Stepper
from mixtura.em.steppers.quasi_newton import QuasiNewton
from mixtura.em.steppers.squarem import Squarem


@dataclass(frozen=True, slots=True)
class Switch:
    """One stepper while iterations raise the log-likelihood much, and another one while they do not.

    EM's iterates decide which optimum is reached, and SQUAREM stays near them. A quasi-Newton method does not, but it
    is far faster near an optimum.

    Attributes
    ----------
    far, near : Stepper
        The steppers for iterations that raise it much, and little.
    gain : float
        The near one follows an iteration that raised the mean log-likelihood per row by no more than this.
    """

    far: Stepper
    near: Stepper
    gain: float = 3e-3

    def init(self, iterate: Iterate) -> tuple[Stepper, Any]:
        """The far stepper with its state."""
        return self.far, self.far.init(iterate)

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One iteration of the stepper in the state, and the stepper for the next one."""
        stepper, own = state
        done = stepper.step(problem, iterate, own)
        new = done.iterate
        near = new.loglik - iterate.loglik <= self.gain * new.stats.total
        chosen = self.near if near else self.far
        return Step(new, (chosen, done.state if chosen == stepper else chosen.init(new)), done.passes)


PLAIN = PlainEM()


def accelerated(enough: float = 0.0) -> Stepper:
    """The stepper for accelerated EM, which stops where the log-likelihood will rise by no more than ``enough`` yet."""
    return Switch(Squarem(), QuasiNewton(enough))
