"""What ``mixtura predict`` takes: a model file, or a classifier that ``mixtura classify`` wrote."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mixtura import Discriminant, Mixture
from mixtura.analysis import CLASSIFIER_FORMAT, format_of_json
from mixtura.cli.files import read_model_text
from mixtura.cli.row_columns import class_columns, label_columns
from mixtura.data.tables import display_name
from mixtura.errors import DataError


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
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    if format_of_json(data) == CLASSIFIER_FORMAT:
        try:
            found = Discriminant.from_json(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise DataError(f"{display_name(path)}: not a classifier: its text is not UTF-8") from None
        except DataError as error:
            raise DataError(f"{display_name(path)}: {error}") from None
        return Predictor(found.mixture, partial(class_columns, found))
    file = read_model_text(data, path)
    cutoff = file.fit.cutoff if file.fit else None
    return Predictor(file.mixture, partial(label_columns, file.mixture, cutoff=cutoff))
