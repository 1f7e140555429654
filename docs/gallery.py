"""Draw every kind of picture of data of many sizes: ``python docs/gallery.py FOLDER [NAME ...]``.

The pictures are for looking at. Names select those that contain one of them, such as ``uncertainty`` or ``rows100000``.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import mixtura

KINDS = ("classification", "uncertainty", "density", "regions", "boundaries")

# Columns, components, rows.
SIZES = (
    (1, 2, 100),
    (1, 25, 100_000),
    (2, 1, 100),
    (2, 2, 100),
    (2, 5, 20_000),
    (2, 9, 100_000),
    (2, 25, 2_000),
    (2, 25, 100_000),
    (5, 3, 500),
    (5, 12, 20_000),
    (12, 4, 2_000),
    (12, 25, 100_000),
)

Draw = Callable[[Path], object]


def random_mixture(d: int, k: int) -> mixtura.Mixture:
    """A mixture with components of several shapes that overlap here and there."""
    rng = np.random.default_rng(10 * d + k)
    factors = rng.normal(size=(k, d, d)) * rng.uniform(0.3, 1.0, (k, 1, d))
    covariances = factors @ factors.swapaxes(1, 2) + 0.1 * np.eye(d)
    weights = rng.dirichlet(np.full(k, 4.0))
    columns = tuple(f"quantity {j + 1} (mm)" for j in range(d))
    return mixtura.Mixture(weights, rng.uniform(0, 4 + 2.0 * k / d, (k, d)), covariances, columns)


def of_mixtures() -> Iterator[tuple[str, Draw]]:
    """Pictures of `mixtura.plot`, of every kind and size."""
    for d, k, n in SIZES:
        mixture = random_mixture(d, k)
        X, _ = mixture.sample(n, seed=1)
        for kind in KINDS:

            def draw(path: Path, *, what: object = mixture, rows: object = X, kind: str = kind) -> object:
                return mixtura.plot(what, rows, kind=kind, path=path)

            yield f"{kind}-columns{d}-components{k}-rows{n}", draw


def of_log_axes() -> Iterator[tuple[str, Draw]]:
    """Pictures on logarithmic axes, with noise, and in colours of the user's."""
    rng = np.random.default_rng(0)
    X = np.exp(np.concatenate([rng.normal(0, 0.4, (300, 2)), rng.normal(3, 0.5, (300, 2))]))
    fit = mixtura.fit(X, 4, seed=0)
    for kind in KINDS:
        yield f"log-{kind}", lambda path, kind=kind: mixtura.plot(fit, X, kind=kind, log=True, path=path)
        yield f"log-{kind}-1", lambda path, kind=kind: mixtura.plot(fit, X, kind=kind, columns=[0], log=[0], path=path)
    scattered = np.vstack([rng.normal(0, 1, (200, 2)), rng.normal(8, 1, (200, 2)), rng.uniform(-10, 20, (60, 2))])
    noisy = mixtura.fit(scattered, 2, noise=True, seed=0)
    for kind in KINDS:
        yield f"noise-{kind}", lambda path, kind=kind: mixtura.plot(noisy, scattered, kind=kind, path=path)


def of_results(examples: Path) -> Iterator[tuple[str, Draw]]:
    """Pictures of selections, combinations, bootstraps, tests and reductions."""
    iris = np.loadtxt(examples / "iris.csv", delimiter=",", skiprows=1, usecols=range(4))
    faithful = np.loadtxt(examples / "faithful.csv", delimiter=",", skiprows=1)
    wide, _ = random_mixture(12, 3).sample(180, seed=2)
    for name, X in (("iris", iris), ("faithful", faithful), ("wide", wide)):
        chosen = mixtura.select(X, range(1, 10), models="all", seed=0)
        yield f"select-{name}", lambda path, chosen=chosen: chosen.plot(path=path)
        few = mixtura.select(X, range(1, 6), models=["VVV", "EEE"], seed=0)
        yield f"select-{name}-2", lambda path, few=few: few.plot(path=path)
    fit = mixtura.fit(iris, 3, seed=0)
    yield "reduce-iris", lambda path: mixtura.reduce_dimensions(fit.mixture).plot(iris, path=path)
    six = mixtura.fit(iris, 6, seed=0).mixture
    yield "combine-iris", lambda path: mixtura.combine_components(six, iris).plot(path=path)
    replicates = mixtura.bootstrap(fit, iris, 99, seed=0)
    for what in ("weights", "means", "variances"):
        yield f"bootstrap-{what}", lambda path, what=what: replicates.plot(what, path=path)
    tests = mixtura.likelihood_ratio_tests(faithful, (1, 2, 3), 49, seed=0)
    yield "ratios", lambda path: tests.plot(path=path)


def of_replays() -> Iterator[tuple[str, Draw]]:
    """Folders of frames of replays."""
    for d, k, n in ((1, 3, 300), (2, 3, 300), (2, 25, 20_000), (12, 5, 1000)):
        X, _ = random_mixture(d, k).sample(n, seed=1)
        fit = mixtura.fit(X, k, start="random", max_iter=10, tol=0, seed=0, record=True)
        name = f"replay-columns{d}-components{k}-rows{n}"
        yield name, lambda path, fit=fit, X=X: mixtura.replay(fit, X, path.with_suffix(""))


def main(folder: Path, *names: str) -> None:
    """Draw the pictures whose name contains one of the names, or all."""
    folder.mkdir(exist_ok=True)
    examples = Path(__file__).parents[1] / "examples"
    for group in (of_mixtures(), of_log_axes(), of_results(examples), of_replays()):
        for name, draw in group:
            if not names or any(part in name for part in names):
                draw(folder / f"{name}.png")
                print(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
