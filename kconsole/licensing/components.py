"""Who uses the optional components of a license, and how many are beyond their seats."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from kconsole.core.license import Component, ComponentName, License
from kconsole.core.records import Entry
from kconsole.licensing.policy import LicensePolicy

ACTIVE_SYNC_PROTOCOLS: Final = ("eas", "activesync", "exchangeactivesync", "secureactivesync", "activesyncsecure")
"""Names of the protocol in logs and in the server's own statistics, in lower case, letters and digits only."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class ComponentUse(NamedTuple):
    """Who uses a component."""

    component: Component
    seats: int | None
    """Its own or the license's; None is without limit."""
    users: tuple[Entry, ...]
    """The most recent login first. Not all may be named to everyone."""
    beyond: tuple[Entry, ...]
    """Those beyond its seats that may be named. Which ones the server leaves out is not documented; these used it the
    longest ago."""

    @property
    def over(self) -> int:
        """How many are beyond its seats."""
        return 0 if self.seats is None else max(len(self.users) - self.seats, 0)


def is_active_sync(protocol: str) -> bool:
    """Whether this is a name of Exchange ActiveSync."""
    return "".join(filter(str.isalnum, protocol)).casefold() in ACTIVE_SYNC_PROTOCOLS


def uses(entry: Entry, name: ComponentName, policy: LicensePolicy) -> bool:
    """Whether an account uses a component.

    Antivirus and Anti-spam check the mail of every enabled account; Exchange ActiveSync is used by accounts that
    connected with it. Source: the three are licensed one by one (Licenses in Kerio Connect, GFI support).
    """
    if entry.deleted_at is not None or not policy.classify(entry).seat:
        return False
    if name != "activesync":
        return True
    return entry.active_sync or (entry.last_login is not None and is_active_sync(entry.last_login.protocol))


def use_of(
    license_: License, entries: Iterable[Entry], policy: LicensePolicy, sees: Callable[[str], bool] = lambda _: True
) -> list[ComponentUse]:
    """Who uses each licensed component, in the order of the license; `sees` tells which domains may be named."""
    if not license_.components:
        return []
    entries = list(entries)
    found = []
    for component in license_.components:
        users = [entry for entry in entries if uses(entry, component.name, policy)]
        users.sort(key=lambda entry: entry.last_login.at if entry.last_login else _LONG_AGO, reverse=True)
        seats = license_.seats if component.seats is None else component.seats
        beyond = () if seats is None else tuple(entry for entry in users[seats:] if sees(entry.domain))
        found.append(ComponentUse(component, seats, tuple(users), beyond))
    return found
