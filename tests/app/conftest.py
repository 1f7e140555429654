"""Sessions of the app, clients of its protocol, and a running server in a real browser."""

import asyncio
import threading

import numpy as np
import pytest
import uvicorn
from app_client import Client

from mixtura.app import app_language, as_session, create_app
from mixtura.app.server import bound_socket
from mixtura.cli.serve import labelled_table
from mixtura.data.tables import Reading, read_as


@pytest.fixture(scope="session")
def csv(tmp_path_factory):
    """A file with three clusters in two columns of numbers, a column of names, and one with a hostile name."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(m, s, (50, 2)) for m, s in (((0, 0), 1), ((4, 1), 0.7), ((1, 5), 1.2))])
    lines = [f"{x:.4f},{y:.4f},plant {i},{x + y:.3f}" for i, (x, y) in enumerate(rows)]
    path = tmp_path_factory.mktemp("app") / "plants.csv"
    path.write_text("\n".join(["width,height,name,<b>sum", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def make_session(csv):
    """Make a session in a language."""
    return lambda lang="en": as_session(
        read_as(str(csv), Reading(), keep_cells=True), app_language(lang), labelled_table
    )


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def client(session):
    one = Client(session)
    with one.http:
        yield one


@pytest.fixture
def serve():
    """Run the server of a session in a thread; the address is returned."""
    running = []

    def start(session):
        bound = bound_socket(0)
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(session), log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])))
        thread.start()
        running.append((server, thread, bound))
        return f"http://127.0.0.1:{bound.getsockname()[1]}/{session.token}/"

    yield start
    for server, thread, bound in running:
        server.should_exit = True
        thread.join(20)
        bound.close()
        assert not thread.is_alive()


@pytest.fixture
def visit(browser, serve, make_session):
    """Open the page of a new session; at the end, nothing may have gone wrong in it."""
    opened = []

    def open_page(lang="en", **options):
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 950}, **options})
        page, session = context.new_page(), make_session(lang)
        page.set_default_timeout(20_000)
        troubles = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(serve(session))
        page.wait_for_selector("html.ready")
        opened.append((context, troubles))
        return page, session

    yield open_page
    for context, troubles in opened:
        assert troubles == []
        context.close()
