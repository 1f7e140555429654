"""Code that does a selection again, in Python and on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from mixtura.covariance.models import MODELS
from mixtura.report.code import em_argument, qualified
from mixtura.report.protocols import ReportedSelection
from mixtura.report.subject import Subject

# Default starts of `mixtura.select`, and the name of one that was given as values, in a file.
DEFAULT_STARTS = ("hierarchical", "seeds", "neighbours")
GIVEN = "given"

UNKNOWN_SEED = "# The seed is not known, so the starts may differ."


def selection_lines(subject: Subject, chosen: ReportedSelection) -> list[str]:
    """Lines of Python that select again from the rows ``X``, and call the best fit ``fit``."""
    models = "all" if set(chosen.models) == set(MODELS) else list(chosen.models)
    # The other fields of the best cell's model are those of all cells, and arguments of `mixtura.select`.
    others = qualified(repr(subject.model).removeprefix(f"Model(name={str(subject.model)!r}").removesuffix(")"))
    grid = f"n_components={list(chosen.n_components)}, models={models!r}, criterion={chosen.criterion!r}"
    starts = _starts(chosen)
    given = [f"given = ...  # the values from which EM started, {GIVEN!r} in a file"] if GIVEN in starts else []
    names = ", ".join(GIVEN if one == GIVEN else repr(one) for one in starts)
    start = "" if starts == DEFAULT_STARTS else f", start=[{names}]"
    seed = "" if chosen.seed is None else f", seed={chosen.seed}"
    unknown = [UNKNOWN_SEED] if chosen.seed is None else []
    call = f"chosen = mixtura.select(X, {grid}{others}{start}{seed}{em_argument(subject)})"
    return [*given, *unknown, call, "fit = chosen.best"]


def selection_command(subject: Subject, chosen: ReportedSelection, data: str) -> str:
    """The command that selects again; comments before it name what has no option."""
    models = "all" if set(chosen.models) == set(MODELS) else ",".join(chosen.models)
    options = {
        "-k": _counts_option(chosen.n_components),
        "--models": models,
        "--criterion": chosen.criterion,
        **_start_option(_starts(chosen)),
        **subject.model.command_options(),
        **_options(_changed_fields(subject.em, ("tol", "max_iter", "floor", "resolution"))),
    }
    lacking = [name.lstrip("-") for name, value in options.items() if value is None or name == "--resolution"]
    comments = [f"# Not as a command, but in Python only: {', '.join(lacking)}."] if lacking else []
    comments += [UNKNOWN_SEED] if chosen.seed is None else []
    seed = {} if chosen.seed is None else {"--seed": str(chosen.seed)}
    every = {**options, **seed, "--output": "model.json"}
    words = [f"{name} {value}".strip() for name, value in every.items() if name.lstrip("-") not in lacking]
    return "\n".join([*comments, f"mixtura select {data} {' '.join(words)}"])


def _starts(chosen: ReportedSelection) -> tuple[str, ...]:
    """Names of the starts; ``"given"`` for one that was given as values."""
    return tuple(start if isinstance(start, str) else GIVEN for start in chosen.settings["start"])


def _start_option(starts: tuple[str, ...]) -> dict[str, str | None]:
    """The option ``--start``, None if it has no words for the starts."""
    if starts == DEFAULT_STARTS:
        return {}
    return {"--start": None if GIVEN in starts else ",".join(starts)}


def _changed_fields(em: Any, names: Sequence[str]) -> dict[str, Any]:
    """Those of the named options of EM that have not their default values."""
    named = {field.name: field.default for field in fields(em) if field.name in names}
    return {name: getattr(em, name) for name, default in named.items() if getattr(em, name) != default}


def _options(values: Mapping[str, Any]) -> dict[str, str | None]:
    """Options from the values of parameters.

    Examples
    --------
    >>> _options({"max_iter": 5})
    {'--max-iter': '5'}
    """
    return {f"--{name.replace('_', '-')}": str(value) for name, value in values.items()}


def _counts_option(counts: Sequence[int]) -> str:
    """Numbers of components as the option ``-k`` of ``mixtura select`` takes them.

    Examples
    --------
    >>> _counts_option([1, 2, 3]), _counts_option([2, 5]), _counts_option([4])
    ('1:3', '2,5', '4')
    """
    is_range = len(counts) > 1 and list(counts) == list(range(counts[0], counts[-1] + 1))
    return f"{counts[0]}:{counts[-1]}" if is_range else ",".join(map(str, counts))
