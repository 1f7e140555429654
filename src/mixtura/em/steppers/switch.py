"""EM faster: SQUAREM far from an optimum, a quasi-Newton method near one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura.em.run import Iterate
from mixtura.em.steppers.base import EMMap, PlainEM, Step, Stepper
from mixtura.em.steppers.quasi_newton import QuasiNewton
from mixtura.em.steppers.squarem import Squarem


@dataclass(frozen=True, slots=True)
class Switch:
    """One stepper as long as iterations gain much, and another one from then on.

    The path that EM takes decides which optimum it ends in, and SQUAREM stretches that path. A quasi-Newton method
    leaves it, and is far faster where only one optimum is left within reach.

    Attributes
    ----------
    far, near : Stepper
    gain : float
        An iteration that raises the mean log-likelihood per row by no more than this calls for the near one.
    """

    far: Stepper
    near: Stepper
    gain: float = 3e-3

    def init(self, iterate: Iterate) -> tuple[Stepper, Any]:
        """Far, until an iteration has shown otherwise."""
        return self.far, self.far.init(iterate)

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One iteration of either."""
        stepper, own = state
        done = stepper.step(problem, iterate, own)
        new = done.iterate
        near = new.loglik - iterate.loglik <= self.gain * new.stats.total
        chosen = self.near if near else self.far
        return Step(new, (chosen, done.state if chosen is stepper else chosen.init(new)), done.passes)


PLAIN = PlainEM()

# By whether EM is to be accelerated.
STEPPERS: dict[bool, Stepper] = {False: PLAIN, True: Switch(Squarem(), QuasiNewton())}
