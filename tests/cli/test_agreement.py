"""Random dumps, restored and asked for their figures, against the plain count of the rules."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from kconsole.core.consistency import checked
from kconsole.core.encoding import compact_entry, inventory_document
from kconsole.core.identity import ascii_domain
from kconsole.core.records import Inventory
from tests.cli.console import Console
from tests.licensing.strategies import inventories
from tests.licensing.test_properties import naive
from tests.limits import EXAMPLES

SEATS = ("limit", "counted", "held", "used", "free", "over", "connected", "latent", "locked_out", "state")


@settings(max_examples=EXAMPLES, deadline=None)
@given(inventory=inventories())
def test_status_agrees_with_a_plain_count(inventory: Inventory) -> None:
    dump = inventory_document(inventory)
    with TemporaryDirectory() as folder:
        console = Console(Path(folder) / "store").restore(dump)
        answer = console.done("status", "--json").json
        accounts = console.accounts("--sort", "address")
        other = Console(Path(folder) / "other").restore(
            {**dump, "entries": [json.loads(compact_entry(entry)) for entry in inventory.entries]}
        )
        assert other.done("domains", "--json").json == answer["domains"]
    expected = naive(checked(inventory, "inventory"))
    assert answer["seats"] == {field: expected[field] for field in SEATS} | {
        "partial": False, "unlisted": 0, "reserved": 0, "available": expected["free"],
    }  # fmt: skip
    assert [{**domain, "ascii_name": ascii_domain(domain["name"])} for domain in expected["domains"]] == answer[
        "domains"
    ]
    assert [warning["code"] for warning in answer["warnings"]] == expected["warnings"]
    assert answer["license"]["seats"] == inventory.license.seats
    assert len([document for document in accounts if document["seat"]]) == expected["counted"]
    assert json.dumps(accounts)
