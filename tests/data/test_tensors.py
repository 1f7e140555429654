"""Arrays of PyTorch, CuPy and JAX as rows: the same fits, and values of the kind that came in."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

import mixtura
from mixtura import GaussianMixture
from mixtura._support import from_device
from mixtura.data import TensorSource, tensor_library
from mixtura.data.tensor_library import TensorLibrary
from mixtura.errors import DataError
from mixtura.sklearn import overrides
from mixtura.testing import check_source, examples

torch.set_num_threads(1)  # tests run in several processes already

ROWS = np.concatenate([np.random.default_rng(0).normal(m, 1, size=(n, 3)) for m, n in ((0, 500), (6, 300))])


def not_in_memory(*_):
    """Stands for TensorLibrary.in_memory where all tensors are on a device."""
    return False


def refused(*_, **__):
    """Stands for Tensor.__array__ where the tensor is on a device."""
    raise TypeError("can't convert a tensor on a device to numpy")


def not_installed(*_):
    """Stands for find_spec where PyTorch is not installed."""


@pytest.fixture(params=["in memory", "on a device"])
def place(request, monkeypatch):
    """Tensors in the computer's memory, which are read as arrays, and the same treated as if they lay elsewhere."""
    if request.param == "on a device":
        monkeypatch.setattr(TensorLibrary, "in_memory", not_in_memory)
        monkeypatch.setattr(torch.Tensor, "__array__", refused)
    return request.param


class Boxed:
    """An array of a library that gives and takes DLPack, and nothing else."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, **options):
        return self.tensor.__dlpack__()

    def __dlpack_device__(self):
        return self.tensor.__dlpack_device__()


@pytest.fixture
def cupy(monkeypatch):
    """A library under CuPy's name whose arrays are `Boxed`."""
    module = ModuleType("cupy")
    module.from_dlpack = lambda X: Boxed(torch.from_dlpack(X))
    monkeypatch.setattr(Boxed, "__module__", "cupy")
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


def test_a_source_of_tensors_is_a_source():
    def make(rows, weight):
        parts = tuple(torch.tensor(part) for part in (rows[:1000], rows[1000:]))
        return TensorSource(parts, weight, None if weight is None else "counts")

    with pytest.warns(mixtura.GridEdgeWarning):
        check_source(make)


def test_a_fit_of_tensors_is_that_of_arrays(place):
    plain = mixtura.fit(ROWS, 2, seed=0)
    for rows, rtol in ((torch.tensor(ROWS), 1e-10), (torch.tensor(ROWS).float(), 1e-5)):
        found = mixtura.fit(rows, 2, seed=0)
        np.testing.assert_allclose(found.mixture.means, plain.mixture.means, rtol=rtol, atol=10 * rtol)
        assert np.diff(found.trace).min(initial=0) > -1e-9 * abs(found.loglik)


def test_fits_twice_have_the_same_bits(monkeypatch):
    monkeypatch.setattr(TensorLibrary, "in_memory", not_in_memory)
    one, other = (mixtura.fit(torch.tensor(ROWS).float(), 3, seed=0) for _ in range(2))
    assert one.loglik == other.loglik
    np.testing.assert_array_equal(one.mixture.covariances.dense(), other.mixture.covariances.dense())


def test_every_covariance_model_fits_tensors(monkeypatch):
    monkeypatch.setattr(TensorLibrary, "in_memory", not_in_memory)
    for name in ["EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"]:
        plain, found = (mixtura.fit(X, 2, model=name, seed=0) for X in (ROWS, torch.tensor(ROWS)))
        assert found.loglik == pytest.approx(plain.loglik, rel=1e-6), name


