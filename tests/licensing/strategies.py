"""Hypothesis strategies for the records that licensing judges. Small pools, so that things meet."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import get_args

from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.license import Component, ComponentName, Customer, License, PendingUpdate
from kconsole.core.records import Domain, Entry, Inventory, Kind, LastLogin, Origin, Role, fold

DOMAIN_NAMES = ("north.example", "South.example", "labs.example", "žluť.example")
LOGINS = ("anna", "Anna.Berg", "b", "č", "scanner2")
START = datetime(2026, 1, 1, tzinfo=UTC)

moments = st.integers(0, 6).map(lambda days: START + timedelta(days=days))
"""Few different ones, so that deletions fall before, at and after a restart."""

limits = st.none() | st.integers(0, 12) | st.sampled_from([15, 16, 25, 26, 99, 100, 999, 1000])

licenses = st.builds(License, seats=limits)

days = st.dates(date(2022, 1, 1), date(2029, 1, 1)) | st.sampled_from(
    [date(2023, 4, 30), date(2023, 5, 1), date(2024, 2, 29), date(2026, 8, 5)]
)
"""Around the end of the grace period, and around now."""

component_names: st.SearchStrategy[ComponentName] = st.sampled_from(get_args(ComponentName))

texts = st.text(st.characters(codec="utf-8"), max_size=8)

customers = st.builds(
    Customer, organization=texts, person=texts, email=texts, phone=texts, country=texts, city=texts, street=texts,
    zip=texts, state=texts, web=texts, comment=texts,
)  # fmt: skip

pending_updates = st.builds(
    PendingUpdate,
    bought_at=st.datetimes(datetime(2022, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    seats=st.integers(0, 12),
    components=st.lists(component_names, unique=True, max_size=3).map(tuple),
)

full_licenses = st.builds(
    License,
    seats=limits,
    id_end=st.text("ABC123", max_size=4),
    trial_until=st.none() | days,
    registered_at=st.none() | moments,
    customer=st.none() | customers,
    activated_at=st.none() | moments,
    maintenance_until=st.none() | days,
    expires=st.none() | days,
    components=st.lists(
        st.builds(Component, name=component_names, expires=st.none() | days, seats=st.none() | st.integers(0, 6)),
        unique_by=lambda component: component.name,
        max_size=3,
    ).map(tuple),
    update=st.none() | pending_updates,
)
"""Licenses at any moment of their life."""

directories = st.builds(
    Directory,
    url=st.just("ldaps://ldap.north.example"),
    base=st.just("ou=people,dc=north"),
    kind=st.sampled_from(get_args(DirectoryKind)),
    filter=texts,
    bind_as=texts,
    ca_file=texts,
    fingerprint=texts,
    insecure=st.booleans(),
    attributes=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
)

logins_at = st.builds(LastLogin, at=moments, protocol=st.sampled_from(["", "IMAP", "EAS", "POP3"]))


def domains(names: Sequence[str] = DOMAIN_NAMES) -> st.SearchStrategy[Domain]:
    """A domain of one of these names."""
    return st.builds(
        Domain,
        name=st.sampled_from(names),
        primary=st.booleans(),
        description=st.just(""),
        user_limit=st.none() | st.integers(0, 6),
    )


@st.composite
def entries(draw: st.DrawFn, names: Sequence[str] = DOMAIN_NAMES) -> Entry:
    """An entry of any kind and state: live or deleted, its address with or without a domain, in either case."""
    kind = draw(st.sampled_from(("user", "user", "user", *get_args(Kind))))
    login = draw(st.sampled_from(LOGINS))
    domain = draw(st.sampled_from(names).flatmap(lambda name: st.sampled_from([name, name.upper()])))
    address = "Admin" if kind == "builtin_admin" else f"{login}@{domain}"
    if draw(st.integers(0, 30)) == 30:
        address = login
    return draw(
        st.builds(
            Entry,
            address=st.just(address),
            kind=st.just(kind),
            origin=st.sampled_from(get_args(Origin)),
            enabled=st.booleans(),
            role=st.sampled_from(get_args(Role)),
            mailbox=st.booleans(),
            last_login=st.none() | logins_at,
            deleted_at=st.none() | moments,
            tags=st.sampled_from([(), (), ("service",)]),
        )
    )


def numbered(items: Sequence[Entry]) -> tuple[Entry, ...]:
    """The same entries with numbers of their own, as a store gives them."""
    return tuple(replace(entry, id=number) for number, entry in enumerate(items, 1))


@st.composite
def inventories(draw: st.DrawFn, most: int = 24) -> Inventory:
    """An inventory that a store could hold: domains listed once; live addresses there once, deleted ones often."""
    listed = draw(st.lists(domains(), max_size=len(DOMAIN_NAMES), unique_by=lambda domain: fold(domain.name)))
    drawn = draw(st.lists(entries(), max_size=most))
    live: set[str] = set()
    kept: list[Entry] = []
    for entry in drawn:
        if entry.deleted_at is None:
            if fold(entry.address) in live:
                continue
            live.add(fold(entry.address))
        kept.append(entry)
    return Inventory(
        license=draw(licenses),
        last_restart=draw(st.none() | moments),
        domains=tuple(listed),
        entries=numbered(kept),
    )
