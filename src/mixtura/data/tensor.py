"""The source of rows that are tensors of PyTorch, on one or several devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate
from operator import add
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import (
    Array,
    LazyModule,
    Rng,
    Rows,
    as_row_weights,
    as_rows,
    chunk_slices,
    from_device,
    map_in_order,
)
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.source import Sum
from mixtura.errors import DataError

torch = LazyModule("torch")

# PyTorch's types are not known where it is not installed.
Tensor: TypeAlias = Any

# Least range of a column, beside zero, of float32 rows: beyond it and its inverse, they are treated as float64.
_NARROWEST = 1e-14


@dataclass(frozen=True, eq=False)
class TensorSource:
    """A source whose rows are tensors, each on a device, such as a GPU, that computes with its rows.

    Sums of a device's rows are added in the order of the rows, and those of the devices in the order of the tensors.
    Functions that do not know tensors get copies in the computer's memory.

    Attributes
    ----------
    tensors : tuple of Tensor
        Of shapes (n_1, d), (n_2, d), ..., all float32 or all float64.
    sample_weight : ndarray of shape (n,), or None
        How much each row counts in sums; None for once.
    weights_are : {"counts", "sampling"} or None
        What the weights that were given are (`mixtura.fit`).

    Examples
    --------
    >>> import torch
    >>> source = TensorSource.of([torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0]])], [1, 0, 2])
    >>> source.n_rows, source.length, source.kernel_name
    (2, 3, 'torch:cpu')
    """

    tensors: tuple[Tensor, ...]
    sample_weight: Array | None = None
    weights_are: str | None = None

    @classmethod
    def of(
        cls, tensors: Sequence[Tensor] | Tensor, sample_weight: Any = None, weights_are: str | None = None
    ) -> TensorSource:
        """The source of one or several tensors of rows, (n, d), or values, (n,), and of weights, which are checked.

        Raises
        ------
        DataError
            If a value is not finite or too large, or the tensors do not have the same columns.
        """
        given = [as_row_tensor(one) for one in ([tensors] if hasattr(tensors, "dim") else tensors)]
        parts = [part for part in given if len(part)] or given[:1]
        kinds = {(part.shape[1], str(part.dtype)) for part in parts}
        if len(kinds) != 1:
            raise DataError(
                f"tensors have {_listed(kinds)}; expected the same columns and type in each, and at least one"
            )
        for part in parts:
            if not usable(part):
                as_rows(part.cpu().numpy())
        if not all(map(safe_in_its_type, parts)):
            parts = [part.double() for part in parts]
        n = sum(len(part) for part in parts)
        weights = as_row_weights(from_device(sample_weight), n, weights_are)
        return cls(tuple(parts), weights.values, weights.kind)

    @property
    def kernel_name(self) -> str:
        """Name of the kernel that computes with these rows (`mixtura.kernels.kernel_of`)."""
        return f"torch:{self.tensors[0].device}"

    @property
    def length(self) -> int:
        """Number of rows, those of weight zero included."""
        return sum(len(part) for part in self.tensors)

    @cached_property
    def n_rows(self) -> int:
        """Number of rows whose weight is above zero."""
        return self.length if self.sample_weight is None else int(np.count_nonzero(self.sample_weight))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.tensors[0].shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows' values."""
        return np.dtype(str(self.tensors[0].dtype).removeprefix("torch."))

    @property
    def whole(self) -> None:
        """None, since the rows are not an array."""

    @cached_property
    def _starts(self) -> list[int]:
        """Position of the first row of each tensor, and the number of rows."""
        return [0, *accumulate(len(part) for part in self.tensors)]

    @cached_property
    def _weights(self) -> list[Tensor | None]:
        """The weights of each tensor's rows, where these are."""
        if self.sample_weight is None:
            return [None] * len(self.tensors)
        ends = zip(self.tensors, self._starts, self._starts[1:], strict=False)
        return [torch.from_numpy(self.sample_weight[a:b].copy()).to(part.dtype).to(part.device) for part, a, b in ends]

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over chunks, or of ``f.of_tensor(rows, weights, start)`` over tensors if it has that."""
        own: Callable[[Tensor, Tensor | None, int], Sum] | None = getattr(f, "of_tensor", None)
        if own is None:
            return reduce(add, map(f, self._chunks()))
        parts = list(zip(self.tensors, self._weights, self._starts, strict=False))
        if len(parts) > 1:  # other threads do not know what the caller's streams still have to do
            for tensor in (part for part in self.tensors if part.device.type == "cuda"):
                torch.cuda.synchronize(tensor.device)
        return reduce(add, map_in_order(lambda part: own(*part), parts, len(parts)))

    def _chunks(self) -> Iterator[Chunk]:
        """Copies of all rows of positive weight; one chunk without rows if there are none."""
        found = False
        for part, start in zip(self.tensors, self._starts, strict=False):
            for cut in chunk_slices(*part.shape):
                chunk = self._chunk(part[cut].cpu().numpy(), start + cut.start)
                found = found or bool(len(chunk.rows))
                if len(chunk.rows):
                    yield chunk
        if not found:
            yield Chunk(self.tensors[0][:0].cpu().numpy())

    def _chunk(self, rows: Rows, start: int) -> Chunk:
        """Rows of positive weight from a position on."""
        weight = None if self.sample_weight is None else self.sample_weight[start : start + len(rows)]
        return Chunk(rows, weight, start).of_positive_weight()

    def _gathered(self, positions: NDArray[np.intp]) -> Rows:
        """The rows at some positions, in the computer's memory, in this order."""
        order = np.argsort(positions, kind="stable")
        ends = np.searchsorted(positions[order], self._starts)
        parts = [
            part[torch.from_numpy(positions[order[a:b]] - start).to(part.device)].cpu().numpy()
            for part, start, a, b in zip(self.tensors, self._starts, ends, ends[1:], strict=False)
        ]
        return np.concatenate(parts)[np.argsort(order, kind="stable")]

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight without replacement, in their order; all if there are fewer."""
        count = self.n_rows
        chosen = np.arange(count) if n >= count else np.sort(rng.choice(count, size=n, replace=False))
        weight = self.sample_weight
        if weight is not None:
            chosen = np.flatnonzero(weight)[chosen]
        return Chunk(self._gathered(chosen), None if weight is None else weight[chosen], 0, chosen)

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of copies of all rows, (length,) or (length, k)."""
        cuts = [(part, cut) for part in self.tensors for cut in chunk_slices(*part.shape)]
        return np.concatenate([f(part[cut].cpu().numpy()) for part, cut in cuts])

    def take(self, positions: NDArray[np.intp]) -> ArraySource:
        """A source, in the computer's memory, of the rows at these positions, in this order."""
        weight = None if self.sample_weight is None else self.sample_weight[positions]
        return ArraySource(self._gathered(np.asarray(positions)), weight, weights_are=self.weights_are)

    def reweighted(self, factor: Array) -> TensorSource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        weight = np.asarray(factor, dtype=np.float64)
        return replace(self, sample_weight=weight if self.sample_weight is None else self.sample_weight * weight)


