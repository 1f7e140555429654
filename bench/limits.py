"""What the machine's rates allow: the least seconds of a fit, by its arithmetic."""

from dataclasses import dataclass

# Floating-point operations for a row, a component and an iteration, a multiply-add counting as two. Dense: D(D+1)/2
# multiply-adds to whiten and as many for the scatter; tied: the scatter is the data's, less the means'. Diagonal and
# spherical: difference, square and sum, then the sums of rows and squares.
OPERATIONS = {
    "full": lambda d: 2 * d * (d + 1),
    "tied": lambda d: d * (d + 1) + 2 * d,
    "diag": lambda d: 8 * d,
    "spherical": lambda d: 6 * d,
}


@dataclass(frozen=True)
class Limit:
    """Seconds that products, exponentials and reading the rows would take at the machine's rates."""

    products: float
    exponentials: float
    reading: float

    @property
    def seconds(self) -> float:
        """Products and exponentials keep the same units busy; reading goes on beside them."""
        return max(self.products + self.exponentials, self.reading)

    def __str__(self) -> str:
        return (
            f"{self.seconds:.3g} s (products {self.products:.3g}, exponentials {self.exponentials:.3g}, "
            f"reading {self.reading:.3g})"
        )


def limit(problem, record) -> Limit:
    """Of Mixtura's record of a problem, with the rates measured in the same run."""
    rates, pairs = record["limits"], record["n"] * record["k"] * problem.iterations
    single = problem.dtype == "float32"
    return Limit(
        pairs * OPERATIONS[problem.kind](record["d"]) / rates["sgemm" if single else "dgemm"] / 1e9,
        pairs * rates["exp"] * 1e-9 / rates["cores"],
        record["n"] * record["d"] * (4 if single else 8) * problem.iterations / rates["copy"] / 1e9,
    )


def of_dgemm(problem, record) -> float | None:
    """Share of the matrix product's rate, counting 2 N K D (D + 1) operations an iteration; full covariances only."""
    if problem.kind != "full":
        return None
    operations = 2 * record["n"] * record["k"] * record["d"] * (record["d"] + 1) * problem.iterations
    rate = record["limits"]["sgemm" if problem.dtype == "float32" else "dgemm"]
    return operations / record["seconds"] / 1e9 / rate
