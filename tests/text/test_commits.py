"""Commits in words."""

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.directory import Directory
from kconsole.core.history import OLD_REFUSAL, Change, Commit, Operator, Refusal
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, LastLogin, Restart
from kconsole.core.server import PendingChange, Server, ServerAccess, Target
from kconsole.operations.catalog import ASK, BEGINNINGS, MODULES, UNDO
from kconsole.text import commits
from kconsole.text.details import Detail

AT = datetime(2026, 8, 5, 12, 3, tzinfo=UTC)
ENTRY = Entry(address="a@x.example", id=1)
OFF = Entry(address="a@x.example", id=1, enabled=False)
DIRECTORY = Directory(url="ldaps://d.example", base="dc=x")
SERVER = Server(name="ma\x1bil", access=ServerAccess(url="https://m.example", user="eye"))
INSECURE = replace(SERVER, access=replace(SERVER.access, insecure=True))
NO_SEAT = Refusal("a@x.example", "builtin-admin")
LIST = Entry(address="team@x.example", kind="mailing_list", id=2)


def commit(operation: str = "disable", *changes: Change, operator: str = "anna", **fields: Any) -> Commit:
    return Commit(7, AT, Operator(operator), "s", operation, "", changes)._replace(**fields)


def entries(*afters: Entry) -> tuple[Change, ...]:
    return tuple(Change("entries", entry.id, None, entry) for entry in afters)


@pytest.mark.parametrize(
    ("reported", "sentence"),
    [
        (commit("disable", *entries(OFF)), "anna disabled a@x.example"),
        (commit("delete", *entries(OFF, ENTRY)), "anna deleted 2 accounts"),
        (commit("import", *entries(OFF, LIST)), "anna imported 2 entries"),
        (commit("undo", *entries(ENTRY), undoes=3), "anna undid a change of a@x.example"),
        (commit("restarted", Change("server", 1, None, Restart(AT))), "anna recorded a restart"),
        (commit("add domain", Change("domains", 3, None, Domain(name="y.example"))), "anna added the domain y.example"),
        (commit("juggle", *entries(ENTRY)), "anna juggle a@x.example"),
        (commit("connect", *entries(ENTRY)), "anna recorded a login of a@x.example"),
        (commit("import logins", *entries(OFF, ENTRY)), "anna imported the last logins of 2 accounts"),
        (commit("disable", *entries(OFF), operator="\x1b[2J"), "␛[2J disabled a@x.example"),
    ],
)
def test_a_sentence_names_operator_operation_and_subject(reported: Commit, sentence: str) -> None:
    assert commits.sentence(reported) == sentence


def test_a_note_counts_several_changes_and_passes_over_refusals() -> None:
    one = commit("disable", *entries(OFF))
    refused = commit("enable", refused=(NO_SEAT,))
    assert commits.note([one]) == commits.note([refused, one]) == "anna disabled a@x.example"
    assert commits.note([one] * 12) == "anna: 12 changes"
    assert commits.note([one, one._replace(operator=Operator("berg"))]) == "anna and berg: 2 changes"
    assert commits.note([one, commit("restarted", Change("server", 1, None, Restart(AT)))]) == "anna: 2 changes"
    assert commits.note([refused]) == commits.note([]) == ""
    asked = Change("intents", 1, PendingChange(operation="enable", at=AT, targets=()), None)
    there = commit("enable", refused=(NO_SEAT,))._replace(changes=(asked,))
    assert commits.note([there]) == ""
    assert commits.operation_word(there) == "enable refused"


def test_a_refusal_is_marked_and_names_its_address() -> None:
    refused = commit("enable", refused=(NO_SEAT,))
    assert commits.operation_word(refused) == "enable refused"
    assert commits.subject(refused) == "a@x.example"
    assert commits.subject(commit("import", refused=(Refusal("", "nothing-to-undo"),))) == ""
    assert commits.operation_word(commit("undo", *entries(ENTRY), undoes=3)) == "undo of 3"


def test_seats_are_reported_before_and_after() -> None:
    assert commits.seats_words(commit(seats=(1113, 1112))) == "1,113 → 1,112"
    assert commits.seats_words(commit(seats=(5, 5))) == "5"
    assert commits.seats_words(commit()) == ""


