"""Animations of the EM iterations of a recorded fit; `mixtura.watch` shows them while a fit runs."""

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
from mixtura.plotting.frames import DrawFrame, RecordedIteration, freeze_layout, new_frame
from mixtura.plotting.subjects import check_recorded
from mixtura.plotting.view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image


# More points than this hide each other in a frame.
MAX_FRAME_ROWS = 10_000

# How long an animation shows its last frame, in seconds.
LAST_FRAME_SECONDS = 3.0

# Size of frames in inches, and their resolution in dots per inch: in a GIF, and elsewhere.
SIZE = (8.0, 4.5)
GIF_DPI, DPI = 100, 160


class RecordedFit(Protocol):
    """Protocol of a fit that kept all its iterations."""

    @property
    def mixture(self) -> Mixture:
        """Fitted mixture."""

    @property
    def history(self) -> Sequence[RecordedIteration]:
        """Iterations of the best start; empty if the fit was not recorded."""


def write_animation(
    fit: RecordedFit,
    X: Any,
    path: str | Path,
    *,
    columns: Sequence[int | str] | None = None,
    fps: float | None = None,
) -> Path:
    """Draw each EM iteration of a recorded fit, as an animation or as a folder of pictures.

    The parameters, the result and the errors are those of `mixtura.replay`.

    Examples
    --------
    >>> import tempfile
    >>> import mixtura
    >>> X = [[0.0, 1.0], [0.2, 0.9], [0.4, 1.3], [5.0, 2.0], [5.2, 2.3], [5.4, 1.8]]
    >>> fit = mixtura.fit(X, 2, model="VVI", seed=0, record=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     animation = write_animation(fit, X, Path(folder, "em.gif"))
    ...     animation.name, animation.stat().st_size > 1000
    ('em.gif', True)
    """
    target = Path(path)
    kind = "" if target.is_dir() else target.suffix.lower()
    if kind not in ANIMATION_WRITERS:
        raise ParameterError(f'path is "{path}"; expected a name that ends in .gif, .mp4 or .html, or a folder')
    check_recorded(fit)
    style.check_folder(target)
    rate = as_fps(fps, len(fit.history))
    view = _as_view(fit.mixture, X, columns)
    figure = style.new_figure(*SIZE, shown=False, dpi=GIF_DPI if kind == ".gif" else DPI)
    draw = new_frame(figure, view, fit.history)

    def show(frame: int) -> None:
        draw(fit.history[: frame + 1])

    show(len(fit.history) - 1)
    freeze_layout(figure)
    numbers = tuple(iteration.number for iteration in fit.history)
    ANIMATION_WRITERS[kind](Animation(figure, show, numbers, rate), target)
    return target


