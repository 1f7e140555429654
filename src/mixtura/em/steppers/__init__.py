"""Steppers: how one iteration leads from an iterate to the next, by plain EM or by an accelerated method.

To add one, write a class with the members of `Stepper` in a file of its own and export it below.
"""

from __future__ import annotations

from mixtura.em.steppers.base import EMMap, PlainEM, Step, Stepper
from mixtura.em.steppers.quasi_newton import QuasiNewton
from mixtura.em.steppers.squarem import Squarem
from mixtura.em.steppers.switch import PLAIN, Switch, accelerated

__all__ = ["PLAIN", "EMMap", "PlainEM", "QuasiNewton", "Squarem", "Step", "Stepper", "Switch", "accelerated"]
