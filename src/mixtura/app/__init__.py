"""The page of ``mixtura app``: fit a table, watch EM at work, compare fits, and take the results along.

A server on this computer alone holds the table and the fits in memory; the page's module is built from the folder
``frontend`` of the repository by ``make bundle``. A new kind of message from page to server is a branch in `live.py`, a
new file to download an entry of ``FILES`` in `downloads.py`.
"""

from __future__ import annotations

from mixtura.app.pages import app_language
from mixtura.app.routes import create_app
from mixtura.app.server import run_server
from mixtura.app.session import Session, as_session

__all__ = ["Session", "app_language", "as_session", "create_app", "run_server"]
