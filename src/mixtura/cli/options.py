"""Options and arguments of the commands as annotated types, and the defaults of `mixtura.fit` and `mixtura.select`.

Those that say how a file is read are in ``reading_options.py``, those of the statistical model in ``model_options.py``.
"""

from __future__ import annotations

import inspect
from typing import Annotated, Any, TypeAlias

import typer

import mixtura
from mixtura.analysis import METHODS
from mixtura.covariance.models import ALIASES, MODELS
from mixtura.report import LANGUAGES
from mixtura.selection import CRITERIA
from mixtura.starts import STARTS

DEFAULTS: dict[str, Any] = {name: given.default for name, given in inspect.signature(mixtura.fit).parameters.items()}

EM = mixtura.EM()

SELECT: dict[str, Any] = {name: given.default for name, given in inspect.signature(mixtura.select).parameters.items()}
SWEEP_START = ",".join(SELECT["start"])

Data: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="DATA", help="CSV, TSV, Excel, Parquet, Arrow, JSON or NumPy file; - is standard input."),
]
OptionalData: TypeAlias = Annotated[str | None, typer.Argument(metavar="[DATA]", help="Rows to draw, too.")]
ModelFile: TypeAlias = Annotated[str, typer.Argument(metavar="MODEL", help="JSON file that fit --output wrote.")]

FirstModel: TypeAlias = Annotated[str, typer.Argument(metavar="A", help="A model file.")]
SecondModel: TypeAlias = Annotated[str, typer.Argument(metavar="B", help="Another model file of the same columns.")]

Standardised: TypeAlias = Annotated[
    bool, typer.Option("--standardised", help="Loadings of columns divided by their standard deviations.")
]
LoadingsPicture: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Draw the standardised loadings (.png, .svg, .pdf).")
]

# Fitting
Components: TypeAlias = Annotated[
    int | None,
    typer.Option("--components", "-k", metavar="K", help="Number of components; not needed with a start from a file."),
]
Model: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME|FILE", help=f"Covariance model: {', '.join([*MODELS, *ALIASES])}; or a model file.")
]
Start: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME|FILE", help=f"Where EM starts: {', '.join(STARTS)}, or a model file.")
]
NamedStart: TypeAlias = Annotated[
    str, typer.Option("--start", metavar="NAME", help=f"Where EM starts: {', '.join(STARTS)}.")
]
WeightsAre: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="counts|sampling",
        help="Meaning of the weights: how often a row was observed, or how much of a population it represents, as in"
        " surveys. Default: whole numbers are counts, all others sampling weights.",
    ),
]
Starts: TypeAlias = Annotated[int, typer.Option(metavar="N", help="Number of starts; the best fit is kept.")]
Tol: TypeAlias = Annotated[
    float | None,
    typer.Option(metavar="X", help="Threshold of the stopping rule; default: 0.005 nats (remaining), else 1e-6."),
]
MaxIter: TypeAlias = Annotated[int, typer.Option(metavar="N", help="Largest number of EM iterations of each start.")]
Stop: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        help="Stop when the total log-likelihood will rise yet (remaining), the mean log-likelihood per row rises"
        " (loglik), or the parameters move (parameters) by no more than --tol; several rules with commas between them."
        " Default: remaining, but loglik with --tol.",
    ),
]
Floor: TypeAlias = Annotated[
    float, typer.Option(metavar="X", help="Smallest variance of a component, as a fraction of the data's.")
]
Accelerate: TypeAlias = Annotated[
    bool, typer.Option("--accelerate/--no-accelerate", help="Accelerate EM, for fewer passes over the data.")
]
Seed: TypeAlias = Annotated[int, typer.Option(metavar="N", help="The same seed gives the same result.")]
Threads: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Number of threads; results do not depend on it. Default: MIXTURA_NUM_THREADS, or all CPUs."
    ),
]
Counts: TypeAlias = Annotated[
    str,
    typer.Option("--components", "-k", metavar="1:9", help="Numbers of components: one, a range, or several (2,4,8)."),
]
Models: TypeAlias = Annotated[
    str, typer.Option(metavar="all|NAME,...", help=f"Covariance models: {', '.join([*MODELS, *ALIASES])}.")
]
Criterion: TypeAlias = Annotated[str, typer.Option(metavar="NAME", help=f"Criterion: {', '.join(CRITERIA)}.")]
SweepStart: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NAME,...",
        help=f"Where the EM of each cell starts; the best is kept: seeds, neighbours, {', '.join(STARTS)}.",
    ),
]
Resume: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Resume from what --table wrote as .json; needs the same data and options."),
]
VerboseCells: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="One line for each cell.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="One line for each iteration.")]

