"""Go on with an earlier selection: read it, check that its options are the same, and take its cells."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mixtura._support import read_saved, same_value, shortened
from mixtura.errors import ParameterError
from mixtura.selection.cell import Cell
from mixtura.selection.cell_starts import GIVEN
from mixtura.selection.grid import Key
from mixtura.selection.selection import Selection


def as_earlier(resume: Selection | str | os.PathLike[str] | None) -> Selection | None:
    """The earlier selection that a user gave, or the path of its file."""
    if isinstance(resume, Selection | None):
        return resume
    return read_saved(Path(resume).read_bytes(), f"resume: {resume}", Selection.from_json, kind="saved selection")


def check_same(settings: dict[str, Any], earlier: Selection | None) -> None:
    """Raise ParameterError if an earlier selection had other options."""
    if earlier is None:
        return
    different = [name for name, value in settings.items() if not same_value(earlier.settings.get(name), value)]
    if not different:
        return
    if "start" in different and GIVEN in earlier.settings["start"]:
        raise ParameterError(
            "resume: the file of a selection does not keep a start that was given as values; "
            "resume the Selection itself, or select anew"
        )
    changes = [
        f"{name} was {shortened(earlier.settings.get(name))} and is now {shortened(settings[name])}"
        for name in different
    ]
    raise ParameterError(f"resume: in the earlier selection, {'; '.join(changes)}; pass the same")


def reused_cells(earlier: Selection | None, wanted: Sequence[Key], n_features: int) -> dict[Key, Cell]:
    """Cells of an earlier selection that are wanted again.

    On another grid, they may have started from the solutions of other cells.
    """
    if earlier is None:
        return {}
    for cell in earlier.cells:
        if cell.fit is not None and cell.fit.mixture.n_features != n_features:
            raise ParameterError(
                f"resume: the earlier selection is of {cell.fit.mixture.n_features} columns, the data has {n_features}"
            )
    return {cell.key: cell for cell in earlier.cells if cell.key in wanted}
