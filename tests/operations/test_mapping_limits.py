"""Mapping: those who are gone, the limit of the license, and all of it or nothing."""

from pathlib import Path

import pytest

from kconsole.core.codes import message
from kconsole.core.errors import ChangedMeanwhile, NotFound, Refused
from kconsole.licensing import guards
from kconsole.operations.accounts import AddAccount, Connect, DisableAccounts
from kconsole.operations.mapping import (
    MapDomain,
    SetDirectory,
    directory_of,
    plan_mapping,
)
from tests.operations.mappings import DIRECTORY, do, listing, logins, mapped, people, person, staff
from tests.operations.sessions import (
    DOMAIN,
    account,
    another,
    logged_in,
    session_of,
    used,
)

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