# Writing
Top: TypeAlias = Annotated[int, typer.Option(metavar="N", help="Number of best cells to show.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ModelOutput: TypeAlias = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the fit as JSON: a model file.")
]
LabelsOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write each row's component, its probability, and whether the row is an outlier (.csv, .tsv, .parquet,"
        " .arrow, .ndjson).",
    ),
]
CellsOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write the table of all cells (.csv, .tsv, .parquet, .arrow, .ndjson), or what --resume needs (.json).",
    ),
]
ComponentNames: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="A name for each component, in the order of describe.")
]
ModelTarget: TypeAlias = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file, not to MODEL.")
]
PictureOutput: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Draw the result (.png, .svg, .pdf).")
]
ReplayOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Show the iterations of EM (.gif, .mp4, .html, or a folder of pictures)."),
]
ReplayTarget: TypeAlias = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="What to write: an animation (.gif, .mp4), a player (.html), or a folder of pictures.",
    ),
]
PictureTarget: TypeAlias = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="The picture to write (.png, .svg, .pdf).")
]
ReportTarget: TypeAlias = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="The report to write (.html).")
]
Language: TypeAlias = Annotated[
    str, typer.Option("--lang", metavar="NAME", help=f"Language of the page: {', '.join(LANGUAGES)}.")
]
Title: TypeAlias = Annotated[str, typer.Option(metavar="TEXT", help="Title; default: what was fitted.")]
PictureKind: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="What to show: classification, uncertainty (the size of points), density (contour lines), regions (of"
        " highest density, filled), or boundaries (which component is most probable where).",
    ),
]
Probabilities: TypeAlias = Annotated[
    str, typer.Option(metavar="P,...", help="Probabilities of highest-density regions.")
]
Fps: TypeAlias = Annotated[float | None, typer.Option(metavar="X", help="Frames per second.")]
DrawnColumns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="a,b", help="Columns to draw; default: those in which the components differ most."),
]
LogColumns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--log", metavar="a,b", help="Columns whose axes are logarithmic; all for all that are drawn."),
]
PictureTitle: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Title, in place of the line that describes the mixture.")
]
Colours: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--colors", metavar="a,b", help="Colours of the components, by name or as #rrggbb."),
]
TableOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file (.csv, .tsv, .parquet, .arrow, .ndjson) instead of standard output.",
    ),
]
Append: TypeAlias = Annotated[
    bool, typer.Option("--append", help="Write the new columns after all columns of the file, in place of row numbers.")
]
Identifier: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="NAME",
        help="Column that tells the rows apart: it is no data, and is written beside each row's number.",
    ),
]
Proba: TypeAlias = Annotated[bool, typer.Option("--proba", help="Write the probability of each component, too.")]
PerRow: TypeAlias = Annotated[bool, typer.Option("--per-row", help="Write the log-likelihood of each row instead.")]
Count: TypeAlias = Annotated[int, typer.Option("-n", "--rows", metavar="N", help="Number of rows to draw.")]
WithLabels: TypeAlias = Annotated[bool, typer.Option("--labels", help="Write the component of each row, too.")]

# After a fit
Replicates: TypeAlias = Annotated[int, typer.Option("-n", "--replicates", metavar="N", help="Number of replicates.")]
Method: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help=f"How replicates are made: {', '.join(METHODS)} (rows drawn with replacement, random weights of"
        " the rows, rows drawn from the fitted mixture, or drawn values in place of missing ones).",
    ),
]
Level: TypeAlias = Annotated[float, typer.Option(metavar="P", help="Probability of the intervals.")]
DrawnParameters: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME", help="What --picture shows: weights, means or variances.")
]
Significance: TypeAlias = Annotated[
    float, typer.Option("--level", metavar="P", help="A p-value above it ends the sequence of tests.")
]
Clusters: TypeAlias = Annotated[
    int | None, typer.Option(metavar="N", help="Number of clusters of --labels; default: the suggested one.")
]
Balance: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="X", help="Weight of differences of means, 0 to 1; the weight of differences of covariances is 1 - X."
    ),
]
EstimatesOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write all estimates, standard errors and intervals (.csv, .tsv, .parquet, .arrow, .ndjson).",
    ),
]
ResultsOutput: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write what is printed (.csv, .tsv, .parquet, .arrow, .ndjson).")
]
RowsOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the rows of DATA in these directions (.csv, .tsv, .parquet, .arrow, .ndjson).",
    ),
]
ClustersOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write each row's cluster, from 0 (.csv, .tsv, .parquet, .arrow, .ndjson)."),
]
Directions: TypeAlias = Annotated[
    list[str] | None, typer.Option(metavar="1,2", help="Directions to draw; default: the first two.")
]
ClassesOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write each row's most probable class (.csv, .tsv, .parquet, .arrow, .ndjson)."),
]
ClassifierOutput: TypeAlias = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the classifier as JSON, for predict.")
]
Folds: TypeAlias = Annotated[int, typer.Option(metavar="N", help="Folds of cross-validation; 0 leaves it out.")]
ClassColumn: TypeAlias = Annotated[
    str, typer.Option("--classes", metavar="NAME", help="Column of classes; a row whose cell is empty has none.")
]
Unlabelled: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Text such as ? that stands for no class, as an empty cell does.")
]
NewData: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[NEW]", help="The rows to classify; default: those of DATA.")
]
EachComponents: TypeAlias = Annotated[
    str,
    typer.Option(
        "--components",
        "-k",
        metavar="1|1:5",
        help="Components of each class. 1: a Gaussian each, with one covariance model over all (EDDA); several: each"
        " class has a mixture of its own, chosen by BIC (MclustDA).",
    ),
]
