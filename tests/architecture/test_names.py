"""One name, one meaning: no public class or function of the top level is defined twice in the package."""

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "mixtura"

# Rooms in which a name may be defined twice, and why.
TWO_ENGINES = {  # each implements the contract of kernels.Kernel
    name: ["kernels", "kernels"]
    for name in (
        "agglomerate",
        "estep",
        "level",
        "moments",
        "row_sums",
    )
}
PREDICTIONS = {  # a mixture's methods, and what kernels compute for them
    "log_joint": ["kernels", "kernels", "mixture"],
    "posterior": ["kernels", "mixture"],
}
COMMANDS = {  # a command of the command line has the name of the function that it calls
    "bootstrap": ["analysis", "cli"],
    "compare": ["analysis", "cli"],
    "fit": ["cli", "fitting"],
    "plot": ["cli", "plotting"],
    "predict": ["cli", "mixture"],
    "replay": ["cli", "report"],
    "sample": ["cli", "mixture"],
    "select": ["cli", "selection"],
}
ALLOWED = TWO_ENGINES | PREDICTIONS | COMMANDS


def rooms_by_name():
    """The rooms of all definitions of each public name of the top level."""
    found = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                found[node.name].append(path.relative_to(SOURCE).parts[0])
    return found


def test_no_public_name_is_defined_twice():
    twice = {name: rooms for name, rooms in rooms_by_name().items() if len(rooms) > 1}
    assert {name: rooms for name, rooms in twice.items() if ALLOWED.get(name) != rooms} == {}
    assert not set(ALLOWED) - set(twice), "these are no longer defined twice: remove them from the lists above"
