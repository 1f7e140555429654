"""The EM algorithm: E-step and M-step, iterated until a stop rule holds, with repairs of collapsed components."""

from __future__ import annotations

from mixtura.em.birth_death import ComponentEvent, LowDensityRows, remove_dead, try_birth
from mixtura.em.executor import (
    Executor,
    begin_runs,
    data_loglik,
    is_suspect,
    is_thin,
    least_weight,
    runs_in_kernel,
    standing_of,
)
from mixtura.em.fused import advance
from mixtura.em.loop import Resumed, iterate
from mixtura.em.outcome import Action, Outcome, Repair, describe_repairs
from mixtura.em.problem import Problem, RepairPolicy, is_spurious, row_counts, rows_per_weight
from mixtura.em.repair import LEAST_ROWS, NoRepair, ReseedThenRemove, reseed_empty
from mixtura.em.run import Iterate, Run, Standing
from mixtura.em.stepwise import (
    StepSchedule,
    StepwiseState,
    begin_stepwise,
    estimated_mixture,
    in_rows,
    state_of_stats,
    take_step,
)
from mixtura.em.stopping import (
    LittleRemains,
    LoglikChanges,
    LoglikRises,
    NoRise,
    StopRule,
    as_stops,
    expected_iterations,
)

__all__ = [
    "LEAST_ROWS",
    "Action",
    "ComponentEvent",
    "Executor",
    "Iterate",
    "LittleRemains",
    "LoglikChanges",
    "LoglikRises",
    "LowDensityRows",
    "NoRepair",
    "NoRise",
    "Outcome",
    "Problem",
    "Repair",
    "RepairPolicy",
    "ReseedThenRemove",
    "Resumed",
    "Run",
    "Standing",
    "StepSchedule",
    "StepwiseState",
    "StopRule",
    "advance",
    "as_stops",
    "begin_runs",
    "begin_stepwise",
    "data_loglik",
    "describe_repairs",
    "estimated_mixture",
    "expected_iterations",
    "in_rows",
    "is_spurious",
    "is_suspect",
    "is_thin",
    "iterate",
    "least_weight",
    "remove_dead",
    "reseed_empty",
    "row_counts",
    "rows_per_weight",
    "runs_in_kernel",
    "standing_of",
    "state_of_stats",
    "take_step",
    "try_birth",
]
