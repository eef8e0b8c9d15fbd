"""Users and groups that share a store, and what its files should be like."""

import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path

from kconsole.core.codes import Finding
from kconsole.core.history import Operator
from kconsole.operations import maintenance
from kconsole.operations.dumps import restore
from kconsole.text.messages import words_of
from tests.clocks import noon
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, inventory_of, opened

GROUP, OTHER_GROUP = 61000, 61009
ANNA, BERG, CHEN, OUTSIDER = 61001, 61002, 61003, 61004
NUMBERS = count(1)
MASKS = {ANNA: 0o022, BERG: 0o077, CHEN: 0o000}
ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"


def kept(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def modes(folder: Path) -> set[tuple[str, int, int]]:
    """The kinds, modes and groups of all that is in a store."""
    return {("folder" if path.is_dir() else "file", *kept(path)[:0:-1]) for path in (folder, *folder.rglob("*"))}


SHARED = {("folder", 0o2770, GROUP), ("file", 0o660, GROUP)}


def mend(folder: Path) -> list[Finding]:
    return maintenance.mend(folder, maintenance.examine(folder), Operator("anna"), 0, words_of)


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in maintenance.examine(folder)]


def change(folder: Path) -> None:
    add(opened(folder), f"a{next(NUMBERS)}")


def new_snapshot(folder: Path) -> None:
    snapshot_now(opened(folder))


def rebuild_damaged_snapshot(folder: Path) -> None:
    (folder / "store.json").write_bytes(b"damaged")
    snapshot_now(opened(folder))
    assert (folder / "store.json.damaged").exists()


def mend_torn_line(folder: Path) -> None:
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"torn')
    change(folder)
    assert list(folder.glob("journal.torn-*"))


def archive(folder: Path) -> None:
    assert opened(folder).archive(1)


def new_lock(folder: Path) -> None:
    (folder / "lock").unlink()
    change(folder)


def lease(folder: Path) -> None:
    with opened(folder).lease("server"):
        pass


def repair_journal(folder: Path) -> None:
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"anna@", b"ann\xe0@", 1))
    assert not [finding for finding in mend(folder) if finding.serious and not finding.mended]


def begin_again(folder: Path) -> None:
    new_snapshot(folder)
    (folder / "journal.jsonl").unlink()
    assert not [finding for finding in mend(folder) if finding.serious and not finding.mended]
    assert (folder / "set-aside").is_dir()


def restore_dump(folder: Path) -> None:
    restore(folder, inventory_of(account("anna"), account("new")), Operator("x"), 0, clock=noon())


DOORS: dict[str, Callable[[Path], object]] = {
    door.__name__: door
    for door in (
        change, new_snapshot, rebuild_damaged_snapshot, mend_torn_line, archive, new_lock, lease, repair_journal,
        begin_again, restore_dump,
    )
}  # fmt: skip
