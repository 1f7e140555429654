"""Pictures of EM at work: one for each iteration, of the mixture that there was."""

import importlib
import os
import sys
from dataclasses import replace
from unittest.mock import Mock

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import mixtura
from mixtura.plotting import style
from mixtura.plotting.frames import new_frame
from mixtura.plotting.replay import watch, write_animation
from mixtura.plotting.view import View

mpl.use("agg")
playing = importlib.import_module("mixtura.plotting.replay")

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(0, 1, (60, 3)), RNG.normal((4, 0, 1), 1, (60, 3))])


def recorded(rows, k=2, **options):
    return mixtura.fit(rows, k, model="VVI", start="random_from_data", seed=0, record=True, **options)


@pytest.fixture(scope="module")
def fit():
    return recorded(X[:, :2], tol=1e-3)


def stages(fit, rows, columns=None):
    """Draw on a figure as replay does, and return the figure and the function that draws a frame."""
    view = View.from_data(fit.mixture, rows, columns, max_columns=2, max_rows=1000)
    figure = style.new_figure(8, 4.5, shown=False)
    return figure, new_frame(figure, view, fit.history)


def frames(path):
    with Image.open(path) as animation:
        for frame in range(animation.n_frames):
            animation.seek(frame)
            yield animation.info["duration"], animation.convert("RGB")


def test_a_film_has_the_start_and_every_iteration(fit, tmp_path):
    path = write_animation(fit, X[:, :2], tmp_path / "em.gif", fps=4)
    pictures = list(frames(path))
    assert path == tmp_path / "em.gif"
    assert len(pictures) == fit.iterations + 1
    assert [duration for duration, _ in pictures] == [250] * fit.iterations + [3000]
    assert {picture.size for _, picture in pictures} == {(800, 450)}
    assert pictures[0][1].getpixel((0, 0)) == (255, 255, 255)
    assert len({picture.tobytes() for _, picture in pictures}) == len(pictures)
    assert path.stat().st_size < 40_000 * len(pictures)
    assert [file.name for file in tmp_path.iterdir()] == ["em.gif"]


