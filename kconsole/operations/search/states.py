"""Conditions of filters that depend on more than the account: on the license, or on decisions."""

from collections.abc import Callable
from datetime import datetime

from kconsole.core.decisions import Decision
from kconsole.core.identity import canonical_address
from kconsole.core.records import Entry
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.decisions import kept_until, protecting
from kconsole.licensing.guards import is_locked_out
from kconsole.licensing.lifecycle import license_status_of
from kconsole.licensing.reservations import addresses_reserved, is_for
from kconsole.store.records import Records


def states_of(state: Records, seats: SeatLedger, now: datetime) -> dict[str, Callable[[Entry], bool]]:
    """The conditions behind `is:` that depend on more than the account, by name, as they are at a moment."""
    report, is_suspended = seats.report(), license_status_of(state.license, now, seats.policy).is_suspended
    protections = protecting(state.protections.values())
    reserved = addresses_reserved(state.reservations, now)
    return {
        "locked": lambda entry: is_locked_out(report, entry, seats.policy, is_suspended),
        "kept": lambda entry: kept_until(state.keeps, entry, now) is not None,
        "protected": lambda entry: next(protections(entry), None) is not None,
        "leaving": lambda entry: entry.id in state.offboardings,
        "reserved": lambda entry: canonical_address(entry.address) in reserved,
    }


def decisions_on(entry: Entry, state: Records) -> list[Decision]:
    """The decisions that concern an account."""
    keep, mark = state.keeps.get(entry.id), state.marks.get(entry.id)
    found: list[Decision] = [] if keep is None else [keep]
    found += protecting(state.protections.values())(entry)
    found += (each for each in state.reservations.values() if is_for(each, entry))
    found += [] if mark is None else [mark]
    offboarding = state.offboardings.get(entry.id)
    return found if offboarding is None else [offboarding, *found]
