"""The noise component that a user asks for: uniform over a region around the data, with what EM starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.mixture import Noise


@dataclass(frozen=True, slots=True, eq=False)
class UniformNoise:
    """Noise component that is uniform over a region around the data (Banfield & Raftery 1993).

    Parameters
    ----------
    begin : True, "neighbours", float, or rows
        The noise with which EM starts: given rows, as booleans (n,) or by number; ``"neighbours"``, the rows whose
        neighbours are far away (`find_noise`); or a weight between 0 and 1. The components start from the other rows,
        with a weight from all rows. True tries ``"neighbours"`` and a weight of 0.05, and keeps the better fit.
    region : {"box", "hull"}
        The smaller of two boxes around the data, along the columns or the principal components (mclust's ``hypvol``),
        or the data's convex hull, in at most six dimensions.

    Examples
    --------
    >>> import mixtura
    >>> rows = np.vstack([np.random.default_rng(0).normal(size=(90, 2)), [[9.0, 9.0], [-8.0, 7.0], [7.0, -9.0]]])
    >>> mixtura.fit(rows, 1, noise=UniformNoise(0.05, region="hull"), seed=0).mixture.predict(rows[-3:]).tolist()
    [-1, -1, -1]
    """

    begin: Any = True
    region: str = "box"


def as_noise(noise: Any) -> UniformNoise | Noise | None:
    """Check the argument ``noise`` of `mixtura.fit`: None or False is no noise, and other values make a `UniformNoise`.

    Examples
    --------
    >>> as_noise(0.05)
    UniformNoise(begin=0.05, region='box')
    """
    if noise is None or noise is False:
        return None
    own = True if isinstance(noise, str) and noise == "auto" else noise
    return own if isinstance(own, UniformNoise | Noise) else UniformNoise(own)


def noise_options(noise: UniformNoise | Noise | None) -> dict[str, str | None]:
    """Options of the commands that ask for noise; None where they have no word for it, as for the rows that begin it.

    Examples
    --------
    >>> noise_options(UniformNoise(True, "hull"))
    {'--noise': 'auto', '--noise-region': 'hull'}
    """
    if noise is None:
        return {}
    if isinstance(noise, Noise) or np.ndim(noise.begin):
        return {"--noise": None}
    word = "auto" if noise.begin is True else str(noise.begin)
    return {"--noise": word, **({} if noise.region == "box" else {"--noise-region": noise.region})}
