"""The license in words: for the header, the banner, the License screen and the command line."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

from msgspec.structs import astuple

from kconsole.core.codes import Message
from kconsole.core.license import Component, Customer, License, PendingUpdate, Price
from kconsole.core.records import Entry
from kconsole.core.reports import SeatReport
from kconsole.licensing.components import ComponentUse
from kconsole.licensing.guards import Access, LicensePlan
from kconsole.licensing.lifecycle import Ending, LicenseStatus, bought
from kconsole.text import ages, words
from kconsole.text.details import Detail
from kconsole.text.gauge import used_words
from kconsole.text.messages import sentence, words_of
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.sentences.license import ENDINGS, OVERDUE_STEPS, STATES

URGENT: Final = 14
"""Days left at which an end is shown above the lists; before, it stands in the License screen and in `status`."""

Severity = Literal["", "notice", "alarm"]

SectionCode = Literal["state", "endings", "components", "update", "customer", "steps"]

HEADINGS: Final[Mapping[SectionCode, str]] = {
    "state": "",
    "endings": "What ends when",
    "components": "Components",
    "update": "On its way",
    "customer": "Registered to",
    "steps": "What you can do",
}

_DETAILS: Final = (
    "organization", "person", "email", "phone", "street", "zip", "city", "state", "country", "web", "comment"
)  # fmt: skip
DETAIL_WORDS: Final = {name: name.capitalize() for name in _DETAILS}
"""The details of a customer in the order in which they are shown, and what they are called."""


class Row(NamedTuple):
    """A line about the license. Safe to show."""

    code: str
    """The name of a component, for instance."""
    label: str
    text: str
    severity: Severity = ""

    @property
    def shown(self) -> str:
        """The text with a sign, so that no colour has to say its severity."""
        return f"{self.text}   !" if self.severity and "!" not in self.text else self.text


class Section(NamedTuple):
    """Lines under a heading, which may be empty."""

    code: SectionCode
    rows: Sequence[Row]

    @property
    def heading(self) -> str:
        return HEADINGS[self.code]

    @property
    def details(self) -> list[Detail]:
        return [Detail(row.label, row.shown) for row in self.rows]


def license_words(status: LicenseStatus) -> str:
    """The license in a few words: "maintenance until 2027-03-01", "trial, 16 days left", "license expired"."""
    if status.state == "trial" and (trial := status.ending("trial")) is not None:
        return f"trial, {days_words(trial)}"
    maintenance = status.ending("maintenance")
    if status.state == "activated" and maintenance is not None:
        return f"maintenance until {maintenance.on.isoformat()}"
    return "license not recorded" if status.state == "unregistered" else STATES[status.code].word


def masked_id(license_: License) -> str:
    """The license ID as far as it is ever shown; empty if it is not known."""
    return f"*****-*****-*{safe_text(license_.id_end)}" if license_.id_end else ""


def bought_words(update: PendingUpdate) -> str:
    """What was bought: "10 seats and Antivirus"."""
    return words_of(bought(update))


def seats_words(seats: int | None) -> str:
    """The seats of a license as a value: "120", "unlimited"."""
    return "unlimited" if seats is None else f"{seats:,}"


def price_words(price: Price) -> str:
    """A price as a value: "24.50 EUR per seat and year"."""
    return words_of(Message("price", {"amount": words.amount(price.amount), "currency": safe_text(price.currency)}))


def warning_words(warning: Message) -> str:
    """A sentence without its full stop. Text from outside may be in it."""
    return words_of(Message(f"warning-{warning.code}", warning.params))


def title_of(ending: Ending) -> str:
    """What ends, as a label: "Trial", "Software Maintenance"."""
    return {"trial": "Trial", "license": "License", "grace": "Grace period"}.get(ending.what) or ENDINGS[ending.what]


def days_words(ending: Ending) -> str:
    """How long there is still: "264 days left", "the last day is today", "ended 3 days ago"."""
    if ending.days > 0:
        return f"{words.count(ending.days, 'day')} left"
    return "the last day is today" if ending.days == 0 else f"ended {words.count(-ending.days, 'day')} ago"


def urgent(status: LicenseStatus) -> Iterator[tuple[str, Severity]]:
    """What must be shown above the lists, and how severe it is."""
    if status.is_expired:
        state = STATES[status.code]
        yield f"{state.word[0].upper()}{state.word[1:]}: {state.urgent}", "alarm"
    if status.update is not None and status.update.is_overdue:
        yield f"Overdue: {bought_words(status.update.update)}, bought more than 24 hours ago", "alarm"
    for ending in status.endings:
        if ending.is_over and ending.what == "maintenance" and not status.is_expired:
            yield "Software Maintenance has ended: updates have stopped", "alarm"
        elif not ending.is_over and ending.days <= URGENT and ending.what in ("trial", "maintenance", "license"):
            yield f"{ENDINGS[ending.what]}: {days_words(ending)}", "notice"


def next_step(status: LicenseStatus, report: SeatReport) -> str:
    """What to do next: about a pending purchase if there is one and the license has not expired.

    It is never "nothing" while seats are exceeded, or something has ended or ends soon.
    """
    if status.update is None or status.is_expired:
        if status.state != "activated":
            return STATES[status.code].next
        if report.over:
            return f"Free {words.count(report.over, 'seat')}, or buy more."
        late = [ending for ending in status.endings if ending.needs_attention]
        return f"Renew {_what(late[0])}: {days_words(late[0])}." if late else STATES[status.code].next
    if status.update.is_overdue:
        return OVERDUE_STEPS[0]
    return "Wait until the purchase has arrived at the server, then record that here."


def _what(ending: Ending) -> str:
    name = ENDINGS[ending.what]
    return name[0].lower() + name[1:] if name.startswith("The ") else name


def pending_lines(status: LicenseStatus) -> Iterator[tuple[str, Severity]]:
    """The pending purchase, and how urgent it is."""
    if status.update is not None:
        what, due = bought_words(status.update.update), ages.full_moment(status.update.due_at)
        late = status.update.is_overdue
        yield (f"! {what} bought, OVERDUE since {due}", "alarm") if late else (f"{what} bought, due by {due}", "notice")


def license_sections(
    license_: License, status: LicenseStatus, report: SeatReport, use: Sequence[ComponentUse], most: int = 5
) -> Iterator[Section]:
    """Everything about a license, the most important first; `most` accounts beyond a component's seats are named."""
    yield Section("state", list(_state(license_, status, report)))
    if status.endings:
        yield Section("endings", [_ending(ending) for ending in status.endings])
    yield Section("components", list(_components(status, use, most)))
    if status.update is not None:
        yield Section("update", list(_update(status)))
    yield Section("customer", list(_customer(license_)))


