"""What the license commands keep and show: no secret, nothing hostile, and no change where they only read."""

import json
from pathlib import Path

import pytest

from tests.cli.console import Console, Said
from tests.cli.licenses import options
from tests.cli.test_hostile import HOSTILE, harmless
from tests.importers.license_writer import FULL_ID, SIGNATURE, license_key


def test_read_only_shows_and_changes_nothing(licensed: Console, key_file: Path) -> None:
    before = licensed.dump
    for arguments in (
        ["show"], [], ["component"], ["update"], ["update", "--seats", "20", "--dry-run"],
        ["install", str(key_file), "--dry-run"],
    ):  # fmt: skip
        assert licensed("--read-only", "license", *arguments).code == 0
    for arguments in (
        ["trial"], ["register", *options()], ["activate"], ["update", "--buy", "5"], ["update", "--seats", "20"],
        ["component", "antispam"], ["install", str(key_file), "--yes"],
    ):  # fmt: skip
        assert licensed("license", *arguments, "--read-only").code == 4
    assert licensed.dump == before


def test_no_secret_is_kept_or_reported(licensed: Console, key_file: Path, tmp_path: Path) -> None:
    id_file = tmp_path / "id"
    said: list[Said] = []
    id_file.write_text(FULL_ID)
    said.append(licensed("license", "register", *options(), "--id-file", str(id_file), "--json"))
    said.append(licensed("license", "install", str(key_file), "--dry-run", "--json"))
    said.append(licensed("license", "install", str(key_file), "--yes"))
    id_file.write_text(f"{FULL_ID} {FULL_ID}")
    said.append(licensed("license", "register", *options(), "--id-file", str(id_file)))
    key_file.write_bytes(license_key("Users: many"))
    said.append(licensed("license", "install", str(key_file)))
    assert [each.code for each in said] == [0, 0, 0, 2, 2]
    said += [
        licensed(*line.split()) for line in ("license", "license --json", "log", "log --json", "dump", "status --json")
    ]
    kept = b"".join(path.read_bytes() for path in licensed.folder.rglob("*") if path.is_file()).decode()
    for text in (kept, *(each.out + each.err for each in said)):
        for secret in (FULL_ID, FULL_ID[:-4], "ABCDE", SIGNATURE):
            assert secret not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_reach_no_terminal(licensed: Console, tmp_path: Path, text: str) -> None:
    plain = text.replace("\x00", "")
    harmless(licensed("license", "register", *options(organization=plain, comment=plain)))
    path = tmp_path / "hostile.key"
    line = plain.replace("\n", "").replace("\r", "")
    path.write_bytes(
        license_key(f"Company: {line}", f"Features: {line}", f"Odd {line[:9]}: 1", license_id=f"1-2-{line}")
    )
    harmless(licensed("license", "install", str(path), "--dry-run", "--json"))
    harmless(licensed("license", "install", str(path), "--yes"))
    for arguments in ("license", "license --json", "status", "status --json", "log", "log --json"):
        harmless(licensed(*arguments.split()))
    path.write_bytes(license_key(users=line))
    assert harmless(licensed("license", "install", str(path))).code == 2


def test_a_hostile_dump_is_shown_harmlessly(licensed: Console) -> None:
    for text in HOSTILE:
        document = licensed.dump
        document["license"] |= {"id_end": text[:4], "customer": dict.fromkeys(document["license"]["customer"], text)}
        licensed.restore(json.loads(json.dumps(document)))
        for arguments in ("license", "license --json", "status --json", "log"):
            harmless(licensed(*arguments.split()))
