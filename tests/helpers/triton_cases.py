"""Problems for the Triton kernels, which Triton interprets on the CPU, and how far they are from the NumPy kernel.

Triton decides once in a process whether it interprets, so this is a program: ``python triton_cases.py`` prints a line
of JSON for each case. The interpreter multiplies matrices in float32; `MatrixUnit` rounds as tensor cores do.
"""

import json
import os
import sys
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, product
from types import SimpleNamespace

import numpy as np

FORMS = ("dense", "shared", "diagonal", "spherical")
KINDS = ("full", "pooled", "diagonal")


@dataclass(frozen=True)
class Case:
    """A problem; the names of the data are the keys of ``DATA``."""

    data: str
    form: str
    scatter_kind: str
    k: int = 5
    d: int = 3
    n: int = 100
    weighted: bool = False
    matrix_unit: bool = False

    @property
    def name(self):
        notes = {"weighted": self.weighted, "tensor cores": self.matrix_unit}
        ending = ", ".join([f"{self.n} x {self.d}", f"k={self.k}", *(note for note, given in notes.items() if given)])
        return f"{self.data}, {self.form}, {self.scatter_kind}, {ending}"


CASES = [
    *(Case("overlapping", *pair, weighted=True) for pair in product(FORMS, KINDS)),
    *(Case("overlapping", *pair, k=9, d=19) for pair in product(FORMS, ("full", "diagonal"))),
    *(Case("overlapping", form, "diagonal", k=70, d=70) for form in ("diagonal", "spherical")),
    *(Case("overlapping", "diagonal", "diagonal", n=n) for n in (1, 128, 129)),
    *(
        Case(data, *pair)
        for data in ("offset", "far means", "small", "large")
        for pair in product(FORMS, ("full", "diagonal"))
    ),
    *(
        Case("noise", *pair, weighted=True)
        for pair in product(("dense", "diagonal", "spherical"), ("full", "diagonal"))
    ),
    *(Case("offset", form, "full", matrix_unit=True) for form in ("dense", "shared")),
    *(Case("at the limit", form, "diagonal", k=6, d=40, n=300, matrix_unit=True) for form in ("diagonal", "spherical")),
    *(Case("overlapping", form, "diagonal", k=20, d=33, matrix_unit=True) for form in ("diagonal", "spherical")),
]


def mixture_of(case, rng):
    """Overlapping components with means of one to two standard deviations, or nearly four where the data says so."""
    import mixtura

    roots = rng.standard_normal((case.k, case.d, case.d))
    matrices = roots @ roots.swapaxes(1, 2) / case.d + 0.1 * np.eye(case.d)
    means = 1.5 * rng.standard_normal((case.k, case.d))
    if case.data == "at the limit":  # two groups of components, which overlap within each
        centre = rng.choice([-1.0, 1.0], size=case.d) * np.where(np.arange(case.d) == 0, 7.8, 3.75)
        means = np.where(np.arange(case.k) % 2, 1.0, -1.0)[:, None] * centre
        means += 0.1 * rng.uniform(-1.0, 1.0, size=means.shape)
        matrices = np.broadcast_to(np.eye(case.d), matrices.shape)
    means, matrices = DATA[case.data](means, matrices)
    variances = np.einsum("kii->ki", matrices)
    covariances = {
        "dense": lambda: mixtura.DenseCovariance(matrices, case.k),
        "shared": lambda: mixtura.DenseCovariance(matrices[:1], case.k),
        "diagonal": lambda: mixtura.DiagonalCovariance(variances, case.k, case.d),
        "spherical": lambda: mixtura.DiagonalCovariance(variances[:, :1], case.k, case.d),
    }[case.form]()
    return mixtura.Mixture(np.full(case.k, 1 / case.k), means, covariances)


def apart(means):
    """Means of which every second one is twenty thousand units from the others."""
    return means + 1e4 * np.where(np.arange(len(means)) % 2, 1.0, -1.0)[:, None]


# For each kind of data: what becomes of means and covariances.
DATA = {
    "overlapping": lambda means, matrices: (means, matrices),
    "at the limit": lambda means, matrices: (means, matrices),
    "noise": lambda means, matrices: (means, matrices),
    "offset": lambda means, matrices: (means + 1e4, matrices),
    "far means": lambda means, matrices: (apart(means), matrices),
    "small": lambda means, matrices: (1e-25 * means, 1e-50 * matrices),
    "large": lambda means, matrices: (1e25 * means, 1e50 * matrices),
}