def test_a_folder_has_a_picture_for_each_iteration(fit, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for name in ("iteration-9999.png", "mine.png"):
        (folder / name).touch()
    write_animation(fit, X[:, :2], folder)
    names = sorted(file.name for file in folder.iterdir())
    assert names == [f"iteration-{i:04d}.png" for i in range(fit.iterations + 1)] + ["mine.png"]
    with Image.open(folder / names[0]) as picture:
        assert picture.size == (1280, 720)
    assert [file.name for file in tmp_path.iterdir()] == ["frames"]


def test_each_frame_shows_its_own_mixture(fit):
    figure, draw = stages(fit, X[:, :2])
    for i in (0, len(fit.history) - 1):
        draw(fit.history[: i + 1])
        main, curve = figure.axes[:2]
        mixture = fit.history[i].mixture
        spread = [sorted([patch.width, patch.height]) for patch in main.patches]
        np.testing.assert_allclose(spread, np.sort(4 * np.sqrt(mixture.covariances.variances())))
        dots = [line for line in main.lines if line.get_linestyle() == "None"]
        assert [len(line.get_xdata()) for line in dots] == np.bincount(mixture.predict(X[:, :2])).tolist()
        loglik = style.format_number(fit.history[i].loglik)
        assert main.get_title(loc="left") == f"Iteration {i}, log-likelihood {loglik}"
        assert list(curve.lines[0].get_ydata()) == [iteration.loglik for iteration in fit.history]
        assert list(curve.lines[1].get_xdata()) == list(range(i + 1))
        weights = [entry.get_text() for entry in figure.axes[2].get_legend().get_texts()]
        assert weights == [f"component {j} ({100 * mixture.weights[j]:.0f} %)" for j in range(2)]


def test_more_dimensions_show_the_two_columns_that_separate_most():
    fit = recorded(X)
    best = sorted(np.argsort(-importlib.import_module("mixtura.plotting.view").separation(fit.mixture))[:2])
    figure, draw = stages(fit, pd.DataFrame(X, columns=list("abc")))
    draw(fit.history)
    assert figure.axes[0].get_xlabel() == "abc"[best[0]]
    assert "2 of 3 columns" in figure.axes[0].get_title(loc="left")
    figure, _ = stages(fit, X, [2, 1])
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("x3", "x2")


def test_one_dimension_shows_densities(tmp_path):
    fit = recorded(X[:, :1], max_iter=3, tol=1.0)
    figure, draw = stages(fit, X[:, :1])
    draw(fit.history[:1])
    total = figure.axes[0].lines[0]
    np.testing.assert_allclose(total.get_ydata(), np.exp(fit.history[0].mixture.logpdf(total.get_xdata())))
    assert write_animation(fit, X[:, 0], tmp_path / "one.gif").exists()


@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_removed_component_leaves_the_others_their_colours(dimensions):
    rows = X[:, :dimensions]
    fit = recorded(rows, 3, tol=1.0)
    last = fit.history[-1]
    assert last.components == (0, 1, 2)
    left = last.mixture.select(np.array([0, 2]))
    fewer = replace(last, number=last.number + 1, mixture=left, components=(0, 2))
    fit = replace(fit, mixture=left, history=(*fit.history, fewer))
    figure, draw = stages(fit, rows)
    draw(fit.history)
    means = [line for line in figure.axes[0].lines if line.get_markersize() == 9]
    shown = [len(line.get_xdata()) == 1 and line.get_visible() for line in means]
    assert shown == [True, False, True]
    assert means[2].get_xdata()[0] == fewer.mixture.means[1, 0]
    assert figure.axes[2].get_legend().get_texts()[1].get_text() == "component 1 (0 %)"


def test_components_keep_the_names_of_the_start(tmp_path):
    named = replace(recorded(X[:, :2], max_iter=2, tol=1.0).mixture, component_names=("left", "right"))
    fit = mixtura.fit(X[:, :2], start=named, record=True, tol=1.0)
    figure, draw = stages(fit, X[:, :2])
    draw(fit.history)
    assert figure.axes[2].get_legend().get_texts()[0].get_text().startswith("left (")


@pytest.mark.parametrize(("given", "frames", "expected"), [(None, 5, 2), (None, 100, 10), (None, 999, 20), (3, 5, 3)])
def test_films_take_about_ten_seconds(given, frames, expected):
    assert playing.as_fps(given, frames) == expected


FFMPEG = '#!/bin/sh\nfor last; do :; done\ncat > "$last"\nexit ${STATUS:-0}\n'


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    """Stands in for ffmpeg: writes the raw frames that it is given."""
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(FFMPEG)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_mp4_pipes_every_frame_to_ffmpeg(tmp_path, ffmpeg, monkeypatch):
    fit = recorded(X[:, :2], tol=1.0)
    path = write_animation(fit, X[:, :2], tmp_path / "em.mp4", fps=1)
    count = fit.iterations + 1 + 3  # the last frame stays for three seconds
    assert path.stat().st_size == count * 1280 * 720 * 4
    monkeypatch.setenv("STATUS", "1")
    with pytest.raises(mixtura.MixturaError, match=r"ffmpeg could not write .* \(status 1\)"):
        write_animation(fit, X[:, :2], tmp_path / "other.mp4", fps=1)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bin", "em.mp4"]


def test_mp4_without_ffmpeg_suggests_a_gif(fit, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(mixtura.MissingExtraError, match=r"ffmpeg.*\.gif"):
        write_animation(fit, X[:, :2], tmp_path / "em.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["em.gif", "frames"])
def test_an_interrupt_leaves_nothing_behind(fit, tmp_path, monkeypatch, name):
    picture = playing.Animation.picture
    calls = []

    def interrupted(animation, frame):
        calls.append(frame)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return picture(animation, frame)

    monkeypatch.setattr(playing.Animation, "picture", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_animation(fit, X[:, :2], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_errors_say_what_to_do(fit, tmp_path):
    rows = X[:, :2]
    with pytest.raises(mixtura.ParameterError, match=r"record=True"):
        write_animation(replace(fit, history=()), rows, tmp_path / "em.gif")
    with pytest.raises(mixtura.ParameterError, match=r"ends in \.gif, \.mp4 or \.html, or a folder"):
        write_animation(fit, rows, tmp_path / "em.avi")
    with pytest.raises(mixtura.ParameterError, match="does not exist"):
        write_animation(fit, rows, tmp_path / "no" / "em.gif")
    with pytest.raises(mixtura.ParameterError, match="fps is 0"):
        write_animation(fit, rows, tmp_path / "em.gif", fps=0)
    with pytest.raises(mixtura.ParameterError, match="pass the rows"):
        write_animation(fit, None, tmp_path / "em.gif")
    with pytest.raises(mixtura.ParameterError, match="one or two"):
        write_animation(recorded(X, tol=1.0), X, tmp_path / "em.gif", columns=[0, 1, 2])
    with pytest.raises(mixtura.DataError, match="X has 3 columns; this mixture has 2"):
        write_animation(fit, X, tmp_path / "em.gif")


def test_a_missing_matplotlib_is_named(fit, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for call in (lambda: watch(X), lambda: write_animation(fit, X[:, :2], tmp_path / "em.gif")):
        with pytest.raises(mixtura.MissingExtraError, match="or Mixtura with its extra plot"):
            call()


@pytest.fixture
def figures(monkeypatch):
    """The figures that `watch` makes."""
    made = []
    new_figure = style.new_figure
    monkeypatch.setattr(style, "new_figure", lambda *size, **how: made.append(new_figure(*size, **how)) or made[-1])
    return made


def test_live_follows_every_start_and_changes_nothing(figures):
    options = {"seed": 0, "n_init": 2, "start": "random_from_data", "tol": 1e-2}
    fit = mixtura.fit(X, 2, on_iteration=watch(X), **options)
    assert fit.trace == mixtura.fit(X, 2, **options).trace
    (figure,) = figures
    assert list(figure.axes[1].lines[1].get_xdata()) == list(range(fit.starts[1].iterations + 1))
    assert f"Iteration {fit.starts[1].iterations}," in figure.axes[0].get_title(loc="left")


def test_live_draws_in_a_window_at_once(figures, monkeypatch):
    pyplot = importlib.import_module("matplotlib.pyplot")
    shown, drawn = [], []
    monkeypatch.setattr(style, "display_kind", lambda: "window")
    monkeypatch.setattr(pyplot, "show", lambda **options: shown.append(options))
    canvas = importlib.import_module("matplotlib.backends.backend_agg").FigureCanvasAgg
    monkeypatch.setattr(canvas, "flush_events", lambda canvas: drawn.append((canvas,)))
    fit = mixtura.fit(X, 2, seed=0, tol=1e-2, on_iteration=watch(X, columns=[0]))
    assert shown == [{"block": False}]
    assert drawn == [(figures[0].canvas,)] * (fit.iterations + 1)
    pyplot.close("all")


def test_live_replaces_its_picture_in_a_notebook(figures, monkeypatch):
    updates = []
    display = Mock(**{"display.return_value.update": updates.append})
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(style, "display_kind", lambda: "notebook")
    fit = mixtura.fit(X, 2, seed=0, tol=1e-2, on_iteration=watch(X))
    assert updates == figures * (fit.iterations + 1)
