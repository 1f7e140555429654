"""Every kernel, at every instruction set that this machine has, gives what the NumPy kernel gives."""

import importlib.util
import os
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import problems, random_mixture, stored

import mixtura
from mixtura import kernels
from mixtura.data.chunk import Chunk
from mixtura.kernels import numpy as reference

BUILT = importlib.util.find_spec("mixtura._native") is not None
if BUILT:
    from mixtura.kernels import native, simd
LEVELS = simd.LEVELS if BUILT else ()


@pytest.fixture(params=LEVELS)
def kernel(request, monkeypatch):
    """The native kernel, at one level after the other."""
    monkeypatch.setenv("MIXTURA_SIMD", request.param)
    return native


@pytest.fixture(params=("numpy", *LEVELS))
def every_kernel(request, monkeypatch):
    """Each level of the native kernel, and the NumPy kernel."""
    if request.param == "numpy":
        return reference
    monkeypatch.setenv("MIXTURA_SIMD", request.param)
    return native


FORMS = ("dense", "shared", "diagonal", "spherical", "shared diagonal")
NEEDS = ("full", "pooled", "diagonal")


def assert_same(new, old, rows, rtol=1e-11):
    """Equal to rounding, in units of the rows' spread."""
    n = max(old.weight.sum(), 1.0)
    spread = max(np.abs(rows - rows.mean(axis=0)).max(), 1e-3) if len(rows) else 1.0
    np.testing.assert_allclose(new.weight, old.weight, rtol=rtol, atol=rtol * n)
    alive = old.weight > 1e-9 * n
    offset = np.abs(rows).max() * 1e-15 if len(rows) else 0.0
    np.testing.assert_allclose(new.mean[alive], old.mean[alive], rtol=0, atol=rtol * spread * 100 + offset)
    np.testing.assert_allclose(new.scatter, old.scatter, rtol=rtol * 100, atol=rtol * n * spread**2)
    assert new.loglik == pytest.approx(old.loglik, rel=rtol, abs=rtol * n)
    assert new.assignment_logprob == pytest.approx(old.assignment_logprob, rel=rtol, abs=rtol * n)


def assert_kernel(kernel, mixture, rows, weight=None, rtol=1e-11):
    """All passes agree with the reference."""
    for scatter_kind in NEEDS:
        chunk = Chunk(rows, weight)
        assert_same(
            kernel.estep(mixture, chunk, scatter_kind), reference.estep(mixture, chunk, scatter_kind), rows, rtol
        )
    expected = reference.log_density(mixture, Chunk(rows))
    np.testing.assert_allclose(kernel.log_density(mixture, Chunk(rows)), expected, rtol=rtol, atol=10 * rtol)
    share = reference.posterior(mixture, Chunk(rows))
    np.testing.assert_allclose(kernel.posterior(mixture, Chunk(rows)), share, rtol=0, atol=100 * rtol)
    chosen = kernel.labels(mixture, Chunk(rows))
    assert chosen.dtype == np.int64
    assert (share[np.arange(len(rows)), chosen] >= share.max(axis=1, initial=0) - 100 * rtol).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 7, 8, 9, 16, 23])
def test_kernels_agree_in_all_forms_and_dimensions(kernel, form, d):
    rng = np.random.default_rng(d)
    for k, n in ((1, 1), (3, 65), (6, 1001)):
        mixture = stored(random_mixture(rng, k, d), form)
        rows, _ = mixture.sample(n, rng)
        assert_kernel(kernel, mixture, rows, rng.uniform(0.1, 3, size=n))


