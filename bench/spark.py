"""EM on Spark: ``python bench/spark.py [--rows N] [--pairs P]`` beside pyspark.ml's GaussianMixture.

Rows of eight columns, ten overlapping components, in a Parquet file of eight parts. Each way runs in a process of its
own with ``local[2]``, from the start that pyspark.ml has drawn: its columns, or its vectors, are kept by Spark, then
EM makes 2 and 12 iterations, and the difference counts, in seconds on the clock and of the CPU, those of Java and of
Python's workers included. The processes of the ways take turns. The log-likelihoods are of the mixtures after 12
iterations, on all rows. A table in Markdown is printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

COLUMNS, K, FEW, MANY, PARTS = 8, 10, 2, 12, 8
WAYS = {"pyspark.ml": "ml", "mixtura": "classic", "mixtura through Connect": "connect"}


def write(folder, n_rows):
    """Write the rows as a folder of Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    means = rng.normal(0, 1.5, (K, COLUMNS))
    folder.mkdir()
    for part in range(PARTS):
        count = n_rows // PARTS
        rows = means[rng.integers(0, K, count)] + rng.normal(size=(count, COLUMNS))
        table = pa.table({f"x{j}": np.ascontiguousarray(rows[:, j]) for j in range(COLUMNS)})
        pq.write_table(table, folder / f"part-{part}.parquet")


def cpu_seconds():
    """CPU time of this process and all that it has started, dead ones included."""
    times, parents = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        times[int(path.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        parents[int(path.parent.name)] = int(fields[1])
    mine, found = {os.getpid()}, 0.0
    while mine:
        found += sum(times[pid] for pid in mine)
        mine = {pid for pid, parent in parents.items() if parent in mine}
    return found


def session(way):
    """A session of Spark with two cores."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYSPARK_SUBMIT_ARGS"] = "--driver-memory 4g pyspark-shell"
    if way == "connect":
        os.environ["SPARK_TESTING"] = "1"  # any free port
        return SparkSession.builder.remote("local[2]").getOrCreate()
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def spark_ml(frame, start):
    """A function of the number of iterations that fits by pyspark.ml; the start that it draws is written to a file."""
    from pyspark.ml.clustering import GaussianMixture
    from pyspark.ml.feature import VectorAssembler

    vectors = VectorAssembler(inputCols=frame.columns, outputCol="features").transform(frame).select("features")
    vectors = vectors.persist()
    vectors.count()

    def fit(n_iter):
        model = GaussianMixture(k=K, maxIter=n_iter, tol=0.0, seed=1).fit(vectors)
        gaussians = model.gaussiansDF.collect()
        return {
            "weights": list(model.weights),
            "means": [row.mean.toArray().tolist() for row in gaussians],
            "covariances": [row.cov.toArray().tolist() for row in gaussians],
        }

    if not start.exists():
        start.write_text(json.dumps(fit(0)))
    return fit


def ours(frame, start):
    """A function of the number of iterations that fits by mixtura, from a start in a file."""
    import mixtura
    from mixtura.data.chosen_columns import ChosenColumns
    from mixtura.data.engines import engine_of

    source = engine_of(frame).source(frame, ChosenColumns())
    mixture = mixtura.Mixture(**json.loads(start.read_text()))
    em = mixtura.EM(stop="loglik", tol=0.0, accelerate=False, resolution=0.0)

    def fit(n_iter):
        found = mixtura.fit(source, K, start=mixture, max_iter=n_iter, em=em).mixture
        return {
            "weights": found.weights.tolist(),
            "means": found.means.tolist(),
            "covariances": found.covariances.dense().tolist(),
        }

    return fit


def measure(way, rows, start):
    """Print an iteration's seconds on the clock and of the CPU, and the mixture after the last one, as JSON."""
    warnings.simplefilter("ignore")
    frame = session(way).read.parquet(str(rows))
    fit = (spark_ml if way == "ml" else ours)(frame, start)
    fit(FEW)
    taken = []
    for n_iter in (FEW, MANY):
        wall, cpu = time.perf_counter(), cpu_seconds()
        mixture = fit(n_iter)
        taken.append((time.perf_counter() - wall, cpu_seconds() - cpu))
    (wall, cpu), (more_wall, more_cpu) = taken
    steps = MANY - FEW
    print(json.dumps({"wall": (more_wall - wall) / steps, "cpu": (more_cpu - cpu) / steps, "mixture": mixture}))


def main():
    """Measure all ways in turn."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--pairs", type=int, default=3, help="how often each way is measured")
    options = parser.parse_args()
    import mixtura

    with tempfile.TemporaryDirectory() as folder:
        rows, start = Path(folder) / "rows", Path(folder) / "start.json"
        write(rows, options.rows)
        found = {name: [] for name in WAYS}
        for _ in range(options.pairs):
            for name, way in WAYS.items():
                command = [sys.executable, __file__, "--measure", way, str(rows), str(start)]
                run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                found[name].append(json.loads(run.stdout.splitlines()[-1]))
                print(name, found[name][-1]["wall"], found[name][-1]["cpu"], os.getloadavg(), file=sys.stderr)
        source = mixtura.scan(str(rows))
        print("| Way | clock | CPU | clock, times less | CPU, times less | log-likelihood a row |")
        print("|---|---|---|---|---|---|")
        for name, runs in found.items():
            cells = [statistics.median(run[kind] for run in runs) for kind in ("wall", "cpu")]
            pairs = zip(found["pyspark.ml"], runs, strict=True)
            ratios = [(theirs["wall"] / run["wall"], theirs["cpu"] / run["cpu"]) for theirs, run in pairs]
            cells += [statistics.median(ratio[j] for ratio in ratios) for j in range(2)]
            quality = mixtura.assess(mixtura.Mixture(**runs[-1]["mixture"]), source)
            cells.append(quality.loglik / quality.n_rows)
            print(f"| {name} | " + " | ".join(f"{cell:.5g}" for cell in cells) + " |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
