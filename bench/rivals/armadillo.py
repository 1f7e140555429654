"""Armadillo's gmm_full and gmm_diag, through a small C++ program built on first use."""

import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from rivals import Absent

SOURCE = Path(__file__).with_suffix(".cpp")
PROGRAM = Path(tempfile.gettempdir()) / "mixtura-bench-armadillo"


def _build():
    """Compile with all that this machine has; OpenMP makes it use both cores."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise Absent("no g++")
    if PROGRAM.exists() and PROGRAM.stat().st_mtime > SOURCE.stat().st_mtime:
        return
    command = [
        compiler,
        "-O3",
        "-march=native",
        "-fopenmp",
        "-std=c++17",
        str(SOURCE),
        "-o",
        str(PROGRAM),
        "-larmadillo",
    ]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise Absent("needs Debian's libarmadillo-dev")


def run(rows, start, problem):
    """Its learn() takes a variance floor where others add a ridge."""
    if problem.kind == "spherical":
        raise Absent("no spherical covariances")
    _build()
    (n, d), k, full = rows.shape, problem.k, problem.kind == "full"
    shape = (k, d, d) if full else (k, d)
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "in", Path(folder) / "out"
        with given.open("wb") as file:
            file.write(struct.pack("5qd", n, d, k, problem.iterations, full, max(problem.reg_covar, 1e-10)))
            for values in (start.weights, start.means, start.covariances, rows):
                np.ascontiguousarray(values, dtype=np.float64).tofile(file)
        subprocess.run([str(PROGRAM), str(given), str(found)], check=True)
        values = np.fromfile(found)
    seconds, weights, means = values[0], values[1 : 1 + k], values[1 + k : 1 + k + k * d].reshape(k, d)
    return seconds, weights, means, values[1 + k + k * d :].reshape(shape)
