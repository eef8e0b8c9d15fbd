"""The domains of a store, and what is mapped into each of them."""

from collections import Counter
from typing import NamedTuple

from kconsole.core.records import Domain, fold
from kconsole.operations.session import Session


class MappedDomain(NamedTuple):
    """A domain, with the directory that it is mapped from if there is one."""

    domain: Domain
    mapped: int
    """Its enabled mapped accounts, as `MapPlan.mapped` counts them."""


def mapped_domains(session: Session) -> list[MappedDomain]:
    """All domains, in the order of the report."""
    mapped = Counter(
        fold(entry.domain)
        for entry in session.state.live_entries()
        if entry.origin == "directory" and entry.enabled and entry.is_account
    )
    found = (session.state.domain_named(report.name) for report in session.seats.report().domains)
    return [MappedDomain(domain, mapped[fold(domain.name)]) for domain in found if domain is not None]
