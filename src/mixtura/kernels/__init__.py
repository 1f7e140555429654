"""Kernels: (mixture, chunk) -> Stats, the only place where EM touches rows."""

from __future__ import annotations

from mixtura.kernels.numpy import accumulate, estep

__all__ = ["accumulate", "estep"]