def test_options_work_with_tensors(place):
    weight = np.random.default_rng(1).integers(0, 3, len(ROWS))
    known = np.full(len(ROWS), -1)
    known[:20], known[-20:] = 0, 1
    for options in (
        {"sample_weight": torch.tensor(weight)},
        {"noise": True},
        {"prior": "conjugate"},
        {"trim": 0.05},
        {"known_labels": known},
        {"known_labels": known, "noise": True},
        {"prior_responsibilities": np.random.default_rng(2).dirichlet([2, 2], len(ROWS))},
        {"groups": np.arange(len(ROWS)) // 4},
        {"tails": "t"},
    ):
        arrays = {name: from_device(value) for name, value in options.items()}
        plain = mixtura.fit(ROWS, 2, seed=0, **arrays)
        found = mixtura.fit(torch.tensor(ROWS), 2, seed=0, **options)
        assert found.loglik == pytest.approx(plain.loglik, rel=1e-6), options


def test_selections_bootstraps_and_assessments_take_tensors(place):
    rows = torch.tensor(ROWS)
    chosen = mixtura.select(rows, range(1, 4), models=["VVV", "EEE"], seed=0)
    assert chosen.best.mixture.n_components == 2
    assert mixtura.assess(chosen.best.mixture, rows).bic == pytest.approx(chosen.best.bic)
    table = mixtura.bootstrap(chosen.best, rows, n=3, seed=0)
    assert np.isfinite(table.standard_errors["means"]).all()


def test_everything_else_takes_copies(place):
    """What has no code for devices computes with copies in the computer's memory."""
    rows, labels = torch.tensor(ROWS), np.repeat(["a", "b"], [500, 300])
    two, three = (mixtura.fit(ROWS, k, seed=0) for k in (2, 3))
    known = torch.tensor(np.repeat([0, -1, 1], [50, len(ROWS) - 100, 50]))
    for name, f in {
        "compare": lambda X: mixtura.compare(two, three, X).counts,
        "combine": lambda X: mixtura.combine_components(three, X).entropies,
        "merged": lambda X: mixtura.combine_components(three, ROWS).predict(X, 2),
        "labels": two.labels,
        "impute": two.mixture.impute,
        "discriminant": lambda X: mixtura.discriminant(X, labels).posterior(X),
        "noise": lambda X: mixtura.find_noise(X, 5),
        "hierarchical": lambda X: mixtura.hierarchical(X).labels(2),
        "noise_covariance": lambda X: mixtura.fit(X, 2, noise_covariance=np.eye(3) / 9).loglik,
        "errors": lambda X: two.mixture.posterior(X, noise_covariance=np.eye(3) / 9),
        "limits": lambda X: mixtura.fit(X, 2, limits=(np.full(3, -9.0), np.full(3, 99.0))).loglik,
        "known": lambda X: mixtura.fit(X, 2, known_labels=known).loglik,
        "start": lambda X: mixtura.fit(X, start=(known != 0).int()).loglik,
    }.items():
        found = from_device(f(rows))
        np.testing.assert_allclose(np.asarray(found), np.asarray(f(ROWS)), rtol=1e-8, atol=1e-12, err_msg=name)
    mixtura.plot(two, rows)


def test_values_are_of_the_kind_that_came_in(place):
    mixture = mixtura.fit(ROWS, 2, noise=True, seed=0).mixture
    rows = torch.tensor(ROWS, requires_grad=True)
    for method in ("logpdf", "posterior", "predict", "log_joint", "uncertainty"):
        found, wanted = getattr(mixture, method)(rows), getattr(mixture, method)(ROWS)
        assert isinstance(found, torch.Tensor)
        assert found.device == rows.device
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-9, atol=1e-12, err_msg=method)
    assert (mixture.predict(rows) == -1).any()


def test_rows_of_groups_give_tensors(place):
    mixture = mixtura.fit(ROWS, 2, seed=0).mixture
    groups = np.arange(len(ROWS)) // 2
    found = mixture.posterior(torch.tensor(ROWS), groups=groups)
    np.testing.assert_allclose(found.numpy(), mixture.posterior(ROWS, groups=groups), atol=1e-12)


def test_arrays_of_other_libraries_come_and_go_by_dlpack(cupy, place):
    rows = Boxed(torch.tensor(ROWS))
    fitted = mixtura.fit(rows, 2, seed=0)
    found = fitted.mixture.posterior(rows)
    assert isinstance(found, Boxed)
    np.testing.assert_allclose(found.tensor.numpy(), fitted.mixture.posterior(ROWS), atol=1e-12)


def test_without_pytorch_arrays_are_read_as_any(monkeypatch):
    monkeypatch.setattr(tensor_library, "find_spec", not_installed)
    assert mixtura.fit(torch.tensor(ROWS), 2, seed=0).loglik == mixtura.fit(ROWS, 2, seed=0).loglik


def test_missing_values_of_tensors_are_modelled(place):
    holed = ROWS.copy()
    holed[::7, 1] = np.nan
    plain, found = (mixtura.fit(X, 2, seed=0) for X in (holed, torch.tensor(holed)))
    assert found.missing.n_missing == plain.missing.n_missing
    assert found.loglik == pytest.approx(plain.loglik, rel=1e-12)
    posterior = found.mixture.posterior(torch.tensor(holed))
    np.testing.assert_allclose(posterior.numpy(), plain.mixture.posterior(holed), atol=1e-9)


def test_columns_of_tensors_are_chosen_by_number(place):
    found, plain = (mixtura.fit(X, 2, columns=["3", "1"], seed=0) for X in (torch.tensor(ROWS), ROWS))
    np.testing.assert_allclose(found.mixture.means, plain.mixture.means, rtol=1e-9)


def test_other_types_and_shapes(place):
    whole = torch.tensor(np.round(ROWS).astype(np.int64))
    assert mixtura.fit(whole, 2, seed=0).mixture.n_features == 3
    assert mixtura.fit(torch.tensor(ROWS).half(), 2, seed=0).mixture.n_features == 3
    assert mixtura.fit(torch.tensor(ROWS[:, 0]), 2, seed=0).mixture.n_features == 1
    mixture = mixtura.fit(ROWS, 2, seed=0).mixture
    with pytest.raises(DataError, match="X has 2 columns; this mixture has 3"):
        mixture.posterior(torch.tensor(ROWS[:, :2]))
    bad = ROWS.copy()
    bad[4, 1] = np.inf
    with pytest.raises(DataError, match="row 4, column 1: inf is not a finite number"):
        mixtura.fit(torch.tensor(bad), 2)
    with pytest.raises(DataError, match="shape"):
        mixtura.fit(torch.zeros(2, 2, 2), 1)


