"""share on, share off, and the folder's lists of more users and groups."""

import os
import struct
from pathlib import Path

import pytest

from kconsole.core.errors import NotFound, Refused, StoreUnusable
from kconsole.core.history import Operator
from kconsole.core.records import Inventory
from kconsole.operations import maintenance
from kconsole.operations.session import Session
from kconsole.operations.sharing import group_named, share
from tests.clocks import noon
from tests.operations.shared_stores.sharing import (
    ACCESS,
    ANNA,
    BERG,
    CHEN,
    DEFAULT,
    DOORS,
    GROUP,
    OTHER_GROUP,
    OUTSIDER,
    SHARED,
    change,
    codes,
    kept,
    modes,
    new_snapshot,
)
from tests.store.stores import account, add, addresses, inventory_of, opened
from tests.users import as_root, user

pytestmark = as_root


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
