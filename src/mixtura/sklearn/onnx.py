"""Conversion of `GaussianMixture` to ONNX: the method that skl2onnx asks an estimator of an unknown class for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from sklearn.mixture import GaussianMixture as Twin

from mixtura.sklearn.twin import as_twin

# What skl2onnx calls the conversion of scikit-learn's class.
ALIAS = "SklearnGaussianMixture"


def onnx_parser(estimator: Any) -> Callable[..., list[Any]] | None:
    """Function that declares the outputs of a converted estimator, whose place scikit-learn's own takes.

    None where skl2onnx takes the estimator for scikit-learn's anyway, since its class was put in that one's place.
    """
    parse_module = import_module("skl2onnx._parse")
    if parse_module.GaussianMixture is not Twin:
        return None
    types = import_module("skl2onnx.common.data_types")

    def parse(scope: Any, inputs: Any) -> list[Any]:
        twin = as_twin(estimator)
        scope.replace_raw_operator(estimator, twin, ALIAS)
        told = scope.options or {}
        for key in (type(estimator), id(estimator)):
            scope.add_options(id(twin), told.get(key))
        kind = types.guess_tensor_type(inputs[0].type)
        outputs = [("label", types.Int64TensorType()), ("probabilities", kind)]
        if scope.get_options(twin, {"score_samples": False})["score_samples"]:
            outputs.append(("score_samples", types.guess_tensor_type(inputs[0].type)))
        return [scope.declare_local_variable(*output) for output in outputs]

    return parse
