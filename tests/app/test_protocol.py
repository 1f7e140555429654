"""What the server answers, and to whom: the token, a fit over the WebSocket, stop, errors, files, comparison."""

import json
import threading
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from app_client import HOST, Client, messages_of, parameters_of
from matplotlib import pyplot as plt
from starlette.websockets import WebSocketDisconnect

import mixtura
from mixtura.app import app_language, as_session, live, watch
from mixtura.app.session import MOST_FITS
from mixtura.cli.serve import labelled_table
from mixtura.data.tables import Reading, read_as
from mixtura.report.drawn_rows import single_precision

LIVE = HOST.replace("http", "ws")


def posterior_of(numbers, rows, k):
    """Responsibilities by a frame's parameters, as the page's module computes them, (n, k)."""
    scaled = single_precision(rows)
    d = rows.shape[1]
    logits = []
    for one in numbers[1:].reshape(k, -1):
        factor = np.zeros((d, d))
        factor.T[np.tril_indices(d)] = one[1 + d :]
        logits.append(one[0] - 0.5 * (((scaled.scaled - one[1 : 1 + d]) @ factor) ** 2).sum(axis=1))
    joint = np.exp(np.array(logits).T - np.max(logits, axis=0)[:, None])
    return joint / joint.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/static/app.js", "/wrong/fits/1/model.json"])
def test_without_the_token_nothing_is_answered(client, path):
    answer = client.http.get(path)
    assert answer.status_code == 403
    assert "open the one that the terminal shows" in answer.text


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"host": "evil.example:8000"}, "own address alone"),
        ({"host": "127.0.0.1.evil.example"}, "own address alone"),
        ({"origin": "http://evil.example"}, "own page alone"),
        ({"origin": "null"}, "own page alone"),
    ],
)
def test_other_sites_are_refused_even_with_the_token(client, headers, text):
    answer = client.http.get(f"{client.root}/", headers=headers)
    assert (answer.status_code, text in answer.text) == (403, True)
    with (
        pytest.raises(WebSocketDisconnect),
        client.http.websocket_connect(f"{LIVE}{client.root}/live", headers=headers),
    ):
        pass


def test_a_connection_without_the_token_is_refused(client):
    with (
        pytest.raises(WebSocketDisconnect),
        client.http.websocket_connect(f"{LIVE}/wrong/live", headers={"origin": HOST}),
    ):
        pass


def test_the_page_and_its_files(client):
    page = client.get("")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "DENY"
    assert "&lt;b&gt;sum" in page.text
    assert "<b>sum" not in page.text.replace("\\u003cb\\u003esum", "")
    assert client.get("static/app.js").headers["content-type"].startswith("text/javascript")
    assert client.get("static/app.css").text.count("--accent") > 2
    assert client.get("static/other").status_code == 404


def test_limits_of_the_page_are_those_of_the_server(client, monkeypatch):
    for name, value in (("MOST_COMPONENTS", 41), ("MOST_STARTS", 42), ("MOST_FITS", 43)):
        monkeypatch.setattr(f"mixtura.app.pages.{name}", value)
    page = client.get("").text
    for field, most in (("n-components", 41), ("most-components", 41), ("n-init", 42)):
        assert f'id="{field}" min="1" max="{most}"' in page
    assert '"most": 43' in page
    assert "The last {most} fits are kept." in page


def test_a_whole_fit_over_the_websocket(client, session):
    """The frames are those of `mixtura.fit`, and have its responsibilities."""
    messages = client.fit(rate=0)
    kinds = [message["type"] for message in messages]
    assert kinds[0] == "begin"
    assert kinds[-1] == "done"
    frames = [message for message in messages if message["type"] == "frame"]
    fit = session.fits[1].fit
    assert len(frames) >= 1
    assert all(frame["loglik"] == fit.history[frame["number"]].loglik for frame in frames)
    table = session.table_of(("width", "height"))
    seen = []
    mixtura.fit(
        table,
        3,
        start="k-means++",
        em=mixtura.EM(accelerate=False),
        on_iteration=lambda each: seen.append(each.mixture),
    )
    for frame in frames:
        shown = posterior_of(parameters_of(frame), np.asarray(table.rows), 3)
        np.testing.assert_allclose(shown, seen[frame["number"]].posterior(table), atol=2e-4)
    done = messages[-1]
    assert done["fit"] == {
        **done["fit"],
        "number": 1,
        "n_components": 3,
        "bic": fit.bic,
        "columns": ["width", "height"],
    }
    assert "Converged." in done["summary"]
    assert done["page"]["frames"]["recorded"] == len(fit.history)


