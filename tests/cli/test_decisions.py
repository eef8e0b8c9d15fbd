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
