"""Problems for other programs, and what they found, in binary files of doubles."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from rivals import Run

KINDS = ["full", "tied", "diag", "spherical"]


def run_program(command, rows, start, problem) -> Run:
    """Run a program that reads one file and writes seconds, megabytes and parameters to another."""
    (n, d), k = rows.shape, problem.k
    head = [n, d, k, problem.iterations, KINDS.index(problem.kind), problem.reg_covar]
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "in", Path(folder) / "out"
        with given.open("wb") as file:
            for values in (head, start.weights, start.means, start.covariances, rows):
                np.ascontiguousarray(values, dtype=np.float64).tofile(file)
        subprocess.run([*command, str(given), str(found)], check=True, stdout=subprocess.DEVNULL)
        values = np.fromfile(found)
    seconds, megabytes, weights, means = values[0], values[1], values[2 : 2 + k], values[2 + k : 2 + k + k * d]
    covariances = values[2 + k + k * d :].reshape(start.covariances.shape)
    return Run(float(seconds), weights, means.reshape(k, d), covariances, float(megabytes))
