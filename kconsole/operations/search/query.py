"""What can be asked of the list of accounts, and what its orders are called."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kconsole.core.records import Entry, fold
from kconsole.licensing.policy import listed_classification
from kconsole.operations.search.sorting import SortField

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


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuery:
    """Which entries, in what order. The default is all accounts, never logged in first, then by oldest login."""

    domain: str = ""
    """Only this domain; empty for all."""
    classification: str = ""
    """Only entries with this verdict's code."""
    inactive: timedelta | None = None
    """Only accounts whose last login is longer ago; with `never`, either."""
    never: bool = False
    """Only accounts that never logged in; with `inactive`, either."""
    text: str = ""
    """Only entries that this filter asks for, in the language of `operations.filters`."""
    sort: SortField = "last-login"
    reverse: bool = False


def conditions_of(query: AccountQuery, now: datetime) -> list[Callable[[Entry], bool]]:
    """What a query asks beside its text."""
    conditions: list[Callable[[Entry], bool]] = []
    if query.domain:
        domain = fold(query.domain)
        conditions.append(lambda entry: fold(entry.domain) == domain)
    if query.classification:
        conditions.append(lambda entry: listed_classification(entry).code == query.classification)
    if query.never or query.inactive is not None:
        conditions.append(lambda entry: _is_idle(entry, query, now))
    return conditions


def _is_idle(entry: Entry, query: AccountQuery, now: datetime) -> bool:
    if not entry.is_account:
        return False
    if entry.last_login is None:
        return query.never
    return query.inactive is not None and now - entry.last_login.at > query.inactive
