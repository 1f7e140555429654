"""A limit on the processor's time, which ends what would go on for ever."""

import faulthandler
import signal
import sys
from contextlib import contextmanager


class _OutOfTimeError(BaseException):
    """No `except Exception` on the way keeps this."""


def _stop(*_):
    raise _OutOfTimeError


@contextmanager
def cpu_limit(seconds):
    """Fail what computes longer; time in which a busy machine runs others, or finds memory, does not count.

    Python and the kernel's own checks for Ctrl-C notice the signal of the first timer. Where nothing does, the second
    timer ends the process, after a traceback.
    """
    before = signal.signal(signal.SIGVTALRM, _stop)
    faulthandler.register(signal.SIGPROF, file=sys.__stderr__, chain=True)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, 6 * seconds)
    try:
        yield
    except _OutOfTimeError as stopped:
        raise AssertionError(f"more than {seconds} s of the processor's time") from stopped
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        faulthandler.unregister(signal.SIGPROF)
        signal.signal(signal.SIGVTALRM, before)
