"""Logins: one by one under the access rule, and in bulk from a log."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.errors import BadInput, ChangedSince
from kconsole.core.history import Refusal
from kconsole.core.license import Component, License
from kconsole.core.records import Entry, LastLogin
from kconsole.importers.dump_documents import read_dump
from kconsole.importers.login_csv import read_login_csv
from kconsole.operations.accounts import Connect, DisableAccounts
from kconsole.operations.history import LogQuery
from kconsole.operations.importing.logins import ImportLogins, LoginFile, read_login_file
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.operations.sessions import account, alias, another, deleted, logged_in, results, session_of, used

NOW = noon().now()


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def logins(*rows: str) -> LoginFile:
    return read_login_csv("\n".join(["address;time;protocol", *rows]).encode(), "logins.csv", NOW)


def of(session: Session, login: str) -> Entry:
    return session.state.find(f"{login}@north.example")


# Connect


def test_the_first_login_makes_a_mailbox_and_the_next_ones_do_not(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    done = session.do(Connect("ANNA@north.example", " IMAP "))
    assert done.outcomes[0].code == "first-login"
    assert (of(session, "anna").mailbox, of(session, "anna").last_login) == (True, LastLogin(NOW, "IMAP"))
    assert (done.before.connected, done.after.connected, used(session)) == (0, 1, 1)
    assert session.do(Connect("anna@north.example", "POP3", hours_ago(-0.05))).outcomes[0].code == "logged-in"
    assert of(session, "anna").last_login == LastLogin(hours_ago(-0.05), "POP3")
    earlier = session.do(Connect("anna@north.example", "IMAP", hours_ago(1)))
    assert (results(earlier), earlier.commit) == ([("anna", "unchanged")], None)
    assert another(session).state.inventory == session.state.inventory


def test_beyond_the_license_only_those_who_have_a_mailbox_are_let_in(tmp_path: Path) -> None:
    session = session_of(
        tmp_path,
        account("in", mailbox=True),
        *(account(login, origin="directory") for login in ("one", "two")),
        seats=2,
    )
    assert results(session.do(Connect("one@north.example"))) == [("one", "done")]
    before = session.state.inventory
    refused = session.do(Connect("two@north.example"))
    (outcome,) = refused.outcomes
    assert outcome.message == message("auth-license", **outcome.params)
    assert (outcome.params["connected"], outcome.params["limit"]) == (2, 2)
    assert (outcome.result, bool(outcome.hint), session.state.inventory) == ("refused", True, before)
    line = list(session.history.log(LogQuery(account="two@north.example")))[-1]
    assert (line.operation, line.refused) == ("connect", (Refusal("two@north.example", outcome.code, outcome.params),))
    assert results(session.do(Connect("in@north.example"))) == [("in", "done")]
    session.do(DisableAccounts(("in@north.example",)))
    assert results(session.do(Connect("two@north.example"))) == [("two", "done")]
    assert used(session) == session.seats.report().connected == 2


def test_who_cannot_log_in_is_refused_with_the_reason(tmp_path: Path) -> None:
    session = session_of(
        tmp_path,
        account("off", enabled=False, mailbox=True),
        deleted("gone"),
        alias("info", "off"),
        account("Admin", kind="builtin_admin"),
        account("list", kind="mailing_list"),
    )
    for login, reason in (
        ("off", "account-disabled"),
        ("gone", "account-deleted"),
        ("info", "not-an-account"),
        ("list", "not-an-account"),
        ("Admin", "builtin-admin"),
    ):
        done = session.do(Connect(f"{login}@north.example"))
        assert (results(done), done.outcomes[0].code) == ([(login, "refused")], reason)
    assert results(session.do(Connect("none@north.example"))) == [("none", "not-found")]


def test_a_login_that_cannot_have_been_is_refused(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    with pytest.raises(BadInput, match="login-in-future"):
        session.do(Connect("anna@north.example", at=hours_ago(-1)))
    with pytest.raises(BadInput, match="protocol-too-long"):
        session.do(Connect("anna@north.example", "x" * 65))
    assert of(session, "anna") == replace(of(session, "anna"), mailbox=False, last_login=None)


def test_a_login_can_be_undone_unless_another_followed(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    before = of(session, "anna")
    first = session.do(Connect("anna@north.example", at=hours_ago(2)))
    session.undo()
    assert of(session, "anna") == before
    assert first.commit is not None
    session.undo(first.commit.sequence + 1)
    assert of(session, "anna").mailbox
    session.do(Connect("anna@north.example", at=hours_ago(1)))
    with pytest.raises(ChangedSince):
        session.undo(first.commit.sequence)


# Import


def test_only_later_logins_of_known_accounts_are_taken(tmp_path: Path) -> None:
    session = session_of(
        tmp_path,
        account("new"),
        account("later", mailbox=True, last_login=logged_in(3)),
        account("earlier", mailbox=True, last_login=logged_in(0)),
        account("off", enabled=False),
        alias("info", "new"),
        account("Admin", kind="builtin_admin"),
        replace(account("new"), address="root", kind="builtin_admin"),
        deleted("gone"),
    )
    file = logins(
        "new;2026-08-04T09:00Z;POP3",
        "NEW@north.example;2026-08-04T10:00Z;IMAP",
        "later@north.example;2026-08-05T09:00Z;EAS",
        "earlier@north.example;2026-08-05T09:00Z;EAS",
        "off@north.example;2026-08-05T09:00Z;EAS",
        "info@north.example;2026-08-05T09:00Z;EAS",
        "root;2026-08-05T09:00Z;EAS",
        "gone;2026-08-05T09:00Z;EAS",
        "none;2026-08-05T09:00Z;EAS",
        "new@other.example;2026-08-05T09:00Z;EAS",
        "later@north.example;;",
    )
    plan = ImportLogins(file).plan(session.state, session.seats)
    assert [before.login for before, _ in plan.changed] == ["new", "later", "earlier", "off"]
    assert (plan.same, plan.unknown, plan.deleted) == (0, ("none", "new@other.example"), ("gone",))
    assert (plan.no_accounts, file.without_time) == (("info@north.example", "root"), 1)
    before = session.state.inventory
    assert (plan.before, session.seats.report()) == (session.seats.report(), plan.before)
    done = session.do(ImportLogins(file, reason="log of August"))
    assert done.after == plan.after
    assert results(done) == [("new", "done"), ("later", "done"), ("earlier", "done"), ("off", "done")]
    assert of(session, "earlier").last_login == logged_in(0)
    assert [of(session, login).active_sync for login in ("new", "later", "earlier", "off")] == [False, True, True, True]
    assert of(session, "new").last_login == LastLogin(datetime.fromisoformat("2026-08-04T10:00Z"), "IMAP")
    assert of(session, "off").mailbox
    assert used(session) == 4  # one is held
    assert [commit.operation for commit in session.history.log(LogQuery())][-1] == "import logins"
    assert session.do(ImportLogins(file)).commit is None
    session.undo()
    assert session.state.inventory == before
    assert another(session).state.inventory == before


def test_what_happened_is_recorded_beyond_the_license(tmp_path: Path) -> None:
    session = session_of(tmp_path, *(account(login, origin="directory") for login in ("a", "b", "c")), seats=1)
    file = logins("a;2026-08-05T09:00Z;", "b;2026-08-05T09:00Z;")
    assert ImportLogins(file).plan(session.state, session.seats).after.connected == 2
    assert session.do(ImportLogins(file)).after.connected == 2
    assert results(session.do(Connect("c@north.example"))) == [("c", "refused")]
    assert session.seats.report().locked_out == 1


def test_faulty_rows_refuse_all_unless_they_are_skipped(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    file = logins("anna;2026-08-05T09:00Z;IMAP", *["anna;2026-08-05T29:00;IMAP"] * 30)
    before = session.state.inventory
    with pytest.raises(BadInput, match="faulty-rows") as caught:
        session.do(ImportLogins(file))
    assert (len(caught.value.details), caught.value.details[-1]) == (21, message("more-faulty-rows", more=10))
    assert caught.value.hints == (message("correct-the-file"),)
    assert session.state.inventory == before
    done = session.do(ImportLogins(file, skip_faulty=True))
    assert (len(done.changed), len(done.failures), of(session, "anna").mailbox) == (1, 30, True)


def test_others_changes_meanwhile_are_seen(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"))
    other = another(session)
    file = logins("anna;2026-08-05T09:00Z;IMAP", "berg;2026-08-05T09:00Z;IMAP")
    assert len(ImportLogins(file).plan(session.state, session.seats).changed) == 2
    other.do(Connect("anna@north.example"))
    assert results(session.do(ImportLogins(file))) == [("berg", "done")]
    assert of(session, "anna").last_login == LastLogin(NOW)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot-read"):
        read_login_file(tmp_path / "none.csv", NOW)


@pytest.mark.thorough
def test_a_hundred_thousand_rows_take_bounded_time(tmp_path: Path) -> None:
    many = 20_000
    session = session_of(tmp_path, *(account(f"user{number}") for number in range(many)), seats=None)
    began = time.process_time()
    rows = [f"user{number % (2 * many)};2026-08-0{1 + number // many % 4}T09:00Z;IMAP" for number in range(100_000)]
    file = logins(*rows)
    plan = ImportLogins(file).plan(session.state, session.seats)
    done = session.do(ImportLogins(file))
    assert (len(plan.changed), len(plan.unknown), len(done.changed)) == (many, many, many)
    assert session.seats.report().connected == many
    assert time.process_time() - began < 20


def test_never_as_other_programs_write_it_is_no_login(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg", mailbox=True, last_login=logged_in(3)))
    texts = ("1970-01-01T00:00:00.000Z", "0001-01-01T00:00:00Z", "1601-01-01", "0", "-1", "9999-12-31", "never", "")
    file = logins(*(f"{login};{text};IMAP" for login in ("anna", "berg") for text in texts))
    assert (file.faults, file.without_time) == ((), 2 * len(texts))
    assert session.do(ImportLogins(file)).changed == []
    assert of(session, "anna").never_logged_in
    assert not of(session, "anna").mailbox
    assert of(session, "berg").last_login == logged_in(3)


def test_never_as_a_date_in_a_dump_is_no_login() -> None:
    document = (
        b'{"license":{"seats":5},"entries":[{"address":"a@x.example","last_login":{"at":"1970-01-01T00:00:00Z"}}]}'
    )
    (entry,) = read_dump(document, "dump.json").entries
    assert entry.last_login is None


def test_never_as_a_date_in_a_dump_is_no_deletion_and_no_end() -> None:
    inventory = read_dump(
        b'{"license":{"seats":5,"expires":"1970-01-01","maintenance_until":"0001-01-01","trial_until":"1601-01-01",'
        b'"components":[{"name":"antispam","expires":"9999-12-31"}]},"last_restart":"1970-01-01T00:00:00",'
        b'"entries":[{"address":"a@x.example","deleted_at":"0001-01-01T00:00:00Z"}]}',
        "dump.json",
    )
    assert inventory.license == License(seats=5, components=(Component(name="antispam"),))
    assert (inventory.entries[0].deleted_at, inventory.last_restart) == (None, None)
