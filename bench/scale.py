"""Peak memory and time of data that does not fit into memory: ``python bench/scale.py [--rows N] [--folder F]``.

Rows of eight columns are written as Parquet with row groups of a million rows and with a single one, as .npy and as
CSV. For each, a process of its own opens them by `mixtura.scan`, reads them once more, makes one E-step with ten
components, and fits. A table in Markdown is printed. 100,663,296 rows, the default, are 6 GiB.

With ``--overlap`` there is a table of times on the clock instead, with Arrow, NDJSON and Zarr, too: of reading all
blocks and doing nothing, of an E-step of blocks that are held in memory, which must fit there, and of a pass that does
both, from the temporary copy and with ``spool=0`` from the files themselves. The first ratio is that of the pass to the
larger one of reading and computing alone. The second is that to what the CPUs allow: the largest of these and of the
CPU time of both, divided by the number of CPUs. Each time is the least of nine, to which other programs added least.
"""

import argparse
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

COLUMNS, K, STEP = 8, 10, 1 << 20
FILES = {
    "Parquet, row groups of 1,048,576": "groups.parquet",
    "Parquet, one row group": "single.parquet",
    ".npy": "rows.npy",
    "CSV": "rows.csv",
}
MORE_FILES = {"Arrow": "rows.arrow", "NDJSON": "rows.ndjson", "Zarr": "rows.zarr"}
REPEATS = 9


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


def write_more(folder, n_rows):
    """Write the files of further formats that are not there yet."""
    import polars as pl
    import pyarrow as pa
    import zarr

    paths = {name: folder / file for name, file in MORE_FILES.items()}
    if not paths["Zarr"].exists():
        names = [f"c{j}" for j in range(COLUMNS)]
        schema = pa.schema([(name, pa.float64()) for name in names])
        stored = zarr.create_array(str(paths["Zarr"]), shape=(n_rows, COLUMNS), chunks=(1 << 16, COLUMNS), dtype="f8")
        done = 0
        with pa.ipc.new_file(str(paths["Arrow"]), schema) as arrow, paths["NDJSON"].open("w") as text:
            for rows in parts(n_rows):
                arrow.write_table(pa.table(list(rows.T), schema=schema), max_chunksize=1 << 16)
                text.write(pl.DataFrame(rows.round(6), schema=names).write_ndjson())
                stored[done : done + len(rows)] = rows
                done += len(rows)
    return paths


@dataclass(frozen=True)
class HeldBlocks:
    """Blocks in memory."""

    held: list
    shape: tuple
    dtype: object

    def __iter__(self):
        return iter(self.held)


def seconds(work):
    """Time on the clock, and of the CPUs."""
    before, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - before, time.process_time() - used


def overlap(path, spool):
    """Times of reading, of computing and of a pass, and their ratios, as cells of a table."""
    import mixtura
    from mixtura._support import thread_count
    from mixtura.kernels import current_kernel

    source = mixtura.scan(path, spool=spool)
    held = replace(source, blocks=HeldBlocks(list(source.blocks), source.blocks.shape, source.dtype))
    mixture = mixtura.fit(source.rows(20_000, np.random.default_rng(0)).rows, K, seed=0).mixture
    estep = current_kernel().estep_pass(mixture, "full")
    works = (lambda: sum(map(len, source.blocks)), lambda: held.sum(estep), lambda: source.sum(estep))
    times = np.min([[seconds(work) for work in works] for _ in range(REPEATS)], axis=0)
    read, compute, both = times[:, 0]
    bound = max(read, compute, times[:2, 1].sum() / thread_count())
    return f"{read:.3f} s | {compute:.3f} s | {both:.3f} s | {both / max(read, compute):.2f} | {both / bound:.2f}"


def measure_overlap(path):
    """Print the times of passes from the copy and from the files."""
    warnings.simplefilter("ignore")
    print(" | ".join(overlap(path, spool) for spool in (None, 0)), "|")


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
    parser.add_argument("--overlap", action="store_true")
    parser.add_argument("--measure", type=Path)
    given = parser.parse_args()
    if given.measure:
        (measure_overlap if given.overlap else measure)(given.measure)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    paths = write(given.folder, given.rows)
    columns = ["peak MB", "first pass", "read again", f"E-step, K={K}", "fit"]
    if given.overlap:
        paths |= write_more(given.folder, given.rows)
        columns = [
            f"{what}, {whence}"
            for whence in ("copy", "files")
            for what in ("read", "compute", "pass", "ratio", "to bound")
        ]
    print(f"| {given.rows:,} x {COLUMNS} | {' | '.join(columns)} |")
    print("|---" * (len(columns) + 1) + "|")
    for name, path in paths.items():
        command = [sys.executable, __file__, "--measure", str(path), *["--overlap"] * given.overlap]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"| {name} | {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
