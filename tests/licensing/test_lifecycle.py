"""The life of a license: one state at a time, endings, warnings, and what changes it."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.license import Component, Customer, License, PendingUpdate
from kconsole.licensing.lifecycle import LicenseState, anniversary, arrived, bought
from kconsole.licensing.policy import KERIO
from tests.licensing.strategies import days, full_licenses
from tests.under_kerio import license_status_of, trial_end

TODAY = date(2026, 8, 5)
DAY = timedelta(days=1)
NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
CUSTOMER = Customer(
    organization="Northwind", person="Anna Berg", email="anna@north.example", phone="1", country="CZ", city="Brno",
    street="High St 1", zip="60200",
)  # fmt: skip
REGISTERED = License(seats=10, registered_at=NOON - DAY, customer=CUSTOMER)
ACTIVATED = replace(REGISTERED, activated_at=NOON, maintenance_until=TODAY + 300 * DAY)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def codes(license_: License, now: datetime = NOON) -> list[str]:
    return [warning.code for warning in license_status_of(license_, now).warnings]


@pytest.mark.parametrize(
    ("license_", "state", "suspended"),
    [
        (License(), "unregistered", False),
        (License(trial_until=TODAY), "trial", False),
        (License(trial_until=TODAY - DAY), "trial-expired", True),
        (REGISTERED, "registered", False),
        (replace(REGISTERED, trial_until=TODAY - DAY), "registered", False),
        (ACTIVATED, "activated", False),
        (replace(ACTIVATED, maintenance_until=TODAY), "activated", False),
        (replace(ACTIVATED, maintenance_until=TODAY - DAY), "maintenance-expired", False),
        (replace(ACTIVATED, expires=TODAY), "activated", False),
        (replace(ACTIVATED, expires=TODAY - DAY), "license-expired", True),
        (replace(ACTIVATED, expires=TODAY - DAY, maintenance_until=TODAY - DAY), "license-expired", True),
        (License(expires=TODAY - DAY), "license-expired", True),
    ],
)
def test_a_license_is_in_the_state_that_fits(license_: License, state: LicenseState, suspended: bool) -> None:
    license_status = license_status_of(license_, NOON)
    assert (license_status.state, license_status.is_suspended) == (state, suspended)
    assert license_status.is_expired == suspended
    assert license_status.code == state
    assert license_status.source


@given(full_licenses, days)
def test_any_license_is_in_one_state_on_any_day(license_: License, day: date) -> None:
    license_status = license_status_of(license_, at(day))
    assert license_status.state in get_args(LicenseState)
    assert license_status.is_expired == (license_status.state in ("trial-expired", "license-expired"))
    assert license_status.is_expired or not license_status.is_suspended
    is_registered = license_.registered_at is not None or license_.activated_at is not None
    assert license_status.state not in (("trial", "trial-expired", "unregistered") if is_registered else ("activated",))
    assert (license_status.ending("trial") is None) == (is_registered or license_.trial_until is None)
    assert [ending.on for ending in license_status.endings] == sorted(ending.on for ending in license_status.endings)
    names = [ending.what for ending in license_status.endings]
    assert len(names) == len(set(names))
    assert len({warning.code for warning in license_status.warnings}) == len(license_status.warnings)


@given(full_licenses, st.datetimes(datetime(2026, 8, 5), datetime(2026, 8, 5, 23, 59, 59), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_day_is_whole(license_: License, now: datetime) -> None:
    license_ = replace(license_, update=None)
    assert license_status_of(license_, now) == license_status_of(license_, NOON)


@given(full_licenses, days)
def test_once_expired_a_license_stays_so_until_it_is_changed(license_: License, day: date) -> None:
    if license_status_of(license_, at(day)).is_suspended:
        assert license_status_of(license_, at(day + DAY)).is_suspended


@pytest.mark.parametrize("days_left", range(-3, 70))
@pytest.mark.parametrize("what", ["trial", "maintenance", "license", "antivirus"])
def test_an_end_is_warned_of_at_60_30_14_7_and_1_days(what: str, days_left: int) -> None:
    day = TODAY + days_left * DAY
    license_ = {
        "trial": License(trial_until=day),
        "maintenance": replace(ACTIVATED, maintenance_until=day),
        "license": replace(ACTIVATED, expires=day),
        "antivirus": replace(ACTIVATED, components=(Component(name="antivirus", expires=day),)),
    }[what]
    ending = license_status_of(license_, NOON).ending(what)
    assert ending is not None
    assert (ending.days, ending.is_over) == (days_left, days_left < 0)
    steps = [step for step in (60, 30, 14, 7, 1) if days_left <= step]
    assert ending.warned_at == (min(steps) if steps and days_left >= 0 else None)
    assert (f"{what}-ends" in codes(license_)) == (0 <= days_left <= 60)
    assert (f"{what}-expired" in codes(license_)) == (days_left < 0)


def test_a_warning_is_new_exactly_where_it_was_agreed_on() -> None:
    def step(days_left: int) -> int | None:
        ending = license_status_of(License(trial_until=TODAY + days_left * DAY), NOON).ending("trial")
        assert ending is not None
        return ending.warned_at

    assert [left for left in range(100, -1, -1) if step(left) != step(left + 1)] == [60, 30, 14, 7, 1]
    assert tuple(sorted({60, 30, 14, 7, 1})) == KERIO.warning_days


def test_a_warning_says_what_ends_and_when() -> None:
    for left in (14, 1, 0):
        (warning,) = license_status_of(License(trial_until=TODAY + left * DAY), NOON).warnings
        assert warning == ("trial-ends", {"what": "trial", "on": TODAY + left * DAY, "days": left})
    (warning,) = license_status_of(replace(ACTIVATED, maintenance_until=TODAY - DAY), NOON).warnings
    assert (warning.code, warning.params["on"]) == ("maintenance-expired", TODAY - DAY)


# Grace


@pytest.mark.parametrize(
    ("expires", "day", "suspended", "expired"),
    [
        (date(2023, 4, 30), date(2023, 4, 30), False, False),
        (date(2023, 4, 30), date(2023, 5, 1), False, True),
        (date(2023, 4, 30), date(2023, 5, 30), False, True),
        (date(2023, 4, 30), date(2023, 5, 31), True, True),
        (date(2023, 5, 1), date(2023, 5, 2), True, True),
    ],
)
def test_grace_is_of_old(expires: date, day: date, suspended: bool, expired: bool) -> None:
    license_status = license_status_of(replace(ACTIVATED, maintenance_until=None, expires=expires), at(day))
    assert (license_status.is_suspended, license_status.is_expired) == (suspended, expired)
    assert (license_status.ending("grace") is None) == (KERIO.grace_ended is not None and expires >= KERIO.grace_ended)
    if expired and not suspended:
        assert (license_status.code, license_status.is_in_grace) == ("grace", True)
        assert {"license-expired", "grace-ends"} <= {warning.code for warning in license_status.warnings}


def test_an_end_of_grace_is_not_warned_of_before_it_began() -> None:
    license_ = License(expires=date(2023, 4, 30))
    assert codes(license_, at(date(2023, 4, 20))) == ["license-ends"]
    assert "grace-ends" in codes(license_, at(date(2023, 4, 30) + KERIO.grace))


# Updates


def test_an_update_is_due_within_24_hours() -> None:
    license_ = replace(ACTIVATED, update=PendingUpdate(bought_at=NOON, seats=10))
    for hours, is_overdue in ((0, False), (24, False), (24.001, True), (25, True)):
        license_status = license_status_of(license_, NOON + timedelta(hours=hours))
        assert license_status.update is not None
        assert (license_status.update.due_at, license_status.update.is_overdue) == (NOON + DAY, is_overdue)
        assert ("update-overdue" in [warning.code for warning in license_status.warnings]) == is_overdue


def test_an_update_bought_at_the_end_of_all_days_breaks_nothing() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    license_status = license_status_of(License(update=PendingUpdate(bought_at=last, seats=1)), NOON)
    assert license_status.update is not None
    assert (license_status.update.due_at, license_status.update.is_overdue) == (last, False)


def test_what_was_bought_is_a_message() -> None:
    update = PendingUpdate(bought_at=NOON, seats=10, components=("antivirus",))
    assert bought(update) == ("bought", {"seats": 10, "components": ("antivirus",)})


@given(full_licenses)
def test_what_arrives_is_added_once(license_: License) -> None:
    after = arrived(license_)
    update = license_.update
    assert after.update is None
    assert arrived(after) == after
    bought = 0 if update is None else update.seats
    assert after.seats == (None if license_.seats is None else license_.seats + bought)
    assert after.components[: len(license_.components)] == license_.components
    names = [component.name for component in after.components]
    assert len(names) == len(set(names))
    assert set(names) == {c.name for c in license_.components} | set(() if update is None else update.components)
    assert replace(after, seats=0, components=(), update=None) == replace(license_, seats=0, components=(), update=None)


# Trial and registration


@pytest.mark.parametrize(
    ("day", "next_year"),
    [
        (date(2026, 8, 5), date(2027, 8, 5)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
        (date(9999, 6, 1), date.max),
    ],
)
def test_the_anniversary_is_a_year_later(day: date, next_year: date) -> None:
    assert anniversary(day) == next_year


def test_a_trial_that_begins_at_the_end_of_all_days_breaks_nothing() -> None:
    assert trial_end(date(9999, 12, 15)) == date.max


@given(full_licenses, days)
def test_registering_ends_a_trial_and_sets_the_anniversary(license_: License, day: date) -> None:
    trial = replace(license_, registered_at=None, activated_at=None, expires=None, trial_until=trial_end(day))
    assert license_status_of(trial, at(day)).state == "trial"
    assert license_status_of(trial, at(day + KERIO.trial + DAY)).state == "trial-expired"
    after = replace(trial, customer=CUSTOMER, registered_at=at(day), maintenance_until=anniversary(day))
    assert license_status_of(after, at(day)).state == "registered"
    assert license_status_of(after, at(day + KERIO.trial + DAY)).state == "registered"
