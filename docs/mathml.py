"""Formulas as MathML, written when the pages are built, so that they are readable without a network."""

import re
from xml.etree import ElementTree as ET

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ACCENTS = {"ˉ", "˜", "~", "^", "ˆ"}
# A function's name: thin spaces set it off from what is before it, and from what follows unless that is a parenthesis.
APPLICATION = re.compile(r"(<m[io][^>]*>[^<]+</m[io]>)\s*<mo>&ApplyFunction;</mo>\s*(<mo[^>]*>\()?")
SPACE = '<mspace width="0.17em"/>'
FONTS = "Latin Modern Math, STIX Two Math, Cambria Math, DejaVu Math TeX Gyre, math"  # the first that a reader has


def to_mathml(formula: str, *, display: bool = False) -> str:
    """MathML of a LaTeX formula."""
    ET.register_namespace("", NAMESPACE)
    text = tex2mathml(formula, as_block=display).replace("&nbsp;", "\N{NO-BREAK SPACE}")
    root = ET.fromstring(APPLICATION.sub(lambda found: SPACE + found[1] + (found[2] or SPACE), text))
    root.set("style", f"font-family: {FONTS}")
    for element in list(root.iter()):
        split_accent(element)
        if element.get("class") == "ams-align":
            align_columns(element)
    return ET.tostring(root, encoding="unicode")


def split_accent(element: ET.Element) -> None:
    """Put the index of an accented letter beside it: docutils 0.22 puts it below the letter."""
    if element.tag != f"{{{NAMESPACE}}}munderover" or (element[2].text or "").strip() not in ACCENTS:
        return
    letter, index, accent = element
    over = ET.Element(f"{{{NAMESPACE}}}mover")
    over.extend([letter, accent])
    element.tag = f"{{{NAMESPACE}}}msub"
    element[:] = [over, index]


def align_columns(table: ET.Element) -> None:
    """Columns of aligned equations end and begin at the alignment points, in turn."""
    for row in table:
        for number, cell in enumerate(row):
            gap = "2em" if number and not number % 2 else "0"
            cell.set("style", f"text-align: {'left' if number % 2 else 'right'}; padding: 0.3em 0 0.3em {gap}")


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(to_mathml(node.astext()))
    raise nodes.SkipNode


def visit_display(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    formula = to_mathml(node.astext(), display=True)
    writer.body.append(f'<div class="math" style="overflow-x: auto; overflow-y: hidden">{formula}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Make ``html_math_renderer = "mathml"`` known to Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
