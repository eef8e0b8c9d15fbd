"""doctor: what it finds wrong in a store, and what it repairs."""

from pathlib import Path

import pytest

from kconsole.operations.samples import SAMPLES, sample_session
from tests.cli.console import Console, hashes

ANNA = "anna@north.example"
SOUND = [
    "There is no roles file /etc/kconsole/roles.toml: everyone who can open this store may do everything.",
    "The store is in order.",
]


def test_a_store_that_is_well(small: Console) -> None:
    said = small.done("doctor")
    assert (said.out, said.talk) == ("", SOUND)
    assert small.done("doctor", "--json").json == []
    assert small.done("doctor", "--fix").out == ""


@pytest.mark.parametrize("sample", SAMPLES)
def test_whatever_a_store_holds_it_is_well(tmp_path: Path, sample: str) -> None:
    """Logins, deleted accounts, resources, directories, a license with all that belongs to it."""
    console = Console(tmp_path / "store")
    sample_session(sample, console.folder).close()
    for more in ([], ["--fix"]):
        said = console.done("doctor", "--json", *more)
        assert (said.json, said.talk) == ([], SOUND)
    (console.folder / "store.json").unlink()
    assert console("doctor", "--json").json[0]["code"] == "no-snapshot"
    console.done("doctor", "--fix")
    assert console.done("doctor", "--json").json == []


def test_the_doctor_says_what_it_would_mend_and_mends_it(small: Console) -> None:
    small.done("disable", ANNA)
    (small.folder / "store.json").write_text("damaged")
    (small.folder / "store.json").chmod(0o644)
    before = hashes(small.folder)
    said = small("doctor")
    assert (said.code, hashes(small.folder)) == (1, before)
    assert said.out.startswith(f"wrong  {small.folder / 'store.json'} can be read by other users.\n")
    assert f"wrong  {small.folder / 'store.json'} is damaged: it is not whole JSON" in said.out
    assert "       It can be rebuilt from the journal.\n" in said.out
    assert said.talk == [SOUND[0], "'kconsole doctor --fix' repairs what can be repaired."]
    reported = small("doctor", "--json").json
    assert [list(finding) for finding in reported] == [["code", "text", "remedy", "serious", "mendable", "mended"]] * 2
    assert [finding["code"] for finding in reported] == ["permissions", "snapshot"]
    fixed = small.done("doctor", "--fix")
    assert [line[:7] for line in fixed.out.splitlines()] == ["fixed  ", "fixed  "]
    assert fixed.talk == SOUND
    del before["lock"]  # it names its last holder
    assert set(before.values()) <= set(hashes(small.folder).values())
    after = small.done("status", "--json")
    assert (after.err, after.json["seats"]["used"]) == ("", 0)
    assert small.done("doctor", "--fix", "--json").json == []


def test_what_cannot_be_mended_is_left_and_reported(small: Console, tmp_path: Path) -> None:
    dump = small.dump
    dump["entries"].append({**dump["entries"][0], "address": "x@north.example"})
    small.restore(dump)
    (small.folder / "journal.jsonl").write_bytes(b"nonsense\n")
    for name in ("store.json", "store.json.bak"):
        (small.folder / name).unlink(missing_ok=True)
    said = small("doctor", "--fix")
    assert said.code == 1
    assert "Nothing intact is left: restore it from a backup." in said.out
    assert (small.folder / "journal.jsonl").read_bytes() == b"nonsense\n"
    assert "--fix" not in said.err
    assert Console(tmp_path / "none")("doctor").code == 3


def test_the_doctor_does_not_mend_a_store_that_is_read_only(small: Console) -> None:
    (small.folder / "store.json").write_text("damaged")
    before = hashes(small.folder)
    assert small("doctor", "--fix", "--read-only").code == 4
    assert small("doctor", "--read-only").code == 1
    assert hashes(small.folder) == before


def test_a_damaged_journal_opens_to_be_read_only(small: Console) -> None:
    small.done("disable", ANNA)
    small.done("enable", ANNA)
    journal = small.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"deed":"disable"', b'"deed":"DISABLE"'))
    said = small("status")
    assert (said.code, said.out) == (7, "")
    assert "damaged at line 2" in said.talk[0]
    assert "--read-only" in said.talk[1]
    shown = small.done("--read-only", "status", "--json")
    assert shown.json["seats"]["used"] == 1
    assert "damaged at line 2" in shown.err
    assert small("--read-only", "log").code == 7
    assert small("restore", str(small.folder.parent / "given.json")).code == 7
    assert small.done("doctor", "--fix").talk == SOUND
    assert small.done("status", "--json").json["seats"]["used"] == 1
