"""License files are installed once they are confirmed."""

from pathlib import Path

import pytest

from tests.cli.console import Console
from tests.cli.licenses import license_of
from tests.cli.test_hostile import harmless
from tests.importers.license_writer import license_key, trial_key
from tests.wire.terminal import terminal


def test_a_license_file_is_installed_once_it_is_confirmed(licensed: Console, key_file: Path) -> None:
    before = licensed.dump
    dry = licensed.done("license", "install", str(key_file), "--dry-run", "--json")
    assert dry.talk[0] == "What would change:"
    assert "  Seats: 10 → 25" in dry.talk
    assert "  Exchange ActiveSync: not licensed → 5 seats until 2027-01-01" in dry.talk
    assert "Its signature is not checked: only the server can do that." in dry.talk
    assert (dry.json["outcome"], dry.json["notes"]) == (
        "dry-run",
        ["Its signature is not checked: only the server can do that."],
    )
    unasked = licensed("license", "install", str(key_file))
    assert (unasked.code, licensed.dump) == (2, before)
    assert "--yes" in unasked.talk[-1]
    licensed.done("license", "install", str(key_file), "--yes", "--reason", "renewed")
    assert (license_of(licensed)["seats"], license_of(licensed)["expires"]) == (25, "2027-05-04")
    assert licensed.done("license", "install", str(key_file)).talk[-1] == "The license already has these terms."
    licensed.done("undo")
    assert licensed.dump == before


@pytest.mark.parametrize(("answer", "seats"), [("y", 25), ("n", 10), ("", 10)])
def test_a_person_is_asked_whether_to_install(
    licensed: Console, key_file: Path, home: Path, answer: str, seats: int
) -> None:
    with terminal("--store", str(licensed.folder), "license", "install", str(key_file), home=home) as screen:
        screen.wait_for("Seats: 10 → 25", "signature is not checked", "Install it?").send(f"{answer}\n")
        assert screen.wait_for_end() == 0
    assert license_of(licensed)["seats"] == seats


def test_a_file_smaller_than_what_is_in_use(licensed: Console, key_file: Path) -> None:
    key_file.write_bytes(license_key(users="4"))
    assert licensed("license", "install", str(key_file), "--yes").code == 4
    licensed.done("license", "install", str(key_file), "--yes", "--over-limit")
    assert license_of(licensed)["seats"] == 4


def test_a_file_from_a_pipe_is_not_asked_about(licensed: Console) -> None:
    text = license_key().decode()
    assert licensed.forked("license", "install", "-", text=text).code == 2
    assert licensed.forked("license", "install", "-", "--yes", text=text).code == 0


def test_files_that_are_refused(licensed: Console, tmp_path: Path) -> None:
    before = licensed.dump
    path = tmp_path / "given.key"
    for content, code in ((trial_key(), 4), (b"", 2), (license_key(users="-3"), 2), (b"\xff\x00" * 99, 2)):
        path.write_bytes(content)
        for more in ([], ["--dry-run"]):
            said = harmless(licensed("license", "install", str(path), "--yes", *more))
            assert (said.code, said.out, licensed.dump) == (code, "", before)
