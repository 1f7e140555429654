"""How Sphinx builds these pages: ``python -m sphinx -W -b html docs docs/_build/html``."""

import contextlib
import hashlib
import re
import warnings
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

import mixtura

project = "Mixtura"
author = "The Mixtura developers"
project_copyright = "The Mixtura developers"
version = release = installed_version("mixtura")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

default_role = "code"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "furo"
html_title = f"Mixtura {release}"

ROOT = Path(__file__).parents[1]
GALLERY = Path(__file__).parent / "_build" / "gallery"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$\n", re.MULTILINE | re.DOTALL)


def draw_gallery(_app: Any, page: str, source: list[str]) -> None:
    """Run the examples of the gallery, and put the figure that each makes below it."""
    if page != "gallery":
        return
    mpl.use("agg")
    GALLERY.mkdir(parents=True, exist_ok=True)
    names: dict[str, Any] = {}

    def with_picture(example: re.Match[str]) -> str:
        with contextlib.chdir(ROOT), warnings.catch_warnings():
            warnings.simplefilter("ignore", mixtura.MixturaWarning)  # of small data; the examples' pages speak of it
            exec(compile(example[1], "gallery.md", "exec"), names)
        path = GALLERY / f"{hashlib.sha256(example[1].encode()).hexdigest()[:12]}.png"
        names["figure"].savefig(path, dpi=90)
        plt.close("all")
        return f"{example[0]}\n![The picture that this code draws](_build/gallery/{path.name})\n"

    source[0] = EXAMPLE.sub(with_picture, source[0])


def setup(app: Any) -> None:
    """Connect the gallery to the build."""
    app.connect("source-read", draw_gallery)
