"""Recording logins by command: one by one, and from a log."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kconsole.core.records import Domain, LastLogin
from tests.cli.console import Console, account
from tests.cli.test_hostile import HOSTILE, harmless

AUGUST = LastLogin(datetime(2025, 8, 5, 9, tzinfo=UTC), "POP3")


@pytest.fixture
def office(console: Console) -> Console:
    return console.fill(
        account("anna", mailbox=True, last_login=AUGUST),
        account("berg"),
        account("chen", origin="directory"),
        account("off", enabled=False),
        account("info", kind="alias", delivers_to=("anna@north.example",)),
        seats=2,
        domains=(Domain(name="north.example", primary=True),),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "logins.csv"
    path.write_text(
        "address;password;time;protocol\n"
        "anna@north.example;Geheim1;2025-09-01T09:00Z;IMAP\n"
        "berg@north.example;Geheim2;2025-09-01T11:00:00+02:00;EAS\n"
        "chen;Geheim3;2025-09-01T09:00Z;IMAP\n"
        "info@north.example;Geheim4;2025-09-01T09:00Z;IMAP\n"
        "none@north.example;Geheim5;2025-09-01T09:00Z;IMAP\n"
        "off@north.example;Geheim6;;\n"
    )
    return path


def last_logins(console: Console) -> dict[str, str]:
    return {
        document["login"]: document["last_login"]["at"] for document in console.accounts() if document["last_login"]
    }


def test_a_login_is_recorded_reported_and_undone(office: Console) -> None:
    said = office.done("connect", "berg@north.example", "--via", "IMAP", "--at", "2026-01-02T03:04+01:00")
    assert (said.out, said.talk[0]) == ("", "berg@north.example: logged in, the mailbox was created")
    assert said.talk[1] == "Mailboxes in use: 1 → 2 of 2"
    assert said.talk[2].startswith("1 account without a mailbox would be refused at login now (AuthLicense). ")
    assert last_logins(office)["berg"] == "2026-01-02T02:04:00Z"
    (line,) = office.done("log", "--json", "--account", "berg@north.example").json[-1:]
    assert line["deed"] == "connect"
    assert "connect" in office.done("log").out
    office.done("undo")
    assert "berg" not in last_logins(office)
    office.done("connect", "berg@north.example")
    assert "berg" in last_logins(office)


def test_beyond_the_license_a_login_is_refused(office: Console) -> None:
    office.done("connect", "berg@north.example")
    said = office("connect", "chen@north.example", "--via", "IMAP")
    assert (said.code, said.out) == (4, "")
    assert said.talk[0].startswith("chen@north.example: AuthLicense")
    assert "buy seats" in said.talk[1]
    assert "connect refused" in office.done("log").out
    assert "would be refused: AuthLicense" in office.done("explain", "chen@north.example").out
    assert office("connect", "anna@north.example").code == 0


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (4, ["off@north.example"]),
        (4, ["info@north.example"]),
        (3, ["none@north.example"]),
        (2, []),
        (2, ["berg@north.example", "--at", "yesterday"]),
        (2, ["berg@north.example", "--at", "1970-01-01T00:00Z"]),
        (2, ["berg@north.example", "--at", "9000-01-02T03:04Z"]),
        (2, ["berg@north.example", "--via", "x" * 65]),
    ],
)
def test_what_is_no_login_changes_nothing(office: Console, code: int, arguments: list[str]) -> None:
    before = office.dump
    said = harmless(office("connect", *arguments))
    assert (said.code, said.out, office.dump) == (code, "", before)


def test_logins_are_brought_in_from_a_log(office: Console, file: Path) -> None:
    before = office.dump
    dry = office.done("import", "logins", str(file), "--dry-run")
    assert dry.talk == [
        "5 logins read as UTF-8, 0 faulty rows.",
        "3 accounts with a later login than the known one, 0 without.",
        "Skipped 1 row without a login: no time, or one that means never.",
        "Skipped 1 address not in this store: none@north.example.",
        "Skipped 1 address of entries that are not accounts: info@north.example.",
        "Mailboxes in use: 1 → 3 of 2",
        "Nothing was imported: this was a dry run.",
    ]
    assert office.dump == before
    said = office.done("import", "logins", str(file), "--reason", "server log")
    assert said.talk[:5] == dry.talk[:5]
    assert said.talk[5:] == ["Imported the last logins of 3 accounts.", "Mailboxes in use: 1 → 3 of 2"]
    assert set(last_logins(office).values()) == {"2025-09-01T09:00:00Z"}
    assert "Imported the last logins of 0 accounts." in office.done("import", "logins", str(file)).talk
    kept = b"".join(path.read_bytes() for path in office.folder.rglob("*") if path.is_file()).decode()
    for text in (kept, json.dumps(office.dump), said.err, dry.err):
        assert "Geheim" not in text
    office.done("undo")
    assert office.dump == before


def test_faulty_rows_are_reported_and_refuse_the_import(office: Console, file: Path) -> None:
    before = office.dump
    file.write_text("address,time\nanna,2025-09-31T09:00\nberg,2025-09-01T09:00\n,2025-09-01T09:00Z\n")
    said = office("import", "logins", str(file))
    assert (said.code, said.out, office.dump) == (2, "", before)
    assert said.talk[-4:-1] == [
        "kconsole: 2 faulty rows. Nothing was imported:",
        "  line 2: The time is not in the calendar",
        "  line 4: The row has no address",
    ]
    assert office("import", "logins", str(file), "--dry-run").code == 2
    partly = office("import", "logins", str(file), "--skip-faulty", "--zone", "Europe/Prague")
    assert (partly.code, last_logins(office)["berg"]) == (1, "2025-09-01T07:00:00Z")


def test_what_kconsole_lists_can_be_brought_in_elsewhere(office: Console, file: Path, tmp_path: Path) -> None:
    office.done("import", "logins", str(file))
    listed = tmp_path / "listed.csv"
    listed.write_text(office.done("accounts", "--csv").out)
    other = Console(tmp_path / "other").fill(account("anna"), account("berg"), account("chen"))
    other.done("import", "logins", str(listed))
    assert last_logins(other) == last_logins(office)


def test_an_import_that_cannot_begin(office: Console, file: Path, tmp_path: Path) -> None:
    for arguments in (
        [],
        [str(tmp_path / "none.csv")],
        [str(tmp_path)],
        [str(file), "--zone", "klingon"],
        [str(file), "--encoding", "klingon"],
    ):
        assert office("import", "logins", *arguments).code == 2
    file.write_text("name;password\nx;Geheim\n")
    said = office("import", "logins", str(file))
    assert (said.code, "Geheim" in said.err) == (2, False)
    assert office("--read-only", "import", "logins", str(file)).code in (2, 4)


def test_logins_come_through_a_pipe(office: Console) -> None:
    said = office.forked("import", "logins", "-", text="address\ttime\nberg\t2025-09-01T09:00Z\n")
    assert (said.code, last_logins(office)["berg"]) == (0, "2025-09-01T09:00:00Z")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_reach_no_terminal(office: Console, tmp_path: Path, text: str) -> None:
    cell = '"' + text.replace("\n", "").replace("\r", "").replace("\x00", "") + '"'
    path = tmp_path / "logins.csv"
    path.write_text(
        f"address;time;protocol\n{cell};2025-09-01T09:00Z;IMAP\nberg;2025-09-01T09:00Z;{cell}\nanna;{cell};\n"
    )
    assert harmless(office("import", "logins", str(path))).code == 2
    harmless(office("import", "logins", str(path), "--skip-faulty"))
    harmless(office("connect", "anna@north.example", "--via", text))
    for arguments in ("log", "accounts", "accounts --csv", "explain berg@north.example"):
        harmless(office(*arguments.split()))
