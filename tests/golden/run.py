"""Fits and sweeps of every kind, and a hash of the bits of each: ``python tests/golden/run.py`` prints them as JSON.

``python tests/golden/run.py record`` writes those of both kernels on this machine into bits.json.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

import mixtura
from mixtura import (
    EM,
    ConjugatePrior,
    DeterminantRatio,
    EigenvalueRatio,
    GaussianMixture,
    Parameters,
    UniformNoise,
    kernels,
)

HERE = Path(__file__).parent
BITS = HERE / "bits.json"
MODELS = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")


def processor():
    """Name, family and model of the first processor, as the operating system tells them."""
    if sys.platform != "linux":
        return platform.processor()
    first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    lines = dict(map(str.strip, line.split(":", 1)) for line in first.splitlines() if ":" in line)
    return " ".join(lines.get(name, "") for name in ("model name", "cpu family", "model"))


def machine():
    """What the last bits depend on besides this project."""
    import scipy

    import sklearn

    versions = [platform.python_version(), np.__version__, scipy.__version__, sklearn.__version__]
    blas = os.environ.get("OPENBLAS_CORETYPE", "")
    return " | ".join([processor(), kernels.current_kernel().level(), blas, *versions])


def example(name, columns):
    path = HERE.parents[1] / "examples" / f"{name}.csv"
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(columns))


def generated(n, d, k, seed=0):
    rng = np.random.default_rng(seed)
    turns = rng.normal(size=(k, d, d)) / np.sqrt(d) + np.eye(d)
    which = rng.integers(k, size=n)
    return np.einsum("nij,nj->ni", turns[which], rng.normal(size=(n, d))) + rng.normal(size=(k, d))[which] * 3


IRIS, FAITHFUL, LARGE = example("iris", 4), example("faithful", 2), generated(40_000, 8, 4)
SPECIES = np.repeat([0, 1, 2], 50)
WEIGHTS = np.random.default_rng(5).integers(0, 4, len(IRIS)).astype(float)
KNOWN = np.where(np.random.default_rng(6).random(150) < 0.3, SPECIES, -1)
NOISY = np.vstack([FAITHFUL, np.random.default_rng(7).uniform([1, 40], [6, 100], size=(30, 2))])
GIVEN = Parameters(weights=[0.3, 0.3, 0.4], means=IRIS[[10, 60, 110]])

HELD = {
    "held means": {"start": SPECIES, "fixed": {"means": [0]}},
    "held weights": {"start": SPECIES, "fixed": "weights"},
    "held covariances": {"start": SPECIES, "fixed": {"covariances": [1]}, "model": "EEE"},
    "held noise": {"start": SPECIES, "fixed": {"means": [0]}, "noise": 0.05},
}

FITS = {
    **{
        f"{model} plain": (IRIS, {"n_components": 3, "model": model, "em": EM(accelerate=False), "start": SPECIES})
        for model in MODELS
    },
    **{
        f"{model} default": (IRIS, {"n_components": 3, "model": model}) for model in ("VVV", "EEE", "VEV", "VVI", "EVE")
    },
    **{
        f"faithful {start}": (FAITHFUL, {"n_components": 3, "start": start})
        for start in ("hierarchical", "kmeans", "k-means++", "random", "random_from_data", "identity", "small-em")
    },
    **{name: (IRIS, options) for name, options in HELD.items()},
    "parameters": (IRIS, {"start": GIVEN}),
    "equal proportions": (IRIS, {"n_components": 3, "equal_weights": True, "model": "VEE"}),
    "weights": (IRIS, {"n_components": 3, "sample_weight": WEIGHTS}),
    "weights EEV": (IRIS, {"n_components": 3, "sample_weight": WEIGHTS / 7, "model": "EEV"}),
    "known": (IRIS, {"n_components": 3, "known_labels": KNOWN}),
    "trim": (NOISY, {"n_components": 2, "trim": 0.1}),
    "trim prior": (NOISY, {"n_components": 2, "trim": 0.05, "prior": "conjugate", "model": "VEE"}),
    "noise": (NOISY, {"n_components": 2, "noise": True}),
    "noise neighbours": (NOISY, {"n_components": 2, "noise": "neighbours", "model": "EEE"}),
    "noise hull": (NOISY, {"n_components": 2, "noise": UniformNoise(0.1, region="hull")}),
    "noise trim": (NOISY, {"n_components": 2, "noise": 0.05, "trim": 0.02}),
    "prior": (IRIS, {"n_components": 3, "prior": "conjugate"}),
    "prior VVI": (IRIS, {"n_components": 3, "prior": ConjugatePrior(shrinkage=0.5, dof=8), "model": "VVI"}),
    "ratio": (IRIS, {"n_components": 3, "constraint": EigenvalueRatio(12)}),
    "ratio prior": (IRIS, {"n_components": 3, "constraint": EigenvalueRatio(5), "prior": "conjugate", "model": "VVE"}),
    "determinant ratio": (IRIS, {"n_components": 3, "constraint": DeterminantRatio(3)}),
    "starts": (FAITHFUL, {"n_components": 4, "n_init": 3, "start": "kmeans"}),
    "collapse": (FAITHFUL[:12], {"n_components": 5, "start": "identity", "em": EM(accelerate=False)}),
    "collapse many": (np.repeat(FAITHFUL[:7], 3, axis=0), {"n_components": 4, "n_init": 2}),
    "parameters stop": (
        FAITHFUL,
        {"n_components": 2, "em": EM(stop=["loglik", "parameters"], tol=1e-8), "start": "random"},
    ),
    "one column": (FAITHFUL[:, 0], {"n_components": 2}),
    "one column E": (FAITHFUL[:, 0], {"n_components": 3, "model": "E"}),
    "float32": (LARGE.astype(np.float32), {"n_components": 4}),
    "fortran": (np.asfortranarray(LARGE), {"n_components": 4, "start": "kmeans", "model": "EEE"}),
    "strided": (LARGE[::2, ::2], {"n_components": 4, "model": "VVI"}),
    "large weights": (LARGE, {"n_components": 3, "sample_weight": np.arange(len(LARGE)) % 3, "model": "VII"}),
    "large noise": (LARGE[:20_000], {"n_components": 3, "noise": 0.02}),
}

SWEEPS = {
    "iris": (IRIS, {"n_components": range(1, 5)}),
    "faithful": (FAITHFUL, {"n_components": range(1, 5), "models": ["EEE", "VVV", "VEV", "VVI"]}),
    "prior": (IRIS, {"n_components": [2, 3], "models": ["VVV", "EEV", "VII"], "prior": "conjugate"}),
    "noise": (NOISY, {"n_components": [1, 2], "models": ["EEE", "VVV"], "noise": True}),
    "folds": (FAITHFUL, {"n_components": [1, 2], "models": ["EEE", "VVV"], "criterion": "cv"}),
    "large": (LARGE, {"n_components": [3, 4], "models": ["VVV", "VEE"], "start": "hierarchical"}),
}

ESTIMATORS = {
    **{f"estimator {kind}": (IRIS, {"covariance_type": kind}) for kind in ("full", "tied", "diag", "spherical")},
    "estimator random": (FAITHFUL, {"init_params": "random", "n_init": 2}),
    "estimator accelerated": (FAITHFUL, {"accelerate": True, "init_params": "random_from_data"}),
}


def bits(*parts):
    """A hash of the bits of numbers."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part, dtype=np.float64).tobytes())
    return digest.hexdigest()[:16]


