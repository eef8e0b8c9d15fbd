"""A world made from what a store of kconsole holds: a server on which a sample's accounts live."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Final

from kconsole.core.records import Entry, Inventory
from tests.kerio_server.records import User
from tests.kerio_server.shapes import user_row
from tests.kerio_server.unknowns import Role, Unknowns
from tests.kerio_server.world import World, system_clock

_ROLES: Final[dict[str, Role]] = {
    "user": "UserRole",
    "auditor": "Auditor",
    "account_admin": "AccountAdmin",
    "full_admin": "FullAdmin",
}


def world_of(
    inventory: Inventory, *, now: Callable[[], datetime] = system_clock, unknowns: Unknowns | None = None
) -> World:
    """A server with these domains, accounts, lists, resources, aliases, and seats.

    Deleted accounts are not there; mailboxes that they left are. Who has a mailbox has connected since the last
    restart, as a store does not know more.
    """
    world = World(now=now, unknowns=unknowns)
    known = inventory.license
    world.set_license(users=known.seats, expires=_end(known.expires), maintained_until=_end(known.maintenance_until))
    world.started = inventory.last_restart or now()
    for domain in sorted(inventory.domains, key=lambda each: not each.primary):
        world.add_domain(
            domain.name,
            description=domain.description,
            user_limit=domain.user_limit,
            directory="WindowsActiveDirectory" if domain.directory else "",
        )
    there = [entry for entry in inventory.entries if entry.deleted_at is None]
    for entry in (each for each in there if each.kind == "user"):
        _add_user(world, entry)
    for entry in there:
        if entry.kind == "mailing_list":
            world.add_list(entry.address, entry.description)
        elif entry.kind == "resource":
            world.add_resource(entry.address, entry.description)
        elif entry.kind == "alias":
            for target in entry.delivers_to:
                world.add_alias(entry.address, target, entry.description)
        elif entry.kind == "builtin_admin":
            world.admin_name = entry.login
    for entry in inventory.entries:
        if entry.deleted_at is not None and entry.mailbox_fate == "keep" and entry.mailbox:
            domain_id = world.domain(entry.domain).id
            left = User(user_row("", domain_id, entry.login), mailbox=True)
            world.left_mailboxes[(domain_id, entry.login.casefold())] = left
    return world


def _add_user(world: World, entry: Entry) -> None:
    login = entry.last_login
    world.add_user(
        entry.address,
        entry.full_name,
        description=entry.description,
        enabled=entry.enabled,
        mapped=entry.origin == "directory",
        role=_ROLES[entry.role],
        mailbox=entry.mailbox,
        connected=entry.mailbox,
        last_login=(login.at, login.protocol or "IMAP") if login else None,
    )


def _end(day: date | None) -> datetime | None:
    """The end of a day, which is when what is valid until then ends."""
    return datetime.combine(day, time(23, 59, 59), UTC) if day else None
