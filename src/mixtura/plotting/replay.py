"""`mixtura.replay` and `mixtura.watch`: pictures of EM at work."""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mixtura._support import as_amount, atomic_write
from mixtura.errors import MissingExtraError, MixturaError, ParameterError
from mixtura.mixture import Mixture
from mixtura.plotting import style
from mixtura.plotting.frames import Draw, Iterate, freeze_layout, new_frame
from mixtura.plotting.view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image


# A frame is small: more points than this would only hide each other.
MOST_ROWS = 10_000

# Seconds for which the end of a film stays before it starts again.
HOLD = 3.0

SIZE = (8.0, 4.5)
GIF_DPI, DPI = 100, 160


class Recorded(Protocol):
    """A fit of which every iteration was kept."""

    @property
    def mixture(self) -> Mixture:
        """Where it ended."""

    @property
    def history(self) -> Sequence[Iterate]:
        """Every iteration of the best start."""


def replay(
    fit: Recorded,
    X: Any,
    path: str | Path,
    *,
    columns: Sequence[int | str] | None = None,
    fps: float | None = None,
) -> Path:
    """Draw every iteration of a recorded fit, as a film or as a folder of pictures.

    Each frame shows the points coloured by their most probable component at that iteration, the means, ellipses at
    2 standard deviations (or, for one column, the densities over a histogram), and the log-likelihood so far. Nothing
    is fitted again.

    Parameters
    ----------
    fit : Fit
        Made with ``record=True``.
    X : array-like or table of shape (n, d), or a Source
        What was fitted. Of more than 10,000 rows, 10,000 are drawn (at random, but always the same).
    path : str or Path
        A name that ends in .gif, or in .mp4 (which needs the program ffmpeg), or that of a folder for
        iteration-0000.png and so on; frames of an earlier replay there are replaced.
    columns : sequence of one or two ints or strs, optional
        Without it, of more than two columns the two are drawn in which the components differ most at the end.
    fps : float, optional
        Iterations a second; without it the film takes about ten seconds, at 2 to 20 iterations a second.

    Returns
    -------
    Path
        Where the film or the folder is. It appears only once it is complete.

    Raises
    ------
    ParameterError
        If the fit was not recorded, or the path, the columns or fps cannot be used.
    DataError
        If X does not fit the mixture.
    MissingExtraError
        If Matplotlib, or ffmpeg for .mp4, is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import mixtura

    >>> X = [[0.0, 1.0], [0.2, 0.9], [0.4, 1.3], [5.0, 2.0], [5.2, 2.3], [5.4, 1.8]]
    >>> fit = mixtura.fit(X, 2, model="VVI", seed=0, record=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     film = replay(fit, X, Path(folder, "em.gif"))
    ...     film.name, film.stat().st_size > 1000
    ('em.gif', True)
    """
    target = Path(path)
    kind = "" if target.is_dir() else target.suffix.lower()
    if kind not in WRITERS:
        raise ParameterError(f'path is "{path}"; expected a name that ends in .gif or .mp4, or a folder (no suffix)')
    if not fit.history:
        raise ParameterError("this fit was not recorded; fit again with mixtura.fit(..., record=True)")
    style.check_folder(target)
    speed = _speed(fps, len(fit.history))
    view = _view(fit.mixture, X, columns)
    figure = style.new_figure(*SIZE, shown=False, dpi=GIF_DPI if kind == ".gif" else DPI)
    draw = new_frame(figure, view, fit.history)

    def show(frame: int) -> None:
        draw(fit.history[: frame + 1])

    show(len(fit.history) - 1)
    freeze_layout(figure)
    WRITERS[kind](Film(figure, show, tuple(iteration.number for iteration in fit.history), speed), target)
    return target


def watch(X: Any, *, columns: Sequence[int | str] | None = None) -> Callable[[Iterate], None]:
    """Show EM at work on screen: `mixtura.fit(X, 3, on_iteration=mixtura.watch(X))`.

    The pictures are those of `mixtura.replay`, in a window or a notebook; where Matplotlib's backend can show
    nothing, nothing is shown.

    Parameters
    ----------
    X : array-like or table of shape (n, d), or a Source
        What is fitted. Of more than 10,000 rows, 10,000 are drawn.
    columns : sequence of one or two ints or strs, optional
        Without it, of more than two columns the two are drawn in which the components differ most at the start.

    Returns
    -------
    callable
        For ``on_iteration``. Its figure is made at the first iteration.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import mixtura

    >>> X = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> mixtura.fit(X, 2, seed=0, on_iteration=watch(X)).outcome.name  # doctest: +SKIP
    'CONVERGED'
    """
    style.require("matplotlib")
    past: list[Iterate] = []
    scene: list[tuple[Draw, Callable[[], object]]] = []

    def on_iteration(iteration: Iterate) -> None:
        if not scene:  # the number of components is known only now
            view = _view(iteration.mixture, X, columns)
            figure = style.new_figure(*SIZE, shown=True)
            scene.append((new_frame(figure, view, [iteration]), SCREENS[style.screen()](figure)))
        if past and past[-1].start != iteration.start:
            past.clear()
        past.append(iteration)
        draw, refresh = scene[0]
        draw(past)
        refresh()

    return on_iteration


