"""Frames of a replay: the parameters of each iteration's mixture as the page's module reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Index
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.report.drawn_rows import ScaledRows
from mixtura.report.encoding import differences_of_bits, encode_numbers
from mixtura.report.recording import Recording

# Parameters in all frames together; a replay that needs more leaves out iterations.
MOST_PARAMETERS = 600_000

# Stands for the logarithm of zero: of a component that is no longer there, or of no noise.
ABSENT = -1e30


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Mixtures to show, the last of which is the fitted one.

    Attributes
    ----------
    mixtures : tuple of Mixture
    places : tuple of ndarray
        For each mixture, the position of each of its components among those of the page.
    numbers : tuple of int
        Number of each frame's iteration.
    logliks : tuple of float
    recorded : int
        How many frames are iterations; if not all, the last one is the fitted mixture alone.
    omitted : int
        How many iterations are left out.
    """

    mixtures: tuple[Mixture, ...]
    places: tuple[Index, ...]
    numbers: tuple[int, ...]
    logliks: tuple[float, ...]
    recorded: int
    omitted: int

    @property
    def form(self) -> str:
        """Form of the whitening factors: "diagonal" if all are, else "dense"."""
        return "diagonal" if all(mixture.affine.form == "diagonal" for mixture in self.mixtures) else "dense"


def frames_of(mixture: Mixture, loglik: float, recording: Recording | None) -> Frames:
    """Frames of a recording, and after them the fitted mixture unless the recording is the fit's own.

    Raises
    ------
    ParameterError
        If the mixture has so many columns that a page cannot hold its parameters.
    """
    k, d = mixture.n_components, mixture.n_features
    cost = 1 + k * (1 + d + (d if mixture.affine.form == "diagonal" else d * (d + 1) // 2))
    most = MOST_PARAMETERS // cost
    if not most:
        raise ParameterError(
            f"the mixture has {d} columns, too many for a page; report fewer columns, or mixtura.reduce_dimensions"
        )
    own = np.arange(k)
    if recording is None or most < 3:
        return Frames((mixture,), (own,), (0,), (loglik,), 0, 0)
    shown = _chosen(len(recording.iterations), most - 1)
    steps = [recording.iterations[i] for i in shown]
    mixtures = [step.mixture for step in steps]
    places = [recording.order[list(step.components)] for step in steps]
    numbers, logliks = [step.number for step in steps], [step.loglik for step in steps]
    if recording.start:
        loglik = recording.fitted_loglik if recording.on_sample else loglik
        mixtures, places = [*mixtures, mixture], [*places, own]
        numbers, logliks = [*numbers, numbers[-1]], [*logliks, loglik]
    omitted = len(recording.iterations) - len(shown)
    return Frames(tuple(mixtures), tuple(places), tuple(numbers), tuple(logliks), len(shown), omitted)


def _chosen(count: int, most: int) -> list[int]:
    """Positions of the iterations to show: all, or the first and last and, between them, most of the early ones."""
    if count <= most:
        return list(range(count))
    dense = most // 2
    return sorted({*range(dense), *np.linspace(dense, count - 1, most - dense).astype(int).tolist()})


def encode_frames(frames: Frames, rows: ScaledRows, k: int) -> dict[str, Any]:
    """Frames as values for JSON: their numbers, and the parameters in the units of the scaled rows."""
    parameters = np.stack(
        [
            frame_parameters(mixture, place, rows, k, frames.form)
            for mixture, place in zip(frames.mixtures, frames.places, strict=True)
        ]
    )
    return {
        "numbers": list(frames.numbers),
        "logliks": list(frames.logliks),
        "recorded": frames.recorded,
        "noiseWeights": [mixture.noise.weight if mixture.noise else 0.0 for mixture in frames.mixtures],
        "data": encode_numbers(differences_of_bits(parameters)),
    }


def frame_parameters(mixture: Mixture, place: Index, rows: ScaledRows, k: int, form: str) -> NDArray[np.float32]:
    """Constant of the noise, and constant, mean and factor of each of k components, in one dimension, float32."""
    affine, count, d = mixture.affine, mixture.n_components, mixture.n_features
    if form == "diagonal":
        factors = np.broadcast_to(affine.factors, (max(count, len(affine.factors)), d))[:count] * rows.unit
    else:
        stored = np.broadcast_to(affine.factors, (max(count, len(affine.factors)), *affine.factors.shape[1:]))[:count]
        dense = stored if affine.form != "diagonal" else stored[:, :, None] * np.eye(d)
        # Columns of the upper triangle behind one another are rows of the transpose's lower one.
        factors = (dense * rows.unit[:, None]).transpose(0, 2, 1)[:, *np.tril_indices(d)]
    own = np.zeros((k, 1 + d + factors.shape[-1]))
    own[:, 0] = ABSENT
    own[:, 1 + d :] = 1.0
    own[place, 0] = np.maximum(affine.constants[:count], ABSENT)
    own[place, 1 : 1 + d] = (mixture.means - rows.origin) / rows.unit
    own[place, 1 + d :] = factors
    noise = affine.constants[count] if mixture.noise else ABSENT
    return np.append(noise, own.ravel()).astype(np.float32)
