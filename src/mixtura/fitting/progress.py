"""Speed of a running fit, and the time it needs yet, as far as the rises of the log-likelihood tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mixtura.em import expected_iterations
from mixtura.fitting.start import Iteration

# Rises of which the factor is taken.
WINDOW = 8

# EM has converged, as in the default stop rule, where the log-likelihood can rise by this only.
NATS = 0.005


@dataclass(frozen=True, slots=True)
class FitProgress:
    """Progress of a fit with several starts of at most ``max_iter`` EM iterations each.

    Attributes
    ----------
    starts : int
        Number of starts.
    max_iter : int
        Largest number of iterations of each start.
    began : float
        Time of the beginning, in seconds of a monotonic clock.
    start : int
        Current start, from 0.
    number : int
        Iterations of the current start so far.
    done : int
        Iterations of all starts so far.
    seconds : float
        Time since the beginning.
    rises : tuple of float
        Latest rises of the log-likelihood in the current start, the newest last.

    Examples
    --------
    >>> progress = FitProgress(starts=2, max_iter=100, began=0.0).with_iteration(0, 1, 0.5, rise=8.0)
    >>> progress.rate, progress.seconds_at_most, progress.seconds_left
    (2.0, 99.5, None)
    >>> progress.with_iteration(0, 2, 1.0, rise=2.0).seconds_left  # each rise is a quarter of the one before
    5.0
    """

    starts: int
    max_iter: int
    began: float
    start: int = 0
    number: int = 0
    done: int = 0
    seconds: float = 0.0
    rises: tuple[float, ...] = ()

    def with_iteration(self, start: int, number: int, now: float, rise: float) -> FitProgress:
        """Progress after one more iteration, at the time ``now``; number 0 is the beginning of a start."""
        done, seconds = self.done + (number > 0), now - self.began
        rises = (*self.rises, rise)[-WINDOW:] if number and rise > 0 else ()
        return replace(self, start=start, number=number, done=done, seconds=seconds, rises=rises)

    @property
    def rate(self) -> float:
        """Iterations per second; 0 before the first iteration."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds that remain if the rises shrink as they did until the log-likelihood can rise by `NATS` only.

        The rises of EM shrink by the same factor from some iteration on (Aitken). Other starts are taken to need as
        many iterations. None where the rises do not shrink.
        """
        steps = expected_iterations(self.rises, NATS)
        if steps is None or not self.rate:
            return None
        total = min(self.number + steps, self.max_iter)
        left = total - self.number + (self.starts - self.start - 1) * total
        return left / self.rate

    @property
    def seconds_at_most(self) -> float:
        """Seconds that remain if every start reaches ``max_iter``; infinite before the first iteration."""
        steps = max(self.max_iter - self.number, 0) + (self.starts - self.start - 1) * self.max_iter
        return steps / self.rate if self.rate else math.inf


def format_duration(seconds: float) -> str:
    """Format a duration, rounded up to whole seconds, minutes, hours or days.

    Examples
    --------
    >>> [format_duration(seconds) for seconds in (1.2, 200.0, 20_000.0, 1e6)]
    ['2 s', '4 min', '6 h', '12 d']
    """
    scales = [(120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86400, "d")]
    unit, name = next((unit, name) for most, unit, name in scales if seconds <= most)
    return f"{math.ceil(seconds / unit)} {name}"


def progress_line(iteration: Iteration, progress: FitProgress, *, words: bool) -> str:
    """Line for the current iteration, with speed and remaining time, in full words or short ones.

    Examples
    --------
    >>> progress = FitProgress(starts=1, max_iter=100, began=0.0).with_iteration(0, 1, 0.5, rise=0.25)
    >>> progress_line(Iteration(0, 1, None, -16.5, 0.25, (0, 1)), progress, words=True)
    'iteration 1/100  log-likelihood -16.5000  rise 0.25  2/s  at most 50 s left'
    """
    step, loglik, left = ("iteration ", "log-likelihood ", " left") if words else ("", "loglik ", "")
    parts = [f"start {iteration.start + 1}/{progress.starts}"] if progress.starts > 1 else []
    parts += [f"{step}{iteration.number}/{progress.max_iter}", f"{loglik}{iteration.loglik:.4f}"]
    if not math.isnan(iteration.rise):
        parts.append(f"rise {iteration.rise:.2g}")
    if progress.rate:
        expected = progress.seconds_left
        time_left = (
            f"at most {format_duration(progress.seconds_at_most)}"
            if expected is None
            else f"about {format_duration(expected)}"
        )
        parts += [f"{progress.rate:.3g}/s", f"{time_left}{left}"]
    return "  ".join(parts)
