"""A store with a license that is activated, and what a registration needs."""

from datetime import timedelta
from typing import Any

from kconsole.core.encoding import inventory_document
from kconsole.core.license import Customer, License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from tests.cli.console import Console, account
from tests.clocks import noon

NOON = noon().now()
TODAY = NOON.date()
DAY = timedelta(days=1)
DETAILS = {
    "organization": "Northwind Traders", "person": "Anna Berg", "email": "anna@north.example", "phone": "1 234",
    "street": "High St 1", "zip": "60200", "city": "Brno", "country": "CZ",
}  # fmt: skip
CUSTOMER = Customer(**DETAILS)
ACTIVATED = License(
    seats=10, id_end="GHIJ", registered_at=NOON - DAY, activated_at=NOON - DAY, customer=CUSTOMER,
    maintenance_until=TODAY + 200 * DAY,
)  # fmt: skip
EAS = LastLogin(NOON - DAY, "EAS")


def options(**changed: str | None) -> list[str]:
    """The options of a registration; a detail that is None is left out."""
    details = {**DETAILS, **changed}
    return [word for name, text in details.items() if text is not None for word in (f"--{name}", text)]


def with_license(console: Console, license_: License, *more: Entry) -> Console:
    entries = (
        account("anna", mailbox=True, last_login=EAS),
        account("berg", mailbox=True),
        account("chen", mailbox=True),
        account("new"),
        account("map", origin="directory"),
        account("off", enabled=False),
        *more,
    )
    domains = (Domain(name="north.example", primary=True),)
    return console.restore(inventory_document(Inventory(license=license_, domains=domains, entries=entries)))


def license_of(console: Console) -> Any:
    return console.dump["license"]
