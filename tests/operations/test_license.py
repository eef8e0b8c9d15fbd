"""Operations on the license: what they allow, what they change, and that each can be undone."""

import json
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import fields, replace

from kconsole.core.codes import message
from kconsole.core.encoding import inventory_document
from kconsole.core.errors import BadInput, ChangedSince, Refused
from kconsole.core.license import Component, Customer, License, PendingUpdate
from kconsole.core.records import Inventory
from kconsole.operations.base import Operation
from kconsole.operations.history import LogQuery
from kconsole.operations.license import (
    LONGEST_DETAIL,
    MOST_SEATS,
    OPTIONAL,
    ActivateLicense,
    BeginTrial,
    BuyUpdate,
    CancelUpdate,
    ChangeComponent,
    ChangeTerms,
    InstallLicense,
    ReceiveUpdate,
    RegisterLicense,
    Terms,
    Without,
)
from kconsole.operations.license_files import read_id
from kconsole.operations.server import RestoreInventory
from kconsole.text.commits import details_of, sentence
from kconsole.text.messages import error_words, hint_words
from tests.importers.license_writer import FULL_ID, license_key
from tests.operations.licenses import (
    ACTIVATED,
    CUSTOMER,
    DAY,
    NOW,
    REGISTERED,
    TODAY,
    changes,
    file_of,
    no_input,
    outcome_of,
    refused,
    session_with,
)
from tests.operations.sessions import another

# Trial


def test_a_trial_lasts_30_days(tmp_path: Path) -> None:
    session = session_with(tmp_path, License(seats=10))
    assert outcome_of(changes(session, BeginTrial())) == ("trial-recorded", {"days": 30, "until": date(2026, 9, 4)})
    assert session.state.license.trial_until == TODAY + 30 * DAY
    assert session.license_status.state == "trial"
    assert refused(session, BeginTrial()).happened == ("trial-has-begun", {"until": "2026-09-04"})


def test_a_trial_that_began_earlier(tmp_path: Path) -> None:
    session = session_with(tmp_path, License())
    assert no_input(session, BeginTrial(TODAY + DAY)).code == "begun-in-future"
    changes(session, BeginTrial(TODAY - 31 * DAY))
    assert session.license_status.state == "trial-expired"
    refused(session, BeginTrial())


def test_there_is_no_trial_of_a_registered_license(tmp_path: Path) -> None:
    refused(session_with(tmp_path, REGISTERED), BeginTrial())


# Registration and activation


def test_registering_sets_the_anniversary_and_ends_the_trial(tmp_path: Path) -> None:
    session = session_with(tmp_path, License(seats=10, trial_until=TODAY))
    done = changes(session, RegisterLicense(CUSTOMER, FULL_ID))
    assert outcome_of(done) == ("registered-to", {"organization": "Northwind Traders", "until": date(2027, 8, 5)})
    assert done.outcomes[0].hints == (message("next-step", status="registered"),)
    assert session.state.license == License(
        seats=10, id_end="GHIJ", trial_until=TODAY, registered_at=NOW, customer=CUSTOMER,
        maintenance_until=date(2027, 8, 5),
    )  # fmt: skip
    assert session.license_status.state == "registered"


def test_registering_an_expired_license_says_to_renew_it(tmp_path: Path) -> None:
    session = session_with(tmp_path, License(expires=TODAY - DAY))
    (outcome,) = session.do(RegisterLicense(CUSTOMER)).outcomes
    assert outcome.hints == (message("next-step", status="license-expired"),)
    refused(session, ActivateLicense())


