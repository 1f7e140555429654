"""The kernel in PyTorch, on the CPU, gives what the NumPy kernel gives, and the same bits each time."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import problems, random_mixture, stored

import mixtura
from mixtura import kernels
from mixtura.data import Chunk
from mixtura.errors import MissingExtraError, ParameterError
from mixtura.kernels import choice, tensor_components, tensor_predictions, tensors
from mixtura.kernels import numpy as reference
from mixtura.kernels import torch as in_torch

torch.set_num_threads(1)  # tests run in several processes already

KERNEL = in_torch.torch_kernel("cpu")
KINDS = ("full", "pooled", "diagonal")
FORMS = ("dense", "shared", "diagonal", "spherical")


def moved(mixture, rows, origin):
    """The mixture and the rows with another origin."""
    return mixtura.Mixture(mixture.weights, mixture.means + origin, mixture.covariances), rows + origin


def error(found, wanted):
    """Norm of the difference over that of what is wanted."""
    return np.linalg.norm(np.subtract(found, wanted)) / max(np.linalg.norm(wanted), 1e-300)


def assert_same(found, wanted, origin, tolerance):
    """Weights, means about an origin, scatter and both sums of logarithms agree."""
    assert error(found.weight, wanted.weight) < tolerance
    alive = wanted.weight > 1e-3
    assert error(found.mean[alive] - origin, wanted.mean[alive] - origin) < tolerance
    assert error(found.scatter, wanted.scatter) < tolerance
    n = wanted.weight.sum()
    assert found.loglik == pytest.approx(wanted.loglik, rel=tolerance, abs=tolerance * n)
    assert found.assignment_logprob == pytest.approx(wanted.assignment_logprob, rel=tolerance, abs=tolerance * n)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scatter_kind", KINDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_statistics_are_those_of_numpy(form, scatter_kind, dtype, tolerance):
    rng = np.random.default_rng(len(form))
    for k, d, n in ((1, 1, 1), (3, 2, 65), (6, 5, 1001), (20, 9, 3000), (4, 40, 800)):
        mixture = stored(random_mixture(rng, k, d), form)
        rows = mixture.sample(n, rng)[0].astype(dtype)
        chunk = Chunk(rows, rng.uniform(0.1, 3, size=n))
        found, wanted = (each(mixture, chunk, scatter_kind) for each in (KERNEL.estep, reference.estep))
        assert_same(found, wanted, 0.0, tolerance)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
def test_an_origin_ten_thousand_deviations_away_costs_no_digits(form, dtype, tolerance):
    rng = np.random.default_rng(0)
    mixture = stored(random_mixture(rng, 5, 4), form)
    origin = 1e4 * np.sqrt(mixture.covariances.variances().max())
    mixture, rows = moved(mixture, mixture.sample(2000, rng)[0], origin)
    chunk = Chunk(rows.astype(dtype))
    for scatter_kind in KINDS:
        found, wanted = (each(mixture, chunk, scatter_kind) for each in (KERNEL.estep, reference.estep))
        assert_same(found, wanted, origin, tolerance)


def test_means_far_from_their_rows_cost_no_digits():
    """The first E-step may move the means by many standard deviations; then sums are made about the new means."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(1000, 3))
    mixture = mixtura.Mixture([1.0], [[1e4, -1e4, 0.0]], mixtura.DenseCovariance(np.eye(3)[None], 1))
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 1e-5)):
        found = KERNEL.estep(mixture, Chunk(rows.astype(dtype)), "full")
        assert error(found.scatter, np.cov(rows.astype(dtype).T, bias=True)[None] * 1000) < tolerance


@given(problem=problems(max_n=200), form=st.sampled_from(FORMS), kind=st.sampled_from(KINDS))
def test_statistics_are_those_of_numpy_on_random_problems(problem, form, kind):
    rows, k, rng = problem
    mixture = stored(random_mixture(rng, k, rows.shape[1]), form)
    found, wanted = (each(mixture, Chunk(rows), kind) for each in (KERNEL.estep, reference.estep))
    n, spread = len(rows), max(np.abs(rows - rows.mean(axis=0)).max(), np.abs(rows - mixture.means[0]).max(), 1e-3)
    np.testing.assert_allclose(found.weight, wanted.weight, atol=1e-9 * n)
    np.testing.assert_allclose(found.scatter, wanted.scatter, rtol=1e-8, atol=1e-9 * n * spread**2)
    assert found.loglik == pytest.approx(wanted.loglik, rel=1e-10, abs=1e-9 * n)
    np.testing.assert_array_equal(KERNEL.labels(mixture, Chunk(rows)), reference.labels(mixture, Chunk(rows)))


