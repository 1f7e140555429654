"""`mixtura.OnlineMixture`: a mixture that follows a stream of rows."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from mixtura._support import (
    Array,
    Rows,
    TableKind,
    as_incomplete_rows,
    as_matching_incomplete_rows,
    as_sample_weight,
    column_names,
    format_count,
    table_kind,
    write_text,
)
from mixtura.data import given_weights
from mixtura.em import ComponentEvent, in_rows
from mixtura.errors import DataError
from mixtura.fitting.em import EM
from mixtura.fitting.model import Model
from mixtura.fitting.online_file import online_from_json, online_to_json
from mixtura.fitting.online_options import STEP_EXPONENT, OnlineOptions
from mixtura.fitting.online_start import rows_of_start
from mixtura.fitting.online_state import OnlineState, WaitingRows
from mixtura.mixture import Mixture
from mixtura.starts import DEFAULT
from mixtura.stats import Stats


@dataclass(frozen=True, eq=False, repr=False)
class OnlineMixture:
    """A Gaussian mixture that follows a stream of rows by stepwise EM, in bounded memory.

    It is a value: `update` returns another one, and leaves this one as it is. The first rows are kept until they are
    enough for a start, from which EM runs as in `mixtura.fit`. From then on rows are used in batches: the E-step of a
    batch replaces a part of the statistics, and the M-step follows. Batches are cut by numbers of rows, so the state
    depends on the rows and their order alone, to the last bit, however they come and however often it is saved.

    Parameters
    ----------
    n_components : int
    model : str or Model
        As in `mixtura.fit`; a `Model` has all parts. Noise keeps the
        region that the rows of the start have.
    columns : sequence of str, optional
        Columns of tables to use; names of the columns of arrays. Default: those of the first rows.
    window : int, optional
        Number of rows that are remembered, for streams that drift: the influence of a row falls to 1/e after so many
        others. Without it, all rows are taken for draws from one distribution, and the estimate converges: it is made
        from the average of the statistics over the steps.
    spawn : bool
        Whether a component is added where rows of low density concentrate.
    prune : bool or float
        Whether components are removed that hold fewer than 2 (d + 1) of the remembered rows, or than this number.
    max_components : int, optional
        Largest number of components with ``spawn``. Default: four times ``n_components``.
    start : str or Mixture
        As in `mixtura.fit`.
    start_rows : int, optional
        Rows of the start. Default: 200 for each component and column, from 5,000 to 100,000, at most ``window``. More
        are waited for, up to 20 times as many, while a column has fewer than d + 1 values for each component.
    batch_rows : int, optional
        Rows of a batch. Default: 500, or a twentieth of ``window`` if that is less.
    step : float
        Exponent of the step sizes, above 0.5 and at most 1; no effect where ``window`` is reached.
    em : EM, optional
        Options of EM at the start; its floor and rounding units hold on.
    seed : int
        Seed of the start.
    threads : int, optional
        As in `mixtura.fit`; no effect on the results.

    Notes
    -----
    Weights of rows count them: a weight of 3 is three rows. Models that leave rows out in each iteration need all rows
    at once, and are refused.

    References
    ----------
    Cappé & Moulines (2009), J. R. Stat. Soc. B 71, 593-613. Polyak & Juditsky (1992), SIAM J. Control Optim. 30.

    Examples
    --------
    >>> import mixtura
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> online = mixtura.OnlineMixture(2)
    >>> for _ in range(100):
    ...     online = online.update(np.concatenate([rng.normal(0, 1, 60), rng.normal(6, 1, 40)]))
    >>> online
    <OnlineMixture of 2 V components after 10,000 rows: log-likelihood of new rows -2.079 each>
    >>> online.mixture.means.ravel().round(1).tolist()
    [0.0, 6.0]
    """

    n_components: int
    model: str | Model = "VVV"
    columns: Sequence[str] | None = None
    window: int | None = None
    spawn: bool = False
    prune: bool | float = False
    max_components: int | None = None
    start: str | Mixture = DEFAULT
    start_rows: int | None = None
    batch_rows: int | None = None
    step: float = STEP_EXPONENT
    em: EM | None = None
    seed: int = 0
    threads: int | None = None
    waiting: WaitingRows = field(default=WaitingRows(), repr=False)
    state: OnlineState | None = field(default=None, repr=False)
    table_kind: TableKind = field(default="records", repr=False)
    options: OnlineOptions = field(init=False)

    def __post_init__(self) -> None:
        options = OnlineOptions.of(self)
        for option in fields(options):
            object.__setattr__(self, option.name, getattr(options, option.name))
        object.__setattr__(self, "options", options)

    def __repr__(self) -> str:
        what = f"<OnlineMixture of {format_count(self._shown_components, f'{self.model} component')}"
        after = f"{what} after {self.n_rows:,} rows"
        if self.state is None:
            return f"{after}, before its start>"
        return f"{after}: log-likelihood of new rows {self.loglik_per_row:.4g} each>"

    @property
    def _shown_components(self) -> int:
        """Number of components at present, or of those that were asked for."""
        return self.n_components if self.state is None else len(self.state.components)

    def update(self, X: Any, sample_weight: Any = None) -> OnlineMixture:
        """The mixture after more rows.

        Parameters
        ----------
        X : array-like or table of shape (n, d), or (n,) for one column
            Tables must have the columns of the first rows; others in them are left out. Missing values are modelled;
            rows without any value are left out.
        sample_weight : array-like of shape (n,), optional
            A weight of 3 counts a row three times, a weight of 0 leaves it out.

        Raises
        ------
        DataError
            If a value is infinite, columns do not match, or a column has too few values in 20 times ``start_rows``.
            Nothing has changed then.
        """
        rows, known = self._checked_rows(X)
        weight = as_sample_weight(given_weights(X, sample_weight), len(rows), "counts")
        used = ~np.isnan(rows).all(axis=1)
        if weight is not None:
            used &= weight > 0
        # Copied, since the caller may change theirs.
        return known.with_checked_rows(rows[used], None if weight is None else weight[used])

    def _checked_rows(self, X: Any) -> tuple[Rows, OnlineMixture]:
        """Rows as a matrix, and the mixture with the columns that they have if they are the first."""
        given = self.start.columns if isinstance(self.start, Mixture) else None
        names = self.options.columns or given
        if self.n_features is not None:
            return as_matching_incomplete_rows(X, names, self.n_features)[0], self
        rows = (as_matching_incomplete_rows(X, names, len(names)) if names else as_incomplete_rows(X))[0]
        model = self.options.model.in_columns(rows.shape[1])
        return rows, replace(self, columns=names or column_names(X), table_kind=table_kind(X), model=model)

    def with_checked_rows(self, rows: Rows, weight: Array | None) -> OnlineMixture:
        """The mixture after more rows, which have been checked; all full batches are used."""
        waiting, state = self.waiting.extended(rows, weight), self.state
        needed = self.options.rows_needed(state, rows.shape[1])
        if state is None:
            needed = rows_of_start(waiting, needed, self.n_components, self.columns)
        if waiting.n_rows < needed:
            return replace(self, waiting=waiting)
        all_rows, all_weights = waiting.joined()
        first = 0
        while len(all_rows) - first >= needed:
            part = slice(first, first + needed)
            state = self.options.after(state, all_rows[part], None if all_weights is None else all_weights[part])
            first, needed = first + needed, self.options.rows_needed(state, rows.shape[1])
        rest = (all_rows[first:].copy(), None if all_weights is None else all_weights[first:].copy())
        return replace(self, waiting=WaitingRows().extended(*rest), state=state)

    def flush(self) -> OnlineMixture:
        """The mixture in which the rows that wait for a full batch, or for the start, have been used.

        Raises
        ------
        DataError
            If there are fewer rows than components before the start.
        """
        return replace(self, waiting=WaitingRows(), state=self._flushed_state())

    def _flushed_state(self) -> OnlineState:
        """The state after all rows."""
        if self.waiting.n_rows:
            return self.options.after(self.state, *self.waiting.joined())
        if self.state is None:
            raise DataError("no rows have come so far: call update with some first")
        return self.state

    @property
    def n_features(self) -> int | None:
        """Number of columns, d; None before the first rows."""
        if self.state is not None:
            return len(self.state.setup.floor)
        return self.waiting.parts[0][0].shape[1] if self.waiting.parts else None

    @property
    def n_rows(self) -> int:
        """Number of rows so far, without those of weight zero."""
        return self.waiting.n_rows + (0 if self.state is None else self.state.n_rows)

    @property
    def n_updates(self) -> int:
        """Number of batches that have been used since the start."""
        return 0 if self.state is None else self.state.step.n_updates

    @cached_property
    def mixture(self) -> Mixture:
        """The mixture that all rows so far have led to, those that wait for a full batch included.

        Raises
        ------
        DataError
            If there are fewer rows than components.
        """
        state = self._flushed_state()
        found = state.estimate(self.options.schedule(state))
        return found.relabelled(self.columns, None, self.table_kind)

    @property
    def stats(self) -> Stats:
        """Sufficient statistics of the remembered rows; DataError before the start."""
        if self.state is None:
            raise DataError(f"{self.n_rows} rows have come so far; the start has not been made: see flush")
        return in_rows(self.state.step.stats, self.state.step.seen, self.options.schedule(self.state))

    @property
    def loglik_per_row(self) -> float:
        """Mean log-likelihood of the remembered rows, each under the mixture before its batch was used; else NaN.

        So it says how well rows are predicted, and falls when the stream changes.
        """
        return math.nan if self.state is None else self.state.step.stats.loglik

    @property
    def components(self) -> tuple[int, ...]:
        """Number of each component, (k,): those of the start are 0 to k - 1, later ones have higher numbers."""
        return () if self.state is None else self.state.components

    @property
    def events(self) -> tuple[ComponentEvent, ...]:
        """Components that were added and removed, the latest 1000."""
        return () if self.state is None else self.state.events

    def to_json(self) -> str:
        """The state as JSON text, and a model file if there are enough rows for a mixture.

        Examples
        --------
        >>> import mixtura
        >>> online = mixtura.OnlineMixture(1).update([1.0, 2.0, 4.0])
        >>> again = mixtura.OnlineMixture.from_json(online.to_json()).update([5.0])
        >>> again.mixture.means.item() == online.update([5.0]).mixture.means.item()
        True
        """
        return online_to_json(self)

    @staticmethod
    def from_json(text: str) -> OnlineMixture:
        """The mixture from which `to_json` made the text: further updates give the same bits.

        Raises
        ------
        DataError
            If the text is no such file.
        """
        return OnlineMixture(**online_from_json(text))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `to_json` to a file, which `mixtura.load` and the commands read."""
        write_text(os.fspath(path), f"{self.to_json()}\n")
