"""How EM moves from iterate to iterate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from mixtura.iterate import Iterate


class Stepper(Protocol):
    """Turns the EM map into a path; what it must remember between steps is a value of its own."""

    def init(self, iterate: Iterate) -> Any:
        """What to remember before the first step (also after a repair, which starts a new path)."""

    def step(self, em: Callable[[Iterate], Iterate], iterate: Iterate, state: Any) -> tuple[Iterate, Any]:
        """The next iterate and what to remember; ``em`` is one M-step and one E-step."""


@dataclass(frozen=True, slots=True)
class Plain:
    """EM as it is (Dempster, Laird & Rubin 1977)."""

    def init(self, iterate: Iterate) -> None:
        """Nothing to remember."""

    def step(self, em: Callable[[Iterate], Iterate], iterate: Iterate, state: Any) -> tuple[Iterate, None]:
        """One EM iteration."""
        return em(iterate), None
