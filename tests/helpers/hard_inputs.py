"""Rows that are hard to fit, with options of `mixtura.fit` that may or may not go together, drawn at random."""

import numpy as np
from hypothesis import strategies as st

import mixtura
from mixtura.covariance.models import EigenvalueRatio
from mixtura.covariance.models.names import MODEL_NAMES

SCIKIT_LEARN_MODELS = ("full", "tied", "diag", "spherical")


def groups(rng, n, d):
    return rng.normal(size=(n, d)) * rng.uniform(0.1, 3, d) + 5 * rng.integers(0, 4, (n, 1))


KINDS = {
    "groups": groups,
    "one group": lambda rng, n, d: rng.normal(size=(n, d)),
    "heavy tails": lambda rng, n, d: rng.standard_cauchy((n, d)) ** 3,
    "integers": lambda rng, n, d: rng.integers(0, 3, (n, d)),
    "whole numbers": lambda rng, n, d: np.rint(groups(rng, n, d)),
    "zeros": lambda rng, n, d: np.where(rng.random((n, d)) < 0.7, 0.0, rng.normal(size=(n, d))),
    "spikes": lambda rng, n, d: np.where(rng.random((n, d)) < 0.5, rng.integers(0, 2, d), groups(rng, n, d)),
    "few units in the last place": lambda rng, n, d: 1 + rng.integers(0, 4, (n, d)) * 2.0**-52,
    "one point": lambda rng, n, d: np.tile(rng.normal(size=d), (n, 1)),
    "few points": lambda rng, n, d: rng.normal(size=(3, d))[rng.integers(0, 3, n)],
    "a line": lambda rng, n, d: rng.normal(size=(n, 1)) @ rng.normal(size=(1, d)),
}


def _put(rows, where, value):
    rows = np.array(rows, dtype=float)
    rows[where] = value
    return rows


def _single(rows):
    with np.errstate(over="ignore", under="ignore"):  # infinity, where it is too large
        return np.asarray(rows, dtype=np.float32)


def _column(rng, rows):
    return int(rng.integers(rows.shape[1]))


