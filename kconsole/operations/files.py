"""Files of the user, devices and standard input: read with a limit, and written only outside of the store."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from kconsole.core.errors import BadInput, ConsoleError, FileRefused, reason_of
from kconsole.operations.confinement import STANDARD_STREAM as STANDARD_STREAM
from kconsole.operations.confinement import export_folder, named_file
from kconsole.store.file_engine.files import check_owner, placed

LARGEST: Final = 256 * 1024 * 1024  # bytes; nothing that kconsole reads is larger
LARGEST_OWN: Final = 1024 * 1024  # bytes; a larger file is not one of the user's own files


_STANDARD: Final = {"/dev/stdout": "1", "/dev/stderr": "2"}


class AlreadyThere(BadInput):
    """The file exists, and must not be replaced."""


def path_of(variable: str, default: Path | None) -> Path | None:
    """The path in an environment variable, or the default if the variable is not set; None if there is neither.

    A leading `~` is a home folder: no shell expands it in a variable that was not set by one.
    """
    named = os.environ.get(variable, "")
    if not named.strip():
        return default
    try:
        return Path(named).expanduser()
    except RuntimeError:  # an unknown user: then it is a name like any other
        return Path(named)


def whole_path(name: str) -> Path:
    """The absolute path of a file to read that the user names; a `~` is a home folder.

    Raises:
        BadInput: there is no such home folder, the working folder is gone, or the user may not name this file.
    """
    try:
        return named_file(Path(name), is_stream=False).expanduser().absolute()
    except (RuntimeError, OSError) as error:
        code = "no-such-home-folder" if isinstance(error, RuntimeError) else "working-folder-gone"
        raise BadInput(code, "write-the-whole-path") from None


def read_small(path: Path) -> bytes | None:
    """The content of a file of the user; None if it does not exist. The null device is an empty file.

    Raises:
        OSError: it cannot be read, is not a file, or is too large.
    """
    try:
        with open_file(path) as file:
            content = file.read(LARGEST_OWN + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(content) > LARGEST_OWN:
        raise FileRefused("too-large")
    return content


def open_file(path: Path, *, follows: bool = True) -> BinaryIO:
    """Open a file for reading, or the one that a link leads to. Never blocks: a pipe without a writer is refused.

    Raises:
        OSError: it does not exist, cannot be read, or is not a file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follows else os.O_NOFOLLOW))
    except ValueError as error:  # a zero byte in its name
        raise OSError(str(error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode) and str(path) != os.devnull:
        os.close(descriptor)
        raise FileRefused("not-a-file")
    return os.fdopen(descriptor, "rb")


def read_document(path: Path, largest: int = LARGEST, *, only_files: bool = False) -> tuple[bytes, str]:
    """The content of a file, or of standard input for `-`, and its name for an error.

    On request only a file is read: opening a pipe would wait for what writes it.

    Raises:
        BadInput: it cannot be read, or is too large.
    """
    path = named_file(path)
    is_standard_input = str(path) == STANDARD_STREAM
    name = "standard input" if is_standard_input else str(path)
    try:
        if not is_standard_input:
            with open_file(path) if only_files else path.open("rb") as file:
                content = file.read(largest + 1)
        elif sys.stdin is None:  # the caller closed it
            raise BadInput("standard-input-closed", "name-a-file")
        else:
            content = sys.stdin.buffer.read(largest + 1)
    except OSError as error:
        raise BadInput("cannot-read", "check-the-name", file=name, reason=reason_of(error)) from error
    if len(content) > largest:
        raise BadInput("document-too-large", file=name, megabytes=largest // 1024**2)
    return content, name


def write_document(path: Path, document: bytes, store: Path, mode: int | None = None) -> None:
    """Write a document to a file or a stream; see `writing`. A mode is given to a file only."""
    with writing(path, store) as file:
        if mode is not None and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            os.fchmod(file.fileno(), mode)
        file.write(document)


@contextmanager
def writing(path: Path, store: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Open a file that the user names for something from a store, or a device or pipe that has its name.

    A new file is for its owner only. One that is replaced keeps its owner, group and mode; one of another user is
    refused, as are another's pipes and links: what is written would be theirs.

    Raises:
        AlreadyThere: the file exists, and must not be replaced.
        BadInput: it cannot be written, or is in the store's folder. A file that was there is as it was.
        ConsoleError: it is a device or pipe, which took a part at most.
    """
    path = named_file(path, to_write=True)
    check_not_of_store(path, store)
    stream = None
    try:
        if (stream := _stream_at(path, store)) is not None:
            with os.fdopen(stream, "wb") as pipe:
                yield pipe
            return
        with placed(path, replace=replace, store=store) as descriptor, open(descriptor, "wb", closefd=False) as file:
            yield file
    except FileExistsError:
        raise AlreadyThere("file-exists", "choose-another-or-replace", file=str(path)) from None
    except (OSError, ValueError) as error:
        if stream is not None:  # the name is right; it ends as a broken standard output does
            raise ConsoleError("cannot-write", file=str(path), reason=reason_of(error)) from error
        raise BadInput("cannot-write", "choose-another-file", file=str(path), reason=reason_of(error)) from error


def free_name(name: str, end: str) -> str:
    """A name that no file has: the name with this end, or with a number before it, in the folder for such files."""
    for number in range(1, 100):
        free = f"{export_folder()}{name}{f'-{number}' if number > 1 else ''}{end}"
        if not os.path.lexists(os.path.expanduser(free)):  # noqa: PTH111  # of a home that is not known it makes none
            break
    return free


def save_listing(name: str, pieces: Iterable[str], store: Path, *, replace: bool = False) -> Path:
    """Save the pieces of a text in a file that only its owner may read, and return the file. A `~` is the user's home.

    Raises:
        AlreadyThere: the file exists, and must not be replaced.
        BadInput: it cannot be written there.
    """
    if not name.strip():
        raise BadInput("file-needs-name")
    try:
        path = named_file(Path(name.strip()), to_write=True).expanduser()
        if path.name.startswith("-"):  # `-` itself is no standard output here
            raise BadInput("name-like-an-option", "choose-another-name", file=path.name)
        if path.exists() and not path.is_file():
            raise BadInput("path-not-a-file", "choose-another-name", file=str(path))
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput("cannot-write", "choose-another-name", file=name, reason=reason_of(error)) from error
    with writing(path, store, replace=replace) as file:
        for piece in pieces:
            file.write(piece.encode(errors="replace"))
    return path


def check_not_of_store(path: Path, store: Path) -> None:
    """Refuse a file to be written in the store's own folder, or below it.

    Raises:
        BadInput: it is there.
    """
    if not path.name:
        raise BadInput("path-not-a-file", "choose-another-name", file=str(path))
    folder = os.path.realpath(store)  # unlike `Path.resolve` it takes links that lead in a circle
    if any(Path(os.path.realpath(each)).is_relative_to(folder) for each in (path, path.absolute().parent)):
        raise BadInput("in-store-folder", "choose-a-file-elsewhere", file=str(path))


def _stream_at(path: Path, store: Path) -> int | None:
    """Open the device or pipe that has this name, which a file must not replace; None if there is none.

    `/dev/stdout`, and what a shell passes for `>(...)`, name open files of this process, whoever owns those.
    """
    absolute = path.absolute()
    is_own = os.path.realpath(absolute.parent) == f"/proc/{os.getpid()}/fd"
    if number := absolute.name if is_own else _STANDARD.get(str(absolute), ""):
        return os.dup(int(number))
    try:
        named, status = path.lstat(), path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        return None
    is_link = stat.S_ISLNK(named.st_mode)
    for each in (named, status):
        if each.st_uid != 0 and (stat.S_ISLNK(each.st_mode) or stat.S_ISFIFO(each.st_mode)):
            check_owner(each, store)
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | (0 if is_link else os.O_NOFOLLOW))
    if not os.path.samestat(status, os.fstat(descriptor)):
        os.close(descriptor)
        raise FileRefused("not-a-file")
    return descriptor
