"""Conversion of `GaussianMixture` to ONNX: the method that skl2onnx calls for classes that it does not know."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from sklearn.mixture import GaussianMixture as SklearnGaussianMixture

from mixtura.sklearn.sklearn_estimator import as_sklearn_estimator, refuse_t_components

# skl2onnx's name of the conversion of scikit-learn's class.
ALIAS = "SklearnGaussianMixture"


def onnx_parser(estimator: Any) -> Callable[..., list[Any]] | None:
    """Function that replaces the estimator by scikit-learn's own and declares the outputs of its conversion.

    None if skl2onnx already converts the estimator like scikit-learn's, since our class was registered in its place.
    """
    parse_module = import_module("skl2onnx._parse")
    if parse_module.GaussianMixture is not SklearnGaussianMixture:
        return None
    types = import_module("skl2onnx.common.data_types")

    def parse(scope: Any, inputs: Any) -> list[Any]:
        refuse_t_components("the conversion to ONNX", estimator)
        sklearn_estimator = as_sklearn_estimator(estimator)
        scope.replace_raw_operator(estimator, sklearn_estimator, ALIAS)
        options = scope.options or {}
        for key in (type(estimator), id(estimator)):
            scope.add_options(id(sklearn_estimator), options.get(key))
        kind = types.guess_tensor_type(inputs[0].type)
        outputs = [("label", types.Int64TensorType()), ("probabilities", kind)]
        if scope.get_options(sklearn_estimator, {"score_samples": False})["score_samples"]:
            outputs.append(("score_samples", types.guess_tensor_type(inputs[0].type)))
        return [scope.declare_local_variable(*output) for output in outputs]

    return parse
