"""Read what was saved: `mixtura.load`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixtura._support import read_saved
from mixtura.analysis.classification import Discriminant
from mixtura.analysis.discriminant_file import CLASSIFIER_FORMAT
from mixtura.fitting import ONLINE_FORMAT, Fit, OnlineMixture
from mixtura.mixture import MODEL_FORMAT, Mixture, model_content
from mixtura.selection import SELECTION_FORMAT, Selection


def _model(text: str) -> Fit | OnlineMixture | Mixture:
    """The fit or the state of a stream in a model file, or the mixture if it holds neither."""
    content = model_content(text)
    if "online" in content:
        return OnlineMixture.from_json(text)
    return Fit.from_json(text) if "fit" in content else Mixture.from_json(text)


# What reads each format.
READERS: dict[str, Callable[[str], Any]] = {
    MODEL_FORMAT: _model,
    SELECTION_FORMAT: Selection.from_json,
    CLASSIFIER_FORMAT: Discriminant.from_json,
    ONLINE_FORMAT: OnlineMixture.from_json,
}


def load(path: str | os.PathLike[str]) -> Any:
    """Read a file that `Fit.save`, `OnlineMixture.save`, `Discriminant.save` or the commands wrote.

    Returns
    -------
    Fit, Mixture, Selection, Discriminant or OnlineMixture
        A Mixture if the file has a mixture, but does not say how it was fitted.

    Raises
    ------
    DataError
        If the file is none of these; the message says what is wrong.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import mixtura
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.json"
    >>> mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2).save(path)
    >>> mixtura.load(path).predict([0.1, 0.3]).tolist()
    [0, 0]
    """
    return read_saved(Path(path).read_bytes(), str(path), _by_format)


def _by_format(text: str) -> Any:
    """What the text of a file holds, by the format that it names."""
    return READERS.get(format_of_json(text), _model)(text)


def format_of_json(text: str | bytes) -> str:
    """The name of the format of JSON text; empty if it has none.

    Examples
    --------
    >>> format_of_json('{"format": "mixtura.mixture"}'), format_of_json("1")
    ('mixtura.mixture', '')
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    name = content.get("format") if isinstance(content, dict) else ""
    return name if isinstance(name, str) else ""