def test_registering_again_changes_the_customer_and_leaves_the_anniversary(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    changes(session, RegisterLicense(replace(CUSTOMER, person="Jan Novák", comment="moved")))
    assert session.state.license == replace(ACTIVATED, customer=replace(CUSTOMER, person="Jan Novák", comment="moved"))
    assert session.do(RegisterLicense(session.state.license.customer or CUSTOMER)).commit is None


@pytest.mark.parametrize("name", [field.name for field in fields(Customer)])
def test_a_detail_is_needed_unless_it_is_optional(tmp_path: Path, name: str) -> None:
    session = session_with(tmp_path, License())
    operation = RegisterLicense(replace(CUSTOMER, **{name: "  "}))
    if name in OPTIONAL:
        session.do(operation)
    else:
        assert no_input(session, operation).params == {"names": [name]}


def test_details_are_checked(tmp_path: Path) -> None:
    session = session_with(tmp_path, License())
    assert no_input(session, RegisterLicense(replace(CUSTOMER, phone="", zip=""))).params["names"] == ["phone", "zip"]
    too_long = no_input(session, RegisterLicense(replace(CUSTOMER, city="x" * (LONGEST_DETAIL + 1))))
    assert (too_long.code, too_long.params["names"]) == ("details-too-long", ["city"])
    for email in ("anna", "@", "a b@c", "a@b@c"):
        assert no_input(session, RegisterLicense(replace(CUSTOMER, email=email))).code == "not-an-email-address"
    session.do(RegisterLicense(replace(CUSTOMER, city="  Brno ")))
    assert session.state.license.customer == CUSTOMER


@pytest.mark.parametrize("text", ["12345 ABCDE", "12345-ABCDE-FGHIJ-", "-", "?", "<FGHIJ>", "čččč"])
def test_what_is_no_license_id_is_refused_and_not_reported(tmp_path: Path, text: str) -> None:
    session = session_with(tmp_path, License())
    error = no_input(session, RegisterLicense(CUSTOMER, text))
    assert (error.code, error.params) == ("not-a-license-id", {})


def test_of_a_license_id_no_more_than_its_end_is_kept_from_the_first_moment(tmp_path: Path) -> None:
    operation = RegisterLicense(CUSTOMER, f" {FULL_ID}\n")
    assert (operation.license_id, "ABCDE" in repr(operation)) == ("GHIJ", False)
    assert RegisterLicense(CUSTOMER, operation.license_id) == operation
    session = session_with(tmp_path, License())
    session.do(operation)
    session.do(InstallLicense(file_of(license_key())))
    session.undo()
    session.close()
    kept = b"".join(path.read_bytes() for path in session.store.folder.rglob("*") if path.is_file())
    assert b"GHIJ" in kept
    for secret in (FULL_ID, FULL_ID[:-4], "ABCDE"):
        assert secret.encode() not in kept
        assert secret not in json.dumps(inventory_document(session.state.inventory))


def test_an_id_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "id"
    for text in (FULL_ID, f"\ufeff{FULL_ID}\r\n", "GHIJ"):
        path.write_text(text)
        assert read_id(path) == "GHIJ"
    for text in ("", "\n", f"{FULL_ID}\n{FULL_ID}", "x" * 5000, "the license"):
        path.write_text(text)
        with pytest.raises(BadInput) as caught:
            read_id(path)
        assert "FGHIJ" not in error_words(caught.value) + hint_words(caught.value)
    with pytest.raises(BadInput):
        read_id(tmp_path / "none")


def test_activation_binds_a_registered_license(tmp_path: Path) -> None:
    refused(session_with(tmp_path / "other", License()), ActivateLicense())
    session = session_with(tmp_path, REGISTERED)
    changes(session, ActivateLicense())
    assert session.state.license == replace(REGISTERED, activated_at=NOW)
    assert session.license_status.state == "activated"
    assert session.do(ActivateLicense()).commit is None


# Updates


def test_what_was_bought_arrives(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED, "a", "b")
    done = changes(session, BuyUpdate(5, ("antivirus", "antivirus")))
    bought = message("bought", seats=5, components=("antivirus",))
    assert outcome_of(done) == ("purchase-recorded", {"bought": bought, "hours": 24})
    assert session.state.license.seats == 10
    assert session.state.license.update == PendingUpdate(bought_at=NOW, seats=5, components=("antivirus",))
    assert refused(session, BuyUpdate(1)).happened == ("purchase-pending", {"bought": bought})
    arrived = changes(session, ReceiveUpdate())
    assert outcome_of(arrived) == ("purchase-arrived", {"bought": bought, "seats": 15})
    assert session.state.license == replace(ACTIVATED, seats=15, components=(Component(name="antivirus"),))
    refused(session, ReceiveUpdate())
    refused(session, CancelUpdate())


def test_what_was_bought_is_called_off(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    session.do(BuyUpdate(5))
    changes(session, CancelUpdate())
    assert session.state.license == ACTIVATED


def test_what_cannot_be_bought(tmp_path: Path) -> None:
    refused(session_with(tmp_path / "1", License(seats=5)), BuyUpdate(5))
    refused(session_with(tmp_path / "2", replace(ACTIVATED, seats=None)), BuyUpdate(5))
    has = session_with(tmp_path / "3", replace(ACTIVATED, components=(Component(name="antivirus"),)))
    error = refused(has, BuyUpdate(5, ("antivirus", "antispam")))
    assert error.happened == ("components-licensed", {"components": ["antivirus"]})
    for operation in (BuyUpdate(), BuyUpdate(-1), BuyUpdate(-1, ("antispam",)), BuyUpdate(MOST_SEATS)):
        no_input(has, operation)
    session = session_with(tmp_path / "4", ACTIVATED)
    session.do(BuyUpdate(MOST_SEATS - 10))
    session.do(ChangeTerms(Terms(seats=11)))
    refused(session, ReceiveUpdate())


def test_two_consoles_buy_one_after_the_other(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    other = another(session)
    session.do(BuyUpdate(5))
    with pytest.raises(Refused):
        other.do(BuyUpdate(5))
    other.do(ReceiveUpdate())
    with pytest.raises(ChangedSince):
        session.undo()


# By hand


def test_terms_are_changed_by_hand(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    terms = Terms(20, date(2027, 1, 1), date(2028, 1, 1))
    changes(session, ChangeTerms(terms))
    assert session.state.license == replace(
        ACTIVATED, seats=20, maintenance_until=date(2027, 1, 1), expires=date(2028, 1, 1)
    )
    assert session.do(ChangeTerms(terms)).commit is None
    assert session.do(ChangeTerms(Terms())).commit is None
    for seats in (-1, MOST_SEATS + 1):
        no_input(session, ChangeTerms(Terms(seats)))


def test_a_limit_and_the_days_can_be_taken_off(tmp_path: Path) -> None:
    limited = replace(ACTIVATED, seats=20, maintenance_until=date(2027, 1, 1), expires=date(2028, 1, 1))
    session = session_with(tmp_path, limited)
    changes(session, ChangeTerms(Terms(expires=Without.LIMIT)))
    assert session.state.license == replace(limited, expires=None)
    changes(session, ChangeTerms(Terms(Without.LIMIT, Without.LIMIT)))
    assert session.state.license == replace(limited, seats=None, maintenance_until=None, expires=None)
    session.undo()
    assert session.state.license == replace(limited, expires=None)


# Components


def test_a_component_is_licensed_changed_and_taken_away(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    spam, virus = Component(name="antispam"), Component(name="antivirus", expires=TODAY, seats=5)
    changes(session, ChangeComponent(spam))
    changes(session, ChangeComponent(virus))
    assert list(session.state.license.components) == [virus, spam]
    assert session.do(ChangeComponent(virus)).commit is None
    changes(session, ChangeComponent(replace(virus, seats=None)))
    changes(session, ChangeComponent(virus, is_licensed=False))
    assert list(session.state.license.components) == [spam]
    assert session.do(ChangeComponent(virus, is_licensed=False)).commit is None
    no_input(session, ChangeComponent(replace(virus, seats=-1)))


# The log


def test_the_log_says_what_was_done(tmp_path: Path) -> None:
    session = session_with(tmp_path, License(seats=10))
    operations: list[Operation] = [
        BeginTrial(), RegisterLicense(CUSTOMER, FULL_ID), ActivateLicense(), BuyUpdate(5), CancelUpdate(), BuyUpdate(5),
        ReceiveUpdate(), ChangeTerms(Terms(20)), ChangeComponent(Component(name="antispam")),
        InstallLicense(file_of(license_key())),
    ]  # fmt: skip
    for operation in operations:
        commit = session.do(operation).commit
        assert commit is not None
        assert (commit.operation, commit.seats) == (operation.name, (0, 0))
        assert sentence(commit)
    undone = session.undo().commit
    assert undone is not None
    commits = list(session.history.log(LogQuery()))
    shown = "\n".join(f"{row.label}|{row.text}" for commit in commits for row in details_of(commit, NOW))
    for line in (
        "License|Trial until: – → 2026-09-04", "License|Customer: – → Northwind Traders, Anna Berg",
        "License|On its way: nothing → 5 seats", "License|Seats: 10 → 15", "License|Seats: 15 → 20",
        "License|Anti-spam: not licensed → all seats", "License|Seats: 25 → 20",
    ):  # fmt: skip
        assert line in shown
    assert FULL_ID[:-4] not in shown


def test_a_refusal_is_in_the_log(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED, *"abc")
    refused(session, ChangeTerms(Terms(1)))
    last = list(session.history.log(LogQuery()))[-1]
    assert (last.operation, last.changes, len(last.refused)) == ("change license", (), 1)


def test_an_inventory_is_restored_with_its_license(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    session.do(RestoreInventory(Inventory()))
    assert session.state.license == License()
    session.undo()
    assert session.state.license == ACTIVATED
