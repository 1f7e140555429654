"""The addresses of the server, all of which begin with the token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mixtura._support import LazyModule, finite_values
from mixtura.app.downloads import FILES
from mixtura.app.guard import guarded_app
from mixtura.app.live import converse
from mixtura.app.pages import app_file, comparison_part, entry_view, main_page
from mixtura.app.session import Session
from mixtura.errors import MixturaError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

applications = LazyModule("starlette.applications")
concurrency = LazyModule("starlette.concurrency")
responses = LazyModule("starlette.responses")
routing = LazyModule("starlette.routing")

# The page runs its own module alone; attributes of style come from that module, which draws.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:*; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

STATIC = {"app.js": "text/javascript; charset=utf-8", "app.css": "text/css; charset=utf-8"}


def create_app(session: Session) -> Any:
    """The ASGI application of a session.

    Examples
    --------
    >>> import numpy as np
    >>> from starlette.testclient import TestClient
    >>> from mixtura.app import as_session
    >>> from mixtura.app.pages import app_language
    >>> from mixtura.data.tables import Table
    >>> table = Table(np.zeros((2, 1)), ("a",), None, "a.csv", np.arange(2), 2)
    >>> session = as_session(table, app_language("en"), lambda fit, table: "")
    >>> client = TestClient(create_app(session), base_url="http://127.0.0.1")
    >>> client.get("/").status_code, client.get(f"/{session.token}/").status_code
    (403, 200)
    """

    async def page(_: Request) -> Response:
        return responses.HTMLResponse(main_page(session), headers={"content-security-policy": POLICY})

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        return (
            responses.Response(app_file(name), media_type=STATIC[name])
            if name in STATIC
            else responses.Response(status_code=404)
        )

    async def file(request: Request) -> Response:
        media_type, make = FILES.get(request.path_params["name"], ("", None))
        if make is None:
            return responses.Response(status_code=404)
        return await _answer(lambda: make(session, session.find(request.path_params["number"])), media_type)

    async def view(request: Request) -> Response:
        def make() -> Any:
            with session.alone():
                return entry_view(session, session.find(request.path_params["number"]))

        return await _answer(make)

    async def comparison(request: Request) -> Response:
        pair = [request.query_params.get(name, "") for name in ("first", "second")]
        return await _answer(lambda: {"part": comparison_part(session, *map(session.find, pair))})

    async def live(socket: WebSocket) -> None:
        await converse(socket, session)

    root = f"/{session.token}"
    routes = [
        routing.Route(f"{root}/", page),
        routing.Route(f"{root}/static/{{name}}", static),
        routing.Route(f"{root}/fits/{{number}}/view", view),
        routing.Route(f"{root}/fits/{{number}}/{{name}}", file),
        routing.Route(f"{root}/comparison", comparison),
        routing.WebSocketRoute(f"{root}/live", live),
    ]
    return guarded_app(applications.Starlette(routes=routes, lifespan=_stopping(session)), session)


def _stopping(session: Session) -> Any:
    """A context of the server's life, at whose end a fit that is running is stopped."""

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        for event in list(session.running.values()):
            event.set()

    return life


async def _answer(make: Callable[[], Any], media_type: str | None = None) -> Response:
    """Make an answer in a thread; an error of the user is a sentence."""
    try:
        found = await concurrency.run_in_threadpool(make)
    except MixturaError as error:
        return responses.JSONResponse({"message": str(error)}, status_code=400)
    return (
        responses.JSONResponse(finite_values(found))
        if media_type is None
        else responses.Response(found, media_type=media_type)
    )
