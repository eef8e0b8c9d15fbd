"""The life of a license: how it stands on a day, what that allows, what ends when, and what to do next."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from kconsole.core.license import Component, ComponentName, Customer, License, PendingUpdate
from kconsole.core.reports import Warn

LifeState = Literal[
    "unregistered", "trial", "trial-expired", "registered", "activated", "maintenance-expired", "license-expired"
]
"""How a license stands. It is in one state at a time, the first of these that fits, read from the end."""

TRIAL: Final = timedelta(days=30)
"""How long a trial lasts. Source: the rules of kconsole; the vendor's trial licenses expire about 30 days ahead."""

UPDATE_DUE: Final = timedelta(hours=24)
"""When what was bought must have arrived at the server. Source: the rules of kconsole; no vendor text was found."""

WARNING_DAYS: Final = (1, 7, 14, 30, 60)
"""Days left at which an end is warned of anew, the last warning first."""

NO_GRACE_SINCE: Final = date(2023, 5, 1)
"""From here on expired licenses have no grace period. Source: License Expiration in Kerio Connect, GFI support."""

GRACE: Final = timedelta(days=30)
"""The grace period of licenses that expired before. Source: License Expiration in Kerio Connect, GFI support."""

EXPIRATION_ARTICLE: Final = (
    "License Expiration in Kerio Connect, GFI support (support.kerioconnect.gfi.com, article 360015186380)"
)
FACTS: Final = "the rules of kconsole"

COMPONENT_WORDS: Final[dict[ComponentName, str]] = {
    "antivirus": "Antivirus",
    "activesync": "Exchange ActiveSync",
    "antispam": "Anti-spam",
}

OVERDUE_STEPS: Final = (
    "Check that the server reaches the vendor's registration server (HTTPS, through firewall and proxy).",
    "Compare the license ID and the registration details with the order.",
    "If both are right, contact the vendor's support with the license ID and the order.",
)
"""What to do when what was bought does not arrive."""


class _Meaning(NamedTuple):
    word: str
    meaning: str
    allows: str
    next_step: str
    source: str = FACTS


_MEANINGS: Final[dict[LifeState, _Meaning]] = {
    "unregistered": _Meaning(
        "unregistered",
        "No trial has begun and no license is registered, as far as was recorded.",
        "Seats are counted as on any server.",
        "Begin a trial, register the license, or install its file.",
    ),
    "trial": _Meaning(
        "trial",
        "The server runs as a trial of 30 days.",
        "All functions, until the trial ends.",
        "Buy a license and register it before the trial ends.",
    ),
    "trial-expired": _Meaning(
        "trial expired",
        "The 30 days of the trial are over.",
        "Administration only: mail stops, nobody can log in to a mailbox.",
        "Register a license and activate it, or install its file.",
    ),
    "registered": _Meaning(
        "registered",
        "The license is bound to its customer, but not to this installation.",
        "All functions of the license, once it is activated here.",
        "Activate it on this installation.",
    ),
    "activated": _Meaning(
        "activated",
        "The license is bound to its customer and to this installation.",
        "All functions, and updates of the program and of its components.",
        "Nothing. Renew Software Maintenance before its anniversary.",
    ),
    "maintenance-expired": _Meaning(
        "maintenance expired",
        "Software Maintenance has ended.",
        "All functions of the installed version; updates have stopped.",
        "Renew Software Maintenance.",
        EXPIRATION_ARTICLE,
    ),
    "license-expired": _Meaning(
        "license expired",
        "The license has expired. There is no grace period since 1 May 2023.",
        "Administration only: all functions are suspended, mail stops, nobody can log in to a mailbox.",
        "Renew the license and install its file.",
        EXPIRATION_ARTICLE,
    ),
}

_IN_GRACE: Final = _Meaning(
    "license expired, in grace",
    "The license has expired. Licenses that expired before 1 May 2023 have 30 days of grace.",
    "Reduced functions, until the grace period ends. Updates, Antivirus, Anti-spam and ActiveSync have stopped.",
    "Renew the license and install its file.",
    EXPIRATION_ARTICLE,
)


