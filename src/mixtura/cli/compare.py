"""Command ``mixtura compare``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console, Group
from rich.text import Text

import mixtura
from mixtura import Comparison
from mixtura._support import distinct_name, using_threads
from mixtura.cli import options as o
from mixtura.cli.console import finite_records, print_json, results_console
from mixtura.cli.files import read_model_file
from mixtura.cli.reading_options import ReadingOptions
from mixtura.cli.shared_options import with_options
from mixtura.cli.tables import CellTexts, split_to_width
from mixtura.mixture import NOISE_LABEL


@with_options()
def compare(
    first: o.FirstModel,
    second: o.SecondModel,
    data: o.Data,
    *,
    reading: ReadingOptions,
    threads: o.Threads = None,
    json: o.Json = False,
) -> None:
    """Compare two models on the rows of DATA: criteria, held-out log-likelihood, and agreement of their labels.

    Held-out is the mean log-likelihood of rows to which a model was not fitted: each fifth of the rows by the same
    model fitted to the others, or all rows if the model file says that it was fitted to other data.
    """
    files = [read_model_file(path) for path in (first, second)]
    models = [file.fit or file.mixture for file in files]
    rows = reading.table(data, files[0].mixture)
    with using_threads(threads):
        found = mixtura.compare(models[0], models[1], rows, rows.sample_weight, threads=threads)
    if json:
        agreement = {"adjusted_rand_index": found.adjusted_rand_index, "counts": found.counts.tolist()}
        print_json({"table": finite_records(found.records()), "labels": list(found.labels), **agreement})
        return
    console = results_console()
    names = (first, distinct_name(second, [first]))
    console.print(comparison_summary(found, names, console), soft_wrap=True)


def comparison_summary(found: Comparison, names: Sequence[str], console: Console) -> Group:
    """Table of criteria, a column for each model; table of labels, those of the first in lines; and their agreement."""
    held_out = ["" if math.isnan(value) else f"{value:.6f}" for value in found.held_out]
    measured = {
        "log-likelihood": [f"{one.loglik:.4f}" for one in found.assessments],
        "mean": [f"{one.mean:.6f}" for one in found.assessments],
        "held out": held_out,
        "BIC": [f"{one.bic:.4f}" for one in found.assessments],
        "ICL": [f"{one.icl:.4f}" for one in found.assessments],
        "AIC": [f"{one.aic:.4f}" for one in found.assessments],
        "free parameters": [f"{one.n_parameters}" for one in found.assessments],
    }
    lines: list[CellTexts] = [("", *names), *((name, *values) for name, values in measured.items())]
    labels = [["noise" if label == NOISE_LABEL else str(label) for label in own] for own in found.labels]
    table: list[CellTexts] = [("", *labels[1])]
    table += [(label, *map(str, counts)) for label, counts in zip(labels[0], found.counts.tolist(), strict=True)]
    agreement = f"(rows by their labels of {names[0]}, in lines, and {names[1]}: adjusted Rand index "
    return Group(
        *split_to_width(lines, console),
        Text(),
        *split_to_width(table, console),
        Text(f"{agreement}{found.adjusted_rand_index:.4f})"),
    )
