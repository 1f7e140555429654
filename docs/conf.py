"""How Sphinx builds these pages: ``python -m sphinx -W -b html docs docs/_build/html``."""

from importlib.metadata import version as installed_version

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
