"""Operations on the license: trial, registration, purchases, terms, components, price, and a license file."""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, ClassVar, Final, NamedTuple

from msgspec.structs import fields, replace

from kconsole.core.codes import Hint, message, short
from kconsole.core.consistency import LARGEST_LIMIT
from kconsole.core.errors import BadInput, Refused
from kconsole.core.license import (
    Component,
    ComponentName,
    Customer,
    License,
    PendingUpdate,
    Price,
    price_of,
)
from kconsole.core.reports import Decision
from kconsole.core.roles import Capability
from kconsole.importers.license_file import LicenseFile
from kconsole.licensing import guards
from kconsole.licensing.lifecycle import COMPONENTS, anniversary, arrived, bought, license_status_of, trial_end
from kconsole.operations.base import OperationContext, Outcome, RunsOn, insist, refused_by
from kconsole.operations.license_files import ID_FORM, id_end_of, installed

OPTIONAL: Final = ("state", "web", "comment")
"""The details of a customer that may be left empty."""

LONGEST_DETAIL: Final = 200

MOST_SEATS: Final = LARGEST_LIMIT
"""Seats of a license, with those that were bought for it: a dump with more could not be restored."""

NO_ID: Final = "?"
"""What a registration keeps of a text that is no license ID, until it is refused."""

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class _LicenseOperation:
    """Changes the license, which stands in the store alone: no server is asked to change it."""

    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "license"
    reason: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class BeginTrial(_LicenseOperation):
    """Begin the trial."""

    name: ClassVar[str] = "begin trial"
    begun: date | None = None
    """Its first day; None for today."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        insist(guards.may_begin_trial(context.state.license))
        begun = self.begun or context.now.date()
        if begun > context.now.date():
            raise BadInput("begun-in-future", "name-the-first-day", day=begun)
        policy = context.policy
        until = trial_end(begun, policy)
        after = replace(context.state.license, trial_until=until)
        return _done(context, after, "trial-recorded", days=policy.trial.days, until=until)


@dataclass(frozen=True, repr=False)
class RegisterLicense(_LicenseOperation):
    """Bind the license to a customer, which sets the anniversary of Software Maintenance; doing so again keeps it."""

    name: ClassVar[str] = "register license"
    customer: Customer
    license_id: str = ""
    """The license ID or its end; only its end is ever kept."""

    def __post_init__(self) -> None:
        end = id_end_of(self.license_id)
        object.__setattr__(self, "license_id", NO_ID if end is None else end)

    def apply(self, context: OperationContext) -> list[Outcome]:
        customer = _checked_customer(self.customer)
        license_, id_end = context.state.license, self.license_id
        if id_end == NO_ID:
            raise BadInput("not-a-license-id", ID_FORM, effect="nothing-registered")
        after = replace(license_, customer=customer, id_end=id_end or license_.id_end)
        if license_.registered_at is not None:
            if after == license_:
                return [_unchanged("registered-already")]
            return _done(context, after, "registration-changed", organization=customer.organization)
        until = anniversary(context.now.date())
        after = replace(after, registered_at=context.now, maintenance_until=until)
        following = message("next-step", status=license_status_of(after, context.now, context.policy).code)
        return _done(context, after, "registered-to", following, organization=customer.organization, until=until)


@dataclass(frozen=True)
class ActivateLicense(_LicenseOperation):
    """Bind the license to this installation."""

    name: ClassVar[str] = "activate license"

    def apply(self, context: OperationContext) -> list[Outcome]:
        decision = guards.may_activate(context.state.license, context.license_status)
        if decision.code == "already-activated":
            return [_unchanged(decision.code, **decision.params)]
        insist(decision)
        return _done(context, replace(context.state.license, activated_at=context.now), "activated-here")


@dataclass(frozen=True)
class BuyUpdate(_LicenseOperation):
    """Record that seats or components were bought and have not arrived yet."""

    name: ClassVar[str] = "buy"
    seats: int = 0
    components: tuple[ComponentName, ...] = ()

    def apply(self, context: OperationContext) -> list[Outcome]:
        license_ = context.state.license
        if self.seats < 0 or not (self.seats or self.components):
            raise BadInput("bought-nothing", effect="nothing-recorded")
        insist(guards.may_buy(license_))
        if self.seats and license_.seats is None:
            raise Refused("no-seats-to-buy", "show-the-license")
        if self.seats and (license_.seats or 0) + self.seats > MOST_SEATS:
            raise BadInput("too-many-more-seats", effect="nothing-recorded", seats=self.seats)
        if present := [name for name in self.components if license_.component(name) is not None]:
            raise Refused("components-licensed", "show-the-license", components=present)
        components = tuple(dict.fromkeys(self.components))
        update = PendingUpdate(bought_at=context.now, seats=self.seats, components=components)
        hours = int(context.policy.update_due.total_seconds() // 3600)
        after = replace(license_, update=update)
        return _done(context, after, "purchase-recorded", bought=bought(update), hours=hours)


@dataclass(frozen=True)
class ReceiveUpdate(_LicenseOperation):
    """Record that what was bought has arrived, which changes the license."""

    name: ClassVar[str] = "update license"

    def apply(self, context: OperationContext) -> list[Outcome]:
        update = _purchase(context)
        after = arrived(context.state.license)
        if after.seats is not None and after.seats > MOST_SEATS:
            raise Refused("too-many-seats", "cancel-and-change", seats=after.seats)
        return _done(context, after, "purchase-arrived", bought=bought(update), seats=after.seats)


@dataclass(frozen=True)
class CancelUpdate(_LicenseOperation):
    """Record that what was bought will not arrive."""

    name: ClassVar[str] = "cancel update"

    def apply(self, context: OperationContext) -> list[Outcome]:
        update, after = _purchase(context), replace(context.state.license, update=None)
        return _done(context, after, "purchase-cancelled", bought=bought(update))


class Without(Enum):
    """What a term can be besides a number or a day."""

    LIMIT = "without limit"


class Terms(NamedTuple):
    """What can be changed of a license by hand; None leaves a term unchanged."""

    seats: int | Without | None = None
    maintenance_until: date | Without | None = None
    expires: date | Without | None = None

    def on(self, license_: License) -> License:
        """A license with these terms."""
        given = {name: value for name, value in self._asdict().items() if value is not None}
        return replace(license_, **{name: None if value is Without.LIMIT else value for name, value in given.items()})


@dataclass(frozen=True)
class ChangeTerms(_LicenseOperation):
    """Change seats and days of the license by hand, as after a renewal."""

    name: ClassVar[str] = "change license"
    terms: Terms
    over_limit: bool = False

    def apply(self, context: OperationContext) -> list[Outcome]:
        _check_seats(self.terms.seats)
        return _install(context, self.terms.on(context.state.license), self.over_limit)


@dataclass(frozen=True)
class ChangeComponent(_LicenseOperation):
    """License an optional component, or remove it."""

    name: ClassVar[str] = "change component"
    component: Component
    is_licensed: bool = True

    def apply(self, context: OperationContext) -> list[Outcome]:
        license_, component = context.state.license, self.component
        _check_seats(component.seats)
        word = message(f"component-{component.name}")
        if license_.component(component.name) == (component if self.is_licensed else None):
            code = "component-licensed-already" if self.is_licensed else "component-not-licensed"
            return [_unchanged(code, component=word)]
        components = [each for each in license_.components if each.name != component.name]
        components += [component] if self.is_licensed else []
        components.sort(key=lambda each: COMPONENTS.index(each.name))
        code = "component-licensed" if self.is_licensed else "component-removed"
        return _done(context, replace(license_, components=tuple(components)), code, component=word)


@dataclass(frozen=True)
class SetPrice(_LicenseOperation):
    """Record what a seat costs for a year, or that it is not known."""

    name: ClassVar[str] = "set price"
    price: Price | None = None

    def apply(self, context: OperationContext) -> list[Outcome]:
        license_, price = context.state.license, self.price
        if price is not None and not price.is_sound:
            raise BadInput("not-an-amount", "write-like-an-amount", text=str(price.amount))
        if price == license_.price:
            return [_unchanged("price-unchanged")]
        code, params = ("price-removed", {}) if price is None else ("price-set", price_params(price))
        return _done(context, replace(license_, price=price), code, **params)


def read_price(amount: str, currency: str) -> Price:
    """The price that a user wrote; BadInput if it is none."""
    try:
        return price_of(amount, currency)
    except ValueError as error:
        is_amount = str(error) == "not-an-amount"
        hint = "write-like-an-amount" if is_amount else "write-like-a-currency"
        text = short(amount if is_amount else currency)
        raise BadInput(str(error), hint, effect="nothing-recorded", text=text) from None


def price_params(price: Price) -> dict[str, Any]:
    """A price as parameters of a message."""
    return {"amount": str(price.amount), "currency": price.currency}


@dataclass(frozen=True)
class InstallLicense(_LicenseOperation):
    """Make the license what a license file says. Its signature is not checked."""

    name: ClassVar[str] = "install license"
    file: LicenseFile
    over_limit: bool = False

    def apply(self, context: OperationContext) -> list[Outcome]:
        insist(guards.may_install(context.state.license, self.file.is_trial))
        return _install(context, installed(context.state.license, self.file, context.now), self.over_limit)


def _install(context: OperationContext, after: License, over_limit: bool) -> list[Outcome]:
    """Change the license as a whole; to fewer seats than are in use only with `over_limit`."""
    before = context.state.license
    if after == before:
        return [_unchanged("license-unchanged")]
    decision = guards.may_license(context.seats.if_licensed(after))
    if not over_limit and guards.needs_consent(before, after, decision):
        raise refused_by(consent_needed(decision), "license-not-changed")
    status = message(f"license-word-{license_status_of(after, context.now, context.policy).code}")
    return _done(context, after, "license-changed", seats=after.seats, status=status)


def consent_needed(decision: Decision) -> Decision:
    """The refusal of a license that is too small, with what accepts it."""
    return decision._replace(hints=(*decision.hints, message("over-limit-takes-it")))


def _check_seats(seats: int | Without | None) -> None:
    if isinstance(seats, int) and not 0 <= seats <= MOST_SEATS:
        raise BadInput("too-many-seats", effect="nothing-changed", seats=seats)


def _purchase(context: OperationContext) -> PendingUpdate:
    insist(guards.may_finish_purchase(context.state.license))
    update = context.state.license.update
    assert update is not None  # noqa: S101  # or the guard had refused
    return update


def _done(context: OperationContext, after: License, code: str, hint: Hint = "", /, **params: Any) -> list[Outcome]:
    context.transaction.set_license(after)
    return [Outcome("", "done", code, hint, params)]


def _unchanged(code: str, **params: Any) -> Outcome:
    return Outcome("", "unchanged", code, params=params)


def _checked_customer(customer: Customer) -> Customer:
    details = {field.name: getattr(customer, field.name).strip() for field in fields(customer)}
    if missing := [name for name, text in details.items() if not text and name not in OPTIONAL]:
        raise BadInput("registration-needs", effect="nothing-registered", names=missing)
    if too_long := [name for name, text in details.items() if len(text) > LONGEST_DETAIL]:
        raise BadInput("details-too-long", effect="nothing-registered", names=too_long, most=LONGEST_DETAIL)
    if not _EMAIL.fullmatch(details["email"]):
        raise BadInput("not-an-email-address", "write-an-email-address", effect="nothing-registered")
    return Customer(**details)
