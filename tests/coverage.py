"""Which lines of kconsole no test in this process has run, and whether they are too many.

slipcover measures, and writes a file. Its own report leaves out what the workers of pytest-xdist measured once it has
been asked for a limit, so the limit is looked at here. Programs that tests start are not measured.
"""

import json
import sys
from pathlib import Path
from typing import Final

LEAST: Final = 90.0
"""Percent of all lines."""


def main(path: str) -> int:
    """Print the files with their missing lines, worst first, and return 1 if less than `LEAST` percent were run."""
    measured = json.loads(Path(path).read_text())
    files = {name: file for name, file in measured["files"].items() if file["missing_lines"]}
    for name, file in sorted(files.items(), key=lambda item: item[1]["summary"]["percent_covered"]):
        lines = ", ".join(map(str, file["missing_lines"]))
        print(f"{file['summary']['percent_covered']:5.1f} %  {name}  {lines if len(lines) < 80 else lines[:79] + '…'}")  # noqa: T201
    total = measured["summary"]["percent_covered"]
    print(f"{total:5.1f} %  of all lines; at least {LEAST:g} % are asked for")  # noqa: T201
    return int(total < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
