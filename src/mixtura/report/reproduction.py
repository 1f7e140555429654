"""Code that does a fit or a selection again, in Python and on the command line."""

from __future__ import annotations

import shlex

from mixtura.errors import visible
from mixtura.report.code import em_argument, is_plain, qualified, with_arrays
from mixtura.report.selection_code import selection_command, selection_lines
from mixtura.report.subject import Subject


def python_code(subject: Subject, data_name: str) -> str:
    """Python code that fits the same model to the same rows.

    The name of a file is written as a Python string, whatever characters it has.
    """
    rows = f"X = {data_name!r}" if data_name else "X = ...  # the rows of this report"
    lines = ["import mixtura", "", rows]
    k = subject.mixture.n_components
    if subject.selection is not None:
        lines += selection_lines(subject, subject.selection)
    elif subject.model is None:
        lines += ['mixture = mixtura.Mixture.from_json(open("model.json").read())', "mixtura.assess(mixture, X)"]
    else:
        lines += _fit_lines(subject, k)
    lines += ['fit.report(X, "report.html")'] if subject.model is not None else []
    return with_arrays("\n".join(lines))


def _fit_lines(subject: Subject, k: int) -> list[str]:
    """The call of `mixtura.fit`, from the start if its name is known, or else from the model file."""
    em = em_argument(subject)
    lines = [] if is_plain(subject) else [f"model = {qualified(repr(subject.model))}"]
    model = repr(str(subject.model)) if is_plain(subject) else "model"
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
        first = selection_command(subject, subject.selection, data)
    elif _is_known(subject):
        n_init = f" --starts {len(subject.starts)}" if len(subject.starts) > 1 else ""
        needs_file = not is_plain(subject) or bool(em_argument(subject))  # it has the model and the options of EM
        model = f"--model {'model.json' if needs_file else subject.model}"
        target = "fit.json" if needs_file else target  # the one is read to write the other
        first = f"mixtura fit {data} -k {k} {model} --start {subject.start_name}{n_init}{seed} --output {target}"
    else:
        first = f"mixtura score model.json {data}"
    return f"{first}\nmixtura report {target} {data} --output report.html"