def test_a_short_time_leaves_out_what_goes_without_saying(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert commits.clock_time(AT) == "2026-08-05 12:03"
    assert commits.short_time(AT, AT) == "08-05 12:03"
    assert commits.short_time(AT - timedelta(days=365), AT) == "2025-08-05"
    monkeypatch.undo()
    time.tzset()


def test_the_words_to_look_for_are_those_that_stand_there() -> None:
    reported = commit(
        "disable", *entries(OFF), reason="left", refused=(Refusal("b@x.example", OLD_REFUSAL, {"text": "no"}),)
    )
    text = commits.commit_text(reported)
    for shown in ("disable", "left", "a@x.example", "b@x.example: no", commits.clock_time(AT), reported.operator.shown):
        assert shown in text
    assert commits.line_filter("LEFT 2026-08-05 Anna")(reported)
    assert not commits.line_filter("left berg")(reported)


def test_details_tell_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    first = Entry(address="a@x.example", id=1, mailbox=True, last_login=LastLogin(AT, "\x1bIMAP"))
    second = Entry(address="a@x.example", id=1, mailbox=True, last_login=LastLogin(AT + timedelta(days=1)))
    reported = commit("connect", Change("entries", 1, ENTRY, first), Change("entries", 1, first, second))
    details = [detail.text for detail in commits.details_of(reported, AT) if detail.label == "Last login"]
    assert details == [
        "a@x.example   2026-08-05 12:03 UTC by ␛IMAP, was never",
        "a@x.example   2026-08-06 12:03 UTC, was 2026-08-05 12:03 UTC by ␛IMAP",
    ]
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("operator", "shown"),
    [
        (Operator("anna"), "anna"),
        (Operator("anna", "bob"), 'anna as "bob"'),
        (Operator("root", "bob"), 'root as "bob"'),
        (Operator("root", "", "carol"), "carol (sudo)"),
        (Operator("root", "bob", "carol"), 'carol (sudo) as "bob"'),
        (Operator("shared", "bob", "carol"), 'shared (sudo: carol) as "bob"'),
        (Operator("seats", name="anna"), "anna (seats)"),
        (Operator("anna", "bob", name="anna"), 'anna as "bob"'),
        (Operator("seats", "bob", "carol", name="anna"), 'anna (seats) as "bob"'),
        (Operator("anna", 'root" (sudo)'), 'anna as "root" (sudo)"'),
    ],
)
def test_the_strongest_identity_is_shown_first(operator: Operator, shown: str) -> None:
    changed = commit("disable", *entries(OFF))._replace(operator=operator)
    assert commits.sentence(changed) == f"{shown} disabled a@x.example"
    assert Detail("Operator", shown) in list(commits.details_of(changed, AT))
    assert commits.note([changed, changed]) == f"{shown}: 2 changes"


def test_details_mark_what_is_only_claimed() -> None:
    operator = Operator("seats", "berg", "carla", "10.0.0.1", "anna", 998, 1003, "SHA256:tQ5 \x1b[2J")
    details = commits.details_of(commit("disable", *entries(OFF))._replace(operator=operator), AT)
    assert [(detail.label, detail.text) for detail in details][2:9] == [
        ("Operator", 'anna (seats) as "berg"'),
        ("System user", "seats (uid 998), logged in as uid 1003"),
        ("Roles file", "anna"),
        ("Claimed", "--as berg"),
        ("Claimed", "sudo was called by carla"),
        ("Claimed", "SSH from 10.0.0.1"),
        ("Claimed", "SSH key SHA256:tQ5 ␛[2J"),
    ]


def test_details_name_the_browser_as_a_claim() -> None:
    changed = commit("disable", *entries(OFF))._replace(operator=Operator("seats", connection="browser 192.0.2.7"))
    assert Detail("Claimed", "browser 192.0.2.7") in list(commits.details_of(changed, AT))