def check_kind(X: Any) -> None:
    """Raise DataError unless X is a dense tensor of real numbers of one or two dimensions.

    Examples
    --------
    >>> check_kind([1.0])
    Traceback (most recent call last):
    mixtura.errors.DataError: X is of type list; expected a tensor of PyTorch
    """
    if not hasattr(X, "dim"):
        raise DataError(f"X is of type {type(X).__name__}; expected a tensor of PyTorch")
    if X.is_complex() or X.layout != torch.strided or X.ndim not in {1, 2}:
        kind = f"{X.dtype} ({str(X.layout).removeprefix('torch.')}) of shape {tuple(X.shape)}"
        raise DataError(f"X is a tensor of {kind}; expected dense real numbers, (n, d) or (n,)")


def as_row_tensor(X: Tensor) -> Tensor:
    """A tensor of rows, float32 or float64, (n, d), without gaps; (n,) is one column."""
    check_kind(X)
    rows = X.detach() if X.ndim == 2 else X.detach()[:, None]
    wide = rows.dtype in {torch.float32, torch.float64}
    if not wide:
        single = rows.dtype.is_floating_point or rows.device.type == "mps"
        rows = rows.to(torch.float32 if single else torch.float64)
    return rows.contiguous()


def safe_in_its_type(rows: Tensor) -> bool:
    """Whether squares of the columns' deviations are neither too large nor too small for the rows' type.

    Examples
    --------
    >>> import torch
    >>> safe_in_its_type(torch.tensor([[0.0], [1.0]])), safe_in_its_type(torch.tensor([[0.0], [1e-20]]))
    (True, False)
    """
    if rows.dtype != torch.float32 or rows.device.type == "mps":
        return True
    width = rows.amax(dim=0) - rows.amin(dim=0)
    return bool(((width == 0) | ((width > _NARROWEST) & (width < 1 / _NARROWEST))).all().item())


def usable(rows: Tensor) -> bool:
    """Whether there are rows and columns, and all values are finite, and so are the sums of their squares."""
    return bool(rows.numel() and torch.isfinite(torch.linalg.vector_norm(rows, dtype=rows.dtype)).item())


def _listed(kinds: set[tuple[int, str]]) -> str:
    """The numbers of columns and types of tensors, in words."""
    return " and ".join(f"{d} columns of {dtype}" for d, dtype in sorted(kinds)) or "no rows"
