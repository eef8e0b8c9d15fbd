"""Records as documents, and back."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.directory import Directory
from kconsole.core.documents import (
    compact_entry_document,
    domain_document,
    domain_from_document,
    entry_document,
    entry_from_document,
    inventory_document,
    inventory_from_document,
    license_document,
    license_from_document,
    login_document,
    server_document,
    server_from_document,
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


def through_json(document: Any) -> Any:
    return json.loads(json.dumps(document))


@given(full_entries)
def test_an_entry_comes_back_from_its_document(entry: Entry) -> None:
    assert entry_from_document(through_json(entry_document(entry)), entry.id) == entry


@given(full_entries)
def test_an_entry_comes_back_from_its_compact_document(entry: Entry) -> None:
    compact, full = compact_entry_document(entry), entry_document(entry)
    assert entry_from_document(through_json(compact), entry.id) == entry
    assert compact.items() <= full.items()


def test_a_compact_document_holds_nothing_that_goes_without_saying() -> None:
    assert compact_entry_document(Entry(address="anna@north.example", id=7)) == {"address": "anna@north.example"}


@given(full_entries)
def test_both_documents_say_the_same(entry: Entry) -> None:
    defaults = entry_document(Entry(address="x"))
    assert {**defaults, **compact_entry_document(entry)} == entry_document(entry)


@given(domains(), st.none() | directories, licenses | full_licenses)
def test_a_domain_and_a_license_come_back(plain: Domain, directory: Directory | None, license_: License) -> None:
    domain = replace(plain, directory=directory)
    assert domain_from_document(through_json(domain_document(domain))) == domain
    assert license_from_document(through_json(license_document(license_))) == license_


def test_a_domain_and_a_license_have_defaults() -> None:
    assert domain_from_document({"name": "north.example"}) == Domain(name="north.example")
    assert license_from_document({}) == License()


@given(inventories())
def test_an_inventory_comes_back(inventory: Inventory) -> None:
    unnumbered = replace(inventory, entries=tuple(replace(entry, id=0) for entry in inventory.entries))
    assert inventory_from_document(through_json(inventory_document(inventory))) == unnumbered


def test_a_login_is_told_with_its_protocol() -> None:
    assert login_document(None) is None
    assert login_document(LastLogin(START, "EAS")) == {"at": "2026-01-01T00:00:00Z", "protocol": "EAS"}


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
    document = through_json(server_document(server))
    assert server_from_document(document) == server
    del document["notes"]
    assert server_from_document(document) == replace(server, notes=())
    assert document["numbers"]["licensed"] == UNLIMITED  # stores that exist have it so
