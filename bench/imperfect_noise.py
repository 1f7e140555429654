"""Errors of measurement: ``python bench/imperfect_noise.py recovery|speed|shared|astroml|gaia``.

recovery: a simulated mixture, fitted with the rows' errors and without, over seeds. speed: CPU seconds of an iteration
on one thread. astroml: beside XDGMM of astroML, in a Python that has it, ``--python``. gaia: 1,000,000 simulated rows
of 7 columns and 512 components, by minibatches.
"""

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

import mixtura
from mixtura.data import Measured, as_source
from mixtura.em.estep import Plain
from mixtura.em.stepwise import StepSchedule, begin_stepwise, in_rows, take_step
from mixtura.kernels import summarise

THEIRS = """
import json, sys, time
import numpy as np
from astroML.density_estimation import XDGMM
given = np.load(sys.argv[1])
X, Xerr, iterations = given["X"], given["noise"], int(sys.argv[2])
model = XDGMM(len(given["weights"]), max_iter=1)
model.mu, model.alpha, model.V = given["means"], given["weights"], given["covariances"]
before = time.process_time()
for _ in range(iterations):
    model._EMstep(X, Xerr)
spent = (time.process_time() - before) / iterations
print(json.dumps({"loglik": float(np.sum(model.logL(X, Xerr))), "seconds": spent, "means": model.mu.tolist()}))
"""


def simulated(n, d, k, rng, noise="diagonal"):
    """True values, rows and covariances of their errors: variances (n, d), or matrices (n, d, d)."""
    means, roots = 4 * rng.normal(size=(k, d)), 0.3 * rng.normal(size=(k, d, d)) + np.eye(d)
    labels = rng.integers(0, k, n)
    true = means[labels] + np.einsum("nij,nj->ni", roots[labels], rng.normal(size=(n, d)))
    if noise == "diagonal":
        variances = rng.gamma(0.5, 2.0, size=(n, d))
        return true, true + np.sqrt(variances) * rng.normal(size=(n, d)), variances
    factors = 0.5 * rng.normal(size=(n, d, d))
    return true, true + np.einsum("nij,nj->ni", factors, rng.normal(size=(n, d))), factors @ factors.swapaxes(1, 2)


def recovery(arguments):
    """Errors of a fit's parameters with and without the rows' errors, by their size."""
    print(
        "| errors' variance | mean's error | without | covariance's error | without | true values' RMSE | as measured |"
    )
    print("|---|---|---|---|---|---|---|")
    truth = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
    for size in (0.1, 0.4, 0.8, 1.6):
        found = []
        for seed in range(arguments.seeds):
            rng = np.random.default_rng(seed)
            labels = rng.integers(0, 3, 3000)
            true = truth[labels] + 0.5 * rng.normal(size=(3000, 2))
            variances = rng.gamma(0.5, 2 * size, size=(3000, 2))
            rows = true + np.sqrt(variances) * rng.normal(size=true.shape)
            own = []
            for how in ({"noise_covariance": variances}, {}):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", mixtura.MixturaWarning)
                    mixture = mixtura.fit(rows, 3, **how).mixture
                order = np.argmin(np.linalg.norm(truth[:, None] - mixture.means, axis=2), axis=1)
                own.append(
                    (
                        np.abs(mixture.means[order] - truth).mean(),
                        np.abs(mixture.covariances.dense()[order] - 0.25 * np.eye(2)).mean(),
                    )
                )
                if how:
                    better = mixture.deconvolve(rows, **how).mean
            rmse = [np.sqrt(np.mean((values - true) ** 2)) for values in (better, rows)]
            found.append([own[0][0], own[1][0], own[0][1], own[1][1], *rmse])
        print(f"| {size} | " + " | ".join(f"{value:.3f}" for value in np.median(found, axis=0)) + " |")


def seconds_of_pass(X, mixture, kind, repeats=7):
    """Least CPU seconds of an E-step, on one thread."""
    source, best = as_source(X, None, 1), np.inf
    for _ in range(repeats):
        before = time.process_time()
        Plain()(source, mixture, kind)
        best = min(best, time.process_time() - before)
    return best


