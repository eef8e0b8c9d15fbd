"""Sharing a store: with the members of a system group, or with no one."""

import grp
from pathlib import Path

from kconsole.core.codes import Message, message
from kconsole.core.errors import NotFound, StoreUnusable
from kconsole.core.history import Operator
from kconsole.operations.session import PATIENCE
from kconsole.store.engine import unreadable, unwritable
from kconsole.store.file_engine import rights
from kconsole.store.file_engine.engine import refuse_odd_files
from kconsole.store.file_engine.rights import group_name as group_name
from kconsole.store.file_names import JOURNAL_FILE


def group_named(name: str) -> int:
    """The number of a system group; NotFound if there is none of this name."""
    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        raise NotFound("no-such-group", "groups-of-system", group=name) from None


def share(
    folder: Path, group: int | None, operator: Operator, patience: float = PATIENCE, allow_network_fs: bool = False
) -> None:
    """Share a store with a group; given None, with no one any more.

    Raises:
        NotFound: there is no store.
        Refused: this user is not in the group, or is neither the store's owner nor root; or there are other files in
            its folder.
        StoreUnusable: a file cannot be changed. Whoever can change it may do this again.
    """
    try:
        if not (folder / JOURNAL_FILE).exists():
            raise NotFound("no-store", "make-or-demo", address=str(folder))
        refuse_odd_files(folder)
    except OSError as error:
        raise unreadable(str(error.filename or folder), error) from error
    rights.refuse_network(folder, allow_network_fs)
    try:
        rights.share(folder, group, patience, operator.shown)
    except OSError as error:
        problem = unwritable(str(error.filename or folder), error)
        hint = "root-can-share" if isinstance(error, PermissionError) else problem.hints
        raise StoreUnusable(problem.happened, hint) from error


def not_reached(folder: Path, group: int) -> Message | None:
    """What keeps members of a group from a store's folder."""
    above = rights.not_reached(folder, group)
    if not above:
        return None
    return message("group-cannot-reach", folders=list(map(str, above)), group=rights.group_name(group))
