"""`kconsole` and `python -m kconsole`."""

import sys


def main() -> None:
    """Run the command line, and exit with its code."""
    from kconsole.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
