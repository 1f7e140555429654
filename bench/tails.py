"""Outliers: t components beside Gaussian ones, noise and trimming, and beside tgmm: ``python bench/tails.py PART``.

``outliers``: three groups of 150 rows in two columns, of which 5 % are replaced by gross outliers. The error is the
largest of any coordinate of any mean; medians and worst of some seeds.

``tgmm [PYTHON]``: Mixtura and tgmm's StudentTMixture from the same start, after the same number of EM iterations. tgmm
needs torch; PYTHON is the interpreter of an environment with ``pip install tgmm torch``. With fixed degrees of freedom,
or missing values, iterations are the same. Else tgmm has the new degrees of freedom in a term of the equation where EM
has the old ones, so only the limits are the same.

``speed``: least CPU time of an E-step with t components and with Gaussian ones, on one thread, of as many as there are
seeds; of t components by NumPy, if OPENBLAS_NUM_THREADS is 1; and of an iteration of a fit.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

import mixtura
from mixtura.data import ArraySource
from mixtura.em.estep import Plain
from mixtura.kernels import NUMPY_KERNEL, using_kernel

SIZES = (
    (1_000, 4, 3, "VVV"),
    (10_000, 4, 3, "VVV"),
    (100_000, 10, 5, "VVV"),
    (1_000_000, 4, 3, "VVV"),
    (100_000, 10, 5, "VVI"),
    (1_000_000, 4, 3, "VVI"),
)
CENTRES = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
WAYS = {"Gaussian": {}, "t": {"tails": "t"}, "t-shared": {"tails": "t-shared"}, "noise": {"noise": True}}
WAYS["trimming 5 %"] = {"trim": 0.05}

# What tgmm runs: its EM from the same start, and how long an iteration takes.
THEIRS = """
import json, sys, time
import torch
from tgmm import StudentTMixture
torch.set_num_threads(1); torch.set_default_dtype(torch.float64)
given = json.load(open(sys.argv[1])); X = torch.tensor(given["rows"], dtype=torch.float64)
kind = given["kind"]
options = dict(covariance_type=kind, dof=given["dof"], dof_init=5.0, dof_bounds=(0.5, 1e6), tol=0.0, reg_covar=0.0,
    init_means=torch.tensor(given["means"]), init_weights=torch.tensor(given["weights"]),
    init_covariances=torch.tensor(given["covariances"]), missing=given["missing"])
start = time.process_time()
one = StudentTMixture(len(given["weights"]), X.shape[1], max_iter=given["iterations"], **options).fit(X)
used = time.process_time() - start
print(json.dumps({"means": one.means_.tolist(), "dof": one.dof_.tolist(), "covariances": one.covariances_.tolist(),
    "loglik": float(one.score(X)) * len(X), "seconds": used / given["iterations"]}))
"""
KINDS = {"full": "VVV", "diag": "VVI", "spherical": "VII", "tied_full": "EEE"}


def contaminated(seed, fraction=0.05):
    """Rows of three groups, some of them replaced by outliers."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.normal(size=(150, 2)) + centre for centre in CENTRES])
    which = rng.choice(len(rows), int(fraction * len(rows)), replace=False)
    rows[which] = rng.uniform(-60, 60, (len(which), 2))
    return rows


def error(mixture):
    """Largest error of any coordinate of a mean, with the components in the best order."""
    return min(np.abs(mixture.means[list(order)] - CENTRES).max() for order in itertools.permutations(range(3)))


def outliers(seeds):
    """The table of errors, for each way to deal with outliers."""
    found = {name: [] for name in WAYS}
    for seed in range(seeds):
        rows = contaminated(seed)
        for name, options in WAYS.items():
            begin = time.process_time()
            fit = mixtura.fit(rows, 3, seed=0, threads=1, **options)
            found[name].append((error(fit.mixture), time.process_time() - begin))
    print(f"| components | median error of the means | worst of {seeds} | seconds |\n|---|---|---|---|")
    for name, values in found.items():
        errors, seconds = np.array(values).T
        print(f"| {name} | {np.median(errors):.2f} | {errors.max():.2f} | {np.median(seconds):.2f} |")
    gains = np.array(found["Gaussian"])[:, 0] / np.array(found["t"])[:, 0]
    print(f"at most a tenth of the Gaussian error with t: {(gains >= 10).sum()} of {seeds} seeds")


