"""The order of a fit's components: by size, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, frozen_array
from mixtura.fitting.result import Fit
from mixtura.fitting.start import Iteration, Start
from mixtura.mixture import Mixture
from mixtura.starts import ClusterTree

# Decimals of the fraction of rows by which sizes are compared.
DECIMALS = 6


def gives_order(start: Any) -> bool:
    """Whether a start has its components in an order of its own, such as labels; a name or a tree of rows has none.

    Examples
    --------
    >>> gives_order("kmeans"), gives_order(np.array([0, 1, 1]))
    (False, True)
    """
    return not isinstance(start, str | ClusterTree)


def ordered_by_size(result: Fit, components: Sequence[int]) -> Fit:
    """The fit with its components in the order of their sizes; their iterations and repairs are numbered alike.

    Parameters
    ----------
    result : Fit
    components : sequence of int
        Number at the start of each component; those that were removed come last in the new numbering.
    """
    # Of the same size up to rounding, the one with the least mean in the first column is first.
    sizes = np.round(result.sizes / max(result.sizes.sum(), TINY), DECIMALS)
    order = np.lexsort((*result.mixture.means.T[::-1], -sizes))
    if (order == np.arange(len(order))).all() and list(components) == list(range(len(components))):
        return result
    first = [components[j] for j in order]
    started = result.history[0].mixture.n_components if result.history else max(components) + 1
    more = [repair.component for repair in result.starts[result.best_start].repairs]
    others = sorted({*range(started), *more} - set(first))
    numbers = {old: new for new, old in enumerate([*first, *others])}
    place = {int(old): new for new, old in enumerate(order)}
    starts = list(result.starts)
    starts[result.best_start] = _renumbered_start(starts[result.best_start], numbers, place)
    return replace(
        result,
        mixture=_permuted(result.mixture, order),
        sizes=frozen_array(result.sizes[order]),
        starts=tuple(starts),
        history=tuple(_renumbered_iteration(each, numbers) for each in result.history),
        point_masses=tuple(
            sorted(
                (replace(mass, component=place[mass.component]) for mass in result.point_masses),
                key=lambda mass: mass.component,
            )
        ),
    )


def _permuted(mixture: Mixture, order: NDArray[np.int64]) -> Mixture:
    """A mixture with its components in another order."""
    names = mixture.component_names
    return replace(
        mixture,
        weights=mixture.weights[order],
        means=mixture.means[order],
        covariances=mixture.covariances.select(order),
        degrees_of_freedom=None if mixture.degrees_of_freedom is None else mixture.degrees_of_freedom[order],
        component_names=tuple(names[j] for j in order) if names else None,
    )


def _renumbered_start(start: Start, numbers: dict[int, int], place: dict[int, int]) -> Start:
    """The summary of a start with new numbers of components, at the start and of the result."""
    return replace(
        start,
        repairs=tuple(replace(each, component=numbers[each.component]) for each in start.repairs),
        floored=tuple(sorted(place[j] for j in start.floored)),
        spurious=tuple(sorted(place[j] for j in start.spurious)),
    )


def _renumbered_iteration(iteration: Iteration, numbers: dict[int, int]) -> Iteration:
    """An iteration with new numbers of components, in their order."""
    found = np.array([numbers[old] for old in iteration.components])
    order = np.argsort(found)
    return replace(iteration, mixture=_permuted(iteration.mixture, order), components=tuple(found[order].tolist()))