def test_details_tell_everything() -> None:
    reported = commit(
        "import",
        Change("entries", 1, ENTRY, OFF),
        Change("entries", 2, LIST, LIST),
        Change("entries", 3, OFF, None),
        Change("domains", 4, None, Domain(name="y.example")),
        Change("server", 1, Restart(AT), None),
        Change("server", 1, None, Restart(AT)),
        Change("license", 1, None, License(seats=5)),
        Change("license", 1, None, License()),
        operator="root",
        reason="why",
        seats=(5, 4),
        refused=(Refusal("b@x.example", OLD_REFUSAL, {"text": "no"}),),
    )._replace(operator=Operator("root", "berg", "carla", "10.0.0.1"))
    details = list(commits.details_of(reported, AT))
    text = "\n".join(f"{detail.label}|{detail.text}" for detail in details)
    for line in (
        'Operator|carla (sudo) as "berg"',
        "System user|root",
        "Claimed|--as berg",
        "Claimed|sudo was called by carla",
        "Claimed|SSH from 10.0.0.1",
        "Reason|why",
        "Seats used|5 → 4",
        "Refused|b@x.example: no",
        "→ disabled|a@x.example   was enabled",
        "changed|team@x.example   enabled",
        "→ not there|a@x.example   was disabled",
        "Domain|y.example   added",
        "Restart|undone",
        "License|5 seats",
        "License|unlimited seats",
    ):
        assert line in text
    assert list(commits.details_of(reported, AT, most=2))[-1].text == "and 6 more changes"


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        (None, None, "x.example   mapped from ldaps://d.example   dc=x"),
        (DIRECTORY, None, "x.example   no longer mapped from a directory"),
        (DIRECTORY, replace(DIRECTORY, insecure=True), "INSECURE: its certificate is not checked"),
        (DIRECTORY, DIRECTORY, "x.example   changed"),
    ],
)
def test_a_domain_says_where_it_is_mapped_from(
    before: Directory | None, after: Directory | None, reported: str
) -> None:
    after = DIRECTORY if before is None else after
    domains = [Domain(name="x.example", directory=directory) for directory in (before, after)]
    changed = commit("set directory", Change("domains", 3, *domains))
    assert any(detail.label == "Domain" and reported in detail.text for detail in commits.details_of(changed, AT))


def test_a_renamed_account_says_what_it_was() -> None:
    changed = commit("map", Change("entries", 3, ENTRY, replace(ENTRY, address="b@x.example")))
    assert Detail("renamed", "b@x.example   was a@x.example") in list(commits.details_of(changed, AT))


@pytest.mark.parametrize(
    ("before", "after", "subject", "reported"),
    [
        (None, SERVER, "ma␛il", "ma␛il   at https://m.example as eye"),
        (None, INSECURE, "ma␛il (INSECURE)", "at https://m.example as eye   INSECURE: its certificate is not"),
        (SERVER, INSECURE, "ma␛il (INSECURE)", "as eye   INSECURE: its certificate is not checked"),
        (INSECURE, None, "ma␛il", "ma␛il   removed from the store"),
        (INSECURE, replace(INSECURE, synced_at=AT), "", "ma␛il   synced"),
        (SERVER, replace(SERVER, version="10"), "", "ma␛il   changed"),
    ],
)
def test_which_server_was_named_is_reported_and_if_no_one_checks_it(
    before: Server | None, after: Server | None, subject: str, reported: str
) -> None:
    named = commit("add server", Change("connection", 1, before, after))
    assert commits.subject(named) == subject
    assert subject in commits.commit_text(named)
    assert any(detail.label == "Server" and reported in detail.text for detail in commits.details_of(named, AT))


def test_what_the_server_was_asked_for_is_reported() -> None:
    asked = PendingChange(operation="disable", at=AT, targets=(Target(number=1, server_id="x", address="a@x.example"),))
    both = commit("disable", Change("intents", 9, None, asked), Change("intents", 9, asked, None))
    details = list(commits.details_of(both, AT))
    assert Detail("Asked for", "disable   a@x.example   on the server") in details
    assert Detail("Confirmed", "disable   a@x.example   on the server") in details


def test_every_operation_has_words() -> None:
    assert set(commits.PAST) == {*chain.from_iterable(MODULES.values()), *BEGINNINGS, UNDO, ASK}


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal("a@x.example", "builtin-admin"), "a@x.example: The built-in administrator is not a user account"),
        (Refusal("a@x.example", OLD_REFUSAL, {"text": "no {seat}"}), "a@x.example: no {seat}"),
        (Refusal("", "of-a-newer-version", {"x": 1}), "of-a-newer-version"),
        (Refusal("a@x.example", "address-taken", {}), "a@x.example: address-taken"),
    ],
)
def test_a_refusal_of_any_version_is_shown(refusal: Refusal, words: str) -> None:
    assert commits.refusal_words(refusal) == words
