"""The benchmark runs where only Mixtura and scikit-learn are there, and they agree."""

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parents[2] / "bench" / "run.py"


def test_one_problem_and_its_page(tmp_path):
    results = tmp_path / "results.jsonl"
    options = ["--parts", "fits", "--exactly", "Old Faithful 272 x 2, K=2", "--rivals", "mixtura_,sklearn_,onedal"]
    command = [sys.executable, str(RUN), *options, "--results", str(results)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {line["rival"]: line for line in map(json.loads, results.read_text().splitlines())}
    assert abs(found["mixtura_"]["loglik"] - found["sklearn_"]["loglik"]) < 1e-6
    assert found["onedal"].get("absent", "pip install scikit-learn-intelex") == "pip install scikit-learn-intelex"
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| Old Faithful 272 x 2, K=2 | 5 |" in page
    assert "{{" not in page
