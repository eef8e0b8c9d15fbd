"""Records as JSON documents, and back: the form of a dump, of a sample and of a stored document.

These functions trust what they read, and are fast for it: use them on what kconsole wrote itself. Anything else goes
through `model.boundary`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from kconsole.core.codes import Message
from kconsole.core.directory import Directory
from kconsole.core.license import Component, Customer, License, PendingUpdate
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.core.server import DomainNumbers, PendingChange, Server, ServerAccess, ServerNumbers, Target
from kconsole.core.times import from_iso, to_iso

Document = dict[str, Any]

DUMP_SCHEMA = 1
"""The version of the dump format that this kconsole reads and writes."""


def login_document(login: LastLogin | None) -> Document | None:
    """`{"at", "protocol"}`, or None for an account that never logged in."""
    return None if login is None else {"at": to_iso(login.at), "protocol": login.protocol}


def entry_document(entry: Entry) -> Document:
    """An entry with all its fields but the store's own number."""
    return {
        "address": entry.address,
        "kind": entry.kind,
        "origin": entry.origin,
        "enabled": entry.enabled,
        "role": entry.role,
        "full_name": entry.full_name,
        "description": entry.description,
        "mailbox": entry.mailbox,
        "last_login": login_document(entry.last_login),
        "deleted_at": to_iso(entry.deleted_at),
        "mailbox_fate": entry.mailbox_fate,
        "transferred_to": entry.transferred_to,
        "delivers_to": list(entry.delivers_to),
        "directory_id": entry.directory_id,
        "directory_logon": to_iso(entry.directory_logon),
        "server_id": entry.server_id,
        "active_sync": entry.active_sync,
    }


def compact_entry_document(entry: Entry) -> Document:
    """An entry without the fields that have their defaults: a third of the size, in memory and on disk."""
    document: Document = {"address": entry.address}
    if entry.kind != "user":
        document["kind"] = entry.kind
    if entry.origin != "local":
        document["origin"] = entry.origin
    if not entry.enabled:
        document["enabled"] = False
    if entry.role != "user":
        document["role"] = entry.role
    if entry.full_name:
        document["full_name"] = entry.full_name
    if entry.description:
        document["description"] = entry.description
    if entry.mailbox:
        document["mailbox"] = True
    if entry.last_login is not None:
        document["last_login"] = login_document(entry.last_login)
    if entry.deleted_at is not None:
        document["deleted_at"] = to_iso(entry.deleted_at)
    if entry.mailbox_fate is not None:
        document["mailbox_fate"] = entry.mailbox_fate
    if entry.transferred_to:
        document["transferred_to"] = entry.transferred_to
    if entry.delivers_to:
        document["delivers_to"] = list(entry.delivers_to)
    if entry.directory_id:
        document["directory_id"] = entry.directory_id
    if entry.directory_logon is not None:
        document["directory_logon"] = to_iso(entry.directory_logon)
    if entry.server_id:
        document["server_id"] = entry.server_id
    if entry.active_sync:
        document["active_sync"] = True
    return document


