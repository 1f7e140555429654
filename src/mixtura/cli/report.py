"""Command ``mixtura report``."""

from __future__ import annotations

from pathlib import Path

from mixtura.cli import options as o
from mixtura.cli.console import print_message
from mixtura.cli.files import read_model_file
from mixtura.cli.outputs import PAGE, check_outputs
from mixtura.cli.reading_options import ReadingOptions
from mixtura.cli.shared_options import with_options
from mixtura.fitting import report_mixture
from mixtura.report import ReportOptions, as_language


@with_options("columns", "exclude", "numeric", "noise_columns")
def report(
    model: o.ModelFile,
    data: o.Data,
    *,
    output: o.ReportTarget,
    lang: o.Language = "en",
    title: o.Title = "",
    weights_are: o.WeightsAre = None,
    reading: ReadingOptions,
) -> None:
    """Write a report of a model on the rows of DATA: one HTML file that needs no network.

    It shows the rows, the components and how certain they are, and replays EM from a random start.
    """
    check_outputs({"--output": output}, {"--output": PAGE}, (model, data))
    as_language(lang)  # refuses an unknown one before the file is read
    file = read_model_file(model)
    table = reading.table(data, file.mixture)
    report_mixture(
        file.mixture,
        table,
        output,
        fit=file.fit,
        model=file.model,
        em=file.em,
        sample_weight=table.sample_weight,
        weights_are=weights_are,
        options=ReportOptions(lang, title, "" if data == "-" else Path(data).name),
    )
    print_message(f"wrote {output}")
