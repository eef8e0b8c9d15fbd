"""Writes all samples into a folder: `python -m tests.samples data`."""

import sys
from pathlib import Path

from tests.samples import make_sample
from tests.samples.maker import STORIES, written


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("Usage: python -m tests.samples FOLDER")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in STORIES:
        (folder / f"{name}.json").write_bytes(written(make_sample(name)))


if __name__ == "__main__":
    main(sys.argv[1:])