def test_a_paced_fit_sends_every_iteration(client, monkeypatch):
    monkeypatch.setattr(watch, "MOST_FRAMES_PER_SECOND", 400.0)
    numbers = [each["number"] for each in client.fit(rate=60) if each["type"] == "frame"]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 5


def test_each_start_begins_anew(client):
    messages = client.fit(n_init=3)
    assert [each["start"] for each in messages if each["type"] == "begin"] == [0, 1, 2]


def test_stop_keeps_the_best_so_far(client, session):
    with client.live() as socket:
        socket.send_json({"type": "fit", "columns": ["width", "height"], "n_components": 3, "rate": 3})
        while socket.receive_json()["type"] != "frame":
            pass
        socket.send_json({"type": "speed", "rate": 10})
        socket.send_json({"type": "fit", "columns": ["width"], "n_components": 1})
        messages = [socket.receive_json()]
        while messages[-1]["type"] != "error":
            messages.append(socket.receive_json())
        assert "a fit is running" in messages[-1]["message"]
        assert client.get("comparison?first=1&second=1").status_code == 400
        socket.send_json({"type": "stop"})
        while messages[-1]["type"] != "done":
            messages.append(socket.receive_json())
    assert "Interrupted: this is the best so far." in messages[-1]["summary"]
    assert session.fits[1].fit.outcome is mixtura.Outcome.INTERRUPTED


def test_a_closed_page_stops_its_fit(client, session):
    with client.live() as socket:
        socket.send_json({"type": "fit", "columns": ["width", "height"], "n_components": 3, "rate": 3})
        while socket.receive_json()["type"] != "frame":
            pass
        stopped = session.running["fit"]
    assert stopped.wait(10)


def test_stopped_before_there_is_anything(client, session, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "fit", interrupted)
    assert "nothing to keep" in client.fit()[-1]["message"]
    assert session.running == {}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"n_components": "many"}, "the number of components is 'many'; expected a whole number from 1 to 100"),
        ({"n_components": 0}, "expected a whole number from 1 to 100"),
        ({"n_components": 5, "most_components": 3}, "expected the smaller one first"),
        ({"columns": ["name"]}, "name: no column of numbers has this name; choose among width, height, <b>sum"),
        ({"columns": []}, "no column is chosen"),
        ({"columns": "width"}, "no column is chosen"),
        ({"model": "VXV"}, "the covariance model is 'VXV'; expected one of"),
        ({"start": ["kmeans"]}, "the start is"),
        ({"seed": -1}, "the seed is -1"),
        ({"seed": "000000000000999999999999"}, "expected a whole number from 0 to 4294967295"),
        ({"rate": "fast"}, "the speed is 'fast'"),
    ],
)
def test_errors_are_sentences(client, settings, text):
    messages = client.fit(**settings)
    assert messages[-1]["type"] == "error"
    assert text in messages[-1]["message"]


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "dance"}', "[" * 5000, " " * 200_000])
def test_messages_that_the_page_does_not_send(client, text):
    with client.live() as socket:
        socket.send_text(text)
        assert "reload the page" in socket.receive_json()["message"]


def test_an_error_of_ours_does_not_leave_the_page_waiting(client, monkeypatch, capsys):
    monkeypatch.setattr(watch, "fit", lambda *_, **__: 1 / 0)
    assert client.fit()[-1]["message"].startswith("ZeroDivisionError")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_log_likelihood_that_is_not_finite_is_sent_as_null(client, monkeypatch):
    own = watch.iteration_watcher

    def endless(*given):
        watcher = own(*given)
        return lambda iteration: watcher(replace(iteration, loglik=[-np.inf, np.nan][iteration.number % 2]))

    monkeypatch.setattr(watch, "iteration_watcher", endless)
    messages = client.fit()
    assert messages[-1]["type"] == "done"
    frames = [message for message in messages if message["type"] == "frame"]
    assert frames
    assert {frame["loglik"] for frame in frames} == {None}


def test_a_message_that_cannot_be_sent_is_told_of(client, monkeypatch, capsys):
    monkeypatch.setattr(live, "entry_view", lambda *_: {"page": object()})
    with client.live() as socket:
        assert "TypeError: Object of type object" in messages_of(socket)[-1]["message"]
        monkeypatch.undo()
        assert messages_of(socket)[-1]["type"] == "done"
    assert "TypeError" in capsys.readouterr().err


