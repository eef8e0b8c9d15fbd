"""Where stores are: addresses as `file:DIR`, and the engines that keep them."""

import os
from pathlib import Path
from typing import Final

from kconsole.store.errors import unreadable
from kconsole.store.file_engine.engine import FileEngine

SCHEME: Final = "file:"

Address = str | os.PathLike[str]
"""`file:DIR`, or a path alone."""


def folder_of(address: Address) -> Path:
    """The folder that an address names."""
    return Path(os.fspath(address).removeprefix(SCHEME))


def engine_at(address: Address, read_only: bool = False) -> FileEngine:
    """The engine of the store at an address, not yet opened.

    Raises:
        StoreUnusable: there is no such place.
    """
    folder = folder_of(address)
    try:
        return FileEngine(folder, read_only)
    except OSError as error:  # a name that is too long, for example
        raise unreadable(str(folder), error) from error
