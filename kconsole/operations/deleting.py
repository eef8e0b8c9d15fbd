"""Sorts out what a user chose to delete: what would go, what would only be disabled, what stays."""

from collections.abc import Sequence
from typing import NamedTuple

from kconsole.core.records import Entry
from kconsole.core.reports import Decision
from kconsole.licensing.guards import ALLOWED, may_delete
from kconsole.operations.accounts import must_type_number, only_disabled, own_among
from kconsole.operations.session import Session


class ToDelete(NamedTuple):
    """Chosen entries, by what deleting them does."""

    changed: list[Entry]
    """Those that are deleted, or only disabled."""
    gone: list[Entry]
    """Those of them that are deleted."""
    only_there: list[Entry]
    """Those that are deleted in the administration of the server alone, since they are no accounts."""
    off: list[Entry]
    """Those that would only be disabled, and are disabled already."""
    decision: Decision
    """Why the first one cannot be deleted, if none can."""
    own: frozenset[str]
    """The addresses among them that are the operator's own."""
    seats: int
    """Seats of those that are deleted."""
    mailboxes: int
    """Mailboxes of those that are deleted."""
    must_type_number: bool
    """Whether their number is typed before they change."""
    on_the_server: bool
    """Whether any of them is known to the server."""


def to_delete(entries: Sequence[Entry], session: Session) -> ToDelete:
    """Sort out entries that a user chose to delete."""
    policy, state = session.seats.policy, session.state
    may_be = [entry for entry in entries if may_delete(entry, policy).allowed]
    is_done_on_server = session.is_done_on_server("delete")
    only_there = [entry for entry in may_be if is_done_on_server and entry.server_id and not entry.is_account]
    off = [entry for entry in may_be if only_disabled(entry) and not entry.enabled]
    left_out = {entry.id for entry in (*only_there, *off)}
    changed = [entry for entry in may_be if entry.id not in left_out]
    gone = [entry for entry in changed if not only_disabled(entry)]
    accounts = sum(map(policy.is_account, state.live_entries()))
    return ToDelete(
        changed,
        gone,
        only_there,
        off,
        may_delete(entries[0], policy) if entries and not may_be else ALLOWED,
        own_among(changed, state, session.store.operator.user),
        sum(policy.classify(entry).seat for entry in gone),
        sum(entry.is_account and entry.mailbox for entry in gone),
        must_type_number(len(changed), len(gone), accounts),
        any(entry.server_id for entry in changed),
    )
