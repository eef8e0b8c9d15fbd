"""Whose a store is: one user's, or that of all members of a group; and the modes that its files have then."""

import errno
import grp
import os
import pwd
import re
import stat
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.codes import message
from kconsole.core.errors import FileRefused, ReadOnly, Refused, StoreUnusable, reason_of
from kconsole.store.file_engine.files import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    SHARED_FILE,
    SHARED_FOLDER,
    beside,
    group_of,
    make_folder,
    open_to_group,
    opened_folder,
    sync_folder,
    write_whole,
)
from kconsole.store.file_engine.locking import LOCK_FILE, StoreLock
from kconsole.store.file_engine.network import network_type
from kconsole.store.file_names import JOURNAL_FILE, SNAPSHOT_FILE

ASIDE_FOLDER: Final = "set-aside"
"""Where the doctor puts what is in the way."""

OWN: Final = re.compile(
    rf"{ASIDE_FOLDER}|lock|\w+\.lock|store\.json(\..*)?|journal[.-].*|\.(store\.json|journal|lock|\w+\.lock)[.-].*\.new"
)
"""The names of what belongs to a store."""

_CHUNK: Final = 1 << 20


def owner_of(path: Path) -> str:
    """The name of a file's owner; their number if they have none."""
    user = path.stat().st_uid
    with suppress(KeyError):
        return pwd.getpwuid(user).pw_name
    return f"uid {user}"


def group_name(group: int) -> str:
    """The name of a group; its number if it has none."""
    with suppress(KeyError):
        return grp.getgrgid(group).gr_name
    return f"gid {group}"


def is_in(group: int) -> bool:
    """Whether this process has the rights of a group, as root has those of all."""
    return os.geteuid() == 0 or group in (os.getegid(), *os.getgroups())


# Who may write


def why_not_write(folder: Path, allow_network_fs: bool) -> ReadOnly | None:
    """Why a store may only be read: its folder is on another machine, or another user's who lets us read."""
    if not allow_network_fs and (why := why_not_network(folder)) is not None:
        return why
    is_ours = os.geteuid() in (0, folder.stat().st_uid)
    if not is_ours and not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        return no_right_to_write(folder)
    return None


def no_right_to_write(path: Path, error: OSError | None = None) -> ReadOnly:
    """Why a store may only be read: this file of it, or its folder, may not be written."""
    if error is not None and error.errno == errno.EROFS:
        return ReadOnly("on-read-only-fs", "mount-to-write", file=str(path))
    owner, group = owner_of(path), group_name(path.stat().st_gid)
    hint = message("how-to-have-right", owner=owner)
    reason = reason_of(error or OSError(errno.EACCES, os.strerror(errno.EACCES)))
    return ReadOnly("no-right-to-write", hint, file=str(path), error=reason, owner=owner, group=group)


def why_not_network(folder: Path) -> ReadOnly | None:
    """Why a store on another machine may only be read; None for one that is on this machine."""
    kind = network_type(folder)
    return ReadOnly("on-network-fs", "why-no-network-fs", folder=str(folder), type=kind) if kind else None


def refuse_network(folder: Path, allow_network_fs: bool) -> None:
    """Raise ReadOnly if a folder is on another machine, unless that is allowed."""
    if not allow_network_fs and (why := why_not_network(folder)) is not None:
        raise why


