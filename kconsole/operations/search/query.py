"""A query to the account list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kconsole.core.records import Entry, fold
from kconsole.licensing.policy import listed_classification
from kconsole.operations.search.sorting import SortField


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuery:
    """Selects entries, and sorts them. The default is all accounts: never logged in first, then by oldest login."""

    domain: str = ""
    """Only this domain; empty for all."""
    classification: str = ""
    """Only entries whose classification has this code."""
    inactive: timedelta | None = None
    """Only accounts whose last login is longer ago; with `never`, either."""
    never: bool = False
    """Only accounts that never logged in; with `inactive`, either."""
    text: str = ""
    """Only entries that this filter selects; see `filters`."""
    sort: SortField = "last-login"
    reverse: bool = False


def conditions_of(query: AccountQuery, now: datetime) -> list[Callable[[Entry], bool]]:
    """The conditions of a query besides its text."""
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
