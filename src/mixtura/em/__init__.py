"""The algorithm: expectation and maximisation, iterated until nothing moves."""

from __future__ import annotations

from mixtura.em.fused import can_run, sprint
from mixtura.em.loop import iterate
from mixtura.em.outcome import Action, Outcome, Repair
from mixtura.em.problem import Problem, RepairPolicy, row_counts
from mixtura.em.repair import NoRepair, ReseedThenRemove, reseed_empty
from mixtura.em.run import Iterate, Run
from mixtura.em.stopping import LoglikChanges, LoglikRises, StopRule, as_stops

__all__ = [
    "Action",
    "Iterate",
    "LoglikChanges",
    "LoglikRises",
    "NoRepair",
    "Outcome",
    "Problem",
    "Repair",
    "RepairPolicy",
    "ReseedThenRemove",
    "Run",
    "StopRule",
    "as_stops",
    "can_run",
    "iterate",
    "reseed_empty",
    "row_counts",
    "sprint",
]
