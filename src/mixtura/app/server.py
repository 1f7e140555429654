"""Run the server on this computer until Ctrl-C."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable
from typing import Any

from mixtura._support import LazyModule
from mixtura.app.routes import create_app
from mixtura.app.session import Session
from mixtura.errors import ParameterError

uvicorn = LazyModule("uvicorn")

HOST = "127.0.0.1"

# Seconds that open connections have when the server ends.
PATIENCE = 2


def bound_socket(port: int) -> socket.socket:
    """A socket of this computer alone, at a port, or at any free one for 0.

    Raises
    ------
    ParameterError
        If the port is taken or is not allowed.

    Examples
    --------
    >>> with bound_socket(0) as bound:
    ...     bound.getsockname()[0]
    '127.0.0.1'
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        bound.listen()  # from now on connections wait until the server answers
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ParameterError(f"port {port} cannot be used ({reason}); give another one, or 0 for any") from None
    return bound


def run_server(session: Session, port: int, *, tell: Callable[[str], Any], opens: bool) -> None:
    """Serve until Ctrl-C; ``tell`` is given the address, and a browser opens it if ``opens``."""
    with bound_socket(port) as bound:
        address = f"http://{HOST}:{bound.getsockname()[1]}/{session.token}/"
        config = uvicorn.Config(
            create_app(session),
            log_level="warning",
            access_log=False,  # addresses hold the token
            server_header=False,
            ws="websockets-sansio",
            timeout_graceful_shutdown=PATIENCE,
        )
        server = uvicorn.Server(config)
        tell(address)
        if opens:
            webbrowser.open(address)
        try:
            server.run([bound])
        except KeyboardInterrupt:  # uvicorn raises it again, after it has ended all connections
            return
