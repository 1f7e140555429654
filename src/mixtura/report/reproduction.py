"""Code that does a fit or a selection again, in Python and on the command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from mixtura.covariance.models import MODELS
from mixtura.errors import visible
from mixtura.report.protocols import ReportedSelection
from mixtura.report.subject import Subject


def python_code(subject: Subject, data_name: str) -> str:
    """Python code that fits the same model to the same rows.

    The name of a file is written as a Python string, whatever characters it has.
    """
    rows = f"X = {data_name!r}" if data_name else "X = ...  # the rows of this report"
    lines = ["import mixtura", "", rows]
    k = subject.mixture.n_components
    if subject.selection is not None:
        lines += [
            f"chosen = mixtura.select(X, {_selection_arguments(subject, subject.selection)})",
            "fit = chosen.best",
        ]
    elif subject.model is None:
        lines += ['mixture = mixtura.Mixture.from_json(open("model.json").read())', "mixtura.assess(mixture, X)"]
    else:
        lines += _fit_lines(subject, k)
    lines += ['fit.report(X, "report.html")'] if subject.model is not None else []
    return "\n".join(lines)


def _is_plain(subject: Subject) -> bool:
    """Whether the model is its covariance model alone, whose name says all."""
    return repr(subject.model) == f"Model(name={str(subject.model)!r})"


def _qualified(code: str) -> str:
    """Code of a model with the names of classes as an importer of mixtura writes them."""
    return re.sub(r"\b([A-Z]\w*)\(", r"mixtura.\1(", code)


def _em_argument(subject: Subject) -> str:
    """The argument ``em`` of a call, after a comma; empty for the default options."""
    options = _qualified(repr(subject.em))
    return "" if options == "mixtura.EM()" else f", em={options}"


def _selection_arguments(subject: Subject, chosen: ReportedSelection) -> str:
    """Arguments of `mixtura.select` after X, but for its seed, which a selection does not keep."""
    models = "all" if set(chosen.models) == set(MODELS) else list(chosen.models)
    # The other fields of the best cell's model are those of all cells, and arguments of `mixtura.select`.
    others = _qualified(repr(subject.model).removeprefix(f"Model(name={str(subject.model)!r}").removesuffix(")"))
    grid = f"n_components={list(chosen.n_components)}, models={models!r}, criterion={chosen.criterion!r}"
    return f"{grid}{others}{_em_argument(subject)}"


def _fit_lines(subject: Subject, k: int) -> list[str]:
    """The call of `mixtura.fit`, from the start if its name is known, or else from the model file."""
    em = _em_argument(subject)
    lines = [] if _is_plain(subject) else [f"model = {_qualified(repr(subject.model))}"]
    model = repr(str(subject.model)) if _is_plain(subject) else "model"
    if _is_known(subject):
        n_init = f", n_init={len(subject.starts)}" if len(subject.starts) > 1 else ""
        start = f", start={subject.start_name!r}, seed={subject.seed}"
        return [*lines, f"fit = mixtura.fit(X, {k}, model={model}{start}{n_init}{em})"]
    return [
        *lines,
        'start = mixtura.Mixture.from_json(open("model.json").read())  # from this page',
        f"fit = mixtura.fit(X, model={model}, start=start{em})",
    ]


def _is_known(subject: Subject) -> bool:
    """Whether the start and the seed are known, so that the same fit can be made again."""
    return bool(subject.start_name) and subject.seed is not None


def shell_code(subject: Subject, data_name: str) -> str:
    """Commands that do the same."""
    data = shlex.quote(visible(data_name)) if data_name else "data.csv"
    target = "model.json"
    k, seed = subject.mixture.n_components, "" if subject.seed is None else f" --seed {subject.seed}"
    if subject.selection is not None:
        chosen = subject.selection
        models = "all" if set(chosen.models) == set(MODELS) else ",".join(chosen.models)
        grid = f"-k {_counts_option(chosen.n_components)} --models {models} --criterion {chosen.criterion}"
        first = f"mixtura select {data} {grid} --output model.json"
    elif _is_known(subject):
        n_init = f" --starts {len(subject.starts)}" if len(subject.starts) > 1 else ""
        needs_file = not _is_plain(subject) or bool(_em_argument(subject))  # it has the model and the options of EM
        model = f"--model {'model.json' if needs_file else subject.model}"
        target = "fit.json" if needs_file else target  # the one is read to write the other
        first = f"mixtura fit {data} -k {k} {model} --start {subject.start_name}{n_init}{seed} --output {target}"
    else:
        first = f"mixtura score model.json {data}"
    return f"{first}\nmixtura report {target} {data} --output report.html"


def _counts_option(counts: Sequence[int]) -> str:
    """Numbers of components as the option ``-k`` of ``mixtura select`` takes them.

    Examples
    --------
    >>> _counts_option([1, 2, 3]), _counts_option([2, 5])
    ('1:3', '2,5')
    """
    is_range = list(counts) == list(range(counts[0], counts[-1] + 1))
    return f"{counts[0]}:{counts[-1]}" if is_range else ",".join(map(str, counts))
