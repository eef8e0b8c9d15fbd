"""`suggest shared`: what it lists, the command for an alias, and that it changes nothing."""

import csv
import shlex
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from kconsole.cli.context import CliContext
from kconsole.core.records import Domain
from kconsole.core.server import Server
from tests.cli.console import Console, Said, account, in_process
from tests.cli.test_schemas import faults
from tests.cli.test_shell import write_roles
from tests.cli.watched import NOW, SERVER, STORE, again


def office(console: Console) -> Console:
    forwards = {
        "info": ("anna@north.example",), "sales": ("someone@elsewhere.example",), "=contact": (),
        "office": ("anna@north.example", "berg@x"), "evil$(id)": ("anna@north.example",),
    }  # fmt: skip
    people = [account(login, delivers_to=to) for login, to in forwards.items()]
    return console.fill(
        account("anna", full_name="Anna Berg"), account("noreply@south.example"), account("fax", enabled=False),
        *people, domains=(Domain(name="north.example"), Domain(name="south.example")),
    )  # fmt: skip


def test_the_list_with_the_command_for_an_alias(console: Console) -> None:
    before = office(console).dump
    answer = console.done("suggest", "shared", "--json").json
    assert faults("shared", answer) == []
    rows = {row["address"].partition("@")[0]: (row["way"], row["command"]) for row in answer["accounts"]}
    to_anna = ["--to", "anna@north.example", "--alias-to", "anna@north.example"]
    assert rows.pop("evil$(id)")[1] == "kconsole offboard 'evil$(id)@north.example' " + shlex.join(to_anna)
    assert rows == {
        "info": ("alias", shlex.join(["kconsole", "offboard", "info@north.example", *to_anna])),
        "sales": ("alias", None),  # the other account is not in this store
        "office": ("mailing-list", None),
        "=contact": ("public-folder", None),
        "noreply": ("public-folder", None),
    }
    command = shlex.split(rows["info"][1] or "")[1:]
    assert console.done(*command, "--dry-run").code == 0
    assert console.dump == before


def test_it_is_for_one_domain_or_a_spreadsheet(console: Console) -> None:
    said = office(console).done("suggest", "shared", "--csv", "--csv-style", "semicolon")
    rows = list(csv.DictReader(said.out.splitlines(), delimiter=";"))
    assert {row["address"] for row in rows} >= {"'=contact@north.example", "noreply@south.example"}
    one = console.done("suggest", "shared", "--domain", "SOUTH.example", "--json").json["accounts"]
    assert [row["address"] for row in one] == ["noreply@south.example"]
    assert console("suggest", "shared", "--domain", "west.example").code == 3
    assert console("suggest", "shared", "--json", "--csv").code == 2


def test_a_domain_is_the_same_however_it_is_written(console: Console) -> None:
    console.fill(
        account("info@North.EXAMPLE"), account("info@xn--bcher-kva.example"),
        domains=(Domain(name="north.example"), Domain(name="bücher.example")),
    )  # fmt: skip
    for domain in ("north.example", "NORTH.example", "bücher.example", "xn--bcher-kva.example"):
        assert len(console.done("suggest", "shared", "--domain", domain, "--json").json["accounts"]) == 1


def test_lists_that_no_one_sees_or_says_who_moderates_them_are_not_without_moderators(
    console: Console, tmp_path: Path
) -> None:
    domains = (Domain(name="north.example"), Domain(name="south.example"))
    talk = account("talk@south.example", kind="mailing_list")
    place = CliContext(
        location=console.folder, operator_name="anna", roles_file=write_roles(tmp_path, domains=("north.example",))
    )
    for moderators, expected in ((("info@north.example",), (["moderator"], [])), ((), ([], ["moderator"]))):
        console.fill(account("info"), replace(talk, moderators=moderators), domains=domains)
        for said in (console.done("suggest", "shared", "--json"), in_process(["suggest", "shared", "--json"], place)):
            assert faults("shared", said.json) == []
            (row,) = said.json["accounts"]
            assert (row["against"], [each for each in row["unknown"] if each == "moderator"]) == expected


def test_what_was_not_read_is_said(console: Console) -> None:
    def said_of(server: Server) -> Said:
        return again(console, replace(STORE, server=server)).done("suggest", "shared", "--json")

    unread = replace(SERVER, uncounted=("secret.example",), counted=("north.example",))
    ahead = replace(SERVER, synced_at=NOW + timedelta(days=9))
    for server, codes in (
        (SERVER, []), (unread, ["report-domains-unread"]), (replace(SERVER, synced_at=None), ["data-is-old"]),
        (ahead, ["data-is-old"]),
    ):  # fmt: skip
        said = said_of(server)
        assert faults("shared", said.json) == []
        assert [gap["code"] for gap in said.json["gaps"]] == codes
        assert [line.removeprefix("Note: ") for line in said.talk] == [gap["text"] for gap in said.json["gaps"]]
    assert "a clock is wrong" in said_of(ahead).err