def test_more_columns_than_can_be_shown(client, monkeypatch):
    monkeypatch.setattr(watch, "MOST_COLUMNS", 1)
    assert "the page shows EM on at most 1" in client.fit()[-1]["message"]


def test_warnings_are_told(client):
    told = client.fit(columns=["width", "height", "<b>sum"], n_components=30)[-1]["warnings"]
    assert any("parameters for" in sentence for sentence in told), told


def test_a_selection(client, session):
    messages = client.fit(n_components=1, most_components=4, model="EEE")
    cells = [each for each in messages if each["type"] == "cell"]
    assert sorted(each["n_components"] for each in cells) == [1, 2, 3, 4]
    assert messages[-1]["fit"]["bic"] == min(each["bic"] for each in cells)
    assert session.fits[1].selection.best is session.fits[1].fit
    assert "section" in client.get("fits/1/report.html").text


def test_a_selection_over_all_models_can_be_stopped(client):
    with client.live() as socket:
        socket.send_json({"type": "fit", "columns": ["width", "height"], "n_components": 1, "model": "all"})
        assert socket.receive_json()["type"] == "cell"
        socket.send_json({"type": "stop"})
        last = {"type": ""}
        while last["type"] not in ("done", "error"):
            last = socket.receive_json()
    assert last["type"] == "done"


def test_files_of_a_fit(client, session, csv):
    client.fit()
    fit = session.fits[1].fit
    model = mixtura.Fit.from_json(client.get("fits/1/model.json").text)
    assert model.bic == fit.bic
    labels = pl.read_csv(client.get("fits/1/labels.csv").content)
    assert labels.columns[:4] == pl.read_csv(csv).columns
    assert labels["label"].to_list() == fit.predict(session.fits[1].table).tolist()
    report = client.get("fits/1/report.html")
    assert "plants.csv" in report.text
    assert "content-security-policy" not in report.headers  # the report has its own
    opened = plt.get_fignums()
    assert client.get("fits/1/picture.png").content.startswith(b"\x89PNG")
    assert plt.get_fignums() == opened  # pyplot would keep the figure, and belongs to the main thread
    assert client.get("fits/1/other.txt").status_code == 404
    assert client.get("fits/1/view").json()["fit"]["number"] == 1
    answer = client.get("fits/7/model.json")
    assert (answer.status_code, answer.json()["message"]) == (400, "there is no fit 7; there are 1")


def test_a_comparison_has_the_numbers_of_compare(client, session):
    with client.live() as socket:
        messages_of(socket, n_components=2)
        messages_of(socket, n_components=3)
        messages_of(socket, n_components=2, columns=["width"])
    first, second = session.fits[1], session.fits[2]
    wanted = mixtura.compare(first.fit, second.fit, first.table)
    part = client.get("comparison?first=1&second=2").json()["part"]
    assert f"{wanted.adjusted_rand_index:.4f}" in part
    for one, held_out in zip(wanted.assessments, wanted.held_out, strict=True):
        for value, form in ((one.bic, ",.2f"), (one.icl, ",.2f"), (held_out, ".5f")):
            assert f"{value:{form}}".replace("-", "−") in part
    for count in wanted.counts.ravel():
        assert f">{count}<" in part
    assert "the fits have different columns" in client.get("comparison?first=1&second=3").json()["message"]
    assert "there is no fit x" in client.get("comparison?first=x&second=3").json()["message"]


def test_old_fits_are_dropped_with_a_notice(client, session):
    with client.live() as socket:
        dropped = [messages_of(socket, n_components=1)[-1]["dropped"] for _ in range(MOST_FITS + 1)]
    assert dropped == [[]] * MOST_FITS + [[1]]
    assert list(session.fits) == list(range(2, MOST_FITS + 2))


def test_weights_and_files_without_names(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("".join(f"{i % 7}.5,{i % 3 + 1}\n" for i in range(40)), encoding="utf-8")
    session = as_session(read_as(str(path), Reading(header=False), keep_cells=True), app_language("zh"), labelled_table)
    one = Client(session)
    with one.http:
        assert 'lang="zh"' in one.get("").text
        messages = one.fit(columns=list(session.columns[:1]), n_components=2)
        assert messages[-1]["type"] == "done", json.dumps(messages[-1])[:300]
        assert one.get("fits/1/labels.csv").status_code == 200


def test_a_fit_that_runs_is_stopped_when_the_server_ends(session):
    one, event = Client(session), threading.Event()
    with one.http:
        session.running["fit"] = event
    assert event.is_set()
