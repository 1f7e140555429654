"""Two executors, of which one is killed while EM runs: the trace has the same bits as without."""

import os
import signal
import time
from pathlib import Path

from spark_rows import classic_session, groups, in_spark, named

import mixtura
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.engines import engine_of

session = classic_session("local-cluster[2,1,1024]")
application = session.sparkContext.applicationId


def executors():
    """Processes that are executors of this application."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if application in words and any("ExecutorBackend" in word for word in words):
            found.append(int(path.parent.name))
    return found


def kill_one(*_):
    """Kill an executor after the third iteration."""
    calls.append(1)
    if len(calls) == 3:
        os.kill(executors()[0], signal.SIGKILL)


calls, rows = [], groups()
X = in_spark(session, named(rows), ends=range(500, 3000, 500))
source = engine_of(X).source(X, ChosenColumns())
while len(executors()) < 2:  # the script that runs this one sets a limit
    time.sleep(0.2)
options = {"start": "random", "max_iter": 6, "em": mixtura.EM(accelerate=False, stop="loglik", tol=0.0)}
trace = mixtura.fit(source, 2, **options).trace
disturbed = mixtura.fit(source, 2, on_iteration=kill_one, **options)
assert len(calls) > 3
assert disturbed.trace == trace
session.stop()
