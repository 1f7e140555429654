"""The design's rules, checked on the source text."""

import ast
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import mixtura
from mixtura.covariance.models import names
from mixtura.covariance.models.names import MODELS

SOURCE = Path(__file__).parents[2] / "src" / "mixtura"
FILES = sorted(SOURCE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
BASES_ALLOWED = {"Protocol", "Enum", "StrEnum", "NamedTuple"}
LONGEST_FILE, LONGEST_FUNCTION = 300, 40


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(function, text):
    """Lines of the body that are neither docstring, comment nor blank."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body:
        return 0
    inner = {n for child in functions(function) if child is not function for n in range(child.lineno, child.end_lineno)}
    lines = text.splitlines()
    counted = set(range(body[0].lineno, body[-1].end_lineno + 1)) - inner
    return sum(1 for n in counted if lines[n - 1].strip() and not lines[n - 1].strip().startswith("#"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    long = {f.name: n for f in functions(TREES[path]) if (n := code_lines(f, text)) > LONGEST_FUNCTION}
    assert not long


def chain_length(node):
    """How many branches of an if/elif chain ask about the same name's kind."""
    asked = []
    while isinstance(node, ast.If):
        test = node.test
        if isinstance(test, ast.Call) and getattr(test.func, "id", "") == "isinstance":
            asked.append(ast.unparse(test.args[0]))
        elif isinstance(test, ast.Compare) and isinstance(test.comparators[0], ast.Constant):
            asked.append(ast.unparse(test.left))
        node = node.orelse[0] if len(node.orelse) == 1 else None
    return max((asked.count(name) for name in asked), default=0)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_chain_of_three_branches_on_a_kind(path):
    chains = [node.lineno for node in ast.walk(TREES[path]) if isinstance(node, ast.If) and chain_length(node) >= 3]
    assert not chains


INHERITING = (
    "errors.py",
    "estimator.py",
    "classifier.py",
    "predictions.py",
    "private_methods.py",
    "help_groups.py",
    "display.py",
    "safe_pickle.py",
)


def is_frozen_dataclass(node):
    return any("dataclass" in ast.unparse(d) and "frozen=True" in ast.unparse(d) for d in node.decorator_list)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_classes_are_protocols_or_frozen_dataclasses(path):
    if path.name in INHERITING:
        return  # exceptions inherit by nature, estimators by scikit-learn's rules, commands by Typer's, readers by
        # pickle's; scikit-learn's displays get attributes when they draw
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base) for base in node.bases}
            assert bases <= BASES_ALLOWED, node.name
            assert bases or is_frozen_dataclass(node), node.name


def test_no_arithmetic_in_the_layers_on_top():
    """The scikit-learn layer and the command line pass values on; logarithms and products belong below."""
    for path in (p for p in FILES if p.parent.name in ("sklearn", "cli")):
        names = {ast.unparse(n) for n in ast.walk(TREES[path]) if isinstance(n, ast.Attribute)}
        assert not names & {"np.log", "np.exp", "np.dot", "np.linalg", "math.log", "math.exp", "np.einsum"}, path


def is_file(module):
    """Whether a module is a file of a room; rooms are packages, and stats and errors are rooms of one file."""
    path = SOURCE.parent.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() and module.count(".") > 1


@cache
def exported(room):
    """What a room's door lets out."""
    return getattr(import_module(room), "__all__", ())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_rooms_files_are_imported_only_through_its_door(path):
    home = ".".join(("mixtura", *path.relative_to(SOURCE).parts[:-1]))
    imported = [
        (n.module, name.name) for n in ast.walk(TREES[path]) if isinstance(n, ast.ImportFrom) for name in n.names
    ]
    inside = [pair for pair in imported if pair[0].startswith("mixtura.") and pair[1] not in exported(pair[0])]
    modules = {name for module, symbol in inside for name in (module, f"{module}.{symbol}")}
    rooms = {module.rpartition(".")[0] for module in modules if is_file(module)}
    assert all(f"{home}.".startswith(f"{room}.") for room in rooms), rooms


def test_import_contracts():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=SOURCE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# Optional concerns: the word for each, and the most modules that may name it. A discriminant's classes have priors, or
# prior probabilities, and rows prior responsibilities, which are other things; `Fit.log_prior` is a number to all who
# pass it on.
CONCERNS = {"conjugate prior": (r"(?<!log_)prior(?!s| probabilit|[-_ ]?responsibilit)", 8), "trimming": ("trim", 5)}
TABLES_OF_CLASSES = ("analysis/classification.py", "cli/results.py")  # with a column "prior"


@pytest.mark.parametrize("concern", CONCERNS)
def test_an_optional_concern_is_named_in_few_modules(concern):
    """In code or docstrings; doors do not count, since they only pass on the names of their rooms."""
    word, most = CONCERNS[concern]
    naming = [path for path in FILES if re.search(word, path.read_text(encoding="utf-8"), re.IGNORECASE)]
    modules = {path.relative_to(SOURCE).as_posix() for path in naming if path.name != "__init__.py"}
    modules.difference_update(TABLES_OF_CLASSES)
    assert len(modules) <= most, modules


def test_importing_mixtura_brings_no_extra():
    extras = [
        "matplotlib",
        "polars",
        "typer",
        "rich",
        "PIL",
        "pandas",
        "plotly",
        "jinja2",
        "starlette",
        "uvicorn",
        "pyarrow",
        "fsspec",
        "dask",
        "torch",
    ]
    # scikit-learn itself imports what it finds of pandas and rich.
    code = "import sys, sklearn.mixture; before = set(sys.modules); import mixtura;"
    code += f"print([m for m in {extras} if m in set(sys.modules) - before])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_family_is_named_once():
    assert set(MODELS) == {family.name for family in MODELS.values()}
    assert set(names.ALIASES.values()) <= set(MODELS)


def test_public_names_are_documented():
    for name in mixtura.__all__:
        assert getattr(mixtura, name).__doc__, name
    assert len(set(mixtura.__all__)) == len(mixtura.__all__)
    version = re.search(r'^version = "(.*)"', (SOURCE.parents[1] / "pyproject.toml").read_text(), re.MULTILINE)
    assert mixtura.__version__ == version.group(1)


def test_nothing_is_switched_off():
    """No skipped or expected failures hide in the tests."""
    hidden = re.compile(r"mark\.(skip|xfail)|pytest\.(skip|xfail)\(")
    for path in Path(__file__).parents[1].rglob("*.py"):
        if path != Path(__file__):
            assert not hidden.search(path.read_text(encoding="utf-8")), path