def test_half_precision_and_tiny_columns(place):
    plain = mixtura.fit(ROWS, 2, seed=0)
    half = torch.tensor(ROWS).bfloat16()
    found = mixtura.fit(half, 2, seed=0, sample_weight=torch.ones(len(ROWS), dtype=torch.bfloat16))
    assert found.loglik == pytest.approx(plain.loglik, rel=1e-2)
    assert found.mixture.posterior(half).shape == (len(ROWS), 2)
    for scale in (1e-22, 1e18):
        scaled = torch.tensor(ROWS * scale).float()
        found = mixtura.fit(scaled, 2, seed=0)
        np.testing.assert_allclose(found.mixture.means / scale, plain.mixture.means, rtol=1e-4, atol=1e-4)
        labels = found.mixture.predict(scaled).numpy()
        assert (labels == found.mixture.predict(scaled.numpy())).all()


def test_responsibilities_have_the_rows_type(place):
    mixture = mixtura.fit(ROWS, 2, seed=0).mixture
    rows = torch.tensor(ROWS)
    holed = rows.clone()
    holed[0, 0] = float("nan")
    for X in (rows, holed):
        assert mixture.posterior(X.float()).dtype == torch.float32
        assert mixture.posterior(X).dtype == torch.float64


@pytest.mark.filterwarnings("ignore:Sparse CSR")
def test_sparse_tensors_are_refused(place):
    for sparse in (torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()):
        with pytest.raises(DataError, match="expected dense real numbers"):
            mixtura.fit(sparse, 1)


def test_devices_that_pytorch_does_not_have_are_left_to_the_library(cupy, monkeypatch):
    rows = Boxed(torch.tensor(ROWS))
    monkeypatch.setattr(Boxed, "__dlpack_device__", lambda _: (2, 0))
    monkeypatch.setattr(Boxed, "get", lambda boxed: boxed.tensor.numpy(), raising=False)
    assert tensor_library.library_of(rows) is None
    assert mixtura.fit(rows, 2, seed=0).loglik == mixtura.fit(ROWS, 2, seed=0).loglik
    monkeypatch.delattr(Boxed, "__dlpack_device__")
    assert tensor_library.library_of(rows) is None


def test_tensors_that_are_no_rows_are_refused():
    for wrong, words in (
        ([torch.zeros(2, 2), torch.zeros(2, 3)], "2 columns of torch.float32 and 3 columns of torch.float32"),
        ([], "no rows"),
        (torch.zeros(2, 2, dtype=torch.complex64), "torch.complex64"),
        (torch.tensor([[1.0], [float("nan")]]), "row 1, column 0: nan"),
        (torch.zeros(0, 2), "shape"),
        (np.zeros((2, 2)), "type ndarray|type float"),
        ([np.zeros((2, 2))], "X is of type ndarray"),
    ):
        with pytest.raises(DataError, match=words):
            TensorSource.of(wrong)


def test_a_source_of_tensors_checks_weights_and_samples():
    example = examples()[1]
    source = TensorSource.of([torch.tensor(example.rows)], torch.tensor(example.weight))
    assert source.weights_are == "counts"
    assert source.sum(lambda chunk: len(chunk.rows)) == source.n_rows
    assert TensorSource.of([torch.zeros(0, 3).double(), torch.tensor(example.rows)]).length == len(example.rows)
    none = source.reweighted(np.zeros(len(example.rows)))
    assert none.sum(lambda chunk: len(chunk.rows)) == 0


def test_under_array_api_dispatch_scikit_learns_loop_runs_wherever_tensors_are(place, monkeypatch):
    assert overrides.is_for_sources(torch.tensor(ROWS)) == (place == "on a device")
    # scikit-learn's own switch needs SciPy's, which is read when SciPy is imported.
    monkeypatch.setattr(overrides, "get_config", lambda: {"array_api_dispatch": True})
    assert not overrides.is_for_sources(torch.tensor(ROWS))
    assert overrides.is_other_array(torch.tensor(ROWS))


def test_the_estimator_takes_tensors(place):
    rows = torch.tensor(ROWS)
    model = GaussianMixture(2, random_state=0).fit(rows)
    plain = GaussianMixture(2, random_state=0).fit(ROWS)
    np.testing.assert_allclose(np.sort(model.means_, axis=0), np.sort(plain.means_, axis=0), rtol=1e-3, atol=1e-3)
    assert model.score(rows) == pytest.approx(plain.score(ROWS), rel=1e-4)
    assert from_device(model.predict(rows)).shape == (len(ROWS),)