@pytest.mark.parametrize("form", FORMS)
def test_predictions_are_those_of_numpy(form):
    rng = np.random.default_rng(3)
    mixture = stored(random_mixture(rng, 4, 3), form, mixtura.Noise(0.1, np.full(3, -50.0), np.full(3, 50.0)))
    rows = np.concatenate([mixture.sample(500, rng)[0], [[1e30, 0, 0], [1e140, -1e140, 1e140]]])
    for name in ("log_density", "posterior", "labels"):
        found, wanted = (getattr(each, name)(mixture, Chunk(rows)) for each in (KERNEL, reference))
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
        assert len(getattr(KERNEL, name)(mixture, Chunk(rows[:0]))) == 0
    far = KERNEL.posterior(mixture, Chunk(np.array([[1e30, 0, 0], [-1e38, 1e38, 0]], dtype=np.float32)))
    assert far[:, -1].tolist() == [1.0, 1.0]


def test_no_rows_have_no_weight():
    mixture = random_mixture(np.random.default_rng(0), 3, 2)
    empty = KERNEL.estep(mixture, Chunk(np.zeros((0, 2))), "full")
    assert empty.weight.tolist() == [0, 0, 0]
    assert empty.loglik == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bits_are_the_same_each_time(dtype, monkeypatch):
    monkeypatch.setitem(tensor_components.ELEMENTS, "cpu", 1 << 10)  # many blocks
    rng = np.random.default_rng(0)
    mixture = random_mixture(rng, 5, 4)
    rows, weight = torch.tensor(mixture.sample(5000, rng)[0]).to(dtype), torch.rand(5000).to(dtype)
    one, other = (tensors.estep_of_tensor(mixture.affine, rows, weight, "full") for _ in range(2))
    for name in ("weight", "mean", "scatter", "loglik", "assignment_logprob"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_moments_are_those_of_numpy():
    rng = np.random.default_rng(0)
    rows = rng.normal(1e6, [1.0, 10.0], size=(3000, 2))
    for chunk in (Chunk(rows), Chunk(rows, rng.uniform(size=3000))):
        found, wanted = (each.moments(chunk) for each in (KERNEL, reference))
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-14)
        np.testing.assert_allclose(found.scatter, wanted.scatter, rtol=1e-11)
        assert found.loglik == 0


@pytest.mark.parametrize("setting", ["autocast", "medium", "gradients"])
def test_what_pytorch_was_told_about_precision_does_not_matter(setting):
    rng = np.random.default_rng(0)
    mixture = random_mixture(rng, 3, 3)
    rows = torch.tensor(mixture.sample(500, rng)[0], dtype=torch.float32)
    passes = (lambda: KERNEL.estep(mixture, Chunk(rows.numpy()), "full").loglik,)
    passes += (lambda: tensor_predictions.log_density_of_tensor(mixture, rows).sum().item(),)
    before, plain = torch.get_float32_matmul_precision(), [one() for one in passes]
    contexts = {
        "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
        "medium": lambda: nullcontext(torch.set_float32_matmul_precision("medium")),
        "gradients": torch.enable_grad,
    }
    try:
        with contexts[setting]():
            assert [one() for one in passes] == plain
        assert setting != "medium" or torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


def test_the_default_device_does_not_matter():
    rows = np.random.default_rng(0).normal(size=(200, 2))
    with torch.device("meta"), mixtura.using_device("cpu"):
        assert np.isfinite(mixtura.fit(rows, 2, seed=0).loglik)


def test_using_device_makes_the_fit_that_is_made_without():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(300, 2)), rng.normal(6, 1, size=(200, 2))])
    plain = mixtura.fit(rows, 2)
    with mixtura.using_device("cpu"):
        assert kernels.current_kernel().level() == "PyTorch"
        there = mixtura.fit(rows, 2)
        np.testing.assert_allclose(there.mixture.logpdf(rows), plain.mixture.logpdf(rows), rtol=1e-9)
    assert there.loglik == pytest.approx(plain.loglik, rel=1e-9)
    assert np.diff(there.trace).min() > -1e-9


def test_the_environment_names_the_kernel(monkeypatch):
    choice.default_kernel.cache_clear()
    monkeypatch.setenv("MIXTURA_KERNEL", "torch:cpu")
    assert kernels.current_kernel().name == "torch:cpu"
    choice.default_kernel.cache_clear()
    monkeypatch.setenv("MIXTURA_KERNEL", "fortran")
    with pytest.raises(ParameterError, match="'fortran'; expected native, numpy or torch:DEVICE"):
        kernels.current_kernel()
    choice.default_kernel.cache_clear()


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ParameterError, match="device is 'cuda:7'; expected one that PyTorch has here"):
        in_torch.checked_device("cuda:7")
    for wrong in ("toaster", "meta", None):
        with pytest.raises(ParameterError, match=f"device is '{wrong}'"), mixtura.using_device(wrong):
            pass
    for name in ("cpu", "cpu:0", torch.device("cpu")):
        with mixtura.using_device(name):
            assert kernels.current_kernel().name == "torch:cpu"


def test_without_pytorch_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(in_torch, "find_spec", {}.get)
    with pytest.raises(MissingExtraError, match=r"the package torch, .* its extra torch"):
        in_torch.checked_device("cuda")
