"""Targets beside what was measured."""

from dataclasses import dataclass
from statistics import median

from limits import limit, of_dgemm
from problems import PROBLEMS
from rivals import NAMES

OTHERS = [rival for rival in NAMES if rival not in {"mixtura_", "sklearn_"}]
TWICE, THRICE, DGEMM, SINGLE, SOLUTION = 2.0, 3.0, 0.6, 1.7, 30.0


@dataclass(frozen=True)
class Verdict:
    """One target: ``why`` holds the limit's arithmetic for a miss."""

    what: str
    where: str
    measured: str
    target: str
    met: bool
    why: str = ""

    @property
    def word(self) -> str:
        """For the table."""
        return "met" if self.met else "missed"


def seconds(known, problem, rival) -> float | None:
    """Of a rival that ran the same iterations from the same start."""
    record = known.get(("fits", problem.name, rival), {})
    return None if "absent" in record or record.get("own_start") else record.get("seconds")


def fastest_other(known, problem) -> tuple[float, str] | None:
    """The fastest rival but scikit-learn."""
    found = [(s, NAMES[rival]) for rival in OTHERS if (s := seconds(known, problem, rival)) is not None]
    return min(found, default=None)


def arithmetic(known, problem) -> str:
    """What the machine allows, for a miss."""
    ours = known["fits", problem.name, "mixtura_"]
    least = limit(problem, ours)
    return f"The machine's limit is {least}; Mixtura takes {ours['seconds']:.3g} s."


def beside_sklearn(known, measured) -> list[Verdict]:
    """Times scikit-learn."""
    found = []
    for problem, own in measured:
        theirs = seconds(known, problem, "sklearn_")
        if problem.target and theirs:
            ratio = theirs / own
            met = ratio >= problem.target
            why = "" if met else arithmetic(known, problem)
            found.append(Verdict("times scikit-learn", problem.name, f"{ratio:.1f}×", f"{problem.target}×", met, why))
    return found


def beside_others(known, measured) -> list[Verdict]:
    """Times the fastest other rival: twice on every row, three times at the median."""
    found, ratios = [], []
    for problem, own in measured:
        if (other := fastest_other(known, problem)) is None:
            continue
        ratio = other[0] / own
        ratios.append(ratio)
        met = ratio >= TWICE
        shown = f"{ratio:.1f}× {other[1]}"
        why = "" if met else arithmetic(known, problem)
        found.append(Verdict("times the fastest other rival", problem.name, shown, f"{TWICE:.0f}×", met, why))
    if ratios:
        middle = median(ratios)
        where = f"median of {len(ratios)} problems"
        found.append(Verdict("times the fastest other rival", where, f"{middle:.1f}×", "3×", middle >= THRICE))
    return found


def shares(known, measured) -> list[Verdict]:
    """Of the matrix product's rate, for full covariances with at least 16 columns and components."""
    found = []
    for problem, _ in measured:
        ours = known["fits", problem.name, "mixtura_"]
        if problem.kind == "full" and problem.dtype == "float64" and min(ours["d"], ours["k"]) >= 16:
            share = of_dgemm(problem, ours)
            met = share >= DGEMM
            why = "" if met else arithmetic(known, problem)
            found.append(Verdict("of the dgemm rate", problem.name, f"{share:.0%}", "60%", met, why))
    return found


def singles(known, measured) -> list[Verdict]:
    """float32 beside our float64."""
    own = {problem.name: s for problem, s in measured}
    found = []
    for problem, s in measured:
        double = own.get(problem.name.removesuffix(", float32"))
        if problem.dtype == "float32" and double:
            met = double / s >= SINGLE
            why = "" if met else arithmetic(known, problem)
            found.append(Verdict("float32, times our float64", problem.name, f"{double / s:.2f}×", "1.7×", met, why))
    return found


def solutions(known) -> list[Verdict]:
    """Median time to a solution."""
    ratios = [r["total"] / r["seconds"] for key, r in known.items() if key[0] == "solution" and key[2] == "mixtura"]
    if not ratios:
        return []
    middle = median(ratios)
    where = f"median of {len(ratios)} problems"
    return [Verdict("time to a solution, times scikit-learn", where, f"{middle:.0f}×", "30×", middle >= SOLUTION)]


def all_of(known) -> list[Verdict]:
    """Everything that is wanted of fits."""
    measured = [(p, s) for p in PROBLEMS if (s := seconds(known, p, "mixtura_")) is not None]
    found = [f(known, measured) for f in (beside_sklearn, beside_others, shares, singles)]
    return [verdict for part in found for verdict in part] + solutions(known)
