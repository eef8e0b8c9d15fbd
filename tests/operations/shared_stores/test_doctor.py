"""The doctor of a shared store: who can repair what."""

import os
from pathlib import Path

import pytest

from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Operator
from kconsole.operations import maintenance
from kconsole.operations.sharing import share
from kconsole.store.file_engine import rights
from tests.operations.shared_stores.sharing import (
    ANNA,
    BERG,
    CHEN,
    GROUP,
    SHARED,
    change,
    kept,
    mend,
    modes,
    new_snapshot,
)
from tests.store.stores import opened
from tests.users import as_root, user

pytestmark = as_root


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
