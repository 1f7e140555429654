"""Format bootstraps, tests, combinations, reductions and discriminants as text tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.text import Text

from mixtura import Bootstrap, Combination, Confusion, Discriminant, LikelihoodRatioTests
from mixtura._support import format_count
from mixtura.cli.tables import (
    MAX_PRINTED_COLUMNS,
    CellTexts,
    make_table,
    pair_table,
    split_to_width,
)
from mixtura.mixture import NOISE_LABEL, mean_and_deviation
from mixtura.plotting import format_percent


def bootstrap_summary(boot: Bootstrap, records: Sequence[dict[str, Any]], level: float, console: Console) -> Group:
    """Table of weights, means and variances, each with its standard error and interval."""
    sign = "±" if console.encoding.lower().startswith("utf") else "+-"
    shown = [row for row in records if row["column"] is None or row["other_column"] in (None, row["column"])]
    found: dict[Any, dict[str, dict[str, Any]]] = {}
    for row in shown:
        name = f"{row['parameter'].replace('covariance', 'variance')} {row['column'] or ''}".strip()
        found.setdefault(row["component"], {})[name] = row
    names = next(iter(found.values())).keys()
    lines: list[CellTexts] = [("component", *("noise" if label == NOISE_LABEL else str(label) for label in found))]
    for name in names:
        own = [each.get(name) for each in found.values()]
        lines.append((name, *(_format_estimate(row, sign) for row in own)))
        lines.append((f"  {format_percent(level)}", *(_format_interval(row) for row in own)))
    lost = f", {boot.lost} more lost a component, or had one collapse" if boot.lost else ""
    head = f"{format_count(len(boot.weights), 'replicate')}{lost}"
    return Group(
        Text(f"{head}\n"), *split_to_width(lines, console), Text(f"(estimate {sign} standard error, and interval)")
    )


def _format_estimate(row: dict[str, Any] | None, sign: str) -> str:
    """Estimate and standard error; the estimate alone if the parameter is fixed; empty without a parameter."""
    if row is None:
        return ""
    is_fixed = row["standard_error"] == 0
    return f"{row['estimate']:.6g}" if is_fixed else mean_and_deviation(row["estimate"], row["standard_error"], sign)


def _format_interval(row: dict[str, Any] | None) -> str:
    """Ends of an interval; empty without a parameter."""
    return "" if row is None else f"{row['lower']:.4g} to {row['upper']:.4g}"


def ratio_test_summary(tests: LikelihoodRatioTests, level: float) -> Group:
    """Table with a line for each test, and the conclusion."""
    head = ("components", "against", "statistic", "p-value", "replicates")
    body = [
        (
            str(test.n_components),
            str(test.n_components + 1),
            f"{test.statistic:.4f}",
            f"{test.p_value:.4g}",
            str(len(test.replicates)),
        )
        for test in tests
    ]
    lines = [head, *body]
    last = tests[-1]
    enough = f"{format_count(last.n_components, 'component')} not rejected at level {level:g}"
    more = f"more than {format_count(last.n_components, 'component')}, at level {level:g}"
    return Group(make_table(list(zip(*lines, strict=True))), Text(f"({enough if last.p_value > level else more})"))


def combination_summary(merged: Combination, records: Sequence[dict[str, Any]]) -> Group:
    """Table of entropies and clusters, and the suggested number of clusters."""
    head = ("clusters", "entropy", "components of each cluster")
    lines = [head, *((str(row["n_clusters"]), f"{row['entropy']:.4f}", row["groups"]) for row in records)]
    return Group(
        make_table(list(zip(*lines, strict=True))), Text(f"({format_count(merged.suggested, 'cluster')} suggested)")
    )


def reduction_summary(records: Sequence[dict[str, Any]], columns: Sequence[str], console: Console) -> Group:
    """Table of directions side by side, with a line for each column of the data."""
    lines = [
        ("direction", *(str(row["direction"]) for row in records)),
        ("eigenvalue", *(f"{row['eigenvalue']:.4f}" for row in records)),
        ("proportion", *(format_percent(row["proportion"]) for row in records)),
        *((column, *(f"{row[column]:.4f}" for row in records)) for column in columns[:MAX_PRINTED_COLUMNS]),
    ]
    hidden = len(columns[MAX_PRINTED_COLUMNS:])
    more = [Text(f"and {format_count(hidden, 'column')} more, which --json and --table have")] if hidden else []
    return Group(*split_to_width(lines, console), *more)


def discriminant_summary(found: Discriminant, confusions: Mapping[str, Confusion], console: Console) -> Group:
    """Table of classes side by side, criteria, error rates by their names, and the last confusion table."""
    records = found.records()
    lines = [
        ("class", *(str(row["class"]) for row in records)),
        ("prior", *(f"{row['prior']:.4f}" for row in records)),
        ("model", *(row["model"] for row in records)),
        ("components", *(str(row["n_components"]) for row in records)),
    ]
    values = {
        "log-likelihood": f"{found.loglik:.6f}",
        "BIC": f"{found.bic:.4f}",
        "free parameters": str(found.n_parameters),
        **{name: f"{each.error:.4f}" for name, each in confusions.items()},
    }
    parts = [*split_to_width(lines, console), Text(), pair_table(values)]
    for name, each in [*confusions.items()][-1:]:
        names = [str(one) for one in each.classes.tolist()]
        rows = [(one, *(f"{count:.10g}" for count in counts)) for one, counts in zip(names, each.counts, strict=True)]
        parts += [Text(), *split_to_width([("class", *names), *rows], console)]
        parts += [Text(f"(rows of each class, in lines, by predicted class: {name})")]
    return Group(*parts)
