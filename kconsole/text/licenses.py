"""The license in words: for the header, the banner, the License screen and the command line."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import fields

from kconsole.core.license import Customer, License
from kconsole.core.records import Entry
from kconsole.core.reports import SeatReport
from kconsole.licensing.components import ComponentUse
from kconsole.licensing.guards import Access
from kconsole.licensing.lifecycle import COMPONENT_WORDS, OVERDUE_STEPS, Ending, LicenseStatus, bought_words
from kconsole.text import ages, words
from kconsole.text.details import Detail
from kconsole.text.gauge import used_words
from kconsole.text.safe_text import safe_text

URGENT: Final = 14
"""Days left at which an end is told above the lists; before, it stands in the License screen and in `status`."""

Section = tuple[str, Sequence[Detail]]
"""A heading, and what stands under it."""

DETAIL_WORDS: Final = {
    "organization": "Organization",
    "person": "Person",
    "email": "Email",
    "phone": "Phone",
    "street": "Street",
    "zip": "Zip",
    "city": "City",
    "state": "State",
    "country": "Country",
    "web": "Web",
    "comment": "Comment",
}
"""The details of a customer in the order in which they are told, and what they are called."""


def license_words(license_status: LicenseStatus) -> str:
    """The license in a few words: "maintenance until 2027-03-01", "trial, 16 days left", "license expired"."""
    if license_status.state == "trial" and (trial := license_status.ending("trial")) is not None:
        return f"trial, {days_words(trial)}"
    maintenance = license_status.ending("maintenance")
    if license_status.state == "activated" and maintenance is not None:
        return f"maintenance until {maintenance.on.isoformat()}"
    return license_status.word


def masked_id(license_: License) -> str:
    """The license ID as far as it is ever shown; empty if none is known."""
    return f"*****-*****-*{safe_text(license_.id_end)}" if license_.id_end else ""


def title_of(ending: Ending) -> str:
    """What ends, at the beginning of a line: "Trial", "Software Maintenance"."""
    title = ending.title.removeprefix("The ")
    return title[0].upper() + title[1:]


def days_words(ending: Ending) -> str:
    """How long there is still: "264 days left", "today", "ended 3 days ago"."""
    if ending.days > 0:
        return f"{words.count(ending.days, 'day')} left"
    return "the last day is today" if ending.days == 0 else f"ended {words.count(-ending.days, 'day')} ago"


def urgent(license_status: LicenseStatus) -> list[tuple[str, str]]:
    """What has to be said above the lists: text, and whether it is an alarm or a notice."""
    told = []
    if license_status.is_expired:
        told.append(
            (
                f"{license_status.word[0].upper()}{license_status.word[1:]}: {_first_clause(license_status.allows)}",
                "alarm",
            )
        )
    if license_status.update is not None and license_status.update.is_overdue:
        told.append((f"{bought_words(license_status.update.update)} bought, and not here after 24 hours", "alarm"))
    for ending in license_status.endings:
        if ending.is_over and ending.what == "maintenance" and not license_status.is_expired:
            told.append(("Software Maintenance has ended: updates have stopped", "notice"))
        elif not ending.is_over and ending.days <= URGENT and ending.what in ("trial", "maintenance", "license"):
            told.append((f"{ending.title}: {days_words(ending)}", "alarm" if ending.days <= 1 else "notice"))
    return told


def _first_clause(text: str) -> str:
    head, _, tail = text.rstrip(".").partition(": ")
    return tail or head


def license_sections(
    license_: License, license_status: LicenseStatus, report: SeatReport, use: Sequence[ComponentUse], most: int = 5
) -> Iterator[Section]:
    """Everything about a license, what is asked first on top. All texts are safe to show.

    Args:
        license_: what was bought.
        license_status: how it stands.
        report: the seats.
        use: who uses its components.
        most: how many accounts beyond a component's seats are named.
    """
    yield "", list(_state(license_, license_status, report))
    if license_status.endings:
        yield (
            "What ends when",
            [_ending(ending) for ending in license_status.endings],
        )
    yield "Components", list(_components(license_status, use, most))
    if license_status.update is not None:
        yield "On its way", list(_update(license_status))
    yield "Registered to", list(_customer(license_))


def _state(license_: License, license_status: LicenseStatus, report: SeatReport) -> Iterator[Detail]:
    yield Detail("State", f"{license_status.word.upper()}   {license_status.meaning}")
    yield Detail("Allows", license_status.allows)
    yield Detail("Next", license_status.next_step)
    over = f"   {report.over:,} over" if report.over else ""
    yield Detail("Seats", f"{used_words(report)}{over}")
    yield Detail("License ID", masked_id(license_) or "not known")
    if license_.registered_at is not None:
        yield Detail("Registered", ages.full_moment(license_.registered_at))
    if license_.activated_at is not None:
        yield Detail("Activated", ages.full_moment(license_.activated_at))
    yield Detail("Source", license_status.source)


def _ending(ending: Ending) -> Detail:
    sign = "   !" if ending.is_over or ending.warned_at is not None else ""
    return Detail(title_of(ending), f"{ending.on.isoformat()}   {days_words(ending)}{sign}")


def _components(license_status: LicenseStatus, use: Sequence[ComponentUse], most: int) -> Iterator[Detail]:
    used = {each.component.name: each for each in use}
    for name, word in COMPONENT_WORDS.items():
        if name not in used:
            yield Detail(word, "not licensed")
            continue
        each = used[name]
        ending = license_status.ending(name)
        until = "as long as the license"
        if ending is not None:
            sign = "   !" if ending.is_over or ending.warned_at is not None else ""
            until = f"until {ending.on.isoformat()}, {days_words(ending)}{sign}"
        of_how_many = " used, unlimited" if each.seats is None else f" of {each.seats:,} used"
        yield Detail(word, f"{len(each.users):,}{of_how_many}   {until}")
        if each.beyond:
            names = words.and_list([safe_text(entry.address) for entry in each.beyond], most)
            yield Detail("", f"! {len(each.beyond):,} beyond its seats: {names}")


def _update(license_status: LicenseStatus) -> Iterator[Detail]:
    if license_status.update is None:
        return
    update = license_status.update
    yield Detail("Bought", f"{bought_words(update.update)}   {ages.full_moment(update.update.bought_at)}")
    yield Detail("Due", ages.full_moment(update.due_at) + ("   ! OVERDUE" if update.is_overdue else ""))
    if update.is_overdue:
        for number, step in enumerate(OVERDUE_STEPS, 1):
            yield Detail("What to do" if number == 1 else "", f"{number}. {step}")


def _customer(license_: License) -> Iterator[Detail]:
    customer = license_.customer
    if customer is None:
        yield Detail("", "nobody yet" if license_.registered_at is None else "not recorded")
        return
    for name, word in DETAIL_WORDS.items():
        if text := getattr(customer, name):
            yield Detail(word, safe_text(text))


def change_rows(before: License, after: License) -> list[Detail]:
    """What would be different with another license: the field, what it is and what it would be. Safe to show."""
    rows = []
    fields_after = _fields_of(after)
    for label, (value, shown) in _fields_of(before).items():
        value_after, shown_after = fields_after[label]
        if value != value_after:
            told = f"{shown} → {shown_after}" if shown != shown_after else "changed"
            rows.append(Detail(label, told))
    return rows


def _fields_of(license_: License) -> dict[str, tuple[object, str]]:
    """What there is to a license, by label: the value, and how it is shown."""
    shown: dict[str, tuple[object, str]] = {
        "Seats": (license_.seats, "without limit" if license_.seats is None else f"{license_.seats:,}"),
        "License ID": (license_.id_end, masked_id(license_) or "–"),
        "Trial until": (license_.trial_until, _day(license_.trial_until)),
        "Maintenance until": (license_.maintenance_until, _day(license_.maintenance_until)),
        "Expires": (license_.expires, _day(license_.expires)),
        "Registered": (
            license_.registered_at,
            ages.full_moment(license_.registered_at) if license_.registered_at else "no",
        ),
        "Activated": (
            license_.activated_at,
            ages.full_moment(license_.activated_at) if license_.activated_at else "no",
        ),
        "Customer": (license_.customer, _customer_line(license_.customer)),
        "On its way": (license_.update, bought_words(license_.update) if license_.update else "nothing"),
    }
    for name, word in COMPONENT_WORDS.items():
        component = license_.component(name)
        if component is None:
            shown[word] = None, "not licensed"
        else:
            seats = "all seats" if component.seats is None else words.count(component.seats, "seat")
            until = f" until {_day(component.expires)}" if component.expires else ""
            shown[word] = component, seats + until
    return shown


def refused_words(access: Access, at_risk: Sequence[Entry], most: int = 3) -> str:
    """Who would be refused at login; empty if nobody would.

    "12 of 30 accounts without a mailbox would be refused at login, whoever comes last: a@x, b@x, c@x and 27 more".

    Args:
        access: how many of how many.
        at_risk: those that may be among them.
        most: how many are named.
    """
    if not access.refused:
        return ""
    of_how_many = f"{access.refused:,} of " if access.let_in else ""
    who = words.count(access.without_mailbox, "account")
    last = ", whoever comes last" if access.let_in else ""
    names = words.and_list([safe_text(entry.address) for entry in at_risk], most)
    return f"{of_how_many}{who} without a mailbox would be refused at login{last}: {names}"


def _day(day: object) -> str:
    return "–" if day is None else str(day)


def _customer_line(customer: Customer | None) -> str:
    if customer is None:
        return "–"
    details = (getattr(customer, field.name) for field in fields(customer))
    return safe_text(", ".join(detail for detail in details if detail), 120)
