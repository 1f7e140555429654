"""Files are written whole or not at all, and lose neither their mode nor their privacy."""

import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mixtura._support import atomic_write, files, write_text


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("given", [0o600, 0o640, 0o664, 0o444])
def test_a_replaced_file_keeps_its_mode(given, tmp_path, umask):
    path = tmp_path / "m.json"
    path.touch()
    path.chmod(given)
    with atomic_write(str(path)) as temporary:
        temporary.write_text("private")
        assert mode(temporary) == 0o600
    assert (mode(path), path.read_text()) == (given, "private")


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path, umask):
    write_text(str(tmp_path / "m.json"), "new")
    assert mode(tmp_path / "m.json") == 0o644


def test_a_replaced_file_keeps_its_owner(tmp_path, monkeypatch):
    path, given = tmp_path / "m.json", []
    path.touch()
    monkeypatch.setattr(os, "chown", lambda *owner: given.append(owner))
    write_text(str(path), "new")
    assert [owner[1:] for owner in given] == [(path.stat().st_uid, path.stat().st_gid)]

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    path.write_text("old")
    number = path.stat().st_ino
    write_text(str(path), "newer")
    assert (path.stat().st_ino, path.read_text(), names(tmp_path)) == (number, "newer", {"m.json"})


def test_temporary_files_are_new_and_cannot_be_guessed(tmp_path, monkeypatch):
    found = set()
    for _ in range(3):
        with atomic_write(str(tmp_path / "m.json")) as temporary:
            found.add(temporary.name)
            assert files.TEMPORARY_NAME.fullmatch(temporary.name)
    assert len(found) == 3
    monkeypatch.setattr(files.secrets, "token_hex", lambda n: "0" * 2 * n)
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    (tmp_path / f".mixtura-{'0' * 32}.json").symlink_to(victim)
    with pytest.raises(FileExistsError):
        write_text(str(tmp_path / "new.json"), "model")
    assert victim.read_text() == "precious"


def test_a_loop_of_links_is_an_error_of_the_system(tmp_path):
    loop = tmp_path / "l.json"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"):
        write_text(str(loop), "text")
    assert loop.is_symlink()


KILLED = """
import os, signal, sys
from mixtura._support import atomic_write
with atomic_write(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_swept_at_the_next_write(tmp_path):
    path = tmp_path / "m.json"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    (left,) = names(tmp_path)
    assert files.TEMPORARY_NAME.fullmatch(left)
    others = [".mixtura-notes", ".mixtura-" + "0" * 31 + ".json", ".mixtura-" + "g" * 32]
    for name in others:
        (tmp_path / name).write_text("mine")
    (tmp_path / (".mixtura-" + "a" * 32)).symlink_to(tmp_path / others[0])
    os.mkfifo(tmp_path / (".mixtura-" + "b" * 32))
    write_text(str(path), "whole")
    kept = {"m.json", *others, ".mixtura-" + "a" * 32, ".mixtura-" + "b" * 32}
    assert names(tmp_path) == kept


def test_what_another_process_is_writing_is_not_swept(tmp_path):
    with atomic_write(str(tmp_path / "a.json")) as temporary:
        temporary.write_text("half")
        write_text(str(tmp_path / "b.json"), "whole")
        assert temporary.exists()
    empty = tmp_path / (".mixtura-" + "0" * 32)  # so new that it is not locked yet
    empty.touch()
    write_text(str(tmp_path / "b.json"), "whole")
    assert empty.exists()
    os.utime(empty, (0, 0))
    write_text(str(tmp_path / "b.json"), "whole")
    assert not empty.exists()


def test_without_locks_nothing_is_swept(tmp_path, monkeypatch):
    left = tmp_path / (".mixtura-" + "0" * 32)
    left.write_text("half")

    def no_locks(*_):
        raise OSError

    monkeypatch.setattr(fcntl, "flock", no_locks)
    write_text(str(tmp_path / "a.json"), "whole")
    assert left.exists()
    assert Path(tmp_path / "a.json").read_text() == "whole"
