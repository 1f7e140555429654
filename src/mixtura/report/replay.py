"""`mixtura.replay` shows EM at work: in a notebook or a page with a player, or as an animation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.data.files import read_or_choose
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.plotting import RecordedIteration, View, with_column_names, write_animation
from mixtura.report.drawn_rows import DrawnRows, rows_of_page
from mixtura.report.frames import frames_of
from mixtura.report.language import Language, as_language
from mixtura.report.page import PageData, Report, component_names, page_data, render
from mixtura.report.protocols import ReportedFit
from mixtura.report.recording import Recording, own_recording, recording_of
from mixtura.report.report import REPORT_SUFFIXES, check_report_path, replay_note

# Where a replay may start.
REPLAYED_STARTS = ("auto", "own", "random")


@dataclass(frozen=True, slots=True, eq=False)
class ReplayedFit:
    """A fit whose iterations are drawn as an animation.

    Attributes
    ----------
    mixture : Mixture
    history : sequence of RecordedIteration
    """

    mixture: Mixture
    history: Sequence[RecordedIteration]


def replay(
    fit: ReportedFit,
    X: Any,
    path: str | Path | None = None,
    *,
    start: str = "auto",
    columns: Sequence[int | str] | None = None,
    fps: float | None = None,
    sample_weight: Any = None,
    lang: str = "en",
) -> Report | Path:
    """Show each EM iteration of a fit: in a notebook with a player, or as a file.

    Each frame shows the rows coloured by their most probable component at that iteration, the means, ellipses at
    2 standard deviations (or, for one column, the densities over a histogram), and the log-likelihood so far.

    Parameters
    ----------
    fit : Fit
    X : array-like or table of shape (n, d), a file's path, or a Source
        The rows that were fitted; a fixed random sample is drawn if there are more than 100,000, in an animation more
        than 10,000.
    path : str or Path, optional
        A file that ends in .html, for the player; in .gif, or in .mp4 (which needs the program ffmpeg); or a folder for
        iteration-0000.png and so on, where the frames of an earlier replay are replaced. Default: no file.
    start : {"auto", "own", "random"}
        "own" shows the iterations of ``mixtura.fit(..., record=True)``. "random" runs EM again, without acceleration,
        from random rows as means; several such starts are tried until one ends at the fitted mixture. "auto" is "own"
        if the fit was recorded and its start moves, and otherwise "random": the default start of `mixtura.fit` is
        the end of a search, so that nothing would be seen to move.
    columns : sequence of one or two ints or strs, optional
        Columns to draw; default: all, or of more than two those in which the components differ most at the end.
    fps : float, optional
        Iterations per second of an animation; default: as many as make one of about ten seconds, from 2 to 20.
    sample_weight : array-like of shape (n,), optional
        The weights of the fit, which EM needs when it is run again.
    lang : {"en", "zh"}
        Language of the player.

    Returns
    -------
    Report or Path
        Without a path a page that a notebook shows; otherwise the file or folder, which appears once it is complete.

    Raises
    ------
    ParameterError
        If the fit was not recorded and ``start`` is "own", or the path, the columns, fps or lang cannot be used.
    DataError
        If X does not fit the mixture.
    MissingExtraError
        If Jinja2, or for an animation Matplotlib or ffmpeg, is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import mixtura

    >>> X = [[0.0, 1.0], [0.2, 0.9], [0.4, 1.3], [5.0, 2.0], [5.2, 2.3], [5.4, 1.8]]
    >>> fit = mixtura.fit(X, 2, model="VVI", seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mixtura.replay(fit, X, Path(folder, "em.html")).name
    'em.html'
    """
    if start not in REPLAYED_STARTS:
        raise ParameterError(f"start is {start!r}; expected one of {', '.join(REPLAYED_STARTS)}")
    if not hasattr(fit, "history"):
        raise ParameterError(f"fit is of type {type(fit).__name__}, which keeps no iterations; expected a Fit")
    if start == "own" and not fit.history:
        raise ParameterError(
            'this fit was not recorded; fit again with mixtura.fit(..., record=True), or start="random"'
        )
    is_page = path is None or (Path(path).suffix.lower() in REPORT_SUFFIXES and not Path(path).is_dir())
    if is_page:
        check_report_path(path)
    X = read_or_choose(X, fit.mixture.columns) if isinstance(X, str | os.PathLike) else X
    mixture = with_column_names(fit.mixture, X)
    drawn = rows_of_page(mixture, X)
    recording = _recording(fit, X, drawn, start, sample_weight)
    if path is not None and not is_page:
        shown = ReplayedFit(fit.mixture, _in_order(recording))
        return write_animation(shown, X, path, columns=columns, fps=fps)
    player = _player(fit, X, drawn, recording, columns=columns, language=as_language(lang))
    return player if path is None else player.save(path)


def _recording(fit: ReportedFit, X: Any, drawn: DrawnRows, start: str, sample_weight: Any) -> Recording:
    """The iterations to show."""
    if start == "own":
        return own_recording(fit.history)
    return recording_of(fit, X, drawn, again=start == "random", sample_weight=sample_weight)


@dataclass(frozen=True, slots=True, eq=False)
class ReplayedIteration:
    """An iteration whose components have the numbers of the mixture that is shown."""

    start: int
    number: int
    mixture: Mixture
    loglik: float
    components: tuple[int, ...]


def _in_order(recording: Recording) -> Sequence[RecordedIteration]:
    """The iterations with their components in the order of the fitted mixture's."""
    if not recording.start:
        return recording.iterations
    found = []
    for step in recording.iterations:
        places = recording.order[list(step.components)]
        order = np.argsort(places)
        mixture = step.mixture.select(order)
        found.append(ReplayedIteration(step.start, step.number, mixture, step.loglik, tuple(places[order].tolist())))
    return found


def _player(
    fit: ReportedFit,
    X: Any,
    drawn: DrawnRows,
    recording: Recording,
    *,
    columns: Sequence[int | str] | None,
    language: Language,
) -> Report:
    """The page with the player alone."""
    view = View.from_data(fit.mixture, X, columns, max_columns=2, max_rows=1)
    if len(view.columns) > 2:
        raise ParameterError(f"columns are {list(columns or ())!r}; a replay shows one or two")
    mixture = view.mixture
    frames = frames_of(mixture, fit.assessment.loglik, recording)
    data = PageData(mixture, drawn, frames, component_names(mixture, frames, language), view.columns)
    return render(
        "player.html.j2",
        language,
        title=language.text("replay"),
        data=page_data(data, language, autoplay=True, model_file=None),
        replay_note=replay_note(recording, frames, language),
    )
