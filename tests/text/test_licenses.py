"""The license in words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from msgspec.structs import fields, replace

from kconsole.core.license import Component, ComponentName, Customer, License, PendingUpdate
from kconsole.core.records import Entry, Inventory, LastLogin
from kconsole.licensing.guards import Access
from kconsole.text.licenses import (
    DETAIL_WORDS,
    Section,
    bought_words,
    change_rows,
    days_words,
    license_sections,
    license_words,
    masked_id,
    refused_words,
    urgent,
)
from kconsole.text.safe_text import safe_text
from kconsole.text.sentences.license import OVERDUE_STEPS
from tests.licensing.strategies import full_licenses, inventories
from tests.under_kerio import evaluate, license_status_of, use_of

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
TODAY = NOON.date()
DAY = timedelta(days=1)
CUSTOMER = Customer(
    organization="Northwind", person="Anna Berg", email="anna@north.example", phone="1", country="CZ", city="Brno",
    street="High St 1", zip="60200",
)  # fmt: skip
ACTIVATED = License(
    seats=10, id_end="4F2K", registered_at=NOON - DAY, activated_at=NOON, customer=CUSTOMER,
    maintenance_until=date(2027, 3, 1),
)  # fmt: skip
HOSTILE = "\x1b[2J\u202e[red]x[/]\n!"


def account(login: str, days_ago: int = 0, **given_: object) -> Entry:
    last = LastLogin(NOON - days_ago * DAY, "EAS")
    return Entry(address=f"{login}@north.example", last_login=last, **given_)  # type: ignore[arg-type]  # of an entry


def sections_of(license_: License, *entries: Entry, now: datetime = NOON, most: int = 5) -> list[Section]:
    report = evaluate(Inventory(license=license_, entries=entries))
    status = license_status_of(license_, now)
    return list(license_sections(license_, status, report, use_of(license_, entries), most))


def shown(license_: License, *entries: Entry, now: datetime = NOON, most: int = 5) -> dict[str, list[tuple[str, str]]]:
    sections = sections_of(license_, *entries, now=now, most=most)
    return {section.code: [(row.label, row.text) for row in section.details] for section in sections}


@pytest.mark.parametrize(
    ("license_", "words"),
    [
        (License(), "license not recorded"),
        (License(trial_until=TODAY + 16 * DAY), "trial, 16 days left"),
        (License(trial_until=TODAY + DAY), "trial, 1 day left"),
        (License(trial_until=TODAY), "trial, the last day is today"),
        (License(trial_until=TODAY - DAY), "trial expired"),
        (ACTIVATED, "maintenance until 2027-03-01"),
        (replace(ACTIVATED, activated_at=None), "registered"),
        (replace(ACTIVATED, maintenance_until=None), "activated"),
        (replace(ACTIVATED, maintenance_until=TODAY - DAY), "maintenance expired"),
        (replace(ACTIVATED, expires=TODAY - DAY), "license expired"),
    ],
)
def test_a_few_words_say_how_it_stands(license_: License, words: str) -> None:
    assert license_words(license_status_of(license_, NOON)) == words


def test_days_are_counted_in_words() -> None:
    def words(days: int) -> str:
        ending = license_status_of(License(trial_until=TODAY + days * DAY), NOON).ending("trial")
        assert ending is not None
        return days_words(ending)

    assert [words(days) for days in (2, 1, 0, -1, -2)] == [
        "2 days left", "1 day left", "the last day is today", "ended 1 day ago", "ended 2 days ago",
    ]  # fmt: skip


def test_of_an_id_no_more_than_its_end_is_shown() -> None:
    assert masked_id(ACTIVATED) == "*****-*****-*4F2K"
    assert masked_id(License()) == ""
    assert "\x1b" not in masked_id(License(id_end="\x1b[2J"))


# Above the lists


@pytest.mark.parametrize(
    ("license_", "lines"),
    [
        (ACTIVATED, []),
        (License(trial_until=TODAY + 15 * DAY), []),
        (License(trial_until=TODAY + 14 * DAY), [("The trial: 14 days left", "notice")]),
        (License(trial_until=TODAY + DAY), [("The trial: 1 day left", "notice")]),
        (
            replace(ACTIVATED, maintenance_until=TODAY - DAY),
            [("Software Maintenance has ended: updates have stopped", "alarm")],
        ),
        (
            replace(ACTIVATED, expires=TODAY - DAY),
            [("License expired: mail stops and no user can log in to a mailbox", "alarm")],
        ),
        (
            replace(ACTIVATED, update=PendingUpdate(bought_at=NOON - 2 * DAY, seats=10)),
            [("Overdue: 10 seats, bought more than 24 hours ago", "alarm")],
        ),
        (replace(ACTIVATED, components=(Component(name="antivirus", expires=TODAY),)), []),
    ],
)
def test_what_is_urgent_is_reported_above_the_lists(license_: License, lines: list[tuple[str, str]]) -> None:
    assert list(urgent(license_status_of(license_, NOON))) == lines


# Everything


def test_everything_is_reported_in_sections() -> None:
    sections = shown(ACTIVATED)
    assert list(sections) == ["state", "endings", "components", "customer"]
    first = dict(sections["state"])
    assert first["State"].startswith("ACTIVATED   ")
    assert (first["Seats"], first["License ID"]) == ("0 of 10 used", "*****-*****-*4F2K")
    assert sections["endings"] == [("Software Maintenance", "2027-03-01   208 days left")]
    assert sections["components"] == [
        ("Antivirus", "not licensed"), ("Exchange ActiveSync", "not licensed"), ("Anti-spam", "not licensed"),
    ]  # fmt: skip
    assert sections["customer"] == [
        ("Organization", "Northwind"), ("Person", "Anna Berg"), ("Email", "anna@north.example"), ("Phone", "1"),
        ("Street", "High St 1"), ("Zip", "60200"), ("City", "Brno"), ("Country", "CZ"),
    ]  # fmt: skip


def test_every_detail_of_a_customer_has_a_word() -> None:
    assert set(DETAIL_WORDS) == {field.name for field in fields(Customer)}


def test_a_license_without_a_customer() -> None:
    assert shown(License())["customer"] == [("", "no customer yet")]
    assert shown(replace(ACTIVATED, customer=None))["customer"] == [("", "not recorded")]
    assert dict(shown(License())["state"])["License ID"] == "not known"


def test_accounts_beyond_the_seats_of_a_component_are_named() -> None:
    license_ = replace(ACTIVATED, components=(Component(name="activesync", seats=1, expires=TODAY + DAY),))
    entries = [account(login, age) for age, login in enumerate("abcd")]
    assert shown(license_, *entries, most=2)["components"][1:3] == [
        ("Exchange ActiveSync", "4 of 1 seat   until 2026-08-06, 1 day left   !"),
        ("", "! 3 accounts beyond its seats: b@north.example, c@north.example and 1 more"),
    ]
    free = replace(license_, seats=None, components=(Component(name="activesync"),))
    assert shown(free, *entries)["components"][1] == (
        "Exchange ActiveSync",
        "4 seats, unlimited   as long as the license",
    )
    ended = replace(ACTIVATED, components=(Component(name="antispam", expires=TODAY - DAY),))
    assert shown(ended)["components"][2] == (
        "Anti-spam",
        "0 of 10 seats   until 2026-08-04, ended 1 day ago   !",
    )


def test_what_is_on_its_way_is_reported_with_what_to_do_once_it_is_overdue() -> None:
    license_ = replace(ACTIVATED, update=PendingUpdate(bought_at=NOON, seats=10, components=("antivirus",)))
    bought, due = shown(license_)["update"]
    assert bought[1].startswith("10 seats and Antivirus   2026-08-05")
    assert due[0] == "Due"
    late = shown(license_, now=NOON + timedelta(hours=25))["update"]
    assert late[1][1].endswith("! OVERDUE")
    assert [text for _, text in late[2:]] == [f"{number}. {step}" for number, step in enumerate(OVERDUE_STEPS, 1)]


def test_seats_over_the_license_are_shown() -> None:
    assert (
        dict(shown(replace(ACTIVATED, seats=1), account("a"), account("b"))["state"])["Seats"]
        == "2 of 1 used   1 seat over   !"
    )


@given(full_licenses, inventories())
def test_any_license_is_reported_in_texts_that_are_safe(license_: License, inventory: Inventory) -> None:
    license_ = replace(license_, id_end=license_.id_end and HOSTILE[:4])
    for rows in shown(license_, *inventory.entries).values():
        for label, text in rows:
            assert label == safe_text(label, None)
            assert text == safe_text(text, None)


def test_hostile_texts_of_a_customer_are_made_harmless() -> None:
    customer = Customer(**{field.name: HOSTILE for field in fields(Customer)})
    license_ = replace(ACTIVATED, customer=customer, id_end=HOSTILE[:4])
    texts = [text for rows in shown(license_).values() for _, text in rows]
    texts += [row.text for row in change_rows(ACTIVATED, license_)]
    assert not any(character in text for text in texts for character in "\x1b\u202e\n")


def test_rows_say_how_severe_they_are() -> None:
    component = Component(name="activesync", seats=1, expires=TODAY + DAY)
    update = PendingUpdate(bought_at=NOON - 2 * DAY, seats=1)
    license_ = replace(ACTIVATED, seats=1, maintenance_until=TODAY - DAY, components=(component,), update=update)
    sections = sections_of(license_, account("a"), account("b"))
    severe = {row.code: row.severity for section in sections for row in section.rows if row.severity}
    assert severe == {
        "seats": "alarm", "maintenance": "alarm", "activesync": "notice", "beyond": "alarm", "due": "alarm",
    }  # fmt: skip
    hostile = replace(ACTIVATED, customer=replace(CUSTOMER, organization="! alarm   !"))
    assert not any(row.severity for section in sections_of(hostile) for row in section.rows)


@pytest.mark.parametrize(
    ("seats", "components", "words"),
    [
        (1, (), "1 seat"),
        (1000, (), "1,000 seats"),
        (0, ("antivirus",), "Antivirus"),
        (10, ("antivirus",), "10 seats and Antivirus"),
        (10, ("antivirus", "antispam"), "10 seats, Antivirus and Anti-spam"),
        (0, (), ""),
    ],
)
def test_what_was_bought_has_words(seats: int, components: tuple[ComponentName, ...], words: str) -> None:
    assert bought_words(PendingUpdate(bought_at=NOON, seats=seats, components=components)) == words


# What would change


def test_what_would_change_is_reported_field_by_field() -> None:
    after = replace(
        ACTIVATED, seats=None, id_end="9ZZZ", maintenance_until=date(2028, 3, 1), expires=date(2028, 3, 1),
        components=(Component(name="antivirus", expires=date(2028, 3, 1), seats=1), Component(name="antispam")),
        update=PendingUpdate(bought_at=NOON, seats=5),
    )  # fmt: skip
    assert [tuple(row) for row in change_rows(ACTIVATED, after)] == [
        ("Seats", "10 → unlimited"),
        ("License ID", "*****-*****-*4F2K → *****-*****-*9ZZZ"),
        ("Maintenance until", "2027-03-01 → 2028-03-01"),
        ("Expires", "– → 2028-03-01"),
        ("On its way", "nothing → 5 seats"),
        ("Antivirus", "not licensed → 1 seat until 2028-03-01"),
        ("Anti-spam", "not licensed → all seats"),
    ]


def test_a_change_that_is_too_small_to_be_seen_is_reported_nevertheless() -> None:
    longer = replace(CUSTOMER, comment="x" * 200)
    rows = change_rows(
        replace(ACTIVATED, customer=longer), replace(ACTIVATED, customer=replace(longer, comment="x" * 201))
    )
    assert [tuple(row) for row in rows] == [("Customer", "changed")]


@given(full_licenses, full_licenses)
def test_every_difference_is_reported_and_nothing_else(before: License, after: License) -> None:
    rows = change_rows(before, after)
    assert change_rows(before, before) == []
    same_components = sorted(map(repr, before.components)) == sorted(map(repr, after.components))
    is_same = replace(before, components=()) == replace(after, components=()) and same_components
    assert (rows == []) == is_same
    assert all(row.text == safe_text(row.text, None) for row in rows)


# Who would be refused


def test_who_would_be_refused_at_login_is_named() -> None:
    entries = [account(f"a{number:02}") for number in range(30)]
    assert refused_words(Access(30, 18, 12), entries) == (
        "12 of 30 accounts without a mailbox would be refused at login, the last of these to log in: "
        "a00@north.example, a01@north.example, a02@north.example and 27 more"
    )
    assert refused_words(Access(1, 0, 1), entries[:1]) == (
        "1 account without a mailbox would be refused at login: a00@north.example"
    )
    assert refused_words(Access(30, 30, 0), entries) == ""
