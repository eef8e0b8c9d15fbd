"""Stores that may only be read, and stores on another machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kconsole.core.errors import ConsoleError, ReadOnly, Refused, StoreUnusable
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.operations import maintenance
from kconsole.operations.dumps import restore
from kconsole.operations.session import Session
from kconsole.operations.sharing import share
from kconsole.store.seatstore import SeatStore
from kconsole.text.messages import error_words, hint_words, words_of
from tests.clocks import noon
from tests.operations.shared_stores.sharing import (
    ANNA,
    BERG,
    GROUP,
    OTHER_GROUP,
    OUTSIDER,
    change,
    mend,
)
from tests.store.stores import account, add, addresses, inventory_of, opened
from tests.users import as_root, user

pytestmark = as_root


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
