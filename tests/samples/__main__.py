"""Writes all samples into a folder: `python -m tests.samples data`."""

import sys
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kconsole.operations.sample_past import Past
from kconsole.operations.samples import AS_OF
from tests.samples import make_sample
from tests.samples.maker import STORIES, written
from tests.samples.past import make_past


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("Usage: python -m tests.samples FOLDER")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in STORIES:
        (folder / f"{name}.json").write_bytes(written(make_sample(name)))
    (folder / "office.past.json").write_bytes(_written(make_past(make_sample("office"), AS_OF)))


def _written(past: Past) -> bytes:
    """A past as JSON, one line of the log a line."""
    head, lines = msgspec.json.encode(replace(past, lines=())), map(msgspec.json.encode, past.lines)
    return head.removesuffix(b"]}") + b"\n" + b",\n".join(lines) + b"\n]}\n"


if __name__ == "__main__":
    main(sys.argv[1:])