class MatrixUnit:
    """Products of TF32 numbers as on tensor cores: eight terms at a time, the sum rounded towards zero to float32."""

    @staticmethod
    def multiply(a, b, total):
        """The product of matrices, whose numbers are cut to eleven significant bits, plus a matrix."""
        left, right = ((m.astype(np.float32).view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32) for m in (a, b))
        for first in range(0, a.shape[1], 8):
            part = slice(first, first + 8)
            exact = total + left[:, part].astype(np.float64) @ right[part].astype(np.float64)
            rounded = exact.astype(np.float32)
            away = np.abs(rounded) > np.abs(exact)
            total = np.where(away, np.nextafter(rounded, np.float32(0)), rounded)
        return total

    def __enter__(self):
        from triton.runtime.interpreter import InterpreterBuilder, TensorHandle

        self.plain = InterpreterBuilder.create_dot

        def create_dot(builder, a, b, d, *options):
            if d.data.dtype != np.float32:
                return self.plain(builder, a, b, d, *options)
            return TensorHandle(self.multiply(a.data, b.data, d.data), d.dtype.scalar)

        InterpreterBuilder.create_dot = create_dot

    def __exit__(self, *_):
        from triton.runtime.interpreter import InterpreterBuilder

        InterpreterBuilder.create_dot = self.plain


def problem_of(case):
    """The mixture's affine maps, rows and weights of a case."""
    rng = np.random.default_rng(sum(map(ord, case.name)))
    mixture = mixture_of(case, rng)
    rows = mixture.sample(case.n, rng)[0]
    affine = mixture.affine
    if case.data == "noise":
        rows[:20] = rng.uniform(-20, 20, size=(20, case.d))
        affine = affine.with_noise(float(-2 * case.d), rows.mean(axis=0))
    weight = rng.uniform(0.1, 3, size=case.n) if case.weighted else None
    return affine, rows.astype(np.float32), weight


def reference_sums(affine, rows, weight, scatter_kind):
    """The sums of the NumPy kernel's E-step, about the means of its mixture, and log-densities."""
    from mixtura.data.chunk import Chunk
    from mixtura.kernels import numpy as reference
    from mixtura.stats import outer

    density = SimpleNamespace(affine=affine, n_features=rows.shape[1])
    stats = reference.estep(density, Chunk(rows, weight), scatter_kind)
    moved = stats.mean - affine.means
    scatter = stats.scatter + outer(stats.weight, moved, scatter_kind)
    deviation = stats.weight[:, None] * moved
    logs = (stats.loglik, stats.assignment_logprob, reference.log_density(density, Chunk(rows)))
    return (stats.weight, deviation, scatter, *map(np.asarray, logs))


def triton_sums(affine, rows, weight, scatter_kind):
    """The same from the Triton kernels."""
    import torch

    from mixtura.kernels.triton_estep import fused_log_density, fused_sums

    x = torch.from_numpy(rows)
    found = fused_sums(x, None if weight is None else torch.from_numpy(weight), affine, scatter_kind)
    logs = (found.loglik, found.assignment_logprob, fused_log_density(x, affine))
    return tuple(tensor.numpy() for tensor in (found.weight, found.deviation, found.scatter, *logs))


def errors_of(case):
    """Relative errors of a case, ``||difference|| / ||reference||``, and whether the same bits came twice."""
    affine, rows, weight = problem_of(case)
    expected = reference_sums(affine, rows, weight, case.scatter_kind)
    with MatrixUnit() if case.matrix_unit else nullcontext():
        found, again = (triton_sums(affine, rows, weight, case.scatter_kind) for _ in range(2))
    own = slice(0, case.k)  # without the noise, whose other sums mean nothing
    names = ("weight", "deviation", "scatter", "loglik", "assignment_logprob", "log_density")
    result = {
        "name": case.name,
        "same": all(np.array_equal(one, other) for one, other in zip(found, again, strict=True)),
    }
    for name, one, other in zip(names, found, expected, strict=True):
        pair = (one[own], other[own]) if name in ("deviation", "scatter") else (one, other)
        norm = np.linalg.norm(pair[1])
        result[name] = float(np.linalg.norm(pair[0] - pair[1]) / norm) if norm else float(np.abs(pair[0]).max())
    result["assignment_logprob"] = float(abs(found[4] - expected[4])) / len(rows)
    variance = np.einsum("kii->ki", expected[2]) if expected[2].ndim == 3 else expected[2]
    scale = np.sqrt(expected[0][:, None] * variance)  # weight x standard deviation
    result["deviation / scale"] = float(np.linalg.norm((found[1] - expected[1])[own]) / np.linalg.norm(scale[own]))
    return result


