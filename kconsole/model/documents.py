"""Records as JSON documents, and back: the form of a dump, of a sample and of a stored document.

These functions trust what they read, and are fast for it: use them on what kconsole wrote itself. Anything else goes
through `model.boundary`.
"""

from collections.abc import Mapping
from typing import Any

from kconsole.model.records import Domain, Entry, Inventory, LastLogin, License
from kconsole.model.times import from_iso, to_iso

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
    return Entry(**fields)


def domain_document(domain: Domain) -> Document:
    """A domain with all its fields."""
    return {
        "name": domain.name,
        "primary": domain.primary,
        "description": domain.description,
        "user_limit": domain.user_limit,
    }


def domain_from_document(document: Mapping[str, Any]) -> Domain:
    """The domain that `domain_document` described."""
    return Domain(
        name=document["name"],
        primary=document.get("primary", False),
        description=document.get("description", ""),
        user_limit=document.get("user_limit"),
    )


def license_document(license_: License) -> Document:
    """The license with all its fields."""
    return {"seats": license_.seats}


def license_from_document(document: Mapping[str, Any]) -> License:
    """The license that `license_document` described."""
    return License(seats=document.get("seats"))


def inventory_document(inventory: Inventory) -> Document:
    """A dump: the whole inventory as one document."""
    return {
        "schema": DUMP_SCHEMA,
        "license": license_document(inventory.license),
        "last_restart": to_iso(inventory.last_restart),
        "domains": [domain_document(domain) for domain in inventory.domains],
        "entries": [entry_document(entry) for entry in inventory.entries],
    }


def inventory_from_document(document: Mapping[str, Any]) -> Inventory:
    """The inventory that `inventory_document` described."""
    restart = document.get("last_restart")
    return Inventory(
        license=license_from_document(document["license"]),
        last_restart=None if restart is None else from_iso(restart),
        domains=tuple(domain_from_document(domain) for domain in document["domains"]),
        entries=tuple(entry_from_document(entry) for entry in document["entries"]),
    )
