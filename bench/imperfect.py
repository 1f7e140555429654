"""Fits of imperfect data beside the same without the imperfection, and beside other packages.

``python bench/imperfect.py missing`` measures an EM iteration on rows with missing values: CPU seconds of one thread,
as a ratio to an iteration on the same rows without holes, and beside tgmm's ``missing="em"``, pomegranate's masked
tensors and StepMix's ``gaussian_diag_nan``, which have diagonal covariances there; packages that are not installed are
left out. Then all fourteen models are fitted by Mixtura and by tgmm from the same start for the same number of
iterations, and compared.

``python bench/imperfect.py noise`` measures fits of rows with errors of measurement: see imperfect_noise.py.
"""

import argparse
import os
import runpy
import statistics
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported

import imperfect_noise
import numpy as np
from direct import problem_of

import mixtura
from mixtura._support.threads import using_threads
from mixtura.covariance.models.names import MODELS
from mixtura.em.steppers.base import em_iteration

# Name, rows, columns, fraction missing, and how many of the rows tgmm gets, whose time is that of the patterns.
CASES = (
    ("1,000 patterns", 100_000, 10, 0.2, 100_000),
    ("32 patterns", 1_000_000, 5, 0.1, 1_000_000),
    ("each row its own pattern", 100_000, 30, 0.5, 1_000),
)
COMPONENTS = 5

# Other parts, which are scripts of their own and take the arguments that follow.
SCRIPTS = {
    "remedies": ("missing.py", "missing values, beside three usual remedies"),
    "intervals": ("imperfect_boxes.py", "censored, truncated and binned values"),
    "tails": ("tails.py", "t components: outliers, speed, tgmm"),
}


def problem(n, d, fraction, k=COMPONENTS, apart=3.0, seed=0):
    """Rows without and with holes, but at least one value in each, and a start near the mixture of their source."""
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(k, d, d)) / np.sqrt(d) + np.eye(d)
    covariances = mixtura.DenseCovariance(roots @ roots.swapaxes(1, 2), k)
    means = apart * rng.normal(size=(k, d))
    rows = mixtura.Mixture(np.full(k, 1 / k), means, covariances).sample(n, rng)[0]
    holes = rng.random(rows.shape) < fraction
    holes[np.arange(n), rng.integers(0, d, n)] = False
    start = mixtura.Mixture(np.full(k, 1 / k), means + 0.3 * rng.normal(size=(k, d)), covariances)
    return rows, np.where(holes, np.nan, rows), start


def iteration(rows, start, model="VVV", rounds=9):
    """CPU seconds of one of Mixtura's EM iterations, the median of some."""
    taken = []
    with using_threads(1):
        em = problem_of(rows, model)
        here = em.begin(start)
        for _ in range(rounds):
            before = time.process_time()
            here = em_iteration(em, here)
            taken.append(time.process_time() - before)
    return statistics.median(taken)


def iteration_of(fit, rows, start, rounds=3):
    """CPU seconds of a package's iteration, the median of some: differences of runs by the passes that they took."""
    fit(rows[:200], start, 1)  # whatever is done once
    found = []
    for _ in range(rounds):
        runs = []
        for count in (1, 5):
            before = time.process_time()
            passes = fit(rows, start, count)
            runs.append((time.process_time() - before, passes))
        found.append((runs[1][0] - runs[0][0]) / (runs[1][1] - runs[0][1]))
    return statistics.median(found)


