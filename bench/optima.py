"""How often starts reach the best optimum known: the default's, scikit-learn's, mclust's and tgmm's, side by side.

``python bench/optima.py --find`` seeks the optima by 300 starts for each data set, which takes an hour or two, and
stores them in best_known.json; without it, methods are compared with those and a table is printed. A method has reached
the optimum if its log-likelihood, after EM of ours from where it ended, is at most 0.5 nats below. Mixtures with a
component of fewer than 2 (d + 1) rows, a spurious one, or one narrower than a hundredth of the data in some direction
are no optima. The default start was made on the sets 0 to 55; those from 1,000 on are measured.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from overlap_sets import KINDS, SEPARATED_OVERLAP, OverlapSet, overlap_set
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.metrics import adjusted_rand_score

import mixtura

BEST_KNOWN = Path(__file__).parent / "best_known.json"
NEAR = 0.5
STARTS = 300
POLISHED = 60
NARROW = 0.01
FOUND = 0.98

Labels = np.ndarray


def whitened(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Rows with columns of variance 1, and rows with the identity as their covariance matrix."""
    centred = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-300)
    yield centred
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(centred.T)))
    kept = values > 1e-12 * values[-1]
    yield centred @ axes[:, kept] / np.sqrt(values[kept])


def starts_of(data: OverlapSet, count: int) -> Iterator[Labels]:
    """Partitions of the rows: hierarchical ones, k-means, and nearest of rows drawn by k-means++."""
    for criterion in ("VVV", "EEE", "VII", "EII"):
        for use in ("SVD", "STD", "SPH"):
            tree = mixtura.hierarchical(data.rows, criterion=criterion, use=use, seed=0, subset=1000)
            centres = np.array([tree.rows[tree.labels(data.k) == j].mean(axis=0) for j in range(data.k)])
            scale = np.maximum(data.rows.std(axis=0), 1e-300)
            yield nearest(data.rows / scale, centres / scale)
    coordinates = list(whitened(data.rows))
    for number in range(count - 12):
        rows = coordinates[number % 2]
        if number < count // 4:
            yield KMeans(data.k, n_init=1, random_state=number).fit(rows[: 20 * 2000]).predict(rows)
        else:
            yield nearest(rows, kmeans_plusplus(rows, data.k, random_state=number)[0])


def nearest(rows: np.ndarray, centres: np.ndarray) -> Labels:
    """The nearest centre of each row."""
    return np.argmin((centres**2).sum(axis=1) - 2 * rows @ centres.T, axis=1)


def polished(data: OverlapSet, start: mixtura.Mixture | Labels, **options: object) -> mixtura.Fit | None:
    """The fit from a start; None if it fails."""
    try:
        return mixtura.fit(data.rows, data.k, start=start, seed=0, **options)  # type: ignore[arg-type]
    except mixtura.MixturaError:
        return None


def is_optimum(data: OverlapSet, fit: mixtura.Fit | None) -> bool:
    """Whether all components are left, none is spurious, holds few rows or is narrow."""
    if fit is None or fit.mixture.n_components < data.k or fit.starts[fit.best_start].spurious:
        return False
    n, d = data.rows.shape
    scale = np.maximum(data.rows.std(axis=0), 1e-300)
    widths = np.linalg.eigvalsh(fit.mixture.covariances.dense() / np.outer(scale, scale))[:, 0]
    return bool(n * fit.mixture.weights.min() >= 2 * (d + 1) and np.sqrt(widths.min()) >= NARROW)


def best_known(number: int, count: int = STARTS) -> dict[str, object]:
    """The best optimum of a set by many starts, how many of them reach it, and that from the true components."""
    warnings.simplefilter("ignore")
    data, clock = overlap_set(number), time.process_time()
    rough = [polished(data, labels, tol=1e-5) for labels in starts_of(data, count) if len(set(labels)) == data.k]
    usable = sorted((fit for fit in rough if is_optimum(data, fit)), key=lambda fit: -fit.loglik)
    ends = [polished(data, fit.mixture) for fit in usable[:POLISHED]]
    logliks = sorted((fit.loglik for fit in ends if is_optimum(data, fit)), reverse=True)
    reached = sum(each > logliks[0] - NEAR for each in logliks) if logliks else 0
    truth = polished(data, data.components)
    return {
        "name": data.name,
        "loglik": logliks[0] if logliks else None,
        "reached": reached,
        "from_truth": truth.loglik if is_optimum(data, truth) else None,
        "seconds": round(time.process_time() - clock, 1),
    }


def find(numbers: range, processes: int) -> None:
    """Seek the optima of all sets that have none yet, and store them."""
    known = json.loads(BEST_KNOWN.read_text()) if BEST_KNOWN.exists() else {}
    missing = [number for number in numbers if str(number) not in known]
    with get_context("spawn").Pool(processes) as pool:
        for number, found in zip(missing, pool.imap(best_known, missing), strict=True):
            known[str(number)] = found
            BEST_KNOWN.write_text(json.dumps(known, indent=1) + "\n")
            print(number, found, flush=True)


Method = Callable[[OverlapSet, int], mixtura.Mixture]


def default(data: OverlapSet, seed: int) -> mixtura.Mixture:
    """The default start."""
    return mixtura.fit(data.rows, data.k, seed=seed).mixture


def permuted(data: OverlapSet, seed: int) -> mixtura.Mixture:
    """The default start on rows in another order."""
    order = np.random.default_rng(seed).permutation(len(data.rows))
    return mixtura.fit(data.rows[order], data.k, seed=seed).mixture