def far_rows():
    """Sums where some rows are beyond all that single precision can square, without and with a component of noise."""
    for form, noise in product(FORMS, (False, True)):
        affine, rows, _ = problem_of(Case("noise" if noise else "overlapping", form, "diagonal"))
        near = triton_sums(affine, rows, None, "diagonal")
        far = np.array([[3e38] * 3, [-3e38, 3e38, 0.0], [1e30] * 3, [0.0, 0.0, -1e25]], dtype=np.float32)
        found = triton_sums(affine, np.vstack([rows[:70], far, rows[70:]]), None, "diagonal")
        own = [np.abs(one[:5] - other[:5]).max() for one, other in zip(found[:3], near[:3], strict=True)]
        yield {
            "name": f"far rows, {form}{', noise' if noise else ''}",
            "finite": all(np.isfinite(one).all() for one in found),
            "weight": float(found[0].sum() - near[0].sum()),
            "noise": float(found[0][-1] - near[0][-1]),
            "own": float(max(own)),
        }


def blocks():
    """Sums of one block, and of several ones of which each is summed in several splits."""
    from mixtura.kernels import triton_blocks

    for form in FORMS:
        problem = problem_of(Case("overlapping", form, "diagonal", n=700, weighted=True))
        whole = triton_sums(*problem, "diagonal")
        triton_blocks._BLOCK_BYTES, triton_blocks._MOST_ROWS = 1 << 12, 128
        parts = triton_sums(*problem, "diagonal")
        errors = [float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in zip(whole, parts, strict=True)]
        yield {"name": f"blocks, {form}", "error": max(errors)}


def no_rows():
    """Sums of no rows."""
    for form in FORMS:
        affine, rows, _ = problem_of(Case("overlapping", form, "diagonal"))
        yield {
            "name": f"no rows, {form}",
            "largest": max(np.abs(one).max(initial=0.0) for one in triton_sums(affine, rows[:0], None, "diagonal")),
        }


def chosen():
    """Fits by plain PyTorch, and by the kernels in Triton where these are chosen: trials, trace, log-densities."""
    import torch

    import mixtura
    from mixtura.data import TensorSource
    from mixtura.kernels import tensor_predictions, tensors, triton_choice

    rng = np.random.default_rng(0)
    drawn = np.concatenate([rng.normal(mean, 1, size=(n, 2)) for mean, n in ((0, 60), (3, 40))])
    rows, trials = torch.tensor(drawn.astype(np.float32)), []

    def is_fused(affine, rows, scatter_kind, plain):
        """As on a GPU."""
        d = rows.shape[1]
        trials.append(triton_choice.agrees("cpu", plain, d, elementwise=affine.form == "diagonal"))
        return len(rows) > 0 and triton_choice.supports(affine.form, scatter_kind, rows.shape[1], rows.dtype)

    for model, noise in (("VVV", None), ("VVI", None), ("EEE", None), ("VVV", True), ("VVI", True)):
        fits, densities = [], []
        for choice in (triton_choice.is_fused, is_fused):
            tensors.is_fused = tensor_predictions.is_fused = choice
            warnings.simplefilter("ignore", mixtura.ConvergenceWarning)
            fits.append(
                mixtura.fit(TensorSource.of(rows), 2, model=model, noise=noise, start="k-means++", seed=0, max_iter=4)
            )
            densities.append(tensor_predictions.log_density_of_tensor(fits[0].mixture, rows))
        yield {
            "name": f"chosen, {model}{', noise' if noise else ''}",
            "trial": all(trials),
            "trace": float(np.abs(np.divide(fits[0].trace, fits[1].trace) - 1).max()),
            "log_density": float((densities[0] - densities[1]).abs().max()),
        }


def main():
    for result in chain(map(errors_of, CASES), far_rows(), blocks(), no_rows(), chosen()):
        sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    assert os.environ.get("TRITON_INTERPRET") == "1", "set TRITON_INTERPRET=1"
    sys.exit(main())
