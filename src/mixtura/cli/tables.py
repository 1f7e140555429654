"""Format fits, mixtures and selections as text tables, and as plain values for JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mixtura import Assessment, Fit, Mixture, Selection
from mixtura._support import format_count
from mixtura.cli.option_words import in_option_words
from mixtura.errors import visible
from mixtura.fitting import fit_sentences
from mixtura.mixture import (
    column_labels,
    component_labels,
    deviation_name,
    has_t_components,
    mean_and_deviation,
    noise_name,
    standard_deviations,
    tail_lines,
)
from mixtura.plotting import CRITERION_LABELS

# Further columns are in --json and the model file.
MAX_PRINTED_COLUMNS = 40

# Cells of one line or of one column of a table.
CellTexts = tuple[str, ...]


def fit_summary(fit: Fit, console: Console) -> Group:
    """Summary of a fit: its outcome, its components and its criteria."""
    mixture = fit.mixture
    others = [fit.n_rows - fit.sizes.sum()] if mixture.noise else []
    sizes = ("size", *(f"{size:.1f}" for size in [*fit.sizes.tolist(), *others]))
    return Group(
        *(Text(in_option_words(line)) for line in fit_sentences(fit)),
        Text(),
        *component_tables(mixture, console, [sizes]),
        criteria_table(fit.assessment, {}),
    )


def component_count(mixture: Mixture) -> str:
    """Number of components in words, with a mention of noise."""
    kind = "t component" if has_t_components(mixture) else "component"
    return format_count(mixture.n_components, kind) + (" and noise" if mixture.noise else "")


def mixture_summary(mixture: Mixture, console: Console) -> Group:
    """Summary of a mixture: its size and its components."""
    shape = f"{component_count(mixture)}, {format_count(mixture.n_features, 'column')}"
    return Group(
        Text(f"{shape}, {format_count(mixture.n_parameters, 'free parameter')}\n"),
        *component_tables(mixture, console, []),
    )


def component_tables(mixture: Mixture, console: Console, more: Sequence[CellTexts]) -> Iterable[Table | Text]:
    """Tables of components side by side, with a line for each column of the data; as many as the width needs."""
    noise = [noise_name(mixture)] if mixture.noise else []
    head = ("component", *(str(label) for label in component_labels(mixture)), *noise)
    weights = ("weight", *(f"{weight:.4f}" for weight in mixture.all_weights.tolist()))
    lines = [weights, *tail_lines(mixture), *more]
    sign = "±" if console.encoding.lower().startswith("utf") else "+-"
    labels = column_labels(mixture.columns, mixture.n_features)
    shown = zip(labels, mixture.means.T.tolist(), standard_deviations(mixture).T.tolist(), strict=True)
    described = [
        (label, *(mean_and_deviation(*pair, sign) for pair in zip(means, widths, strict=True)), *("" for _ in noise))
        for label, means, widths in shown
    ]
    yield from split_to_width([head, *lines, *described[:MAX_PRINTED_COLUMNS]], console)
    hidden = len(labels[MAX_PRINTED_COLUMNS:])
    if hidden:
        yield Text(f"and {format_count(hidden, 'column')} more, which --json and the model file have")
    yield Text(f"(mean {sign} {deviation_name(mixture)})\n")


def split_to_width(lines: Sequence[CellTexts], console: Console) -> Iterable[Table | Text]:
    """Split a table, given by its lines, into tables that the console is wide enough for."""
    first, *columns = zip(*lines, strict=True)
    block: list[CellTexts] = []
    for column in columns:
        wider = make_table([first, *block, column])
        if block and Measurement.get(console, console.options.update(max_width=10_000), wider).maximum > console.width:
            yield from (make_table([first, *block]), Text())
            block = []
        block.append(column)
    yield make_table([first, *block])


def make_table(columns: Sequence[CellTexts]) -> Table:
    """Make a table from its columns; the first cell of each is its head, and the first column names the lines."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=False)
    table.add_column(no_wrap=True, max_width=34)
    for _ in columns[1:]:
        table.add_column(justify="right", no_wrap=True)
    head, *lines = zip(*(map(visible, column) for column in columns), strict=True)
    table.add_row(*map(Text, head), style="bold")
    for line in lines:
        table.add_row(*map(Text, line))
    return table


