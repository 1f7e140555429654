"""Allowed values of the parameters of `GaussianMixture`, and the problem that EM solves for them."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions

from mixtura.covariance.models import MODELS, DeterminantRatio, EigenvalueRatio
from mixtura.data import Source
from mixtura.em import Problem
from mixtura.fitting import (
    NOTHING_KNOWN,
    KnownComponents,
    Model,
    as_masks,
    check_covariances,
    check_measured,
    fix_parameters,
)
from mixtura.sklearn.automatic import AUTO
from mixtura.sklearn.collapse import CollapsePolicy
from mixtura.sklearn.em import STARTS, InitialParameters, problem_of
from mixtura.sklearn.shapes import PARAMETER_SHAPES, check_shape, check_weights, covariances_from_precisions

CONSTRAINTS: dict[str, list[Any]] = {
    "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({AUTO})],
    "covariance_type": [StrOptions({*PARAMETER_SHAPES, *MODELS, AUTO})],
    "tol": [Interval(Real, 0.0, None, closed="left")],
    "reg_covar": [Interval(Real, 0.0, None, closed="left")],
    "max_iter": [Interval(Integral, 0, None, closed="left")],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "init_params": [StrOptions(set(STARTS))],
    "weights_init": ["array-like", None],
    "means_init": ["array-like", None],
    "precisions_init": ["array-like", None],
    "random_state": ["random_state"],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
    "verbose_interval": [Interval(Integral, 1, None, closed="left")],
    "accelerate": ["boolean"],
    "fixed": [str, "array-like", dict, None],
    "equal_weights": ["boolean"],
    "on_collapse": [StrOptions({"raise", "repair"})],
    "constraint": [EigenvalueRatio, DeterminantRatio, None],
    "tails": [StrOptions({"normal", "t", "t-shared"}), Interval(Real, 0.0, None, closed="right")],
    "threads": [Interval(Integral, 1, None, closed="left"), None],
}


# Default values, which are entered when the class is made.
DEFAULTS: dict[str, Any] = {}


def changed_parameters(estimator: Any) -> dict[str, Any]:
    """The parameters that are not at their defaults: to check all of them takes a tenth of the time of a small fit."""
    return {name: value for name, value in estimator.get_params(deep=False).items() if not _is_default(name, value)}


def _is_default(name: str, value: Any) -> bool:
    """Whether a parameter has the very object that is its default."""
    return name in DEFAULTS and value is DEFAULTS[name]


def initial_parameters(estimator: Any, d: int) -> InitialParameters:
    """Check ``weights_init``, ``means_init`` and ``precisions_init``."""
    k, kind = estimator.n_components, estimator.covariance_type
    weights, means, precisions = estimator.weights_init, estimator.means_init, estimator.precisions_init
    return InitialParameters(
        None if weights is None else check_weights(weights, k),
        None if means is None else check_shape(means, "means", (k, d)),
        None if precisions is None else covariances_from_precisions(precisions, kind, k, d),
    )


def problem_and_start(
    estimator: Any, source: Source, policy: CollapsePolicy, known: KnownComponents = NOTHING_KNOWN
) -> tuple[Problem, InitialParameters]:
    """Problem that EM solves for an estimator and its data, and the initial parameters that the user gives.

    With rows of ``known`` components, what is known is a start, too.
    """
    model = Model(estimator.covariance_type, **estimator._model_options)  # noqa: SLF001 of the estimator itself
    check_measured(source, model, known=known.argument)
    check_covariances(source, model.name)
    given = initial_parameters(estimator, source.n_features)
    problem = problem_of(source, model, estimator.reg_covar, policy)
    if known.argument:
        estep, start = known.estep_and_start(source.length, int(estimator.n_components))
        problem, given = replace(problem, estep=estep), replace(given, start=start)
    masks = as_masks(estimator.fixed, estimator.n_components)
    missing = set(masks) - set(given.as_dict())
    if missing:
        names = {"covariances": "precisions_init"}
        wanted = ", ".join(names.get(name, f"{name}_init") for name in sorted(missing))
        raise ValueError(f"fixed: {', '.join(sorted(missing))} are fixed; give {wanted}")
    if not masks:
        return problem, given
    mixture = given.complete(estimator.n_components, source.n_features)
    return fix_parameters(problem, masks, mixture), given


def count_parameters(estimator: Any, k: int, d: int) -> int:
    """Number of free parameters of an estimator's model in d columns; k components, if their number is "auto".

    An object of another class, on which a program calls our method, has scikit-learn's parameters alone.
    """
    count, kind = estimator.n_components, estimator.covariance_type
    name = getattr(estimator, "covariance_type_", kind) if kind == AUTO else kind
    own: dict[str, Any] = {option: getattr(estimator, option, None) for option in ("constraint", "fixed")}
    defaults = {"equal_weights": False, "tails": "normal"}
    own |= {option: getattr(estimator, option, default) for option, default in defaults.items()}
    model = Model(name, **own)
    return model.n_parameters(k if count == AUTO else int(count), d)