@given(problem=problems(max_n=300), form=st.sampled_from(FORMS), level=st.sampled_from(LEVELS or ("",)))
def test_kernels_agree_on_random_problems(problem, form, level):
    if not BUILT:
        return
    rows, k, rng = problem
    mixture = stored(random_mixture(rng, k, rows.shape[1]), form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIXTURA_SIMD", level)
        assert_kernel(native, mixture, rows, rtol=1e-10)


@pytest.mark.parametrize(("k", "d", "n"), [(1024, 3, 700), (2, 512, 600), (130, 40, 500)])
def test_kernels_agree_where_there_is_much_of_everything(kernel, k, d, n):
    rng = np.random.default_rng(0)
    for form in ("dense", "shared", "diagonal"):
        mixture = stored(random_mixture(rng, k, d), form)
        rows, _ = mixture.sample(n, rng)
        assert_kernel(kernel, mixture, rows, rtol=1e-9)


@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 511, 513])
def test_any_number_of_rows(kernel, n):
    rng = np.random.default_rng(n)
    mixture = random_mixture(rng, 3, 6)
    rows = mixture.sample(max(n, 1), rng)[0][:n]
    assert_kernel(kernel, mixture, rows)


def layouts(rows):
    wide = np.zeros((len(rows) * 2, rows.shape[1] * 3))
    wide[::2, 1::3] = rows
    packed = np.zeros(len(rows), dtype=[("skip", np.int8), ("values", rows.dtype, rows.shape[1])])
    packed["values"] = rows
    return [np.asfortranarray(rows), wide[::2, 1::3], rows[::-1].copy()[::-1], packed["values"]]


@pytest.mark.parametrize("d", [2, 5, 8, 11, 16])
def test_layout_makes_no_difference(kernel, d):
    rng = np.random.default_rng(d)
    mixture = random_mixture(rng, 4, d)
    rows, _ = mixture.sample(333, rng)
    once = kernel.estep(mixture, Chunk(rows), "full")
    for other in layouts(rows):
        again = kernel.estep(mixture, Chunk(other), "full")
        assert again.loglik == once.loglik
        np.testing.assert_array_equal(again.scatter, once.scatter)
    weight = np.repeat(rng.uniform(0.5, 2, size=333), 2)[::2]
    assert_kernel(kernel, mixture, rows, weight)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 2, 4, 5, 17, 64])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_float32_rows(kernel, form, d, offset):
    """Arithmetic is float32, sums are float64; far from the origin, too."""
    rng = np.random.default_rng(1)
    near = random_mixture(rng, 4, d)
    mixture = stored(mixtura.Mixture(near.weights, near.means + offset, near.covariances), form)
    rows = mixture.sample(3000, rng)[0].astype(np.float32)
    weight = rng.uniform(0.5, 2, size=3000)
    for scatter_kind in NEEDS:
        new = kernel.estep(mixture, Chunk(rows, weight), scatter_kind)
        old = reference.estep(mixture, Chunk(rows, weight), scatter_kind)
        assert new.loglik == pytest.approx(old.loglik, rel=1e-5)
        assert new.assignment_logprob == pytest.approx(old.assignment_logprob, rel=1e-5, abs=1e-2)
        np.testing.assert_allclose(new.weight, old.weight, rtol=1e-5, atol=1e-2)
        np.testing.assert_allclose(new.mean, old.mean, atol=1e-3)
        np.testing.assert_allclose(new.scatter, old.scatter, rtol=1e-5, atol=1e-5 * np.abs(old.scatter).max())
        assert new.mean.dtype == np.float64
    np.testing.assert_array_equal(
        kernel.posterior(mixture, Chunk(rows)), kernel.posterior(mixture, Chunk(rows.astype(np.float64)))
    )


