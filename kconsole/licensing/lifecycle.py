"""The lifecycle of a license: its state on a day, what ends when, and what changes it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple, get_args

from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.license import Component, ComponentName, License, PendingUpdate
from kconsole.core.reports import Warn
from kconsole.licensing.policy import LicensePolicy

LicenseState = Literal[
    "unregistered", "trial", "trial-expired", "registered", "activated", "maintenance-expired", "license-expired"
]
"""A license is in one state at a time: the first of these that fits, read from the end."""

COMPONENTS: tuple[ComponentName, ...] = get_args(ComponentName)
"""The optional components in the order in which they are listed."""


class Ending(NamedTuple):
    """Something of the license that ends on a day, or has ended."""

    what: str
    """trial, maintenance, license, grace, or the name of a component."""
    on: date
    """The last day."""
    days: int
    """Days left; negative once it has ended."""
    warned_at: int | None
    """The policy's warning day that has been reached; None if none has, or it has ended."""

    @property
    def is_over(self) -> bool:
        return self.days < 0

    @property
    def needs_attention(self) -> bool:
        return self.is_over or self.warned_at is not None


class UpdateStatus(NamedTuple):
    """A purchase that has not arrived at the server yet."""

    update: PendingUpdate
    due_at: datetime
    is_overdue: bool


class LicenseStatus(NamedTuple):
    """The state of a license at a moment."""

    state: LicenseState
    is_in_grace: bool
    is_suspended: bool
    """Whether all functions are suspended, so that no user can log in."""
    source: str
    """Who says what the state means."""
    endings: tuple[Ending, ...]
    update: UpdateStatus | None
    warnings: tuple[Warn, ...]

    @property
    def code(self) -> str:
        """The state, with the grace period as one of its own."""
        return "grace" if self.is_in_grace else self.state

    @property
    def is_expired(self) -> bool:
        return self.state in ("trial-expired", "license-expired")

    def ending(self, what: str) -> Ending | None:
        return next((ending for ending in self.endings if ending.what == what), None)


def license_status_of(license_: License, now: datetime, policy: LicensePolicy) -> LicenseStatus:
    """The state of a license at a moment; its calendar day in UTC decides, so that a last day counts as a whole one."""
    today = now.date()
    endings = tuple(sorted(_endings(license_, today, policy), key=lambda ending: ending.on))
    state = _state(license_, today)
    is_in_grace = state == "license-expired" and any(end.what == "grace" and not end.is_over for end in endings)
    update = None if license_.update is None else _update_status(license_.update, now, policy)
    is_suspended = policy.expiry_suspends and state in ("trial-expired", "license-expired") and not is_in_grace
    by_expiry = state in ("maintenance-expired", "license-expired")
    source = policy.sources["expiry_suspends" if by_expiry else "lifecycle"]
    status = LicenseStatus(state, is_in_grace, is_suspended, source, endings, update, ())
    return status._replace(warnings=tuple(_warnings(status)))


def _update_status(update: PendingUpdate, now: datetime, policy: LicensePolicy) -> UpdateStatus:
    try:
        due_at = update.bought_at + policy.update_due
    except OverflowError:  # the end of the calendar is near
        due_at = datetime.max.replace(tzinfo=UTC)
    return UpdateStatus(update, due_at, now > due_at)


def is_bound(license_: License) -> bool:
    """Whether a license is bound to a customer or to an installation: then no trial runs."""
    return license_.registered_at is not None or license_.activated_at is not None


def unlicensed(license_: License) -> tuple[ComponentName, ...]:
    """The components that are not licensed."""
    return tuple(name for name in COMPONENTS if license_.component(name) is None)


def bought(update: PendingUpdate) -> Message:
    """What was bought, for a sentence."""
    return message("bought", seats=update.seats, components=update.components)


def _state(license_: License, today: date) -> LicenseState:
    if license_.expires is not None and license_.expires < today:
        return "license-expired"
    if is_bound(license_):
        if license_.maintenance_until is not None and license_.maintenance_until < today:
            return "maintenance-expired"
        return "registered" if license_.activated_at is None else "activated"
    if license_.trial_until is not None:
        return "trial" if license_.trial_until >= today else "trial-expired"
    return "unregistered"


def _endings(license_: License, today: date, policy: LicensePolicy) -> Iterator[Ending]:
    ends: list[tuple[str, date | None]] = [
        ("trial", None if is_bound(license_) else license_.trial_until),
        ("maintenance", license_.maintenance_until),
        ("license", license_.expires),
        ("grace", _grace_end(license_, policy)),
        *((component.name, component.expires) for component in license_.components),
    ]
    for what, on in ends:
        if on is not None:
            days = (on - today).days
            yield Ending(what, on, days, next((step for step in policy.warning_days if 0 <= days <= step), None))


def _grace_end(license_: License, policy: LicensePolicy) -> date | None:
    expires, last = license_.expires, policy.grace_ended
    if expires is None or not policy.grace or (last is not None and expires >= last):
        return None
    return expires + min(policy.grace, date.max - expires)


def _warnings(status: LicenseStatus) -> Iterator[Warn]:
    if status.is_expired:
        yield Warn(status.state, {"status": status.code})
    for ending in status.endings:
        params = {"what": ending.what, "on": ending.on, "days": ending.days}
        if ending.is_over and ending.what not in ("trial", "license"):
            yield Warn(f"{ending.what}-expired", params)
        elif ending.warned_at is not None and not (ending.what == "grace" and status.state != "license-expired"):
            yield Warn(f"{ending.what}-ends", params)
    if status.update is not None and status.update.is_overdue:
        yield Warn("update-overdue", {"bought": bought(status.update.update)})


def anniversary(registered: date) -> date:
    """The same day of the next year, on which Software Maintenance ends; the end of the calendar where that is near."""
    if registered.year == date.max.year:
        return date.max
    try:
        return registered.replace(year=registered.year + 1)
    except ValueError:  # the 29th of February
        return date(registered.year + 1, 2, 28)


def trial_end(begun: date, policy: LicensePolicy) -> date:
    """The last day of a trial; the end of the calendar where that is near."""
    return begun + min(policy.trial, date.max - begun)


def arrived(license_: License) -> License:
    """The license once a purchase has arrived."""
    update = license_.update
    if update is None:
        return license_
    new = [Component(name=name) for name in update.components if license_.component(name) is None]
    seats = None if license_.seats is None else license_.seats + update.seats
    return replace(license_, seats=seats, components=(*license_.components, *new), update=None)