def _state(license_: License, status: LicenseStatus, report: SeatReport) -> Iterator[Row]:
    state = STATES[status.code]
    yield Row("state", "State", f"{state.word.upper()}   {state.meaning}")
    yield Row("allows", "Allows", state.allows)
    yield Row("next", "Next", next_step(status, report))
    over = f"   {words.count(report.over, 'seat')} over" if report.over else ""
    yield Row("seats", "Seats", f"{used_words(report)}{over}", "alarm" if over else "")
    if license_.price is not None:
        yield Row("price", "Price", price_words(license_.price))
    yield Row("id", "License ID", masked_id(license_) or "not known")
    if license_.registered_at is not None:
        yield Row("registered", "Registered", ages.full_moment(license_.registered_at))
    if license_.activated_at is not None:
        yield Row("activated", "Activated", ages.full_moment(license_.activated_at))
    yield Row("source", "Source", status.source)


def _ending(ending: Ending) -> Row:
    text = f"{ending.on.isoformat()}   {days_words(ending)}"
    return Row(ending.what, title_of(ending), text, _severity(ending))


def _severity(ending: Ending | None) -> Severity:
    """Ended is an alarm, and soon is a notice."""
    if ending is None or not ending.needs_attention:
        return ""
    return "alarm" if ending.is_over else "notice"


def _components(status: LicenseStatus, use: Sequence[ComponentUse], most: int) -> Iterator[Row]:
    used = {each.component.name: each for each in use}
    for name, word in words.COMPONENT_WORDS.items():
        each, ending = used.get(name), status.ending(name)
        if each is None:
            yield Row(name, word, "not licensed")
            continue
        in_use = words.of_limit(len(each.users), each.seats, "seat")
        until = "as long as the license" if ending is None else f"until {ending.on.isoformat()}, {days_words(ending)}"
        unlimited = ", unlimited" if each.seats is None else ""
        yield Row(name, word, f"{in_use}{unlimited}   {until}", _severity(ending))
        if each.over:
            names = words.and_list([safe_address(entry.address) for entry in each.beyond], most)
            beyond = f"! {words.count(each.over, 'account')} beyond its seats"
            yield Row("beyond", "", f"{beyond}: {names}" if names else beyond, "alarm")


