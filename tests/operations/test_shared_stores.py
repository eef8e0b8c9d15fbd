"""A store that the members of a group share, one that may only be read, and one on another machine."""

import concurrent.futures.thread  # noqa: F401  # before there are users who may not read Python
import os
import stat
import struct
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kconsole.core.codes import Finding
from kconsole.core.errors import ConsoleError, NotFound, ReadOnly, Refused, StoreBusy, StoreUnusable
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.operations import maintenance
from kconsole.operations.dumps import restore
from kconsole.operations.session import Session
from kconsole.operations.sharing import group_named, not_reached, share
from kconsole.store.file_engine import rights
from kconsole.store.seatstore import SeatStore
from kconsole.text.messages import error_words, hint_words, words_of
from tests.clocks import noon
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, addresses, inventory_of, opened
from tests.users import as_root, user

GROUP, OTHER_GROUP = 61000, 61009
ANNA, BERG, CHEN, OUTSIDER = 61001, 61002, 61003, 61004
NUMBERS = count(1)
MASKS = {ANNA: 0o022, BERG: 0o077, CHEN: 0o000}
ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"

pytestmark = as_root


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that all may write in, as /tmp."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        yield Path(folder)


@pytest.fixture
def shared(place: Path) -> Path:
    """A store of Anna's that is shared."""
    with user(ANNA, GROUP, mask=0o077):
        Session.create(place / "s", inventory_of(account("anna")), "anna", noon(), group=GROUP).close()
    return place / "s"


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


# Every door that makes or replaces a file


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


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_whatever_a_colleague_does_first_locks_no_one_out(shared: Path, door: Callable[[Path], object]) -> None:
    assert modes(shared) == SHARED
    for number in (BERG, CHEN, ANNA, 0, BERG):
        with user(number, GROUP, mask=MASKS.get(number)):
            for act in (change, change, door):
                act(shared)
        assert modes(shared) == SHARED
    for number in MASKS:
        with user(number, GROUP, mask=0o077):
            change(shared)
            new_snapshot(shared)
            assert not set(codes(shared)) - {"leftovers", "gap"}
    assert modes(shared) == SHARED


def test_root_keeps_owners_in_a_shared_store_and_gives_what_is_new_to_the_folders(shared: Path) -> None:
    with user(BERG, GROUP):
        new_snapshot(shared)
    assert kept(shared / "store.json") == (BERG, GROUP, 0o660)
    change(shared)
    new_snapshot(shared)
    lease(shared)
    archive(shared)
    assert kept(shared / "store.json") == (BERG, GROUP, 0o660)
    assert {kept(shared / name) for name in ("server.lock", "journal-1-1.jsonl.gz")} == {(ANNA, GROUP, 0o660)}


def test_a_lock_is_waited_for_whoever_holds_it(shared: Path) -> None:
    holder = opened(shared)
    with user(BERG, GROUP):
        store = opened(shared)
    with holder._engine.lock(0, "root"), user(BERG, GROUP), pytest.raises(StoreBusy):
        add(store, "berg")
    with user(BERG, GROUP):
        add(store, "berg")


def test_backups_and_exports_are_for_whoever_makes_them(shared: Path, place: Path) -> None:
    with user(BERG, GROUP, mask=0):
        session = Session.open(shared, "berg", noon(), 0)
        maintenance.backup(session, place / "backup.tar")
    assert kept(place / "backup.tar") == (BERG, BERG, 0o600)


def test_only_whoever_asks_for_it_shares(place: Path) -> None:
    """A folder that a tree of shared folders passes its group on to is no shared store, nor made into one."""
    tree = place / "tree"
    tree.mkdir()
    os.chown(tree, ANNA, GROUP)
    tree.chmod(0o2775)
    with user(ANNA, GROUP, mask=0o002):
        Session.create(tree / "s", Inventory(), "anna", noon()).close()
        assert kept(tree / "s")[2] == 0o700
        assert {kept(path)[2] for path in (tree / "s").iterdir()} == {0o600}
        (tree / "open").mkdir(0o775)
        with pytest.raises(StoreUnusable, match="others-can-write"):
            Session.create(tree / "open", Inventory(), "anna", noon())
        assert list((tree / "open").iterdir()) == []


