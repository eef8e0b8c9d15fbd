"""Deeds on the license: trial, registration, activation, updates, components, and the vendor's license file."""

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, ClassVar, Final, NamedTuple

from msgspec.structs import fields, replace

from kconsole.core.dump_documents import LARGEST_LIMIT
from kconsole.core.errors import BadInput, Refused
from kconsole.core.license import Component, ComponentName, Customer, License, PendingUpdate
from kconsole.licensing import guards
from kconsole.licensing.lifecycle import (
    COMPONENT_WORDS,
    TRIAL,
    arrived,
    bought_words,
    license_status_of,
    registered,
    with_trial,
)
from kconsole.operations.base import OperationContext, Outcome, RunsOn, insist, refused_by
from kconsole.operations.license_files import ID_FORM, checked_end
from kconsole.operations.license_files import LicenseFile as LicenseFile
from kconsole.operations.license_files import checked_id as checked_id
from kconsole.operations.license_files import file_notes as file_notes
from kconsole.operations.license_files import installed as installed
from kconsole.operations.license_files import may_install as may_install
from kconsole.operations.license_files import read_id as read_id
from kconsole.operations.license_files import read_license as read_license
from kconsole.operations.license_plans import LicensePlan as LicensePlan
from kconsole.operations.license_plans import needs_consent
from kconsole.operations.license_plans import plan_license as plan_license

OPTIONAL: Final = ("state", "web", "comment")
"""The details of a customer that may be left empty."""

LONGEST_DETAIL: Final = 200
"""Characters of one detail of a customer."""

MOST_SEATS: Final = LARGEST_LIMIT
"""What a license may have, with what was bought for it: a dump with more could not be restored."""

NO_ID: Final = "?"
"""What a registration keeps of a license ID that is none, to be refused when it is performed."""

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class BeginTrial:
    """Begin the trial of 30 days."""

    name: ClassVar[str] = "begin trial"
    runs_on: ClassVar[RunsOn] = "store"
    begun: date | None = None
    """Its first day; None for today."""
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Begin it.

        Raises:
            Refused: there is a trial or a license already.
            BadInput: the day is to come.
        """
        license_ = work.state.license
        if license_.registered_at is not None or license_.activated_at is not None:
            raise Refused("A license is registered here: there is no trial any more.", _SHOW)
        if license_.trial_until is not None:
            raise Refused(f"The trial has begun already; its last day is {license_.trial_until}.", _SHOW)
        begun = self.begun or work.now.date()
        if begun > work.now.date():
            raise BadInput(f"{begun} is in the future.", "Name the day on which the trial began.")
        after = with_trial(license_, begun)
        work.transaction.set_license(after)
        return [Outcome("", "done", f"trial of {TRIAL.days} days recorded, its last day is {after.trial_until}")]


@dataclass(frozen=True)
class RegisterLicense:
    """Bind the license to a customer, which sets the anniversary of Software Maintenance."""

    name: ClassVar[str] = "register license"
    runs_on: ClassVar[RunsOn] = "store"
    customer: Customer
    license_id: str = ""
    """The license ID or its end; no more than its end is kept, from the first moment on."""
    reason: str = ""

    def __post_init__(self) -> None:
        end = checked_end(self.license_id)
        object.__setattr__(self, "license_id", NO_ID if end is None else end)

    def __repr__(self) -> str:
        return "RegisterLicense()"

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Bind it. Again, it changes the customer and leaves the anniversary.

        Raises:
            BadInput: a detail is missing or makes no sense.
        """
        customer = checked_customer(self.customer)
        license_, id_end = work.state.license, self.license_id
        if id_end == NO_ID:
            raise BadInput("That is not a license ID.", ID_FORM)
        if license_.registered_at is not None:
            after = replace(license_, customer=customer, id_end=id_end or license_.id_end)
            if after == license_:
                return [Outcome("", "unchanged", "the license is registered so already")]
            work.transaction.set_license(after)
            return [Outcome("", "done", f"the registration is changed: {customer.organization}")]
        after = registered(license_, customer, id_end, work.now)
        work.transaction.set_license(after)
        told = f"registered to {customer.organization}; Software Maintenance until {after.maintenance_until}"
        return [Outcome("", "done", told, f"Next: {_after_colon(license_status_of(after, work.now).next_step)}")]


