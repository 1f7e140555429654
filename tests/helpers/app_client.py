"""A client of the app's protocol."""

import base64

import numpy as np
from starlette.testclient import TestClient

from mixtura.app import create_app

HOST = "http://127.0.0.1:8000"


class Client:
    """A client that knows the token."""

    def __init__(self, session):
        self.session, self.root = session, f"/{session.token}"
        self.http = TestClient(create_app(session), base_url=HOST)

    def get(self, path):
        return self.http.get(f"{self.root}/{path}")

    def live(self):
        return self.http.websocket_connect(f"ws://127.0.0.1:8000{self.root}/live", headers={"origin": HOST})

    def fit(self, **settings):
        """All messages of one fit."""
        with self.live() as socket:
            return messages_of(socket, **settings)


def messages_of(socket, **settings):
    """Ask for a fit, and collect the messages up to its end."""
    socket.send_json({"type": "fit", "columns": ["width", "height"], "n_components": 3, "rate": 0, **settings})
    found = [socket.receive_json()]
    while found[-1]["type"] not in ("done", "error"):
        found.append(socket.receive_json())
    return found


def parameters_of(frame):
    """The numbers of a frame."""
    return np.frombuffer(base64.b64decode(frame["data"]), dtype="<f4").astype(float)
