"""The pages say what is: their examples run, their outputs are what comes out, their links lead somewhere."""

import codeop
import contextlib
import inspect
import io
import json
import re
import runpy
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import mixtura

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
PROSE = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md"]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

# Its help texts are made from the program itself.
GENERATED = "cli.md"

# Records without behaviour: their docstrings list what they hold.
RECORDS = {"TriedStart", "Iteration", "Start"}


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int
    before: str  # the paragraph above it


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(m[1], m[2], text.count("\n", 0, m.start()) + 2, text[: m.start()].rstrip().rpartition("\n\n")[2])
        for m in FENCE.finditer(text)
    ]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_same_number(shown: str, real: str) -> bool:
    """Whole numbers are equal; others differ by a unit in the last digit, of long ones in the ninth: rounding."""
    a, b = float(shown), float(real)
    if shown.lstrip("+-").isdigit() and real.lstrip("+-").isdigit():
        return a == b
    unit = 1.01 * 10.0 ** int(Decimal(shown).as_tuple().exponent)
    return abs(a - b) <= min(max(unit, 1e-9 * abs(b), 1e-12), max(1e-3 * abs(b), 1e-6))


def assert_same_output(shown: str, real: str) -> None:
    """Words equal but for white space, numbers but for rounding; a line of "…" at the end stands for more lines."""
    *lines, last = shown.rstrip().split("\n")
    if last == "…":
        assert len(real.rstrip().split("\n")) > len(lines), f"nothing is left out:\n{real}"
        shown, real = "\n".join(lines), "\n".join(real.split("\n")[: len(lines)])
    assert NUMBER.sub("#", shown).split() == NUMBER.sub("#", real).split(), f"shown:\n{shown}\nreal:\n{real}"
    for a, b in zip(NUMBER.findall(shown), NUMBER.findall(real), strict=True):
        assert is_same_number(a, b), f"{a} is shown, {b} comes out:\n{real}"


def run_python(block: Block, page: Path, names: dict) -> str:
    source = "\n" * (block.line - 1) + block.text  # so that a traceback names the page's line
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(source, str(page), "exec", dont_inherit=True), names)
    return output.getvalue()


