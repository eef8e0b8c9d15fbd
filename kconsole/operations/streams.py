"""Documents from files, devices and standard input, read with a limit."""

import sys
from pathlib import Path
from typing import Final

from kconsole.core.errors import BadInput

STANDARD_STREAM: Final = "-"
"""The name of standard input for reading, and of standard output for writing."""

LARGEST: Final = 256 * 1024 * 1024
"""Bytes. Nothing that kconsole reads is larger."""


def read_document(path: Path) -> tuple[bytes, str]:
    """The content of a file, or of standard input for `-`, and its name for an error.

    Raises:
        BadInput: it cannot be read, or is too large.
    """
    is_standard_input = str(path) == STANDARD_STREAM
    name = "standard input" if is_standard_input else str(path)
    try:
        if not is_standard_input:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
        elif sys.stdin is None:  # the caller closed it
            raise BadInput("standard-input-closed", "name-a-file")
        else:
            content = sys.stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        raise BadInput("cannot-read", "check-the-name", file=name, reason=error.strerror or str(error)) from error
    if len(content) > LARGEST:
        raise BadInput("document-too-large", file=name, megabytes=LARGEST // 1024**2)
    return content, name
