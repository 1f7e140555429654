"""Write cli.md from the program's own help: ``python docs/cli_reference.py``; ``--check`` only says if it is stale."""

import sys
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from mixtura.cli.app import app

PAGE = Path(__file__).with_name("cli.md")

HEAD = """# The command line

<!-- written by docs/cli_reference.py with the Typer of constraints.txt; change the program's help instead -->

`pip install '.[cli]'`, in the root of a checkout, brings the program `mixtura`.

    mixtura fit data.csv -k 3 --output model.json --labels labels.csv --picture fit.png
    mixtura select data.csv -k 1:9 --output best.json --table table.csv --picture bic.png
    mixtura predict model.json new.csv
    mixtura sample model.json -n 1000 --seed 0 | mixtura score model.json -

Results go to standard output; progress, notes, warnings and errors to standard error, one line each. In a table of
rows, `row` counts the file's rows from 1, without the header, as error messages do.

| Exit code | Meaning |
|---|---|
| 0 | done; where a fit ran out of steps, or Ctrl-C ended it and the best so far was kept, a warning says so |
| 2 | bad input, a missing package, or a file that cannot be read or written |
| 130 | Ctrl-C before there was anything to keep |
| 143 | SIGTERM, such as of `kill`; unfinished files are removed; `stream` writes its file and ends with 0 |
"""


def helped(*command: str) -> str:
    """What the program prints for ``--help``, whatever terminal this runs in."""
    done = CliRunner().invoke(app, [*command, "--help"], prog_name="mixtura", terminal_width=100, color=False)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def page() -> str:
    """The whole page."""
    parts = [HEAD, f"```text\n{helped()}\n```\n"]
    parts += [f"## mixtura {command}\n\n```text\n{helped(command)}\n```\n" for command in get_command(app).commands]
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write or check the page."""
    new = page()
    if "--check" not in arguments:
        PAGE.write_text(new, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == new:
        return 0
    print("docs/cli.md is stale: run python docs/cli_reference.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