def of_mixture(mixture):
    noise = [mixture.noise.weight] if mixture.noise else []
    return [mixture.weights, mixture.means, mixture.covariances.dense(), noise]


def of_selection(chosen):
    parts = []
    for cell in chosen.cells:
        parts += [*of_mixture(cell.fit.mixture), cell.fit.trace, [cell.measured(chosen.criterion)]] if cell.fit else []
    return bits(*parts)


def hashes():
    """Of everything, with the kernel that is in use."""
    found = {}
    fits = FITS if kernels.current_kernel().name == "native" else {name: FITS[name] for name in list(FITS)[::3]}
    sweeps = SWEEPS if kernels.current_kernel().name == "native" else {"folds": SWEEPS["folds"]}
    for name, (rows, options) in fits.items():
        fit = mixtura.fit(rows, seed=1, **options)
        found[name] = bits(*of_mixture(fit.mixture), fit.trace)
    for name, (rows, options) in ESTIMATORS.items():
        model = GaussianMixture(3, random_state=1, **options).fit(rows)
        found[name] = bits(*of_mixture(model.mixture_), model.lower_bounds_)
    for name, (rows, options) in sweeps.items():
        found[f"sweep {name}"] = of_selection(mixtura.select(rows, seed=1, **options))
    return found


def of_kernel(kernel):
    """The hashes in a process of its own."""
    command = [sys.executable, __file__]
    environment = {**os.environ, "MIXTURA_KERNEL": kernel}
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["record"]:
        recorded = json.loads(BITS.read_text(encoding="utf-8")) if BITS.exists() else {}
        recorded[machine()] = {kernel: of_kernel(kernel) for kernel in ("native", "numpy")}
        BITS.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    else:
        sys.stdout.write(json.dumps(hashes()))
