"""The model and the options of EM of a report's subject as Python code."""

from __future__ import annotations

import re

from mixtura.report.subject import Subject


def is_plain(subject: Subject) -> bool:
    """Whether the model is its covariance model alone, whose name says all."""
    return repr(subject.model) == f"Model(name={str(subject.model)!r})"


def qualified(code: str) -> str:
    """Code of a model with the names of classes as an importer of mixtura writes them."""
    return re.sub(r"\b([A-Z]\w*)\(", r"mixtura.\1(", code)


def em_argument(subject: Subject) -> str:
    """The argument ``em`` of a call, after a comma; empty for the default options."""
    options = qualified(repr(subject.em))
    return "" if options == "mixtura.EM()" else f", em={options}"


def with_arrays(code: str) -> str:
    r"""Code in which the reprs of arrays are NumPy's calls; the rows of noise, one value each, are left to the reader.

    Examples
    --------
    >>> print(with_arrays("import mixtura\nnoise = array([1., 2.])"))
    import mixtura
    import numpy
    noise = numpy.array([1., 2.])
    """
    rows = "noise_rows = ...  # which rows are noise at the start"
    code, found = re.subn(r"begin=(array\([^)]*\)|\[[^\]]*\])", "begin=noise_rows", code)
    code = code.replace("import mixtura\n\n", f"import mixtura\n\n{rows}\n", 1) if found else code
    code, found = re.subn(r"(?<![\w.])array\(", "numpy.array(", code)
    return code.replace("import mixtura\n", "import mixtura\nimport numpy\n", 1) if found else code
