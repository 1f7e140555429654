"""The benchmark of GPUs runs on the CPU with small shapes, and its checks pass there."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "bench" / "gpu.py"


def test_everything_runs_and_all_checks_pass(tmp_path):
    output = tmp_path / "gpu.json"
    command = [sys.executable, str(SCRIPT), "--device", "cpu", "--tiny", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(output.read_text())
    assert all(check["passed"] for check in found["checks"])
    assert {case["form"] for case in found["goals"]} == {"spherical", "diagonal", "full"}
    assert found["fits"]["mixtura on the device, s"] > 0
    assert {case["along"] for case in found["curves"]} == {"n", "k", "d"}
    picture = tmp_path / "gpu.png"
    chart = [sys.executable, str(SCRIPT.with_name("gpu_chart.py")), str(output), str(picture)]
    subprocess.run(chart, env=os.environ | {"MPLBACKEND": "Agg"}, check=True)
    assert picture.stat().st_size > 10_000
