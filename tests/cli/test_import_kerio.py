"""`kconsole import kerio`: what it says, what it ends with, and that no password is among it."""

from pathlib import Path

import pytest

from tests.cli.console import Console, account
from tests.importers.kerio_writer import SECRET, document, listed, user, users_file, variables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "kerio"
    folder.mkdir()
    return folder


def write(folder: Path, users: bytes, server: bytes = b"<config/>") -> str:
    for name, content in (("users.cfg", users), ("mailserver.cfg", server)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)
    return str(folder)


def office(folder: Path) -> str:
    users = [user("anna", FullName="Anna Berg", Rights="3"), user("berg", Account_enabled="0"), user("chen")]
    aliases = [{"Domain": "north.example", "Lhs": "info", "Rhs": "anna"}]
    admin = {"BuiltInAdminEnabled": "1", "BuiltInAdminPassword": SECRET, "BuiltInAdminUsername": "Admin"}
    return write(
        folder,
        document(listed("User", users), listed("Alias", aliases)),
        document(f'<table name="Administration">{variables(admin)}</table>'),
    )


def test_the_files_are_previewed_imported_and_undone(console: Console, folder: Path) -> None:
    console.fill(account("chen", role="full_admin"), account("old"), seats=3)
    said = console.done("import", "kerio", office(folder), "--dry-run")
    assert said.talk == [
        "2 accounts, 1 alias and 1 built-in administrator new, 1 account changed, 0 the same, 0 faulty.",
        "1 seat needed, 1 free.",
        "New: anna@north.example, berg@north.example, Admin and info@north.example.",
        "Changed: chen@north.example (user).",
        "Not in the files, unchanged: old@north.example.",
        "Last logins and mailboxes are not in these files, and stay as they are.",
        "Nothing was imported: this was a dry run.",
    ]
    assert len(console.accounts()) == 2
    said = console.done("import", "kerio", str(folder), "--reason", "move")
    assert "Imported 4 entries, changed 1." in said.talk
    assert console.done("status", "--json").json["seats"]["used"] == 3
    log = console.done("log", "--json").json
    assert [(line["deed"], line["reason"]) for line in log][-1] == ("import kerio", "move")
    again = console.done("import", "kerio", str(folder))
    assert again.talk[0] == "0 accounts new, 0 accounts changed, 5 the same, 0 faulty."
    console.done("undo")
    assert len(console.accounts()) == 2


def test_no_password_is_said_or_kept(console: Console, folder: Path) -> None:
    console.fill()
    broken = write(folder, users_file(user("a b"), user("anna")).replace(b"</config>", b""))
    said = [console("import", "kerio", broken)]
    said += [console("import", "kerio", write(folder, users_file(user("a b"), user("anna"))))]
    said += [console("import", "kerio", office(folder)), console("dump"), console("log", "--json")]
    assert [one.code for one in said] == [2, 2, 0, 0, 0]
    secret = SECRET.removeprefix("D3S:")
    assert not [one for one in said if secret in one.out + one.err]
    assert not [path for path in console.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_a_malformed_file_changes_nothing(console: Console, folder: Path) -> None:
    console.fill(account("anna"))
    before = console.dump
    said = console("import", "kerio", write(folder, users_file(user("berg")), b"<config>\n<list>\n</config>"))
    assert said.code == 2
    assert said.talk == [
        f"kconsole: {folder}/mailserver.cfg, line 3: mismatched tag.",
        "Copy the file from the server again. Nothing was imported.",
    ]
    said = console("import", "kerio", write(folder, b"<!DOCTYPE config [<!ENTITY a 'b'>]><config>&a;</config>"))
    assert (said.code, "document type" in said.err) == (2, True)
    assert console("import", "kerio", str(folder / "none")).code == 2
    assert console.dump == before


def test_faulty_users_are_reported_with_their_lines(console: Console, folder: Path) -> None:
    console.fill()
    write(folder, users_file(user("a b"), user("anna")))
    said = console("import", "kerio", str(folder))
    assert said.code == 2
    assert "  users.cfg line 4: Its name has a space in it" in said.talk
    assert console("import", "kerio", str(folder), "--skip-faulty").code == 1
    assert [one["login"] for one in console.accounts()] == ["anna"]


def test_at_the_limit_nothing_is_created(console: Console, folder: Path) -> None:
    console.fill(account("x"), seats=1)
    for arguments in ([], ["--dry-run"]):
        said = console("import", "kerio", office(folder), *arguments)
        assert said.code == 4
        assert "2 seats needed, 0 free, short by 2." in said.talk
    assert [one["login"] for one in console.accounts()] == ["x"]


def test_many_notes_and_hostile_names_are_harmless(console: Console, folder: Path) -> None:
    console.fill()
    lists = listed("MailingList", [{"Domain": "north.example", "Name": f"a b{number}"} for number in range(12)])
    users = users_file(user("anna", FullName="[red]\u202e\u200bx", Description="\u0085[/]"))
    said = console.done("import", "kerio", write(folder, users, document(lists)))
    assert "and 2 more notes" in said.talk
    assert said.is_harmless()
    assert console.done("accounts").is_harmless()
