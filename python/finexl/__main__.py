"""The command: ``finexl`` on the path, or ``python -m finexl``."""

import sys

from ._finexl import command


def main() -> int:
    """Run the command with the arguments of this process; its exit code."""
    return command(["finexl", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
