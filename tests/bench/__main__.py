"""Run the benchmarks, and print their tables as Markdown."""

import sys

from tests.bench import startup


def main() -> None:
    """Run them all."""
    sys.stdout.write(startup.report())


if __name__ == "__main__":
    main()
