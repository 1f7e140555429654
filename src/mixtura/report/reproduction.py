"""Code that does a fit or a selection again, in Python and on the command line."""

from __future__ import annotations

import re
import shlex

from mixtura.covariance.models import MODELS
from mixtura.errors import visible
from mixtura.report.subject import Subject


def python_code(subject: Subject, data_name: str) -> str:
    """Python code that fits the same model to the same rows.

    The name of a file is written as a Python string, whatever characters it has.
    """
    rows = f"X = {data_name!r}" if data_name else "X = ...  # the rows of this report"
    lines = ["import mixtura", "", rows]
    k = subject.mixture.n_components
    if subject.selection is not None:
        chosen = subject.selection
        counts, models = list(chosen.n_components), "all" if set(chosen.models) == set(MODELS) else list(chosen.models)
        arguments = f"n_components={counts}, models={models!r}, criterion={chosen.criterion!r}, seed={chosen.entropy}"
        lines += [f"chosen = mixtura.select(X, {arguments})", "fit = chosen.best"]
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


def _fit_lines(subject: Subject, k: int) -> list[str]:
    """The call of `mixtura.fit`, from the start if its name is known, or else from the model file."""
    options = _qualified(repr(subject.em))
    em = "" if options == "mixtura.EM()" else f", em={options}"
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
        counts = f"{min(chosen.n_components)}:{max(chosen.n_components)}"
        models = "all" if set(chosen.models) == set(MODELS) else ",".join(chosen.models)
        first = f"mixtura select {data} -k {counts} --models {models}{seed} --output model.json"
    elif _is_known(subject):
        n_init = f" --starts {len(subject.starts)}" if len(subject.starts) > 1 else ""
        model = f"--model {subject.model if _is_plain(subject) else 'model.json'}"
        target = target if _is_plain(subject) else "fit.json"  # the one is read to write the other
        first = f"mixtura fit {data} -k {k} {model} --start {subject.start_name}{n_init}{seed} --output {target}"
    else:
        first = f"mixtura score model.json {data}"
    return f"{first}\nmixtura report {target} {data} --output report.html"