def commands_of(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console block, with the output that is shown below it."""
    for part in re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command.strip(), output


def run_mixtura(arguments: list[str]) -> str:
    """What a terminal shows: standard output and error. A "# exit code 2" at the end says which code is meant."""
    from mixtura.cli import main

    expected = 0
    if "#" in arguments:
        arguments, expected = arguments[: arguments.index("#")], int(arguments[-1])
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(output):
        code = main(arguments)
    assert code == expected, f"mixtura {shlex.join(arguments)} exits with {code}:\n{output.getvalue()}"
    return output.getvalue()


def look_into_file(program: str, *arguments: str) -> str:
    """What ``head -n 3 FILE`` and ``grep WORD FILE`` show."""
    *_, sought, file = arguments
    lines = Path(file).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(lines[: int(sought)] if program == "head" else [line for line in lines if sought in line])


def run_console(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    for command, shown in commands_of(block):
        words = shlex.split(command)
        if words[0] == "python" and words[1:2] == ["-m"]:
            continue
        if words[0] == "python":
            monkeypatch.setattr(sys, "argv", words[1:])
            runpy.run_path(words[1], run_name="__main__")
            continue
        if words[0] in ("head", "grep"):
            assert_same_output(shown, look_into_file(*words))
            continue
        if words[0] != "mixtura":
            assert words[0] in ("make", "python3", "pip", "pipx", "uv", "source", "git", "cd"), f"who runs {command!r}?"
            continue
        real = run_mixtura(words[1:])
        if "not shown" not in block.before:
            assert_same_output(shown, real)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that looks like the root of a checkout to whoever reads its examples."""
    for folder in ("examples", "tests/reference/mclust"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # when fits say that they were made
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=relative)
@pytest.mark.usefixtures("checkout")
@pytest.mark.filterwarnings("error")  # nor does a warning come that the page does not show
def test_examples_of_a_page_run_and_show_what_comes_out(page, monkeypatch):
    run_blocks(blocks_of(page), page, {"__name__": "__main__"}, monkeypatch)


def run_blocks(blocks: list[Block], page: Path, names: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    output = ""
    for block in [*blocks, Block("", "", 0, "")]:
        if block.language == "text" and page.name != GENERATED:
            assert output, f"line {block.line}: output of which example?"
            assert_same_output(block.text, output)
            output = ""
            continue
        assert not output, f"above line {block.line} an output is not shown:\n{output}"
        if block.language == "python":
            output = run_python(block, page, names)
        elif block.language == "console":
            run_console(block, monkeypatch)


def sections_of(page: Path, heading: str) -> list[list[Block]]:
    """The blocks above the first heading of that kind, then those below each one."""
    lines = page.read_text(encoding="utf-8").split("\n")
    starts = [number for number, line in enumerate(lines, start=1) if line.startswith(f"{heading} ")]
    found: list[list[Block]] = [[] for _ in range(len(starts) + 1)]
    for block in blocks_of(page):
        found[sum(start < block.line for start in starts)].append(block)
    return found


RECIPES = ROOT / "docs" / "recipes.md"
TABLES, *ANSWERS = sections_of(RECIPES, "###")


@pytest.mark.parametrize("answer", [blocks for blocks in ANSWERS if blocks], ids=lambda blocks: f"line{blocks[0].line}")
@pytest.mark.usefixtures("checkout")
@pytest.mark.filterwarnings("error")
def test_each_recipe_runs_without_the_others(answer, monkeypatch):
    run_blocks([*TABLES, *answer], RECIPES, {"__name__": "__main__"}, monkeypatch)


def interactive_inputs(text: str) -> Iterator[str]:
    """What Python's prompt takes as one input each where these lines are pasted: a block ends at an empty line."""
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if lines or line.strip():
            lines.append(line)
            if codeop.compile_command("\n".join(lines), symbol="single") is not None:
                yield "\n".join(lines)
                lines = []
    assert not lines, f"no end of:\n{text}"


# Its classes are for files, as it says.
FOR_FILES = ROOT / "docs" / "architecture.md"


@pytest.mark.parametrize("page", [page for page in PROSE if page != FOR_FILES], ids=relative)
def test_examples_of_a_page_can_be_pasted_at_the_prompt(page):
    for block in blocks_of(page):
        if block.language == "python":
            try:
                list(interactive_inputs(block.text))
            except SyntaxError as error:
                pytest.fail(f"line {block.line}: {error}: {error.text}")


def test_what_the_prompt_does_not_take_is_noticed():
    assert len(list(interactive_inputs("x = [\n    1,\n]\nfor i in x:\n    print(i)\n\nprint(x)\n"))) == 3
    for text in ("for i in x:\n    print(i)\nprint(x)\n", "def f():\n    x = 1\n\n    return x\n"):
        with pytest.raises(SyntaxError):
            list(interactive_inputs(text))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_page_says_that_its_dates_are_not_those_of_the_reader(page):
    text = page.read_text(encoding="utf-8")
    assert "fitted 2026-01-01" not in text or re.search(r"\bdate\b", FENCE.sub("", text))


def test_no_two_pages_write_the_same_file():
    """A reader runs all pages in one folder."""
    writers: dict[str, str] = {}
    for page in PAGES:
        code = "\n".join(block.text for block in blocks_of(page) if block.language in ("python", "console"))
        for name in set(re.findall(r"(?<![\w./])[\w-]+\.(?:json|csv|png|gif|html)\b", code)):
            assert writers.setdefault(name, relative(page)) == relative(page), f"{name} is in {page.name}, too"


def test_wrong_output_is_noticed():
    assert_same_output("a  1.0000\nb", "a 1.00001 b\n")
    with pytest.raises(AssertionError):
        assert_same_output("a 1.00", "a 1.01")
    with pytest.raises(AssertionError):
        assert_same_output("a 1.00", "b 1.00")
    with pytest.raises(AssertionError):
        assert_same_output("2322.7029", "2322.7046")
    with pytest.raises(AssertionError):
        assert_same_output("7 iterations", "8 iterations")


def test_output_may_be_cut_where_it_says_so():
    assert_same_output("a 1\n…", "a 1\nb 2\n")
    assert_same_output("…", "a 1\n")
    for shown, real in (("a 1\n…", "a 1\n"), ("a 1\n…", "a 2\nb\n"), ("", "a 1\n")):
        with pytest.raises(AssertionError):
            assert_same_output(shown, real)


@pytest.mark.parametrize("script", SCRIPTS, ids=relative)
def test_example_script_runs(script, checkout, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(script), str(checkout / "out")])
    runpy.run_path(str(checkout / relative(script)), run_name="__main__")
    *_, last = capsys.readouterr().out.splitlines()
    written = re.findall(r"\w+\.(?:png|gif|json)", last)
    assert written
    assert all((checkout / "out" / name).stat().st_size > 0 for name in written)


def test_every_example_data_set_names_its_source_and_licence():
    readme = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    sections = re.split(r"^### ", readme, flags=re.MULTILINE)[1:]
    for data in [*(ROOT / "examples").glob("*.csv"), *(ROOT / "examples").glob("*.json")]:
        own = [section for section in sections if f"`{data.name}`" in section.splitlines()[0]]
        assert own, f"{data.name} is not in examples/README.md"
        assert "**Source**" in own[0]
        assert "**Licence**" in own[0]


def test_iris_is_that_of_scikit_learn():
    from sklearn.datasets import load_iris

    iris = load_iris()
    table = np.loadtxt(ROOT / "examples" / "iris.csv", delimiter=",", skiprows=1, dtype=str)
    assert (table[:, :4].astype(float) == iris.data).all()
    assert (table[:, 4] == iris.target_names[iris.target]).all()


def test_the_six_points_start_is_as_documented():
    made = runpy.run_path(str(ROOT / "examples" / "six_points.py"))["textbook_start"]()
    assert (ROOT / "examples" / "six_points_start.json").read_text(encoding="utf-8").strip() == made.to_json()


def test_the_flats_are_as_documented(tmp_path):
    made = runpy.run_path(str(ROOT / "examples" / "flats.py"))
    for rows, name in ((made["this_week"](), "flats.csv"), (made["next_week"](), "flats_next_week.csv")):
        made["write"](tmp_path / name, rows)
        assert (tmp_path / name).read_bytes() == (ROOT / "examples" / name).read_bytes()


@pytest.mark.parametrize("name", mixtura.__all__)
def test_public_name_is_documented(name):
    api = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert re.search(rf"^\.\. auto(?:class|function|exception):: mixtura\.{name}$", api, re.MULTILINE)
    documented = getattr(mixtura, name)
    assert inspect.getdoc(documented)
    is_error = isinstance(documented, type) and issubclass(documented, Exception)
    if not is_error and name not in RECORDS:
        methods = vars(documented).values() if isinstance(documented, type) else ()
        texts = [inspect.getdoc(thing) or "" for thing in (documented, *methods)]
        assert any("\nExamples\n--------\n" in text for text in texts)


@pytest.mark.parametrize("page", PROSE, ids=relative)
def test_local_links_lead_somewhere(page):
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), f"{target} does not exist"
        if anchor:
            assert f"({anchor})=" in file.read_text(encoding="utf-8"), f"{target} has no such label"


