"""Finds the lines of keys in a TOML file, which Python's reader does not say."""

import tomllib
from typing import Any, Final

KeyPath = tuple[str, ...]

_LONGEST: Final = 100  # lines of one value; beyond, no more lines are looked for


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line of each table and key in a document that Python can read, by its path; the first one being 1.

    Each statement is read by itself, below the heading of its table: no line of a text is taken for a key.
    """
    found: dict[KeyPath, int] = {}
    heading, pending = "", list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        pending.append(line)
        begin = number - len(pending) + 1
        is_heading = len(pending) == 1 and line.lstrip().startswith("[")
        try:
            read = tomllib.loads("\n".join([line] if is_heading else [heading, *pending]))
        except tomllib.TOMLDecodeError:  # a value that goes on
            if len(pending) > _LONGEST:
                break
            continue
        heading = line if is_heading else heading
        pending.clear()
        _take(read, (), begin, found)
    return found


def _take(value: Any, path: KeyPath, line: int, found: dict[KeyPath, int]) -> None:
    if path:
        found.setdefault(path, line)
    if isinstance(value, dict):
        for name, each in value.items():
            _take(each, (*path, name), line, found)