def entry_from_document(document: Mapping[str, Any], number: int = 0) -> Entry:
    """The entry that a full or compact document describes; what it leaves out has the default of its field.

    Args:
        document: what `entry_document` or `compact_entry_document` made.
        number: the store's own number for it.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    fields = {**document, "id": number}
    if (login := document.get("last_login")) is not None:
        fields["last_login"] = LastLogin(from_iso(login["at"]), login["protocol"])
    if (deleted_at := document.get("deleted_at")) is not None:
        fields["deleted_at"] = from_iso(deleted_at)
    if (delivers_to := document.get("delivers_to")) is not None:
        fields["delivers_to"] = tuple(delivers_to)
    if (logon := document.get("directory_logon")) is not None:
        fields["directory_logon"] = from_iso(logon)
    return Entry(**fields)


def domain_document(domain: Domain) -> Document:
    """A domain with all its fields."""
    return {
        "name": domain.name,
        "primary": domain.primary,
        "description": domain.description,
        "user_limit": domain.user_limit,
        "directory": None if domain.directory is None else directory_document(domain.directory),
        "server_id": domain.server_id,
    }


def domain_from_document(document: Mapping[str, Any]) -> Domain:
    """The domain that `domain_document` described."""
    directory = document.get("directory")
    return Domain(
        name=document["name"],
        primary=document.get("primary", False),
        description=document.get("description", ""),
        user_limit=document.get("user_limit"),
        directory=None if directory is None else directory_from_document(directory),
        server_id=document.get("server_id", ""),
    )


def directory_document(directory: Directory) -> Document:
    """The settings of a directory with all their fields."""
    return _flat(directory) | {"attributes": [list(pair) for pair in directory.attributes]}


def directory_from_document(document: Mapping[str, Any]) -> Directory:
    """The settings that `directory_document` described."""
    pairs = tuple((name, attribute) for name, attribute in document.get("attributes", ()))
    return Directory(**{**document, "attributes": pairs})


def license_document(license_: License) -> Document:
    """The license with all its fields."""
    update = license_.update
    return {
        "seats": license_.seats,
        "id_end": license_.id_end,
        "trial_until": _day(license_.trial_until),
        "registered_at": to_iso(license_.registered_at),
        "customer": None if license_.customer is None else _flat(license_.customer),
        "activated_at": to_iso(license_.activated_at),
        "maintenance_until": _day(license_.maintenance_until),
        "expires": _day(license_.expires),
        "components": [component_document(component) for component in license_.components],
        "update": None if update is None else update_document(update),
    }


def license_from_document(document: Mapping[str, Any]) -> License:
    """The license that `license_document` described; what it leaves out has the default of its field."""
    customer, update = document.get("customer"), document.get("update")
    return License(
        seats=document.get("seats"),
        id_end=document.get("id_end", ""),
        trial_until=_from_day(document.get("trial_until")),
        registered_at=_moment(document.get("registered_at")),
        customer=None if customer is None else Customer(**customer),
        activated_at=_moment(document.get("activated_at")),
        maintenance_until=_from_day(document.get("maintenance_until")),
        expires=_from_day(document.get("expires")),
        components=tuple(
            Component(name=component["name"], expires=_from_day(component["expires"]), seats=component["seats"])
            for component in document.get("components", ())
        ),
        update=None
        if update is None
        else PendingUpdate(
            bought_at=from_iso(update["bought_at"]), seats=update["seats"], components=tuple(update["components"])
        ),
    )


def component_document(component: Component) -> Document:
    """A licensed component with all its fields."""
    return {"name": component.name, "expires": _day(component.expires), "seats": component.seats}


def update_document(update: PendingUpdate) -> Document:
    """What was bought and has not arrived, with all its fields."""
    return {
        "bought_at": to_iso(update.bought_at),
        "seats": update.seats,
        "components": list(update.components),
    }


def server_document(server: Server) -> Document:
    """The live server with all its fields."""
    numbers = server.numbers
    document: Document = _flat(server) | {
        "access": _flat(server.access),
        "synced_at": to_iso(server.synced_at),
        "started_at": to_iso(server.started_at),
        "unread": list(server.unread),
        "uncounted": list(server.uncounted),
        "notes": list(server.notes),
        "missing": [{"code": each.code, "params": each.params} for each in server.missing],
        "remarks": [{"code": each.code, "params": each.params} for each in server.remarks],
        "numbers": None
        if numbers is None
        else _flat(numbers) | {"domains": [_flat(domain) for domain in numbers.domains]},
    }
    if server.access.provider == "kerio":  # records of version 0.1 keep their bytes
        del document["access"]["provider"]
    for name in ("missing", "remarks"):
        if not document[name]:
            del document[name]
    return document


def server_from_document(document: Mapping[str, Any]) -> Server:
    """The server that `server_document` described."""
    numbers = document.get("numbers")
    return Server(
        **{
            **document,
            "access": ServerAccess(**document["access"]),
            "synced_at": _moment(document.get("synced_at")),
            "started_at": _moment(document.get("started_at")),
            "unread": tuple(document.get("unread", ())),
            "uncounted": tuple(document.get("uncounted", ())),
            "notes": tuple(document.get("notes", ())),
            "missing": tuple(Message(**each) for each in document.get("missing", ())),
            "remarks": tuple(Message(**each) for each in document.get("remarks", ())),
            "numbers": None
            if numbers is None
            else ServerNumbers(
                **{**numbers, "domains": tuple(DomainNumbers(**domain) for domain in numbers["domains"])}
            ),
        }
    )


def pending_document(pending: PendingChange) -> Document:
    """What the server is being asked for, with all its fields."""
    document = _flat(pending) | {"at": to_iso(pending.at), "targets": [_flat(target) for target in pending.targets]}
    return {"deed": document.pop("operation"), **document}


def pending_from_document(document: Mapping[str, Any]) -> PendingChange:
    """The intent that `intent_document` described."""
    targets = tuple(Target(**target) for target in document["targets"])
    rest = {name: value for name, value in document.items() if name != "deed"}
    return PendingChange(**{**rest, "operation": document["deed"], "at": from_iso(document["at"]), "targets": targets})


def _flat(record: Any) -> Document:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _from_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)


def inventory_document(inventory: Inventory) -> Document:
    """A dump: the whole inventory as one document."""
    return {
        "schema": DUMP_SCHEMA,
        "license": license_document(inventory.license),
        "last_restart": to_iso(inventory.last_restart),
        "server": None if inventory.server is None else server_document(inventory.server),
        "domains": [domain_document(domain) for domain in inventory.domains],
        "entries": [entry_document(entry) for entry in inventory.entries],
    }


def inventory_from_document(document: Mapping[str, Any]) -> Inventory:
    """The inventory that `inventory_document` described."""
    restart, server = document.get("last_restart"), document.get("server")
    return Inventory(
        license=license_from_document(document["license"]),
        last_restart=None if restart is None else from_iso(restart),
        server=None if server is None else server_from_document(server),
        domains=tuple(domain_from_document(domain) for domain in document["domains"]),
        entries=tuple(entry_from_document(entry) for entry in document["entries"]),
    )
