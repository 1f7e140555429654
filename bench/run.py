"""Mixtura beside its rivals: the same iterations from the same start, in one run.

``python bench/run.py [--quick] [--only TEXT] [--rivals a,b] [--output FILE.md]``
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import machine

from problems import PROBLEMS

RIVALS = {
    "mixtura_": "Mixtura",
    "sklearn_": "scikit-learn",
    "onedal": "oneDAL",
    "armadillo": "Armadillo",
    "opencv": "OpenCV",
}
AGREE = 1e-6


def measure(problem, rival, timeout) -> dict:
    """One rival on one problem; what went wrong is a result, too."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("one.py")), problem.name, rival]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"absent": f"more than {timeout} s"}
    if done.returncode:
        return {"absent": (done.stderr.strip().splitlines() or ["failed"])[-1][:60]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def cell(result, ours) -> str:
    """Seconds, how many times as long as ours, and a mark where the log-likelihood differs."""
    if "absent" in result:
        return "-"
    mark = "" if abs(result["loglik"] - ours["loglik"]) < AGREE else " *"
    return f"{result['seconds']:.4g} ({result['seconds'] / ours['seconds']:.1f}x){mark}"


def limit(problem, ours, gflops) -> str:
    """Share of the machine's dgemm rate, counting 2 N K D (D + 1) operations an iteration."""
    if problem.kind != "full":
        return "-"
    n, d = problem.rows().shape
    rate = 2 * n * problem.k * d * (d + 1) * problem.iterations / ours["seconds"] / 1e9
    return f"{rate / gflops:.0%}"


def main() -> None:
    """Measure everything and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rivals", default=",".join(RIVALS))
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    rivals = ["mixtura_", *[r for r in arguments.rivals.split(",") if r != "mixtura_"]]
    facts = machine.describe()
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += [
        "",
        f"| problem | {' | '.join(RIVALS[r] for r in rivals)} | MB | of dgemm |",
        "|---" * (len(rivals) + 3) + "|",
    ]
    absent: dict[str, str] = {}
    print("\n".join(lines))
    for problem in PROBLEMS:
        if arguments.only not in problem.name or (arguments.quick and not problem.quick):
            continue
        results = {rival: measure(problem, rival, arguments.timeout) for rival in rivals}
        ours = results["mixtura_"]
        for rival, result in results.items():
            if "absent" in result:
                absent.setdefault(f"{RIVALS[rival]}: {result['absent']}", problem.name)
        if "absent" in ours:
            continue
        cells = [cell(results[rival], ours) for rival in rivals]
        row = [problem.name, *cells, str(ours["megabytes"]), limit(problem, ours, facts["dgemm GFLOP/s"])]
        lines.append(f"| {' | '.join(row)} |")
        print(lines[-1], flush=True)
    notes = ["", "Seconds of the fit alone (times as long as Mixtura's); * ends at another log-likelihood."]
    notes += [f"- left out: {what}, first on {where}" for what, where in absent.items()]
    print("\n".join(notes))
    if arguments.output:
        arguments.output.write_text("\n".join([*lines, *notes]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