@dataclass(frozen=True)
class ActivateLicense:
    """Bind the license to this installation."""

    name: ClassVar[str] = "activate license"
    runs_on: ClassVar[RunsOn] = "store"
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Bind it.

        Raises:
            Refused: it is not registered, or has expired.
        """
        license_ = work.state.license
        if license_.registered_at is None:
            raise Refused("The license is not registered: there is nothing to activate.", "Register it first.")
        if license_.activated_at is not None:
            return [Outcome("", "unchanged", f"was activated on {license_.activated_at.date()} already")]
        if work.license_status.is_expired:
            raise Refused("The license has expired: it cannot be activated.", "Renew it and install its file.")
        work.transaction.set_license(replace(license_, activated_at=work.now))
        return [Outcome("", "done", "activated on this installation")]


@dataclass(frozen=True)
class BuyUpdate:
    """Record that seats or components were bought: they are due within 24 hours."""

    name: ClassVar[str] = "buy"
    runs_on: ClassVar[RunsOn] = "store"
    seats: int = 0
    components: tuple[ComponentName, ...] = ()
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Record it.

        Raises:
            BadInput: nothing was bought, or less than nothing.
            Refused: the license is not registered, another update is on its way, or what was bought is there.
        """
        license_ = work.state.license
        if self.seats < 0 or not (self.seats or self.components):
            raise BadInput("Say how many seats were bought, or which components.", "Nothing was recorded.")
        if license_.registered_at is None:
            raise Refused("The license is not registered: nothing can be bought for it.", "Register it first.")
        if license_.update is not None:
            raise Refused(
                f"{bought_words(license_.update)} are on their way already.",
                "Say that they arrived, or that they will not come, first.",
            )
        if self.seats and license_.seats is None:
            raise Refused("The license has seats without limit: there are none to buy.", _SHOW)
        if self.seats and (license_.seats or 0) + self.seats > MOST_SEATS:
            raise BadInput(f"There cannot be {self.seats:,} seats more.", "Nothing was recorded.")
        present = [COMPONENT_WORDS[name] for name in self.components if license_.component(name) is not None]
        if present:
            raise Refused(f"{_and(present)} {'is' if len(present) == 1 else 'are'} licensed already.", _SHOW)
        update = PendingUpdate(bought_at=work.now, seats=self.seats, components=tuple(dict.fromkeys(self.components)))
        work.transaction.set_license(replace(license_, update=update))
        return [Outcome("", "done", f"{bought_words(update)} bought, due within 24 hours")]


@dataclass(frozen=True)
class ReceiveUpdate:
    """Record that what was bought has arrived: it changes the license."""

    name: ClassVar[str] = "update license"
    runs_on: ClassVar[RunsOn] = "store"
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Change the license.

        Raises:
            Refused: nothing is on its way, or more than there can be.
        """
        license_ = work.state.license
        if license_.update is None:
            raise Refused("Nothing was bought that could arrive.", _SHOW)
        what = bought_words(license_.update)
        after = arrived(license_)
        if after.seats is not None and after.seats > MOST_SEATS:
            raise Refused(f"There cannot be {after.seats:,} seats.", "Call it off, and change the seats by hand.")
        work.transaction.set_license(after)
        return [Outcome("", "done", f"{what} arrived: {_seats_words(after)} now")]


@dataclass(frozen=True)
class CancelUpdate:
    """Record that what was bought will not come."""

    name: ClassVar[str] = "cancel update"
    runs_on: ClassVar[RunsOn] = "store"
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Expect it no more.

        Raises:
            Refused: nothing is on its way.
        """
        license_ = work.state.license
        if license_.update is None:
            raise Refused("Nothing was bought that could be called off.", _SHOW)
        work.transaction.set_license(replace(license_, update=None))
        return [Outcome("", "done", f"{bought_words(license_.update)} called off")]


class Without(Enum):
    """What a term can be besides a number or a day."""

    LIMIT = "without limit"


class Terms(NamedTuple):
    """What can be changed of a license by hand; None leaves it as it is."""

    seats: int | Without | None = None
    maintenance_until: date | Without | None = None
    expires: date | Without | None = None

    def on(self, license_: License) -> License:
        """A license with these terms."""
        said: dict[str, Any] = {
            name: None if value is Without.LIMIT else value
            for name, value in self._asdict().items()
            if value is not None
        }
        return replace(license_, **said)