DEFECTS = {
    "rounded": lambda _, x: np.round(x, 1),
    "constant column": lambda rng, x: _put(x, np.s_[:, _column(rng, x)], rng.choice([0.0, 3.0, 1e8])),
    "duplicate column": lambda rng, x: np.column_stack([x, x[:, _column(rng, x)]]),
    "dependent column": lambda rng, x: np.column_stack([x, x @ rng.normal(size=x.shape[1])]),
    "repeated rows": lambda rng, x: x[rng.integers(0, len(x), len(x))],
    "one spike": lambda rng, x: _put(x, rng.random(len(x)) < 0.6, x[:1]),
    "huge": lambda _, x: x * 1e148,
    "tiny": lambda _, x: x * 1e-150,
    "subnormal": lambda _, x: x * 1e-310,
    "units of their own": lambda rng, x: x * 10.0 ** rng.uniform(-12, 12, x.shape[1]),
    "far": lambda _, x: x + 1e9,
    "an outlier": lambda _, x: _put(x, -1, 1e12),
    "float32": lambda _, x: _single(x),
    "by columns": lambda _, x: np.asfortranarray(x),
    "reversed": lambda _, x: x[::-1],
    "a missing value": lambda rng, x: _put(x, (len(x) // 2, _column(rng, x)), rng.choice([np.nan, np.inf, -np.inf])),
    "no rows": lambda _, x: x[:0],
    "one row": lambda _, x: x[:1],
    "list": lambda _, x: x.tolist(),
}
# These come last, since others cannot be done after them, and are drawn less often.
LAST = ("float32", "by columns", "reversed", "a missing value", "no rows", "one row", "list")
FIRST = tuple(name for name in DEFECTS if name not in LAST)


def _weights(rng, n, d, k):
    return {
        "counts": rng.integers(0, 4, n),
        "sampling": rng.uniform(0.1, 3, n),
        "few": np.where(rng.random(n) < 0.9, 0.0, 1.0),
        "tiny": rng.uniform(0, 1e-300, n),
        "huge": rng.uniform(0, 1e300, n),
        "of all sizes": 10.0 ** rng.uniform(-200, 100, n),
        "negative": rng.normal(size=n),
        "one for all": 2.5,
    }


def _starts(rng, n, d, k):
    some = rng.normal(size=(k, d))
    names = ("hierarchical", "kmeans", "k-means++", "random", "random_from_data", "identity")
    return {
        **{name: name for name in names},
        "labels": rng.integers(0, k, n),
        "responsibilities": rng.dirichlet(np.full(k, 0.3), n),
        "means": mixtura.Parameters(means=some),
        "a mixture": mixtura.Mixture(np.full(k, 1 / k), some, np.ones((k, d))),
    }


def _noises(rng, n, d, k):
    return {
        "both": True,
        "neighbours": "neighbours",
        "a weight": float(rng.choice([1e-9, 0.1, 0.9])),
        "hull": mixtura.UniformNoise(region="hull"),
        "rows": rng.random(n) < 0.1,
        "a box": mixtura.Noise(0.1, np.full(d, -10.0), np.full(d, 10.0)),
    }


def _priors(rng, n, d, k):
    return {
        "conjugate": "conjugate",
        "strong": mixtura.ConjugatePrior(shrinkage=100.0, mean=np.zeros(d), scale=1.0),
        "of covariances": mixtura.ConjugatePrior(shrinkage=0, dof=d + 5.0),
    }


def _ems(rng, n, d, k):
    return {
        "plain": mixtura.EM(accelerate=False),
        "short": mixtura.EM(max_iter=int(rng.integers(0, 4))),
        "exact": mixtura.EM(tol=0, max_iter=200),
        "loose": mixtura.EM(tol=1e-2),
        "parameters": mixtura.EM(stop="parameters", tol=1e-4),
        "high floor": mixtura.EM(floor=float(rng.choice([1e-3, 1.0]))),
        "no units": mixtura.EM(resolution=0),
        "wide units": mixtura.EM(resolution=10.0 ** rng.uniform(-3, 3)),
    }


OPTIONS = {
    "sample_weight": _weights,
    "start": _starts,
    "noise": _noises,
    "prior": _priors,
    "em": _ems,
    "weights_are": lambda *_: {"counts": "counts", "sampling": "sampling"},
    "trim": lambda *_: {"some": 0.1, "half": 0.5, "most": 0.95},
    "equal_weights": lambda *_: {"yes": True},
    "n_init": lambda *_: {"two": 2},
    "known_labels": lambda rng, n, _, k: {"some": rng.integers(-1, k, n), "few": np.where(np.arange(n), -1, k - 1)},
    "fixed": lambda *_: {name: name for name in ("weights", "means", "covariances")},
    "record": lambda *_: {"yes": True},
}
OF_SELECT = ("sample_weight", "noise", "prior", "weights_are", "equal_weights")


@st.composite
def hard_rows(draw, rng, max_n):
    """Rows of some kind with up to three defects; names of these are drawn, so that Hypothesis can leave them out."""
    n, d = draw(st.integers(1, max_n)), draw(st.integers(1, 6))
    rows = KINDS[draw(st.sampled_from(list(KINDS)))](rng, n, d)
    for name in draw(st.lists(st.sampled_from(FIRST), max_size=2, unique=True)):
        rows = DEFECTS[name](rng, rows)
    last = draw(st.one_of(st.none(), st.none(), st.none(), st.sampled_from(LAST)))
    return rows if last is None else DEFECTS[last](rng, rows)


def _shape(rows):
    return np.shape(rows) if np.ndim(rows) == 2 else (len(rows), 1)


def _options(draw, names, problem):
    chosen = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    values = {name: OPTIONS[name](*problem) for name in chosen}
    return {name: values[name][draw(st.sampled_from(list(values[name])))] for name in chosen}


@st.composite
def hard_fits(draw):
    """Arguments of `mixtura.fit`: rows, number of components and options."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, k = draw(hard_rows(rng, 120)), draw(st.integers(1, 6))
    model = draw(st.sampled_from([*MODEL_NAMES, *MODEL_NAMES, *SCIKIT_LEARN_MODELS]))
    options = _options(draw, list(OPTIONS), (rng, *_shape(rows), k))
    if "fixed" in options:  # these need a start
        options.setdefault("start", rng.integers(0, k, len(rows)))
    equal = options.pop("equal_weights", False)
    if not options.keys() & {"noise", "prior", "trim", "fixed"} and (equal or draw(st.integers(0, 7)) == 0):
        constraint = EigenvalueRatio(12.0) if not equal and model in ("EII", "VVV") else None
        model = mixtura.Model(model, constraint=constraint, equal_weights=equal)
    return rows, k, {"model": model, "seed": draw(st.integers(0, 99)), **options}


@st.composite
def hard_selections(draw):
    """Arguments of `mixtura.select`: rows, numbers of components and options."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(hard_rows(rng, 40))
    options = _options(draw, OF_SELECT, (rng, *_shape(rows), 2))
    models = draw(st.lists(st.sampled_from(MODEL_NAMES), min_size=1, max_size=3, unique=True))
    criterion = draw(st.sampled_from(["bic", "bic", "icl", "aic", "aicc", "cv"]))
    counts = draw(st.sampled_from([[1], [1, 2], [2, 3], [1, 2, 3]]))
    return rows, counts, {"models": models, "criterion": criterion, "seed": draw(st.integers(0, 99)), **options}
