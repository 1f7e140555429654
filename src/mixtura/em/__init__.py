"""The algorithm: expectation and maximisation, iterated."""

from __future__ import annotations

from mixtura.em.fused import ordinary, sprint
from mixtura.em.loop import run
from mixtura.em.outcome import Action, Outcome, Repair
from mixtura.em.problem import Task, row_counts
from mixtura.em.repair import reseed_empty
from mixtura.em.run import Iterate, Path
from mixtura.em.stopping import LoglikChanges, LoglikRises, StopRule, as_stops

__all__ = [
    "Action",
    "Iterate",
    "LoglikChanges",
    "LoglikRises",
    "Outcome",
    "Path",
    "Repair",
    "StopRule",
    "Task",
    "as_stops",
    "ordinary",
    "reseed_empty",
    "row_counts",
    "run",
    "sprint",
]