def t_sample(n, d, k, seed):
    """Rows of k t components in d columns, and a start."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(k, d, d)) * 0.3 + np.eye(d)
    means = rng.normal(size=(k, d)) * 4
    nu = rng.choice([2.0, 4.0, 8.0], k)
    truth = mixtura.Mixture(np.full(k, 1 / k), means, factors @ factors.swapaxes(1, 2), degrees_of_freedom=nu)
    start = mixtura.Mixture(
        np.full(k, 1 / k), means + 0.3, np.repeat(np.eye(d)[None] * 2, k, axis=0), degrees_of_freedom=5
    )
    return truth.sample(n, seed)[0], start


def stored(kind, d, k):
    """The covariances of the start as tgmm stores them."""
    shapes = {"full": np.repeat(np.eye(d)[None] * 2, k, axis=0), "diag": np.full((k, d), 2.0)}
    return shapes.get(kind, np.full(k, 2.0) if kind == "spherical" else np.eye(d) * 2)


def tgmm(python, iterations):
    """Both programs from the same start: differences after so many iterations, and CPU time of one."""
    print("| rows | model | tails | log-likelihood | difference | means | dof | CPU, tgmm / Mixtura |")
    print("|---|---|---|---|---|---|---|---|")
    cases = [(2000, 3, 3, kind, tails, 0.0) for kind in KINDS for tails in ("t", "t-shared")]
    cases += [(2000, 3, 3, "full", 4.0, 0.0), (2000, 3, 3, "full", "t", 0.2), (100_000, 10, 5, "full", "t", 0.0)]
    mixtura.fit(np.arange(9.0), 2, tails=4)  # so that imports do not count
    for n, d, k, kind, tails, missing in cases:
        rows, start = t_sample(n, d, k, 0)
        if missing:
            holes = np.random.default_rng(1).random(rows.shape) < missing
            holes[:, 0] = False
            rows = np.where(holes, np.nan, rows)
        em = mixtura.EM(accelerate=False, max_iter=iterations, stop="loglik", tol=0.0)
        begin = time.process_time()
        ours = mixtura.fit(rows, start=start, model=KINDS[kind], tails=tails, em=em, threads=1)
        used = (time.process_time() - begin) / max(ours.iterations, 1)
        theirs = {"t": "per_component", "t-shared": "shared"}.get(tails, tails)
        given = {"rows": rows.tolist(), "kind": kind, "dof": theirs, "means": start.means.tolist()}
        given |= {"weights": start.weights.tolist(), "covariances": stored(kind, d, k).tolist()}
        given |= {"iterations": iterations, "missing": "em" if missing else "error"}
        other = run_theirs(python, given)
        means = np.abs(ours.mixture.means - other["means"]).max()
        dof = np.abs(ours.mixture.degrees_of_freedom / other["dof"] - 1).max()
        gap, ratio = ours.loglik - other["loglik"], other["seconds"] / used
        size = f"{n} x {d}, K={k}" + (f", {missing:.0%} missing" if missing else "")
        numbers = [f"{ours.loglik:.3f}", f"{gap:.1e}", f"{means:.0e}", f"{dof:.0e}", f"{ratio:.1f}"]
        print("|", " | ".join([size, KINDS[kind], str(tails), *numbers]), "|", flush=True)


def run_theirs(python, given):
    """What tgmm finds, in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "given.json")
        path.write_text(json.dumps(given))
        done = subprocess.run([python, "-c", THEIRS, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def estep_times(rows, mixtures, kind, repetitions):
    """Least CPU time of an E-step on one thread under each of some mixtures, taken in turn."""
    source, least = ArraySource(rows, None, 1), dict.fromkeys(mixtures, np.inf)
    for name, mixture in list(mixtures.items()) * repetitions:
        begin = time.process_time()
        Plain()(source, mixture, kind)
        least[name] = min(least[name], time.process_time() - begin)
    return least


def iteration_time(rows, start, model):
    """CPU time of an iteration of a fit with t components on one thread."""
    spent = {5: np.inf, 25: np.inf}
    for iterations in list(spent) * 3:
        em = mixtura.EM(accelerate=False, stop="loglik", tol=0.0, max_iter=iterations)
        begin = time.process_time()
        mixtura.fit(rows, start=start, model=model, tails="t", em=em, threads=1)
        spent[iterations] = min(spent[iterations], time.process_time() - begin)
    return (spent[25] - spent[5]) / 20


def speed(repetitions):
    """CPU time of an E-step with t components, with Gaussian ones and by NumPy, and of an iteration of a fit."""
    for n, d, k, model in SIZES:
        rng = np.random.default_rng(0)
        rows, matrices = rng.normal(size=(n, d)), np.repeat(np.eye(d)[None] + 0.1, k, axis=0)
        covariances = mixtura.DiagonalCovariance(np.ones((k, d)), k, d) if model == "VVI" else matrices
        start = mixtura.Mixture(np.full(k, 1 / k), rng.normal(size=(k, d)), covariances, degrees_of_freedom=5)
        mixtures = {"Gaussian": replace(start, degrees_of_freedom=None), "t": start}
        kind = {"VVV": "full", "VVI": "diagonal"}[model]
        times = estep_times(rows, mixtures, kind, repetitions)
        with using_kernel(NUMPY_KERNEL):
            times["t, NumPy"] = estep_times(rows, {"t": start}, kind, 2)["t"]
        times["iteration, t"] = iteration_time(rows, start, model)
        told = ", ".join(f"{name} {1000 * value:.2f} ms" for name, value in times.items())
        print(f"{n} x {d}, K={k}, {model}: {told}; t / Gaussian {times['t'] / times['Gaussian']:.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=["outliers", "tgmm", "speed"])
    parser.add_argument("python", nargs="?", default=sys.executable)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--iterations", type=int, default=50)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    run = {
        "outliers": lambda: outliers(args.seeds),
        "tgmm": lambda: tgmm(args.python, args.iterations),
        "speed": lambda: speed(args.seeds),
    }
    run[args.part]()
