"""Armadillo's gmm_full and gmm_diag, through a small C++ program built on first use."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from rivals import NotInstalled, Run, refuse, refuse_float32
from rivals.exchange import run_program

SEPARATE = True
SOURCE = Path(__file__).with_suffix(".cpp")
PROGRAM = Path(tempfile.gettempdir()) / "mixtura-bench-armadillo"


def _build() -> None:
    """Compile with all that this machine has; OpenMP makes it use every core."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise NotInstalled("no g++")
    if PROGRAM.exists() and PROGRAM.stat().st_mtime > SOURCE.stat().st_mtime:
        return
    flags = ["-O3", "-march=native", "-fopenmp", "-std=c++17"]
    command = [compiler, *flags, str(SOURCE), "-o", str(PROGRAM), "-larmadillo"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise NotInstalled("needs Debian's libarmadillo-dev")


def run(rows, start, problem) -> Run:
    """Its learn() takes a variance floor where others add a ridge."""
    refuse(problem, "spherical", "tied")
    refuse_float32(problem)
    _build()
    return run_program([str(PROGRAM)], rows, start, problem)
