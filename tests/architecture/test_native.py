"""The design's rules for the C++ sources, checked on their text."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "native"
FILES = sorted(path for path in SOURCE.rglob("*") if path.suffix in (".cpp", ".hpp"))
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_LINE = 350, 40, 120
SCOPE = re.compile(r"^\s*(template\s*<.*>\s*)?(inline |extern )*(namespace|struct|class|enum|union|extern)\b[^()]*\{")


def code(text):
    """Lines without comments, strings and characters, which may hold braces."""
    text = re.sub(r'"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])\'', '""', text)
    return [re.sub(r"//.*", "", line) for line in text.splitlines()]


def functions(lines):
    """First line and number of lines of code of every function that is not inside another."""
    depth, scopes, first = 0, [], None
    for number, line in enumerate(lines):
        if first is None and "{" in line and line.count("{") > line.count("}"):
            if SCOPE.match(line):
                scopes.append(depth)
            else:
                first = (number, depth)
        depth += line.count("{") - line.count("}")
        if first is not None and depth <= first[1]:
            yield first[0], sum(1 for inner in lines[first[0] + 1 : number] if inner.strip())
            first = None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert max(map(len, text.splitlines())) <= LONGEST_LINE
    long = {line + 1: length for line, length in functions(code(text)) if length > LONGEST_FUNCTION}
    assert not long


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_says_first_what_it_is(path):
    assert path.read_text(encoding="utf-8").startswith("// ")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_address_of_an_element_that_an_empty_vector_lacks(path):
    """`&v[i * d]` of an empty vector aborts where libstdc++ checks indices; `v.data() + i * d` does not."""
    assert not re.findall(r"&[\w.]+\[\w+ \* ", path.read_text(encoding="utf-8"))


def test_long_functions_are_found():
    body = ["  int x = 0;"] * 41
    lines = ["namespace mixtura {", "struct A {", "  void f() {", *body, "  }", "  int g() { return 1; }", "};", "}"]
    assert list(functions(lines)) == [(2, 41)]