def watch(X: Any, *, columns: Sequence[int | str] | None = None) -> Callable[[RecordedIteration], None]:
    """Show EM iterations on screen while a fit runs: `mixtura.fit(X, 3, on_iteration=mixtura.watch(X))`.

    A window or a notebook shows the frames of `mixtura.replay`; without a display nothing is shown.

    Parameters
    ----------
    X : array-like or table of shape (n, d), or a Source
        The rows that are fitted; a fixed random sample of 10,000 is drawn if there are more.
    columns : sequence of one or two ints or strs, optional
        Columns to draw; default: all, or of more than two those in which the components differ most at the start.

    Returns
    -------
    callable
        The argument ``on_iteration`` of `mixtura.fit`. It makes its figure at the first iteration.

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
    iterations: list[RecordedIteration] = []
    window: list[tuple[DrawFrame, Callable[[], object]]] = []

    def on_iteration(iteration: RecordedIteration) -> None:
        if not window:  # the number of components is known only now
            view = _as_view(iteration.mixture, X, columns)
            where = style.display_kind()
            figure = style.new_figure(*SIZE, shown=where == "window")
            window.append((new_frame(figure, view, [iteration]), DISPLAYS[where](figure)))
        if iterations and iterations[-1].start != iteration.start:
            iterations.clear()
        iterations.append(iteration)
        draw, refresh = window[0]
        draw(iterations)
        refresh()

    return on_iteration


def _as_view(mixture: Mixture, X: Any, columns: Sequence[int | str] | None) -> View:
    """Check rows and columns, and make a view of at most two columns."""
    view = View.from_data(mixture, X, columns, max_columns=2, max_rows=MAX_FRAME_ROWS)
    if len(view.columns) > 2:
        raise ParameterError(f"columns are {list(columns or ())!r}; a replay shows one or two")
    if not len(view.rows):
        raise ParameterError("X is None; pass the rows that were fitted")
    return view


def as_fps(fps: float | None, n_frames: int) -> float:
    """Checked frames per second; by default the animation takes about ten seconds."""
    if fps is None:
        return float(np.clip(n_frames / 10, 2, 20))
    if not as_amount(fps, "fps"):
        raise ParameterError("fps is 0; expected a positive number")
    return float(fps)


@dataclass(frozen=True, slots=True, eq=False)
class Animation:
    """Frames to write as an animation, ``fps`` in each second.

    Attributes
    ----------
    show : callable
        Draws the frame with this number, from 0, in the figure.
    numbers : tuple of int
        Number of each frame's EM iteration.
    """

    figure: Figure
    show: Callable[[int], None]
    numbers: tuple[int, ...]
    fps: float

    def picture(self, frame: int) -> Image:
        """Image of one frame, in 24-bit colour."""
        self.show(frame)
        canvas: Any = self.figure.canvas
        canvas.draw()
        image: Image = style.require("PIL.Image").frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
        return image.convert("RGB")


def _write_gif(animation: Animation, path: Path) -> None:
    """Write a GIF with one palette for all frames, so that each stores only its differences from the one before."""
    last = len(animation.numbers) - 1
    palette = _common_palette([animation.picture(frame) for frame in (0, last // 2, last)])
    dither = style.require("PIL.Image").Dither.NONE
    frames = (animation.picture(frame).quantize(palette=palette, dither=dither) for frame in range(last + 1))
    durations = [round(1000 / animation.fps)] * last + [round(1000 * LAST_FRAME_SECONDS)]
    options = {"save_all": True, "append_images": frames, "duration": durations, "loop": 0, "optimize": False}
    with atomic_write(str(path)) as unfinished, unfinished.open("wb") as file:
        next(frames).save(file, format="GIF", **options)


def _common_palette(samples: Sequence[Image]) -> Image:
    """Palette of at most 128 colours, which keeps files small: the background's, and the most used of some frames."""
    images = style.require("PIL.Image")
    width, height = samples[0].size
    sheet = images.new("RGB", (width, height * len(samples)))
    for position, sample in enumerate(samples):
        sheet.paste(sample, (0, position * height))
    background = np.array(sheet.getpixel((0, 0)))
    found = np.array(sheet.quantize(127, method=images.Quantize.MAXCOVERAGE).getpalette()[: 3 * 127]).reshape(-1, 3)
    # Pillow would draw the background in another colour of the palette that is almost the same.
    others = found[np.abs(found - background).max(axis=1) > 12]
    palette: Image = images.new("P", (1, 1))
    palette.putpalette([*background.tolist(), *others.ravel().tolist()])
    return palette


def _write_mp4(animation: Animation, path: Path) -> None:
    """Write an MP4 with ffmpeg; the last frame is repeated, since an MP4 has no pauses."""
    writers = style.require("matplotlib.animation")
    if not writers.FFMpegWriter.isAvailable():
        raise MissingExtraError(".mp4 needs the program ffmpeg, which is not on PATH; install it, or write a .gif")
    writer = writers.FFMpegWriter(fps=animation.fps)
    last = len(animation.numbers) - 1
    try:
        with atomic_write(str(path)) as unfinished, writer.saving(animation.figure, unfinished, DPI):
            for frame in [*range(last + 1), *[last] * round(LAST_FRAME_SECONDS * animation.fps)]:
                animation.show(frame)
                writer.grab_frame()
    except subprocess.CalledProcessError as error:
        raise MixturaError(f'ffmpeg could not write "{path}" (status {error.returncode}); write a .gif') from error


def _write_folder(animation: Animation, folder: Path) -> None:
    """Write one PNG for each iteration, and move all to the folder once they are complete."""
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as unfinished:
        for frame, number in enumerate(animation.numbers):
            animation.picture(frame).save(Path(unfinished, f"iteration-{number:04d}.png"))
        folder.mkdir(exist_ok=True)
        for old in folder.glob("iteration-[0-9]*.png"):
            old.unlink()
        for new in sorted(Path(unfinished).iterdir()):
            new.replace(folder / new.name)


ANIMATION_WRITERS = {".gif": _write_gif, ".mp4": _write_mp4, "": _write_folder}


def _show_in_window(figure: Figure) -> Callable[[], object]:
    """Open a window; return the function that redraws it at once, while the fit runs."""
    style.require("matplotlib.pyplot").show(block=False)

    def refresh() -> None:
        figure.canvas.draw_idle()
        figure.canvas.flush_events()

    return refresh


def _show_in_notebook(figure: Figure) -> Callable[[], object]:
    """Display the figure below a notebook's cell; return the function that replaces it."""
    picture = importlib.import_module("IPython.display").display(figure, display_id=True)
    return lambda: picture.update(figure)


DISPLAYS: dict[str, Callable[[Figure], Callable[[], object]]] = {
    "window": _show_in_window,
    "notebook": _show_in_notebook,
    "nowhere": lambda _: lambda: None,
}
