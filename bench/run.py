"""Mixtura beside its rivals, and everything else that is measured; results are kept as lines of JSON.

Without ``--again`` what is in the results already is not measured again, so a run that was cut off can go on, and a
long one can be done in slices with ``--only`` and ``--parts``. At the end ``render.py`` makes a page of all results.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import machine
import records
import render
from problems import PROBLEMS, Problem
from rivals import NAMES

from data import MissingPackage

HERE = Path(__file__).parent
RESULTS = HERE.parent / "build" / "bench" / "results.jsonl"
PARTS = ["fits", "solution", "growth", "overhead", "memory", "acceleration", "starts"]
QUICK = ["fits", "solution"]
SCRIPTS = {"overhead": [], "memory": [], "acceleration": [], "starts": []}


@cache
def facts() -> dict:
    """The machine, measured once in a run."""
    return {"machine": machine.name(), "limits": machine.limits(), "versions": machine.versions()}


def script(name: str, *arguments: str, timeout: float | None = None) -> subprocess.CompletedProcess:
    """Run one of the scripts beside this one, in a process of its own, and end all that it has started with it."""
    command = [sys.executable, "-W", "ignore", str(HERE / name), *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        try:
            out, errors = process.communicate(timeout=timeout)
        finally:
            with suppress(ProcessLookupError):  # R and Spark are processes of their own
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, out, errors)


def measure(problem: Problem, rival: str, timeout: float) -> dict:
    """One rival on one problem; what went wrong is a result, too."""
    try:
        ended = script("one.py", problem.name, rival, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"absent": f"more than {timeout:.0f} s", "slow": True, "seconds": timeout}
    if ended.returncode:
        return {"absent": (ended.stderr.strip().splitlines() or [f"ended with {ended.returncode}"])[-1][:100]}
    return json.loads(ended.stdout.strip().splitlines()[-1])


def hopeless(problem: Problem, size: dict, rival: str, arguments) -> dict | None:
    """A rival that would need three times its time, were it as fast per number read as on the best other problem."""
    known = records.load(arguments.results)
    others = [p for p in PROBLEMS if (p.kind, p.dtype) == (problem.kind, problem.dtype) and p.name != problem.name]
    found = [(p, r) for p in others if (r := known.get(("fits", p.name, rival))) and r.get("seconds")]
    rates = [p.iterations * r["n"] * r["d"] * r["k"] / r["seconds"] for p, r in found if r["seconds"] > 0.1]
    read = problem.iterations * size["n"] * size["d"] * size["k"]
    if not rates or read / max(rates) < 3 * arguments.timeout:
        return None
    return {"absent": "too slow, judged by its other fits", "slow": True}


def shown(problem: str, rival: str, found: dict) -> str:
    """One line of progress."""
    what = found.get("absent") or f"{found['seconds']:.4g} s"
    return f"{problem:48s} {NAMES.get(rival, rival):14s} {what}"


def fits(arguments, chosen) -> None:
    """Every rival on every problem."""
    earlier = records.load(arguments.results)
    missing: set[str] = set()
    for problem in chosen:
        wanted = arguments.rivals
        if not arguments.again:
            wanted = [r for r in wanted if not records.done(earlier.get(("fits", problem.name, r)))]
        if not wanted:
            continue
        try:
            n, d = problem.data.rows().shape
        except MissingPackage as reason:
            print(f"{problem.name:48s} left out: {reason}", flush=True)
            continue
        size = {"n": n, "d": d, "k": problem.k}
        for rival in wanted:
            if rival in missing:
                continue
            found = hopeless(problem, size, rival, arguments) or measure(problem, rival, arguments.timeout)
            found = found | size | facts()
            records.append(arguments.results, "fits", problem.name, rival, found)
            print(shown(problem.name, rival, found), flush=True)
            if found.get("everywhere"):
                missing.add(rival)


def other(name: str, arguments) -> None:
    """A script with a page of its own to print."""
    earlier = records.load(arguments.results)
    if not arguments.again and records.done(earlier.get((name, "", ""))):
        return
    if not (HERE / f"{name}.py").exists():
        return
    ended = script(f"{name}.py")
    text = (ended.stdout if not ended.returncode else ended.stderr).rstrip()
    found = {"text": text} if not ended.returncode else {"absent": text.splitlines()[-1]}
    records.append(arguments.results, name, "", "", found | facts())
    print(f"\n{name}\n{text}\n", flush=True)


def with_own_records(name: str, arguments) -> None:
    """A script that keeps records itself and can be cut off at any time."""
    options = ["--results", str(arguments.results)]
    options += ["--quick"] * arguments.quick + ["--again"] * arguments.again
    options += [word for text in arguments.only for word in ("--only", text)]
    command = [sys.executable, "-W", "ignore", str(HERE / f"{name}.py"), *options]
    subprocess.run(command, check=False)


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the smaller problems and parts")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="problems with TEXT in their names")
    parser.add_argument("--exactly", action="append", default=[], metavar="NAME", help="problems of this name")
    parser.add_argument("--rivals", type=lambda text: text.split(","), default=list(NAMES))
    parser.add_argument("--parts", type=lambda text: text.split(","))
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one rival on one problem")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--again", action="store_true", help="measure again what is in the results")
    parser.add_argument("--page", type=Path, help="where to write the page (default: beside the results)")
    return parser.parse_args()


def main() -> None:
    """Measure, and write the page."""
    arguments = parsed()
    for part in arguments.parts or (QUICK if arguments.quick else PARTS):
        if part == "fits":
            chosen = [p for p in PROBLEMS if p.quick or not arguments.quick]
            if arguments.only:
                chosen = [p for p in chosen if any(text in p.name for text in arguments.only)]
            if arguments.exactly:
                chosen = [p for p in chosen if p.name in arguments.exactly]
            fits(arguments, chosen)
        elif part in SCRIPTS:
            other(part, arguments)
        else:
            with_own_records(part, arguments)
    page = arguments.page or arguments.results.with_name("benchmarks.md")
    render.write(arguments.results, page)
    print(f"\n{render.tables(arguments.results)}\n\nThe whole page: {page}")


if __name__ == "__main__":
    main()