@pytest.mark.parametrize("d", [5, 8, 17])
@pytest.mark.parametrize("deviations", [300, 2000])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_float32_components_far_from_the_others_are_seen_from_near(kernel, d, deviations, offset):
    """Rows lose digits when they are shifted and rounded; those of far components must not."""
    rng = np.random.default_rng(3)
    near = random_mixture(rng, 4, d)
    means = near.means.copy()
    means[-1] += deviations * np.sqrt(np.diag(near.covariances.dense()[-1])) / np.sqrt(d)
    mixture = mixtura.Mixture(near.weights, means + offset, near.covariances)
    rows = mixture.sample(5000, rng)[0].astype(np.float32)
    single = kernel.estep(mixture, Chunk(rows), "full")
    double = kernel.estep(mixture, Chunk(rows.astype(np.float64)), "full")
    assert np.abs(mixture.affine.offsets).max() > 100
    assert single.loglik != double.loglik  # float32 arithmetic is at work
    assert single.loglik == pytest.approx(double.loglik, abs=2e-6 * (len(rows) + abs(double.loglik)))
    np.testing.assert_allclose(single.weight, double.weight, rtol=2e-6)
    widths = np.sqrt(near.covariances.variances())
    assert (np.abs(single.mean - double.mean) <= 1e-3 * widths).all()
    np.testing.assert_allclose(single.scatter, double.scatter, rtol=0, atol=2e-4 * np.abs(double.scatter).max())


def test_float32_arithmetic_is_used_only_where_it_suffices(kernel):
    """Not for narrow components, very far ones, weights or units out of range, nor where a square overflows."""
    rng = np.random.default_rng(2)
    mixture = random_mixture(rng, 3, 5)
    rows = mixture.sample(500, rng)[0].astype(np.float32)
    apart = mixtura.Mixture(mixture.weights, mixture.means * 1e4, mixture.covariances)
    far = apart.sample(500, rng)[0].astype(np.float32)
    tiny = mixtura.Mixture(
        mixture.weights, mixture.means * 1e-15, mixtura.DenseCovariance(mixture.covariances.dense() * 1e-30, 3)
    )
    outlier = np.vstack([rows, np.full((1, 5), 1e25, dtype=np.float32)])
    light = np.full(500, 1e-30)
    flat = np.eye(5)
    flat[0, 1] = flat[1, 0] = 1 - 1e-6
    narrow = mixtura.Mixture(mixture.weights, mixture.means, mixtura.DenseCovariance(flat[None], 3))
    for other, data, weight in (
        (narrow, rows, None),
        (
            mixtura.Mixture(mixture.weights, mixture.means, mixtura.DenseCovariance(np.repeat(flat[None], 3, 0), 3)),
            rows,
            None,
        ),
        (apart, far, None),
        (tiny, rows * np.float32(1e-15), None),
        (mixture, rows, light),
        (mixture, outlier, None),
    ):
        new = kernel.estep(other, Chunk(data, weight), "full")
        old = kernel.estep(other, Chunk(data.astype(np.float64), weight), "full")
        np.testing.assert_array_equal(new.scatter, old.scatter)
        assert new.loglik == old.loglik


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e8])
@pytest.mark.parametrize("d", [2, 9])
def test_far_from_the_origin(kernel, offset, d):
    rng = np.random.default_rng(2)
    near = random_mixture(rng, 4, d)
    mixture = mixtura.Mixture(near.weights, near.means + offset, near.covariances)
    rows, _ = mixture.sample(400, rng)
    assert_kernel(kernel, mixture, rows, rtol=1e-11 + 1e-15 * offset)


@pytest.mark.parametrize("d", [2, 9])
def test_rows_far_from_the_mixture(kernel, d):
    """Centres that are a million deviations off cost no digits; nor are an outlier's squares cut."""
    rng = np.random.default_rng(3)
    mixture = random_mixture(rng, 2, d)
    rows = 1e6 + rng.standard_normal((300, d))
    assert_kernel(kernel, mixture, rows, rtol=1e-9)
    rows = np.vstack([mixture.sample(300, rng)[0], np.full((1, d), 1e5)])
    assert_kernel(kernel, mixture, rows)


def test_condition_number(kernel):
    rng = np.random.default_rng(4)
    rotation = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    matrix = (rotation * np.logspace(0, -10, 6)) @ rotation.T
    mixture = mixtura.Mixture(
        [0.5, 0.5], rng.normal(size=(2, 6)), mixtura.DenseCovariance((matrix + matrix.T)[None] / 2, 2)
    )
    rows, _ = mixture.sample(400, rng)
    assert_kernel(kernel, mixture, rows, rtol=1e-8)


