"""Every door that makes or replaces a file of a shared store leaves it to the group."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kconsole.core.errors import StoreBusy, StoreUnusable
from kconsole.core.records import Inventory
from kconsole.operations import maintenance
from kconsole.operations.session import Session
from kconsole.operations.sharing import not_reached
from tests.clocks import noon
from tests.operations.shared_stores.sharing import (
    ANNA,
    BERG,
    CHEN,
    DOORS,
    GROUP,
    MASKS,
    SHARED,
    archive,
    change,
    codes,
    kept,
    lease,
    modes,
    new_snapshot,
)
from tests.store.stores import add, opened
from tests.users import as_root, user

pytestmark = as_root


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
