"""Run the program ``mixtura`` as ``python -m mixtura.cli``."""

import sys

from mixtura.cli import main

if __name__ == "__main__":
    sys.exit(main())
