"""Which files the words of a user may name: under a forced command, those of two folders only."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from kconsole.core.codes import message
from kconsole.core.errors import BadInput
from kconsole.store.file_engine.files import make_folder

INBOX: Final = "inbox"
"""The folder of files to read."""

EXPORTS: Final = "exports"
"""The folder of files to write."""

STANDARD_STREAM: Final = "-"
"""The name of standard input for reading, and of standard output for writing."""

_base: Path | None = None
"""The folder with both; None while every file may be named. One for the process: no door can be forgotten."""


def confine_files(base: Path | None) -> None:
    """Let users name files in `inbox/` and `exports/` of a folder only; None lets them name any file."""
    global _base
    _base = base


def is_confined() -> bool:
    """Whether users name files of the two folders only."""
    return _base is not None


def export_folder() -> str:
    """What proposed names of files to write begin with: the user's home, or the folder for them."""
    return "~/" if _base is None else f"{EXPORTS}/"


def import_folder() -> str:
    """What proposed names of files to read begin with."""
    return "~/" if _base is None else f"{INBOX}/"


def shown_path(path: Path) -> str:
    """A path as messages show it: one that users named, without the folders above that are none of their business."""
    if _base is not None and path.parent in (_base / INBOX, _base / EXPORTS):
        return f"{path.parent.name}/{path.name}"
    with suppress(RuntimeError, ValueError):  # no home folder, or it is elsewhere
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def named_file(path: Path, *, to_write: bool = False, is_folder: bool = False, is_stream: bool = True) -> Path:
    """The file that a user names; or the folder in which to write files.

    Args:
        path: as it was written.
        to_write: whether it is to be written.
        is_folder: whether it names the folder.
        is_stream: whether `-` is standard input or output, as on the command line.

    Raises:
        BadInput: files are confined, and this is none of the folder, or no plain file in it.
    """
    if _base is None or (is_stream and str(path) == STANDARD_STREAM):
        return path
    folder = EXPORTS if to_write else INBOX
    if is_folder:
        if path not in (Path(EXPORTS), _base / EXPORTS):
            raise BadInput("another-folder", message("name-the-folder", folder=EXPORTS), file=str(path))
        make_folder(_base / EXPORTS)
        return _base / EXPORTS
    if path.parent == _base / folder:  # it was checked before
        path = Path(folder, path.name)
    is_named = len(path.parts) == 2 and path.parts[0] == folder and path.name[0] not in ".-" and path.name.isprintable()
    place = _base / folder
    try:
        if is_named and to_write:
            make_folder(place)
        is_plain = is_named and stat.S_ISDIR(place.lstat().st_mode) and _is_plain(place / path.name, to_write)
    except OSError:
        is_plain = False
    if not is_plain:
        hint = message("name-a-file-in-folder", folder=folder)
        raise BadInput("outside-of-folder", hint, file=str(path), folder=folder)
    return place / path.name


def _is_plain(file: Path, to_write: bool) -> bool:
    """Whether it is a file, or one that can be made; a folder may be read. Never a link or a device."""
    if not os.path.lexists(file):
        return True
    mode = file.lstat().st_mode
    return stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not to_write)