def test_the_folders_above_a_new_shared_store_let_its_group_pass(place: Path) -> None:
    with user(ANNA, GROUP, mask=0o077):
        folder = Session.create(place / "a" / "b" / "s", Inventory(), "anna", noon(), group=GROUP).store.folder
    assert kept(place / "a")[1:] == kept(place / "a" / "b")[1:] == (GROUP, 0o750)
    with user(BERG, GROUP):
        change(folder)
    assert not_reached(folder, GROUP) is None
    (place / "a").chmod(0o700)
    trouble = not_reached(folder, GROUP)
    assert trouble is not None
    assert trouble.params["folders"] == [str(place / "a")]
    assert "unreachable" in codes(folder)


# Lists of more users and groups


def list_of(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NO_ONE = 0xFFFFFFFF


def test_the_folders_list_of_more_users_is_kept_and_goes_on_to_files(shared: Path) -> None:
    for_outsider = list_of((1, 7, NO_ONE), (2, 7, OUTSIDER), (4, 5, NO_ONE), (16, 7, NO_ONE), (32, 0, NO_ONE))
    try:
        os.setxattr(shared, DEFAULT, for_outsider)
    except OSError as error:
        pytest.skip(f"this file system keeps no rights of single users: {error.strerror}")
    os.setxattr(shared, ACCESS, for_outsider.replace(struct.pack("<HH", 4, 5), struct.pack("<HH", 4, 7)))
    with user(BERG, GROUP, mask=0o077):
        change(shared)
        new_snapshot(shared)
    assert modes(shared) == SHARED
    with user(OUTSIDER):
        assert (shared / "store.json").read_bytes()  # by the list
    with user(CHEN, GROUP):
        new_snapshot(shared)  # although the list passes no right to write on to the group
    assert os.getxattr(shared, DEFAULT) == for_outsider
    with user(ANNA, GROUP):
        share(shared, None, Operator("anna"), 0)
    assert struct.pack("<HHI", 2, 7, OUTSIDER) in os.getxattr(shared, ACCESS)
    with user(OUTSIDER), pytest.raises(StoreUnusable, match="unreadable"):
        opened(shared)


# share on, share off


@pytest.mark.parametrize("number", [ANNA, 0])
def test_a_store_is_shared_and_no_longer_shared(place: Path, number: int) -> None:
    with user(ANNA):
        Session.create(place / "s", inventory_of(account("anna")), "anna", noon()).close()
        change(place / "s")
        new_snapshot(place / "s")
    folder = place / "s"
    with user(number, GROUP, mask=0o077):
        share(folder, GROUP, Operator("anna"), 0)
    assert modes(folder) == SHARED
    with user(BERG, GROUP, mask=0o022):
        for door in DOORS.values():
            change(folder)
            door(folder)
        colleague = opened(folder)
        add(colleague, "last")
    with user(CHEN, GROUP):
        assert not set(codes(folder)) - {"leftovers", "gap"}
    before = set(addresses(colleague))
    with user(number, GROUP, mask=0o022):
        share(folder, None, Operator("anna"), 0)
    assert {kept(path)[:2] for path in (folder, *folder.rglob("*"))} == {(ANNA, ANNA if number else kept(folder)[1])}
    assert {mode for _, mode, _ in modes(folder)} == {0o700, 0o600}
    for open_file in (colleague._engine._journal, colleague._engine._lock):  # type: ignore[attr-defined]
        assert not os.path.samestat(os.fstat(open_file._descriptor), open_file.path.stat())
    with user(BERG, GROUP):
        with pytest.raises(StoreUnusable):
            add(colleague, "berg")
        with pytest.raises(StoreUnusable, match="unreadable"):
            opened(folder)
    with user(ANNA):  # no longer in the group
        assert set(addresses(opened(folder))) == before
        change(folder)
        new_snapshot(folder)
        assert maintenance.verify(folder)
        assert [finding.code for finding in maintenance.examine(folder) if finding.serious] == []


def test_a_store_can_change_its_group(shared: Path) -> None:
    with user(BERG, GROUP):
        new_snapshot(shared)
    with user(ANNA, GROUP, OTHER_GROUP):
        share(shared, OTHER_GROUP, Operator("anna"), 0)
    assert modes(shared) == {("folder", 0o2770, OTHER_GROUP), ("file", 0o660, OTHER_GROUP)}
    with user(CHEN, OTHER_GROUP):
        new_snapshot(shared)
    with user(BERG, GROUP), pytest.raises(StoreUnusable, match="unreadable"):
        opened(shared)


@pytest.mark.parametrize("group", [OTHER_GROUP, None])
def test_only_its_owner_or_root_says_who_shares_a_store(shared: Path, group: int | None) -> None:
    with user(BERG, GROUP, OTHER_GROUP), pytest.raises(Refused, match="not-stores-owner"):
        share(shared, group, Operator("berg"), 0)
    assert modes(shared) == SHARED


def test_a_store_is_not_shared_with_a_group_that_one_is_not_in(shared: Path, place: Path) -> None:
    with user(ANNA, GROUP):
        with pytest.raises(Refused, match="not-in-group"):
            share(shared, OTHER_GROUP, Operator("anna"), 0)
        with pytest.raises(Refused, match="not-in-group"):
            Session.create(place / "t", Inventory(), "anna", noon(), group=OTHER_GROUP)
    assert modes(shared) == SHARED
    assert not (place / "t").exists()
    with pytest.raises(NotFound, match="no-such-group"):
        group_named("no-such-group-here")
    with pytest.raises(NotFound, match="no-store"):
        share(place, GROUP, Operator("root"), 0)


def test_a_folder_with_other_files_is_not_shared(place: Path) -> None:
    """As the root folder would be by a mistake."""
    (place / "of-someone").touch(0o600)
    before = kept(place)
    with pytest.raises(Refused, match="folder-holds-others"):
        Session.create(place, Inventory(), "root", noon(), group=GROUP)
    assert kept(place) == before
    Session.create(place / "s", Inventory(), "root", noon()).close()
    (place / "s" / "of-someone").touch(0o600)
    with pytest.raises(Refused, match="folder-holds-others"):
        share(place / "s", GROUP, Operator("root"), 0)
    assert kept(place / "s")[2] == 0o700


def test_what_only_root_can_finish_is_said(shared: Path) -> None:
    with user(BERG, GROUP):
        new_snapshot(shared)
    (shared / "store.json").chmod(0o600)
    with user(ANNA, GROUP), pytest.raises(StoreUnusable, match=r"unwritable.*store.json") as refused:
        share(shared, None, Operator("anna"), 0)
    assert [hint.code for hint in refused.value.hints] == ["root-can-share"]
    assert kept(shared)[2] == 0o700
    share(shared, None, Operator("root"), 0)
    assert {(*kept(path)[::2],) for path in shared.iterdir()} == {(ANNA, 0o600)}


# The doctor


@pytest.mark.parametrize("number", [ANNA, BERG, CHEN, 0])
def test_the_doctor_mends_modes_and_groups(shared: Path, number: int) -> None:
    with user(BERG, GROUP):
        new_snapshot(shared)
    (shared / "store.json").chmod(0o640)
    os.chown(shared / "journal.jsonl", ANNA, ANNA)
    (shared / "journal.jsonl").chmod(0o664)
    (shared / "lock").chmod(0o666)
    with user(number, GROUP, mask=0o077):
        findings = maintenance.examine(shared)
        assert [(finding.code, finding.mendable) for finding in findings] == [("permissions", True)] * 3
        assert {finding.mended for finding in mend(shared)} == {True}
        change(shared)
    assert modes(shared) == SHARED


def test_the_doctor_says_who_can_mend_what(shared: Path) -> None:
    """As after a backup that one user unpacked."""
    for path in shared.iterdir():
        path.chmod(0o600)
    with user(BERG, GROUP):
        with pytest.raises(StoreUnusable, match="unreadable") as refused:
            opened(shared)
        assert [hint.code for hint in refused.value.hints] == ["ask-for-rights"]
        with pytest.raises(StoreUnusable, match="unreadable"):
            maintenance.examine(shared)
    (shared / "journal.jsonl").chmod(0o660)
    (shared / "store.json").unlink(missing_ok=True)
    with user(BERG, GROUP):
        (finding,) = [finding for finding in maintenance.examine(shared) if finding.code == "permissions"]
        assert (finding.mendable, finding.what.params["file"]) == (False, str(shared / "lock"))
    with user(ANNA, GROUP):
        mend(shared)
    assert modes(shared) == SHARED
    with user(BERG, GROUP):
        change(shared)


def test_root_mends_nothing_outside_of_a_store(shared: Path, place: Path) -> None:
    """A member can put links to other files in the place of the store's."""
    secret = place / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    with user(ANNA, GROUP):
        new_snapshot(shared)
    (shared / "store.json.bak").unlink(missing_ok=True)
    (shared / "store.json.bak").hardlink_to(secret)
    with pytest.raises(StoreUnusable, match=r"unwritable.*has-another-name"):
        mend(shared)
    with pytest.raises(StoreUnusable, match=r"unwritable.*has-another-name"):
        share(shared, None, Operator("root"), 0)
    (shared / "store.json.bak").unlink()
    wrong = rights.WrongMode(shared / "store.json.bak", 0o660, GROUP)
    (shared / "store.json.bak").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        rights.put_right(wrong)
    assert kept(secret) == (0, 0, 0o600)
    (shared / "store.json.bak").unlink()
    for number in (ANNA, 0):
        folder = place / f"of-{number}"
        folder.mkdir(0o700)
        os.chown(folder, number, number)
        (folder / "store.json").write_text("secret")
        (shared / "set-aside").symlink_to(folder)
        (shared / "store.json").write_bytes(b"damaged")
        with pytest.raises(StoreUnusable, match=r"unwritable.*set-aside"):
            mend(shared)
        with pytest.raises(OSError, match="set-aside"):
            rights.put_right(rights.WrongMode(shared / "set-aside" / "store.json", 0o660, GROUP))
        assert [path.name for path in folder.iterdir()] == ["store.json"]
        (shared / "set-aside").unlink()


# Stores that may only be read


@pytest.mark.parametrize("rights_of", ["group", "others"])
def test_a_store_that_may_only_be_read_opens_read_only_and_says_so(shared: Path, rights_of: str) -> None:
    for path in (shared, *shared.iterdir()):
        path.chmod((0o750 if path.is_dir() else 0o640) if rights_of == "group" else (0o755 if path.is_dir() else 0o644))
    before = {path.name: path.stat().st_mtime_ns for path in shared.iterdir()}
    groups = (GROUP,) if rights_of == "group" else ()
    with user(BERG, *groups):
        session = Session.open(shared, "berg", noon(), 0)
        assert session.store.read_only
        assert addresses(session.store) == ["anna@north.example"]
        (notice,) = session.store.notices
        assert (notice.code, notice.params["why"].code) == ("open-read-only", "no-right-to-write")
        assert notice.params["why"].params["owner"] == f"uid {ANNA}"
        for act in (lambda: add(session.store, "berg"), lambda: session.store.archive(1)):
            with pytest.raises(ReadOnly, match="no-right-to-write"):
                act()
        session.close()
    assert {path.name: path.stat().st_mtime_ns for path in shared.iterdir()} == before


def test_a_damaged_store_that_may_only_be_read_is_damaged(shared: Path) -> None:
    (shared / "journal.jsonl").write_bytes(b"{}\n" + (shared / "journal.jsonl").read_bytes())
    for path in (shared, *shared.iterdir()):
        path.chmod(0o750 if path.is_dir() else 0o640)
    with user(BERG, GROUP), pytest.raises(StoreUnusable, match="journal-damaged"):
        opened(shared)


def test_a_file_that_a_colleague_may_not_write_makes_the_store_read_only(shared: Path) -> None:
    (shared / "journal.jsonl").chmod(0o640)
    with user(BERG, GROUP):
        store = opened(shared)
        with pytest.raises(ReadOnly, match=r"no-right-to-write.*journal"):
            add(store, "berg")
    with user(ANNA, GROUP):
        change(shared)


def test_a_shared_store_of_a_group_that_one_is_not_in_is_not_trusted(shared: Path) -> None:
    """Others could lay it for one to find."""
    shared.chmod(0o2777)
    for path in shared.iterdir():
        path.chmod(0o666)
    with user(OUTSIDER), pytest.raises(StoreUnusable, match="folder-of-another-user"):
        opened(shared)
    with user(BERG, GROUP), pytest.raises(StoreUnusable, match="others-can-write"):
        opened(shared)


def words_of_error(error: ConsoleError) -> str:
    """All that is said of an error: every template finds its parameters."""
    return " ".join((error_words(error), hint_words(error)))


def test_whoever_is_refused_is_told_what_to_do(shared: Path) -> None:
    with user(ANNA, GROUP), pytest.raises(Refused) as not_in_group:
        share(shared, OTHER_GROUP, Operator("anna"), 0)
    assert f"usermod -aG gid {OTHER_GROUP} USER" in words_of_error(not_in_group.value)
    with user(BERG, GROUP), pytest.raises(Refused) as not_owner:
        share(shared, None, Operator("berg"), 0)
    assert f"uid {ANNA}" in words_of_error(not_owner.value)
    (shared / "journal.jsonl").chmod(0o640)
    with user(BERG, GROUP):
        store = opened(shared)
        with pytest.raises(ReadOnly) as read_only:
            add(store, "berg")
    assert f"Work as uid {ANNA}" in words_of_error(read_only.value)
    assert "The store can only be read." in words_of(store.notices[0])
    for finding in maintenance.examine(shared):
        assert words_of(finding.what)
        assert [words_of(each) for each in finding.remedy]


# Stores on another machine


@pytest.fixture
def on_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Lets the system say that a file system of a type is mounted at a place."""
    table = tmp_path / "mountinfo"
    root = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw"

    def mount(place: str, kind: str) -> None:
        table.write_text(f"{root}\n99 27 0:99 / {place} rw shared:5 master:2 - {kind} nas.example:/vol rw\n")

    monkeypatch.setattr("kconsole.store.file_engine.network.MOUNTS", table)
    return mount


def test_a_store_on_another_machine_is_read_and_only_changed_if_that_is_allowed(
    place: Path, on_network: Callable[[str, str], None]
) -> None:
    folder = place / "with blank" / "s"
    on_network(str(place / "with blank").replace(" ", "\\040"), "nfs4")
    with pytest.raises(ReadOnly, match="on-network-fs"):
        Session.create(folder, inventory_of(account("anna")), "anna", noon())
    assert not folder.exists()
    Session.create(folder, inventory_of(account("anna")), "anna", noon(), allow_network_fs=True).close()
    (place / "link").symlink_to(folder)
    for path in (folder, place / "link"):
        store = SeatStore.open(path, noon())
        assert addresses(store) == ["anna@north.example"]
        assert store.notices[0].params["why"].code == "on-network-fs"
        with pytest.raises(ReadOnly, match="on-network-fs"):
            add(store, "berg")
        assert opened(path, read_only=True).notices == []
    allowed = SeatStore.open(folder, noon(), allow_network_fs=True)
    add(allowed, "berg")
    assert allowed.notices == []
    (folder / "store.json").write_bytes(b"damaged")
    with pytest.raises(ReadOnly, match="on-network-fs"):
        mend(folder)
    with pytest.raises(ReadOnly, match="on-network-fs"):
        share(folder, GROUP, Operator("root"), 0)
    with pytest.raises(ReadOnly, match="on-network-fs"):
        restore(folder, Inventory(), Operator("root"), 0)
    findings = maintenance.examine(folder)
    assert "network" in {finding.code for finding in findings}
    assert maintenance.mend(folder, findings, Operator("anna"), 0, words_of, allow_network_fs=True)