def rotated(data: OverlapSet, seed: int) -> mixtura.Mixture:
    """The default start on standardised and rotated columns; the mixture is rotated back."""
    scale, d = np.maximum(data.rows.std(axis=0), 1e-300), data.rows.shape[1]
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    origin = data.rows.mean(axis=0)
    found = mixtura.fit((data.rows - origin) / scale @ axes, data.k, seed=seed).mixture
    back = axes.T * scale
    return mixtura.Mixture(found.weights, found.means @ back + origin, back.T @ found.covariances.dense() @ back)


def scikit_learn(n_init: int) -> Method:
    """scikit-learn's class with its own defaults, but for the number of starts."""

    def fitted(data: OverlapSet, seed: int) -> mixtura.Mixture:
        from sklearn.mixture import GaussianMixture

        model = GaussianMixture(data.k, n_init=n_init, random_state=seed).fit(data.rows)
        return mixtura.Mixture(model.weights_, model.means_, model.covariances_)

    return fitted


def mclusts_start(data: OverlapSet, seed: int) -> mixtura.Mixture:
    """Model-based hierarchical clustering as mclust starts with."""
    return mixtura.fit(data.rows, data.k, start="hierarchical", seed=seed).mixture


def tgmm(data: OverlapSet, seed: int) -> mixtura.Mixture:
    """The package tgmm with its defaults, in double precision on the CPU."""
    import torch
    from tgmm import GaussianMixture

    model = GaussianMixture(n_components=data.k, random_state=seed, device="cpu")
    model.fit(torch.tensor(data.rows, dtype=torch.float64))
    return mixtura.Mixture(
        *(np.asarray(each, dtype=float) for each in (model.weights_, model.means_, model.covariances_))
    )


METHODS: dict[str, Method] = {
    "Mixtura's default": default,
    "the same, rows permuted": permuted,
    "the same, columns rotated": rotated,
    "scikit-learn, n_init=1": scikit_learn(1),
    "scikit-learn, n_init=10": scikit_learn(10),
    "mclust's start": mclusts_start,
    "tgmm": tgmm,
}


def applies(name: str, number: int) -> bool:
    """Whether a method can reach the same optimum: not where rotated rows are no longer rounded."""
    return not (METHODS[name] is rotated and KINDS[number % len(KINDS)] == "rounded")


def measure(method: Method, data: OverlapSet, best: float) -> dict[str, float]:
    """Gap to the best optimum known in nats, CPU seconds, agreement with the true components; NaN after a failure."""
    clock = time.process_time()
    try:
        found = method(data, 0)
    except (ValueError, RuntimeError, ImportError, AttributeError, TypeError) as error:
        return {"gap": np.nan, "seconds": time.process_time() - clock, "agreement": np.nan, "error": repr(error)[:200]}
    seconds = time.process_time() - clock
    fit = polished(data, found)
    if fit is None:
        return {"gap": np.nan, "seconds": seconds, "agreement": np.nan, "error": "EM of ours fails from there"}
    agreement = adjusted_rand_score(data.components, fit.mixture.predict(data.rows))
    return {"gap": fit.loglik - best, "seconds": seconds, "agreement": agreement, "optimum": is_optimum(data, fit)}


def compare(numbers: range, names: list[str], *, verbose: bool) -> None:
    """Measure methods on all sets with a known optimum, and print a table."""
    known = {int(number): found["loglik"] for number, found in json.loads(BEST_KNOWN.read_text()).items()}
    results: dict[str, dict[int, dict[str, float]]] = {name: {} for name in names}
    chosen = [number for number in numbers if known.get(number) is not None]
    well_separated = set()
    for number in chosen:
        data = overlap_set(number)
        if data.kind == "separated" and data.overlap <= SEPARATED_OVERLAP:
            well_separated.add(number)
        for name in names:
            if applies(name, number):
                results[name][number] = measure(METHODS[name], data, known[number])
        if verbose:
            gaps = ", ".join(
                f"{results[name][number]['gap']:+.2f}" if number in results[name] else "-" for name in names
            )
            print(f"{data.name}, overlap {data.overlap:.3f}: {gaps}", flush=True)
    separated = [number for number in chosen if number in well_separated]
    print(f"\n| {len(chosen)} sets | within {NEAR} nats | all clusters of {len(separated)} separated sets | failed "
          "| median seconds |\n|---|---|---|---|---|")  # fmt: skip
    for name, found in results.items():
        near = np.mean([each["gap"] >= -NEAR for each in found.values()])
        right = np.mean([found[number]["agreement"] >= FOUND for number in separated])
        failed = sum(np.isnan(each["gap"]) for each in found.values())
        seconds = np.median([each["seconds"] for each in found.values()])
        print(f"| {name} | {near:.1%} | {right:.0%} | {failed} | {seconds:.3f} |")


def main() -> None:
    """Find the optima, or compare methods with them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--find", action="store_true", help="seek the optima first")
    parser.add_argument("--first", type=int, default=1000, help="number of the first set")
    parser.add_argument("--sets", type=int, default=84)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS)
    parser.add_argument("--verbose", action="store_true", help="print the gap on every set")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    numbers = range(asked.first, asked.first + asked.sets)
    if asked.find:
        find(numbers, asked.processes)
    compare(numbers, asked.methods, verbose=asked.verbose)


if __name__ == "__main__":
    main()