def refuse_folder_of_others(folder: Path, *, is_new: bool = False) -> None:
    """Raise StoreUnusable if others could change the store: as ssh does with its files.

    Its folder and the one above it must be ours or root's, and no one else may write in them or to the store's files.
    A store that is shared with a group of ours may be any member's. The folder above may be root's for all to write, or
    one like `/tmp`: whoever replaces the store's folder there can only put one of their own. Many systems let the
    user's own group write in the user's folders, so the group of the folder above does not matter. Root may work in
    the stores of all users. A new store (`is_new`) is judged as one that is not shared.
    """
    user, above, own = os.geteuid(), folder.parent, folder.stat()
    group = None if is_new else group_of(folder)
    if user != 0:
        trusted = {0, user}
        if group is not None and is_in(group):
            trusted.add(own.st_uid)
        for path in (folder, above):
            if path.stat().st_uid not in trusted:
                raise StoreUnusable("folder-of-another-user", "read-only-or-as-its-owner", folder=str(path))
        status = above.stat()
        if status.st_uid != 0 and status.st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
            hint = message("close-above-to-others", file=str(above))
            raise StoreUnusable("others-can-write", hint, effect="nothing-changed", file=str(above))
    for path in (folder, *(folder / name for name in (SNAPSHOT_FILE, JOURNAL_FILE, LOCK_FILE))):
        with suppress(FileNotFoundError):
            status = path.lstat()
            wrong = 0o002 if group is not None and status.st_gid == group else 0o022
            if status.st_mode & wrong and not stat.S_ISLNK(status.st_mode):
                hint = message("close-to-others", file=str(path))
                raise StoreUnusable("others-can-write", hint, effect="nothing-changed", file=str(path))


# Modes


def _mode(status: os.stat_result, is_shared: bool) -> int:
    """The mode that a file or folder should have."""
    if stat.S_ISDIR(status.st_mode):
        return SHARED_FOLDER if is_shared else PRIVATE_FOLDER
    return SHARED_FILE if is_shared else PRIVATE_FILE


class WrongMode(NamedTuple):
    """A file or folder of a store with the mode, and the group of a shared one, that it should have."""

    path: Path
    mode: int
    group: int | None
    names: int = 1
    """How many names it has in the store: one that has another elsewhere may be anyone's."""
    mendable: bool = True
    owner: int | None = None
    """Whose it should be, if that matters."""


def wrong_modes(folder: Path) -> list[WrongMode]:
    """What others may read, or in a shared store, what its group may not change.

    These are the store's own files, and its folder if it holds no others. A store may stand in a folder with other
    files, by mistake even in `/`. Those are none of the doctor's business. What links point to is no part of the store
    either.
    """
    group, paths = group_of(folder), _everything_in(folder)
    found = []
    if holds_no_others(folder):
        paths.append((folder, folder.stat()))
    names = Counter((status.st_dev, status.st_ino) for _, status in paths)
    for path, status in paths:
        mode = _mode(status, group is not None)
        is_wrong = (stat.S_IMODE(status.st_mode), status.st_gid) != (mode, group)
        if is_wrong if group is not None else status.st_mode & 0o077:
            is_own = os.geteuid() in (0, status.st_uid)
            can_replace = group is not None and path != folder and os.access(path, os.R_OK, effective_ids=True)
            found.append(WrongMode(path, mode, group, names[status.st_dev, status.st_ino], is_own or can_replace))
    return found


def own_files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """The files of the store, but not links."""
    found = []
    for path in filter(lambda path: OWN.fullmatch(path.name), folder.iterdir()):
        with suppress(FileNotFoundError):  # another process removed it just now
            if not stat.S_ISLNK((status := path.lstat()).st_mode):
                found.append((path, status))
    return found


def _everything_in(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """The same, with what is set aside, in a folder below."""
    paths, aside = own_files(folder), folder / ASIDE_FOLDER
    if aside.is_dir() and not aside.is_symlink():
        paths += [(path, status) for path in aside.iterdir() if not stat.S_ISLNK((status := path.lstat()).st_mode)]
    return paths


def holds_no_others(folder: Path) -> bool:
    """Whether a folder holds nothing but a store."""
    return len(own_files(folder)) == sum(not path.is_symlink() for path in folder.iterdir())


def put_right(wrong: WrongMode, *, take_over: bool = False) -> None:
    """Give a file the mode and group that it should have; one that is not ours is replaced by one of ours.

    By descriptors, of its folder too: where others can change a folder, a name may be another file's by now. Root gives
    a file to its `owner` instead, and does not touch what has a name outside of the store too.
    """
    path, mode, group, names, _, owner = wrong
    with opened_folder(path.parent) as above:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path.name, flags, dir_fd=above)
    try:
        status, is_root = os.fstat(descriptor), os.geteuid() == 0
        is_linked = stat.S_ISREG(status.st_mode) and status.st_nlink > names
        if is_linked and is_root:
            raise FileRefused("has-another-name")
        if not take_over and not is_linked and (is_root or status.st_uid == os.geteuid()):
            if is_root and owner is not None:
                os.fchown(descriptor, owner, -1)
            open_to_group(descriptor, status.st_gid if group is None else group, mode)
            return
        new = beside(path)
        if stat.S_ISDIR(status.st_mode):
            make_folder(new, group_of(path.parent))
            for each in path.iterdir():
                each.replace(new / each.name)
            path.rmdir()
        else:
            write_whole(new, iter(lambda: os.read(descriptor, _CHUNK), b""))
        new.replace(path)
    finally:
        os.close(descriptor)


