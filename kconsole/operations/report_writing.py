"""Writes the files of a report into a folder: all of them, or none."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.errors import BadInput, FileRefused, reason_of
from kconsole.core.identity import canonical_domain
from kconsole.operations.files import AlreadyThere, check_not_of_store
from kconsole.store.file_engine.files import (
    NO_HARD_LINKS,
    PRIVATE_FILE,
    check_owner,
    make_folder,
    place_new,
    sync_folder,
)

_PLAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?", re.ASCII)
_OTHER: Final = re.compile(r"[^a-z0-9.-]+", re.ASCII)


class NewFile(NamedTuple):
    """A file to be written."""

    name: str
    pieces: Iterable[str]


def name_of_domain(domain: str) -> str:
    """A domain in the name of a file: as DNS has it; another gets a hash, by which it differs from all others."""
    name = canonical_domain(domain)
    if _PLAIN.fullmatch(name) and ".." not in name:
        return name
    digest = hashlib.sha256(domain.encode(errors="surrogatepass")).hexdigest()[:12]
    return f"{_OTHER.sub('_', name)[:60].strip('._-')}_{digest}"


def write_all(folder: Path, files: Iterable[NewFile], store: Path, replace: bool = False) -> list[Path]:
    """Write files for their owner only. Until all are on disk, none has its name; if one fails, all is as it was.

    Raises:
        AlreadyThere: one exists, and must not be replaced.
        BadInput: they cannot be written, or the folder is that of the store.
    """
    check_not_of_store(folder / "report", store)
    path, is_new = folder, not folder.exists()
    try:
        make_folder(folder)
        with _staged(folder) as staging:
            written: list[Path] = []
            for file in files:
                path = folder / file.name
                _check_free(path, store, replace)
                _write(staging / file.name, file.pieces)
                written.append(path)
            _place(staging, written)
        return written
    except FileExistsError:
        raise AlreadyThere("file-exists", "choose-another-folder-or-force", file=str(path)) from None
    except (OSError, ValueError) as problem:
        reason = reason_of(problem)
        raise BadInput("cannot-write", "choose-another-folder", file=str(path), reason=reason) from None
    finally:
        if is_new:
            with suppress(OSError):  # it is not empty, if all went well
                folder.rmdir()


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A folder of our own beside the files, gone at the end with all that is left in it."""
    staging = Path(tempfile.mkdtemp(prefix=".kconsole-", suffix=".new", dir=folder))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_free(path: Path, store: Path, replace: bool) -> None:
    if not os.path.lexists(path):
        return
    if not replace:
        raise FileExistsError
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise FileRefused("not-a-file")
    check_owner(status, store)


def _write(path: Path, pieces: Iterable[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
        os.fchmod(descriptor, PRIVATE_FILE)
        file.writelines(pieces)
        file.flush()
        os.fsync(descriptor)


def _place(staging: Path, paths: Sequence[Path]) -> None:
    """Give all files their names, or take them all back."""
    placed: list[Path] = []
    try:
        for path in paths:
            if os.path.lexists(path):
                _keep(path, _old(staging, path))
                (staging / path.name).replace(path)
            else:
                place_new(staging / path.name, path)
            placed.append(path)
        if paths:
            sync_folder(paths[0].parent)
    except BaseException:
        for path in paths:
            if (old := _old(staging, path)).exists():
                old.replace(path)
            elif path in placed:
                path.unlink()
        raise


def _old(staging: Path, path: Path) -> Path:
    return staging / f"{path.name}.old"


def _keep(path: Path, old: Path) -> None:
    try:
        old.hardlink_to(path)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        path.replace(old)
