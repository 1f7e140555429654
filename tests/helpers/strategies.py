"""Random problems for the law tests."""

import os

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

import mixtura

# MIXTURA_EXAMPLES=20 looks for counterexamples to the laws of the models twenty times as long.
TIMES = int(os.environ.get("MIXTURA_EXAMPLES", "1"))


def examples(count):
    """So many examples of a law, or as many times that as the environment asks for."""
    return settings(max_examples=count * TIMES)


def random_mixture(rng, k, d, spread=2.0):
    """A mixture with full covariances of its own."""
    roots = rng.standard_normal((k, d, d))
    matrices = roots @ roots.swapaxes(1, 2) / d + 0.1 * np.eye(d)
    return mixtura.Mixture(
        rng.dirichlet(np.full(k, 5.0)), spread * rng.standard_normal((k, d)), mixtura.DenseCovariance(matrices, k)
    )


@st.composite
def problems(draw, max_k=5, max_d=5, max_n=120):
    """Rows, a number of components and a random generator; overlap from none to total."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k = draw(st.integers(1, max_k))
    d = draw(st.integers(1, max_d))
    n = draw(st.integers(k * (d + 2), max(max_n, k * (d + 2) + 1)))
    spread = draw(st.sampled_from([0.0, 0.5, 2.0, 10.0]))
    rows, _ = random_mixture(rng, k, d, spread).sample(n, rng)
    return rows, k, rng


def stored(mixture, form, noise=None):
    """The mixture with another storage of its covariances, and with noise."""
    k, d = mixture.means.shape
    variances = mixture.covariances.variances()
    covariances = {
        "dense": lambda: mixture.covariances,
        "shared": lambda: mixtura.DenseCovariance(mixture.covariances.dense()[:1], k),
        "diagonal": lambda: mixtura.DiagonalCovariance(variances, k, d),
        "spherical": lambda: mixtura.DiagonalCovariance(variances[:, :1], k, d),
        "shared diagonal": lambda: mixtura.DiagonalCovariance(variances[:1], k, d),
    }[form]()
    share = 1.0 if noise is None else 1 - noise.weight
    return mixtura.Mixture(share * mixture.weights, mixture.means, covariances, noise=noise)
