"""Documents from files, devices and standard input, read with a limit."""

import sys
from pathlib import Path
from typing import Final

from kconsole.core.errors import BadInput

STANDARD_STREAM: Final = "-"
"""The name of standard input where something is read, and of standard output where it is written."""

LARGEST: Final = 256 * 1024 * 1024
"""Bytes beyond which nothing that kconsole reads can be meant."""


def read_document(path: Path) -> tuple[bytes, str]:
    """The content of a file, or of standard input for `-`, and what to call it in an error.

    Raises:
        BadInput: it cannot be read, or there is no end to it.
    """
    name = "standard input" if str(path) == STANDARD_STREAM else str(path)
    try:
        if name != str(path):
            if sys.stdin is None:  # closed by whoever started this
                raise BadInput("Standard input is closed.", "Name a file, or pass the document through a pipe.")
            content = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror or error}.", "Check the name.") from error
    if len(content) > LARGEST:
        raise BadInput(f"{name} is too large: it has more than {LARGEST // 1024**2} MB.")
    return content, name
