"""Commands ``mixtura fit`` and ``mixtura replay``."""

from __future__ import annotations

from collections.abc import Mapping

from mixtura import Fit, Outcome
from mixtura.cli import options as o
from mixtura.cli.console import print_json, print_message, results_console
from mixtura.cli.inputs import parse_names
from mixtura.cli.model_options import FitOptions, with_model_options
from mixtura.cli.outputs import ANIMATION, FIT_PICTURES, check_outputs, column_positions, files_by_option, write_fit
from mixtura.cli.tables import fit_summary, fit_values
from mixtura.data.tables import Table
from mixtura.errors import visible
from mixtura.mixture import column_labels
from mixtura.report import replay as draw_replay


def report_fit(fit: Fit, table: Table, files: Mapping[str, str], *, json: bool) -> None:
    """Print a fit as text or JSON, and write the files of the given options."""
    if fit.outcome is Outcome.INTERRUPTED:
        print_message(f"warning: {fit.outcome.value}")
    if json:
        for option, path in files.items():
            write_fit(fit, table, option, path)
        print_json(fit_values(fit, files_by_option(files)))
        return
    console = results_console()
    console.print(fit_summary(fit, console), soft_wrap=True)  # before files are written, which may fail
    for option, path in files.items():
        write_fit(fit, table, option, path)
        console.print(f"wrote {visible(path)}", soft_wrap=True)


@with_model_options()
def fit(
    data: o.Data,
    *,
    settings: FitOptions,
    output: o.ModelOutput = None,
    labels: o.LabelsOutput = None,
    picture: o.PictureOutput = None,
    replay: o.ReplayOutput = None,
    json: o.Json = False,
    verbose: o.Verbose = False,
) -> None:
    """Fit a Gaussian mixture to the rows of DATA.

    Ctrl-C ends the fit and keeps the best result so far.
    Exit code 0: done; a warning says if EM has not converged. 2: bad input.
    """
    paths = {"--output": output, "--labels": labels, "--picture": picture, "--replay": replay}
    files = check_outputs(paths, FIT_PICTURES, (data, settings.start))
    table = settings.read(data)
    result = settings.fit(table, verbose=verbose, record=replay is not None)
    report_fit(result, table, files, json=json)


@with_model_options()
def replay(
    data: o.Data,
    *,
    output: o.ReplayTarget,
    settings: FitOptions,
    show: o.DrawnColumns = None,
    fps: o.Fps = None,
    verbose: o.Verbose = False,
) -> None:
    """Fit a mixture to DATA and animate the iterations of EM.

    They begin at the start that is given, or else at random rows, since the default start is the end of a search.
    """
    check_outputs({"--output": output}, {"--output": ANIMATION}, (data, settings.start))
    table = settings.read(data)
    chosen = column_positions(parse_names(show), column_labels(table.columns, len(table.rows[0])))
    result = settings.fit(table, verbose=verbose, record=True)
    start = "own" if "start" in settings.given else "auto"
    weights = table.sample_weight
    draw_replay(result, table, output, start=start, columns=chosen, fps=fps, sample_weight=weights)
    results_console().print(result.outcome.value, f"wrote {visible(output)}", sep="\n", soft_wrap=True)