@pytest.mark.parametrize("spread", [0.0, 1.0, 4.0, 30.0, 1e4])
@pytest.mark.parametrize("d", [2, 10, 16])
def test_skipping_small_responsibilities_changes_nothing(kernel, spread, d):
    """From components on top of each other, where nothing can be skipped, to those worlds apart."""
    rng = np.random.default_rng(5)
    mixture = random_mixture(rng, 8, d, spread)
    rows, _ = mixture.sample(1500, rng)
    for form in ("dense", "diagonal"):
        assert_kernel(kernel, stored(mixture, form), rows, rtol=1e-11 + 1e-15 * spread)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "shared diagonal"])
@pytest.mark.parametrize("d", [2, 9])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_few_components_far_from_their_rows(every_kernel, form, d, weighted, dtype):
    """Two components of five hold one row and three, a thousand deviations from where the kernel expects them."""
    rng = np.random.default_rng(0)
    centres = np.zeros((5, d))
    centres[1, 0], centres[2:, 1] = 6, [-4, 3e4, -3e4]
    rows = rng.standard_normal((700, d)) + centres[rng.integers(3, size=700)]
    few = centres[[3, 4, 4, 4]] + 1000 + 0.1 * rng.standard_normal((4, d))
    rows = np.vstack([rows[:400], few, rows[400:]]).astype(dtype)
    mixture = mixtura.Mixture(
        np.full(5, 0.2), centres, mixtura.DenseCovariance(np.repeat(np.eye(d)[None], 5, axis=0), 5)
    )
    weight = rng.uniform(0.5, 2, size=len(rows)) if weighted else None
    for scatter_kind in ("full", "diagonal"):
        new, old = (
            k.estep(stored(mixture, form), Chunk(rows, weight), scatter_kind) for k in (every_kernel, reference)
        )
        np.testing.assert_allclose(new.weight, old.weight, rtol=1e-11)
        assert new.weight[4] > 2 * new.weight[3] > 0
        for j, largest in enumerate(np.abs(old.scatter).reshape(5, -1).max(axis=1)):
            np.testing.assert_allclose(new.scatter[j], old.scatter[j], rtol=0, atol=1e-8 * largest + 1e-18)
            np.testing.assert_allclose(new.mean[j], old.mean[j], rtol=1e-13, atol=1e-9)
        assert new.loglik == pytest.approx(old.loglik, rel=1e-12)


@pytest.mark.parametrize("apart", [0.0, 3.0, 1e2, 1e6])
@pytest.mark.parametrize("d", [2, 9, 21])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_pooled_scatter_keeps_its_digits_however_far_components_are_apart(every_kernel, d, apart, weighted):
    """Total minus between would lose all digits at 1e6 deviations."""
    rng = np.random.default_rng(7)
    k, n = 6, 900
    means = rng.integers(-3, 4, size=(k, d)) * apart
    mixture = mixtura.Mixture(np.full(k, 1 / k), means, mixtura.DenseCovariance(np.eye(d)[None], k))
    rows = rng.standard_normal((n, d)) + means[np.arange(n) % k]
    weight = rng.uniform(0.5, 2, size=n) if weighted else None
    share = mixture.posterior(rows) * (1.0 if weight is None else weight[:, None])
    pooled = np.zeros((d, d))
    for own in share.T:
        delta = rows - np.average(rows, axis=0, weights=own)
        pooled += (own[:, None] * delta).T @ delta
    stats = every_kernel.estep(mixture, Chunk(rows, weight), "pooled")
    np.testing.assert_allclose(stats.scatter, pooled[None], rtol=0, atol=(1e-11 + 1e-16 * apart) * pooled.max())


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8, 16])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_moments(kernel, d, offset):
    rng = np.random.default_rng(d)
    for n in (1, 63, 1000):
        rows = offset + rng.standard_normal((n, d))
        rows[0] += 1e4  # far from the others, and yet where they are seen from at first
        for chunk in (Chunk(rows), Chunk(np.asfortranarray(rows)), Chunk(rows, rng.uniform(0.5, 2, size=n))):
            assert_same(kernel.moments(chunk), reference.moments(chunk), rows)


