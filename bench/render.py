"""A page of Markdown from results: ``python bench/render.py RESULTS.jsonl PAGE.md``."""

import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
import records
import verdicts
from limits import limit, of_dgemm
from problems import PROBLEMS
from rivals import NAMES

PAGE = Path(__file__).with_name("page.md")
AGREE = {"float64": 1e-6, "float32": 1e-5}


def markdown(head, rows) -> str:
    """A table; nothing if there are no rows."""
    if not rows:
        return "(not measured)"
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def three(value) -> str:
    """Three digits, without an exponent."""
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}".rstrip(".")


def fits(known) -> list[tuple]:
    """(problem, rival -> record) of all problems that Mixtura has solved."""
    found = []
    for problem in PROBLEMS:
        of = {rival: known[key] for rival in NAMES if (key := ("fits", problem.name, rival)) in known}
        if "seconds" in of.get("mixtura_", {}):
            found.append((problem, of))
    return found


def cell(problem, record, ours) -> str:
    """Seconds, how many times as long as ours, and what is to be said about it."""
    if record is None or ("absent" in record and not record.get("slow")):
        return "–"
    if record.get("slow") and "seconds" not in record:
        return "slow"
    if record.get("slow"):
        return f"> {record['seconds']:.0f} (> {record['seconds'] / ours['seconds']:.0f}×)"
    mark = ""
    if record["own_start"]:
        mark = " °"
    elif abs(record["loglik"] - ours["loglik"]) > AGREE[problem.dtype]:
        mark = " *"
    ratio = record["seconds"] / ours["seconds"]
    return f"{three(record['seconds'])} ({ratio:.{0 if ratio >= 100 else 1}f}×{mark})"


def times(known) -> str:
    """The table of seconds."""
    found = fits(known)
    present = [r for r in NAMES if r != "mixtura_" and any("seconds" in of.get(r, {}) for _, of in found)]
    rows = [
        [p.name, p.iterations, three(of["mixtura_"]["seconds"]), *(cell(p, of.get(r), of["mixtura_"]) for r in present)]
        for p, of in found
    ]
    return markdown(["problem", "iterations", "Mixtura", *(NAMES[r] for r in present)], rows)


def memory(known) -> str:
    """The table of megabytes beyond the data."""
    found = fits(known)
    present = [r for r in NAMES if any(of.get(r, {}).get("megabytes") is not None for _, of in found)]
    rows = [[p.name, *(amount(of.get(r, {}).get("megabytes")) for r in present)] for p, of in found]
    return markdown(["problem", *(NAMES[r] for r in present)], rows)


def amount(megabytes) -> str:
    """Whole megabytes."""
    return "–" if megabytes is None or megabytes != megabytes else f"{megabytes:.0f}"  # noqa: PLR0124


def fractions(known) -> str:
    """How close each fit comes to the machine's limit."""
    rows = []
    for p, of in fits(known):
        ours, share = of["mixtura_"], of_dgemm(p, of["mixtura_"])
        least = limit(p, ours)
        parts = [three(1000 * part) for part in (least.products, least.exponentials, least.reading)]
        fraction = f"{least.seconds / ours['seconds']:.0%}"
        rows.append([p.name, three(1000 * ours["seconds"]), *parts, fraction, f"{share:.0%}" if share else "–"])
    head = ["problem", "ms", "products", "exponentials", "reading", "of the limit", "of the product's rate"]
    return markdown(head, rows)


def targets(known) -> str:
    """Every target beside what was measured."""
    rows = [[v.what, v.where, v.measured, v.target, v.word] for v in verdicts.all_of(known)]
    return markdown(["target", "problem", "measured", "wanted", ""], rows)


def misses(known) -> str:
    """The misses with the limit's arithmetic."""
    missed = [v for v in verdicts.all_of(known) if not v.met]
    lines = [f"- {v.what}, {v.where}: {v.measured} (wanted {v.target}). {v.why}".rstrip() for v in missed]
    return "\n".join(lines) or "All targets are met."


