"""`kconsole domains map` and `kconsole map`, against a real directory server: what they say, and end with."""

from pathlib import Path

import pytest

from kconsole.net.secrets import DIRECTORY_PASSWORD
from tests.cli.console import Console, Said, account
from tests.directory_server.server import CREW, DirectoryServer

CREW_LOGINS = ["amy", "bender", "fry", "hermes", "leela", "professor", "zoidberg"]


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_PASSWORD, DirectoryServer.password)


def settings(server: DirectoryServer, **changed: str) -> list[str]:
    words = {"url": server.ldaps_url, "base": CREW, "bind-as": server.bind_dn, "ca": server.ca_file, **changed}
    return [part for name, value in words.items() if value for part in (f"--{name}", value)]


def crew(console: Console, server: DirectoryServer, *entries: object, seats: int | None = 10) -> Console:
    """A store whose domain is mapped from the crew of the directory, but no one mapped yet."""
    console.fill(*entries, seats=seats)  # type: ignore[arg-type]  # entries
    console.done("domains", "map", "north.example", *settings(server))
    return console


def store_of(console: Console) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(console.folder.iterdir()))


def expect_no_password(console: Console, *said: Said) -> None:
    for text in (store_of(console).decode(), *(part for each in said for part in (each.out, each.err))):
        assert DirectoryServer.password not in text


def test_a_directory_is_named_tested_shown_and_forgotten(console: Console, directory_server: DirectoryServer) -> None:
    console.fill()
    said = console.done("domains", "map", "north.example", *settings(directory_server), "--test")
    how = "encrypted, the CA file trusts the certificate"
    assert f"{directory_server.ldaps_url} answers (OpenLDAP); {how}." in said.talk
    assert f"Its certificate: {directory_server.fingerprint}" in said.talk
    assert f"7 users below {CREW}." in said.talk
    shown = console.done("domains", "map", "north.example")
    assert [line.split(maxsplit=1)[0] for line in shown.out.splitlines()] == ["URL", "Base", "Kind", "Binds", "Trusts"]
    document = console.done("domains", "map", "north.example", "--json").json
    assert (document["url"], document["kind"], document["insecure"]) == (directory_server.ldaps_url, "openldap", False)
    assert console.done("domains", "map", "north.example", "--test").talk[0].startswith(directory_server.ldaps_url)
    console.done("domains", "map", "north.example", "--remove")
    assert console("map", "north.example").code == 3
    expect_no_password(console, said, shown)


def test_what_does_not_answer_is_not_kept(console: Console, directory_server: DirectoryServer) -> None:
    console.fill()
    wrong = settings(directory_server, ca="", fingerprint=":".join(["AB"] * 32))
    said = console("domains", "map", "north.example", *wrong, "--test")
    assert said.code == 8
    assert directory_server.fingerprint in said.err
    assert console("domains", "map", "north.example").code == 3


def test_insecure_is_loud_and_recorded(console: Console, directory_server: DirectoryServer) -> None:
    console.fill()
    said = console.done("domains", "map", "north.example", *settings(directory_server, ca=""), "--insecure", "--test")
    assert any(line.startswith("INSECURE: ") for line in said.talk)
    assert any("NOT CHECKED" in line for line in said.talk)
    again = console.done("map", "north.example", "--dry-run")
    assert again.talk[0].startswith("INSECURE: ")
    assert b'"insecure":true' in store_of(console)


@pytest.mark.parametrize(
    "words",
    [
        ["--url", "ldaps://x.example"],
        ["--base", "dc=x"],
        ["--kind", "apple"],
        ["--insecure"],
        ["--remove", "--url", "ldaps://x.example", "--base", "dc=x"],
        ["--url", "https://x.example", "--base", "dc=x"],
        ["--url", "ldaps://x.example", "--base", "dc=x", "--attribute", "login"],
        ["--url", "ldaps://x.example", "--base", "dc=x", "--attribute", "password=userPassword"],
        ["--url", "ldaps://x.example", "--base", "dc=x", "--kind", "novell"],
        ["--url", "ldaps://x.example", "--base", "dc=x", "--filter", "(a=b"],
        ["--url", "ldaps://x.example", "--base", "dc=x", "--ca", "/nowhere/ca.pem"],
    ],
)
def test_settings_that_make_no_sense_are_refused(console: Console, words: list[str]) -> None:
    console.fill()
    assert console("domains", "map", "north.example", *words).code == 2
    assert console("domains", "map", "north.example").code == 3


