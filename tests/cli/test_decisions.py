"""The commands keep and protect."""

import pytest

from tests.cli.console import Console, account


@pytest.fixture
def office(console: Console) -> Console:
    return console.fill(account("anna"), account("svc-scan"), account("berg"))


def test_keep_lists_moves_and_ends(office: Console) -> None:
    office.done("keep", "anna", "berg", "--until", "20d", "--reason", "on leave")
    kept = office.done("keep", "--json").json
    assert [(each["address"], each["reason"], each["active"]) for each in kept] == [
        ("anna@north.example", "on leave", True),
        ("berg@north.example", "on leave", True),
    ]
    assert "on leave" in office.done("keep").out
    assert [each["login"] for each in office.accounts("--filter", "is:kept", "--sort", "address")] == ["anna", "berg"]
    office.done("keep", "--end", "anna")
    assert len(office.done("keep", "--json").json) == 1
    assert "until" in office.done("explain", "berg").out
    assert "berg" not in office.done("status").out
    office.done("keep", "berg", "--until", "3d", "--reason", "back on Monday")
    assert "back on Monday" in office.done("status").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("anna",), 2),
        (("--until", "3d"), 2),
        (("anna", "--until", "3d"), 2),  # no reason
        (("anna", "--until", "soon", "--reason", "x"), 2),
        (("anna", "--until", "2020-01-01", "--reason", "x"), 2),
        (("anna", "--until", "500d", "--reason", "x"), 4),
        (("anna", "--until", "3d", "--end", "--reason", "x"), 2),
        (("zoe", "--until", "3d", "--reason", "x"), 3),
        (("anna", "--json"), 2),
    ],
)
def test_keep_says_what_it_needs(office: Console, arguments: tuple[str, ...], code: int) -> None:
    assert office("keep", *arguments).code == code
    assert office.done("keep", "--json").json == []


def test_protect_lists_and_removes(office: Console) -> None:
    office.done("protect", "svc-*", "--reason", "scanners")
    (protected,) = office.done("protect", "--json").json
    assert (protected["pattern"], protected["reason"], protected["accounts"]) == ("svc-*", "scanners", 1)
    assert "svc-*" in office.done("protect").out
    assert "scanners" in office.done("explain", "svc-scan").out
    office.done("protect", "--remove", "svc-*")
    assert office.done("protect", "--json").json == []
    assert [office("protect", *each).code for each in (("svc-*",), ("--remove",), ("--remove", "x"))] == [2, 2, 3]
    assert office.done("undo").code == 0
    assert len(office.done("protect", "--json").json) == 1


def test_a_dump_holds_what_was_decided(office: Console) -> None:
    office.done("keep", "anna", "--until", "20d", "--reason", "on leave")
    office.done("protect", "svc-*", "--reason", "scanners")
    dump = office.dump
    office.restore(dump)
    assert office.dump == dump


def test_reserve_adds_lists_extends_and_cancels(console: Console) -> None:
    console.fill(account("anna"), seats=4)
    console.done("reserve", "add", "Berta Novak", "--until", "20d", "--count", "2", "--reason", "starts in spring")
    (reserved,) = console.done("reserve", "list", "--json").json
    assert (reserved["subject"], reserved["count"], reserved["domain"], reserved["active"]) == (
        "Berta Novak",
        2,
        "",
        True,
    )
    seats = console.done("status", "--json").json["seats"]
    assert (seats["used"], seats["free"], seats["reserved"], seats["available"]) == (1, 3, 2, 1)
    status = console.done("status").out
    assert "2 reserved" in status
    assert "▄" in status.splitlines()[0]
    console.done("add", "chen@north.example")
    refused = console("add", "dora@north.example")
    assert (refused.code, "Berta Novak" in refused.err, "reserve cancel" in refused.err) == (4, True, True)
    console.done("add", "berta@north.example", "--use", reserved["id"])
    console.done("reserve", "extend", reserved["id"], "30d")
    console.done("add", "dora@north.example", "--over-reservations", "--reason", "urgent")
    assert [
        line["refusals"][0]["code"]
        for line in console.done("log", "--json").json
        if line["changes"] and line["refused"]
    ]
    console.done("reserve", "cancel", reserved["id"])
    assert console.done("reserve", "list", "--json").json == []
    assert console("reserve", "cancel", reserved["id"]).code == 3
    assert console("reserve", "add", "x", "--until", "3d", "--reason", "x").code == 4
    assert console("reserve", "add", "x", "--until", "3d").code == 2


def test_domains_show_what_is_reserved_for_them_only_where_something_is(console: Console) -> None:
    console.fill(account("anna"), seats=4)
    assert "RESERVED" not in console.done("domains").out
    console.done("reserve", "add", "berta@north.example", "--until", "20d", "--reason", "starts in spring")
    assert "RESERVED" in console.done("domains").out
    assert console.done("domains", "--json").json[0]["reserved"] == 1


def test_an_import_takes_no_reserved_seats_without_consent(console: Console) -> None:
    console.fill(account("anna"), seats=3)
    console.done("reserve", "add", "Berta Novak", "--until", "20d", "--count", "2", "--reason", "starts in spring")
    file = console.folder.parent / "users.csv"
    file.write_text(
        "Name;FullName;Description;MailAddress;DataSource;MessageQuota;DiskSizeQuota\nchen;;;;Internal;0;0\n"
    )
    refused = console("import", "csv", str(file), "--domain", "north.example")
    assert (refused.code, "Berta Novak" in refused.err) == (4, True), refused
    console.done("import", "csv", str(file), "--domain", "north.example", "--over-limit")