def _view(mixture: Mixture, X: Any, columns: Sequence[int | str] | None) -> View:
    """One or two columns."""
    view = View.of(mixture, X, columns, most_columns=2, most_rows=MOST_ROWS)
    if len(view.columns) > 2:
        raise ParameterError(f"columns are {list(columns or ())!r}; a replay shows one or two")
    if not len(view.rows):
        raise ParameterError("X is None; pass the rows that were fitted")
    return view


def _speed(fps: float | None, n_frames: int) -> float:
    """Frames a second: as asked, or such that the film takes about ten seconds."""
    if fps is None:
        return float(np.clip(n_frames / 10, 2, 20))
    if not as_amount(fps, "fps"):
        raise ParameterError("fps is 0; expected a positive number")
    return float(fps)


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """What a writer needs: a figure, how to show a frame in it, each frame's iteration, and frames a second."""

    figure: Figure
    show: Callable[[int], None]
    numbers: tuple[int, ...]
    fps: float

    def picture(self, frame: int) -> Image:
        """One frame, in 24-bit colour."""
        self.show(frame)
        canvas: Any = self.figure.canvas
        canvas.draw()
        image: Image = style.require("PIL.Image").frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
        return image.convert("RGB")


def _write_gif(film: Film, path: Path) -> None:
    """All frames with one palette, so that each stores only what differs from the one before."""
    last = len(film.numbers) - 1
    palette = _palette([film.picture(frame) for frame in (0, last // 2, last)])
    dither = style.require("PIL.Image").Dither.NONE
    frames = (film.picture(frame).quantize(palette=palette, dither=dither) for frame in range(last + 1))
    durations = [round(1000 / film.fps)] * last + [round(1000 * HOLD)]
    options = {"save_all": True, "append_images": frames, "duration": durations, "loop": 0, "optimize": False}
    with atomic_write(str(path)) as unfinished, unfinished.open("wb") as file:
        next(frames).save(file, format="GIF", **options)


def _palette(samples: Sequence[Image]) -> Image:
    """128 colours for all frames, few enough for small files: the background's own, and others of these pictures."""
    images = style.require("PIL.Image")
    width, height = samples[0].size
    sheet = images.new("RGB", (width, height * len(samples)))
    for position, sample in enumerate(samples):
        sheet.paste(sample, (0, position * height))
    paper = np.array(sheet.getpixel((0, 0)))
    found = np.array(sheet.quantize(127, method=images.Quantize.MAXCOVERAGE).getpalette()[: 3 * 127]).reshape(-1, 3)
    others = found[np.abs(found - paper).max(axis=1) > 12]  # Pillow would mix up the background and what is closer
    palette: Image = images.new("P", (1, 1))
    palette.putpalette([*paper.tolist(), *others.ravel().tolist()])
    return palette


def _write_mp4(film: Film, path: Path) -> None:
    """Frames are piped to ffmpeg; the last is repeated, since a film has no pauses."""
    writers = style.require("matplotlib.animation")
    if not writers.FFMpegWriter.isAvailable():
        raise MissingExtraError(".mp4 needs the program ffmpeg, which is not on PATH; install it, or write a .gif")
    writer = writers.FFMpegWriter(fps=film.fps)
    last = len(film.numbers) - 1
    try:
        with atomic_write(str(path)) as unfinished, writer.saving(film.figure, unfinished, DPI):
            for frame in [*range(last + 1), *[last] * round(HOLD * film.fps)]:
                film.show(frame)
                writer.grab_frame()
    except subprocess.CalledProcessError as error:
        raise MixturaError(f'ffmpeg could not write "{path}" (status {error.returncode}); write a .gif') from error


def _write_folder(film: Film, folder: Path) -> None:
    """One PNG for each iteration, moved to the folder once all are drawn."""
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as unfinished:
        for frame, number in enumerate(film.numbers):
            film.picture(frame).save(Path(unfinished, f"iteration-{number:04d}.png"))
        folder.mkdir(exist_ok=True)
        for old in folder.glob("iteration-[0-9]*.png"):
            old.unlink()
        for new in sorted(Path(unfinished).iterdir()):
            new.replace(folder / new.name)


WRITERS: dict[str, Callable[[Film, Path], None]] = {".gif": _write_gif, ".mp4": _write_mp4, "": _write_folder}


def _in_window(figure: Figure) -> Callable[[], object]:
    """Open a window; what is called afterwards draws in it at once, though the fit keeps Python busy."""
    style.require("matplotlib.pyplot").show(block=False)

    def refresh() -> None:
        figure.canvas.draw_idle()
        figure.canvas.flush_events()

    return refresh


def _in_notebook(figure: Figure) -> Callable[[], object]:
    """Put one picture below the cell, and replace it every time."""
    picture = importlib.import_module("IPython.display").display(figure, display_id=True)
    return lambda: picture.update(figure)


SCREENS: dict[str, Callable[[Figure], Callable[[], object]]] = {
    "window": _in_window,
    "notebook": _in_notebook,
    "nowhere": lambda _: lambda: None,
}
