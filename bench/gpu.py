"""Everything that is measured on a GPU, within eight minutes: ``python bench/gpu.py --output build/bench/gpu.json``.

Passes are checked against float64 statistics of the CPU on fresh random rows before they are timed; times are medians
of device events. Rivals are timed in the same run if they are there: tgmm, scikit-learn's array API, Flash-GMM. With
``--device cpu --tiny`` everything runs on small shapes without a GPU, which shows that the script works, and no speed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
import warnings
from contextlib import suppress
from importlib import metadata
from pathlib import Path

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # which SciPy reads when it is imported, for scikit-learn's array API

import gpu_rivals
import numpy as np
import torch

import mixtura
from mixtura import DenseCovariance, DiagonalCovariance, Mixture
from mixtura.data import Chunk, TensorSource
from mixtura.kernels import current_kernel, log_density_of_tensor
from mixtura.kernels.tensors import estep_of_tensor

PACKAGES = ("mixtura", "numpy", "torch", "triton", "scikit-learn", "tgmm")

# Form, rows, columns, components, and the milliseconds that are the goal on an H100 or H200.
GOALS = [
    ("spherical", 1_000_000, 128, 1024, 15),
    ("diagonal", 1_000_000, 128, 1024, 20),
    ("full", 1_000_000, 32, 256, 25),
]
TINY_GOALS = [(form, 3000, 8, 12, goal) for form, *_, goal in GOALS]

SCATTER = {"spherical": "diagonal", "diagonal": "diagonal", "full": "full", "tied": "pooled"}


def random_mixture(form, k, d, rng, spread=3.0, origin=0.0):
    """A mixture whose standard deviations are near one, of means within so many of them, about an origin."""
    means = origin + spread * rng.uniform(-1, 1, size=(k, d))
    weights = rng.dirichlet(np.full(k, 5.0))
    if form in {"full", "tied"}:
        count = k if form == "full" else 1
        roots = np.eye(d) + 0.3 / np.sqrt(d) * rng.normal(size=(count, d, d))
        return Mixture(weights, means, DenseCovariance(roots @ roots.swapaxes(1, 2), k))
    width = 1 if form == "spherical" else d
    return Mixture(weights, means, DiagonalCovariance(rng.uniform(0.5, 2, size=(k, width)), k, d))


def rows_of(mixture, n, device, seed):
    """Random float32 rows near a mixture's means, made on the device."""
    generator = torch.Generator(device=device).manual_seed(seed)
    means = torch.tensor(mixture.means, device=device, dtype=torch.float32)
    deviations = torch.tensor(np.sqrt(mixture.covariances.variances()), device=device, dtype=torch.float32)
    own = torch.randint(len(means), (n,), generator=generator, device=device)
    rows = torch.randn(n, means.shape[1], generator=generator, device=device)
    return rows.mul_(deviations.expand_as(means)[own]).add_(means[own])


class Clock:
    """Seconds between two moments on a device."""

    def __init__(self, device):
        self.on_gpu = device.startswith("cuda")

    def seconds(self, f):
        """Seconds that ``f()`` takes on the device."""
        if not self.on_gpu:
            begin = time.perf_counter()
            f()
            return time.perf_counter() - begin
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        f()
        last.record()
        torch.cuda.synchronize()
        return first.elapsed_time(last) / 1000

    def median(self, f, budget, most=20):
        """Median of several times, of as many as the budget of seconds allows, after one that does not count."""
        f()
        times, begin = [], time.perf_counter()
        while not times or (len(times) < most and time.perf_counter() - begin < budget):
            times.append(self.seconds(f))
        return statistics.median(times)


