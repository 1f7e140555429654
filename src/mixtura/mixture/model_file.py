"""The JSON format of model files: it has a version, is checked when it is read, and nothing in it is executed."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import as_count, as_kind, frozen_array
from mixtura.covariance import covariance_from_dict
from mixtura.errors import DataError
from mixtura.mixture.noise import Noise

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture

MODEL_FORMAT = "mixtura.mixture"
VERSION = 1


def model_to_json(mixture: Mixture, **more: Any) -> str:
    """JSON text of a mixture with the format's name and version; ``more`` are entries that `Mixture` ignores."""
    content = {
        "format": MODEL_FORMAT,
        "version": VERSION,
        "weights": mixture.weights.tolist(),
        "means": mixture.means.tolist(),
        "covariances": mixture.covariances.to_dict(),
        "columns": mixture.columns,
        "components": mixture.component_names,
        "n_parameters": mixture.n_parameters,
        **({"noise": mixture.noise.to_dict()} if mixture.noise else {}),
        **({} if mixture.degrees_of_freedom is None else {"degrees_of_freedom": tails_to_plain(mixture)}),
        **more,
    }
    return json.dumps(content, indent=1, allow_nan=False)


def model_content(text: str) -> dict[str, Any]:
    """Parse the JSON text of a model file; raises DataError if it is not of this format and version."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"not a model file: line {error.lineno} is not JSON ({error.msg})") from None
    except ValueError as error:  # a number of thousands of digits
        raise DataError(f"not a model file: {str(error).partition(';')[0]}") from None
    except RecursionError:
        raise DataError("not a model file: its brackets are nested too deeply") from None
    if not isinstance(content, dict) or content.get("format") != MODEL_FORMAT:
        raise DataError(f'not a model file: expected an object with "format": "{MODEL_FORMAT}"')
    if type(content.get("version")) is not int or content["version"] != VERSION:
        raise DataError(f"model file of version {content.get('version')!r}; this program reads version {VERSION}")
    return content


def mixture_parameters(content: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `Mixture` from the content of a model file; raises DataError if one is missing or wrong."""
    try:
        weights, means = frozen_array(content["weights"], "weights"), frozen_array(content["means"], "means")
        if means.ndim != 2:
            raise DataError(f"means have shape {means.shape}; expected (k, d)")
        return {
            "weights": weights,
            "means": means,
            "covariances": covariance_from_dict(content["covariances"], *means.shape),
            "columns": content.get("columns"),
            "component_names": content.get("components"),
            "n_parameters": as_count(content.get("n_parameters", 0), "n_parameters", least=0),
            "noise": None if content.get("noise") is None else Noise.from_dict(content["noise"]),
            "degrees_of_freedom": tails_from_plain(content.get("degrees_of_freedom")),
        }
    except KeyError as error:
        raise DataError(f"not a valid model file: {error} is missing") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"not a valid model file: {error}") from None


def tails_to_plain(mixture: Mixture) -> list[float | None]:
    """Degrees of freedom as JSON can hold them: infinite ones, of Gaussian components, become null."""
    return [nu if math.isfinite(nu) else None for nu in np.asarray(mixture.degrees_of_freedom).tolist()]


def tails_from_plain(plain: Any) -> list[float] | None:
    """Degrees of freedom that `tails_to_plain` wrote."""
    if plain is None:
        return None
    return [math.inf if nu is None else as_kind(float, nu) for nu in as_kind(list, plain)]
