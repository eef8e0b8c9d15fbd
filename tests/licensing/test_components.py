"""Optional components: who uses one, and who is beyond its seats."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from msgspec.structs import replace

from kconsole.core.license import Component, License
from kconsole.core.records import Entry, Inventory, LastLogin
from kconsole.licensing.components import is_active_sync
from kconsole.licensing.policy import KERIO
from tests.licensing.strategies import full_licenses, inventories
from tests.under_kerio import use_of, uses

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


def account(login: str, days_ago: float | None = None, protocol: str = "IMAP", **fields: object) -> Entry:
    last = None if days_ago is None else LastLogin(NOON - timedelta(days=days_ago), protocol)
    return Entry(address=f"{login}@north.example", last_login=last, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "protocol", ["EAS", "ActiveSync", "Exchange ActiveSync", "activesync/secure", "SECURE activesync"]
)
def test_activesync_has_several_names(protocol: str) -> None:
    assert is_active_sync(protocol)


@pytest.mark.parametrize("protocol", ["", "IMAP", "EASY", "sync", "P EA"])
def test_other_protocols_are_not_activesync(protocol: str) -> None:
    assert not is_active_sync(protocol)


def test_activesync_is_used_by_those_who_connected_by_it_at_any_time() -> None:
    assert uses(account("now", 1, "EAS"), "activesync")
    assert uses(account("once", 1, "IMAP", active_sync=True), "activesync")
    assert uses(account("bare", active_sync=True), "activesync")
    assert not uses(account("never", 1, "IMAP"), "activesync")
    assert not uses(account("off", 1, "EAS", enabled=False), "activesync")
    assert not uses(account("gone", 1, "EAS", deleted_at=NOON), "activesync")


def test_antivirus_and_antispam_are_used_by_all_that_take_a_seat() -> None:
    for name in ("antivirus", "antispam"):
        assert uses(account("new"), name)
        assert not uses(account("off", enabled=False), name)
        assert not uses(account("team", kind="mailing_list"), name)


def test_beyond_its_seats_are_those_who_logged_in_the_longest_ago() -> None:
    entries = [account("never"), account("old", 90), account("new", 1), account("off", 0, enabled=False)]
    (use,) = use_of(License(seats=10, components=(Component(name="antivirus", seats=2),)), entries)
    assert [entry.login for entry in use.users] == ["new", "old", "never"]
    assert [entry.login for entry in use.beyond] == ["never"]


def test_a_component_without_seats_of_its_own_has_those_of_the_license() -> None:
    entries = [account("a", 1), account("b", 2)]
    own, without = Component(name="antivirus", seats=0), Component(name="antispam")
    first, second = use_of(License(seats=1, components=(own, without)), entries)
    assert (first.seats, len(first.beyond)) == (0, 2)
    assert (second.seats, len(second.beyond)) == (1, 1)
    (unlimited,) = use_of(License(components=(without,)), entries)
    assert (unlimited.seats, unlimited.beyond) == (None, ())


@given(inventories(), full_licenses)
def test_use_adds_up(inventory: Inventory, license_: License) -> None:
    found = use_of(license_, inventory.entries)
    assert [use.component for use in found] == list(license_.components)
    counted = sum(1 for entry in inventory.entries if entry.deleted_at is None and KERIO.classify(entry).seat)
    for use in found:
        assert len(use.users) <= counted
        assert use.component.name == "activesync" or len(use.users) == counted
        assert len(use.beyond) == (0 if use.seats is None else max(len(use.users) - use.seats, 0))
        assert all(KERIO.classify(entry).seat and entry.deleted_at is None for entry in use.users)


def test_of_no_component_no_one_is_asked() -> None:
    assert use_of(replace(License(), components=()), iter(())) == []