def card(device):
    """What was measured on: card, driver, versions, and the card's own rates."""
    found = {
        "device": device,
        "processor": platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    if device.startswith("cuda"):
        found |= {"card": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
        command = ["nvidia-smi", "--query-gpu=driver_version,clocks.max.sm,power.limit", "--format=csv,noheader"]
        found["driver, clock, power"] = subprocess.run(
            command, capture_output=True, text=True, check=False
        ).stdout.strip()
    side = 8192 if device.startswith("cuda") else 512
    a, clock = torch.randn(side, side, device=device), Clock(device)
    found["copy, GB/s"] = 2 * a.nbytes / clock.median(a.clone, 1) / 1e9
    for name, precision in (("float32, TFLOP/s", "highest"), ("TF32, TFLOP/s", "high")):
        torch.set_float32_matmul_precision(precision)
        found[name] = 2 * side**3 / clock.median(lambda: a @ a, 2) / 1e12
    torch.set_float32_matmul_precision("highest")
    return found


def difference(found, wanted):
    """Norm of the difference over that of what is wanted."""
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def checks(device, tiny):
    """Largest relative errors of statistics on fresh random rows, and whether two passes have the same bits."""
    found, rng = [], np.random.default_rng()
    for form, origin, dtype in [(f, o, t) for f in SCATTER for o in (0.0, 1e4) for t in (torch.float32, torch.float64)]:
        n, d, k = (2000, 5, 7) if tiny else (100_000, 24, 40)
        mixture = random_mixture(form, k, d, rng, origin=origin)
        rows = rows_of(mixture, n, device, int(rng.integers(1 << 30))).to(dtype)
        one, two = (estep_of_tensor(mixture.affine, rows, None, SCATTER[form]) for _ in range(2))
        wanted = current_kernel().estep(mixture, Chunk(rows.cpu().double().numpy()), SCATTER[form])
        errors = {name: difference(getattr(one, name), getattr(wanted, name)) for name in ("weight", "scatter")}
        errors["mean"] = difference(one.mean - origin, wanted.mean - origin)
        errors["loglik"] = abs(one.loglik / wanted.loglik - 1)
        same = one.loglik == two.loglik and all(
            np.array_equal(getattr(one, name), getattr(two, name)) for name in ("weight", "mean", "scatter")
        )
        limit = 1e-5 if dtype == torch.float32 else 1e-10
        passed = same and max(errors.values()) < limit
        found.append(
            {"form": form, "origin": origin, "dtype": str(dtype), "same bits": same, "passed": passed, **errors}
        )
    return found


def goal_times(device, goals, budget):
    """Milliseconds of an E-step with all sums for the M-step, and memory beyond the data, beside the goals."""
    found, clock = [], Clock(device)
    for form, n, d, k, goal in goals:
        mixture = random_mixture(form, k, d, np.random.default_rng(0))
        rows = rows_of(mixture, n, device, 0)
        if clock.on_gpu:
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device) if clock.on_gpu else 0
        seconds = clock.median(lambda m=mixture, x=rows, f=form: estep_of_tensor(m.affine, x, None, SCATTER[f]), budget)
        density = clock.median(lambda m=mixture, x=rows: log_density_of_tensor(m, x), budget / 2)
        beyond = torch.cuda.max_memory_allocated(device) - before if clock.on_gpu else None
        flops = 2.0 * n * k * (3 * d * d if form == "full" else 4 * d)
        case = {"form": form, "rows": n, "columns": d, "components": k, "goal, ms": goal, "ms": 1000 * seconds}
        case |= {"log-density, ms": 1000 * density, "bytes beyond the data": beyond}
        found.append(case | {"TFLOP": flops / 1e12, "bytes": rows.nbytes})
    return found


def curves(device, tiny, budget):
    """Rows per second against numbers of rows, components and columns, of full and diagonal covariances."""
    base = {"n": 2000, "k": 4, "d": 4} if tiny else {"n": 1_000_000, "k": 64, "d": 16}
    along = (
        {"n": [500, 2000], "k": [2, 8], "d": [2, 8]}
        if tiny
        else {
            "n": [10_000, 100_000, 1_000_000, 10_000_000],
            "k": [4, 16, 64, 256, 1024],
            "d": [2, 4, 8, 16, 32, 64],
        }
    )
    found, clock = [], Clock(device)
    for form in ("full", "diagonal"):
        for letter, values in along.items():
            for value in values:
                n, k, d = ({**base, letter: value}[name] for name in "nkd")
                mixture = random_mixture(form, k, d, np.random.default_rng(0))
                rows = rows_of(mixture, n, device, 0)
                kind = SCATTER[form]
                seconds = clock.median(
                    lambda m=mixture, x=rows, s=kind: estep_of_tensor(m.affine, x, None, s), budget, 5
                )
                found.append(
                    {"form": form, "along": letter, "rows": n, "components": k, "columns": d, "rows/s": n / seconds}
                )
    return found


def whole_fits(device, tiny):
    """Seconds of a whole fit with its start, on the device and on the CPU, and of scikit-learn's array API."""
    n, d, k = (3000, 4, 3) if tiny else (10_000_000, 16, 100)
    mixture = random_mixture("full", k, d, np.random.default_rng(0), spread=6.0)
    rows = rows_of(mixture, n, device, 0)
    clock, found = Clock(device), {"rows": n, "columns": d, "components": k}
    options = {"seed": 0, "max_iter": 20, "tol": 0.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = []
        found["mixtura on the device, s"] = clock.seconds(
            lambda: fits.append(mixtura.fit(TensorSource.of(rows), k, **options))
        )
        found["log-likelihood per row"] = fits[0].loglik / n
        found["scikit-learn's array API, s"] = gpu_rivals.array_api_seconds(rows[: n // 10], k, clock)
        found["scikit-learn's rows"] = n // 10
        host = rows.cpu().numpy()
        found["mixtura on the CPU, s"] = clock.seconds(lambda: mixtura.fit(host, k, **options))
    return found


def beside_tgmm(device, tiny):
    """Milliseconds of an iteration of tgmm from a start, beside our E-step."""
    n, d, k = (2000, 4, 3) if tiny else (1_000_000, 30, 30)
    mixture = random_mixture("full", k, d, np.random.default_rng(0))
    rows, clock = rows_of(mixture, n, device, 0), Clock(device)
    ours = 1000 * clock.median(lambda: estep_of_tensor(mixture.affine, rows, None, "full"), 2, 5)
    return {"rows": n, "columns": d, "components": k, "mixtura, ms": ours} | gpu_rivals.tgmm(mixture, rows, clock)


def beside_flash(device, folder, goals, budget):
    """Milliseconds and errors of Flash-GMM's E-steps at the goals' shapes; their folder is that of a checkout."""
    found = []
    for form, n, d, k, _ in goals if folder else ():
        mixture = random_mixture(form, k, d, np.random.default_rng(0))
        rows = rows_of(mixture, n, device, 0)
        wanted = current_kernel().log_density(mixture, Chunk(rows[:10_000].cpu().double().numpy()))
        case = {"form": form, "rows": n, "columns": d, "components": k}
        found.append(case | gpu_rivals.flash(folder, form, mixture, rows, wanted, Clock(device), budget))
    return found


def main():
    """Measure one part after the other, and write what was found after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--output", type=Path, default=Path("build/bench/gpu.json"))
    parser.add_argument("--tiny", action="store_true", help="small shapes, to see that everything runs")
    parser.add_argument("--flash", type=Path, help="folder of a checkout of IBM/Flash-GMM, to be timed, too")
    parser.add_argument("--seconds", type=float, default=480, help="parts that would begin later are left out")
    arguments = parser.parse_args()
    device, tiny, begin = arguments.device, arguments.tiny, time.perf_counter()
    budget = 0.05 if tiny else 4.0
    parts = {
        "card": lambda: card(device),
        "checks": lambda: checks(device, tiny),
        "goals": lambda: goal_times(device, TINY_GOALS if tiny else GOALS, budget),
        "tgmm": lambda: beside_tgmm(device, tiny),
        "flash": lambda: beside_flash(device, arguments.flash, TINY_GOALS if tiny else GOALS, budget),
        "fits": lambda: whole_fits(device, tiny),
        "curves": lambda: curves(device, tiny, budget / 4),
    }
    found = {}
    for name, part in parts.items():
        spent = time.perf_counter() - begin
        found[name] = part() if spent < arguments.seconds else f"left out after {spent:.0f} s"
        found["seconds"] = time.perf_counter() - begin
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(name, json.dumps(found[name]), flush=True)
    failed = [check for check in found["checks"] if not check["passed"]]
    print(f"{len(found['checks']) - len(failed)} checks passed, {len(failed)} failed; {found['seconds']:.0f} s")


if __name__ == "__main__":
    main()
