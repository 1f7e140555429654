"""Runs of EM in the native kernel, without a problem around them."""

from mixtura.em.fused import FusedExecutor
from mixtura.kernels.fused import FusedRuns


def fused_results(model, chunk, starts, floor, *, max_iter, plain=None, **options):
    """Where runs from these starts end: of several that come to one place one goes on."""
    runs = FusedRuns.begin(model, chunk, starts, floor, accelerate_after=plain, **options)
    many = len(starts)
    FusedExecutor(None, runs, plain, ()).search((), [0.0] * many, [False] * many, max_iter)
    return [runs.result(number) for number in range(len(starts))]
