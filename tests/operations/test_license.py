"""Operations on the license: what they allow, what they change, and that each can be undone."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import fields, replace

from kconsole.core.codes import Message, message
from kconsole.core.encoding import inventory_document
from kconsole.core.errors import BadInput, ChangedSince, ConsoleError, Refused
from kconsole.core.license import Component, Customer, License, PendingUpdate, price_of
from kconsole.core.records import Inventory
from kconsole.importers.dump_documents import read_dump
from kconsole.importers.license_file import read_license_file
from kconsole.licensing.guards import LicensePlan, plan_license
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.base import Done, Operation
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
    SetPrice,
    Terms,
    Without,
)
from kconsole.operations.license_files import LicenseFile, file_notes, installed, read_id, read_license
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from kconsole.text.commits import details_of, sentence
from kconsole.text.messages import error_words, hint_words, words_of
from tests.clocks import FixedClock, noon
from tests.importers.license_writer import FULL_ID, license_key, trial_key
from tests.operations.sessions import account, another, session_of

NOW = noon().now()
TODAY = NOW.date()
DAY = timedelta(days=1)
CUSTOMER = Customer(
    organization="Northwind Traders", person="Anna Berg", email="anna@north.example", phone="1", country="CZ",
    city="Brno", street="High St 1", zip="60200",
)  # fmt: skip
REGISTERED = License(seats=10, id_end="GHIJ", registered_at=NOW - DAY, customer=CUSTOMER, maintenance_until=TODAY + DAY)
ACTIVATED = replace(REGISTERED, activated_at=NOW - DAY)


def session_with(folder: Path, license_: License, *logins: str, clock: FixedClock | None = None) -> Session:
    """A session at a store with this license, and accounts without a mailbox."""
    session = session_of(folder, *(account(login) for login in logins), clock=clock)
    session.do(RestoreInventory(replace(session.state.inventory, license=license_)))
    return session


def refused(session: Session, operation: Operation) -> ConsoleError:
    """The operation is refused, and changes nothing."""
    before = session.state.license
    with pytest.raises(Refused) as caught:
        session.do(operation)
    assert session.state.license == before
    assert error_words(caught.value)
    assert hint_words(caught.value)
    return caught.value


def no_input(session: Session, operation: Operation) -> ConsoleError:
    """The operation makes no sense, and changes nothing."""
    before = session.state.license
    with pytest.raises(BadInput) as caught:
        session.do(operation)
    assert session.state.license == before
    assert error_words(caught.value)
    return caught.value


def changes(session: Session, operation: Operation) -> Done:
    """The operation changes the license and nothing else, is the same in another console, and can be undone."""
    before = session.state.inventory
    done = session.do(operation)
    after = session.state.license
    assert after != before.license
    assert session.state.inventory == replace(before, license=after)
    assert another(session).state.license == after
    undone = session.undo().commit
    assert undone is not None
    assert session.state.inventory == before
    session.undo(undone.sequence)
    assert session.state.license == after
    assert session.seats.report().limit == after.seats
    return done


def outcome_of(done: Done) -> Message:
    (outcome,) = done.outcomes
    return outcome.message


def codes_of(notes: list[Message]) -> list[str]:
    assert all(words_of(note) for note in notes)
    return [note.code for note in notes]


def file_of(content: bytes) -> LicenseFile:
    return read_license_file(content, "license.key")


def plan_of(session: Session, after: License) -> LicensePlan:
    return plan_license(session.state.license, after, session.seats, session.state.live_entries(), NOW)


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


def test_a_license_smaller_than_what_is_in_use_is_only_taken_on_purpose(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED, *"abcd")
    assert refused(session, ChangeTerms(Terms(2))).happened == ("over-limit", {"over": 2, "used": 4, "limit": 2})
    session.do(ChangeTerms(Terms(4)))
    done = session.do(ChangeTerms(Terms(2), over_limit=True))
    assert (done.after.over, done.after.state) == (2, "exceeded")
    session.do(ChangeTerms(Terms(3)))  # still over, and yet better than before
    session.do(ChangeTerms(Terms(expires=date(2028, 1, 1))))
    assert session.seats.report().over == 1


def test_undoing_does_not_take_a_license_that_is_smaller_than_what_is_in_use(tmp_path: Path) -> None:
    session = session_with(tmp_path, replace(REGISTERED, seats=2), "a", "b")
    session.do(BuyUpdate(3))
    commit = session.do(ReceiveUpdate()).commit
    assert commit is not None
    arrival = commit.sequence
    session.do(AddAccount("c@north.example"))
    with pytest.raises(Refused, match="cannot-undo-license") as caught:
        session.undo(arrival)
    assert caught.value.params["reason"] == ("over-limit", {"over": 1, "used": 3, "limit": 2})
    assert session.state.license.seats == 5
    session.do(DisableAccounts(("c@north.example",)))
    session.undo(arrival)
    assert session.state.license.seats == 2


def test_a_license_that_was_too_small_before_is_too_small_for_an_undo_and_a_redo(tmp_path: Path) -> None:
    """Accepting it takes a consent that an undo cannot give."""
    session = session_with(tmp_path, replace(REGISTERED, seats=5), *"abcd")
    session.do(ChangeTerms(Terms(3), over_limit=True))
    changed = session.do(ChangeTerms(Terms(9))).commit
    assert changed is not None
    with pytest.raises(Refused, match="cannot-undo-license"):
        session.undo()
    session.do(DisableAccounts(("a@north.example",)))
    session.undo(changed.sequence)
    assert session.state.license.seats == 3


def test_an_activation_is_not_redone_once_the_license_has_ended(tmp_path: Path) -> None:
    ends = replace(REGISTERED, expires=noon().now().date())
    session = session_with(tmp_path, ends, "a")
    session.do(ActivateLicense())
    undone = session.undo().commit
    assert undone is not None
    session.clock.forward(days=60)  # type: ignore[attr-defined]  # the clock of tests
    with pytest.raises(Refused, match="expired-not-activated"):
        session.undo(undone.sequence)
    assert session.state.license.activated_at is None


def test_a_license_without_limit_is_larger_than_any(tmp_path: Path) -> None:
    session = session_with(tmp_path, replace(ACTIVATED, seats=None), *"abc")
    refused(session, ChangeTerms(Terms(2)))
    assert plan_of(session, replace(ACTIVATED, seats=2)).needs_consent
    assert not plan_of(session, replace(ACTIVATED, seats=3)).needs_consent


def test_a_plan_says_who_would_be_locked_out(tmp_path: Path) -> None:
    session = session_of(
        tmp_path, account("box", mailbox=True), account("new"), account("late"), account("off", enabled=False),
        account("team", kind="mailing_list"), seats=10,
    )  # fmt: skip
    plan = plan_of(session, License(seats=2))
    assert (plan.decision.over, plan.needs_consent, plan.changes) == (1, True, True)
    assert (plan.access.without_mailbox, plan.access.let_in, plan.access.refused) == (2, 1, 1)
    assert [entry.login for entry in plan.at_risk] == ["new", "late"]
    assert (plan.now.limit, plan.planned.limit, session.seats.report().limit) == (10, 2, 10)
    same = plan_of(session, session.state.license)
    assert (same.changes, same.at_risk, same.decision.over) == (False, (), 0)
    session.do(ChangeTerms(Terms(2), over_limit=True))
    assert session.seats.report() == plan.planned


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


# License files


def test_a_license_file_is_installed(tmp_path: Path) -> None:
    session = session_with(tmp_path, License(seats=10, trial_until=TODAY))
    changes(session, InstallLicense(file_of(license_key())))
    license_ = session.state.license
    assert (license_.seats, license_.id_end, license_.expires) == (25, "GHIJ", date(2027, 5, 4))
    assert (license_.registered_at, license_.activated_at, license_.update) == (NOW, NOW, None)
    assert license_.customer is not None
    assert (license_.customer.organization, license_.customer.phone) == ("Northwind Traders", "")
    assert {component.name for component in license_.components} == {"antivirus", "activesync", "antispam"}
    assert session.license_status.state == "activated"
    assert session.do(InstallLicense(file_of(license_key()))).commit is None


def test_what_a_file_does_not_say_stays() -> None:
    before = replace(ACTIVATED, expires=date(2028, 1, 1))
    after = installed(before, file_of(b"--LICENSE--\nBase-ID: 1-2-9ZZZ\n--END--"), NOW)
    assert after == replace(before, id_end="9ZZZ")
    never = installed(before, file_of(b"--LICENSE--\nUsers: -2\nLicense-Expires: never\n--END--"), NOW)
    assert (never.seats, never.expires, never.maintenance_until) == (None, None, before.maintenance_until)


def test_a_customer_that_is_known_stays_unless_the_file_names_another() -> None:
    assert installed(ACTIVATED, file_of(license_key()), NOW).customer == CUSTOMER
    other = installed(replace(ACTIVATED, customer=replace(CUSTOMER, organization="Other")), file_of(license_key()), NOW)
    assert other.customer is not None
    assert (other.customer.organization, other.customer.person) == ("Northwind Traders", "")


def test_a_smaller_file_is_only_installed_on_purpose(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED, *"abc")
    file = file_of(license_key(users="2"))
    refused(session, InstallLicense(file))
    session.do(InstallLicense(file, over_limit=True))
    assert session.seats.report().over == 1


@pytest.mark.parametrize(
    ("bought", "users", "features", "pending"),
    [
        (PendingUpdate(bought_at=NOW, seats=5), "15", "", False),
        (PendingUpdate(bought_at=NOW, seats=5), "14", "", True),
        (PendingUpdate(bought_at=NOW, seats=5), "-2", "", False),
        (PendingUpdate(bought_at=NOW, components=("antispam",)), "10", "Antispam", False),
        (PendingUpdate(bought_at=NOW, components=("antispam",)), "5", "Antispam", False),
        (PendingUpdate(bought_at=NOW, components=("antispam",)), "10", "", True),
        (PendingUpdate(bought_at=NOW, seats=5, components=("antispam",)), "15", "", True),
    ],
)
def test_what_is_on_its_way_has_arrived_if_the_file_brings_all_of_it(
    bought: PendingUpdate, users: str, features: str, pending: bool
) -> None:
    before = replace(ACTIVATED, update=bought)
    file = file_of(license_key(users=users, features=features))
    after = installed(before, file, NOW)
    assert after.update == (bought if pending else None)
    assert ("file-without-purchase" in codes_of(file_notes(before, file, NOW))) == pending


def test_the_file_of_a_trial(tmp_path: Path) -> None:
    session = session_with(tmp_path, License(seats=10))
    changes(session, InstallLicense(file_of(trial_key())))
    assert session.state.license == License(seats=50, trial_until=date(2026, 8, 30))
    assert session.license_status.state == "trial"


def test_the_file_of_a_trial_does_not_take_the_place_of_a_registered_license(tmp_path: Path) -> None:
    session, file = session_with(tmp_path, ACTIVATED), file_of(trial_key())
    assert installed(ACTIVATED, file, NOW) == ACTIVATED
    assert "file-would-be-refused" in codes_of(file_notes(ACTIVATED, file, NOW))
    assert refused(session, InstallLicense(file)).code == "trial-file"


def test_an_expired_file_is_installed_and_suspends_everything(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2027, 6, 1, tzinfo=UTC))
    session, file = session_with(tmp_path, ACTIVATED, clock=clock), file_of(license_key("Weather: fine"))
    notes = file_notes(ACTIVATED, file, clock.now())
    assert codes_of(notes) == ["file-unsigned", *["file-ended"] * 4, "license-field-unknown"]
    assert {note.params["what"]: note.params["on"] for note in notes[1:5]} == {
        "license": date(2027, 5, 4),
        "maintenance": date(2027, 5, 4),
        "activesync": date(2027, 1, 1),
        "antivirus": date(2027, 4, 4),
    }
    session.do(InstallLicense(file))
    assert session.license_status.is_suspended


def test_notes_say_if_a_file_is_of_another_license() -> None:
    file = file_of(license_key())
    assert "file-of-other-id" not in codes_of(file_notes(ACTIVATED, file, NOW))
    assert "file-of-other-id" not in codes_of(file_notes(License(), file, NOW))
    notes = file_notes(replace(ACTIVATED, id_end="9ZZZ"), file, NOW)
    assert message("file-of-other-id", theirs="GHIJ", ours="9ZZZ") in notes


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(BadInput):
            read_license(path)


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


def test_a_price_is_recorded_to_the_last_decimal_undone_and_kept_by_a_dump(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    assert "price" not in inventory_document(session.state.inventory)["license"]  # as version 0.1 writes it
    price = price_of(" 0.1005 ", "eur")
    assert session.do(SetPrice(price)).outcomes[0].code == "price-set"
    assert session.do(SetPrice(price_of("0.1005", "EUR"))).outcomes[0].code == "price-unchanged"
    assert session.state.license.price == price == another(session).state.license.price
    assert (str(price.of(3)), price.currency) == ("0.3015", "EUR")
    document = inventory_document(session.state.inventory)
    assert document["license"]["price"] == {"amount": "0.1005", "currency": "EUR"}
    assert read_dump(json.dumps(document).encode(), "f").license.price == price
    session.do(ChangeTerms(Terms(seats=11)))
    assert session.state.license.price == price
    assert session.do(SetPrice(None)).outcomes[0].code == "price-removed"
    session.undo()
    assert session.state.license.price == price


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        *((each, "EUR", "not-an-amount") for each in ("", "0", "-1", "1,250", "1e3", "NaN", "24.50001", "9" * 11, "٣")),
        *(("1", each, "not-a-currency") for each in ("", "EURO", "€", "E1R")),
    ],
)
def test_what_is_no_price_is_refused(amount: str, currency: str, code: str) -> None:
    with pytest.raises(ValueError, match=code):
        price_of(amount, currency)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "0", "-1", "1E+12", "1.00001"])
def test_a_dump_with_no_price_is_refused(tmp_path: Path, amount: str) -> None:
    session = session_with(tmp_path, ACTIVATED)
    document = inventory_document(session.state.inventory)
    document["license"]["price"] = {"amount": amount, "currency": "EUR"}
    with pytest.raises(BadInput):
        read_dump(json.dumps(document).encode(), "f")