def solution(known) -> str:
    """Seconds to a solution as good as scikit-learn's of ten starts."""
    rows = []
    for (part, problem, rival), r in known.items():
        if (part, rival) == ("solution", "mixtura"):
            word = "" if r["reached"] else " (not reached)"
            ratio = f"{r['total'] / r['seconds']:.3g}×{word}"
            gain = f"{r['loglik'] - r['goal']:+.1e}"
            rows.append([problem, three(r["total"]), three(r["seconds"]), r["fits"], gain, ratio])
    head = ["problem", "scikit-learn, n_init=10", "Mixtura", "fits", "log-likelihood per row, Mixtura's lead", "ratio"]
    text = markdown(head, rows)
    if rows:
        all_ratios = [r["total"] / r["seconds"] for key, r in known.items() if key[0::2] == ("solution", "mixtura")]
        text += f"\n\nMedian over these {len(rows)} problems: {median(all_ratios):.0f}× (wanted: 30×)."
    return text


def growth(known) -> str:
    """Slopes on logarithmic scales."""
    lines = dict.fromkeys(key[1] for key in known if key[0] == "growth")
    rows = []
    for line in lines:
        of = {rival: known.get(("growth", line, rival)) for rival in ("mixtura", "scikit-learn")}
        shapes = (of["mixtura"] or of["scikit-learn"])["shapes"]
        ends = " to ".join(f"{n:,} x {d}, K={k}" for n, d, k in (shapes[0], shapes[-1]))
        rows.append([line, ends, *(f"{r['slope']:.2f}" if r else "–" for r in of.values())])
    return markdown(["grows with", "from", "Mixtura's slope", "scikit-learn's slope"], rows)


def printed(name):
    """What another script printed."""

    def text(known) -> str:
        record = known.get((name, "", ""), {})
        return f"```none\n{record['text']}\n```" if "text" in record else "(not measured)"

    return text


def facts(known) -> str:
    """Machine, rates, versions, dates and commands."""
    found = [r for r in known.values() if "limits" in r]
    if not found:
        return "(not measured)"
    newest = max(found, key=lambda r: r["date"])
    dates = sorted(r["date"] for r in known.values())
    middle = {name: median(r["limits"][name] for r in found) for name in found[0]["limits"]}
    versions = dict(pair for r in sorted(found, key=lambda r: r["date"]) for pair in r["versions"].items())
    return "\n".join(
        [
            f"- machine: {newest['machine']}",
            f"- matrix product: {middle['dgemm']:.0f} GFLOP/s in float64, {middle['sgemm']:.0f} in float32",
            f"- exponential: {middle['exp']:.2f} ns on one core; copy: {middle['copy']:.0f} GB/s",
            f"- versions: {', '.join(f'{name} {version}' for name, version in versions.items())}",
            f"- from {dates[0]} to {dates[-1]} (UTC), by `python bench/run.py` in slices",
        ]
    )


def left_out(known) -> str:
    """Why there is no number."""
    reasons: dict[str, list[str]] = {}
    for (part, problem, rival), r in known.items():
        if part == "fits" and "absent" in r and not r.get("slow"):
            reasons.setdefault(f"{NAMES[rival]}: {r['absent']}", []).append(problem)
    return "\n".join(f"- {why} ({len(where)} problems)" for why, where in reasons.items())


SECTIONS = {
    "facts": facts,
    "times": times,
    "memory": memory,
    "fractions": fractions,
    "targets": targets,
    "misses": misses,
    "solution": solution,
    "growth": growth,
    "left_out": left_out,
    "overhead": printed("overhead"),
    "memory_growth": printed("memory"),
    "acceleration": printed("acceleration"),
    "starts": printed("starts"),
}


def write(results: Path, page: Path) -> None:
    """Fill the page's template."""
    known = records.load(results)
    text = PAGE.read_text(encoding="utf-8")
    for name, section in SECTIONS.items():
        text = text.replace("{{" + name + "}}", section(known))
    page.write_text(text, encoding="utf-8")


def tables(results: Path) -> str:
    """What the terminal shows at the end of a run."""
    known = records.load(results)
    parts = [facts, times, memory, fractions, targets, solution, growth, left_out]
    return "\n\n".join(part(known) for part in parts if part(known) != "(not measured)")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
