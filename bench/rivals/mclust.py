"""R's mclust: em() for VVV, EEE, VVI and VII, through Rscript."""

import shutil
import subprocess
from pathlib import Path

from rivals import Absent, NotInstalled, Run, refuse_float32
from rivals.exchange import run_program

SEPARATE = True
SCRIPT = Path(__file__).with_suffix(".R")


def run(rows, start, problem) -> Run:
    """It has no ridge."""
    program = shutil.which("Rscript")
    if program is None:
        raise NotInstalled("needs R with mclust (Debian: r-base-core r-cran-mclust)")
    refuse_float32(problem)
    if problem.reg_covar:
        raise Absent("no ridge")
    probe = "quit(status = !requireNamespace('mclust', quietly = TRUE))"
    if subprocess.run([program, "-e", probe], capture_output=True, check=False).returncode:
        raise NotInstalled("needs R's package mclust (Debian: r-cran-mclust)")
    return run_program([program, str(SCRIPT)], rows, start, problem)
