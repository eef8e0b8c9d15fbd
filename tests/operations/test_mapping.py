"""Mapping a domain's users: sorted by the directory's id, shown, and taken whole."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.errors import NotFound
from kconsole.core.records import Entry
from kconsole.licensing.map_plan import Collision
from kconsole.operations.mapping import (
    MapDomain,
    plan_mapping,
)
from kconsole.text.mapping import counts_words, plan_groups
from tests.operations.mappings import do, listing, logins, mapped, person
from tests.operations.sessions import (
    DOMAIN,
    account,
    alias,
    deleted,
    logged_in,
    session_of,
)


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