@dataclass(frozen=True)
class ChangeTerms:
    """Change seats and days of the license by hand, as after a renewal."""

    name: ClassVar[str] = "change license"
    runs_on: ClassVar[RunsOn] = "store"
    terms: Terms
    over_limit: bool = False
    """Whether to take it though more seats are in use than it has."""
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Change it.

        Raises:
            BadInput: there cannot be so many seats.
            Refused: more seats are in use, and nobody said that it shall be taken nevertheless.
        """
        seats = self.terms.seats
        if isinstance(seats, int) and not 0 <= seats <= MOST_SEATS:
            raise BadInput(f"There cannot be {seats:,} seats.", "Nothing was changed.")
        return _take(work, self.terms.on(work.state.license), self.over_limit)


@dataclass(frozen=True)
class ChangeComponent:
    """License an optional component, with its own days and seats; or no longer."""

    name: ClassVar[str] = "change component"
    runs_on: ClassVar[RunsOn] = "store"
    component: Component
    is_licensed: bool = True
    """False takes it away."""
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Change it.

        Raises:
            BadInput: there cannot be so many seats.
        """
        license_, component = work.state.license, self.component
        word = COMPONENT_WORDS[component.name]
        if component.seats is not None and not 0 <= component.seats <= MOST_SEATS:
            raise BadInput(f"There cannot be {component.seats:,} seats of {word}.", "Nothing was changed.")
        others = tuple(other for other in license_.components if other.name != component.name)
        known = license_.component(component.name)
        if not self.is_licensed:
            if known is None:
                return [Outcome("", "unchanged", f"{word} is not licensed")]
            work.transaction.set_license(replace(license_, components=others))
            return [Outcome("", "done", f"{word} is licensed no longer")]
        if known == component:
            return [Outcome("", "unchanged", f"{word} is licensed so already")]
        ordered = sorted((*others, component), key=lambda each: list(COMPONENT_WORDS).index(each.name))
        work.transaction.set_license(replace(license_, components=tuple(ordered)))
        return [Outcome("", "done", f"{word} is licensed")]


@dataclass(frozen=True)
class InstallLicense:
    """Let the license be what a license file says. Its signature is not checked."""

    name: ClassVar[str] = "install license"
    runs_on: ClassVar[RunsOn] = "store"
    file: LicenseFile
    over_limit: bool = False
    """Whether to take it though more seats are in use than it has."""
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Install it.

        Raises:
            Refused: it is a trial's and a license is registered, or more seats are in use, and nobody said that it
                shall be taken nevertheless.
        """
        insist(may_install(work.state.license, self.file))
        after = installed(work.state.license, self.file, work.now)
        return _take(work, after, self.over_limit)


def _take(work: OperationContext, after: License, over_limit: bool) -> list[Outcome]:
    before = work.state.license
    if after == before:
        return [Outcome("", "unchanged", "the license is so already")]
    decision = guards.may_license(work.seats.if_licensed(after))
    if not over_limit and needs_consent(before, after, decision):
        raise refused_by(decision, "license-not-changed")
    work.transaction.set_license(after)
    return [Outcome("", "done", _changed_words(after, license_status_of(after, work.now).word))]


def _changed_words(after: License, word: str) -> str:
    return f"the license has {_seats_words(after)} now; {word}"


def _seats_words(license_: License) -> str:
    if license_.seats is None:
        return "seats without limit"
    return f"{license_.seats:,} {'seat' if license_.seats == 1 else 'seats'}"


def checked_customer(customer: Customer) -> Customer:
    """The same customer without blanks around the details.

    Raises:
        BadInput: a detail that is needed is empty, one is too long, or the email address is none.
    """
    details = {field.name: getattr(customer, field.name).strip() for field in fields(customer)}
    missing = [name for name, text in details.items() if not text and name not in OPTIONAL]
    if missing:
        raise BadInput(f"The registration needs {_and(missing)}.", "Nothing was registered.")
    if too_long := [name for name, text in details.items() if len(text) > LONGEST_DETAIL]:
        raise BadInput(f"{_and(too_long)}: at most {LONGEST_DETAIL} characters.", "Nothing was registered.")
    if not _EMAIL.fullmatch(details["email"]):
        raise BadInput("The email address is not one.", "Write it as login@domain. Nothing was registered.")
    return Customer(**details)


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _after_colon(text: str) -> str:
    return text[0].lower() + text[1:]


_SHOW: Final = "See 'kconsole license show'."
