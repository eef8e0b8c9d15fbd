"""Records as documents, and back."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.directory import Directory
from kconsole.core.encoding import (
    as_json,
    compact_entry,
    document_of,
    inventory_document,
    inventory_from_document,
    record_of,
)
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.core.server import UNLIMITED, DomainNumbers, Server, ServerAccess, ServerNumbers
from tests.licensing.strategies import (
    START,
    directories,
    domains,
    entries,
    full_licenses,
    inventories,
    licenses,
    moments,
)

full_entries = st.builds(
    replace,
    entries(),
    full_name=st.text(max_size=8),
    description=st.text(max_size=8),
    mailbox_fate=st.sampled_from([None, "keep", "delete", "transfer"]),
    transferred_to=st.sampled_from(["", "anna@north.example"]),
    delivers_to=st.lists(st.sampled_from(["a@x", "b@y"]), max_size=2).map(tuple),
    directory_id=st.sampled_from(["", "6f1c-22"]),
    directory_logon=st.none() | moments,
    active_sync=st.booleans(),
    id=st.integers(0, 9),
)


def compact_document(entry: Entry) -> Any:
    return json.loads(compact_entry(entry))


def through_json(document: Any) -> Any:
    return json.loads(json.dumps(document))


@given(full_entries)
def test_an_entry_comes_back_from_its_document(entry: Entry) -> None:
    assert record_of(Entry, through_json(document_of(entry))) == replace(entry, id=0)


@given(full_entries)
def test_an_entry_comes_back_from_its_compact_document(entry: Entry) -> None:
    compact, full = compact_document(entry), document_of(entry)
    assert record_of(Entry, through_json(compact)) == replace(entry, id=0)
    assert compact.items() <= full.items()


def test_a_compact_document_holds_nothing_that_goes_without_saying() -> None:
    assert compact_document(Entry(address="anna@north.example", id=7)) == {"address": "anna@north.example"}


@given(full_entries)
def test_both_documents_say_the_same(entry: Entry) -> None:
    defaults = document_of(Entry(address="x"))
    assert {**defaults, **compact_document(entry)} == document_of(entry)


@given(domains(), st.none() | directories, licenses | full_licenses)
def test_a_domain_and_a_license_come_back(plain: Domain, directory: Directory | None, license_: License) -> None:
    domain = replace(plain, directory=directory)
    assert record_of(Domain, through_json(document_of(domain))) == domain
    assert record_of(License, through_json(document_of(license_))) == license_


def test_a_domain_and_a_license_have_defaults() -> None:
    assert record_of(Domain, {"name": "north.example"}) == Domain(name="north.example")
    assert record_of(License, {}) == License()


@given(inventories())
def test_an_inventory_comes_back(inventory: Inventory) -> None:
    unnumbered = replace(inventory, entries=tuple(replace(entry, id=0) for entry in inventory.entries))
    assert inventory_from_document(through_json(inventory_document(inventory))) == unnumbered


def test_a_login_is_reported_with_its_protocol() -> None:
    assert as_json(None) is None
    assert document_of(LastLogin(START, "EAS")) == {"at": "2026-01-01T00:00:00Z", "protocol": "EAS"}


def test_a_dump_has_the_fields_that_were_agreed_on() -> None:
    document = inventory_document(
        Inventory(domains=(Domain(name="north.example"),), entries=(Entry(address="anna@north.example"),))
    )
    assert list(document) == ["schema", "license", "last_restart", "server", "domains", "entries"]
    assert document["schema"] == 1
    assert document["license"] == {
        "seats": None,
        "id_end": "",
        "trial_until": None,
        "registered_at": None,
        "customer": None,
        "activated_at": None,
        "maintenance_until": None,
        "expires": None,
        "components": [],
        "update": None,
    }
    assert document["domains"] == [
        {
            "name": "north.example",
            "primary": False,
            "description": "",
            "user_limit": None,
            "directory": None,
            "server_id": "",
        }
    ]
    agreed = {
        "address", "kind", "origin", "enabled", "role", "full_name", "description", "mailbox", "last_login",
        "deleted_at", "directory_id", "directory_logon", "active_sync",
    }  # fmt: skip
    assert agreed <= document["entries"][0].keys()
    assert "id" not in document["entries"][0]


def test_a_server_comes_back_from_its_document_and_from_that_of_an_earlier_kconsole() -> None:
    numbers = ServerNumbers(licensed=-2, domains=(DomainNumbers(name="x.example", current=1, allowed=None),))
    access = ServerAccess(url="https://mail.example", user="eye")
    server = Server(name="mail", access=access, synced_at=START, unread=("a",), notes=("b",), numbers=numbers)
    document = through_json(document_of(server))
    assert record_of(Server, document) == server
    del document["notes"]
    assert record_of(Server, document) == replace(server, notes=())
    assert document["numbers"]["licensed"] == UNLIMITED  # stores that exist have it so
