"""What does not depend on the data: imports, the command's start, tiny fits, prediction; beside scikit-learn.

``python bench/overhead.py [--quick]`` prints a table in Markdown. Times are the best of many, as for a machine at rest.
"""

import argparse
import subprocess
import sys
import time
import warnings
from functools import partial

import numpy as np

HELP = "from mixtura.cli import main; main(['--help'])"


def best(call, seconds) -> float:
    """The shortest of the calls that fit into a time, in milliseconds."""
    call()
    laps, end = [], time.perf_counter() + seconds
    while not laps or time.perf_counter() < end:
        clock = time.perf_counter()
        call()
        laps.append(time.perf_counter() - clock)
    return 1000 * min(laps)


def process(code) -> None:
    """Run code in a Python of its own."""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, stdout=subprocess.DEVNULL)


def starts(seconds):
    """Processes: the interpreter's own start is in all of them."""
    ours, theirs, bare = (
        best(lambda c=c: process(c), seconds) for c in ("import mixtura", "import sklearn.mixture", "")
    )
    yield "start Python, import (less Python alone)", ours - bare, theirs - bare
    yield "`mixtura --help`, the whole process", best(lambda: process(HELP), seconds), None


def sides(ours, theirs, rows, how, seconds):
    """The same fit by two estimators."""
    return [best(lambda e=estimator: e(3, **how).fit(rows), seconds) for estimator in (ours, theirs)]


def fits(seconds):
    """Fits of iris, 150 x 4, with three components."""
    from sklearn.datasets import load_iris
    from sklearn.mixture import GaussianMixture as Theirs

    import mixtura

    rows = load_iris().data
    ours = mixtura.GaussianMixture
    yield (
        "iris K=3: `mixtura.fit(X, 3)` and scikit-learn's defaults",
        best(lambda: mixtura.fit(rows, 3, seed=0), seconds),
        best(lambda: Theirs(3, random_state=0).fit(rows), seconds),
    )
    for init in ("kmeans", "k-means++", "random_from_data"):
        how = {"init_params": init, "random_state": 0}
        yield f"iris K=3: `GaussianMixture(3, init_params={init!r})`", *sides(ours, Theirs, rows, how, seconds)
    given = Theirs(3, random_state=0, max_iter=1, tol=0).fit(rows)
    same = {
        "weights_init": given.weights_,
        "means_init": given.means_,
        "precisions_init": given.precisions_,
        "tol": 0.0,
        "max_iter": 5,
    }
    yield "iris K=3: five iterations from the same parameters", *sides(ours, Theirs, rows, same, seconds)


def predictions(seconds):
    """Prediction, from one row on."""
    from sklearn.datasets import load_iris
    from sklearn.mixture import GaussianMixture as Theirs

    import mixtura

    rows = load_iris().data
    models = [estimator(3, random_state=0).fit(rows) for estimator in (mixtura.GaussianMixture, Theirs)]
    for n in (1, 150, 30_000, 300_000):
        some = np.resize(rows, (n, 4))
        for name in ("predict", "predict_proba", "score_samples"):
            yield f"`{name}`, {n:,} x 4, K=3", *(best(partial(getattr(model, name), some), seconds) for model in models)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    seconds = 0.1 if parser.parse_args().quick else 1.0
    warnings.simplefilter("ignore")
    print("| milliseconds | Mixtura | scikit-learn | times |\n|---|---|---|---|")
    for part in (starts, fits, predictions):
        for name, ours, theirs in part(seconds):
            beside = "- | -" if theirs is None else f"{theirs:.4g} | {theirs / ours:.2f}"
            print(f"| {name} | {ours:.4g} | {beside} |", flush=True)


if __name__ == "__main__":
    main()