def ours(rows, start, iterations, model="VVV"):
    """Plain EM of Mixtura."""
    em = mixtura.EM(tol=1e-300, max_iter=iterations, accelerate=False, resolution=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mixtura.fit(rows, len(start.weights), start=start, model=model, em=em, threads=1)


def tgmm_covariances(start, model):
    """A mixture's covariances in the shape that tgmm takes for a model."""
    dense = start.covariances.dense()
    diagonals = np.diagonal(dense, axis1=1, axis2=2)
    return {
        "EEE": dense[0],
        "VVI": diagonals,
        "EEI": diagonals[0],
        "VII": diagonals[:, 0],
        "EII": diagonals[0, 0],
    }.get(model, dense)


def tgmm(rows, start, iterations, model="VVV"):
    """EM of tgmm without its ridge; its inner iterations are run to convergence."""
    import torch
    from tgmm import GaussianMixture

    torch.set_num_threads(1)
    tensors = [torch.tensor(np.array(a)) for a in (start.weights, start.means, tgmm_covariances(start, model))]
    names = ("init_weights", "init_means", "init_covariances")
    fitted = GaussianMixture(
        n_components=len(start.weights), n_features=rows.shape[1], covariance_type=model, missing="em", device="cpu",
        max_iter=iterations, tol=1e-300, reg_covar=0.0, gpcm_tol=1e-14, gpcm_max_iter=5000,
        **dict(zip(names, tensors, strict=True)),
    )  # fmt: skip
    fitted.fit(torch.tensor(rows))
    return fitted


def tgmm_passes(model):
    """A fit by tgmm that returns how many passes it took."""
    return lambda rows, start, iterations: len(tgmm(rows, start, iterations, model).log_likelihood_history_)


def pomegranate(rows, start, iterations):
    """Passes of EM of pomegranate on a masked tensor, with diagonal covariances."""
    import torch
    from pomegranate.distributions import Normal
    from pomegranate.gmm import GeneralMixtureModel

    torch.set_num_threads(1)
    variances = start.covariances.variances()
    parts = [
        Normal(torch.tensor(np.array(m)), torch.tensor(np.array(v)), covariance_type="diag")
        for m, v in zip(start.means, variances, strict=True)
    ]
    mask = ~np.isnan(rows)
    data = torch.masked.MaskedTensor(torch.tensor(np.where(mask, rows, 0.0)), mask=torch.tensor(mask))
    with torch.no_grad():
        GeneralMixtureModel(parts, max_iter=iterations, tol=-np.inf, check_data=False).fit(data)
    return iterations


def stepmix(rows, start, iterations):
    """Passes of EM of StepMix with diagonal covariances, from its own start."""
    from stepmix.stepmix import StepMix

    StepMix(
        n_components=len(start.weights),
        measurement="gaussian_diag_nan",
        max_iter=iterations,
        abs_tol=0.0,
        progress_bar=0,
        random_state=0,
    ).fit(rows)
    return iterations


def attempt(name, act):
    """What ``act`` returns; None, with a word why, if the package is absent or fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return act()
    except ImportError:
        print(f"  {name}: not installed")
    except Exception as error:  # noqa: BLE001 whatever another package raises
        print(f"  {name}: {type(error).__name__}: {str(error).splitlines()[0][:100]}")
    return None


def measure_time():
    """Print an iteration's time in each case."""
    for name, n, d, fraction, some in CASES:
        rows, holed, start = problem(n, d, fraction)
        complete, own = iteration(rows, start), iteration(holed, start)
        print(f"{name}: {n:,} x {d}, {fraction:.0%} missing, K={COMPONENTS}")
        print(f"  Mixtura: {1e3 * own:.2f} ms, {own / complete:.2f} x the {1e3 * complete:.2f} ms of complete rows")
        beside("tgmm", tgmm_passes("VVV"), holed[:some], start, own * some / n)
    n, d = 100_000, 10
    _, holed, start = problem(n, d, 0.2)
    variances = mixtura.DiagonalCovariance(start.covariances.variances(), COMPONENTS, d)
    diagonal = mixtura.Mixture(start.weights, start.means, variances)
    own = iteration(holed, diagonal, "VVI")
    print(f"diagonal covariances, VVI: {n:,} x {d}, 20% missing\n  Mixtura: {1e3 * own:.2f} ms")
    for name, fit in {"tgmm": tgmm_passes("VVI"), "pomegranate": pomegranate, "StepMix": stepmix}.items():
        beside(name, fit, holed, diagonal, own)


def beside(name, fit, rows, start, own):
    """Print the time of another package's iteration beside our own seconds."""
    seconds = attempt(name, lambda: iteration_of(fit, rows, start))
    if seconds:
        print(f"  {name}: {1e3 * seconds:,.0f} ms for {len(rows):,} rows, {seconds / own:,.0f} x Mixtura's", flush=True)


def compare_models(few=20, many=400):
    """Print how far apart Mixtura and tgmm are after the same number of iterations from the same start."""
    _, holed, near = problem(1500, 4, 0.2, k=3, apart=1.5)
    filled = np.where(np.isnan(holed), np.nanmean(holed, axis=0), holed)
    print(f"| model | log-likelihood a row after {few} | above tgmm | parameters apart | after {many} | above |")
    print("|---|---|---|---|---|---|")
    for model in MODELS:
        start = ours(filled, near, 2, model).mixture
        cells = [attempt("tgmm", lambda n=n, m=model, s=start: differences(holed, s, n, m)) for n in (few, many)]
        if all(cells):
            (value, gap, apart), (last, end, _) = cells
            print(f"| {model} | {value:.9f} | {gap:.1e} | {apart:.1e} | {last:.9f} | {end:.1e} |", flush=True)


def differences(rows, start, iterations, model):
    """Mean log-likelihood of Mixtura's fit, what it has more than tgmm's, and the largest difference of a parameter."""
    fit, other = ours(rows, start, iterations, model), tgmm(rows, start, iterations, model)
    means = np.asarray(other.means_)
    found = mixtura.Mixture(np.asarray(other.weights_), means, dense_of(other, model, means.shape))
    pairs = (
        (fit.mixture.weights, found.weights),
        (fit.mixture.means, found.means),
        (fit.mixture.covariances.dense(), found.covariances.dense()),
    )
    mean_loglik = fit.loglik / len(rows)
    apart = max(float(np.abs(a - b).max()) for a, b in pairs)
    return mean_loglik, mean_loglik - float(found.logpdf(rows).mean()), apart


def dense_of(other, model, shape):
    """Covariances of tgmm's mixture as matrices of their own."""
    k, d = shape
    found = np.asarray(other.covariances_)
    matrices = {
        "EEE": lambda: np.broadcast_to(found, (k, d, d)),
        "VVI": lambda: found[:, :, None] * np.eye(d),
        "EEI": lambda: np.broadcast_to(found * np.eye(d), (k, d, d)),
        "VII": lambda: found[:, None, None] * np.eye(d),
        "EII": lambda: np.broadcast_to(found * np.eye(d), (k, d, d)),
    }.get(model, lambda: found)()
    return mixtura.DenseCovariance(np.ascontiguousarray(matrices), k)


def missing(parts):
    """Rows with missing values."""
    if "time" in parts:
        measure_time()
    if "models" in parts:
        compare_models()


def main():
    """Run a subcommand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("missing", help="rows with missing values")
    command.add_argument("parts", nargs="*", default=["time", "models"], help="time, models or both")
    command.set_defaults(run=lambda arguments: missing(arguments.parts))
    for name, (script, about) in SCRIPTS.items():
        command = commands.add_parser(name, help=about, add_help=False)
        command.set_defaults(run=None, script=script)
    command = commands.add_parser("noise", help="rows with errors of measurement")
    imperfect_noise.add_arguments(command)
    command.set_defaults(run=imperfect_noise.run)
    arguments, rest = parser.parse_known_args()
    if arguments.run is not None:
        parser.parse_args()  # refuses what is left
        arguments.run(arguments)
        return
    sys.argv = [arguments.script, *rest]
    runpy.run_path(str(Path(__file__).with_name(arguments.script)), run_name="__main__")


if __name__ == "__main__":
    main()