@pytest.mark.parametrize("page", PROSE, ids=relative)
def test_links_have_texts(page):
    """GitHub shows nothing where a link has none."""
    assert re.findall(r"(?<!!)\[\s*\]\([^)]*\)", FENCE.sub("", page.read_text(encoding="utf-8"))) == []


@pytest.fixture(scope="module")
def to_mathml():
    return runpy.run_path(str(ROOT / "docs" / "mathml.py"))["to_mathml"]


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_formulas_of_a_page_become_mathml(page, to_mathml):
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))
    for display, inline in re.findall(r"\$\$(.+?)\$\$|\$([^$]+)\$", prose, re.DOTALL):
        formula = to_mathml(display or inline, display=bool(display))
        assert formula.startswith("<math ")
        assert "merror" not in formula
        assert "\\" not in formula  # no command of LaTeX is left


def test_an_index_is_beside_its_accented_letter(to_mathml):
    mean = re.sub(r"\s+|<math[^>]*>|</math>", "", to_mathml(r"\bar x_j"))
    assert mean == '<msub><mover><mi>x</mi><mostretchy="false">ˉ</mo></mover><mi>j</mi></msub>'


def test_spaces_set_off_the_name_of_a_function_but_not_from_a_parenthesis(to_mathml):
    assert to_mathml(r"n \log w").count("mspace") == 2
    assert to_mathml(r"n \log(w)").count("mspace") == 1


def test_every_command_is_documented():
    commands = run_mixtura(["--help"]).partition("Commands:")[2]
    names = re.findall(r"^  (\w+)  ", commands, re.MULTILINE)
    assert "fit" in names
    cli = (ROOT / "docs" / GENERATED).read_text(encoding="utf-8")
    assert [name for name in names if f"## mixtura {name}\n" not in cli] == []


def test_every_page_is_in_the_contents():
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    tree = re.search(r"```\{toctree\}\n(.*?)```", contents, re.DOTALL)[1].split()
    assert {page.stem for page in DOCS} - {"index"} <= set(tree)


def names_in_code(text):
    """Words within back-quotes, with the dots that belong to them."""
    return set(re.findall(r"[A-Za-z_][\w.]*\w|[A-Za-z]", " ".join(re.findall(r"`([^`]+)`", text))))


def test_every_function_and_argument_of_mclust_has_a_line():
    """What R's mclust exports is in tests/reference/mclust/exports.json; families such as emVEV are one line."""
    page = (ROOT / "docs" / "coming-from-mclust.md").read_text(encoding="utf-8")
    every = page.partition("## Every function and argument")[2]
    shared = names_in_code(every.partition("### Clustering")[0])
    lines = [line.split(" | ")[0] for line in every.splitlines() if line.startswith("| `")]
    functions = json.loads((ROOT / "tests/reference/mclust/exports.json").read_text(encoding="utf-8"))["functions"]
    family = re.compile(r"(em|me|estep|mstep|cdens|sim)([EVI]{3}|[EV]|X|X[XI]I|XXX)")
    for name, arguments in functions.items():
        own = next((line for line in lines if name in names_in_code(line)), None)
        if own is None:
            assert family.fullmatch(name) or f"`{name}`" in every, name
            continue
        heads = shared | {word.partition(".")[0] for word in shared}
        there = names_in_code(own)
        missing = {a for a in arguments if a not in there and a not in shared and a.partition(".")[0] not in heads}
        assert missing - {"..."} == set(), f"{name} has no line about {missing}"


def test_what_the_page_calls_ours_is_ours():
    page = (ROOT / "docs" / "coming-from-mclust.md").read_text(encoding="utf-8")
    for path in set(re.findall(r"\bmixtura\.(\w+(?:\.[A-Z]\w+)?)", FENCE.sub("", page))):
        found = mixtura
        for name in path.split("."):
            found = getattr(found, name)
