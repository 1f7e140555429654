"""Peak memory and CPU time of data that does not fit into memory: ``python bench/scale.py [--rows N] [--folder F]``.

Rows of eight columns are written as Parquet with row groups of a million rows and with a single one, as .npy and as
CSV. For each, a process of its own opens them by `mixtura.scan`, reads them once more, makes one E-step with ten
components, and fits. A table in Markdown is printed. 100,663,296 rows, the default, are 6 GiB.
"""

import argparse
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

COLUMNS, K, STEP = 8, 10, 1 << 20
FILES = {
    "Parquet, row groups of 1,048,576": "groups.parquet",
    "Parquet, one row group": "single.parquet",
    ".npy": "rows.npy",
    "CSV": "rows.csv",
}


def parts(n_rows):
    """The rows, a million at a time: ten normal components."""
    rng = np.random.default_rng(0)
    means = rng.normal(0, 4, (K, COLUMNS))
    for start in range(0, n_rows, STEP):
        count = min(STEP, n_rows - start)
        yield means[rng.integers(0, K, count)] + rng.normal(size=(count, COLUMNS))


def write(folder, n_rows):
    """Write the files that are not there yet."""
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(f"c{j}", pa.float64()) for j in range(COLUMNS)])
    paths = {name: folder / file for name, file in FILES.items()}
    if not paths[".npy"].exists():
        whole = np.lib.format.open_memmap(paths[".npy"], "w+", np.float64, (n_rows, COLUMNS))
        done = 0
        with (
            pq.ParquetWriter(paths["Parquet, row groups of 1,048,576"], schema) as groups,
            paths["CSV"].open("w") as text,
        ):
            for rows in parts(n_rows):
                whole[done : done + len(rows)] = rows
                groups.write_table(pa.table(list(rows.T), schema=schema), row_group_size=STEP)
                frame = pl.DataFrame(rows, schema=schema.names)
                text.write(frame.write_csv(include_header=done == 0, float_precision=6))
                done += len(rows)
        whole.flush()
    if not paths["Parquet, one row group"].exists():
        whole = np.load(paths[".npy"], mmap_mode="r")
        table = pa.table([np.ascontiguousarray(whole[:, j]) for j in range(COLUMNS)], schema=schema)
        pq.write_table(table, paths["Parquet, one row group"], row_group_size=n_rows)
    return paths


def peak():
    """Largest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1000


def measure(path):
    """Print the peak, and CPU seconds of the first pass, of reading again, of an E-step and of a fit."""
    import mixtura
    from mixtura.kernels import current_kernel

    warnings.simplefilter("ignore")
    clock = time.process_time
    before = clock()
    source = mixtura.scan(path)
    first = clock() - before
    before = clock()
    for _ in source.blocks:
        pass
    again = clock() - before
    mixture = mixtura.fit(source.rows(20_000, np.random.default_rng(0)).rows, K, seed=0).mixture
    before = clock()
    source.sum(current_kernel().estep_pass(mixture, "full"))
    estep = clock() - before
    before, wall = clock(), time.perf_counter()
    fit = mixtura.fit(source, K, seed=0)
    print(
        f"{peak():.0f} | {first:.1f} s | {again:.2f} s | {estep:.1f} s | {clock() - before:.0f} s, "
        f"{time.perf_counter() - wall:.0f} s in all, {fit.iterations} iterations |"
    )


def main() -> None:
    """Write the files, and measure each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_663_296)
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--measure", type=Path)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    paths = write(given.folder, given.rows)
    print(f"| {given.rows:,} x {COLUMNS} | peak MB | first pass | read again | E-step, K={K} | fit |")
    print("|---|---|---|---|---|---|")
    for name, path in paths.items():
        command = [sys.executable, __file__, "--measure", str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"| {name} | {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