def test_users_are_previewed_and_mapped(console: Console, directory_server: DirectoryServer) -> None:
    crew(console, directory_server, account("zoidberg"))
    said = console.done("map", "north.example", "--dry-run", "--all")
    lines = said.out.splitlines()
    assert lines[:2] == ["Seats     1 → 7 of 10 used   OK", "Accounts  6 new, 1 colliding"]
    assert "Colliding, not mapped (1)" in lines
    assert any(line.startswith("  zoidberg  the address is already taken by a local account") for line in lines)
    assert [line.split("@")[0].strip() for line in lines if "@north.example" in line] == CREW_LOGINS[:-1]
    assert said.talk == ["Nothing was mapped: this was a dry run."]
    assert len(console.accounts()) == 1
    done = console("map", "north.example", "--reason", "new system")
    assert done.code == 1  # one of them could not be mapped
    assert "north.example: 6 accounts mapped, changed or disabled." in done.talk
    assert "1 → 7 of 10 seats used" in done.talk
    assert done.talk[-1] == "In part: 1 user cannot be mapped: 1 whose address is taken."
    assert {entry["origin"] for entry in console.accounts("--verdict", "directory-mapped")} == {"directory"}
    line = console.done("log", "--json").json[-1]
    assert (line["deed"], line["reason"], line["seats"]) == ("map", "new system", {"before": 1, "after": 7})
    again = console("map", "north.example")
    assert (again.code, again.talk[-1]) == (1, done.talk[-1])
    console.done("undo")
    assert len([entry for entry in console.accounts() if entry["kind"] == "user"]) == 1
    expect_no_password(console, said, done)


def test_a_life_in_the_directory(console: Console, own_directory: DirectoryServer) -> None:
    crew(console, own_directory)
    console.done("map", "north.example")
    console.done("connect", "fry@north.example", "--via", "IMAP")
    fry = next(entry for entry in console.dump["entries"] if entry["address"] == "fry@north.example")
    own_directory.modify(f"cn=Philip J. Fry,{CREW}", uid=["philip"])
    own_directory.modify(f"cn=Amy Wong+sn=Kroker,{CREW}", pwdAccountLockedTime=["000001010000Z"])
    own_directory.delete(f"cn=Bender Bending Rodriguez,{CREW}")
    preview = console.done("map", "north.example", "--dry-run").out
    assert "Accounts  1 renamed, 1 disabled there, 4 the same, 1 gone" in preview
    assert "  fry@north.example  → philip@north.example" in preview
    console.done("map", "north.example")
    entries = {entry["address"].partition("@")[0]: entry for entry in console.dump["entries"]}
    assert entries["philip"] == fry | {"address": "philip@north.example"}
    assert not entries["amy"]["enabled"]
    assert entries["bender"]["enabled"]
    assert console.done("status", "--json").json["seats"]["used"] == 6
    said = console.done("map", "north.example", "--deactivate-gone")
    assert "6 → 5 of 10 seats used" in said.talk
    assert not next(entry for entry in console.dump["entries"] if "bender" in entry["address"])["enabled"]


def test_past_the_limit_only_if_it_is_said(console: Console, directory_server: DirectoryServer) -> None:
    crew(console, directory_server, account("anna", mailbox=True), seats=3)
    before, records = store_of(console), console.dump
    for words in (["--dry-run"], []):
        assert store_of(console) == before
        said = console("map", "north.example", *words)
        assert said.code == 4
        assert "The license will be exceeded by 5 seats" in said.err
        assert "--over-limit" in said.err
    assert "of 7 accounts without a mailbox the first 2 to log in are let in, the other 5 are refused" in said.out
    assert "Without a mailbox: refused at login once the seats are used up (7)" in said.out
    assert console.dump == records
    assert [refusal["code"] for refusal in console.done("log", "--json").json[-1]["refusals"]] == ["over-limit"]
    console.done("map", "north.example", "--over-limit")
    assert console.done("status", "--json").json["seats"]["state"] == "exceeded"
    for login in ("amy", "bender"):
        console.done("connect", f"{login}@north.example")
    refused = console("connect", "fry@north.example")
    assert refused.code == 4
    assert "AuthLicense" in refused.err
    console.done("connect", "anna@north.example")


