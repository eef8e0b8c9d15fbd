"""Queries to the account list: the filter, and what the command line and the domain list add to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kconsole.core.identity import canonical_domain
from kconsole.core.records import Entry
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.search.filters import Fits
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


def conditions_of(query: AccountQuery, now: datetime, policy: LicensePolicy) -> list[Fits]:
    """The conditions of a query besides its text."""
    conditions: list[Fits] = []
    if query.domain:
        domain = canonical_domain(query.domain)
        conditions.append(lambda entry: canonical_domain(entry.domain) == domain)
    if query.classification:
        conditions.append(lambda entry: policy.listed(entry).code == query.classification)
    if query.never or query.inactive is not None:
        conditions.append(lambda entry: policy.is_account(entry) and _is_idle(entry, query, now))
    return conditions


def _is_idle(entry: Entry, query: AccountQuery, now: datetime) -> bool:
    if entry.last_login is None:
        return query.never and entry.never_logged_in
    return query.inactive is not None and now - entry.last_login.at > query.inactive
