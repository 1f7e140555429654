"""Progress that notebooks and terminals show."""

import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import mixtura
from mixtura.analysis import progress_display
from mixtura.analysis.progress import ProgressCallback
from mixtura.data.files import RowsRead


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(mean, 1, (30, 2)) for mean in (0, 4)])


class Clock:
    """Seconds that pass by one at each look."""

    now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def recorded():
    shown = []
    return shown, ProgressCallback(lambda *state: shown.append(state), Clock())


def test_a_selection_says_how_many_cells_there_are(rows):
    shown, show = recorded()
    mixtura.select(rows, [1, 2, 3], models=["EII", "VVV"], on_cell=show)
    show.close()
    assert shown[0] == (0.0, "0 of 6", False)
    assert [fraction for fraction, _, ended in shown if not ended] == pytest.approx(np.arange(7) / 6)
    assert "4 of 6 cells" in shown[4][1]
    assert shown[4][1].endswith("about 2 s left")
    assert shown[-1] == (1.0, "6 of 6 cells in 6 s", True)


def test_replicates_of_several_calls_are_counted_anew(rows):
    fit = mixtura.fit(rows, 2)
    shown, show = recorded()
    mixtura.bootstrap(fit, rows, 5, on_replicate=show, threads=1)
    mixtura.bootstrap(fit, rows, 3, on_replicate=show, threads=1)
    show.close()
    texts = [text for _, text, _ in shown]
    assert [text.split("  ")[0] for text in texts[:6]] == ["0 of 5", *(f"{n} of 5 replicates" for n in range(1, 6))]
    assert texts[6] == "0 of 3"
    assert texts[-1] == "3 of 3 replicates in 3 s"


def test_a_fit_shows_its_iterations_and_what_they_will_take(rows):
    shown, show = recorded()
    fit = mixtura.fit(rows, 2, n_init=2, on_iteration=show, em=mixtura.EM(accelerate=False))
    show.close()
    texts = [text for _, text, _ in shown]
    assert texts[0] == "starting"
    assert any(text.startswith("start 2/2  iteration ") for text in texts)
    assert all(fraction is None or 0 <= fraction <= 1 for fraction, _, _ in shown)
    done = sum(start.iterations for start in fit.starts)
    assert texts[-1].startswith(f"{done} iterations in ")


def test_updates_are_not_more_than_can_be_read(rows):
    shown = []
    show = ProgressCallback(lambda *state: shown.append(state), lambda: 0.0)
    mixtura.fit(rows, 2, on_iteration=show)
    assert len(shown) == 2  # "starting", and the first iteration
    show.close()
    assert shown[-1][2]


def test_rows_of_files_are_shown_alone_and_beside_a_fit(rows, tmp_path):
    np.save(tmp_path / "rows.npy", rows)
    shown, show = recorded()
    source = mixtura.scan(tmp_path / "rows.npy", on_rows=show)
    assert shown == [(0.0, "0 of 60 rows", False), (1.0, "60 of 60 rows", False)]
    summed, added = recorded()
    added(RowsRead(0, None))
    added.close()
    assert summed == [(None, "0 rows", False), (1.0, "0 rows", True)]
    fit = mixtura.fit(source, 2, on_iteration=show)
    show.close()
    texts = [text for _, text, _ in shown]
    assert any(re.fullmatch(r"iteration .*  pass \d+: 60 of 60 rows", text) for text in texts)
    assert texts[-1].startswith(f"{fit.iterations} iteration")


def test_nothing_is_shown_where_nothing_happened():
    shown, show = recorded()
    show.close()
    assert not shown


def test_a_terminal_shows_one_line(rows, monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    with mixtura.progress() as show:
        mixtura.select(rows, [1, 2], models=["VVV"], on_cell=show)
    lines = stream.getvalue().split("\r\x1b[K")[1:]
    assert lines[0].strip() == "0 %  0 of 2"
    assert lines[-1] == "2 of 2 cells in 1 s\n"
    assert all(len(line.rstrip("\n")) < 40 for line in lines)


def test_a_pipe_shows_nothing(rows, capsys):
    with mixtura.progress() as show:
        mixtura.fit(rows, 2, on_iteration=show)
    assert capsys.readouterr().err == ""


def test_a_notebook_shows_a_bar_in_the_output_of_the_cell(rows, monkeypatch):
    outputs, updates = [], []

    def display(data, *, raw, display_id):
        assert (raw, display_id) == (True, True)
        outputs.append(data)
        return SimpleNamespace(update=lambda data, **_: updates.append(data))

    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    with mixtura.progress() as show:
        mixtura.select(rows, [1, 2], models=["VVV"], on_cell=show)
    assert outputs == [{"text/html": progress_display.bar_html(0.0, "0 of 2", ended=False), "text/plain": "0 of 2"}]
    assert updates[-1]["text/plain"] == "2 of 2 cells in 1 s"
    assert "<progress" not in updates[-1]["text/html"]


def test_text_is_escaped():
    assert "&lt;b&gt;" in progress_display.bar_html(None, "<b>", ended=False)
