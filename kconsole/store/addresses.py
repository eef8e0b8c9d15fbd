"""Where stores are: addresses as `file:DIR`, and the engines that keep them."""

import os
from pathlib import Path
from typing import Final

from kconsole.store.file_engine.engine import FileEngine

SCHEME: Final = "file:"

Address = str | os.PathLike[str]
"""`file:DIR`, or a path alone."""


def folder_of(address: Address) -> Path:
    """The folder that an address names."""
    return Path(os.fspath(address).removeprefix(SCHEME))


def engine_at(address: Address, read_only: bool = False) -> FileEngine:
    """The engine of the store at an address, not yet opened."""
    return FileEngine(folder_of(address), read_only)
