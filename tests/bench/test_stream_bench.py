"""The benchmark of streams: a problem of it, within what is promised of them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import stream


def test_a_problem_and_the_table(monkeypatch, capsys):
    found = stream.measure(stream.PROBLEMS[2])
    assert abs(found["batch"] - found["stream"]) < 0.01
    monkeypatch.setattr(sys, "argv", ["stream.py", "--only", "3"])
    stream.main()
    head, line, row = capsys.readouterr().out.splitlines()
    assert head.count("|") == line.count("|") == row.count("|")
    assert len(stream.PROBLEMS) == 11