def speed(_):
    """CPU seconds of an iteration by kind of errors."""
    print("| rows | K | model | no errors | one matrix | variances of each row | a matrix for each row |")
    print("|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for n, d, k in ((100_000, 5, 10), (1_000_000, 5, 10), (100_000, 2, 5), (100_000, 7, 64), (20_000, 20, 10)):
        true, rows, variances = simulated(n, d, k, rng)
        factors = 0.5 * rng.normal(size=(n, d, d)) / np.sqrt(d)
        matrices = factors @ factors.swapaxes(1, 2)
        for model, kind in (("VVV", "full"), ("VVI", "diagonal")):
            mixture = mixtura.fit(true[:20_000], k, model=model, start="kmeans", tol=1e-3).mixture
            given = [rows, *(Measured(rows, noise) for noise in (matrices[0], variances, matrices))]
            values = [seconds_of_pass(X, mixture, kind) for X in given]
            print(f"| {n:,} x {d} | {k} | {model} | " + " | ".join(f"{value:.4f}" for value in values) + " |")


def astroml(arguments):
    """The same iterations by astroML from the same start: log-likelihood and CPU seconds."""
    print("| rows | K | iterations | log-likelihood here | astroML | seconds here | astroML | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for n, d, k in ((10_000, 5, 10), (arguments.rows, 5, 10)):
        rng = np.random.default_rng(1)
        _, rows, variances = simulated(n, d, k, rng)
        start = mixtura.fit(rows[:5000], k, start="kmeans", tol=1e-2).mixture
        stop = mixtura.EM(accelerate=False, max_iter=arguments.iterations, tol=1e-15, floor=0.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", mixtura.MixturaWarning)
            ours = mixtura.fit(rows, start=start, noise_covariance=variances, em=stop)
        mine = seconds_of_pass(Measured(rows, variances), ours.mixture, "full")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "given.npz"
            matrices = variances[:, :, None] * np.eye(d)
            parameters = {"weights": start.weights, "means": start.means, "covariances": start.covariances.dense()}
            np.savez(path, X=rows, noise=matrices, **parameters)
            command = [arguments.python, "-c", THEIRS, str(path), str(ours.iterations)]
            text = subprocess.run(
                command, capture_output=True, text=True, check=True, env={"OMP_NUM_THREADS": "1"}
            ).stdout
        theirs = json.loads(text.splitlines()[-1])
        print(
            f"| {n:,} x {d} | {k} | {ours.iterations} | {ours.loglik:.6f} | {theirs['loglik']:.6f} | {mine:.4f} "
            f"| {theirs['seconds']:.3f} | {theirs['seconds'] / mine:.0f} |"
        )


def gaia(arguments):
    """Stepwise EM on simulated rows of many components: log-likelihood of other rows, beside that of the truth."""
    n, d, k, batch, sample = 1_000_000, 7, 512, 20_000, 50_000
    rng = np.random.default_rng(0)
    means, roots = 3 * rng.normal(size=(k, d)), 0.2 * rng.normal(size=(k, d, d)) + 0.3 * np.eye(d)
    truth = mixtura.Mixture(rng.dirichlet(np.full(k, 5.0)), means, roots @ roots.swapaxes(1, 2))
    variances = rng.gamma(1.0, 0.1, size=(n + sample, d)) * rng.gamma(2.0, 0.5, size=(n + sample, 1))
    rows, _ = truth.sample(n + sample, seed=1, noise_covariance=variances)
    others = Measured(rows[n:], variances[n:])
    before, spent = time.time(), time.process_time()
    first = slice(0, sample)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(rows[first], k, noise_covariance=variances[first], start="kmeans", max_iter=10)
    source = as_source(Measured(rows[first], variances[first]), None, 2)
    summary = summarise(source)
    problem = fit.model.problem(source, summary, 1e-6 * summary.scale)
    state, schedule = begin_stepwise(problem, fit.mixture), StepSchedule(sample, 0.6)
    print(f"truth {truth.logpdf(others).mean():.4f}, start {fit.mixture.logpdf(others).mean():.4f}, ", end="")
    print(f"{time.time() - before:.0f} s", flush=True)
    for epoch in range(1, arguments.epochs + 1):
        order = rng.permutation(n)
        for at in range(0, n, batch):
            own = order[at : at + batch]
            part = as_source(Measured(rows[own], variances[own]), None, 2)
            state = take_step(replace(problem, source=part), state, schedule)
        if epoch in (1, 2, 5, 10, 20):
            found, _ = problem.mstep(in_rows(state.average, state.seen, schedule), state.mixture)
            print(f"epoch {epoch}: {found.logpdf(others).mean():.4f} nats a row, ", end="")
            print(f"{time.time() - before:.0f} s, {time.process_time() - spent:.0f} CPU s", flush=True)


COMMANDS = {"recovery": recovery, "speed": speed, "astroml": astroml, "gaia": gaia}


def add_arguments(parser):
    """Add the arguments of these measurements to a parser."""
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--python", default="python")
    parser.add_argument("--epochs", type=int, default=20)


def run(arguments):
    """Make the measurement that is asked for."""
    COMMANDS[arguments.what](arguments)


if __name__ == "__main__":
    command = argparse.ArgumentParser(description=__doc__)
    add_arguments(command)
    run(command.parse_args())
