"""Listings of a directory, and the mapping of a domain from one, done as planned."""

from collections.abc import Sequence

from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.records import Entry
from kconsole.licensing.map_plan import MapPlan
from kconsole.operations.mapping import (
    DirectoryListing,
    MapDomain,
    plan_mapping,
)
from kconsole.operations.session import Session
from tests.operations.sessions import (
    DOMAIN,
    account,
    used,
)

DIRECTORY = Directory(url="ldaps://directory.example", base="ou=people,dc=example")


def person(login: str, id_: str = "", **fields: object) -> DirectoryUser:
    return DirectoryUser(id=id_ or f"id-{login}", login=login, name=f"uid={login},ou=people", **fields)  # type: ignore[arg-type]  # fields of a user


def listing(*users: DirectoryUser, **fields: object) -> DirectoryListing:
    return DirectoryListing(users, **{"faults": (), "notes": (), **fields})  # type: ignore[arg-type]  # fields of a listing


def mapped(login: str, id_: str | None = None, **fields: object) -> Entry:
    return account(login, origin="directory", directory_id=f"id-{login}" if id_ is None else id_, **fields)


def people(number: int) -> tuple[DirectoryUser, ...]:
    return tuple(person(f"p{place:02}") for place in range(number))


def staff(number: int) -> tuple[Entry, ...]:
    return tuple(mapped(f"p{place:02}") for place in range(number))


def logins(entries: Sequence[Entry]) -> list[str]:
    return [entry.login for entry in entries]


def do(session: Session, *users: DirectoryUser, **how: object) -> MapPlan:
    """Plan and do it, and see that it came out as planned, and that there is nothing left to do."""
    found = listing(*users)
    plan = plan_mapping(DOMAIN, found, session.state, session.seats)
    deactivate = bool(how.get("disable_gone"))
    session.do(MapDomain(DOMAIN, found, over_limit=True, expected=plan, **how))  # type: ignore[arg-type]  # of a change
    assert session.seats.report() == plan.after(deactivate)
    assert used(session) == plan.after(deactivate).used
    again = plan_mapping(DOMAIN, found, session.state, session.seats)
    assert again.records() == 0
    return plan
