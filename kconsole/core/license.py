"""The license as it was bought: seats, days, components, who it is registered to, and what is still to arrive."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

ComponentName = Literal["antivirus", "activesync", "antispam"]
"""The optional components, which are licensed one by one."""

_PARTS: Final[tuple[tuple[str, ComponentName], ...]] = (
    ("activesync", "activesync"),
    ("spam", "antispam"),
    ("antivirus", "antivirus"),
    ("sophos", "antivirus"),
    ("bitdefender", "antivirus"),
)
"""A part of a component's name as the vendor writes it, without case and signs, and the component that it is."""

ID_SHOWN: Final = 4
"""How many characters of a license ID are ever kept or shown: its last ones. The whole of it is a secret."""

HIGHEST_PRICE: Final = 10**9
PRICE_DECIMALS: Final = 4

_AMOUNT: Final = re.compile(r"\d{1,10}(\.\d{1,4})?", re.ASCII)
"""A comma is no sign of decimals here: whether 1,250 is a thousand no one could tell."""

_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


class Component(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """An optional component that is licensed."""

    name: ComponentName
    expires: date | None = None
    """The last day on which it works; None for as long as the license."""
    seats: int | None = None
    """How many accounts may use it; None means as many as the license has."""


class Customer(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """The customer that a license is registered to."""

    organization: str
    person: str
    email: str
    phone: str
    country: str
    city: str
    street: str
    zip: str
    state: str = ""
    web: str = ""
    comment: str = ""


class PendingUpdate(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """Seats or components that were bought and have not arrived at the server yet."""

    bought_at: datetime
    seats: int = 0
    """Additional seats."""
    components: tuple[ComponentName, ...] = ()


class Price(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """What one seat costs for a year. It is computed with as it was written: never as a binary fraction."""

    amount: Decimal
    currency: str
    """Its code by ISO 4217, as `EUR`. No amount is ever converted into another currency."""

    @property
    def is_sound(self) -> bool:
        """Whether it is a price: above zero, with four decimals at most, in a currency."""
        amount = self.amount
        if not amount.is_finite() or not 0 < amount <= HIGHEST_PRICE or not _CURRENCY.fullmatch(self.currency):
            return False
        return int(amount.as_tuple().exponent) >= -PRICE_DECIMALS

    def of(self, seats: int) -> Decimal:
        """What so many seats cost for a year."""
        return self.amount * seats


class License(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """What was bought, and where it stands. Days are calendar days in UTC, the last one on which something works."""

    seats: int | None = None
    """How many accounts may take a seat; None means without limit."""
    id_end: str = ""
    """The last characters of the license ID, `ID_SHOWN` at most; empty if it is not known."""
    trial_until: date | None = None
    """The last day of the trial; None if none has begun."""
    registered_at: datetime | None = None
    """When it was bound to a customer; None if it has not been."""
    customer: Customer | None = None
    """None also for a registered license whose customer is not known."""
    activated_at: datetime | None = None
    """When it was bound to this installation; None if it has not been."""
    maintenance_until: date | None = None
    """The anniversary of Software Maintenance: updates stop after it."""
    expires: date | None = None
    """All functions are suspended after it; None if the license itself does not expire."""
    components: tuple[Component, ...] = ()
    update: PendingUpdate | None = None
    price: Price | None = None
    """None if it is not known."""

    def component(self, name: ComponentName) -> Component | None:
        return next((component for component in self.components if component.name == name), None)


def price_of(amount: str, currency: str) -> Price:
    """The price that a person means by "24.50" and "eur"; ValueError with a code if it is none."""
    if not _AMOUNT.fullmatch(amount.strip()):
        raise ValueError("not-an-amount")
    price = Price(amount=Decimal(amount.strip()), currency=currency.strip().upper())
    if not _CURRENCY.fullmatch(price.currency):
        raise ValueError("not-a-currency")
    if not price.is_sound:
        raise ValueError("not-an-amount")
    return price


def component_named(text: str) -> ComponentName | None:
    """The component that the vendor means by a name: `Kerio Anti-spam`, `Sophos`; None if it is none of them."""
    word = "".join(filter(str.isalnum, text)).lower()
    return next((component for part, component in _PARTS if part in word), None)


def end_of_id(license_id: str) -> str:
    """What may be kept of a license ID."""
    return license_id.strip()[-ID_SHOWN:]
