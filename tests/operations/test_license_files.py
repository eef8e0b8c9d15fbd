"""License files: what they change, what stays, and what is noted before."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.errors import BadInput
from kconsole.core.license import License, PendingUpdate
from kconsole.operations.license import (
    InstallLicense,
)
from kconsole.operations.license_files import file_notes, installed, read_license
from kconsole.text.messages import words_of
from tests.clocks import FixedClock
from tests.importers.license_writer import license_key, trial_key
from tests.operations.licenses import ACTIVATED, CUSTOMER, NOW, TODAY, changes, file_of, refused, session_with


def codes_of(notes: list[Message]) -> list[str]:
    assert all(words_of(note) for note in notes)
    return [note.code for note in notes]


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
