"""Operations on accounts."""

from contextlib import suppress
from pathlib import Path

import pytest

from kconsole.core.codes import message
from kconsole.core.errors import BadInput, NotFound, Refused
from kconsole.core.records import Entry
from kconsole.operations.accounts import (
    AddAccount,
    DeleteAccounts,
    DisableAccounts,
    EnableAccounts,
)
from kconsole.operations.server import RecordRestart
from tests.clocks import noon
from tests.operations.sessions import (
    SOUTH,
    account,
    alias,
    another,
    deleted,
    logged_in,
    only_code,
    results,
    session_of,
    used,
)

ADMIN = Entry(address="Admin", kind="builtin_admin")


def at(*logins: str) -> tuple[str, ...]:
    return tuple(f"{login}@north.example" for login in logins)


# Disable


def test_disabling_frees_the_seat_of_each(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg", origin="directory"), account("chen"))
    done = session.do(DisableAccounts(at("anna", "berg"), "left us"))
    assert results(done) == [("anna", "done"), ("berg", "done")]
    assert (done.before.used, done.after.used, used(session)) == (3, 1, 1)
    assert not session.state.find("anna@north.example").enabled
    assert (done.commit is not None, done.failures, len(done.changed)) == (True, [], 2)


def test_what_cannot_be_disabled_is_reported_one_by_one(tmp_path: Path) -> None:
    session = session_of(
        tmp_path, ADMIN, alias("info"), account("anna"), account("off", enabled=False), deleted("gone")
    )
    done = session.do(DisableAccounts((*at("info", "off", "anna", "gone", "missing"), "admin")))
    assert results(done) == [
        ("info", "refused"),
        ("off", "unchanged"),
        ("anna", "done"),
        ("gone", "not-found"),
        ("missing", "not-found"),
        ("Admin", "refused"),
    ]
    assert all(outcome.hint for outcome in done.failures)


def test_an_address_named_twice_is_done_once(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    assert results(session.do(DisableAccounts(at("ANNA", "anna")))) == [("anna", "done")]
    assert results(session.do(DeleteAccounts(at("anna", "Anna")))) == [("anna", "done")]


def test_disabling_works_beyond_the_limit(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), account("chen"), seats=1)
    session.do(DisableAccounts(at("anna")))
    assert session.seats.report().over == 1


def test_a_change_that_changes_nothing_is_no_commit(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("off", enabled=False))
    assert session.do(DisableAccounts(at("off"))).commit is None
    assert session.history.undoable is None


# Enable


def test_enabling_takes_seats_as_long_as_there_are_some(tmp_path: Path) -> None:
    off = [account(login, enabled=False) for login in ("a", "b", "c")]
    session = session_of(tmp_path, *off, account("on"), seats=3)
    done = session.do(EnableAccounts(at("a", "on", "b", "c", "missing")))
    assert results(done) == [
        ("a", "done"),
        ("on", "unchanged"),
        ("b", "done"),
        ("c", "refused"),
        ("missing", "not-found"),
    ]
    refused = done.outcomes[3]
    assert (refused.code, refused.params["purpose"], refused.params["short"]) == ("license-limit", "enable", 1)
    assert refused.hints
    assert used(session) == 3


def test_enabling_is_refused_at_the_limit_of_a_domain(tmp_path: Path) -> None:
    entries = [account("a@south.example"), account("b@south.example"), account("c@south.example", enabled=False)]
    session = session_of(tmp_path, *entries, seats=None)
    (refused,) = session.do(EnableAccounts(("c@south.example",))).outcomes
    assert (refused.code, refused.params["domain"], refused.params["limit"]) == ("domain-limit", "south.example", 2)


def test_only_accounts_are_enabled(tmp_path: Path) -> None:
    session = session_of(tmp_path, ADMIN, account("room", kind="resource"))
    assert results(session.do(EnableAccounts(("Admin", *at("room"))))) == [("Admin", "refused"), ("room", "refused")]


# Add


def test_an_account_is_added(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    done = session.do(AddAccount(" Anna.Berg@NORTH.example ", " Anna Berg ", " Sales "))
    assert only_code(done) == "account-added"
    added = session.state.find("anna.berg@north.example")
    assert (added.address, added.full_name, added.description) == ("Anna.Berg@north.example", "Anna Berg", "Sales")
    assert (added.origin, added.kind, added.enabled, added.mailbox) == ("local", "user", True, False)
    assert used(session) == 1


@pytest.mark.parametrize(
    "address",
    [
        "anna",
        "@north.example",
        "anna@",
        "",
        "an na@north.example",
        "-anna@north.example",
        "č@north.example",
        "a[/]b@north.example",
        "a\x1b@north.example",
        "x" * 65 + "@north.example",
        "a@b@north.example",
        "anna\n@north.example",
    ],
)
def test_what_is_no_address_is_not_added(tmp_path: Path, address: str) -> None:
    session = session_of(tmp_path)
    with pytest.raises(BadInput) as caught:
        session.do(AddAccount(address))
    assert caught.value.hints
    assert used(session) == 0


def test_an_account_needs_a_domain_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-such-domain") as caught:
        session_of(tmp_path).do(AddAccount("anna@west.example"))
    assert [hint.code for hint in caught.value.hints] == ["add-the-domain"]


@pytest.mark.parametrize(
    ("taken", "what"),
    [
        (account("Info"), "local"),
        (account("info", enabled=False), "disabled"),
        (account("info", origin="imported"), "imported"),
        (alias("info"), "alias"),
        (account("info", kind="mailing_list"), "mailing-list"),
        (account("info", kind="builtin_admin"), "builtin-admin"),
    ],
)
def test_a_taken_address_is_not_added(tmp_path: Path, taken: Entry, what: str) -> None:
    with pytest.raises(Refused, match=f"address-taken .*what='{what}'"):
        session_of(tmp_path, taken).do(AddAccount("INFO@north.example"))


def test_no_account_is_added_at_the_limit(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), seats=1)
    with pytest.raises(Refused, match=r"license-limit .*purpose='add'.*short=1"):
        session.do(AddAccount("berg@north.example"))
    assert (used(session), session.history.undoable) == (1, None)


def test_no_account_is_added_at_the_limit_of_its_domain(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("a@south.example"), deleted("b@south.example"), seats=None)
    with pytest.raises(Refused, match=r"domain-limit .*domain='south\.example', limit=2"):
        session.do(AddAccount("c@south.example"))
    session.do(AddAccount("B@south.example"))
    assert session.seats.report().of_domain(SOUTH.name) is not None
    assert used(session) == 2


def test_an_address_that_is_held_takes_its_seat_over_even_at_the_limit(tmp_path: Path) -> None:
    gone = deleted("anna", mailbox=True, last_login=logged_in(30), description="old")
    session = session_of(tmp_path, gone, account("berg"), seats=2)
    number = session.seats.held()[0].id
    session.do(AddAccount("Anna@north.example", "Anna"))
    back = session.state.find("anna@north.example")
    assert (back.id, back.deleted_at, back.mailbox, back.last_login) == (number, None, False, None)
    assert (back.description, back.mailbox_fate) == ("", None)
    assert (used(session), session.seats.held()) == (2, [])


@pytest.mark.parametrize("fate", ["keep", "delete", "transfer"])
def test_a_mailbox_does_not_come_back_to_one_who_may_be_another_person(tmp_path: Path, fate: str) -> None:
    """The server attaches one that was kept: that is said, and said again after an undo, and never counted."""
    session = session_of(tmp_path, deleted("anna", mailbox=True, mailbox_fate=fate, last_login=logged_in(3)))
    for _ in range(2):
        (outcome,) = session.do(AddAccount("anna@north.example")).outcomes
        left = message("mailbox-left", addresses=["anna@north.example"])
        assert outcome.hints == ((left,) if fate == "keep" else ())
        back = session.state.find("anna@north.example")
        assert (back.mailbox, back.last_login) == (False, None)
        session.undo()


def test_a_former_entry_that_had_no_mailbox_is_no_reason_for_a_warning(tmp_path: Path) -> None:
    session = session_of(tmp_path, deleted("anna"), deleted("anna", kind="mailing_list", mailbox=True))
    assert session.do(AddAccount("anna@north.example")).outcomes[0].hints == ()


def test_of_several_deleted_accounts_the_one_that_holds_a_seat_is_taken_over(tmp_path: Path) -> None:
    clock = noon()
    later = deleted("anna", enabled=False, deleted_at=clock.now())
    session = session_of(tmp_path, deleted("anna"), later, deleted("anna", kind="alias"), seats=1)
    session.do(AddAccount("anna@north.example"))
    assert (used(session), session.seats.held()) == (1, [])


def test_a_seat_that_came_free_is_not_taken_over(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, deleted("anna"), account("berg"), seats=2, clock=clock)
    clock.forward(minutes=1)
    session.do(RecordRestart())
    session.do(AddAccount("chen@north.example"))
    with pytest.raises(Refused):
        session.do(AddAccount("anna@north.example"))


# Delete


def test_a_deleted_account_holds_its_seat_until_the_restart(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, account("anna", mailbox=True), account("off", enabled=False), clock=clock)
    done = session.do(DeleteAccounts(at("anna", "off")))
    assert [outcome.code for outcome in done.outcomes] == ["deleted-seat-held", "deleted"]
    gone = session.state.find("anna@north.example")
    assert (gone.deleted_at, gone.mailbox_fate, gone.transferred_to) == (clock.now(), "keep", "")
    assert (used(session), session.seats.report().held, session.seats.report().created) == (1, 1, 0)
    assert [entry.address for entry in session.state.live_entries()] == []
    clock.forward(seconds=1)
    (restart,) = session.do(RecordRestart()).outcomes
    assert (restart.code, restart.params) == ("restart-recorded", {"held": 1})
    assert used(session) == 0


def test_a_mapped_account_is_only_disabled(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna", origin="directory"), account("berg"))
    done = session.do(DeleteAccounts(at("anna"), "transfer", "berg@north.example"))
    assert only_code(done) == "mapped-disabled"
    anna = session.state.find("anna@north.example")
    assert (anna.enabled, anna.deleted_at, anna.transferred_to) == (False, None, "")
    assert used(session) == 1
    assert results(session.do(DeleteAccounts(at("anna")))) == [("anna", "unchanged")]


def test_a_mailbox_is_deleted_or_transferred(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), account("Chen"), alias("info", "anna"))
    session.do(DeleteAccounts(at("anna"), "delete"))
    session.do(DeleteAccounts(at("berg", "info"), "transfer", "CHEN@north.example"))
    assert session.state.find("anna@north.example").mailbox_fate == "delete"
    berg, info = session.state.find("berg@north.example"), session.state.find("info@north.example")
    assert (berg.mailbox_fate, berg.transferred_to) == ("transfer", "Chen@north.example")
    assert (info.mailbox_fate, info.transferred_to) == (None, "")
    assert info.deleted_at is not None


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        ("missing", NotFound, "no-account-for-mailbox"),
        ("gone", NotFound, "no-account-for-mailbox"),
        ("ANNA", Refused, "mailbox-to-deleted"),
        ("info", Refused, "mailbox-to-no-account .*what='alias'"),
        ("off", Refused, "mailbox-to-disabled"),
    ],
)
def test_a_mailbox_needs_someone_to_take_it(
    tmp_path: Path, target: str, error: type[NotFound | Refused], words: str
) -> None:
    session = session_of(tmp_path, account("anna"), alias("info"), account("off", enabled=False), deleted("gone"))
    with pytest.raises(error, match=words) as caught:
        session.do(DeleteAccounts(at("anna"), "transfer", f"{target}@north.example"))
    assert caught.value.effect == message("nothing-deleted")
    assert session.state.find("anna@north.example").deleted_at is None


def test_of_all_entries_only_an_enabled_account_can_take_a_mailbox(tmp_path: Path) -> None:
    entries = [account("anna"), account("off", enabled=False), alias("info"), deleted("gone"), ADMIN]
    session = session_of(tmp_path, account("leaver"), *entries)
    takers = []
    for entry in entries:
        with suppress(NotFound, Refused):
            session.do(DeleteAccounts(at("leaver"), "transfer", entry.address))
            session.undo()
            takers.append(entry)
    assert takers == entries[:1]


def test_what_cannot_be_deleted_is_reported(tmp_path: Path) -> None:
    session = session_of(tmp_path, ADMIN, deleted("gone"), account("list", kind="mailing_list"))
    done = session.do(DeleteAccounts(("Admin", *at("gone", "list"))))
    assert results(done) == [("Admin", "refused"), ("gone", "not-found"), ("list", "done")]


def test_changes_see_what_another_console_changed(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), seats=2)
    second = another(session)
    second.do(AddAccount("berg@north.example"))
    with pytest.raises(Refused):
        session.do(AddAccount("chen@north.example"))
    assert used(session) == used(second) == 2