class Ending(NamedTuple):
    """Something of the license that ends on a day, or has ended."""

    what: str
    """A word for machines: trial, maintenance, license, grace, or the name of a component."""
    title: str
    """What a person calls it."""
    on: date
    """The last day."""
    days: int
    """Days left; 0 on the last day, below zero once it has ended."""
    warned_at: int | None
    """Which of `WARNING_DAYS` has been reached; None if none has, or it has ended."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.days < 0


class UpdateStanding(NamedTuple):
    """How long something bought is on its way."""

    update: PendingUpdate
    due_at: datetime
    is_overdue: bool


class LicenseStatus(NamedTuple):
    """How a license stands at a moment."""

    state: LifeState
    word: str
    meaning: str
    allows: str
    next_step: str
    source: str
    is_suspended: bool
    """Whether nobody can log in to a mailbox."""
    endings: tuple[Ending, ...]
    """What ends and has a day, the first one first."""
    update: UpdateStanding | None
    warnings: tuple[Warn, ...]

    @property
    def is_expired(self) -> bool:
        """Whether trial or license have expired, in a grace period or not."""
        return self.state in ("trial-expired", "license-expired")

    def ending(self, what: str) -> Ending | None:
        """The ending of this name; None if it has no day."""
        return next((ending for ending in self.endings if ending.what == what), None)


def license_status_of(license_: License, now: datetime) -> LicenseStatus:
    """How a license stands at a moment.

    Args:
        license_: what was bought.
        now: the moment in UTC; its calendar day decides, so that a day given as the last one is a whole day.
    """
    today = now.date()
    endings = tuple(sorted(_endings(license_, today), key=lambda ending: ending.on))
    state = _state(license_, today)
    is_in_grace = state == "license-expired" and any(e.what == "grace" and not e.is_over for e in endings)
    words = _IN_GRACE if is_in_grace else _MEANINGS[state]
    update = None
    if license_.update is not None:
        due_at = due(license_.update)
        update = UpdateStanding(license_.update, due_at, now > due_at)
    return LicenseStatus(
        state,
        *words,
        is_suspended=state in ("trial-expired", "license-expired") and not is_in_grace,
        endings=endings,
        update=update,
        warnings=tuple(_warnings(state, words, endings, update)),
    )


def due(update: PendingUpdate) -> datetime:
    """When what was bought must have arrived; the end of the calendar where that is near."""
    try:
        return update.bought_at + UPDATE_DUE
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _state(license_: License, today: date) -> LifeState:
    if license_.expires is not None and license_.expires < today:
        return "license-expired"
    if license_.registered_at is not None or license_.activated_at is not None:
        if license_.maintenance_until is not None and license_.maintenance_until < today:
            return "maintenance-expired"
        return "registered" if license_.activated_at is None else "activated"
    if license_.trial_until is not None:
        return "trial" if license_.trial_until >= today else "trial-expired"
    return "unregistered"


def _endings(license_: License, today: date) -> Iterator[Ending]:
    if license_.registered_at is None and license_.activated_at is None and license_.trial_until is not None:
        yield _ending("trial", "The trial", license_.trial_until, today)
    if license_.maintenance_until is not None:
        yield _ending("maintenance", "Software Maintenance", license_.maintenance_until, today)
    if license_.expires is not None:
        yield _ending("license", "The license", license_.expires, today)
        if license_.expires < NO_GRACE_SINCE:
            yield _ending("grace", "The grace period", license_.expires + GRACE, today)
    for component in license_.components:
        if component.expires is not None:
            yield _ending(component.name, COMPONENT_WORDS[component.name], component.expires, today)


def _ending(what: str, title: str, on: date, today: date) -> Ending:
    days = (on - today).days
    warned_at = next((step for step in WARNING_DAYS if 0 <= days <= step), None)
    return Ending(what, title, on, days, warned_at)


def _warnings(
    state: LifeState, words: _Meaning, endings: tuple[Ending, ...], update: UpdateStanding | None
) -> Iterator[Warn]:
    if state in ("trial-expired", "license-expired"):
        yield Warn(state, f"{words.meaning} {words.allows}")
    for ending in endings:
        if ending.is_over and ending.what not in ("trial", "license"):
            yield Warn(f"{ending.what}-expired", f"{ending.title} ended on {ending.on.isoformat()}")
        elif ending.warned_at is not None and not (ending.what == "grace" and state != "license-expired"):
            yield Warn(f"{ending.what}-ends", f"{ending.title} ends {_in_days(ending)}")
    if update is not None and update.is_overdue:
        yield Warn(
            "update-overdue",
            f"{bought_words(update.update)} bought, and not here after 24 hours",
        )


def _in_days(ending: Ending) -> str:
    if ending.days == 0:
        return f"today ({ending.on.isoformat()})"
    return f"in {ending.days} {'day' if ending.days == 1 else 'days'} ({ending.on.isoformat()})"


def bought_words(update: PendingUpdate) -> str:
    """What was bought: "10 seats and Antivirus"."""
    parts = [f"{update.seats:,} {'seat' if update.seats == 1 else 'seats'}"] if update.seats else []
    parts += [COMPONENT_WORDS[name] for name in update.components]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def anniversary(registered: date) -> date:
    """The anniversary of Software Maintenance that registering on a day sets: the same day of the next year.

    It is the end of the calendar where that is near, as a clock that is set wrong may have it.
    """
    if registered.year == date.max.year:
        return date.max
    try:
        return registered.replace(year=registered.year + 1)
    except ValueError:  # the 29th of February
        return date(registered.year + 1, 2, 28)


def trial_end(begun: date) -> date:
    """The last day of a trial; the end of the calendar where that is near."""
    return begun + min(TRIAL, date.max - begun)


def with_trial(license_: License, begun: date) -> License:
    """The license once a trial has begun."""
    return replace(license_, trial_until=trial_end(begun))


def registered(license_: License, customer: Customer, id_end: str, now: datetime) -> License:
    """The license once it is bound to a customer: that sets the anniversary of its Software Maintenance."""
    return replace(
        license_,
        customer=customer,
        id_end=id_end or license_.id_end,
        registered_at=now,
        maintenance_until=anniversary(now.date()),
    )


def arrived(license_: License) -> License:
    """The license once what was bought is here."""
    update = license_.update
    if update is None:
        return license_
    known = {component.name for component in license_.components}
    return replace(
        license_,
        seats=None if license_.seats is None else license_.seats + update.seats,
        components=(
            *license_.components,
            *(Component(name=name) for name in update.components if name not in known),
        ),
        update=None,
    )
