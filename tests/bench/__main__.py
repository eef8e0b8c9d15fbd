"""Run the benchmarks, and print their tables as Markdown."""

import sys

from tests.bench import startup, store


def main() -> None:
    """Run them all."""
    sys.stdout.write(startup.report())
    sys.stdout.write("\n" + store.report())


if __name__ == "__main__":
    main()