# Sharing


def not_reached(folder: Path, group: int) -> list[Path]:
    """The folders above a store through which members of its group cannot pass, as far as modes say."""
    return [
        above
        for above in folder.parents
        if not (status := above.stat()).st_mode & stat.S_IXOTH
        and not (status.st_mode & stat.S_IXGRP and (status.st_gid == group or _has_acl(above)))
    ]


def _has_acl(path: Path) -> bool:
    with suppress(OSError):
        return bool(os.getxattr(path, "system.posix_acl_access"))
    return False


def check_group(group: int) -> None:
    """Raise Refused for a group that this process is not in: it could give it nothing."""
    if not is_in(group):
        name = group_name(group)
        raise Refused("not-in-group", message("become-member", group=name), group=name)


def share_folder(folder: Path, group: int) -> None:
    """Mark a folder as shared with a group, if it holds nothing but a store."""
    if not holds_no_others(folder):
        raise Refused("folder-holds-others", "share-own-folder", folder=str(folder))
    with opened_folder(folder) as descriptor:
        open_to_group(descriptor, group, SHARED_FOLDER)


def share(folder: Path, group: int | None, patience: float, holder: str) -> None:
    """Share a store with a group, or with none: then it is its owner's alone.

    The folder comes first: it is the mark, so that after a crash the doctor knows what the files should be. Files of
    colleagues, and those that a colleague's process may have open to write, are replaced by files of the owner, if the
    group may not go on with them. The lock comes last: until then no one else changes anything.
    """
    status = folder.stat()
    own_group = _own_group(status)
    revokes = group is None or group_of(folder) not in (None, group)
    if os.geteuid() not in (0, status.st_uid):
        raise Refused("not-stores-owner", "owner-shares", folder=str(folder), owner=owner_of(folder))
    if group is not None:
        check_group(group)
    with closing(StoreLock(folder / LOCK_FILE)) as lock:
        lock.acquire(patience, holder)
        try:
            if group is not None:
                share_folder(folder, group)
            else:
                with opened_folder(folder) as descriptor:
                    open_to_group(descriptor, own_group, PRIVATE_FOLDER)
            everything = sorted(_everything_in(folder), key=lambda each: each[0].name == LOCK_FILE)
            names = Counter((file.st_dev, file.st_ino) for _, file in everything)
            for path, file in everything:
                is_written = path.name == JOURNAL_FILE or path.name.endswith(LOCK_FILE)
                is_others = file.st_uid != status.st_uid and os.geteuid() != 0
                wrong = WrongMode(
                    path,
                    _mode(file, group is not None),
                    own_group if group is None else group,
                    names[file.st_dev, file.st_ino],
                    owner=status.st_uid if revokes else None,
                )
                put_right(wrong, take_over=revokes and (is_written or is_others))
            sync_folder(folder)
        finally:
            lock.release()


def _own_group(status: os.stat_result) -> int:
    """The group that a file gets when its store is shared no more: its owner's, or its own if the owner is unknown."""
    if os.geteuid() == status.st_uid:
        return os.getegid()
    with suppress(KeyError):
        return pwd.getpwuid(status.st_uid).pw_gid
    return status.st_gid
