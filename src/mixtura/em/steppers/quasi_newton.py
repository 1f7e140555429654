"""A quasi-Newton method for use near an optimum, in coordinates where EM's step is the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from mixtura._support import TINY, Array
from mixtura.em.coordinates import FisherCoordinates
from mixtura.em.information import FEW_ROWS, CompleteInformation, Information, estimate_information
from mixtura.em.run import Iterate
from mixtura.em.steppers.base import EMMap, Step
from mixtura.em.steppers.squarem import evaluate_at
from mixtura.mixture import Mixture

# Least curvature of the mean log-likelihood along a move for the move to be used: below, it has no maximum nearby.
LEAST_CURVATURE = 1e-3

# EM raises the mean log-likelihood per row by at least this times its step's squared length, and at most by all of it.
LEAST_GAIN = 0.5

# A move longer than this, in root-mean-square standard deviations, leads where the information is another one.
LONG = 0.1

# What may remain, as a fraction of what would be enough, where passes cost next to nothing.
FEW_ROWS_FRACTION = 1e-4

# Earlier mixtures, each with the mixture that an EM iteration gives there.
Visits: TypeAlias = tuple[tuple[Mixture, Mixture], ...]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a `QuasiNewton` iteration passes on to the next.

    Attributes
    ----------
    visits : tuple of pairs of Mixture
    radius : float
        Longest move, in root-mean-square standard deviations.
    information : Information or None
        The first estimate of the Hessian; None if it is to be made.
    """

    visits: Visits
    radius: float
    information: Information | None = None


@dataclass(frozen=True, slots=True)
class QuasiNewton:
    """Limited-memory BFGS with EM's step as the gradient (Nocedal 1980; Lange 1995) and the observed information.

    In `FisherCoordinates` EM's step is the gradient of the mean log-likelihood per row, so every pass gives a new
    gradient, and an iteration costs one pass. The first estimate of the Hessian is the observed information, estimated
    from a sample of the rows: it has the directions in which the likelihood is nearly flat, which gradients hardly
    show. A move is accepted only if it raises the log-likelihood as much as EM's step must by its length; else EM's
    step is taken, for one more pass.

    The move tells how much the log-likelihood will rise yet. If that is no more than ``enough``, there is no iteration.
    If the log-likelihood is convex along the last move, EM is leaving a saddle point or a plateau, and its own step is
    taken.

    Attributes
    ----------
    enough : float
        Rise of the log-likelihood, in nats, for which an iteration is not worth while.
    memory : int
        Number of earlier iterates that are kept.
    longest : float
        Longest move, in root-mean-square standard deviations; it is halved when a move has failed.
    """

    enough: float = 0.0
    memory: int = 3
    longest: float = 0.3

    def init(self, iterate: Iterate) -> State:
        """No earlier mixtures, no information, and the longest move."""
        return State((), self.longest)

    def step(self, problem: EMMap, iterate: Iterate, state: State) -> Step:
        """One quasi-Newton iteration, or one of EM, or none."""
        target, at_floor = problem.mstep(iterate.stats, iterate.mixture)
        kept: Visits = (*state.visits, (iterate.mixture, target))[-self.memory - 1 :]
        coordinates = FisherCoordinates(iterate.mixture)
        pairs, gradient = _secants(coordinates, kept)
        if len(coordinates.degrees_of_freedom):
            moving = coordinates.moving(gradient, iterate.stats.weight)
            pairs, gradient = [(s * moving, y * moving) for s, y in pairs], gradient * moving
        if pairs and not is_concave_along(*pairs[-1]):
            after = State(kept, self.longest)
            return Step(problem.evaluate(target, at_floor, iterate.memory), after, 1)
        information = state.information or estimate_information(problem.source, problem.estep, iterate, gradient)
        move = ascent_direction(pairs, gradient, information)
        known = len(pairs) == self.memory or not isinstance(information, CompleteInformation)
        enough = self.enough * (FEW_ROWS_FRACTION if iterate.stats.total <= FEW_ROWS else 1.0)
        if known and 0.5 * float(move @ gradient) * iterate.stats.total * information.excess <= enough:
            return Step(iterate, state, 0)
        length, em_length = _length(move), _length(gradient)
        scale = min(1.0, state.radius / length)
        new = evaluate_at(problem, coordinates, move * scale, iterate)
        if new is None or new.loglik < iterate.loglik + LEAST_GAIN * em_length**2 * iterate.stats.total:
            shorter = min(length, state.radius) / 2
            hopeless = len(coordinates.degrees_of_freedom) > 0 and shorter < em_length  # EM's step gains no less
            after = State(kept[-1:], self.longest if hopeless else shorter)
            return Step(problem.evaluate(target, at_floor, iterate.memory), after, 1 + (new is not None))
        if scale < 1 or length > LONG:
            wider = min(2 * state.radius, self.longest) if scale < 1 else state.radius
            return Step(new, State(kept, wider), 1)
        return Step(new, State(kept, state.radius, information), 1)


def _secants(coordinates: FisherCoordinates, visits: Visits) -> tuple[list[tuple[Array, Array]], Array]:
    """Moves between visits, each with the decrease of the gradient along it, and the gradient at the last one."""
    points = [coordinates.of(mixture) for mixture, _ in visits]
    gradients = [coordinates.of(target) - point for (_, target), point in zip(visits, points, strict=True)]
    pairs = [(b - a, g - h) for a, b, g, h in zip(points, points[1:], gradients, gradients[1:], strict=False)]
    return pairs, gradients[-1]


def _length(move: Array) -> float:
    """Euclidean norm of a move, at least the smallest normal number."""
    return max(math.sqrt(float(move @ move)), TINY)


def is_concave_along(move: Array, fall: Array) -> bool:
    """Whether the log-likelihood is concave along a move, over which the gradient decreased by ``fall``."""
    return bool(move @ fall > LEAST_CURVATURE * (move @ move))


def ascent_direction(pairs: list[tuple[Array, Array]], gradient: Array, information: Information) -> Array:
    """Direction of ascent by the two-loop recursion of limited-memory BFGS.

    ``pairs`` are moves and the decreases of the gradient along them, from the oldest to the latest.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.em.information import CompleteInformation
    >>> pairs = [(np.array([1.0, 0.0]), np.array([0.1, 0.0]))]
    >>> ascent_direction(pairs, np.array([0.5, 0.5]), CompleteInformation()).tolist()
    [5.0, 0.5]
    """
    pairs = [pair for pair in pairs if is_concave_along(*pair)]
    move, multiples = gradient.copy(), []
    for s, y in reversed(pairs):
        multiples.append((s @ move) / (s @ y))
        move -= multiples[-1] * y
    move = information.solve(move)
    for (s, y), multiple in zip(pairs, reversed(multiples), strict=True):
        move = move + s * (multiple - (y @ move) / (s @ y))
    return move