def test_many_that_are_gone_need_their_number(console: Console, own_directory: DirectoryServer) -> None:
    crew(console, own_directory)
    console.done("map", "north.example")
    console.done("domains", "map", "north.example", *settings(own_directory, base=f"ou=staff,{own_directory.base}"))
    before = console.dump
    said = console("map", "north.example", "--deactivate-gone")
    assert said.code == 2
    assert "--confirm-gone 7" in said.err
    assert console("map", "north.example", "--deactivate-gone", "--confirm-gone", "6").code == 4
    assert console.dump == before
    console.done("map", "north.example", "--deactivate-gone", "--confirm-gone", "7")
    assert console.done("status", "--json").json["seats"]["used"] == 0


def test_a_plan_for_machines(console: Console, directory_server: DirectoryServer) -> None:
    crew(console, directory_server, account("zoidberg"), seats=3)
    said = console("map", "north.example", "--dry-run", "--json")
    assert said.code == 4
    plan = said.json
    assert sorted(plan["new"]) == [f"{login}@north.example" for login in CREW_LOGINS[:-1]]
    assert plan["colliding"] == [{"login": "zoidberg", "because": "the address is already taken by a local account"}]
    assert (plan["over_by"], plan["at_login"]["refused"], plan["done"]) == (4, 4, False)
    assert plan["seats_before"]["used"], plan["seats_after"]["used"] == (1, 7)
    done = console("map", "north.example", "--over-limit", "--json")
    assert (done.code, done.json["done"]) == (1, True)


def test_a_directory_that_is_away_changes_nothing(console: Console, own_directory: DirectoryServer) -> None:
    crew(console, own_directory)
    console.done("map", "north.example")
    before = store_of(console)
    own_directory.stop()
    said = console("map", "north.example", "--deactivate-gone")
    assert said.code == 8
    assert own_directory.ldaps_url in said.err
    assert "Traceback" not in said.err
    assert store_of(console) == before


def test_the_password_from_a_file(
    console: Console, directory_server: DirectoryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew(console, directory_server)
    monkeypatch.delenv(DIRECTORY_PASSWORD)
    file = tmp_path / "password"
    file.write_text(f"{directory_server.password}\nnothing of this\n")
    file.chmod(0o640)
    said = console("map", "north.example", "--dry-run", "--password-file", str(file))
    assert (said.code, f"Other users can read {file}." in said.err) == (2, True)
    file.chmod(0o600)
    console.done("map", "north.example", "--dry-run", "--password-file", str(file))
    file.write_text("not-this-one")
    said = console("map", "north.example", "--dry-run", "--password-file", str(file))
    assert said.code == 8
    assert "not-this-one" not in said.err
    for content in (b"", b"\n", b"\xff\xfe", b"x" * 5000):
        file.write_bytes(content)
        assert console("map", "north.example", "--dry-run", "--password-file", str(file)).code == 2
    assert console("map", "north.example", "--dry-run", "--password-file", str(tmp_path / "none")).code == 2
    alone = console.forked("map", "north.example", "--dry-run")
    assert alone.code == 2
    assert "there is no terminal to ask" in alone.err


def test_read_only_shows_and_changes_nothing(console: Console, directory_server: DirectoryServer) -> None:
    crew(console, directory_server)
    before = store_of(console)
    console.done("--read-only", "map", "north.example", "--dry-run")
    assert console("--read-only", "map", "north.example").code == 4
    assert console("--read-only", "domains", "map", "north.example", "--remove").code == 4
    assert store_of(console) == before


@pytest.mark.thorough
def test_hostile_names_reach_no_terminal(console: Console, large_directory: DirectoryServer) -> None:
    console.fill(seats=None)
    console.done("domains", "map", "north.example", *settings(large_directory, base=large_directory.base))
    said = console("map", "north.example", "--all")
    assert said.is_harmless()
    assert console.done("accounts").is_harmless()
    assert len(console.accounts()) > 4000
    assert console("map", "north.example", "--json").json["new"] == []
