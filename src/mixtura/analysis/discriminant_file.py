"""The JSON format of a saved discriminant: it has a version, is checked when it is read, and nothing is executed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import as_kind, as_names, as_tuple_of, frozen_array
from mixtura.errors import DataError
from mixtura.mixture import Mixture

if TYPE_CHECKING:
    from mixtura.analysis.classification import Discriminant

CLASSIFIER_FORMAT = "mixtura.classifier"
VERSION = 1


def discriminant_to_json(found: Discriminant) -> str:
    """JSON text of a discriminant with the format's name and version."""
    content = {
        "format": CLASSIFIER_FORMAT,
        "version": VERSION,
        "classes": found.classes.tolist(),
        "priors": found.priors.tolist(),
        "models": list(found.models),
        "loglik": found.loglik,
        "n_parameters": found.n_parameters,
        "n_rows": found.n_rows,
        "columns": found.columns,
        "floor": found.floor,
        "mixtures": [json.loads(mixture.to_json()) for mixture in found.mixtures],
    }
    return json.dumps(content, indent=1, allow_nan=False)


def discriminant_fields(text: str) -> dict[str, Any]:
    """The fields of the discriminant from which `discriminant_to_json` made the text.

    Raises
    ------
    DataError
        If the text is of another format or version, or a value is missing or of another kind.
    """
    try:
        content = json.loads(text)
        kind, version = content["format"], content["version"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"not a saved classifier ({type(error).__name__}: {error})") from None
    if (kind, version) != (CLASSIFIER_FORMAT, VERSION):
        raise DataError(f"this is {kind!r} of version {version!r}; expected {CLASSIFIER_FORMAT!r} of version {VERSION}")
    try:
        return _fields(content)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise DataError(f"not a saved classifier ({type(error).__name__}: {error})") from None


def _fields(content: dict[str, Any]) -> dict[str, Any]:
    """Checked fields of a discriminant from plain values."""
    mixtures = tuple(Mixture.from_json(json.dumps(each)) for each in content["mixtures"])
    priors, models = frozen_array(content["priors"], "priors"), as_tuple_of(str, content["models"])
    classes, d = np.array(content["classes"]), mixtures[0].n_features
    if {len(priors), len(models), len(mixtures)} != {len(classes)} or classes.ndim != 1:
        counts = f"{len(classes)} classes, {len(priors)} priors, {len(models)} models and {len(mixtures)} mixtures"
        raise ValueError(f"there are {counts}")
    if any(mixture.n_features != d for mixture in mixtures):
        raise ValueError("the mixtures have different numbers of columns")
    return {
        "classes": classes,
        "priors": priors,
        "mixtures": mixtures,
        "models": models,
        "loglik": as_kind(float, content["loglik"]),
        "n_parameters": as_kind(int, content["n_parameters"]),
        "n_rows": as_kind(float, content["n_rows"]),
        "columns": as_names(content["columns"], d, "columns"),
        "floor": as_kind(float, content["floor"]),
    }
