"""Values of each row of an array of PyTorch, CuPy or JAX, which are an array of the same library on the same device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import check_n_columns, from_device
from mixtura.data import Tensor, as_row_tensor, library_of, safe_in_its_type, usable
from mixtura.kernels import labels_of_tensor, log_density_of_tensor, posterior_of_tensor
from mixtura.mixture.noise import NOISE_LABEL

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


def _labels(mixture: Mixture, rows: Tensor) -> Tensor:
    """The most probable component of each row, (n,); -1 for noise."""
    labels = labels_of_tensor(mixture, rows)
    return labels if mixture.noise is None else labels.masked_fill(labels == mixture.n_components, NOISE_LABEL)


# By the name of what is computed: how it is computed where the rows are.
_ON_DEVICE: dict[str, Callable[[Mixture, Tensor], Tensor]] = {
    "logpdf": log_density_of_tensor,
    "posterior": posterior_of_tensor,
    "label": _labels,
}


def values_of_array(name: str | None, of_rows: Callable[[Any], Any], mixture: Mixture, X: Any) -> Any:
    """Values of each row of an array of another library, as its array.

    Parameters
    ----------
    name : str or None
        What is computed, if nothing more is known than the rows.
    of_rows : callable
        Computes it of rows in the computer's memory: of those on the CPU, of those of which values are missing, and
        where nothing else can.
    mixture : Mixture
    X : array of PyTorch, CuPy or JAX, of shape (n, d), or (n,) for one column
    """
    library = library_of(X)
    if library is None:
        return of_rows(X)
    tensor = library.as_tensor(X)
    own = None if mixture.affine.tails is not None or library.in_memory(tensor) else _ON_DEVICE.get(name or "")
    found = None if own is None else _on_device(own, mixture, tensor)
    if found is None:
        found = of_rows(from_device(tensor))
    return library.like(as_type_of(tensor, name, found), tensor.device)


def _on_device(own: Callable[[Mixture, Tensor], Tensor], mixture: Mixture, tensor: Tensor) -> Tensor | None:
    """Values of each row where the rows are; None if some values are missing, or rows cannot be used."""
    rows = as_row_tensor(tensor)
    check_n_columns(rows.shape[1], mixture.n_features)
    if not usable(rows):
        return None
    return own(mixture, rows if safe_in_its_type(rows) else rows.double())


def as_type_of(tensor: Tensor, name: str | None, values: Any) -> Any:
    """Responsibilities, which are many, in the type of float32 rows; other values as they are."""
    if name != "posterior" or str(tensor.dtype) != "torch.float32":
        return values
    return values.astype(np.float32) if isinstance(values, np.ndarray) else values.float()
