"""Compile the Triton kernels ahead of time for several graphics processors, none of which need be there.

``python bench/gpu_compile.py`` prints the table of docs/gpu.md, "Compiled kernels": registers, shared memory and
spilled bytes of each kernel, and the least time that an H100 needs by its limits, at the shapes of our goals.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ["TRITON_DEFAULT_FP_FUSION"] = "1"

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from mixtura.kernels.triton_dense import dense_log_joint, dense_sums
from mixtura.kernels.triton_dense_terms import JOINT_TILES, SUMS_TILES
from mixtura.kernels.triton_diagonal import diagonal_log_joint, diagonal_sums
from mixtura.kernels.triton_diagonal_terms import tile_sizes

CAPABILITIES = (80, 90, 100)
GOALS = ("spherical", "diagonal", "dense")
TOOLS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
INTEGERS = {"n", "d", "k", "k_padded", "d_padded", "stride", "joint_stride", "rows_per_split"}
SUMS = {"weights", "firsts", "seconds"}
SINGLE = {"x", "total", "count"}  # in float32 whatever the precision of the products

# An H100 SXM: products of float32 matrices as three of TF32 and of float64 ones, in FLOP/s; instructions of a warp, of
# which each is 64 FLOP at 67 TFLOP/s; bytes/s of the second-level cache (as others measured it) and of the memory.
FLOPS = {"float32": 165e12, "float64": 67e12}
INSTRUCTIONS, CACHE, MEMORY = 67e12 / 64, 5.5e12, 3.35e12


@dataclass(frozen=True)
class Launch:
    """A kernel with its tiles, and what it has to do in one E-step: operations, and bytes from cache and memory.

    ``trips`` is how often all its programs together run the body of the inner loop, and of the outer one, if any.
    """

    problem: str
    kernel: object
    constants: dict
    warps: int
    flops: float
    cache: float
    memory: float
    trips: tuple
    precision: str = "float32"

    def least_time(self, lengths) -> float:
        """Seconds on an H100, if its slowest unit were never idle; ``lengths`` are those of the loops, inner first."""
        own = [length - inner for length, inner in zip(lengths, [0, *lengths], strict=False)]
        instructions = self.warps * sum(length * count for length, count in zip(own, self.trips, strict=True))
        units = {"products": self.flops / FLOPS[self.precision], "instructions": instructions / INSTRUCTIONS}
        return max([*units.values(), self.cache / CACHE, self.memory / MEMORY])


def diagonal_launches(problem, n, d, k, *, spherical, single, step):
    """Both kernels for diagonal factors."""
    tiles = tile_sizes(k, d, step, single=single)
    element, dtype = (4, tl.float32) if single else (8, tl.float64)
    products = 1 if spherical else 2
    reads = element * n / tiles["BLOCK_N"] * k * d * products + 4 * n * d * k / tiles["BLOCK_K"]
    joint, rows = element * n * k, 4 * n * d
    constants = {name: tiles[name] for name in ("BLOCK_N", "BLOCK_K", "BLOCK_D")}
    sums = {"BLOCK_N": tiles["BLOCK_D"], "BLOCK_K": tiles["BLOCK_K"], "BLOCK_C": tiles["BLOCK_C"], "DTYPE": dtype}
    precision = "float32" if single else "float64"
    tile_count = n / tiles["BLOCK_N"] * k / tiles["BLOCK_K"]
    yield Launch(
        problem, diagonal_log_joint, constants | {"SPHERICAL": spherical, "DTYPE": dtype}, tiles["BLOCK_N"] // 16,
        2 * n * k * d * products, reads + joint, rows + joint, (tile_count * d / tiles["BLOCK_D"], tile_count),
        precision,
    )  # fmt: skip
    cache = joint * d / tiles["BLOCK_C"] + rows * k / tiles["BLOCK_K"]
    trips = (n / tiles["BLOCK_D"] * k / tiles["BLOCK_K"] * d / tiles["BLOCK_C"],)
    yield Launch(problem, diagonal_sums, sums, 4, 4 * n * k * d, cache, rows + joint, trips, precision)


def dense_launches(problem, n, d, k):
    """Both kernels for dense factors."""
    joint, rows = 4 * n * k, 4 * n * d
    (first, first_warps), (second, second_warps) = JOINT_TILES[d], SUMS_TILES[d]
    reads = 4 * n / first * k * d * d
    yield Launch(
        problem, dense_log_joint, {"D": d, "BLOCK_N": first}, first_warps, 2 * n * k * d * d, reads + joint,
        rows + joint, (n / first * k,),
    )  # fmt: skip
    yield Launch(
        problem, dense_sums, {"D": d, "BLOCK_N": second}, second_warps, (2 + 4 / 3) * n * k * d * d, joint + rows * k,
        rows + joint, (n / second * k,),
    )  # fmt: skip


def launches(capability):
    """All kernels at the shapes of our goals, and dense ones with 64 columns."""
    step = 32 if capability >= 90 else 16
    shape = 1_000_000, 128, 1024
    for name, spherical, single in (
        ("spherical", True, True),
        ("diagonal", False, True),
        ("diagonal, float64", False, False),
    ):
        yield from diagonal_launches(name, *shape, spherical=spherical, single=single, step=step)
    yield from dense_launches("dense", 1_000_000, 32, 256)
    yield from dense_launches("dense, d=64", 1_000_000, 64, 256)


def compiled(launch, capability):
    """The kernel as machine code."""
    double = launch.precision == "float64"

    def kind(name):
        if name in launch.constants:
            return "constexpr"
        return "i32" if name in INTEGERS else "*fp64" if name in SUMS or (double and name not in SINGLE) else "*fp32"

    names = launch.kernel.arg_names
    aligned = {
        (i,): [["tt.divisibility", 16]] for i, name in enumerate(names) if name != "n" and kind(name) != "constexpr"
    }
    source = ASTSource(
        launch.kernel, signature={name: kind(name) for name in names}, constexprs=launch.constants, attrs=aligned
    )
    options = {"num_warps": launch.warps, "num_stages": 2}
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)


def tool_output(kernel, option):
    """What cuobjdump says about a kernel."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(kernel.asm["cubin"])
        file.flush()
        command = [TOOLS / "cuobjdump", option, file.name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def resources(kernel):
    """Registers of a thread, bytes that it spills, and kilobytes of shared memory."""
    usage = tool_output(kernel, "-res-usage")
    registers, stack = (int(re.search(rf"{word}:(\d+)", usage).group(1)) for word in ("REG", "STACK"))
    return registers, stack, kernel.metadata.shared / 1024


def loop_lengths(kernel, count):
    """Instructions of the longest loops, the shortest of them first."""
    listing = re.findall(r"/\*([0-9a-f]{4,5})\*/\s+([^;]+);", tool_output(kernel, "-sass"))
    places = {int(place, 16): i for i, (place, _) in enumerate(listing)}
    jumps = ((i, re.search(r"BRA\S* .*?(0x[0-9a-f]+)", text)) for i, (_, text) in enumerate(listing))
    lengths = (i - places.get(int(jump[1], 16), i) for i, jump in jumps if jump)
    return sorted(length + 1 for length in lengths if length > 0)[-count:]


def main():
    """The table; exits with an error if a kernel spills at the shapes of our goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capabilities", type=int, nargs="+", default=CAPABILITIES)
    print("| Mixture | Kernel | Compute capability | Registers | Spilled bytes | Shared memory, KB | Least time, ms |")
    print("|---|---|---:|---:|---:|---:|---:|")
    spilled = 0
    for capability in parser.parse_args().capabilities:
        for launch in launches(capability):
            kernel = compiled(launch, capability)
            registers, stack, shared = resources(kernel)
            time = ""
            if capability == 90:
                time = f"{launch.least_time(loop_lengths(kernel, len(launch.trips))) * 1e3:.1f}"
            cells = (launch.problem, f"`{launch.kernel.__name__}`", f"{capability / 10:.1f}", registers, stack)
            print("|", " | ".join(map(str, cells)), f"| {shared:.0f} | {time} |", flush=True)
            spilled += stack if launch.problem in GOALS else 0
    return bool(spilled)


if __name__ == "__main__":
    sys.exit(main())
