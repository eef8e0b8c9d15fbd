"""The doctor finds what is wrong with a store and mends it without losing anything."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kconsole.core.errors import NotFound
from kconsole.operations.maintenance import examine, mend
from kconsole.text.messages import words_of
from tests.operations.harmed import (
    DORA,
    codes,
    contents,
    damage,
    empty,
    files,
    mended,
    stale_and_changed,
    store_of,
    works,
)


def test_a_store_that_is_well_has_no_findings(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    before = files(folder)
    assert examine(folder) == []
    assert mend(folder, [], DORA, 0, words_of) == []
    assert files(folder) == before


def test_without_a_store_there_is_nothing_to_examine(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-store"):
        examine(tmp_path)
    with pytest.raises(NotFound):
        examine(tmp_path / "none")


def test_what_others_can_read_is_closed(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    folder.chmod(0o755)
    (folder / "journal.jsonl").chmod(0o644)
    (folder / "store.json").chmod(0o660)
    (folder / "link").symlink_to(tmp_path)
    tmp_path.chmod(0o755)
    findings = examine(folder)
    assert [finding.code for finding in findings] == ["permissions"] * 3
    assert all(finding.serious and finding.mendable for finding in findings)
    assert [finding.mended for finding in mend(folder, findings, DORA, 0, words_of)] == [True] * 3
    assert examine(folder) == []
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_what_is_no_part_of_a_store_is_left_alone(tmp_path: Path) -> None:
    folder = store_of(tmp_path)
    others = [folder / name for name in ("notes.txt", ".journal.new", ".editor.swp.new", "homes")]
    for path in others[:-1]:
        path.write_bytes(b"mine")
    others[-1].mkdir()
    (folder / "journal.jsonl").chmod(0o644)
    for path in (folder, *others):
        path.chmod(0o755)
        os.utime(path, (0, 0))
    assert codes(folder) == ["permissions"]
    mend(folder, examine(folder), DORA, 0, words_of)
    assert examine(folder) == []
    assert {path.stat().st_mode & 0o777 for path in (folder, *others)} == {0o755}
    assert (folder / "journal.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("harm", "code", "serious"),
    [
        (damage, "snapshot", True),
        (empty, "snapshot", True),
        (stale_and_changed, "snapshot", True),
        (Path.unlink, "no-snapshot", False),
    ],
)
def test_a_snapshot_is_made_again_from_the_journal(
    tmp_path: Path, harm: Callable[[Path], None], code: str, serious: bool
) -> None:
    folder = store_of(tmp_path)
    good, journal = contents(folder), (folder / "journal.jsonl").read_bytes()
    harm(folder / "store.json")
    (finding,) = examine(folder)
    assert (finding.code, finding.serious, finding.mendable) == (code, serious, True)
    assert finding.what.params["snapshot"] == str(folder / "store.json")
    (done,) = mended(folder)
    assert done.mended
    assert examine(folder) == []
    assert (contents(folder), (folder / "journal.jsonl").read_bytes()) == (good, journal)
    assert json.loads((folder / "store.json").read_bytes())["license"]["1"]["seats"] == 10
    works(folder)
