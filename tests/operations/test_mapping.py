"""Mapping a domain's users: sorted by the directory's id, shown, and taken whole."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.errors import BadInput, ChangedMeanwhile, NotFound, Refused
from kconsole.core.license import License
from kconsole.core.records import Entry, Inventory, fold
from kconsole.licensing import guards
from kconsole.licensing.map_plan import Collision, MapPlan
from kconsole.operations.accounts import AddAccount, Connect, DisableAccounts
from kconsole.operations.decisions import Reserve
from kconsole.operations.mapping import (
    DirectoryListing,
    ForgetDirectory,
    MapDomain,
    SetDirectory,
    directory_of,
    plan_mapping,
)
from kconsole.operations.session import Session
from kconsole.text.mapping import counts_words, plan_groups
from tests.clocks import noon
from tests.operations.sessions import (
    DOMAIN,
    NORTH,
    SOUTH,
    account,
    alias,
    another,
    deleted,
    logged_in,
    session_of,
    used,
)
from tests.under_kerio import evaluate

DIRECTORY = Directory(url="ldaps://directory.example", base="ou=people,dc=example")


def person(login: str, id_: str = "", **fields: object) -> DirectoryUser:
    return DirectoryUser(id=id_ or f"id-{login}", login=login, name=f"uid={login},ou=people", **fields)  # type: ignore[arg-type]  # fields of a user


def listing(*users: DirectoryUser, **fields: object) -> DirectoryListing:
    return DirectoryListing(users, **{"faults": (), "notes": (), **fields})  # type: ignore[arg-type]  # fields of a listing


def mapped(login: str, id_: str | None = None, **fields: object) -> Entry:
    return account(login, origin="directory", directory_id=f"id-{login}" if id_ is None else id_, **fields)


def people(number: int) -> tuple[DirectoryUser, ...]:
    return tuple(person(f"p{place:02}") for place in range(number))


def staff(number: int) -> tuple[Entry, ...]:
    return tuple(mapped(f"p{place:02}") for place in range(number))


def logins(entries: Sequence[Entry]) -> list[str]:
    return [entry.login for entry in entries]


def do(session: Session, *users: DirectoryUser, **how: object) -> MapPlan:
    """Plan and do it, and see that it came out as planned, and that there is nothing left to do."""
    found = listing(*users)
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    deactivate = bool(how.get("disable_gone"))
    session.do(MapDomain(DOMAIN, found, over_limit=True, expected=plan, **how))  # type: ignore[arg-type]  # of a change
    assert session.seats.report() == plan.after(deactivate)
    assert used(session) == plan.after(deactivate).used
    again = plan_mapping(DOMAIN, found, session.state, session.seats)
    assert again.records() == 0
    return plan


# Who comes, changes and goes


def test_users_of_the_directory_become_mapped_accounts(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    at = datetime(2026, 1, 2, tzinfo=UTC)
    fry = person("fry", full_name="Philip J. Fry", description="Delivery", last_logon=at)
    plan = do(session, fry, person("leela", enabled=False))
    assert logins(plan.new) == ["fry", "leela"]
    assert (plan.now.used, plan.planned.used) == (1, 2)
    entry = session.state.find(f"fry@{DOMAIN}")
    assert entry == mapped("fry", full_name="Philip J. Fry", description="Delivery", directory_logon=at, id=entry.id)
    assert not session.state.find(f"leela@{DOMAIN}").enabled


def test_a_renamed_user_stays_the_same_account(tmp_path: Path) -> None:
    fry = mapped("fry", mailbox=True, last_login=logged_in(3))
    session = session_of(tmp_path, fry)
    number = session.state.find(f"fry@{DOMAIN}").id
    plan = do(session, person("philip", "id-fry"))
    assert [(before.login, after.login) for before, after in plan.renamed] == [("fry", "philip")]
    assert session.state.find(f"philip@{DOMAIN}") == replace(fry, address=f"philip@{DOMAIN}", id=number)
    with pytest.raises(NotFound):
        session.state.find(f"fry@{DOMAIN}")


def test_users_can_change_logins_with_each_other(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("a", full_name="A"), mapped("b", full_name="B"), mapped("c", full_name="C"))
    do(session, person("b", "id-a"), person("c", "id-b"), person("a", "id-c"))
    assert {entry.login: entry.full_name for entry in session.state.live_entries()} == {"b": "A", "c": "B", "a": "C"}


def test_a_login_that_someone_left_can_be_taken_by_someone_new(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry", mailbox=True))
    do(session, person("fry", "new"), person("philip", "id-fry"))
    assert not session.state.find(f"fry@{DOMAIN}").mailbox
    assert session.state.find(f"philip@{DOMAIN}").mailbox


def test_whoever_cannot_be_renamed_keeps_his_login_from_others(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"), account("philip"))
    plan = do(session, person("philip", "id-fry"), person("fry", "new"))
    assert plan.collisions == [
        Collision(person("philip", "id-fry"), message("address-held-by", what="local")),
        Collision(person("fry", "new"), message("address-held-by-mapped")),
    ]


@pytest.mark.parametrize(
    ("holder", "what"),
    [
        (account("fry"), "local"),
        (account("fry", origin="imported"), "imported"),
        (account("fry", enabled=False), "disabled"),
        (alias("fry", "anna"), "alias"),
        (account("fry", kind="mailing_list"), "mailing-list"),
        (account("FRY"), "local"),
    ],
)
def test_no_one_is_mapped_onto_someone_else(tmp_path: Path, holder: Entry, what: str) -> None:
    session = session_of(tmp_path, holder)
    before = session.state.inventory
    plan = do(session, person("fry"))
    assert [collision.reason for collision in plan.collisions] == [message("address-held-by", what=what)]
    assert session.state.inventory == before


def test_an_account_that_was_mapped_without_an_id_gets_it(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry", "", mailbox=True))
    plan = do(session, person("Fry", "id-1"))
    assert (plan.new, plan.gone) == ([], [])
    entry = session.state.find(f"fry@{DOMAIN}")
    assert (entry.directory_id, entry.mailbox, entry.login) == ("id-1", True, "fry")


FORMER: dict[str, Any] = {
    "role": "full_admin",
    "full_name": "Philip J. Fry",
    "description": "Board",
    "mailbox": True,
    "last_login": logged_in(3),
    "active_sync": True,
    "directory_logon": datetime(2026, 1, 2, tzinfo=UTC),
    "server_id": "keriodb://user/1",
    "tags": ("service",),
}
"""What a new person with the same login must not get."""


def test_another_person_with_the_same_login_inherits_nothing(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry", "old", **FORMER), mapped("amy", "old-2", enabled=False, **FORMER))
    number = session.state.find(f"fry@{DOMAIN}").id
    plan = do(session, person("fry", "new"), person("amy", "new-2", full_name="Amy Wong"))
    assert [after.directory_id for _, after in plan.recreated] == ["new", "new-2"]
    assert (plan.new, plan.gone, logins(plan.left_disabled)) == ([], [], ["amy"])
    assert session.state.find(f"fry@{DOMAIN}") == mapped("fry", "new", id=number)
    amy = session.state.find(f"amy@{DOMAIN}")
    assert amy == mapped("amy", "new-2", full_name="Amy Wong", enabled=False, id=amy.id)
    session.undo()
    assert session.state.find(f"fry@{DOMAIN}") == mapped("fry", "old", id=number, **FORMER)


def test_the_same_person_keeps_everything(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry", **FORMER))
    number = session.state.find(f"fry@{DOMAIN}").id
    do(session, person("philip", "id-fry", description="Board"))
    assert session.state.find(f"philip@{DOMAIN}") == mapped("philip", "id-fry", id=number, **FORMER)


@pytest.mark.parametrize("id_", ["id-fry", "new"])
def test_whoever_was_deleted_comes_back_as_the_same_or_as_another_person(tmp_path: Path, id_: str) -> None:
    was = deleted("fry", origin="directory", directory_id="id-fry", **FORMER)
    session = session_of(tmp_path, was)
    do(session, person("fry", id_))
    entry = session.state.find(f"fry@{DOMAIN}")
    kept = {"mailbox": True, "last_login": was.last_login} if id_ == "id-fry" else {}
    assert entry == mapped("fry", id_, id=entry.id, **kept)


def test_no_one_is_renamed_onto_an_account_that_is_gone(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"), mapped("leela"))
    plan = do(session, person("leela", "id-fry"))
    assert [each.reason.code for each in plan.collisions] == ["address-held-by-gone"]
    assert logins(plan.gone) == ["leela"]


def test_who_the_directory_disables_is_disabled_and_no_one_is_enabled(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"), mapped("leela", enabled=False), mapped("amy", enabled=False))
    plan = do(session, person("fry", enabled=False), person("leela"), person("amy", enabled=False))
    assert [after.login for _, after in plan.disabled] == ["fry"]
    assert logins(plan.left_disabled) == ["leela"]
    assert (plan.now.used, plan.planned.used) == (1, 0)


def test_who_is_renamed_and_disabled_there_is_both_here(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"))
    plan = do(session, person("philip", "id-fry", enabled=False))
    entry = session.state.find(f"philip@{DOMAIN}")
    assert not entry.enabled
    assert plan.disabling == plan.renamed


def test_whoever_is_disabled_is_reported_so_whatever_else_becomes_of_him(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("amy"), mapped("fry"), mapped("leela"), mapped("zoidberg", enabled=False))
    found = listing(
        person("amy", enabled=False), person("philip", "id-fry", enabled=False), person("leela", "new", enabled=False),
        person("john", "id-zoidberg", enabled=False),
    )  # fmt: skip
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    assert logins([after for _, after in plan.disabling]) == ["amy", "philip", "leela"]
    assert counts_words(plan) == "2 renamed, 1 under another id, 3 disabled there"
    reported = dict(plan_groups(plan))["Disabled in the directory, disabled here too"]
    assert [row.label.partition("@")[0] for row in reported] == ["amy", "philip", "leela"]
    outcomes = {each.address.partition("@")[0]: each.message for each in session.do(MapDomain(DOMAIN, found)).outcomes}
    assert outcomes["philip"] == message("map-renamed-disabled", before=f"fry@{DOMAIN}")
    assert outcomes["leela"].code == "map-disabled"
    assert outcomes["john"] == message("map-renamed", before=f"zoidberg@{DOMAIN}")


@pytest.mark.parametrize(
    ("there", "full_name", "description"),
    [
        ({"full_name": "Philip"}, "Philip", ""),
        ({"description": "Captain"}, "Fry", "Captain"),
        ({"full_name": "fry0001", "unknown": ("full_name",)}, "Fry", ""),
        ({"full_name": "Philip", "unknown": ("description",)}, "Philip", "Delivery"),
    ],
)
def test_names_follow_the_directory_as_far_as_it_shows_them(
    tmp_path: Path, there: dict[str, Any], full_name: str, description: str
) -> None:
    """A description that was removed there is removed here; one that is not shown is not."""
    session = session_of(tmp_path, mapped("fry", full_name="Fry", description="Delivery"))
    plan = do(session, person("fry", **there))
    assert len(plan.changed) == 1
    entry = session.state.find(f"fry@{DOMAIN}")
    assert (entry.full_name, entry.description) == (full_name, description)


def test_a_logon_to_the_directory_is_no_login_to_the_mailbox(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry", directory_logon=datetime(2026, 2, 1, tzinfo=UTC)))
    plan = do(session, person("fry", last_logon=datetime(2026, 2, 2, tzinfo=UTC)))
    assert (len(plan.noted), plan.changed) == (1, [])
    earlier = do(session, person("fry", last_logon=datetime(2026, 1, 1, tzinfo=UTC)))
    assert (earlier.noted, earlier.same) == ([], 1)
    entry = session.state.find(f"fry@{DOMAIN}")
    assert (entry.last_login, entry.mailbox) == (None, False)
    assert entry.directory_logon == datetime(2026, 2, 2, tzinfo=UTC)


def test_a_new_user_takes_over_the_seat_that_a_deleted_account_holds(tmp_path: Path) -> None:
    session = session_of(tmp_path, deleted("fry", origin="directory", mailbox=True), seats=1)
    plan = do(session, person("fry"))
    assert (plan.now.used, plan.planned.used, plan.planned.over) == (1, 1, 0)
    assert not session.state.find(f"fry@{DOMAIN}").mailbox  # the deleted account may be another person's
    assert plan.notes == (message("mailbox-left", addresses=[f"fry@{DOMAIN}"]),)


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ("fry@elsewhere.example", "login-of-another-domain"),
        ("with blank", "login-unusable"),
        ("line\nfeed", "login-unusable"),
        ("\x1b[31m", "login-unusable"),
        ("x" * 65, "login-unusable"),
        ("rtl\u202egod", "login-unusable"),
        ("zero\u200bwidth", "login-unusable"),
        (f"ANNA@{DOMAIN}", "login-of-another-user"),
    ],
)
def test_logins_that_no_address_can_begin_with_are_reported(tmp_path: Path, login: str, code: str) -> None:
    session = session_of(tmp_path)
    plan = do(session, person("anna"), person(login, "other"))
    assert [(each.user.login, each.reason.code) for each in plan.collisions] == [(login, code)]
    assert logins(plan.new) == ["anna"]


def test_a_login_with_its_domain_that_cannot_be_read_is_not_gone(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"))
    found = listing(doubtful_logins=frozenset({f"fry@{DOMAIN}"}))
    assert plan_mapping(DOMAIN, found, session.state, session.seats).gone == []


def test_a_login_with_the_domain_behind_it_is_that_login(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    assert logins(do(session, person(f"anna@{DOMAIN.upper()}")).new) == ["anna"]


def test_accounts_of_other_domains_are_none_of_its_business(tmp_path: Path) -> None:
    other = Entry(address="fry@south.example", origin="directory", directory_id="id-fry")
    session = session_of(tmp_path, other, mapped("old", enabled=False))
    plan = do(session, person("fry"))
    assert logins(plan.new) == ["fry"]
    assert plan.gone == []


def test_everybody_who_is_left_out_is_counted(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("amy"), mapped("leela"))
    faults = (
        message("entries-with-same-login", login="zoe", number=4, names="", more=0),
        message("entry-without-login", name="cn=x", attribute="uid"),
    )
    found = listing(person("leela"), person("amy"), person("a b"), faults=faults)
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    assert plan.left_out == {
        "address-held-by": 1, "login-unusable": 1, "entries-with-same-login": 4, "entry-without-login": 1,
    }  # fmt: skip
    assert counts_words(plan) == "1 the same, 2 colliding, 5 unreadable"
    assert [(heading, len(rows)) for heading, rows in plan_groups(plan)] == [
        ("Colliding, not mapped", 2),
        ("Groups with the same login or id, 4 users in all, not mapped", 1),
        ("Unreadable, not mapped", 1),
    ]
    done = session.do(MapDomain(DOMAIN, found))
    assert [(each.result, each.code) for each in done.outcomes] == [
        ("unchanged", "map-unchanged"),
        ("refused", "login-unusable"),
        ("refused", "address-held-by"),
        ("refused", "map-unreadable"),
    ]


# Those who are gone


def test_who_is_gone_stays_until_someone_says_so(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry", mailbox=True), mapped("leela"))
    plan = do(session, person("leela"))
    assert logins(plan.gone) == ["fry"]
    assert session.state.find(f"fry@{DOMAIN}").enabled
    do(session, person("leela"), disable_gone=True)
    entry = session.state.find(f"fry@{DOMAIN}")
    assert (entry.enabled, entry.mailbox, entry.deleted_at) == (False, True, None)


def test_whose_entry_was_not_understood_is_not_gone(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"), mapped("leela"), mapped("amy"))
    found = listing(doubtful_ids=frozenset({"id-fry"}), doubtful_logins=frozenset({"leela"}))
    assert logins(plan_mapping(DOMAIN, found, session.state, session.seats).gone) == ["amy"]
    taking = listing(person("fry", "new"), doubtful_ids=frozenset({"id-fry"}))
    (collision,) = plan_mapping(DOMAIN, taking, session.state, session.seats).collisions
    assert collision.reason.code == "address-held-by-doubtful"


@pytest.mark.parametrize(
    ("there", "gone", "needs_typing"),
    [(10, 5, False), (10, 6, True), (60, 6, False), (60, 7, True), (59, 6, True), (5, 5, False), (100, 10, False)],
)
def test_many_are_deactivated_only_if_their_number_is_typed(
    tmp_path: Path, there: int, gone: int, needs_typing: bool
) -> None:
    session = session_of(tmp_path, *staff(there), seats=None)
    found = listing(*people(there)[gone:])
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    assert (len(plan.gone), plan.needs_typing) == (gone, needs_typing)
    before = session.state.inventory
    if needs_typing:
        for typed in (None, gone - 1, there):
            with pytest.raises(Refused, match="many-gone") as refused:
                session.do(MapDomain(DOMAIN, found, disable_gone=True, confirmed_gone=typed))
            assert refused.value.params == {"gone": gone, "mapped": there}
            assert session.state.inventory == before
    session.do(MapDomain(DOMAIN, found, disable_gone=True, confirmed_gone=gone if needs_typing else None))
    assert used(session) == there - gone


# The limit


def test_thirty_users_on_five_free_seats(tmp_path: Path) -> None:
    locals_ = [account(f"local{place}", mailbox=True, last_login=logged_in(1)) for place in range(5)]
    session = session_of(tmp_path, *locals_, seats=10)
    found = listing(*people(30))
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    decision = plan.decision()
    assert (decision.over, decision.code) == (25, "over-limit")
    assert plan.access() == guards.Access(30, 5, 25)
    assert sorted(logins(plan.at_risk)) == sorted(user.login for user in people(30))
    with pytest.raises(Refused, match="over-limit") as refused:
        session.do(MapDomain(DOMAIN, found))
    assert refused.value.hints == (message("refused-at-login"), message("over-limit-maps-them"))
    assert used(session) == 5

    session.do(MapDomain(DOMAIN, found, over_limit=True))
    assert (session.seats.report().state, session.seats.report().over, used(session)) == ("exceeded", 25, 35)
    for place in range(5):  # whoever comes first is let in, until the license is used up
        assert not session.do(Connect(f"p{place:02}@{DOMAIN}", "IMAP")).failures
    for place in range(5, 30):
        (failure,) = session.do(Connect(f"p{place:02}@{DOMAIN}", "IMAP")).failures
        assert failure.code == "auth-license"
    for entry in locals_:  # those with a mailbox are not
        assert not session.do(Connect(entry.address, "IMAP")).failures
    assert session.seats.report().locked_out == 25


def test_a_license_that_is_exceeded_already_does_not_stop_what_needs_no_seat(tmp_path: Path) -> None:
    session = session_of(tmp_path, *staff(4), seats=2)
    found = listing(*people(3), person("renamed", "id-p03"))
    session.do(MapDomain(DOMAIN, found))
    assert session.state.find(f"renamed@{DOMAIN}").enabled


def test_who_is_gone_makes_room_if_he_shall_be_deactivated(tmp_path: Path) -> None:
    session = session_of(tmp_path, *staff(4), seats=4)
    found = listing(*people(2), person("new1"), person("new2"))
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    assert (plan.decision().over, plan.decision(disable_gone=True).over) == (2, 0)
    session.do(MapDomain(DOMAIN, found, disable_gone=True))
    assert used(session) == 4


# Whole or not at all


def test_what_was_shown_is_what_is_done(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"))
    found = listing(person("fry"), person("leela"))
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    other = another(session)
    other.do(DisableAccounts((f"fry@{DOMAIN}",)))
    session.do(MapDomain(DOMAIN, found, expected=plan))  # another account, but nothing else would be done
    again = listing(person("fry"), person("leela"), person("amy"))
    plan = plan_mapping(DOMAIN, again, session.state, session.seats)
    other.catch_up()
    other.do(MapDomain(DOMAIN, again))
    with pytest.raises(ChangedMeanwhile):
        session.do(MapDomain(DOMAIN, again, expected=plan))
    other.close()


def test_a_yes_to_passing_the_limit_is_none_to_passing_it_further(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), seats=2)
    found = listing(*people(2))
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    assert plan.decision().over == 1
    other = another(session)
    other.do(AddAccount(f"new@{DOMAIN}"))
    with pytest.raises(ChangedMeanwhile):
        session.do(MapDomain(DOMAIN, found, over_limit=True, expected=plan))
    assert session.seats.report().used == 2
    other.close()


def test_undo_takes_a_whole_mapping_back(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry", full_name="Fry"), mapped("leela"), account("anna"))
    before = {entry.address: entry for entry in session.state.live_entries()}
    found = listing(person("philip", "id-fry", full_name="Philip"), person("amy"))
    session.do(MapDomain(DOMAIN, found, disable_gone=True))
    session.undo()
    assert {entry.address: entry for entry in session.state.live_entries()} == before


def test_nothing_is_done_where_nothing_is_to_do(tmp_path: Path) -> None:
    session = session_of(tmp_path, mapped("fry"))
    done = session.do(MapDomain(DOMAIN, listing(person("fry"))))
    assert done.commit is None
    assert [outcome.result for outcome in done.outcomes] == ["unchanged"]


def test_there_is_no_such_domain(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    for act in (
        lambda: plan_mapping("elsewhere.example", listing(), session.state, session.seats),
        lambda: session.do(MapDomain("elsewhere.example", listing())),
        lambda: session.do(SetDirectory("elsewhere.example", DIRECTORY)),
        lambda: directory_of(session.state, "elsewhere.example"),
    ):
        with pytest.raises(NotFound, match="no-such-domain"):
            act()


# Where it is mapped from


def test_a_domain_keeps_where_it_is_mapped_from(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    with pytest.raises(NotFound, match="directory-not-set"):
        directory_of(session.state, DOMAIN)
    done = session.do(SetDirectory(DOMAIN.upper(), DIRECTORY))
    assert done.outcomes[0].message == message("map-directory-set", url=DIRECTORY.url)
    assert directory_of(session.state, DOMAIN) == DIRECTORY
    domain = session.state.domain_named(DOMAIN)
    assert domain is not None
    assert (domain.name, domain.primary) == (DOMAIN, True)
    assert session.do(SetDirectory(DOMAIN, DIRECTORY)).commit is None
    folder = session.store.folder
    session.close()
    opened = Session.open(folder, "anna", noon(), patience=0)
    assert directory_of(opened.state, DOMAIN) == DIRECTORY
    assert opened.do(ForgetDirectory(DOMAIN)).changed
    assert opened.do(ForgetDirectory(DOMAIN)).commit is None
    opened.undo()
    assert directory_of(opened.state, DOMAIN) == DIRECTORY
    opened.close()


def test_what_no_one_checks_is_recorded_loudly(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    done = session.do(SetDirectory(DOMAIN, replace(DIRECTORY, insecure=True)))
    assert done.outcomes[0].code == "map-directory-set-insecure"
    assert b'"insecure":true' in (session.store.folder / "journal.jsonl").read_bytes()


def test_settings_that_make_no_sense_are_not_kept(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    for wrong in (
        replace(DIRECTORY, url="https://directory.example"),
        replace(DIRECTORY, filter="(uid=*"),
        replace(DIRECTORY, fingerprint="AB"),
        replace(DIRECTORY, kind="custom"),
    ):
        with pytest.raises(BadInput):
            session.do(SetDirectory(DOMAIN, wrong))
    assert session.state.domain_named(DOMAIN) == NORTH


# Any directory, any store

LOGINS = ("a", "b", "c", "d", "A", "b@north.example", "x@south.example", "no login")
IDS = ("1", "2", "3", "4", "5")

users = st.builds(
    DirectoryUser,
    id=st.sampled_from(IDS),
    login=st.sampled_from(LOGINS),
    full_name=st.sampled_from(["", "One", "Two"]),
    enabled=st.booleans(),
)
listings = st.lists(users, max_size=5, unique_by=(lambda user: user.id, lambda user: fold(user.login))).map(
    lambda some: listing(*some)
)
entries = st.builds(
    Entry,
    address=st.sampled_from(["a", "b", "c", "d"]).map(lambda login: f"{login}@{DOMAIN}"),
    origin=st.sampled_from(["directory", "directory", "local"]),
    enabled=st.booleans(),
    mailbox=st.booleans(),
    directory_id=st.sampled_from(["", *IDS]),
)


def as_a_store_would_have_it(some: list[Entry]) -> tuple[Entry, ...]:
    """Only mapped accounts have an id of the directory, and no two the same."""
    seen: set[str] = set()
    kept = []
    for entry in some:
        id_ = entry.directory_id if entry.origin == "directory" and entry.directory_id not in seen else ""
        seen.add(id_)
        kept.append(replace(entry, directory_id=id_))
    return tuple(kept)


stores = st.lists(entries, max_size=4, unique_by=lambda entry: entry.address).map(as_a_store_would_have_it)


@given(stores, listings, st.none() | st.integers(0, 4), st.booleans())
def test_any_directory_onto_any_store(
    before: tuple[Entry, ...], found: DirectoryListing, seats: int | None, disable_gone: bool
) -> None:
    inventory = Inventory(license=License(seats=seats), domains=(NORTH, SOUTH), entries=before)
    with tempfile.TemporaryDirectory() as folder:
        session = Session.create(Path(folder) / "store", inventory, "anna", noon(), patience=0)
        was = {entry.id: entry for entry in session.state.live_entries()}
        plan = plan_mapping(DOMAIN, found, session.state, session.seats)
        session.do(MapDomain(DOMAIN, found, True, disable_gone, confirmed_gone=len(plan.gone), expected=plan))
        assert session.seats.report() == plan.after(disable_gone) == evaluate(session.state.inventory)
        now = {entry.id: entry for entry in session.state.live_entries()}
        addresses = [fold(entry.address) for entry in now.values()]
        assert len(addresses) == len(set(addresses))
        ids = [entry.directory_id for entry in now.values() if entry.directory_id]
        assert len(ids) == len(set(ids))
        for number, entry in was.items():
            assert now[number].enabled <= entry.enabled
            is_another = now[number].directory_id != entry.directory_id != ""
            assert now[number].mailbox == (entry.mailbox and not is_another)
            if entry.origin != "directory":
                assert now[number] == entry
        taken = {entry.directory_id for entry in now.values()}
        refused = {collision.user.id for collision in plan.collisions}
        for user in found.users:
            assert (user.id in taken) or (user.id in refused)
        again = plan_mapping(DOMAIN, found, session.state, session.seats)
        assert again.records() == 0
        assert not disable_gone or not again.gone
        session.close()


def test_a_mapping_takes_reserved_seats_says_so_and_uses_those_of_its_people(tmp_path: Path) -> None:
    session = session_of(tmp_path, seats=3)
    until = session.clock.now() + timedelta(days=9)
    session.do(Reserve("anna@north.example", until, reason="starts soon"))
    found = listing(person("anna"))
    assert not plan_mapping(DOMAIN, found, session.state, session.seats).notes
    session.do(MapDomain(DOMAIN, found))
    assert not session.state.reservations
    session.do(Reserve("Berta Novak", until, count=2, reason="starts soon"))
    found = listing(person("anna"), person("chen"))
    (note,) = plan_mapping(DOMAIN, found, session.state, session.seats).notes
    assert (note.code, note.params) == ("map-takes-reserved", {"reserved": 2, "free": 1})
    session.do(MapDomain(DOMAIN, found))
    assert session.seats.report().used == 2