def criteria_table(assessment: Assessment, more: Mapping[str, str]) -> Table:
    """Table of log-likelihood, criteria and number of parameters; ``more`` lines follow the log-likelihood."""
    lines = {
        "log-likelihood": f"{assessment.loglik:.6f}",
        **more,
        "BIC": f"{assessment.bic:.4f}",
        "ICL": f"{assessment.icl:.4f}",
        "AIC": f"{assessment.aic:.4f}",
        "free parameters": f"{assessment.n_parameters}",
    }
    return pair_table(lines)


def pair_table(lines: Mapping[str, str]) -> Table:
    """Table with a name and a value in each line."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=False)
    for name, value in lines.items():
        table.add_row(name, Text(value, justify="right"))
    return table


def ranking_summary(chosen: Selection, top: int, console: Console) -> Group:
    """Table of the best ``top`` cells of a selection, and the number of cells that failed."""
    first = chosen.ranked[: max(top, 1)]
    head = (("rank", *map(str, range(1, len(first) + 1))),)
    measured = [cell.measured(chosen.criterion) for cell in first]
    minus = "\N{MINUS SIGN}" if console.encoding.lower().startswith("utf") else "-"
    criterion = CRITERION_LABELS[chosen.criterion].replace("\N{MINUS SIGN}", minus)
    body = [
        ("model", *(cell.model for cell in first)),
        ("components", *(str(cell.n_components) for cell in first)),
        (criterion, *(f"{value:.3f}" for value in measured)),
        ("behind the best", *(f"{abs(value - measured[0]):.3f}" for value in measured)),
        ("log-likelihood", *(f"{cell.loglik:.3f}" for cell in first)),
        ("parameters", *(str(cell.n_parameters) for cell in first)),
        ("start", *(cell.start.name if cell.start else "" for cell in first)),
    ]
    done = f"{format_count(len(chosen.cells), 'cell')}, {len(chosen.failed)} of them in trouble"
    return Group(
        *split_to_width(list(zip(*zip(*[*head, *body], strict=True), strict=True)), console), Text(f"({done})")
    )


def fit_values(fit: Fit, written: Mapping[str, str]) -> dict[str, Any]:
    """Plain values of a fit, for JSON."""
    starts = [
        {
            "loglik": start.loglik,
            "iterations": start.iterations,
            "outcome": start.outcome.name,
            "repairs": [str(repair) for repair in start.repairs],
            "floored": list(start.floored),
        }
        for start in fit.starts
    ]
    return {
        "outcome": fit.outcome.name,
        "message": fit.outcome.value,
        "converged": fit.outcome.converged,
        "iterations": fit.iterations,
        **criteria_values(fit.assessment),
        "log_prior": fit.log_prior,
        "model": fit.model.name,
        "sizes": fit.sizes.tolist(),
        "trace": list(fit.trace),
        "best_start": fit.best_start,
        "starts": starts,
        "cutoff": fit.cutoff if math.isfinite(fit.cutoff) else None,
        "mixture": mixture_values(fit.mixture),
        "files": dict(written),
    }


def criteria_values(assessment: Assessment) -> dict[str, float]:
    """Plain values of log-likelihood and criteria, for JSON."""
    return {
        "loglik": assessment.loglik,
        "mean_loglik": assessment.mean,
        "bic": assessment.bic,
        "icl": assessment.icl,
        "aic": assessment.aic,
        "n_parameters": assessment.n_parameters,
        "n_rows": assessment.n_rows,
    }


def mixture_values(mixture: Mixture) -> dict[str, Any]:
    """Plain values of a mixture, as in a model file."""
    values: dict[str, Any] = json.loads(mixture.to_json())
    return values


def model_values(mixture: Mixture, fit: Fit | None) -> dict[str, Any]:
    """Plain values of a model file: the mixture or, if there is one, the whole fit and its criteria."""
    if fit is None:
        return mixture_values(mixture)
    return {**json.loads(fit.to_json()), "criteria": criteria_values(fit.assessment)}
