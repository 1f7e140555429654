"""The WebSocket of the page: it is asked for fits, tells of their iterations, and is told to stop."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mixtura._support import LazyModule, finite_values
from mixtura.app.pages import entry_view
from mixtura.app.session import Session
from mixtura.app.settings import parse_settings
from mixtura.app.watch import Control, Outlet, run_fit
from mixtura.errors import MixturaError, ParameterError

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

websockets = LazyModule("starlette.websockets")

# Longest message from the page, in characters.
LONGEST_MESSAGE = 100_000


async def converse(socket: WebSocket, session: Session) -> None:
    """Answer the messages of one page until it is closed; a fit that is running then is stopped."""
    await socket.accept()
    outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    sender = asyncio.create_task(_send_all(socket, outbox))
    control, tasks = Control(), set[asyncio.Task[None]]()

    def send(message: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(outbox.put_nowait, message)

    try:
        while True:
            message = await _receive(socket)
            try:
                control = _obey(message, session, control, send, tasks)
            except MixturaError as error:
                send({"type": "error", "message": str(error)})
    except (websockets.WebSocketDisconnect, asyncio.CancelledError):
        pass
    finally:
        control.stopped.set()
        sender.cancel()


async def _receive(socket: WebSocket) -> dict[str, Any]:
    """The next message of the page; an empty one if it is not what the page sends."""
    text = await socket.receive_text()
    try:
        message = json.loads(text) if len(text) <= LONGEST_MESSAGE else {}
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


async def _send_all(socket: WebSocket, outbox: asyncio.Queue[dict[str, Any]]) -> None:
    """Send the messages in the outbox as they come."""
    while True:
        await socket.send_text(_as_text(await outbox.get()))


def _as_text(message: dict[str, Any]) -> str:
    """A message as JSON, with null for numbers that are not finite; one that cannot be sent is told of as an error."""
    try:
        return json.dumps(finite_values(message), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        traceback.print_exc()
        return json.dumps({"type": "error", "message": f"{type(error).__name__}: {error}"})


def _obey(
    message: dict[str, Any], session: Session, control: Control, send: Outlet, tasks: set[asyncio.Task[None]]
) -> Control:
    """Do what a message says; return the control of the fit that is running now."""
    actions: dict[str, Callable[[], Control]] = {
        "fit": lambda: _begin(message, session, control, send, tasks),
        "stop": lambda: _stop(control),
        "speed": lambda: _change_pace(control, message),
    }
    action = actions.get(str(message.get("type")))
    if action is None:
        raise ParameterError(f"a message of the page has the type {message.get('type')!r}; reload the page")
    return action()


def _begin(
    message: dict[str, Any], session: Session, control: Control, send: Outlet, tasks: set[asyncio.Task[None]]
) -> Control:
    """Begin a fit in a thread of its own."""
    settings = parse_settings(message, session.columns)
    new = Control(pace=dict(control.pace))
    if "rate" in message:
        new.set_rate(message["rate"])
    session.claim(new.stopped)

    def work() -> None:
        try:
            with session.claimed():
                entry, told = run_fit(session, settings, new, send)
                view = entry_view(session, entry)
            send({"type": "done", **view, "warnings": told, "dropped": session.drop_oldest()})
        except MixturaError as error:
            send({"type": "error", "message": str(error)})
        except Exception as error:  # noqa: BLE001 whatever it is, the page must not wait for ever
            traceback.print_exc()
            send({"type": "error", "message": f"{type(error).__name__}: {error}"})

    tasks.add(asyncio.create_task(asyncio.to_thread(work)))
    return new


def _stop(control: Control) -> Control:
    """Stop the fit that is running."""
    control.stopped.set()
    return control


def _change_pace(control: Control, message: dict[str, Any]) -> Control:
    """Change the pace of this fit and of those to come."""
    control.set_rate(message.get("rate"))
    return control
