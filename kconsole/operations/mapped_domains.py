"""The domains of a store, with the accounts that are mapped into each."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from kconsole.core.records import Domain, fold
from kconsole.core.reports import DomainReport
from kconsole.store.records import Records


class MappedDomain(NamedTuple):
    """A domain, with its directory if it has one."""

    domain: Domain
    mapped: int
    """Its enabled mapped accounts, as `MapPlan.mapped` counts them."""


def mapped_domains(state: Records, reports: Iterable[DomainReport]) -> list[MappedDomain]:
    """All domains, in the order of the report."""
    mapped = Counter(
        fold(entry.domain)
        for entry in state.live_entries()
        if entry.origin == "directory" and entry.enabled and entry.is_account
    )
    found = (state.domain_named(report.name) for report in reports)
    return [MappedDomain(domain, mapped[fold(domain.name)]) for domain in found if domain is not None]
