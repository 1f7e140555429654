"""How Sphinx builds these pages: ``python -m sphinx -W -b html docs docs/_build/html``."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for mathml.py

project = "Mixtura"
author = "The Mixtura developers"
project_copyright = "The Mixtura developers"
version = release = installed_version("mixtura")

extensions = ["myst_parser", "sphinx.ext.autodoc", "mathml", "numpydoc"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_math_renderer = "mathml"

default_role = "code"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "furo"
html_title = f"Mixtura {release}"
