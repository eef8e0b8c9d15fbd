"""What can go wrong with a store's files, in words: what happened, to what, and what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kconsole.core.errors import StoreUnusable
from kconsole.store.files import NotSynced
from kconsole.store.journal import BrokenJournal, InDoubt

NONSENSE: Final = (LookupError, TypeError, ValueError, AttributeError, OverflowError)
"""What making records raises if what was read is none of ours, although its checksum is right."""


def unreadable(path: Path, error: OSError) -> StoreUnusable:
    """A file that cannot be read."""
    return StoreUnusable(
        f"{path} cannot be read: {error.strerror or error}.", "Check the folder and its permissions, then try again."
    )


def unwritable(path: Path, error: OSError) -> StoreUnusable:
    """A file that cannot be written, or of which the disk does not say whether it was."""
    if isinstance(error, InDoubt | NotSynced):
        return StoreUnusable(
            f"{path} was written, but the disk did not confirm it: {error.strerror or error}.",
            "Check the disk, then look what the store holds before you do it again.",
            effect="Perhaps it was saved, perhaps not.",
        )
    return StoreUnusable(
        f"{path} cannot be written: {error.strerror or error}.",
        "Check the free space and the permissions of the folder, then try again.",
        effect="Nothing was changed.",
    )


def broken(path: Path, damage: BrokenJournal) -> StoreUnusable:
    """A journal whose chain is broken."""
    return StoreUnusable(
        f"{path} is damaged at line {damage.line}: {damage.why}.",
        "'kconsole --read-only' shows what is good of it; 'kconsole doctor' says more.",
        effect="Nothing was changed.",
    )


def missing(path: Path) -> StoreUnusable:
    """A journal that is not there, although a snapshot says that there was one."""
    return StoreUnusable(
        f"{path} is missing.",
        "Bring it back from a backup. Until then, 'kconsole --read-only' shows what the store held.",
    )


@contextmanager
def reporting_damage(path: Path) -> Iterator[None]:
    """Tell of a journal that cannot be read on.

    Raises:
        StoreUnusable: instead of what was raised.
    """
    try:
        yield
    except BrokenJournal as damage:
        raise broken(path, damage) from None
    except OSError as error:
        raise unreadable(path, error) from error


@contextmanager
def reporting_nonsense(path: Path) -> Iterator[None]:
    """Tell of records that make none.

    Raises:
        StoreUnusable: instead of what was raised.
    """
    try:
        yield
    except NONSENSE as error:
        raise StoreUnusable(
            f"{path} is damaged: a record in it makes no sense ({error!r}).",
            "It was not touched. 'kconsole doctor' says more.",
        ) from None


def refuse_links(folder: Path, *names: str) -> None:
    """Go on only if none of a store's files is a symbolic link.

    A new snapshot is put in the place of the old one. Over a link, it would leave the file that the link points to
    as it was, and there would be two stores.

    Raises:
        StoreUnusable: one is.
    """
    for name in names:
        if (folder / name).is_symlink():
            raise StoreUnusable(
                f"{folder / name} is a symbolic link.",
                "Nothing was touched. Let the folder of the store be the link, not a file in it.",
            )
