"""Results as lines of JSON, one for each thing measured; a later line replaces an earlier one of the same name."""

import datetime as dt
import json
import sys
from pathlib import Path


def load(path: Path) -> dict[tuple[str, str, str], dict]:
    """(part, problem, rival) -> the newest record."""
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {(line["part"], line["problem"], line["rival"]): line for line in lines}


def done(record: dict | None) -> bool:
    """Nothing is gained by measuring again; a rival that was absent may be there now."""
    return record is not None and ("absent" not in record or record.get("slow", False))


def append(path: Path, part: str, problem: str, rival: str, found: dict) -> dict:
    """Store one result with the date and the command."""
    moment = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M")
    record = {"part": part, "problem": problem, "rival": rival, **found, "date": moment, "command": command()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    return record


def command() -> str:
    """How this was called, but for where the results go."""
    before = ["", *sys.argv[1:]]
    files = ("--results", "--page")
    words = [word for last, word in zip(before, sys.argv[1:], strict=False) if word not in files and last not in files]
    return " ".join(["bench/" + Path(sys.argv[0]).name, *(f'"{word}"' if " " in word else word for word in words)])