def test_a_component_of_weight_zero(kernel):
    mixture = mixtura.Mixture([1.0, 0.0], np.array([[0.0], [1.0]]), mixtura.DenseCovariance(np.ones((1, 1, 1)), 2))
    stats = kernel.estep(mixture, Chunk(np.array([[0.0], [1.0]])), "full")
    assert stats.weight.tolist() == [2.0, 0.0]
    assert kernel.posterior(mixture, Chunk(np.array([[1.0]]))).tolist() == [[1.0, 0.0]]


def ulps(found, exact):
    """Errors in units of the last place."""
    return [float(abs(mpmath.mpf(float(f)) - e) / np.spacing(abs(float(e)))) for f, e in zip(found, exact, strict=True)]


def test_power_and_logarithm_are_within_two_ulp(kernel):
    rng = np.random.default_rng(6)
    level = kernel.level()
    x = np.r_[rng.uniform(-1010, 0, 1500), rng.uniform(-1, 0, 500), -np.logspace(-18, 0, 100), -1010.0, 0.0]
    out = np.empty_like(x)
    kernel._native.exp2(level, x, out)
    assert out[-1] == 1.0
    y = np.r_[np.exp(rng.uniform(-700, 700, 500)), rng.uniform(0.5, 2, 500), 1 + np.logspace(-16, 1, 100), 1.0, 1024.0]
    logs = np.empty_like(y)
    kernel._native.logarithm(level, y, logs)
    assert logs[-2] == 0.0
    with mpmath.workdps(40):
        assert max(ulps(out, [mpmath.mpf(2) ** mpmath.mpf(v) for v in x.tolist()])) < 2
        exact = [(f, mpmath.log(mpmath.mpf(v))) for f, v in zip(logs, y.tolist(), strict=True) if v != 1.0]
        assert max(ulps(*zip(*exact, strict=True))) < 2


def test_statistics_are_refused_where_shapes_differ(kernel):
    mixture = random_mixture(np.random.default_rng(0), 2, 3)
    with pytest.raises(ValueError, match="shapes"):
        kernel.estep(mixture, Chunk(np.zeros((4, 2))), "full")


def run_python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_environment_chooses_the_kernel_and_the_level():
    shown = "from mixtura import kernels; print(kernels.current_kernel().name, kernels.current_kernel().level())"
    assert run_python(shown, MIXTURA_KERNEL="numpy") == "numpy BLAS"
    assert "expected native, numpy or torch:DEVICE" in run_python(shown, MIXTURA_KERNEL="fortran")
    for level in LEVELS:
        assert run_python(shown, MIXTURA_KERNEL="native", MIXTURA_SIMD=level) == f"native {level}"


def test_the_numpy_kernel_serves_where_there_is_no_extension():
    """As after an install without a compiler."""
    hidden = "import sys; sys.modules['mixtura._native'] = None\nimport importlib.util as u; find = u.find_spec\n"
    hidden += "u.find_spec = lambda name, *a: None if name == 'mixtura._native' else find(name, *a)\n"
    code = hidden + "import mixtura\nfrom mixtura import kernels\nfit = mixtura.fit([0.0, 1.0, 8.0, 9.0], 2, seed=0)\n"
    code += "print(kernels.current_kernel().name, fit.mixture.means.ravel().round(3).tolist())"
    name, _, means = run_python(code, MIXTURA_KERNEL="").partition(" ")
    assert name == "numpy"
    assert sorted(map(float, means.strip("[]").split(","))) == [0.5, 8.5]


def test_an_unknown_level_is_an_error(monkeypatch):
    monkeypatch.setenv("MIXTURA_SIMD", "abacus")
    if BUILT:
        with pytest.raises(mixtura.ParameterError, match="abacus"):
            native.level()


def test_the_kernel_in_use_is_named():
    assert kernels.current_kernel().name in ("native", "numpy")
    assert kernels.current_kernel().level()
