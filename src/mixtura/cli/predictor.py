"""What ``mixtura predict`` takes: a model file, or a classifier that ``mixtura classify`` wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mixtura import Discriminant, Mixture
from mixtura._support import read_saved
from mixtura.analysis import CLASSIFIER_FORMAT, format_of_json
from mixtura.cli.files import read_bytes, read_model_text
from mixtura.cli.row_columns import class_columns, label_columns
from mixtura.data.tables import display_name


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A model or classifier that is applied to rows.

    Attributes
    ----------
    mixture : Mixture
        Has the columns.
    columns : callable
        Columns of predictions for a table; ``proba`` adds the probability of each component or class.
    """

    mixture: Mixture
    columns: Callable[..., dict[str, Sequence[Any]]]


def read_predictor(path: str) -> Predictor:
    """Read a model file or a classifier; ``-`` is standard input."""
    data = read_bytes(path)
    if format_of_json(data) == CLASSIFIER_FORMAT:
        found = read_saved(data, display_name(path), Discriminant.from_json, kind="classifier")
        return Predictor(found.mixture, partial(class_columns, found))
    file = read_model_text(data, path)
    cutoff = file.fit.cutoff if file.fit else None
    return Predictor(file.mixture, partial(label_columns, file.mixture, cutoff=cutoff))
