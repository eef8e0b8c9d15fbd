"""The list of accounts: which to show, and in what order. The command line and the screen ask here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from kconsole.licensing.verdicts import verdict_of
from kconsole.model.records import Entry, fold
from kconsole.operations.filters import read_filter

SortField = Literal["address", "name", "seat", "because", "last-login", "protocol", "domain", "kind", "origin", "role"]

ORDER_WORDS: Final[dict[SortField, tuple[str, str, str]]] = {
    "last-login": ("last login", "oldest first", "newest first"),
    "address": ("account", "A to Z", "Z to A"),
    "name": ("name", "A to Z", "Z to A"),
    "seat": ("seat", "taken first", "not taken first"),
    "because": ("because", "A to Z", "Z to A"),
    "domain": ("domain", "A to Z", "Z to A"),
    "protocol": ("via", "A to Z", "Z to A"),
    "role": ("role", "users first", "full admins first"),
    "kind": ("kind", "A to Z", "Z to A"),
    "origin": ("origin", "A to Z", "Z to A"),
}
"""What each order is called, and what its two directions mean."""


def order_words(sort: SortField, reverse: bool) -> str:
    """An order, in words."""
    name, ascending, descending = ORDER_WORDS[sort]
    return f"by {name}, {descending if reverse else ascending}"


_ROLE_RANK: Final = {"user": 0, "auditor": 1, "account_admin": 2, "full_admin": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterQuery:
    """Which entries, in what order. The default is everything, never logged in first, then by oldest login."""

    domain: str = ""
    """Only this domain; empty for all."""
    verdict: str = ""
    """Only entries with this verdict's code."""
    inactive: timedelta | None = None
    """Only accounts whose last login is longer ago; with `never`, either."""
    never: bool = False
    """Only accounts that never logged in; with `inactive`, either."""
    text: str = ""
    """Only entries that this filter asks for, in the language of `operations.filters`."""
    sort: SortField = "last-login"
    reverse: bool = False


def select(entries: Iterable[Entry], query: RosterQuery, now: datetime) -> list[Entry]:
    """The entries that a query asks for, in its order.

    Sorting is stable with the address to break ties. By last login, accounts that never logged in come before all
    others, or with `reverse` after all; what is no user account (lists, resources, aliases) always comes last.
    """
    asked = read_filter(query.text, now)
    fitting = (entry for entry in entries if _fits(entry, query, now) and asked.fits(entry))
    return in_order(fitting, query.sort, query.reverse)


def in_order(entries: Iterable[Entry], sort: SortField, reverse: bool = False) -> list[Entry]:
    """The entries in order."""
    by_address = sorted(entries, key=_address)
    if sort == "last-login":
        accounts = [entry for entry in by_address if entry.is_account]
        accounts.sort(key=_last_login, reverse=reverse)
        return accounts + [entry for entry in by_address if not entry.is_account]
    return sorted(by_address, key=_KEYS[sort], reverse=reverse)


def _fits(entry: Entry, query: RosterQuery, now: datetime) -> bool:
    if query.domain and fold(entry.domain) != fold(query.domain):
        return False
    if query.verdict and verdict_of(entry).code != query.verdict:
        return False
    return not (query.never or query.inactive is not None) or _is_idle(entry, query, now)


def _is_idle(entry: Entry, query: RosterQuery, now: datetime) -> bool:
    if not entry.is_account:
        return False
    if entry.last_login is None:
        return query.never
    return query.inactive is not None and now - entry.last_login.at > query.inactive


def _address(entry: Entry) -> str:
    return fold(entry.address)


def _last_login(entry: Entry) -> float:
    return float("-inf") if entry.last_login is None else entry.last_login.at.timestamp()


_KEYS: Final[dict[str, Callable[[Entry], Any]]] = {
    "address": _address,
    "name": lambda entry: fold(entry.full_name),
    "seat": lambda entry: not verdict_of(entry).seat,
    "because": lambda entry: verdict_of(entry).because,
    "protocol": lambda entry: "" if entry.last_login is None else fold(entry.last_login.protocol),
    "domain": lambda entry: fold(entry.domain),
    "kind": lambda entry: entry.kind,
    "origin": lambda entry: entry.origin,
    "role": lambda entry: _ROLE_RANK[entry.role],
}
"""What each column is sorted by: plain texts and numbers."""
