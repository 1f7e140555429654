"""Compare a client's two reports, and write the table of docs/clients.md."""

from pathlib import Path

CLASSES = ("scikit-learn", "mixtura")
PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
BEGIN, END = "<!-- table: bench/clients/run.py -->", "<!-- end of the table -->"
HEAD = (
    "client",
    "version",
    "tests",
    "that fit",
    "pass: scikit-learn",
    "pass: Mixtura",
    "differ",
    "fits",
    "s in fits: scikit-learn",
    "s in fits: Mixtura",
)


def passes(report):
    """How many tests pass; an expected failure that happens is no pass."""
    return sum(test["outcome"] in ("passed", "xpassed") for test in report["tests"].values())


def compare(reports):
    """What the table shows of a client, and the tests that end otherwise with our class."""
    theirs, ours = (reports[cls] for cls in CLASSES)
    ends = [{name: test["outcome"] for name, test in report["tests"].items()} for report in (theirs, ours)]
    names = sorted({*ends[0], *ends[1]})
    unlike = {
        name: [end.get(name, "not run") for end in ends] for name in names if len({e.get(name) for e in ends}) > 1
    }
    return {
        "tests": sum(test["outcome"] != "skipped" for test in theirs["tests"].values()),
        "tests that fit": sum(test.get("fits", 0) > 0 for test in ours["tests"].values()),
        "passed": [passes(theirs), passes(ours)],
        "fail with both": [name for name in names if {end.get(name) for end in ends} <= {"failed", "error"}],
        "differ": unlike,
        "fits": [report["counts"].get("fits", 0) for report in (theirs, ours)],
        "by scikit-learn's loop": ours["counts"].get("by scikit-learn's loop", 0),
        "by scikit-learn's class": ours["counts"].get("by scikit-learn's class", 0),
        "seconds": [round(report["seconds in fits"], 3) for report in (theirs, ours)],
        "still scikit-learn's class in": ours["scikit-learn's class in"],
    }


def row(name, result, *, own):
    """A line of the table."""
    theirs, ours = result["passed"]
    seconds = [f"{value:.2f}" for value in result["seconds"]]
    fits = str(result["fits"][1])
    if result["fits"][0] != result["fits"][1]:
        fits = f"{result['fits'][1]} (scikit-learn {result['fits'][0]})"
    label = f"{name} ¹" if own else name
    cells = (label, result["version"], result["tests"], result["tests that fit"], theirs, ours)
    return [*cells, len(result["differ"]), fits, *seconds]


def table(results, clients):
    """The table as Markdown."""
    found = results["clients"]
    rows = [HEAD, ["---", "---", *["---:"] * (len(HEAD) - 2)]]
    rows += [
        row(name, found[name], own="tests" not in clients[name] and "pyargs" not in clients[name]) for name in found
    ]
    totals = [found[name] for name in found]
    sums = [sum(result[key] for result in totals) for key in ("tests", "tests that fit")]
    sums += [sum(result["passed"][i] for result in totals) for i in (0, 1)]
    sums += [sum(len(result["differ"]) for result in totals), sum(result["fits"][1] for result in totals)]
    sums += [f"{sum(result['seconds'][i] for result in totals):.1f}" for i in (0, 1)]
    rows.append(["together", "", *sums])
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in rows)


def conditions(results):
    """The sentence under the table."""
    m = results["machine"]
    return (
        f"Measured on {m['date']} on {m['cores']} cores ({m['system']}), Python {m['python']}, Mixtura {m['mixtura']}, "
        f"scikit-learn {m['scikit-learn']},\nNumPy {m['numpy']} ({m['older numpy']} for graspologic and alibi-detect), "
        f"SciPy {m['scipy']}."
    )


def write_page(results, clients):
    """Replace the table of the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    middle = f"\n\n{table(results, clients)}\n\n{conditions(results)}\n\n"
    PAGE.write_text(f"{before}{BEGIN}{middle}{END}{after}", encoding="utf-8")
