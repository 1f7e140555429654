"""The command `mixtura app`: its address, its end, and what it says where something is missing."""

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
import uvicorn

from mixtura.app import server
from mixtura.cli import main, serve


def test_ctrl_c_ends_the_server_cleanly(csv):
    command = [sys.executable, "-m", "mixtura.cli", "app", str(csv), "--no-open"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = running.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address) as answer:
        assert b"plants.csv" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(address.rsplit("/", 2)[0] + "/")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 0, err
    assert out == ""
    assert [line for line in err.splitlines() if not line.startswith("note:")] == [
        "Ctrl-C ends the server.",
        "The server has ended.",
    ]


@pytest.fixture
def interrupted_server(monkeypatch):
    """A server that Ctrl-C ends as soon as it has begun; the addresses that a browser was asked to open."""
    opened = []
    monkeypatch.setattr(server.webbrowser, "open", opened.append)

    def run(self, sockets):
        assert sockets[0].getsockname()[0] == "127.0.0.1"
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", run)
    return opened


def test_a_browser_opens_the_address(csv, interrupted_server, capsys):
    assert main(["app", str(csv), "--columns", "width,height", "--lang", "zh"]) == 0
    assert interrupted_server == [capsys.readouterr().out.strip()]
    assert main(["app", str(csv), "--no-open"]) == 0
    assert len(interrupted_server) == 1


def test_two_servers_have_two_tokens(csv, interrupted_server, capsys):
    main(["app", str(csv)])
    main(["app", str(csv)])
    tokens = {address.split("/")[3] for address in interrupted_server}
    assert len(tokens) == 2
    assert all(len(token) >= 32 for token in tokens)


def test_errors_of_the_command(csv, interrupted_server, capsys, monkeypatch):
    with server.bound_socket(0) as taken:
        port = taken.getsockname()[1]
        assert main(["app", str(csv), "--port", str(port)]) == 2
    assert f"port {port} cannot be used" in capsys.readouterr().err
    assert main(["app", str(csv), "--port", "99999"]) == 2
    assert main(["app", str(csv), "--lang", "fr"]) == 2
    assert "--lang is 'fr'" in capsys.readouterr().err
    monkeypatch.setattr(serve, "APP_PACKAGES", ("no_such_package",))
    assert main(["app", str(csv)]) == 2
    assert "or Mixtura with its extra app" in capsys.readouterr().err


def test_the_server_answers_while_a_thread_runs_it(make_session):
    """`run_server` outside the main thread, which has no signals."""
    told, ready = [], threading.Event()

    def tell(address):
        told.append(address)
        ready.set()

    thread = threading.Thread(
        target=server.run_server, args=(make_session(), 0), kwargs={"tell": tell, "opens": False}, daemon=True
    )
    thread.start()
    assert ready.wait(10)
    with urllib.request.urlopen(told[0]) as answer:
        assert answer.status == 200
    assert os.getpid() > 0