def _update(status: LicenseStatus) -> Iterator[Row]:
    if (update := status.update) is None:
        return
    yield Row("bought", "Bought", f"{bought_words(update.update)}   {ages.full_moment(update.update.bought_at)}")
    due = ages.full_moment(update.due_at)
    if not update.is_overdue:
        yield Row("due", "Due", due)
        return
    yield Row("due", "Due", f"{due}   ! OVERDUE", "alarm")
    for number, step in enumerate(OVERDUE_STEPS, 1):
        yield Row("step", "What to do" if number == 1 else "", f"{number}. {step}")


def _customer(license_: License) -> Iterator[Row]:
    if license_.customer is None:
        yield Row("none", "", "no customer yet" if license_.registered_at is None else "not recorded")
        return
    for name, word in DETAIL_WORDS.items():
        if text := getattr(license_.customer, name):
            yield Row(name, word, safe_text(text))


def change_rows(before: License, after: License) -> list[Detail]:
    """What would be different with another license: the field, its value and the new one. Safe to show."""
    both = zip(_values_of(before).items(), _values_of(after).values(), strict=True)
    return [
        Detail(label, f"{shown} → {shown_after}" if shown != shown_after else "changed")
        for (label, (value, shown)), (value_after, shown_after) in both
        if value != value_after
    ]


def _values_of(license_: License) -> dict[str, tuple[object, str]]:
    """The fields of a license by label: the value, and how it is shown."""
    update, customer = license_.update, license_.customer
    return {
        "Seats": (license_.seats, seats_words(license_.seats)),
        "License ID": (license_.id_end, masked_id(license_) or "–"),
        "Price": (license_.price, "–" if license_.price is None else price_words(license_.price)),
        "Trial until": _day(license_.trial_until),
        "Maintenance until": _day(license_.maintenance_until),
        "Expires": _day(license_.expires),
        "Registered": _moment(license_.registered_at),
        "Activated": _moment(license_.activated_at),
        "Customer": (customer, "–" if customer is None else _customer_line(customer)),
        "On its way": (update, "nothing" if update is None else bought_words(update)),
    } | {
        word: (component := license_.component(name), _component_words(component))
        for name, word in words.COMPONENT_WORDS.items()
    }


def _component_words(component: Component | None) -> str:
    if component is None:
        return "not licensed"
    seats = "all seats" if component.seats is None else words.count(component.seats, "seat")
    return f"{seats} until {component.expires}" if component.expires else seats


def _day(day: date | None) -> tuple[object, str]:
    return day, "–" if day is None else day.isoformat()


def _moment(moment: datetime | None) -> tuple[object, str]:
    return moment, "no" if moment is None else ages.full_moment(moment)


def _customer_line(customer: Customer) -> str:
    return safe_text(", ".join(filter(None, astuple(customer))), 120)


def plan_lines(plan: LicensePlan) -> Iterator[tuple[str, Severity]]:
    """What another license would mean, the worst first. Safe to show."""
    if plan.decision.over:
        yield safe_text(sentence(plan.decision.message)), "alarm"
    if refused := refused_words(plan.access, plan.at_risk):
        yield f"{refused}.", "alarm"
    if plan.status.code != plan.planned_status.code:
        state = STATES[plan.planned_status.code]
        severity: Severity = "alarm" if plan.planned_status.is_expired else ""
        yield f"The license would be: {state.word}. {state.allows}", severity


def refused_words(access: Access, at_risk: Sequence[Entry], most: int = 3) -> str:
    """How many accounts would be refused at login, and which ones may be among them; empty if none.

    "12 of 30 accounts without a mailbox would be refused at login, the last of these to log in: a@x, b@x and 28 more".
    """
    if not access.refused:
        return ""
    of_how_many = f"{access.refused:,} of " if access.let_in else ""
    accounts = words.count(access.without_mailbox, "account")
    last = ", the last of these to log in" if access.let_in else ""
    names = words.and_list([safe_address(entry.address) for entry in at_risk], most)
    return f"{of_how_many}{accounts} without a mailbox would be refused at login{last}: {names}"
