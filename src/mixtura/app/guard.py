"""Who may ask: requests that know the token, for this computer's own address, from the page itself."""

from __future__ import annotations

import secrets
from typing import Any

from mixtura.app.session import Session

# Names of this computer; a page of another site that makes its name point here has another one.
HOSTS = ("127.0.0.1", "localhost")

# Close code of WebSocket connections that break the rules.
POLICY_VIOLATION = 1008

HEADERS = [
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


def refusal(scope: Any, token: str) -> str | None:
    """Why a request is refused, or None.

    Examples
    --------
    >>> scope = {"path": "/right/live", "headers": [(b"host", b"127.0.0.1:8000")]}
    >>> refusal(scope, "right"), refusal(scope, "other")
    (None, 'this address is not complete: open the one that the terminal shows')
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "")
    if host.rpartition(":")[0] not in HOSTS and host not in HOSTS:
        return "this server answers to its own address alone: 127.0.0.1"
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return "this server answers to its own page alone"
    given = scope["path"].split("/")[1] if "/" in scope["path"] else ""
    if not secrets.compare_digest(given.encode(), token.encode()):
        return "this address is not complete: open the one that the terminal shows"
    return None


def guarded_app(inner: Any, session: Session) -> Any:
    """An ASGI application that refuses what `refusal` refuses, and adds headers to all answers of the other one."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await inner(scope, receive, send)
            return

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        why = refusal(scope, session.token)
        if why is None:
            await inner(scope, receive, send_with_headers)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": why})
        else:
            text = [(b"content-type", b"text/plain; charset=utf-8")]
            await send_with_headers({"type": "http.response.start", "status": 403, "headers": text})
            await send({"type": "http.response.body", "body": f"{why}\n".encode()})

    return answer
